"""Where a page's JSON is let in: what the agent posts is read in full, anything else is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from enum import Enum
from typing import Any

import pytest

from harness.observation import Observation, PageOutcome, PageResult
from harness.wire import Exchange

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


# ---- as evidence -----------------------------------------------------------------------------------

PAGE = PageResult(0, "http://localhost:1", PageOutcome.RESPONSE, "cors", 200, "http://localhost:2/a?corsproof=t1")
WIRE = Exchange(
    "api",
    "t1",
    "GET",
    "/a?corsproof=t1",
    (("origin", "http://localhost:1"),),
    200,
    (("location", "/b?corsproof=t1"),),
)
SEEN = Observation((PAGE,), (WIRE,), ("refused /a?corsproof=t1",))
NO_EVIDENCE = {"duration_ms", "started_s", "started", "ended"}
ANOTHER = {bool: True, int: 7, float: 7.0, bytes: b"other", tuple: (("a", "b"),), str: "other"}


def _other(value: Any) -> Any:
    if value == SEEN.words:
        return ("other",)
    if isinstance(value, Enum):
        return next(one for one in type(value) if one is not value)
    return ANOTHER[int if value is None else type(value)]


PARTS = {
    f"{type(part).__name__}.{field.name}": (part, field.name)
    for part in (PAGE, WIRE, SEEN)
    for field in fields(part)
    if field.name not in ("page", "exchanges")
}


@pytest.mark.parametrize(("part", "name"), PARTS.values(), ids=PARTS)
def test_all_but_times_is_evidence(part: Any, name: str) -> None:
    """Whatever else is different makes another observation of a renamed one, members of the future included."""
    other = replace(part, **{name: _other(getattr(part, name))})
    changed = other if isinstance(other, Observation) else replace(SEEN, **_in_place(other))
    evidence = SEEN.renamed("t1", "t0")
    assert (changed.renamed("t1", "t0") == evidence) is (name in NO_EVIDENCE)
    assert changed.is_renamed("t1", "t0", evidence) is (name in NO_EVIDENCE)
    assert SEEN.is_renamed("t1", "t0", changed.renamed("t1", "t0")) is (name in NO_EVIDENCE)


def _in_place(part: PageResult | Exchange) -> dict[str, Any]:
    return {"page": (part,)} if isinstance(part, PageResult) else {"exchanges": (part,)}


def test_renamed_names_the_other_token_only() -> None:
    """Wherever a URL has the token: what two cases saw is then the same."""
    renamed = SEEN.renamed("t1", "t0")
    assert "t1" not in repr(renamed) + repr(vars(renamed.exchanges[0]))
    assert renamed.exchanges[0].target == "/a?corsproof=t0"
    assert (SEEN.exchanges[0].target, SEEN.page[0].url) == (WIRE.target, PAGE.url)


def test_times_stay_where_there_are_several_steps() -> None:
    """A preflight cache remembers by them."""
    page = (replace(PAGE, started_s=1.0), replace(PAGE, step=1, started_s=5.0))
    assert [one.started_s for one in Observation(page, ()).renamed("t1", "t0").page] == [1.0, 5.0]
    assert [one.started_s for one in Observation(page[1:], ()).renamed("t1", "t0").page] == [0.0]
    twice, later = Observation(page, ()), Observation((page[0], replace(page[1], started_s=6.0)), ())
    assert twice.is_renamed("t1", "t0", twice.renamed("t1", "t0"))
    assert not later.is_renamed("t1", "t0", twice.renamed("t1", "t0"))


@pytest.mark.parametrize("part", ["page", "exchanges"])
def test_more_evidence_is_other_evidence(part: str) -> None:
    """One step or exchange more, or less, is not the same."""
    evidence, more = SEEN.renamed("t1", "t0"), replace(SEEN, **{part: getattr(SEEN, part) * 2})
    assert SEEN.is_renamed("t1", "t0", evidence)
    assert not more.is_renamed("t1", "t0", evidence)
    assert not SEEN.is_renamed("t1", "t0", more.renamed("t1", "t0"))
