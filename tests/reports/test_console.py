"""The console, on a string: failures first, one table, the same words with and without a terminal."""

from __future__ import annotations

import io
from dataclasses import replace

from made_events import INFO, finished, whole_run
from rich.console import Console

from harness.events import CaseFinished, EngineLost, EngineReady, EngineUnavailable, Event, HarnessFault, RunStarted
from harness.events import Progress as Progressed
from harness.reports.console import LiveProgress, Summary
from harness.scenario import Api
from harness.verdict import Blame, Difference, Status, Verdict

DIFFERENCE = Difference("wire[0].answers.vary", "no such header", "'Origin'")


def printed(events: list[Event], *, terminal: bool = False) -> str:
    """Return what the summary of a run prints."""
    out = io.StringIO()
    summary = Summary(Console(file=out, force_terminal=terminal, width=150, highlight=False))
    for event in events:
        summary(event)
    return out.getvalue()


def failed(scenario: str, engine: str, api: Api = Api.FETCH) -> CaseFinished:
    """Return a failure that looks the same in every engine."""
    return finished(
        scenario, engine=engine, api=api, verdict=Verdict(Status.FAIL, (), (DIFFERENCE,), Blame.APPLICATION)
    )


def test_a_green_run_is_a_table_and_a_line() -> None:
    """No failure, no disagreement, nothing but the table and the totals."""
    text = printed(whole_run(finished("get"), finished("put"), finished("post-json")))
    assert "2 pass" in text
    assert "1 pass" in text
    assert "FAIL" not in text
    assert text.endswith("3 pass in 1.2 s, 4 canaries passed: everything is as expected\n")


def test_a_failure_of_several_engines_is_told_once() -> None:
    """One head that names engines and interfaces, the difference, the exchanges."""
    results = [failed("put", engine, api) for engine in ("chromium", "firefox") for api in Api]
    text = printed(whole_run(*results))
    assert text.count("FAIL put") == 1
    assert "FAIL put · published · chromium (fetch, xhr), firefox (fetch, xhr) · blame: application" in text
    assert "wire[0].answers.vary: expected no such header, observed 'Origin'" in text
    assert "preflight: OPTIONS /items/1" in text
    assert text.index("FAIL") < text.index("Scenarios by family")


def test_rows_with_trouble_come_first() -> None:
    """The family that fails stands above the one that passes."""
    text = printed(whole_run(finished("get"), failed("post-json", "chromium")))
    assert text.index("│ published │ headers") < text.index("│ published │ methods")


def test_engines_that_disagree_are_named() -> None:
    """The same scenario, read by one engine and blocked in another."""
    other = finished("unknown-url-put", "decorator", "firefox")
    mixed = finished("unknown-url-put", "published", "firefox")
    disagreeing = replace(other, case=mixed.case, planned=mixed.planned)
    text = printed(whole_run(finished("unknown-url-put"), disagreeing))
    assert "unknown-url-put · published · fetch: chromium allowed 404, firefox blocked at the preflight" in text


def test_known_and_skipped_say_why() -> None:
    """Neither is silent."""
    known = finished("put", verdict=Verdict(Status.KNOWN, cause="a deviation"))
    skipped = finished("get", verdict=Verdict(Status.SKIPPED, cause="it cannot"))
    text = printed(whole_run(known, skipped))
    assert "chromium · put · published: a deviation" in text
    assert "chromium · get · published: it cannot" in text


def test_text_from_outside_is_no_markup() -> None:
    """What an application or a browser says in brackets is printed as it is."""
    odd = finished("put", reason="[bold]not markup[/nonsense]", verdict=Verdict(Status.FAIL, (), (DIFFERENCE,)))
    assert "[bold]not markup[/nonsense]" in printed(whole_run(odd))
    assert "[bold]not markup[/nonsense]" in printed(whole_run(odd), terminal=True)


def test_colour_only_on_a_terminal() -> None:
    """The words are the same, the escapes are not."""
    events = whole_run(finished("get"), failed("put", "chromium"))
    assert "\x1b[" not in printed(events)
    assert "\x1b[" in printed(events, terminal=True)


def test_many_failures_are_counted_not_all_told() -> None:
    """Twenty in full, the rest as a number."""
    results = [
        finished("put", verdict=Verdict(Status.FAIL, (), (Difference("wire", "x", str(number)),)))
        for number in range(25)
    ]
    text = printed(whole_run(*results))
    assert text.count("FAIL put") == 20
    assert "… and 5 results more" in text


def test_progress_without_a_terminal_is_a_line_per_event() -> None:
    """Ready, lost, unavailable with its mend, a fault with its traceback."""
    out = io.StringIO()
    progress = LiveProgress(Console(file=out, width=150))
    events: list[Event] = [
        RunStarted(("chromium",), 2),
        EngineReady("chromium", INFO),
        Progressed("chromium", 1),
        EngineLost("chromium", "it died", relaunch=True),
        EngineReady("chromium", INFO, relaunch=True),
        EngineUnavailable("webkit", "Xvfb is not installed", "corsproof install webkit"),
        HarnessFault("firefox", "KeyError: 'x'", "Traceback (most recent call last)"),
        *whole_run(failures=("canary-open-simple: wrong",))[2:],
    ]
    for event in events:
        progress(event)
    lines = out.getvalue().splitlines()
    assert lines == [
        "chromium ready: 1.2.3 (cdp), /opt/chromium",
        "chromium lost: it died; another one is started",
        "chromium again ready: 1.2.3 (cdp), /opt/chromium",
        "webkit cannot be used: Xvfb is not installed",
        "    mend: corsproof install webkit",
        "firefox: a fault of corsproof itself: KeyError: 'x'",
        "Traceback (most recent call last)",
        "chromium failed its canaries on http://localhost: nothing it says can be believed",
        "canary-open-simple: wrong",
    ]
