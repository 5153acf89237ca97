"""The benchmark's own arithmetic and words, without a browser; and that it refuses checks that do not pass."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks import throughput
from harness.events import CaseFinished
from harness.verdict import Status, Verdict

RATES = throughput.Rates("chromium", "1.2", undriven_per_s=500, naive_per_s=2.5, corsproof_per_s=450)
ABOUT = {"processor": "P", "cores": 2, "memory_gib": 4.0, "system": "Linux x86_64", "load": 0.1}


def test_ratios() -> None:
    """The ratios are of the rates beside them."""
    value = RATES.value()
    assert (value["ratio_undriven"], value["ratio_naive"]) == (0.9, 180.0)
    assert replace(RATES, naive_per_s=5).value()["ratio_naive"] == 90.0


def test_the_document_has_a_row_for_each_engine() -> None:
    """Rates, ratios, and a dash where an engine was alone; the same rates make the same text."""
    text = throughput.document([RATES, replace(RATES, together_per_s=100)], ABOUT, {"python": "3"}, 7)
    assert "| chromium 1.2 | 500 | 2.5 | 450 | 0.90 | 180 | – |" in text
    assert "| chromium 1.2 | 500 | 2.5 | 450 | 0.90 | 180 | 100 |" in text
    assert "P, 2 cores, 4.0 GiB" in text


def test_a_check_that_does_not_pass_is_not_counted() -> None:
    """A rate of wrong answers is none."""
    case = throughput.cases(1)[0]
    throughput._must_be_well(CaseFinished("chromium", case, Verdict(Status.PASS)))
    with pytest.raises(throughput.Unmeasured, match="fail"):
        throughput._must_be_well(CaseFinished("chromium", case, Verdict(Status.FAIL)))


@pytest.mark.browser
def test_the_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    """One engine, few checks: every rate is there and nothing else is printed."""
    code = throughput.main(["--json", "--no-write", "-b", "chromium", "--checks=50", "--naive=1", "--rounds=1"])
    (engine,) = json.loads(capsys.readouterr().out)["engines"]
    assert code == 0
    assert engine["name"] == "chromium"
    rates = ("undriven_per_s", "naive_per_s", "corsproof_per_s", "ratio_undriven", "ratio_naive")
    assert all(engine[name] > 0 for name in rates)
