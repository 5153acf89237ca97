"""F20, F23, F24, F25, F27: where CORS is right, or not asked at all, and the page still fails or is misled.

Causes are told apart: a cookie that stays at home, mixed content and an answer that never came are no CORS findings.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from harness.audit import fixes
from harness.audit.findings import Rule, Severity, Suspicion, blocked, rule
from harness.audit.intent import (
    asks,
    folder,
    inquirers,
    is_own,
    is_promised,
    is_shared,
    led_to,
    met,
)
from harness.audit.sights import Ask, Geometry, Sight
from harness.audit.strangers import SAME_SITE_PAGE
from harness.audit.survey import Reply, Survey
from harness.oracle.urls import parse_url
from harness.origins import is_loopback
from harness.scenario import Outcome, Step
from harness.wire import Ending, Exchange, values

_SHORT = 5  # seconds a preflight is kept where nothing is said (Fetch, CORS-preflight fetch)
_SIGNED_OUT = frozenset({302, 303, 307, 401, 403})


# ---- F20: cookies -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cookie:
    """A cookie as an answer sets it; ``kept_by`` is what keeps it from pages of other sites, empty for nothing."""

    name: str
    value: str
    setter: str
    line: str
    kept_by: str
    is_taken: bool = True


@rule(
    "F20",
    "cookie-kept-from-page",
    why="CORS lets the page in with credentials, and the browser still sends no cookie: the user seems signed out.",
    clause="https://www.rfc-editor.org/rfc/rfc6265bis#section-5.2",
    fix=fixes.CROSS_SITE_COOKIE,
)
def cookie(survey: Survey) -> Iterator[Suspicion]:
    """The session's cookie, or one that turns a 401 into a good answer; never one that changes nothing.

    Shown in browsers that allow third-party cookies, where the attribute alone decides, beside a page of the
    application's own site to which the same cookie flows.
    """
    for origin in survey.trusted[:1]:
        if _is_same_site(survey, origin):
            continue
        cookies = [one for one in _cookies(survey) if one.kept_by]
        for path, one in _missed(survey, origin, cookies):
            yield _kept(survey, origin, path, one)


def _cookies(survey: Survey) -> tuple[_Cookie, ...]:
    """Return the cookies that the target sets, as far as it has shown them; of a session only its own."""
    for path in (*([survey.login] if survey.login else ()), *(route.path for route in survey.readable)):
        survey.get(path)
    found: dict[str, _Cookie] = {}
    for reply in survey.sent:
        for line in reply.all("set-cookie"):
            one = _parsed(line, reply)
            if one and reply.probe.method == "GET":
                found.setdefault(one.name, one)
    mine = {pair.partition("=")[0].strip() for line in values(survey.session, "cookie") for pair in line.split(";")}
    return tuple(one for name, one in found.items() if not mine or name in mine)


def _parsed(line: str, reply: Reply) -> _Cookie | None:
    pair, *rest = line.split(";")
    name, _, value = (part.strip() for part in pair.partition("="))
    attributes = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in rest)}
    if not name or not value or attributes.get("max-age", "1").lstrip("-") == "0":
        return None
    same_site, secure = attributes.get("samesite", "").lower(), "secure" in attributes
    shown = "; ".join((f"{name}=…", *(part.strip() for part in rest)))
    if same_site in ("lax", "strict"):
        return _Cookie(name, value, reply.probe.target, shown, f"SameSite={same_site.title()}")
    if same_site != "none":
        return _Cookie(name, value, reply.probe.target, shown, "no SameSite, which Chromium takes for SameSite=Lax")
    if not secure:
        kept = "SameSite=None without Secure, for which browsers refuse it"
        return _Cookie(name, value, reply.probe.target, shown, kept, is_taken=False)
    return _Cookie(name, value, reply.probe.target, shown, "")


def _missed(survey: Survey, origin: str, cookies: Sequence[_Cookie]) -> Iterator[tuple[str, _Cookie]]:
    """Yield the paths that are let in with credentials and answer worse without a cookie, with that cookie."""
    for route in survey.readable:
        without = survey.get(route.path, origin)
        for one in cookies:
            if survey.has_cookies:
                reply = survey.get(route.path, origin, signed_in=True)
            else:
                reply = survey.get(route.path, origin, headers=(("Cookie", f"{one.name}={one.value}"),))
            if reply.ok and reply.allows(credentials=True) and without.status in _SIGNED_OUT:
                yield route.path, one


def _kept(survey: Survey, origin: str, path: str, one: _Cookie) -> Suspicion:
    visit = () if survey.has_cookies else (Step("GET", f"{{api}}{one.setter}", credentials="include"),)
    steps = (*visit, Step("GET", f"{{api}}{path}", credentials="include"))
    far, near = Ask(origin, steps, Geometry.CROSS_SITE_COOKIES), Ask(SAME_SITE_PAGE, steps, Geometry.SAME_SITE)

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        away, home = sights
        flows = one.name in _arrived(home.actuals) or not one.is_taken
        kept = away.is_read and away.door is not None and one.name not in away.door | _arrived(away.actuals)
        return [away] if flows and kept else []

    return Suspicion(
        Severity.MEDIUM,
        path,
        f"the cookie {one.name} does not reach {path} from {origin}, which is let in with credentials",
        (f"GET {one.setter}: Set-Cookie: {one.line}",),
        f"the cookie {one.name}: {one.kept_by}",
        (far, near),
        shows,
    )


def _arrived(actuals: Sequence[Exchange]) -> frozenset[str]:
    lines = values(actuals[-1].request_headers, "cookie") if actuals else ()
    return frozenset(pair.partition("=")[0].strip() for line in lines for pair in line.split(";"))


def _is_same_site(survey: Survey, origin: str) -> bool:
    """Tell whether page and target are of one site, as far as the target's real address is known."""
    page, own = parse_url(origin), parse_url(survey.address or survey.base)
    if page is None or own is None:
        return True
    if is_loopback(page.host) or is_loopback(own.host):
        return is_loopback(page.host) and is_loopback(own.host)
    site = PublicSuffixList().privatesuffix
    return page.host == own.host or (site(page.host) is not None and site(page.host) == site(own.host))


