"""Where a page's JSON is let in: what the agent posts is read in full, anything else is refused."""

from __future__ import annotations

from typing import Any

import pytest

from harness.observation import Observation, PageOutcome, PageResult

REPORT: dict[str, Any] = {
    "unit": "t",
    "step": 1,
    "origin": "http://localhost:1",
    "outcome": "response",
    "type": "cors",
    "status": 200,
    "status_text": "OK",
    "url": "http://localhost:2/a",
    "redirected": True,
    "headers": [["Content-Type", "text/plain"], ["X-A", "1"]],
    "body": "ü",
    "error": None,
    "events": ["load"],
    "started_ms": 10.0,
    "ended_ms": 12.5004,
}


def test_read_in_full() -> None:
    """Every member of a report is read; header names in lower case, times as a duration."""
    assert PageResult.read(REPORT) == PageResult(
        step=1,
        origin="http://localhost:1",
        outcome=PageOutcome.RESPONSE,
        type="cors",
        status=200,
        url="http://localhost:2/a",
        redirected=True,
        headers=(("content-type", "text/plain"), ("x-a", "1")),
        body="ü",
        events=("load",),
        duration_ms=2.5,
        started_s=0.01,
    )


def test_read_an_error() -> None:
    """A failure has the exception's name and sentence, and none of a response's members."""
    report = {key: REPORT[key] for key in ("step", "origin", "started_ms", "ended_ms")}
    report |= {"outcome": "network-error", "error": {"name": "TypeError", "message": "Failed to fetch"}}
    result = PageResult.read(report)
    assert result.error == "TypeError: Failed to fetch"
    assert (result.outcome, result.status, result.headers, result.body) == (PageOutcome.NETWORK_ERROR, None, (), None)


@pytest.mark.parametrize("outcome", list(PageOutcome), ids=str)
def test_every_outcome(outcome: PageOutcome) -> None:
    """Each outcome that the agent knows is read as that."""
    assert PageResult.read({**REPORT, "outcome": outcome.value}).outcome is outcome


MALFORMED: dict[str, dict[str, Any]] = {
    **{f"without-{name}": {name: ...} for name in ("step", "origin", "outcome", "started_ms", "ended_ms")},
    "unknown-outcome": {"outcome": "fine"},
    "step-is-no-number": {"step": "first"},
    "step-is-none": {"step": None},
    "headers-are-no-pairs": {"headers": [["a", "b", "c"]]},
    "headers-are-numbers": {"headers": [1]},
    "error-without-name": {"error": {"message": "a"}},
    "time-is-text": {"ended_ms": "late"},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_malformed(changes: dict[str, Any]) -> None:
    """What is no result of the agent is refused as that, never half read."""
    report = {key: value for key, value in (REPORT | changes).items() if value is not ...}
    with pytest.raises(ValueError, match=r".+"):
        PageResult.read(report)


def test_the_first_word_is_the_reason() -> None:
    """A browser's first sentence is the specific one; where it said nothing, there is none."""
    result = PageResult.read(REPORT)
    assert Observation((result,), (), ("the first", "the second")).reason == "the first"
    assert Observation((result,), ()).reason == ""


def test_what_can_tell_a_reason() -> None:
    """The browser's words and the messages of exceptions that script caught; not those of network errors."""
    read = PageResult.read(REPORT)
    error = {"name": "TypeError", "message": "no such method"}
    thrown = PageResult.read({**REPORT, "outcome": "exception", "error": error})
    failed = PageResult.read({**REPORT, "outcome": "network-error", "error": error})
    observed = Observation((read, thrown, failed, thrown), (), ("said",))
    assert observed.sayings == ("said", "TypeError: no such method", "TypeError: no such method")
    assert Observation((failed,), ()).sayings == ()


def test_duration() -> None:
    """An observation takes as long as all its steps together."""
    result = PageResult.read(REPORT)
    assert Observation((result, result), ()).duration_ms == 5.0
    assert Observation((), ()).duration_ms == 0
