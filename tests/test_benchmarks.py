"""The benchmark's own arithmetic and words, without a browser; and that it refuses checks that do not pass."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest
from made_events import FixedOrigins

from benchmarks import command, throughput
from harness import plan
from harness.events import CaseFinished
from harness.verdict import Status, Verdict

RATES = throughput.Rates(
    "chromium",
    "1.2",
    undriven_per_s=500,
    naive_per_s=2.5,
    corsproof_per_s=450,
    different_per_s=400,
    one_scenario_s=1.04,
    undriven_wide_per_s=480,
)
ABOUT = {"processor": "P", "cores": 2, "memory_gib": 4.0, "system": "Linux x86_64", "load": 0.1}


def test_ratios() -> None:
    """The ratios are of the rates beside them."""
    value = RATES.value()
    assert (value["ratio_undriven"], value["ratio_undriven_wide"], value["ratio_naive"]) == (0.9, 0.938, 180.0)
    assert replace(RATES, naive_per_s=5).value()["ratio_naive"] == 90.0


def test_the_document_has_a_row_for_each_engine() -> None:
    """Rates, ratios, and a dash where an engine was alone; the same rates make the same text."""
    text = throughput.document([RATES, replace(RATES, together_per_s=100)], ABOUT, {"python": "3"}, 7)
    assert "| chromium 1.2 | 500 | 2.5 | 450 | 0.90 | 180 | 400 | – | 1.0 s | 480 | 0.94 |" in text
    assert "| chromium 1.2 | 500 | 2.5 | 450 | 0.90 | 180 | 400 | 100 | 1.0 s | 480 | 0.94 |" in text
    assert "P, 2 cores, 4.0 GiB" in text
    assert "Many checks" not in text


def test_the_document_has_a_row_for_each_scale() -> None:
    """What so many checks cost; and how long all engines together took."""
    scales = [command.Scale("webkit", 10_000, 25.0, 71.5, 300.2)]
    together = throughput.Together(9.0, 12.0)
    text = throughput.document([RATES], ABOUT, {"python": "3"}, 7, scales, together)
    assert "| webkit | 10,000 | 25.0 s | 2.50 ms | 72 MiB | 300 MiB |" in text
    assert "9.0 s for all of\n  them, where one after the other takes 12.0 s (0.75 of it)" in text


def test_checks_are_the_same_or_all_different() -> None:
    """The same have one question, which is worked out once; of the different ones each has its own."""
    same, apart = (
        [plan.plan(case, FixedOrigins()) for case in of(5)] for of in (throughput.cases, throughput.different)
    )
    assert (len({one.question for one in same}), len({one.question for one in apart})) == (1, 5)
    assert len({one.unit["steps"][0]["url"].partition("?")[0] for one in apart}) == 5


def test_a_check_that_does_not_pass_is_not_counted() -> None:
    """A rate of wrong answers is none."""
    case = throughput.cases(1)[0]
    throughput._must_be_well(CaseFinished("chromium", case, Verdict(Status.PASS)))
    with pytest.raises(throughput.Unmeasured, match="fail"):
        throughput._must_be_well(CaseFinished("chromium", case, Verdict(Status.FAIL)))


@pytest.mark.browser
def test_the_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    """One engine, few checks: every rate is there and nothing else is printed."""
    code = throughput.main(
        ["--json", "--no-write", "-b", "chromium", "--checks=50", "--naive=1", "--rounds=1", "--scale", "20"]
    )
    told = json.loads(capsys.readouterr().out)
    (engine,) = told["engines"]
    assert code == 0
    (scale,) = told["scale"]
    assert scale["checks"] == 20
    assert 0 < scale["ms_per_check"] < 1000 * scale["seconds"]
    assert min(scale["harness_mib"], scale["browser_mib"]) > 10
    assert engine["name"] == "chromium"
    rates = ("undriven_per_s", "naive_per_s", "corsproof_per_s", "different_per_s", "ratio_undriven", "ratio_naive")
    assert all(engine[name] > 0 for name in (*rates, "one_scenario_s", "undriven_wide_per_s", "ratio_undriven_wide"))


def test_a_command_that_fails_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words are told."""
    monkeypatch.setattr(command, "COMMAND", (sys.executable, "-c", "import sys; sys.exit('no such browser')"))
    with pytest.raises(command.Failed, match="ended with 1: no such browser"):
        command.one_scenario("chromium", 1)
