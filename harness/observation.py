"""What was observed of one case: what script saw at each step, the wire's exchanges, and the browser's own sentence.

Frozen records, made by the runner, read by the verdict. `PageResult.read` is where a page's JSON is let in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
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
        steps = len(self.page)
        return _changed(
            self,
            page=tuple(_page_renamed(one, token, other, timeless=steps == 1) for one in self.page),
            exchanges=tuple(_exchange_renamed(one, token, other) for one in self.exchanges),
            words=tuple(text.replace(token, other) for text in self.words),
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


def _changed(record: Record, **changes: Any) -> Record:
    """Return a copy of a record that has other members; in a quarter of the time of `dataclasses.replace`."""
    copy = object.__new__(type(record))
    copy.__dict__.update(record.__dict__, **changes)
    return copy


def _page_renamed(one: PageResult, token: str, other: str, *, timeless: bool) -> PageResult:
    times = {"duration_ms": 0.0, "started_s": 0.0 if timeless else one.started_s}
    return _changed(one, url=one.url.replace(token, other), error=one.error.replace(token, other), **times)


def _exchange_renamed(one: Exchange, token: str, other: str) -> Exchange:
    target, error = one.target.replace(token, other), one.error.replace(token, other)
    answered = tuple((name, value.replace(token, other)) for name, value in one.response_headers)
    return _changed(one, token=other, target=target, response_headers=answered, error=error)
