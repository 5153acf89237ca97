"""What was observed of one case: what script saw at each step, the wire's exchanges, and the browser's own sentence.

Frozen records, made by the runner, read by the verdict. `PageResult.read` is where a page's JSON is let in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from operator import attrgetter
from typing import Any, TypeVar

from harness.wire import Exchange, Pairs


class PageOutcome(str, Enum):
    """How a step ended for script; `client_site/static/agent.js` says when which."""

    RESPONSE = "response"
    NETWORK_ERROR = "network-error"
    BODY_ERROR = "body-error"
    ABORTED = "aborted"
    DEADLINE = "deadline"
    EXCEPTION = "exception"

    __str__ = str.__str__


@dataclass(frozen=True)
class PageResult:
    """What script saw of one step. ``type`` is a response's type (fetch only); times are those of the page's clock."""

    step: int
    origin: str
    outcome: PageOutcome
    type: str = ""
    status: int | None = None
    url: str = ""
    redirected: bool = False
    headers: Pairs = ()
    body: str | None = None
    error: str = ""
    events: tuple[str, ...] = ()
    duration_ms: float = 0.0
    started_s: float = 0.0

    @classmethod
    def read(cls, report: Mapping[str, Any]) -> PageResult:
        """Read one result as the agent posts it; raise `ValueError` where it is none."""
        try:
            error = report.get("error")
            return cls(
                step=int(report["step"]),
                origin=str(report["origin"]),
                outcome=PageOutcome(report["outcome"]),
                type=str(report.get("type") or ""),
                status=report.get("status"),
                url=str(report.get("url") or ""),
                redirected=bool(report.get("redirected")),
                headers=tuple((str(name).lower(), str(value)) for name, value in report.get("headers", ())),
                body=report.get("body"),
                error=f"{error['name']}: {error['message']}" if error else "",
                events=tuple(report.get("events", ())),
                duration_ms=round(report["ended_ms"] - report["started_ms"], 3),
                started_s=report["started_ms"] / 1000,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a result of the agent: {error!r} in {report!r}") from error


class Trouble(str, Enum):
    """Why a case has no result of its own: never a verdict about CORS."""

    CRASH = "crash"
    TIMEOUT = "timeout"
    INCONCLUSIVE = "inconclusive"

    __str__ = str.__str__


@dataclass(frozen=True)
class Observation:
    """Page and wire of one case. ``site_faults`` say which local site could not be reached when it was judged.

    ``words`` are all that the browser itself said about the case, oldest first.
    """

    page: tuple[PageResult, ...]
    exchanges: tuple[Exchange, ...]
    words: tuple[str, ...] = ()
    site_faults: tuple[str, ...] = ()
    trouble: Trouble | None = None
    cause: str = ""

    def renamed(self, token: str, other: str) -> Observation:
        """Return this observation as one of a case with the other token, and without its times.

        Only where there are several steps their times stay: they decide what a preflight cache remembers.
        """
        timeless = len(self.page) == 1
        page = tuple(_renamed(one, token, other, timeless) for one in self.page)
        exchanges = tuple(_renamed(one, token, other) for one in self.exchanges)
        return _changed(self, page=page, exchanges=exchanges, words=_named(self.words, token, other))

    def is_renamed(self, token: str, other: str, evidence: Observation) -> bool:
        """Tell whether `renamed` returns this evidence, which takes a third of the time."""
        if (len(self.page), len(self.exchanges)) != (len(evidence.page), len(evidence.exchanges)):
            return False
        timeless = len(self.page) == 1
        return (
            all(_is_renamed(*both, token, other, timeless) for both in zip(self.page, evidence.page, strict=True))
            and all(_is_renamed(*both, token, other) for both in zip(self.exchanges, evidence.exchanges, strict=True))
            and _is_renamed(self, evidence, token, other)
        )

    @property
    def reason(self) -> str:
        """The browser's first sentence, which is the specific one (FACTS 1); empty where it said none."""
        return self.words[0] if self.words else ""

    @property
    def sayings(self) -> tuple[str, ...]:
        """All that can tell a reason: the browser's words, and the messages of the exceptions that script caught."""
        caught = (result.error for result in self.page if result.outcome is PageOutcome.EXCEPTION)
        return (*self.words, *filter(None, caught))

    @property
    def duration_ms(self) -> float:
        """How long the page took for all steps, in milliseconds."""
        return round(sum(result.duration_ms for result in self.page), 3)


Record = TypeVar("Record", PageResult, Exchange, Observation)

_NAMING = frozenset({"token", "url", "target", "response_headers", "error", "words"})  # members that may name a token
_TIMES = frozenset({"duration_ms", "started", "ended"})


def _changed(record: Record, **changes: Any) -> Record:
    """Return a copy of a record that has other members; in a quarter of the time of `dataclasses.replace`."""
    copy = object.__new__(type(record))
    copy.__dict__.update(record.__dict__, **changes)
    return copy


def _renamed(record: Record, token: str, other: str, timeless: bool = True) -> Record:
    names = record.__dict__.keys()
    times = dict.fromkeys((_TIMES | {"started_s"} if timeless else _TIMES) & names, 0.0)
    return _changed(record, **times, **{name: _named(getattr(record, name), token, other) for name in _NAMING & names})


def _is_renamed(record: Record, evidence: Record, token: str, other: str, timeless: bool = True) -> bool:
    same, naming = _EVIDENCE[type(record), timeless]
    if same(record) != same(evidence):
        return False
    one, known = record.__dict__, evidence.__dict__
    return all(one[name] == known[name] or _named(one[name], token, other) == known[name] for name in naming)


def _named(value: Any, token: str, other: str) -> Any:
    if isinstance(value, str):
        return value.replace(token, other)
    return tuple(_named(one, token, other) for one in value)


def _evidence_in(
    record: type[PageResult | Exchange | Observation], timeless: bool
) -> tuple[Callable[[Any], Any], tuple[str, ...]]:
    """Return what gets all members that must be the same, and the names of those that may name a token."""
    besides = _TIMES | {"page", "exchanges"} | ({"started_s"} if timeless else set())
    names = [field.name for field in fields(record) if field.name not in besides]
    same = attrgetter(*(name for name in names if name not in _NAMING))
    return same, tuple(name for name in names if name in _NAMING)


_EVIDENCE = {
    (record, timeless): _evidence_in(record, timeless)
    for record in (PageResult, Exchange, Observation)
    for timeless in (True, False)
}