# ---- F23, F24: what pages do without meaning it -----------------------------------------------------


@rule(
    "F23",
    "preflight-for-every-json",
    why="JSON is nothing that a form could send, so browsers ask first: two requests, unless they may remember.",
    clause="https://fetch.spec.whatwg.org/#cors-safelisted-request-header",
    fix=fixes.REMEMBER,
)
def unexpected_preflight(survey: Survey) -> Iterator[Suspicion]:
    """Info, once: where something takes writes and its preflights are kept no longer than 5 seconds."""
    writes = any({"POST", "PUT", "PATCH"} & set(route.methods) for route in survey.routes)
    for origin in inquirers(survey)[:1]:
        for route in survey.readable if writes else ():
            names = ("content-type",)
            if is_shared(survey, route.path, origin) and is_promised(survey, route.path, origin, "GET", names):
                reply = survey.preflight(route.path, origin, "GET", names)
                if _seconds(reply) <= _SHORT:
                    yield _preflighted(survey, reply)
                    return


def _seconds(reply: Reply) -> int:
    said = reply.get("access-control-max-age") or ""
    return int(said) if said.isascii() and said.isdigit() else _SHORT


def _preflighted(survey: Survey, reply: Reply) -> Suspicion:
    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [sight for sight in sights if sight.preflights]

    path = reply.probe.target
    return Suspicion(
        Severity.INFO,
        path,
        f"a page that says Content-Type: application/json to {path} makes two requests each time",
        (f"OPTIONS {path}: {reply.status}, Access-Control-Max-Age: {reply.get('access-control-max-age')}",),
        "Content-Type: application/json needs a preflight, and Access-Control-Max-Age does not keep it",
        asks(survey, reply),
        shows,
    )


@rule(
    "F24",
    "opaque-answer",
    why="Mode no-cors silences the error and not the cause: the page gets an answer that says nothing.",
    clause="https://fetch.spec.whatwg.org/#concept-filtered-response-opaque",
    fix=fixes.IN_THE_PAGE,
)
def opaque(survey: Survey) -> Iterator[Suspicion]:
    """Info: a path that is kept from a trusted page by intent, where others are not, looks like success in no-cors."""
    for origin in survey.trusted[:1]:
        if not any(is_shared(survey, route.path, origin) for route in survey.readable):
            continue
        for route in survey.readable:
            reply = met(survey, route.path, origin)
            kept = reply.ok and reply.allow_origin is None and not _is_stream(reply)
            if kept and not is_promised(survey, route.path, origin):
                yield _opaque(reply)


def _opaque(reply: Reply) -> Suspicion:
    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [sight for sight in sights if sight.outcomes and sight.outcomes[-1] is Outcome.OPAQUE]

    path, page = reply.probe.target, reply.origin or ""
    return Suspicion(
        Severity.INFO,
        path,
        f"{path} is not shared with {page}; mode no-cors would hide that, and show no status either",
        (f"GET {path} with Origin {page}: status {reply.status}, no Access-Control-Allow-Origin",),
        "no Access-Control-Allow-Origin here, and an opaque answer in mode no-cors",
        (Ask(page, (Step("GET", f"{{api}}{path}", mode="no-cors"),)),),
        shows,
    )


# ---- F25: not CORS ----------------------------------------------------------------------------------


