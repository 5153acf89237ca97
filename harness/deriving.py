"""Scenarios derived from a policy: what must work and what must not, at its edges, on the routes of an application.

What is expected is what the oracle makes of the answers that `harness.grants` gives. Statuses, and all that is not
CORS, stay the application's business. Pure; imports the oracle and the records of policies and scenarios.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness import oracle
from harness.foresight import request_of
from harness.grants import CompiledPolicy, Grant
from harness.oracle.classify import is_safelisted_request_header
from harness.oracle.urls import Url
from harness.origins import ANY, BELOW, OriginPattern, is_loopback, parse_origin
from harness.plan import Case
from harness.policy import Policy, compiled
from harness.scenario import Api, Crossing, Expectation, Outcome, Scenario, Seen, Step, asks_of

POLICY = "policy"  # the name, in place of a hook set's, under which these scenarios have their expectation
SAFE = ("GET", "HEAD", "OPTIONS")  # methods that change nothing
STRANGER = "https://stranger.test"
METHOD = "CORSPROOF"  # which no application knows: where it is let through by mistake, nothing happens
HEADER = "X-Corsproof"
PORTS = (8444, 8445)  # either of which is another port than that of an origin

_TARGET = "api.invalid"  # where the oracle takes the API to be
_LOOPBACK_ADDRESS = "127.0.0.1"
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_NUMBERED = re.compile(r"[0-9.]+|\[.*\]")


class Route(Protocol):
    """What a URL of the application takes: a path to ask at, its methods, and how Flask calls endpoint and rule."""

    @property
    def path(self) -> str:
        """The path, with nothing left to fill in."""

    @property
    def methods(self) -> Iterable[str]:
        """The methods that are answered there."""

    @property
    def endpoint(self) -> str | None:
        """The endpoint, to which an override may belong."""

    @property
    def template(self) -> str | None:
        """The rule, to which an override may belong too."""


@dataclass(frozen=True)
class LeftOut:
    """Something at an edge of the policy that is not asked, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


def derive(policy: Policy, routes: Sequence[Route], *, active: bool = False) -> tuple[Scenario, ...]:
    """Return the scenarios of a policy on these routes, with expectations under `POLICY`.

    Origins are asked at one route per distinct grant, methods and headers at every route that has them. Methods that
    may change something are asked only if ``active``: not even where they must be refused, for an application that is
    wrong would carry them out.
    """
    found: dict[tuple[object, ...], _Asked] = {}
    for asked in _edges(policy, routes, active):
        if isinstance(asked, _Asked):
            found.setdefault(asked.key, asked)
    return tuple(_numbered(map(_scenario, found.values())))


def left_out(policy: Policy, routes: Sequence[Route], *, active: bool = False) -> tuple[LeftOut, ...]:
    """Return what `derive` leaves out."""
    edges = _edges(policy, routes, active)
    return tuple(dict.fromkeys(edge for edge in edges if isinstance(edge, LeftOut)))


def cases(scenarios: Iterable[Scenario], hooks: str) -> tuple[Case, ...]:
    """Return derived scenarios as cases against an API of that name on the ground."""
    return tuple(Case(scenario, hooks, api, expect=POLICY) for scenario in scenarios for api in scenario.apis)


def unservable(origin: str) -> str:
    """Say why no page of ours can have an origin; an empty string where one can."""
    if origin == "null":
        return ""
    url = parse_origin(origin)
    if url is None or (is_loopback(url.host) and url.port is None):
        return "pages on this machine have a port of their own: that of the scheme is not ours to take"
    if _NUMBERED.fullmatch(url.host) and url.host != _LOOPBACK_ADDRESS:
        return "pages are reached by a name, or at 127.0.0.1"
    return "" if _HOST.fullmatch(url.host) else "no page of ours can have such a host"


# ---- the edges -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """A route with its grant, and a page that the grant lets in, where there is one."""

    path: str
    methods: tuple[str, ...]
    grant: Grant
    page: str | None


