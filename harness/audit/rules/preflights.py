"""S15, S18, F02 to F06: preflights that allow everything, or fail where they should not; `permissions` has the others.

What a preflight refuses may be refused on purpose, by the policy. A preflight counts as broken only where an actual
answer of the same path lets the same origin in, and no method that the path has gets through, GET without any header
among them: no policy that lets GET be read refuses that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from harness.audit import fixes, intent, strangers
from harness.audit.evidence import answered, asked, blocked_by
from harness.audit.findings import Rule, Severity, Suspicion, rule
from harness.audit.guests import ALLOW_HEADERS, ALLOW_METHODS, SIMPLE, Guest, granted, guest, lists, methods
from harness.audit.routes import Route
from harness.audit.rules import permissions
from harness.audit.sights import Ask, Sight
from harness.audit.strangers import Admission, Mistake, admitted, unguessable
from harness.audit.survey import Reply, Survey
from harness.scenario import Step
from harness.wire import values

PREFLIGHT = "https://fetch.spec.whatwg.org/#cors-preflight-fetch"
OPTIONS = "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AUTHORIZED = (("Authorization", "Bearer corsproof"),)
_LOGIN = ("login", "signin", "sign-in", "auth", "sso", "account")


# ---- strangers --------------------------------------------------------------------------------------


@rule(
    "S15",
    "private-network-for-everyone",
    why="It was meant to let public pages reach what only the inside can: everybody's pages should not have it.",
    clause="https://wicg.github.io/private-network-access/#cors-preflight",
    fix=fixes.NO_PRIVATE_NETWORK,
)
def private_network(survey: Survey) -> Iterator[Suspicion]:
    """Low, and a header fact: no browser asks so any more."""
    origin = unguessable(survey)[0].origin
    for route in survey.routes:
        for method in methods(route)[:1]:
            asked = (("Access-Control-Request-Private-Network", "true"),)
            reply = survey.preflight(route.path, origin, method, more=asked)
            if reply.ok and reply.get("access-control-allow-private-network") == "true":
                yield Suspicion(
                    Severity.LOW,
                    route.path,
                    f"{route.path} lets pages of any origin in from public networks",
                    (f"OPTIONS {route.path} with Origin {origin}: Access-Control-Allow-Private-Network: true",),
                    "Access-Control-Allow-Private-Network: true, whoever asks",
                    needs_proof=False,
                )


@rule(
    "S18",
    "preflight-allows-anything",
    why="A header that only one's own pages can send protects from forged requests; a preflight that grants everything "
    "to everybody takes that away.",
    clause=PREFLIGHT,
    fix=fixes.LISTED,
)
def allows_anything(survey: Survey) -> Iterator[Suspicion]:
    """High where anybody reads with credentials (S01), else medium. `*` throughout, without credentials, is public."""
    method, name = f"CORSPROOF-{survey.secret.upper()}", f"x-{survey.secret}"
    for route in survey.routes:
        for one in _strangers(survey, route.path):
            reply = survey.preflight(route.path, one.stranger.origin, method, (name,))
            credentials = reply.allows(credentials=True)
            if _grants_all(reply, method, name, credentials):
                yield _anything(survey, route.path, one, reply, method, name)
                break


def _strangers(survey: Survey, path: str) -> Iterator[Admission]:
    """Yield who is let in that nobody meant to, and last who is let in by nothing but the preflight, or by `*`."""
    signed_in = bool(survey.session)
    for one in admitted(survey, path, signed_in=signed_in):
        if one.stranger.mistake is not Mistake.SUBDOMAIN:
            yield one
    stranger = unguessable(survey)[0]
    yield Admission(stranger, False, survey.get(path, stranger.origin, signed_in=signed_in))


def _grants_all(reply: Reply, method: str, name: str, credentials: bool) -> bool:
    if not (reply.ok and reply.allows()):
        return False
    echoed = lists(reply, ALLOW_METHODS, method), lists(reply, ALLOW_HEADERS, name)
    if reply.allow_origin == "*" and not any(echoed):
        return False
    starred = not credentials and lists(reply, ALLOW_METHODS, "*"), not credentials and lists(reply, ALLOW_HEADERS, "*")
    return all(echo or star for echo, star in zip(echoed, starred, strict=True))


def _anything(survey: Survey, path: str, one: Admission, reply: Reply, method: str, name: str) -> Suspicion:
    credentials = reply.allows(credentials=True)
    sent = method if survey.active else "GET"
    mode = "include" if credentials else "omit"
    step = Step(sent, f"{{api}}{path}", ((name, "corsproof"),), credentials=mode)

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [
            sight
            for sight in sights
            if any(actual.method == sent and values(actual.request_headers, name) for actual in sight.actuals)
        ]

    everybody = one.stranger.mistake is Mistake.ANY and one.credentials
    return Suspicion(
        Severity.HIGH if everybody else Severity.MEDIUM,
        path,
        f"a preflight of {path} grants {one.stranger.mistake} an invented method and an invented header",
        (asked(reply),),
        "Access-Control-Allow-Methods and Access-Control-Allow-Headers repeat what is asked, or are `*`",
        strangers.asks(survey, Admission(one.stranger, credentials, reply), step),
        shows,
    )


# ---- preflights that fail ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Broken:
    """A route whose preflights are all refused with one kind of status, and the answer to the first of them."""

    route: Route
    guest: Guest
    reply: Reply
    method: str

    @property
    def has_only_public_reading(self) -> bool:
        """Whether the route is for everybody, anonymously, and has no method that needs a preflight."""
        return self.guest.reply.allow_origin == "*" and SIMPLE.issuperset(self.route.methods)

    @property
    def needs_preflights(self) -> bool:
        """Whether the route has a method that no page may use without a preflight."""
        return not SIMPLE.issuperset(self.route.methods)


def _broken(survey: Survey, statuses: frozenset[int]) -> Iterator[_Broken]:
    for route in survey.routes:
        first, *others = dict.fromkeys((*methods(route), "GET"))
        host = guest(survey, route)
        if host is None:
            continue
        reply = survey.preflight(route.path, host.origin, first)
        rest = (survey.preflight(route.path, host.origin, one) for one in others)
        if reply.status in statuses and all(one.status in statuses for one in rest):
            yield _Broken(route, host, reply, first)


def _suspicion(survey: Survey, one: _Broken, severity: Severity, cause: str) -> Suspicion:
    path, status = one.route.path, one.reply.status
    return Suspicion(
        severity,
        path,
        f"a preflight of {path} is answered {status}, so pages on {one.guest.origin} can't send what needs one",
        (asked(one.reply), answered(one.guest.reply)),
        cause,
        _refused_ask(survey, one),
        blocked_by({status}),
        needs_proof=bool(_refused_ask(survey, one)),
    )


def _refused_ask(survey: Survey, one: _Broken) -> tuple[Ask, ...]:
    """Return the request that will not be sent; where the audit is not active, one that could do no harm if it were."""
    if survey.active and one.method not in SIMPLE:
        return (one.guest.ask(one.method, one.route.path),)
    if "GET" in one.route.methods:
        return (one.guest.ask("GET", one.route.path, _AUTHORIZED),)
    if survey.active:
        return (one.guest.ask(one.method, one.route.path, _AUTHORIZED),)
    return ()


@rule(
    "F02",
    "preflight-needs-login",
    why="Browsers never send credentials with a preflight, so one that must be authenticated always fails.",
    clause=PREFLIGHT,
    fix=fixes.PREFLIGHT_FIRST,
)
def needs_login(survey: Survey) -> Iterator[Suspicion]:
    """Medium. A 403 counts only where a login explains it, or where pages need preflights at all."""
    for one in _broken(survey, frozenset({401, 403, 407})):
        if one.reply.status != 403 or one.needs_preflights or _login_helps(survey, one):
            cause = f"the preflight is answered {one.reply.status}: it lacks a login, which browsers never send with it"
            yield _suspicion(survey, one, Severity.MEDIUM, cause)


def _login_helps(survey: Survey, one: _Broken) -> bool:
    more = survey.session
    return bool(more) and survey.preflight(one.route.path, one.guest.origin, one.method, more=more).ok


@rule(
    "F03",
    "preflight-redirected",
    why="Browsers follow no redirect of a preflight: whatever needs one fails.",
    clause=PREFLIGHT,
    fix=fixes.PREFLIGHT_FIRST,
)
def redirected(survey: Survey) -> Iterator[Suspicion]:
    """Medium; a missing last slash is info where nothing but GET would need it."""
    for one in _broken(survey, REDIRECTS):
        if not _has_moved(one):
            yield _suspicion(survey, one, Severity.MEDIUM, f"the preflight is redirected to {_kind_of_place(one)}")
    known = {route.path for route in survey.routes}
    for route in survey.routes:
        bare = route.path.rstrip("/")
        if bare and bare != route.path and bare not in known:
            yield from _slash(survey, route, bare)


def _place(reply: Reply) -> str:
    return urljoin(f"http://here{reply.probe.target}", reply.get("location") or "")


def _has_moved(one: _Broken) -> bool:
    """Whether the path itself is a redirect, which only GET asks for: no page needs its preflight."""
    actual = one.guest.reply
    same = actual.status in REDIRECTS and _place(actual) == _place(one.reply)
    return same and not one.needs_preflights and _kind_of_place(one) == "another path"


def _kind_of_place(one: _Broken) -> str:
    place = urlsplit(_place(one.reply))
    path = one.route.path.partition("?")[0]
    if place.path == path and place.scheme == "https":
        return "https"
    if place.path.rstrip("/") == path.rstrip("/"):
        return "the same path with another slash"
    return "a login page" if any(word in place.path.lower() for word in _LOGIN) else "another path"


def _slash(survey: Survey, route: Route, bare: str) -> Iterator[Suspicion]:
    host = guest(survey, route)
    method = next(iter(methods(route)), None)
    if host is None or method is None or granted(survey, route.path, host, method) is None:
        return
    reply = survey.preflight(bare, host.origin, method)
    if reply.status in REDIRECTS and urlsplit(_place(reply)).path == route.path:
        yield _suspicion(
            survey,
            _Broken(Route(bare, route.methods), host, reply, method),
            Severity.INFO if set(route.methods) <= {"GET", "HEAD"} else Severity.MEDIUM,
            "the preflight is redirected to the same path with another slash",
        )


@rule(
    "F04",
    "preflight-404",
    why="A page that asks for what is not there should learn so; of a preflight with 404 it learns nothing.",
    clause=PREFLIGHT,
    fix=fixes.PREFLIGHT_FIRST,
)
def not_found(survey: Survey) -> Iterator[Suspicion]:
    """Low; info for an unknown URL where the 404 has CORS headers, as that of libraries has."""
    for one in _broken(survey, frozenset({404, 410})):
        if one.guest.reply.status not in (404, 410):
            yield _suspicion(survey, one, Severity.LOW, f"the preflight of a known path is answered {one.reply.status}")
    for folder, host in _well_answered(survey).items():
        path = f"{folder}corsproof-{survey.secret}"
        actual = survey.get(path, host.origin)
        reply = survey.preflight(path, host.origin, "GET", ("authorization",))
        if actual.status == reply.status == 404:
            severity = Severity.INFO if reply.allows() else Severity.LOW
            unknown = _Broken(Route(path), Guest(host.origin, host.geometry, host.reply), reply, "GET")
            yield _suspicion(survey, unknown, severity, "the preflight of an unknown path is answered 404")


def _well_answered(survey: Survey) -> Mapping[str, Guest]:
    """Return the folders in which some path answers preflights well, each with who is let in there."""
    found: dict[str, Guest] = {}
    for route in survey.routes:
        host = guest(survey, route)
        first = next(iter(methods(route)), None)
        if host is not None and first is not None and granted(survey, route.path, host, first) is not None:
            found.setdefault(intent.folder(route.path), host)
    return found


@rule(
    "F05",
    "preflight-405",
    why="The handler knows its own methods only and takes OPTIONS for a wrong one: CORS code never sees the preflight.",
    clause=PREFLIGHT,
    fix=fixes.PREFLIGHT_FIRST,
)
def not_allowed(survey: Survey) -> Iterator[Suspicion]:
    """Medium; info where everybody may read, and nothing needs a preflight."""
    for one in _broken(survey, frozenset({405, 501})):
        if one.guest.reply.status != one.reply.status or "GET" not in one.route.methods:
            severity = Severity.INFO if one.has_only_public_reading else Severity.MEDIUM
            yield _suspicion(
                survey, one, severity, f"OPTIONS is answered {one.reply.status}: the route does not take it"
            )


# ---- OPTIONS that is no preflight -------------------------------------------------------------------


@rule(
    "F06",
    "options-broken",
    why="An OPTIONS that is no preflight, from a page, a tool or a monitor, is the application's own business.",
    clause=OPTIONS,
    fix=fixes.REAL_OPTIONS,
)
def options_broken(survey: Survey) -> Iterator[Suspicion]:
    """Low. Fails where a preflight does not; or says no Allow, answered by CORS code, where other paths say one."""
    allowed = [route for route in survey.routes if survey.ask("OPTIONS", route.path).get("allow") is not None]
    for route in survey.routes:
        host = guest(survey, route)
        method = next(iter(methods(route)), None)
        if host is None or method is None or not survey.preflight(route.path, host.origin, method).ok:
            continue
        bare = survey.ask("OPTIONS", route.path)
        for reply in (bare, survey.ask("OPTIONS", route.path, host.origin)):
            if _fails(reply) and host.reply.status != reply.status:
                yield _fails_alone(survey, route.path, host, reply)
                break
        else:
            if allowed and bare.ok and bare.get("allow") is None and (bare.cors_headers or not bare.body):
                yield _swallowed(route.path, bare, allowed[0])


def _fails(reply: Reply) -> bool:
    return reply.status is not None and (reply.status == 400 or (reply.status >= 500 and reply.status != 501))


def _fails_alone(survey: Survey, path: str, host: Guest, reply: Reply) -> Suspicion:
    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [one for one in sights if any(actual.status == reply.status for actual in one.actuals)]

    may = lists(granted(survey, path, host, "OPTIONS"), ALLOW_METHODS, "OPTIONS")
    with_origin = survey.ask("OPTIONS", path, host.origin)
    return Suspicion(
        Severity.LOW,
        path,
        f"OPTIONS {path} that is no preflight is answered {reply.status}",
        (asked(reply),),
        "every OPTIONS is taken for a preflight, though it lacks Origin or Access-Control-Request-Method",
        (host.ask("OPTIONS", path),) if may and _fails(with_origin) else (),
        shows,
        needs_proof=False,
    )


def _swallowed(path: str, bare: Reply, other: Route) -> Suspicion:
    return Suspicion(
        Severity.LOW,
        path,
        f"OPTIONS {path} that is no preflight is answered by CORS code, and its Allow is lost",
        (asked(bare), f"OPTIONS {other.path} has Allow"),
        "every OPTIONS is taken for a preflight, though it lacks Origin or Access-Control-Request-Method",
        needs_proof=False,
    )


RULES: tuple[Rule, ...] = (
    private_network,
    allows_anything,
    needs_login,
    redirected,
    not_found,
    not_allowed,
    options_broken,
    *permissions.RULES,
)
