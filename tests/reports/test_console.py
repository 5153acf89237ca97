"""The console, on a string: failures first, as blocks in a terminal and as lines elsewhere, then one table."""

from __future__ import annotations

import io
import os
import pty
from dataclasses import replace

import pytest
from made_events import INFO, finished, whole_run
from rich.console import Console
from rich.text import Text

from harness.events import (
    CaseFinished,
    EngineLost,
    EngineReady,
    EngineUnavailable,
    Event,
    HarnessFault,
    PhaseStarted,
    RunStarted,
)
from harness.events import Progress as Progressed
from harness.reports.console import THEME, LiveProgress, Summary, console, tell
from harness.scenario import BOTH, Api
from harness.verdict import Blame, Difference, Status, Verdict

DIFFERENCE = Difference("wire[0].answers.vary", "no such header", "'Origin'")


def written_to(out: io.StringIO, *, terminal: bool = False, colour: bool = False, width: int = 150) -> Console:
    """Make a console that writes to a string."""
    return Console(
        file=out,
        theme=THEME,
        force_terminal=terminal,
        color_system="standard" if colour else None,
        width=width,
        highlight=False,
        no_color=False,
    )


def printed(events: list[Event], *, terminal: bool = False, colour: bool = False, catalogued: bool = True) -> str:
    """Return what the summary of a run prints."""
    out = io.StringIO()
    summary = Summary(written_to(out, terminal=terminal, colour=colour), catalogued=catalogued)
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
    """In a terminal: one head that names engines and interfaces, the difference, the exchanges, the command."""
    results = [failed("put", engine, api) for engine in ("chromium", "firefox") for api in BOTH]
    text = printed(whole_run(*results), terminal=True)
    assert text.count("FAIL put") == 1
    assert "FAIL put · published · chromium (fetch, xhr), firefox (fetch, xhr) · blame: application\n" in text
    assert "    wire[0].answers.vary: expected no such header, observed 'Origin'\n" in text
    assert "preflight: OPTIONS /items/1" in text
    assert "    corsproof replay put --hooks published -b chromium -b firefox\n" in text
    assert text.index("FAIL") < text.index("Scenarios by family")


def test_repeats_are_counted() -> None:
    """The table has as many results as there are, also where several are alike."""
    text = printed(whole_run(*(finished("get") for _ in range(3)), finished("put")))
    assert "│ 4 pass " in text


def test_a_failure_is_one_line_without_a_terminal() -> None:
    """With what decides it in that line, and no second line that belongs to it; what shows the rest is named once."""
    text = printed(whole_run(failed("put", "chromium"), failed("get", "chromium")))
    first, second, third, *_ = text.splitlines()
    told = " · published · chromium (fetch) · blame: application · "
    difference = "wire[0].answers.vary: expected no such header, observed 'Origin'"
    assert {first, second} == {f"FAIL {name}{told}{difference}" for name in ("get", "put")}
    assert third.startswith("`corsproof replay SCENARIO` shows")


def test_a_case_that_is_in_no_catalogue_is_replayed_by_its_word() -> None:
    """The id of a vector means nothing to `replay`."""
    text = printed(whole_run(failed("put", "chromium")), terminal=True, catalogued=False)
    assert "    corsproof replay 'case:" in text


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
    assert "[bold]not markup[/nonsense]" not in printed(whole_run(odd))  # exchanges and sayings are for terminals
    assert "[bold]not markup[/nonsense]" in printed(whole_run(odd), terminal=True)


@pytest.mark.parametrize("terminal", [False, True])
def test_colour_says_nothing_that_no_word_says(terminal: bool) -> None:
    """The words are the same, the escapes are not."""
    events = whole_run(finished("get"), failed("put", "chromium"))
    plain = printed(events, terminal=terminal)
    coloured = printed(events, terminal=terminal, colour=True)
    assert "\x1b[" not in plain
    assert "\x1b[1;31mFAIL put" in coloured
    assert Text.from_ansi(coloured).plain.split() == plain.split()


CHOICES: dict[str, tuple[bool | None, dict[str, str], bool, bool]] = {
    "terminal": (None, {}, True, True),
    "no-terminal": (None, {}, False, False),
    "no-color": (None, {"NO_COLOR": "1"}, True, False),
    "no-color-is-empty": (None, {"NO_COLOR": ""}, True, True),
    "force-color": (None, {"FORCE_COLOR": "1"}, False, True),
    "force-color-is-empty": (None, {"FORCE_COLOR": ""}, False, False),
    "no-color-goes-before-force-color": (None, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    "always": (True, {}, False, True),
    "always-goes-before-no-color": (True, {"NO_COLOR": "1"}, False, True),
    "never": (False, {}, True, False),
    "never-goes-before-force-color": (False, {"FORCE_COLOR": "1"}, True, False),
    "dumb-terminal": (None, {"TERM": "dumb"}, True, False),
}


@pytest.mark.parametrize(("asked", "environment", "terminal", "coloured"), CHOICES.values(), ids=CHOICES)
def test_who_decides_about_colour(
    asked: bool | None,
    environment: dict[str, str],
    terminal: bool,
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The option, then NO_COLOR, then FORCE_COLOR, then whether there is a terminal; the layout is its alone."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    ends = pty.openpty() if terminal else os.pipe()
    reading, writing = ends
    with open(reading, "rb"), open(writing, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        made = console(asked)
        assert made.is_terminal is terminal
        assert (made.color_system is not None) is coloured
        assert made.no_color is False


def test_wrapped_lines_begin_where_their_text_begins() -> None:
    """In a terminal; but a command stays whole, and without a terminal every line does."""
    lines = [
        "HIGH S01 any-origin: it is so",
        f"    why       {'word ' * 5}",
        "    replay    corsproof audit it --path /a",
    ]
    out = io.StringIO()
    tell(written_to(out, terminal=True, width=36), lines)
    assert out.getvalue().splitlines() == [
        "HIGH S01 any-origin: it is so",
        "    why       word word word word",
        "              word",
        "    replay    corsproof audit it --path /a",
    ]
    out = io.StringIO()
    tell(written_to(out, width=36), lines)
    assert out.getvalue().splitlines() == lines


def test_many_failures_are_counted_not_all_told() -> None:
    """In a terminal twenty in full, the rest as a number; elsewhere each has its line."""
    results = [
        finished("put", verdict=Verdict(Status.FAIL, (), (Difference("wire", "x", str(number)),)))
        for number in range(25)
    ]
    text = printed(whole_run(*results), terminal=True)
    assert text.count("FAIL put") == 20
    assert "… and 5 results more" in text
    assert printed(whole_run(*results)).count("FAIL put") == 25


def test_progress_without_a_terminal_is_a_line_per_event() -> None:
    """Ready (once), lost, unavailable with its mend, a fault with its traceback, what an audit does next."""
    out = io.StringIO()
    progress = LiveProgress(Console(file=out, width=150))
    events: list[Event] = [
        PhaseStarted("surveying 2 paths"),
        RunStarted(("chromium",), 2),
        EngineReady("chromium", INFO),
        Progressed("chromium", 1),
        EngineLost("chromium", "it died", relaunch=True),
        EngineReady("chromium", INFO, relaunch=True),
        EngineUnavailable("webkit", "Xvfb is not installed", "corsproof install webkit"),
        HarnessFault("firefox", "KeyError: 'x'", "Traceback (most recent call last)"),
        *whole_run(failures=("canary-open-simple: wrong",))[1:],
    ]
    for event in events:
        progress(event)
    lines = out.getvalue().splitlines()
    assert lines == [
        "surveying 2 paths",
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