@dataclass(frozen=True)
class _Asked:
    """One request at an edge; ``exactly`` says that the readable headers count, ``varies`` that Vary does."""

    family: str
    place: _Place
    page: str
    method: str
    header: str = ""
    credentials: str = "same-origin"
    exactly: bool = False
    varies: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it another one: not the family that it is in first."""
        return (self.place.path, self.page, self.method, self.header, self.credentials, self.exactly, self.varies)


_Edges = Iterator["_Asked | LeftOut"]


def _edges(policy: Policy, routes: Sequence[Route], active: bool) -> _Edges:
    whole = compiled(policy)
    places = [_place(route, whole) for route in routes]
    by_grant: dict[Grant, list[_Place]] = {}
    for place in places:
        by_grant.setdefault(place.grant, []).append(place)
    for grant, those in by_grant.items():
        yield from _origin_edges(grant, those, active, _page(whole.default))
    for place in places:
        yield from _route_edges(place, active)


def _place(route: Route, whole: CompiledPolicy) -> _Place:
    grant = whole.of(route.endpoint, route.template)
    return _Place(route.path, tuple(route.methods), grant, _page(grant))


def _page(grant: Grant) -> str | None:
    return next((origin for origin in _allowed(grant) if not unservable(origin)), None)


def _origin_edges(grant: Grant, places: Sequence[_Place], active: bool, trusted: str | None) -> _Edges:
    """Ask who is let in: at one route, by a method that would be, for whoever is."""
    there = next(((place, method) for place in places if (method := _method(place, active))), None)
    if there is None:
        yield LeftOut(places[0].path, "no method can be asked there that is allowed and changes nothing")
        return
    place, method = there
    for origin in _allowed(grant):
        yield from _from(origin, _Asked("origin", place, origin, method))
    strangers = [STRANGER, "null"] if grant.allows_origin(STRANGER) is None else []
    foreign = [*([trusted] if grant.closed and trusted else []), *_neighbours(grant), *strangers]
    for origin in dict.fromkeys(foreign):
        if grant.allows_origin(origin) is None:
            yield from _from(origin, _Asked("neighbour", place, origin, method))
    for origin in strangers:
        yield _Asked("preflight", place, origin, method, _own_header(grant))
    if place.page is None:
        if not grant.closed:
            yield LeftOut(place.path, "no page can be served that is let in there: only refusals are asked")
        return
    for credentials in ("include", "omit"):
        yield _Asked("credentials", place, place.page, method, credentials=credentials)
    if method == "GET" and len(grant.origins) + 2 * len(grant.patterns) > 1:
        yield _Asked("vary", place, place.page, method, varies=True)  # of one origin, an answer need not depend


def _route_edges(place: _Place, active: bool) -> _Edges:
    """Ask what may be done at a route, by a page that is let in."""
    if place.page is None:
        return
    grant, page = place.grant, place.page
    # That OPTIONS is not listed is nothing to ask: many libraries list it, and it does no harm.
    known = [name for name in place.methods if name != "OPTIONS" or grant.allows_method(name)]
    asked = [name for name in known if active or name in SAFE]
    for name in known:
        what = f"{name} {place.path}"
        yield _Asked("method", place, page, name) if name in asked else LeftOut(what, "may change something")
    if ANY in grant.methods or all(map(grant.allows_method, asked)):
        yield _Asked("method", place, page, METHOD)
    method = _method(place, active)
    if method is None:
        return
    yield _Asked("exposed", place, page, method, exactly=True)
    # Beside `*`, Authorization is to be named; but every engine takes `*` for it (FACTS 1), so nothing can be seen.
    for header in grant.request_headers:
        yield _Asked("header", place, page, method, HEADER if header == ANY else header)
    if ANY not in grant.request_headers:
        yield _Asked("header", place, page, method, f"{HEADER}-Unlisted")


def _method(place: _Place, active: bool) -> str | None:
    """Return a method that shows whether a page is let in: one that is allowed, and harmless where it can be."""
    known = sorted(place.methods, key=lambda name: SAFE.index(name) if name in SAFE else len(SAFE))
    for method in known:
        usable = method != "OPTIONS" and (active or method in SAFE)
        if usable and (place.grant.closed or place.grant.allows_method(method)):
            return method
    return None


def _own_header(grant: Grant) -> str:
    """Return a header that makes a preflight, and is no reason to refuse it where others are allowed."""
    return next((name for name in grant.request_headers if name != ANY), HEADER)


def _from(origin: str, asked: _Asked) -> _Edges:
    why = unservable(origin)
    yield LeftOut(f"the page {origin}", why) if why else asked


# ---- origins ---------------------------------------------------------------------------------------


def _allowed(grant: Grant) -> Iterator[str]:
    """Yield origins that are let in: each by name, and one and two labels below the domain of a pattern."""
    if grant.public:
        yield from (STRANGER, "null")
    yield from grant.origins
    for pattern in grant.patterns:
        yield from (_origin(_bare(pattern), f"{below}.{pattern.domain}") for below in ("one", "two.one"))


def _neighbours(grant: Grant) -> Iterator[str]:
    """Yield origins close to those that are let in, as faulty comparisons let them in too.

    Upper case is not among them: a browser has every origin in lower case.
    """
    for origin in grant.origins:
        url = parse_origin(origin)
        assert url is not None, "policies are validated"
        yield from _close_to(url)
        if not _NUMBERED.fullmatch(url.host):
            yield from (_origin(url, f"sub.{url.host}"), _origin(url, f"evil{url.host}"))
    for pattern in grant.patterns:
        url = _bare(pattern)
        yield from _close_to(replace(url, host=f"one.{pattern.domain}"))
        yield from (_origin(url, pattern.domain), _origin(url, f"evil{pattern.domain}"))


def _close_to(url: Url) -> Iterator[str]:
    yield f"{url.scheme}://{url.host}:{next(port for port in PORTS if port != url.port)}"
    if not is_loopback(url.host):  # where one port has one scheme, and no proxy of ours gives names
        yield f"{'http' if url.scheme == 'https' else 'https'}{url.origin.removeprefix(url.scheme)}"
    if _NUMBERED.fullmatch(url.host):
        return
    yield _origin(url, f"{url.host}.evil.test")
    if "." in url.host:
        yield _origin(url, url.host.replace(".", "x", 1))
    if not is_loopback(url.host):
        yield _origin(url, f"{url.host}.")


def _bare(pattern: OriginPattern) -> Url:
    url = parse_origin(_written(pattern).replace(BELOW, ""))
    assert url is not None, "patterns are parsed from origins"
    return url


def _written(pattern: OriginPattern) -> str:
    port = "" if pattern.port is None else f":{pattern.port}"
    return f"{pattern.scheme}://{pattern.domain}{port}"


def _origin(url: Url, host: str) -> str:
    return replace(url, host=host).origin


# ---- scenarios -------------------------------------------------------------------------------------


def _scenario(asked: _Asked) -> Scenario:
    path, page, grant = asked.place.path, asked.page, asked.place.grant
    headers = ((asked.header, _value(asked.header)),) if asked.header else ()
    # A redirect is the application's business: it is not followed, but a page must be let in to be told of it.
    step = Step(asked.method, f"{{api}}{path}", headers, credentials=asked.credentials, redirect="manual")
    prediction = _predicted(step, path, page, grant)
    allowed = prediction.allowed
    exposed = frozenset(name.lower() for name in grant.exposed_headers) if asked.exactly and allowed else None
    seen = Seen(Outcome.ALLOWED if allowed else Outcome.BLOCKED, exposed=exposed)
    wire = [_crossing(exchange.request, path) for exchange in prediction.exchanges]
    if asked.varies:
        wire[-1] = replace(wire[-1], varies=frozenset({"origin"}))
    return Scenario(
        id=_id(asked, allowed),
        family=asked.family,
        summary=_summary(asked, prediction),
        steps=(step,),
        expect={POLICY: Expectation((seen,), tuple(wire))},
        page=page,
        apis=(Api.FETCH,),
    )


def _value(header: str) -> str:
    """Return a value that makes a preflight ask for the header, even one that is safelisted with others."""
    if header.lower() == "content-type":
        return "application/json"
    return '"corsproof"' if is_safelisted_request_header(header, "corsproof") else "corsproof"


def _predicted(step: Step, path: str, page: str, grant: Grant) -> oracle.Prediction:
    def serve(request: oracle.WireRequest) -> oracle.Answer:
        if request.kind is oracle.Kind.ACTUAL:
            return oracle.WireResponse(200, grant.actual(request.origin, request.method))
        answer = grant.preflight(request.origin, request.requested_method or "", request.requested_headers)
        return oracle.WireResponse(answer.status, answer.headers)

    scheme = "https" if page.startswith("https:") else "http"
    url = f"{scheme}://{_TARGET}{path}"
    return oracle.predict(request_of({**vars(step), "url": url, "api": Api.FETCH.value}, page), serve)


def _crossing(request: oracle.WireRequest, path: str) -> Crossing:
    return Crossing(request.method, request.url.partition(_TARGET)[2], None, asks_of(request.headers))


def _summary(asked: _Asked, prediction: oracle.Prediction) -> str:
    what = f"{asked.method} {asked.place.path}"
    what += f" with {asked.header}" if asked.header else ""
    what += {"include": ", credentials included", "omit": ", credentials left out"}.get(asked.credentials, "")
    if isinstance(prediction.outcome, oracle.Refusal):
        where = "at the preflight" if prediction.outcome.phase is oracle.Phase.PREFLIGHT else "unread"
        return f"a page on {asked.page} is refused {what}, {where}"
    also = "; it reads no header but those that are exposed" if asked.exactly else ""
    also += "; the answer varies by Origin" if asked.varies else ""
    return f"a page on {asked.page} may {what}{also}"


_NAMED = {"include": "including-credentials", "omit": "omitting-credentials"}


def _id(asked: _Asked, allowed: bool) -> str:
    parts = [
        "derived",
        _slug(asked.place.path) or "root",
        asked.method,
        *([f"with-{asked.header}"] if asked.header else []),
        *([_NAMED[asked.credentials]] if asked.credentials in _NAMED else []),
        f"from-{_spoken(asked.page)}",
        *(["exposed"] if asked.exactly else ["vary"] if asked.varies else []),
        "allowed" if allowed else "blocked",
    ]
    return _slug("-".join(parts))


def _spoken(origin: str) -> str:
    return f"{origin.removeprefix('https://')}-dot" if origin.endswith(".") else origin.removeprefix("https://")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _numbered(scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
    """Tell apart what would be called the same."""
    counted: dict[str, int] = {}
    for scenario in scenarios:
        number = counted[scenario.id] = counted.get(scenario.id, 0) + 1
        yield scenario if number == 1 else replace(scenario, id=f"{scenario.id}-{number}")
