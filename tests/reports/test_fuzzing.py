"""The reports of the differential test: the document has what DESIGN 8 asks for, and a person can read the rest."""

from __future__ import annotations

import json

import pytest
from deviants import CAUGHT
from fuzzed import for_scripted, order

from harness import __version__, casefile, runner
from harness.events import CaseFinished, HarnessFault
from harness.fuzzing.findings import Findings
from harness.fuzzing.hunting import hunt, merged
from harness.ground import Ground
from harness.oracle import Reason
from harness.reports.cases import case_lines, printable, verdict_lines
from harness.reports.fuzzing import FuzzDocument, summary_lines
from harness.tally import Exit, Tally

Told = tuple[FuzzDocument, Findings, Tally, list[CaseFinished]]


@pytest.fixture(scope="module")
def told() -> Told:
    """Tell a run in which a deviant browser was caught, and one case of which made small."""
    document, findings, tally, results = FuzzDocument(6), Findings(), Tally(), list[CaseFinished]()
    wanted = order(for_scripted(6, 60), CAUGHT["ignores-allow-methods"].deviant)
    with Ground({}) as ground:
        for event in runner.run(wanted, ground):
            for eat in (document, findings, tally):
                eat(event)
            if isinstance(event, CaseFinished):
                results.append(event)
        small = merged(hunt(findings.disagreements.values(), wanted, ground, 1))
    findings.disagreements = {(one.engine, one.kind): one for one in small}
    return document, findings, tally, results


def test_the_document(told: Told) -> None:
    """The members that DESIGN 8 names, and those that were added."""
    document, findings, tally, results = told
    value = json.loads(document.text(findings, findings.disagreements.values(), tally.exit))
    assert (value["schema_version"], value["seed"], value["cases"], value["exit"]) == (1, 6, len(results), 1)
    assert list(value)[:2] == ["schema_version", "kind"]
    assert value["kind"] == "fuzz"
    assert value["tool"] == {"name": "corsproof", "version": __version__}
    assert [engine["name"] for engine in value["engines"]] == ["chromium"]
    assert value["engines"][0]["canaries"]["failures"] == []
    assert list(value["reasons"]) == [reason.value for reason in Reason]
    assert value["reasons"]["method-not-allowed"] > 0
    assert sum(value["totals"]["chromium"].values()) == len(results)
    assert value["words"]["chromium"]["blocked"] >= value["words"]["chromium"]["said"] > 0
    assert value["untested"] == value["troubles"] == []


def test_what_is_unexplained(told: Told) -> None:
    """Each kind with its case, both exchanges, what differs, and the command that shows it again."""
    document, findings, tally, _ = told
    unexplained = document.value(findings, findings.disagreements.values(), tally.exit)["unexplained"]
    assert len(unexplained) == len(findings.disagreements) > 0
    small = next(one for one in unexplained if one["shrunk"])
    assert casefile.to_word(casefile.from_json(small["case"])) in small["replay"]
    assert {"case", "engine", "exchanges", "replay"} <= small.keys()
    assert (small["engine"], small["status"], small["blame"]) == ("chromium", "fail", "engine")
    assert small["predicted"]["reason"]
    assert [exchange["kind"] for exchange in small["exchanges"]] == ["preflight", "actual"]
    assert small["differences"]
    assert small["found_as"].startswith("fuzz-")


def test_the_summary(told: Told) -> None:
    """Everything of the smallest case, the counts, and the end in a word."""
    _, findings, tally, results = told
    lines = list(summary_lines(findings, findings.disagreements.values(), 6, tally.exit))
    text = "\n".join(lines)
    one = next(one for one in findings.disagreements.values() if one.shrunk)
    assert one.replay in text
    assert "made as small as it can be" in text
    assert "the standard's requests" in text or "expected blocked, observed allowed" in text
    kinds = len(findings.disagreements)
    assert lines[-1] == f"{len(results)} cases of seed 6, {kinds} kinds of disagreement: oracle and engine disagree"
    assert any(line.startswith("Reasons reached by the oracle: ") for line in lines)
    assert any(line.startswith("chromium: ") and "pass" in line for line in lines)


def test_without_a_terminal_a_disagreement_is_a_line(told: Told) -> None:
    """Its engine, what differs first, how often, and the command; the counts are the same."""
    _, findings, tally, _ = told
    disagreements = findings.disagreements.values()
    lines = list(summary_lines(findings, disagreements, 6, tally.exit, in_full=False))
    in_full = list(summary_lines(findings, disagreements, 6, tally.exit))
    for line, one in zip(lines, disagreements, strict=False):
        assert line.startswith("FAIL · blame: engine · chromium: ")
        assert line.endswith(f" · {one.count} of this kind · {one.replay}")
    counts = lines[len(disagreements) :]
    assert counts == in_full[-len(counts) :]


def test_what_was_not_tested_is_told(told: Told) -> None:
    """By name, with the command that tries it again."""
    *_, results = told
    findings, document, tally = Findings(), FuzzDocument(1), Tally()
    document(HarnessFault("chromium", "broke", "detail"))
    findings.untested.append(results[0])
    value = document.value(findings, [], Exit.NOT_TESTED)
    assert [trouble["kind"] for trouble in value["troubles"]] == ["harness-fault"]
    assert value["untested"][0]["replay"].startswith("corsproof replay 'case:")
    text = "\n".join(summary_lines(findings, [], 1, Exit.NOT_TESTED))
    assert value["untested"][0]["replay"] in text
    assert text.endswith("not everything could be tested")
    assert tally.exit is Exit.NO_BROWSER


def test_a_case_in_full(told: Told) -> None:
    """What was asked, each exchange, what script saw, what the standard says; secrets are not told."""
    *_, results = told
    for result in results:
        text = "\n".join((*case_lines(result), *verdict_lines(result)))
        assert result.case.scenario.id in text
        assert text.count("  asks ") == text.count("  script ") == text.count("  standard ")
        assert text.count("             -> ") == len(result.observation.exchanges)
        assert result.verdict.status.value.upper() in text
        assert "Bearer" not in text
        assert text.isprintable() or set(text) - {each for each in text if each.isprintable()} == {"\n"}


def test_what_a_terminal_would_obey() -> None:
    """Control characters are written as what they are."""
    assert printable("a\x1b[31m\x00\u2028é€") == "a\\x1b[31m\\x00\\u2028é€"