@rule(
    "F25",
    "not-cors",
    why="The page sees the same TypeError as for CORS, and no CORS header would change it.",
    clause="https://www.w3.org/TR/mixed-content/#should-block-fetch",
    fix=fixes.ANSWER_AT_ALL,
)
def not_cors(survey: Survey) -> Iterator[Suspicion]:
    """No answer to requests with an Origin; mixed content and local networks, which are facts of an address."""
    for origin in inquirers(survey)[:1]:
        for route in survey.readable:
            reply = survey.get(route.path, origin)
            there = led_to(survey, reply)
            if reply.fault and not survey.get(route.path).fault:
                yield _unanswered(survey, reply)
            elif there is not None and not is_own(survey, there) and _is_mixed(there, origin):
                meant = reply.allows() or is_shared(survey, route.path, origin)
                if meant or is_promised(survey, route.path, origin):
                    yield _mixed(route.path, origin, f"{route.path} redirects to {there}")
    for origin in survey.trusted:
        if survey.address and survey.readable and _is_mixed(survey.address, origin):
            yield _mixed(survey.readable[0].path, origin, f"the application is at {survey.address}")
        elif survey.address and survey.readable and _goes_inside(survey.address, origin):
            yield _inside(survey.readable[0].path, origin, survey.address)


def _is_mixed(url: str, origin: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and origin.startswith("https:") and not is_loopback(parts.hostname or "")


def _mixed(path: str, origin: str, fact: str) -> Suspicion:
    summary = f"a page on {origin} may not ask plain http: {fact}"
    return Suspicion(Severity.MEDIUM, path, summary, (fact,), "mixed content: an https page and an http address")


def _goes_inside(address: str, origin: str) -> bool:
    """Whether a page from elsewhere asks an address of a local network; this machine stands for any server."""
    own, page = urlsplit(address).hostname or "", urlsplit(origin).hostname or ""
    return _is_inside(own) and not _is_inside(page) and not is_loopback(page)


def _is_inside(host: str) -> bool:
    """Whether a host is in a local network (Local Network Access, IP address space `local`)."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host.endswith(".local")
    return found.is_private and not found.is_loopback


def _inside(path: str, origin: str, address: str) -> Suspicion:
    return Suspicion(
        Severity.INFO,
        path,
        f"a page on {origin} needs the user's permission to ask a local network",
        (f"the application is at {address}",),
        "local network access: Chromium asks the user before a page from elsewhere may ask such an address",
    )


def _unanswered(survey: Survey, reply: Reply) -> Suspicion:
    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        unread = (Outcome.NO_ANSWER, Outcome.UNEXPLAINED)
        cut = (Ending.CLOSED, Ending.CUT_OFF)
        return [
            one
            for one in sights
            if one.outcomes and one.outcomes[-1] in unread and one.exchanges and one.exchanges[-1].ending in cut
        ]

    path = reply.probe.target
    return Suspicion(
        Severity.MEDIUM,
        path,
        f"{path} gives pages on {reply.origin} no answer at all",
        (f"GET {path} with Origin {reply.origin}: {reply.fault}",),
        "no whole answer comes to a request with this Origin",
        asks(survey, reply),
        shows,
    )


# ---- F27: streams -----------------------------------------------------------------------------------


@rule(
    "F27",
    "stream-without-headers",
    why="An EventSource checks the head of the stream: without the header it ends with an error and no reason.",
    clause="https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model",
    fix=fixes.ALSO_ON_STREAMS,
)
def stream(survey: Survey) -> Iterator[Suspicion]:
    """Low: a stream of events that is not shared, where all beside it is, or its own preflight says that it is."""
    for origin in inquirers(survey)[:1]:
        for route in survey.readable:
            reply = met(survey, route.path, origin)
            if _is_stream(reply) and reply.allow_origin is None and _is_beside(survey, route.path, origin):
                yield Suspicion(
                    Severity.LOW,
                    route.path,
                    f"pages that may read the rest get an error from the event stream {route.path}",
                    (f"GET {route.path} with Origin {origin}: text/event-stream, no Access-Control-Allow-Origin",),
                    "the head of the stream has no Access-Control-Allow-Origin",
                    asks(survey, reply, credentials="omit"),
                    _bare,
                )


def _is_stream(reply: Reply) -> bool:
    return reply.ok and (reply.get("content-type") or "").lower().startswith("text/event-stream")


def _is_beside(survey: Survey, path: str, origin: str) -> bool:
    """Tell whether a stream is promised, or all else in its folder is shared."""
    others = [route for route in survey.readable if not _is_stream(met(survey, route.path, origin))]
    beside = [route.path for route in others if route.path.startswith(folder(path))]
    shared = [is_shared(survey, each, origin) for each in beside if met(survey, each, origin).ok]
    return is_promised(survey, path, origin) or (bool(shared) and all(shared))


def _bare(sights: Sequence[Sight]) -> Sequence[Sight]:
    return [sight for sight in blocked(sights) if sight.reason == "allow-origin-missing"]


RULES: tuple[Rule, ...] = (cookie, unexpected_preflight, opaque, not_cors, stream)
