"""The words in which the rows of this suite are written: what a page asks, what is answered, what must follow.

A row states all of it: the answers byte for byte, what script sees and why, and each request that must arrive with the
headers that CORS puts into it. Nothing is computed from the oracle; tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from harness.literal import Answer, Literal, Role, Rule, Script
from harness.oracle import Reason
from harness.scenario import BOTH, LITERAL, Api, Crossing, Expectation, Outcome, Scenario, Seen, Step
from harness.wire import Kind, Pairs

PATH = "/a"
URL = "{api}" + PATH
TEXT = ("Content-Type", "text/plain")
FETCH = (Api.FETCH,)
XHR = (Api.XHR,)
ORIGINS = {
    "{page}": Role.PAGE,
    "{home}": Role.PAGE,
    "{api}": Role.API,
    "{api2}": Role.API2,
    "{cross}": Role.API,
    "{h2}": Role.H2,
}


# ---- what is answered ------------------------------------------------------------------------------


def origin(value: str = "{page}") -> tuple[str, str]:
    """Access-Control-Allow-Origin."""
    return "Access-Control-Allow-Origin", value


def credentials(value: str = "true") -> tuple[str, str]:
    """Access-Control-Allow-Credentials."""
    return "Access-Control-Allow-Credentials", value


def methods(value: str) -> tuple[str, str]:
    """Access-Control-Allow-Methods."""
    return "Access-Control-Allow-Methods", value


def names(value: str) -> tuple[str, str]:
    """Access-Control-Allow-Headers."""
    return "Access-Control-Allow-Headers", value


def exposed(value: str) -> tuple[str, str]:
    """Access-Control-Expose-Headers."""
    return "Access-Control-Expose-Headers", value


def max_age(value: str) -> tuple[str, str]:
    """Access-Control-Max-Age."""
    return "Access-Control-Max-Age", value


def to(url: str) -> tuple[str, str]:
    """Location: a URL such as ``{api2}/b``, which keeps the case's token."""
    url, mark, fragment = url.partition("#")
    return "Location", f"{url}{'&' if '?' in url else '?'}{{token}}{mark}{fragment}"


def answer(*headers: tuple[str, str], status: int | bytes = 200) -> Answer:
    """An answer of text, empty, with these headers; Content-Type and Content-Length are added."""
    return Answer(status, (*headers, TEXT))


def plain(*headers: tuple[str, str], status: int | bytes = 200) -> Answer:
    """An answer with these headers and a Content-Length, and no others."""
    return Answer(status, headers)


OPEN = answer(origin(), credentials())  # what the page may read, whatever its credentials mode
LISTS_NOTHING = OPEN  # as the answer to a preflight: this page may ask, and no method and no header is listed


# ---- what is asked ---------------------------------------------------------------------------------


def step(method: str = "GET", *headers: tuple[str, str], url: str = URL, **more: Any) -> Step:
    """A request of the page; ``more`` are fields of `Step`."""
    return Step(method, url, headers, **more)


# ---- what script sees ------------------------------------------------------------------------------


def reads(*header_names: str, status: int = 200, bare: bool = False) -> Seen:
    """Script reads a response: these headers, and those that `answer` adds (``bare``: no others at all)."""
    added = () if bare else ("content-type", "content-length")
    return Seen(Outcome.ALLOWED, status, frozenset((*header_names, *added)))


def blocked(reason: Reason) -> Seen:
    """Script sees a network error, for this reason."""
    outcome = Outcome.NO_ANSWER if reason is Reason.NETWORK_FAILURE else Outcome.BLOCKED
    return Seen(outcome, reason=reason.value)


def refused(reason: Reason) -> Seen:
    """The interface refuses the call itself; nothing is sent."""
    return Seen(Outcome.EXCEPTION, reason=reason.value)


OPAQUE = Seen(Outcome.OPAQUE, type="opaque")
OPAQUE_REDIRECT = Seen(Outcome.OPAQUE, type="opaqueredirect")


# ---- hops: where a request arrives, what it must say there, and what it is answered --------------------


