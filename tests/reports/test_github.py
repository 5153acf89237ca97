"""What GitHub Actions is told: a summary that fits, and annotations that are commands and nothing else."""

from __future__ import annotations

import itertools

import pytest
from made_documents import DOCUMENTS, FAILED, a_nasty_run, a_run, an_audit, run_document
from made_events import SCENARIOS, finished, whole_run

from harness.events import CaseFinished
from harness.reports import markdown
from harness.reports.comparing import held
from harness.reports.github import ANNOTATIONS, CUT, SUMMARY_LIMIT, commands, summary
from harness.scenario import Api


def failures(count: int) -> list[CaseFinished]:
    """Return so many scenarios that fail."""
    fit = (one.id for one in SCENARIOS.values() if "published" in one.expect and Api.FETCH in one.apis)
    return [finished(name, verdict=FAILED) for name in itertools.islice(fit, count)]


def test_what_fits_is_left_alone() -> None:
    """Byte for byte, up to the limit itself."""
    assert summary("a\n" * 10) == "a\n" * 10
    assert summary("x" * SUMMARY_LIMIT) == "x" * SUMMARY_LIMIT


def test_what_does_not_fit_is_cut_at_a_line_and_says_so() -> None:
    """In bytes, not in characters, and never within one."""
    line = "é" * 100 + "\n"
    told = summary(line * 10_000)
    assert len(told.encode()) <= SUMMARY_LIMIT
    assert len(told.encode()) > SUMMARY_LIMIT - 1000
    assert told.endswith(CUT)
    assert set(told.removesuffix(CUT).split("\n")) == {line.strip()}


def test_what_is_open_where_it_is_cut_is_closed() -> None:
    """A fence and a fold: else the sentence that says so would be within them."""
    told = summary("<details><summary>x</summary>\n\n````text\n" + "```\n" * 1000, 1000)
    assert told.endswith("```\n````\n</details>" + CUT)


def test_a_summary_without_room_is_empty() -> None:
    """Another one has filled the step's."""
    assert summary("x" * 100, 10) == ""


def test_markdown_of_many_failures_fits() -> None:
    """Twenty are told, the others counted."""
    many = failures(40)
    told = markdown.render(run_document(*whole_run(*many)))
    assert told.count("#### FAIL") == 20
    assert f"… and {len(many) - 20} results more" in told


def test_annotations_name_file_line_and_what_differs() -> None:
    """Failures are errors, what could not be tested is a warning."""
    told = commands(a_run())
    place = "file=harness/catalog/hooks/methods.py,line=7"
    assert told[0].startswith(f"::error {place},title=fail%3A put · published · chromium (fetch)%2C firefox (fetch)::")
    assert told[0].endswith("::wire[0].answers.vary: expected no such header, observed 'Origin'")
    assert {line.split()[0].split(":")[2] for line in told[1:]} == {"warning"}


def test_annotations_of_an_audit_are_its_findings_but_for_information() -> None:
    """At the view's place."""
    told = commands(an_audit())
    assert len(told) == sum(one["severity"] != "info" for one in an_audit()["findings"])
    assert told[0].startswith("::error file=tests/support/made_documents.py,line=")


def test_there_are_at_most_ten() -> None:
    """GitHub would show no more."""
    many = failures(11)
    assert len(commands(run_document(*whole_run(*many)))) == ANNOTATIONS == 10


@pytest.mark.parametrize("make", [*DOCUMENTS.values(), a_nasty_run])
def test_each_is_one_line(make: object) -> None:
    """No text from outside can begin a command of its own."""
    assert callable(make)
    for line in commands(make()):
        assert line.startswith(("::error ", "::warning "))
        assert "\n" not in line
        assert "\r" not in line


def test_what_the_baseline_has_is_not_annotated() -> None:
    """Only what is new."""
    assert [line for line in commands(held(a_run(), a_run())) if line.startswith("::error")] == []
