"""A scenario: a page on some origin does one thing to a target, and what must follow at the page and on the wire.

Pure data that validates when made. Placeholders stand for what only a run knows: ``{page}`` the page's origin,
``{api}`` the API's, ``{api2}`` the same API under another origin. Imports only the wire's vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from harness.wire import Kind, Pairs

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PAGE = re.compile(r"null|https?://[a-z0-9-]+(\.[a-z0-9-]+)*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Api(str, Enum):
    """The script interface that makes a request."""

    FETCH = "fetch"
    XHR = "xhr"

    __str__ = str.__str__


BOTH = (Api.FETCH, Api.XHR)


class Outcome(str, Enum):
    """What became of a request, as far as script can tell and the wire confirms."""

    ALLOWED = "allowed"  # script read the response
    BLOCKED = "blocked"  # script saw a network error, and the wire shows the exchange that was refused
    OPAQUE = "opaque"  # script got a response that says nothing (no-cors, manual redirect)
    ABORTED = "aborted"  # the scenario itself gave up waiting
    EXCEPTION = "exception"  # the interface refused the call, nothing was sent
    UNEXPLAINED = "unexplained"  # a network error that the wire does not explain: never a verdict about CORS

    __str__ = str.__str__


@dataclass(frozen=True)
class Step:
    """One request of a page. ``url`` begins with a placeholder; times are milliseconds.

    ``after_ms`` is the earliest start, counted from the scenario's; ``abort_ms`` is when the page itself gives up,
    counted from the arrival of its first request at the server; ``deadline_ms`` when the harness does.
    """

    method: str
    url: str
    headers: Pairs = ()
    body: str | None = None
    credentials: str = "same-origin"
    mode: str = "cors"
    redirect: str = "follow"
    cache: str = "default"
    upload_listener: bool = False
    after_ms: int = 0
    abort_ms: int | None = None
    deadline_ms: int = 8000

    def __post_init__(self) -> None:
        problems = [
            *([] if _TOKEN.fullmatch(self.method) else [f"method {self.method!r} is no token"]),
            *(
                []
                if self.url.startswith(("{page}/", "{api}/", "{api2}/"))
                else [f"url {self.url!r} has no placeholder"]
            ),
            *_not_among("credentials", self.credentials, ("omit", "same-origin", "include")),
            *_not_among("mode", self.mode, ("cors", "no-cors", "same-origin")),
            *_not_among("redirect", self.redirect, ("follow", "error", "manual")),
        ]
        if problems:
            raise ValueError("; ".join(problems))


def _not_among(name: str, value: str, valid: tuple[str, ...]) -> list[str]:
    return [] if value in valid else [f"{name} {value!r} is none of {', '.join(valid)}"]


@dataclass(frozen=True)
class Seen:
    """What script must see of one step; ``headers`` are the names it may read, exactly, in lower case."""

    outcome: Outcome
    status: int | None = None
    headers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Crossing:
    """One exchange that must be on the wire.

    ``asks`` are the request's headers that matter to CORS (`ASKED`), ``answers`` those of the response (`ANSWERED` and
    every Access-Control-*): exactly these and no others, doubled where doubled. ``status`` None means: whatever.
    """

    method: str
    path: str
    status: int | None
    asks: Pairs = ()
    answers: Pairs = ()

    @property
    def kind(self) -> Kind:
        """Preflight or actual request."""
        asked = any(name == "access-control-request-method" for name, _ in self.asks)
        return Kind.PREFLIGHT if self.method == "OPTIONS" and asked else Kind.ACTUAL


@dataclass(frozen=True)
class Expectation:
    """What must follow from a scenario: for each step what script sees, and the whole wire in its order."""

    seen: tuple[Seen, ...]
    wire: tuple[Crossing, ...]

    def __post_init__(self) -> None:
        if any(seen.outcome is Outcome.UNEXPLAINED for seen in self.seen):
            raise ValueError("an unexplained outcome can't be expected")
        if any(seen.outcome is Outcome.BLOCKED for seen in self.seen) and not self.wire:
            raise ValueError("a block without an exchange on the wire can't be told from a dead server")


@dataclass(frozen=True)
class Scenario:
    """A stable id, the page's origin, the steps, and the expectation under each hook set that it applies to."""

    id: str
    family: str
    summary: str
    steps: tuple[Step, ...]
    expect: Mapping[str, Expectation]
    page: str = "http://localhost"
    apis: tuple[Api, ...] = field(default=BOTH)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expect", MappingProxyType(dict(self.expect)))
        problems = [
            *([] if _ID.fullmatch(self.id) else [f"id {self.id!r} is not kebab-case"]),
            *([] if _PAGE.fullmatch(self.page) else [f"page {self.page!r} is neither an origin without port nor null"]),
            *([] if self.steps and self.apis and self.expect else ["steps, apis and expectations must not be empty"]),
            *(
                f"{hooks}: {len(expectation.seen)} expected sights for {len(self.steps)} steps"
                for hooks, expectation in self.expect.items()
                if len(expectation.seen) != len(self.steps)
            ),
        ]
        if Api.XHR in self.apis and any(not _xhr_can(step) for step in self.steps):
            problems.append("XMLHttpRequest has no such mode, redirect, cache or credentials")
        if problems:
            raise ValueError(f"scenario {self.id}: {'; '.join(problems)}")


def _xhr_can(step: Step) -> bool:
    plain = (step.mode, step.redirect, step.cache) == ("cors", "follow", "default")
    return plain and step.credentials in ("same-origin", "include")


ASKED = ("origin", "access-control-request-method", "access-control-request-headers", "authorization", "cookie")
ANSWERED = ("vary", "x-view")
SECRET = frozenset({"authorization", "cookie"})  # compared by presence, never by value


def asks_of(headers: Pairs) -> Pairs:
    """Return the part of request headers that a `Crossing` compares, sorted."""
    kept = ((name.lower(), value) for name, value in headers if name.lower() in ASKED)
    return tuple(sorted((name, "present" if name in SECRET else value) for name, value in kept))


def answers_of(headers: Pairs) -> Pairs:
    """Return the part of response headers that a `Crossing` compares, sorted."""
    lowered = ((name.lower(), value) for name, value in headers)
    return tuple(sorted(p for p in lowered if p[0] in ANSWERED or p[0].startswith("access-control-")))