@dataclass(frozen=True)
class Hop:
    """One URL on the way.

    ``asks`` is what its preflight says in Access-Control-Request-Headers ("" for no such header), None where there must
    be no preflight. ``sent`` is false where the actual request must not arrive; it is answered all the same, so that an
    engine that sends it is found out. ``origin`` is the Origin of both requests, "" for none.
    """

    answer: Literal = OPEN
    url: str = URL
    asks: str | None = None
    preflight: Literal | None = None
    sent: bool = True
    method: str = ""
    origin: str = "{page}"
    also: Pairs = ()

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules that answer at this URL."""
        place, path = self._place
        role = ORIGINS[place]
        made = (Rule((self.answer,), Kind.ACTUAL, path, role),)
        return made if self.preflight is None else (Rule((self.preflight,), Kind.PREFLIGHT, path, role), *made)

    def crossings(self, method: str) -> Iterable[Crossing]:
        """Return what must arrive at this URL of a request whose method is this, or the hop's own."""
        method, path = self.method or method, self._path_and_query
        own = (("origin", self.origin),) if self.origin else ()
        if self.asks is not None:
            asked = (("access-control-request-headers", self.asks),) if self.asks else ()
            yield Crossing("OPTIONS", path, None, (*own, ("access-control-request-method", method), *asked))
        if self.sent:
            yield Crossing(method, path, None, (*own, *self.also))

    @property
    def _place(self) -> tuple[str, str]:
        place, slash, rest = self.url.partition("/")
        name = place.partition("|")[0].rstrip("}") + "}"
        return name, (slash + rest).partition("?")[0].partition("#")[0]

    @property
    def _path_and_query(self) -> str:
        _, slash, rest = self.url.partition("/")
        return (slash + rest).partition("#")[0]


def simple(answered: Literal = OPEN, **more: Any) -> tuple[Hop, ...]:
    """One request without a preflight."""
    return (Hop(answered, **more),)


def asked(
    asks: str, preflight: Literal, answered: Literal = OPEN, *, sent: bool = True, **more: Any
) -> tuple[Hop, ...]:
    """One request behind a preflight that asks for these headers; ``sent`` is false where it is refused."""
    return (Hop(answered, asks=asks, preflight=preflight, sent=sent, **more),)


def turned_down(asks: str, preflight: Literal, **more: Any) -> tuple[Hop, ...]:
    """A preflight that asks for these headers and is refused."""
    return asked(asks, preflight, sent=False, **more)


def unsent(**more: Any) -> tuple[Hop, ...]:
    """No request at all."""
    return (Hop(sent=False, **more),)


# ---- rows ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """One step of a sequence at one URL: what is asked, answered, seen, and what must arrive."""

    step: Step
    hops: tuple[Hop, ...]
    seen: Seen


@dataclass(frozen=True)
class Topic:
    """A family of rows."""

    family: str
    rows: list[Scenario] = field(default_factory=list)

    def row(
        self,
        name: str,
        summary: str,
        request: Step,
        hops: tuple[Hop, ...],
        seen: Seen,
        *,
        page: str = "http://localhost",
        apis: tuple[Api, ...] = BOTH,
    ) -> None:
        """Add a scenario of one step. From the page ``null`` the Origin is ``null`` unless a hop says otherwise."""
        self.sequence(name, summary, Turn(request, hops, seen), page=page, apis=apis)

    def sequence(
        self, name: str, summary: str, *turns: Turn, page: str = "http://localhost", apis: tuple[Api, ...] = BOTH
    ) -> None:
        """Add a scenario of several steps, one after the other, each with its own answers."""
        steps = tuple(turn.step for turn in turns)
        scripts = tuple(Script(_joined(rule for hop in turn.hops for rule in hop.rules())) for turn in turns)
        wire = tuple(one for turn in turns for hop in turn.hops for one in hop.crossings(_normal(turn.step.method)))
        seen = tuple(turn.seen for turn in turns)
        kept = apis if all(map(_both_can, steps)) else FETCH
        expect = {LITERAL: Expectation(seen, wire)}
        self.rows.append(Scenario(name, self.family, summary, steps, expect, page, kept, scripts))

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """All rows so far."""
        return tuple(self.rows)


def _joined(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Join what several hops say of one URL: its first request gets the first hop's answer, the next the next one's."""
    joined: dict[tuple[Kind | None, str | None, Role | None], Rule] = {}
    for rule in rules:
        key = (rule.kind, rule.path, rule.role)
        joined[key] = replace(rule, answers=(*joined[key].answers, *rule.answers)) if key in joined else rule
    return tuple(joined.values())


def _normal(method: str) -> str:
    upper = method.upper()
    return upper if upper in ("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT") else method


def _both_can(request: Step) -> bool:
    plain_modes = (request.mode, request.redirect, request.cache, request.referrer_policy) == (
        "cors",
        "follow",
        "default",
        "",
    )
    return plain_modes and request.credentials != "omit" and request.body_kind != "stream"


def later(request: Step, after_ms: int) -> Step:
    """The same request, so many milliseconds after the scenario has begun."""
    return replace(request, after_ms=after_ms)
