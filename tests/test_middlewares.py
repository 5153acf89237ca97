"""The table of CORS libraries: made by an engine that is no browser, over two applications; and the one checked in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace

import pytest
from flask import Flask, Response
from hasty import hasty

from compatibility import findings, middlewares
from compatibility.capabilities import capabilities
from compatibility.findings import Finding, Mark, Measured
from compatibility.middlewares import DOCUMENT
from compatibility.subjects import POLICY, SUBJECTS, Subject
from harness import deriving, engines
from harness.engines import Browser, EngineChoice, EngineName
from harness.errors import BrowserUnavailable
from harness.events import CaseFinished
from harness.policy import dumps
from harness.prediction import Prediction
from harness.scenario import Outcome
from harness.tally import Exit, Tally
from harness.verdict import Blame, Difference, Status, Verdict
from server_site.hooks import hardened
from tests.apps.flask_routes import create_bare_app

ASKED = capabilities(POLICY)
ENGINES = (EngineChoice(EngineName.CHROMIUM), EngineChoice(EngineName.FIREFOX))


def sound(_: ExitStack) -> Flask:
    """Make the API behind hooks that enforce the policy."""
    app = create_bare_app("sound")
    hardened.install(app, POLICY)
    return app


def planted(stack: ExitStack) -> Flask:
    """Make it with two mistakes more: a 404 has no CORS headers, and Vary is overwritten."""

    def spoil(response: Response) -> Response:
        response.headers["Vary"] = "Origin"
        if response.status_code == 404:
            del response.headers["Access-Control-Allow-Origin"]
        return response

    app = sound(stack)
    app.after_request_funcs[None].insert(0, spoil)  # Flask runs them backwards: the first has the last word
    return app


def without_cors(_: ExitStack) -> Flask:
    """Make the API alone."""
    return create_bare_app("bare")


def subjects(*makers: Callable[[ExitStack], Flask]) -> dict[str, Subject]:
    """Return subjects that are called like the functions that make them."""
    return {make.__name__: Subject(f"About {make.__name__}", ("flask",), make) for make in makers}


TWO = subjects(sound, planted)


@pytest.fixture(scope="module")
def measured() -> Measured:
    """Ask everything of both applications."""
    return findings.measure(TWO, ASKED, ENGINES, hasty)


def missing(measured: Measured, subject: str) -> set[str]:
    """Return the capabilities that a subject does not have; all engines agree, and nothing is unknown."""
    found = {key: finding.mark for key, finding in measured.findings.items() if key[0] == subject}
    assert Mark.UNKNOWN not in found.values()
    by_engine = [
        {name for (_, name, engine), mark in found.items() if (engine, mark) == (one.name, Mark.NO)} for one in ENGINES
    ]
    assert by_engine[0] == by_engine[1]
    return by_engine[0]


def test_sound_hooks_have_everything(measured: Measured) -> None:
    """What enforces the policy has a yes in every row."""
    assert missing(measured, "sound") == set()
    assert measured.engines.keys() == {"chromium", "firefox"}


def test_what_is_planted_shows_and_nothing_else(measured: Measured) -> None:
    """Negative control: the rows of the two mistakes, and of no other."""
    assert missing(measured, "planted") == {"404", "unknown", "vary-kept"}


def test_an_application_without_cors_has_little() -> None:
    """Negative control: of what lets pages in, nothing is there; what keeps them out is."""
    bare = findings.measure(subjects(without_cors), ASKED, ENGINES, hasty)
    kept_out = {"neighbour-refused", "preflight-refused", "method-refused", "header-refused"}
    assert missing(bare, "without_cors") == ASKED.keys() - kept_out


def test_the_planted_mistakes_are_told(measured: Measured) -> None:
    """Rows have one mark where engines agree, and each ✗ a sentence."""
    text = middlewares.document(TWO, ASKED, measured)
    assert "| 404 readable | ✓ | ✗ |\n" in text
    assert "| Max-age | ✓ | ✓ |\n" in text
    sections = text.partition("### planted\n")
    assert sections[0].partition("### sound\n")[2].strip().endswith("Everything is as the policy has it.")
    assert re.findall(r"- \*\*(.*)", sections[2]) == [
        "`Vary` kept**: `GET /headers`: `Vary` lacks accept-language (it is: Origin).",
        "404 readable**: `GET /nowhere`: answered 404, which the page cannot read. "
        "The response has no Access-Control-Allow-Origin.",
        "Preflight, unknown URL**: `PUT /nowhere`: answered 404, which the page cannot read. "
        "The response has no Access-Control-Allow-Origin.",
    ]


def test_the_same_is_measured_again(measured: Measured) -> None:
    """A second run writes the same text, without ports, tokens and times."""
    text = middlewares.document(TWO, ASKED, measured)
    assert middlewares.document(TWO, ASKED, findings.measure(TWO, ASKED, ENGINES, hasty)) == text
    assert re.findall(r"localhost|127\.0\.0\.1|:\d{5}|corsproof=", text) == []


DIFFERING = {
    "all": ({"chromium": Finding(Mark.YES), "firefox": Finding(Mark.YES)}, "✓", []),
    "none": ({"chromium": Finding(Mark.NO, "Why."), "firefox": Finding(Mark.NO, "Why.")}, "✗", ["Why."]),
    "one": ({"chromium": Finding(Mark.YES), "firefox": Finding(Mark.NO, "Why.")}, "✗ firefox", ["(firefox) Why."]),
    "none-for-reasons": (
        {"chromium": Finding(Mark.NO, "Why."), "firefox": Finding(Mark.NO, "How.")},
        "✗",
        ["(chromium) Why.", "(firefox) How."],
    ),
    "unknown": (
        {"chromium": Finding(Mark.NO, "Why."), "firefox": Finding(Mark.UNKNOWN, "Crash.")},
        "✗ chromium, ? firefox",
        ["(chromium) Why.", "(firefox) Crash."],
    ),
}


@pytest.mark.parametrize(("seen", "cell", "sentences"), DIFFERING.values(), ids=DIFFERING)
def test_where_engines_differ(seen: Mapping[str, Finding], cell: str, sentences: list[str]) -> None:
    """A cell names the engines that see otherwise than the others, and so do the sentences."""
    found = {("sound", "head", engine): finding for engine, finding in seen.items()}
    text = middlewares.document(subjects(sound), {"head": ASKED["head"]}, Measured(found, {}, Tally()))
    assert f"| HEAD | {cell} |" in text
    assert re.findall(r"- \*\*HEAD\*\*: (.*)", text.partition("### sound")[2]) == sentences


def test_what_was_not_measured_is_not_known() -> None:
    """Without a browser there is no mark but `?`, and the tally has the exit code."""

    def missing_browser(name: EngineName, how: engines.Launch) -> Browser:
        raise BrowserUnavailable("not here")

    untested = findings.measure(subjects(sound), ASKED, ENGINES, missing_browser)
    assert {finding.mark for finding in untested.findings.values()} == {Mark.UNKNOWN}
    assert untested.tally.exit is Exit.NO_BROWSER


HEAD = ASKED["head"]
OUTCOMES = {
    "passed": (Verdict(Status.PASS, (Outcome.ALLOWED,)), Finding(Mark.YES)),
    "never-asked": (None, Finding(Mark.UNKNOWN, "Not everything was asked.")),
    "crashed": (
        Verdict(Status.CRASH, cause="the page died"),
        Finding(Mark.UNKNOWN, "`HEAD /items`: crash, the page died."),
    ),
    "skipped": (
        Verdict(Status.SKIPPED, cause="no HEAD here"),
        Finding(Mark.UNKNOWN, "`HEAD /items`: skipped, no HEAD here."),
    ),
    "the-engine": (
        Verdict(Status.FAIL, (Outcome.ALLOWED,), (Difference("wire", "1 (HEAD)", "2 (HEAD HEAD)"),), Blame.ENGINE),
        Finding(
            Mark.NO,
            "`HEAD /items`: there are 2 (HEAD HEAD) requests, and not 1 (HEAD). "
            "(Not the library's doing, but the engine's.)",
        ),
    ),
}


@pytest.mark.parametrize(("verdict", "finding"), OUTCOMES.values(), ids=OUTCOMES)
def test_what_an_engine_finds(verdict: Verdict | None, finding: Finding) -> None:
    """A verdict is a mark; what was not tested is no mark against a library, and what an engine does is said so."""
    (case,) = deriving.cases(HEAD.scenarios, "sound")
    capability = replace(HEAD, lacking=lambda _: "")
    told = Prediction(Outcome.ALLOWED)
    events = [] if verdict is None else [CaseFinished("chromium", case, verdict, predicted=(told,))]
    assert findings.finding_of(capability, events) == finding


def test_what_was_not_tested_hides_no_failure() -> None:
    """Where one request fails and another has no result, the mark is that of the failure, and both are told."""
    asked = replace(HEAD, scenarios=HEAD.scenarios * 2, lacking=lambda _: "")
    failed = Verdict(Status.FAIL, (Outcome.ALLOWED,), (Difference("wire", "one", "two"),), Blame.APPLICATION)
    verdicts = (Verdict(Status.TIMEOUT, cause="no answer"), failed)
    events = [
        CaseFinished("chromium", case, verdict, predicted=(Prediction(Outcome.ALLOWED),))
        for case, verdict in zip(deriving.cases(asked.scenarios, "sound"), verdicts, strict=True)
    ]
    assert findings.finding_of(asked, events) == Finding(
        Mark.NO, "`HEAD /items`: there are two requests, and not one. `HEAD /items`: timeout, no answer."
    )


# ---- the document that is checked in ---------------------------------------------------------------


def test_the_document_is_of_this_code() -> None:
    """Its libraries, its capabilities, what they mean, and the policy are those of the code."""
    text = DOCUMENT.read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert table[0] == middlewares.header(SUBJECTS)
    assert [row.split(" | ")[0].removeprefix("| ") for row in table[2:]] == [one.title for one in ASKED.values()]
    assert {row.count(" | ") for row in table[2:]} == {len(SUBJECTS)}
    assert re.findall(r"^### (.*)", text, re.MULTILINE) == list(SUBJECTS)
    assert dumps(POLICY) in text
    assert [one.title for one in ASKED.values() if f"- **{one.title}**: {one.means}\n" not in text] == []
    assert [name for name, one in SUBJECTS.items() if one.about not in text] == []


def test_every_cross_of_the_document_has_its_sentence() -> None:
    """For each mark that is not a ✓ the section of the library says what happens instead."""
    text = DOCUMENT.read_text(encoding="utf-8")
    sections = dict(zip(SUBJECTS, re.split(r"^### .*\n", text, flags=re.MULTILINE)[1:], strict=True))
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]
    crossed = {
        (name, title) for title, *marks in rows for name, mark in zip(SUBJECTS, marks, strict=True) if mark != "✓"
    }
    told = {(name, title) for name, section in sections.items() for title in re.findall(r"- \*\*(.*?)\*\*: ", section)}
    assert crossed == told
    assert crossed
