"""A scenario: a page on some origin does one thing to a target, and what must follow at the page and on the wire.

Pure data that validates when made. Placeholders stand for what only a run knows: ``{page}`` the page's origin,
``{api}`` the API's, ``{api2}`` the API under another origin, ``{cross}`` under another site, ``{h2}`` over HTTP/2;
``harness.places`` says how they are varied. Imports only the wire's vocabulary and that of literal answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from types import MappingProxyType

from harness.literal import Role, Script, templates
from harness.origins import parse_origin
from harness.places import PLACED, mentions
from harness.wire import Kind, Pairs

_ID = re.compile(r"[!-~]+")  # the catalogue's own are kebab-case (a test sees to it); files may have others


class Api(str, Enum):
    """The script interface that makes a request."""

    FETCH = "fetch"
    XHR = "xhr"
    WEBSOCKET = "websocket"  # which CORS does not ask about; of audits only

    __str__ = str.__str__


BOTH = (Api.FETCH, Api.XHR)
LITERAL = "literal"  # the name, in place of a hook set's, under which literal answers are given


class Outcome(str, Enum):
    """What became of a request, as far as script can tell and the wire confirms."""

    ALLOWED = "allowed"  # script read the response
    BLOCKED = "blocked"  # script saw a network error, and the wire shows the exchange that was refused
    OPAQUE = "opaque"  # script got a response that says nothing (no-cors, manual redirect)
    ABORTED = "aborted"  # the scenario itself gave up waiting
    EXCEPTION = "exception"  # the interface refused the call, nothing was sent
    NO_ANSWER = "no-answer"  # script saw a network error, and the wire shows that no answer came that is HTTP
    UNEXPLAINED = "unexplained"  # a network error that the wire does not explain: never a verdict about CORS

    __str__ = str.__str__


@dataclass(frozen=True)
class Step:
    """One request of a page. ``url`` begins with a placeholder; times are milliseconds.

    ``body_kind`` is what script hands over as the body: ``text``, ``urlencoded`` (URLSearchParams), ``bytes`` (one per
    character) or ``stream`` (a ReadableStream of such); ``referrer_policy`` is empty for the page's own.
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
    body_kind: str = "text"
    referrer_policy: str = ""
    after_ms: int = 0
    abort_ms: int | None = None
    deadline_ms: int = 8000

    def __post_init__(self) -> None:
        problems = [
            *([] if PLACED.match(self.url) else [f"url {self.url!r} has no placeholder"]),
            *_not_among("credentials", self.credentials, ("omit", "same-origin", "include")),
            *_not_among("mode", self.mode, ("cors", "no-cors", "same-origin")),
            *_not_among("redirect", self.redirect, ("follow", "error", "manual")),
            *_not_among("cache", self.cache, _CACHES),
            *_not_among("body_kind", self.body_kind, ("text", "urlencoded", *_OF_BYTES)),
            *_not_among("referrer_policy", self.referrer_policy, ("", *_REFERRER_POLICIES)),
        ]
        if self.body_kind in _OF_BYTES and self.body and max(self.body) > "\xff":
            problems.append(f"body {self.body!r} is no bytes: it has characters beyond 0xFF")
        if problems:
            raise ValueError("; ".join(problems))


_CACHES = ("default", "no-store", "reload", "no-cache", "force-cache")  # only-if-cached is for a page's own site
_OF_BYTES = ("bytes", "stream")
_REFERRER_POLICIES = (
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
)


def _not_among(name: str, value: str, valid: tuple[str, ...]) -> list[str]:
    return [] if value in valid else [f"{name} {value!r} is none of {', '.join(valid)}"]


@dataclass(frozen=True)
class Seen:
    """What script must see of one step; ``headers`` are the names it may read, exactly, in lower case.

    ``reason`` is the oracle's name for what refuses, ``type`` the response's type; either is empty for: whatever.
    An allowed answer without ``status`` is: whatever the answer, its headers too, and a redirect that the page does not
    follow. ``exposed``, where it is not None, are then the headers that may be read beyond those that always may: of
    the answer's own headers, these and no others are.
    """

    outcome: Outcome
    status: int | None = None
    headers: frozenset[str] = frozenset()
    reason: str = ""
    type: str = ""
    exposed: frozenset[str] | None = None


