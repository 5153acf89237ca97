"""What one request of a page came to, for a test to assert on: outcome, what script could read, both exchanges.

A result exists only where page and wire explain it; everything else is `NoVerdict`. What is printed is redacted, what
is asked for is not. Pure: knows neither pytest nor browsers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import CorsproofError
from harness.observation import Observation
from harness.plan import Planned
from harness.prediction import Prediction, predict
from harness.reports.redaction import redacted, redacted_sentence, redacted_target
from harness.scenario import Outcome
from harness.verdict import Verdict, outcomes_of
from harness.wire import TOKEN_PARAMETER, Ending, Exchange, Kind, Pairs, without_token

# What browsers send with everything and no CORS decision reads; `CorsResult.exchanges` has it all.
_CHATTER = re.compile(r"accept-encoding|connection|priority|user-agent|sec-ch-.*", re.IGNORECASE)
_TOKEN = re.compile(rf"[?&]{TOKEN_PARAMETER}=[\w-]+")


class NoVerdict(CorsproofError):
    """A request that failed for another reason than CORS, or for none that the record shows: neither yes nor no."""

    exit_code = 4


@dataclass(frozen=True)
class Block:
    """Which request was refused, the browser's own sentence about it (empty where it said none), and the standard's.

    ``why`` says in a sentence which step of Fetch refuses, ``clause`` is its address.
    """

    phase: Kind
    reason: str = ""
    why: str = ""
    clause: str = ""

    def __str__(self) -> str:
        where = "at the preflight" if self.phase is Kind.PREFLIGHT else "after the actual request"
        return f"blocked {where}: {self.reason or 'the browser said no reason'}"


class Headers(Mapping[str, str]):
    """Headers as script reads them: one value for a name, names in any case."""

    def __init__(self, pairs: Pairs) -> None:
        joined: dict[str, str] = {}
        for name, value in pairs:
            joined[name.lower()] = f"{joined[name.lower()]}, {value}" if name.lower() in joined else value
        self._values = joined

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({dict(redacted(tuple(self._values.items())))})"


@dataclass(frozen=True, repr=False)
class CorsResult:
    """One request of a page. ``origin`` is the page's, with its port; ``exchanges`` are the server's own record.

    ``status``, ``headers`` and ``body`` are what script could read: None, empty and None where it could read nothing.
    Of a body, the first 65,536 characters are kept.
    """

    engine: str
    origin: str
    method: str
    path: str
    outcome: Outcome
    status: int | None
    headers: Headers
    body: str | None
    exchanges: tuple[Exchange, ...]
    blocked_by: Block | None = None

    @property
    def allowed(self) -> bool:
        """Whether script could read the response, whatever its status."""
        return self.outcome is Outcome.ALLOWED

    @property
    def readable_headers(self) -> frozenset[str]:
        """The names of the response headers that script could read, exactly, in lower case."""
        return frozenset(self.headers)

    @property
    def text(self) -> str:
        """The body that script could read; an empty string where it could read none."""
        return self.body or ""

    def json(self) -> Any:
        """Return the body that script could read, parsed."""
        if self.body is None:
            raise ValueError(f"script could read no body: {self!r}")
        return json.loads(self.body)

    @property
    def preflight(self) -> Exchange | None:
        """The last preflight that reached the server."""
        return _last(self.exchanges, Kind.PREFLIGHT)

    @property
    def actual(self) -> Exchange | None:
        """The last actual request that reached the server; None where the preflight was refused."""
        return _last(self.exchanges, Kind.ACTUAL)

    def describe(self) -> str:
        """Tell everything, secrets redacted: both exchanges, what script saw, what the browser said."""
        said = []
        if self.blocked_by:
            said = [
                f"  browser    {self.blocked_by.reason or '(no sentence)'}",
                f"  standard   {self.blocked_by.why} ({self.blocked_by.clause})",
            ]
        return "\n".join([self.title, *_exchange_lines(self.exchanges), f"  script     {self._sight()}", *said])

    def __str__(self) -> str:
        return self.describe()

    def __repr__(self) -> str:
        return f"<CorsResult {self.title}>"

    @property
    def title(self) -> str:
        """What was asked and what it came to, in one line, secrets redacted."""
        phase = f" ({self.blocked_by.phase})" if self.blocked_by else ""
        return f"{_asked(self.method, self.path, self.origin, self.engine)}: {self.outcome}{phase}"

    def _sight(self) -> str:
        if self.outcome is Outcome.ALLOWED:
            return f"read status {self.status} and the headers {', '.join(sorted(self.headers)) or '(none)'}"
        return "saw a network error" if self.blocked_by else "got an opaque response"


def result_of(planned: Planned, observed: Observation, engine: str) -> CorsResult:
    """Return what a case of one step came to; raise `NoVerdict` where that is not known."""
    step, predicted = planned.case.scenario.steps[0], predict(planned, observed.page, observed.exchanges)
    found = outcomes_of(observed, predicted, origin=planned.origin)
    path = step.url.removeprefix("{api}")
    cause = found.cause if isinstance(found, Verdict) else _doubt(found[0], observed, predicted[0])
    if cause or isinstance(found, Verdict):
        title = f"{_asked(step.method, path, planned.origin, engine)}: no verdict about CORS: {cause}"
        said = [f"  browser    {_clean(observed.reason)}"] if observed.reason else []
        raise NoVerdict("\n".join([title, *_exchange_lines(observed.exchanges), *said]))
    page, outcome = observed.page[0], found[0]
    readable = outcome is Outcome.ALLOWED
    return CorsResult(
        engine=engine,
        origin=planned.origin,
        method=step.method,
        path=path,
        outcome=outcome,
        status=page.status if readable else None,
        headers=Headers(page.headers if readable else ()),
        body=page.body if readable else None,
        exchanges=observed.exchanges,
        blocked_by=_block(observed, predicted[0]) if outcome is Outcome.BLOCKED else None,
    )


def _doubt(outcome: Outcome, observed: Observation, predicted: Prediction) -> str:
    """Say why an outcome that the record explains well enough for a run is still no answer to a test."""
    page, exchanges = observed.page[0], observed.exchanges
    raised = [exchange for exchange in exchanges if exchange.error]
    if raised:
        return f"the application failed in the {raised[0].kind} request: {raised[0].error}"
    if outcome is Outcome.EXCEPTION:
        return f"the browser refused the call itself: {page.error}"
    if outcome is Outcome.NO_ANSWER:
        return f"no answer came that is HTTP: {predicted.sentence}"
    if outcome is Outcome.BLOCKED and not exchanges:
        return f"nothing was sent: {predicted.sentence}"
    return ""


def _block(observed: Observation, predicted: Prediction) -> Block:
    return Block(observed.exchanges[-1].kind, _clean(observed.reason), _clean(predicted.sentence), predicted.clause)


def _last(exchanges: tuple[Exchange, ...], kind: Kind) -> Exchange | None:
    return next((exchange for exchange in reversed(exchanges) if exchange.kind is kind), None)


def _asked(method: str, path: str, origin: str, engine: str) -> str:
    return f"{method} {redacted_target(path)} from {origin} in {engine}"


def _clean(sentence: str) -> str:
    """Take the token and every secret out of the URLs in a browser's sentence."""
    return redacted_sentence(_TOKEN.sub("", sentence))


def _exchange_lines(exchanges: tuple[Exchange, ...]) -> Iterator[str]:
    if not exchanges:
        yield "  wire       no request reached the application"
    for exchange in exchanges:
        yield f"  {exchange.kind:<10} {exchange.method} {redacted_target(without_token(exchange.target))}"
        yield from _header_lines(exchange.request_headers)
        ending = "" if exchange.ending is Ending.COMPLETE else f" ({exchange.ending})"
        raised = f" ({exchange.error})" if exchange.error else ""
        yield f"          -> {exchange.status or 'no answer'}{ending}{raised}"
        yield from _header_lines(exchange.response_headers)
    if all(exchange.kind is Kind.PREFLIGHT for exchange in exchanges) and exchanges:
        yield "  actual     was not sent"


def _header_lines(headers: Pairs) -> Iterator[str]:
    return (f"               {name}: {value}" for name, value in redacted(headers) if not _CHATTER.fullmatch(name))