@dataclass(frozen=True)
class Crossing:
    """One exchange that must be on the wire.

    ``asks`` are the request's headers that matter to CORS (`ASKED`), ``answers`` those of the response (`ANSWERED` and
    every Access-Control-*): exactly these and no others, doubled where doubled. ``status`` None means: whatever the
    answer, and with or without cookies; ``varies`` are then the request's headers that its Vary must name.
    """

    method: str
    path: str
    status: int | None
    asks: Pairs = ()
    answers: Pairs = ()
    varies: frozenset[str] = frozenset()

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
        # What the fetch refuses by itself, such as a bad port, has a reason instead.
        dead = any(
            seen.outcome is Outcome.NO_ANSWER or (seen.outcome is Outcome.BLOCKED and not seen.reason)
            for seen in self.seen
        )
        if dead and not self.wire:
            raise ValueError("a block without an exchange on the wire can't be told from a dead server")


@dataclass(frozen=True)
class Scenario:
    """A stable id, the page's origin, the steps, and the expectation under each hook set that it applies to.

    ``turns`` are literal answers instead of a hook set's: one script for each step, or one for all; the hook set is
    then called `LITERAL`. An expectation of None is: what the oracle makes of those answers.
    """

    id: str
    family: str
    summary: str
    steps: tuple[Step, ...]
    expect: Mapping[str, Expectation | None]
    page: str = "http://localhost"
    apis: tuple[Api, ...] = field(default=BOTH)
    turns: tuple[Script, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "expect", MappingProxyType(dict(self.expect)))
        problems = [
            *([] if _ID.fullmatch(self.id) else [f"id {self.id!r} is not printable ASCII without blanks"]),
            *([] if _is_page(self.page) else [f"{self.page!r} is neither an origin as browsers write it nor null"]),
            *([] if self.steps and self.apis and self.expect else ["steps, apis and expectations must not be empty"]),
            *(
                f"{hooks}: {len(expectation.seen)} expected sights for {len(self.steps)} steps"
                for hooks, expectation in self.expect.items()
                if expectation is not None and len(expectation.seen) != len(self.steps)
            ),
        ]
        if self.turns and len(self.turns) not in (1, len(self.steps)):
            problems.append(f"{len(self.turns)} scripts for {len(self.steps)} steps")
        if bool(self.turns) != (LITERAL in self.expect) or (None in self.expect.values() and not self.turns):
            problems.append(f"literal answers and the hook set {LITERAL!r} go together")
        if self.needs_http_2 and not self.turns:
            problems.append("only literal answers are given over HTTP/2")
        if Api.XHR in self.apis and any(not _xhr_can(step) for step in self.steps):
            problems.append("XMLHttpRequest has no such mode, redirect, cache, credentials, body or referrer policy")
        if Api.FETCH in self.apis and any(step.upload_listener for step in self.steps):
            problems.append("fetch() has no upload listeners")
        if problems:
            raise ValueError(f"scenario {self.id}: {'; '.join(problems)}")

    @cached_property
    def needs_http_2(self) -> bool:
        """Whether anything of it is to happen at ``{h2}``, which is served only where somebody needs it."""
        scripted = any(rule.role is Role.H2 for script in self.turns for rule in script.rules)
        texts = (*(step.url for step in self.steps), *(text for script in self.turns for text in templates(script)))
        return scripted or any(mentions(text, "h2") for text in texts)


def _is_page(text: str) -> bool:
    return text == "null" or parse_origin(text) is not None


def _xhr_can(step: Step) -> bool:
    plain = (step.mode, step.redirect, step.cache, step.referrer_policy) == ("cors", "follow", "default", "")
    return plain and step.credentials != "omit" and step.body_kind != "stream"


ASKED = ("origin", "access-control-request-method", "access-control-request-headers", "authorization", "cookie")
ANSWERED = ("vary", "x-served-by")
SECRET = frozenset({"authorization", "cookie"})  # compared by presence, never by value


def asks_of(headers: Pairs) -> Pairs:
    """Return the part of request headers that a `Crossing` compares, sorted."""
    kept = [(lower, value) for name, value in headers if (lower := name.lower()) in ASKED]
    return tuple(sorted((name, "present" if name in SECRET else value) for name, value in kept))


def answers_of(headers: Pairs) -> Pairs:
    """Return the part of response headers that a `Crossing` compares, sorted."""
    lowered = ((name.lower(), value) for name, value in headers)
    return tuple(sorted(p for p in lowered if p[0] in ANSWERED or p[0].startswith("access-control-")))
