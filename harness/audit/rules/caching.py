"""S16, F11, F16, F17: what caches, of answers and of preflights, make of a policy.

S16 and F16 show where two pages are on sister origins of one site, for browsers keep a cache by site, and the answer is
one that they keep; elsewhere they are header facts. F22 (a preflight cache hides a change) is no rule here: nothing in
an answer tells that a policy changed, so whatever it said of an application would be said of correct ones too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from harness.audit import fixes
from harness.audit.findings import Rule, Severity, Suspicion, rule
from harness.audit.guests import Guest, granted, guest, methods, permitted_header
from harness.audit.intent import asks, inquirers
from harness.audit.routes import Route
from harness.audit.sights import Ask, Geometry, Sight
from harness.audit.strangers import admitted, site_of, unguessable
from harness.audit.survey import Reply, Survey
from harness.oracle.urls import Url
from harness.origins import is_loopback, parse_origin
from harness.scenario import Step
from harness.wire import values

CACHES = "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches"
MAX_AGE = "https://fetch.spec.whatwg.org/#http-access-control-max-age"
VARY = "https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5"
CHROMIUM_CAP, FIREFOX_CAP = 7200, 86400  # seconds
DEFAULT_MAX_AGE = 5  # seconds, by Fetch
_SINCE_DEFAULT_MS = 6500  # when a grant for the default age is over


# ---- answers ----------------------------------------------------------------------------------------


@rule(
    "S16",
    "reflected-origin-without-vary",
    why="A cache that keeps the answer for one origin hands it to the next, which is then blocked; whoever asks first "
    "decides who can read it.",
    clause=CACHES,
    fix=fixes.VARY,
)
def reflected_without_vary(survey: Survey) -> Iterator[Suspicion]:
    """Medium where shared caches may keep the answer by what it says; low where only by their own guess."""
    for route in survey.readable:
        if (found := _reflected(survey, route.path)) is not None:
            yield found


def _reflected(survey: Survey, path: str) -> Suspicion | None:
    signed_in = bool(survey.session)
    strangers = (*(one.stranger for one in admitted(survey, path, signed_in=signed_in)), *unguessable(survey))
    origins = dict.fromkeys(
        (*survey.trusted, *(one.origin for one in strangers), *_sister(survey, inquirers(survey)[0]))
    )
    replies = [survey.get(path, origin, signed_in=signed_in) for origin in origins]
    named = [reply for reply in replies if reply.allows() and reply.allow_origin != "*"]
    kept = [reply for reply in named if _is_kept(reply) and not reply.varies_by_origin]
    if len({reply.allow_origin for reply in named}) < 2 or not kept:
        return None
    other = next(reply for reply in named if reply.allow_origin != kept[0].allow_origin)
    return Suspicion(
        Severity.MEDIUM if _is_fresh(kept[0]) or _invites(kept[0]) else Severity.LOW,
        path,
        f"{path} answers each origin with its own Access-Control-Allow-Origin, may be cached, and lacks Vary: Origin",
        tuple(map(_told, (kept[0], other))),
        "Access-Control-Allow-Origin depends on Origin, and Vary does not say so",
        tuple(_one_after_the_other(survey, [*kept, *named])),
        _kept,
        needs_proof=False,
    )


def _one_after_the_other(survey: Survey, replies: Sequence[Reply]) -> Iterator[Ask]:
    """Yield what the second of two pages of one site does, if there are two: as a cache has it, and past the cache.

    Only of an answer that browsers keep, and to a second page that may read its own.
    """
    for first, second in itertools.combinations(replies, 2):
        before, page = (parse_origin(reply.origin or "") for reply in (first, second))
        if before is None or page is None or not _lasts(first) or not second.allows():
            continue
        if _is_sister(before, page):
            yield _meeting(survey, before, page, second)
            return


def _is_sister(one: Url, other: Url) -> bool:
    different = one.origin != other.origin
    return (
        different
        and one.scheme == other.scheme
        and site_of(one.host) == site_of(other.host)
        and not is_loopback(one.host)
    )


def _meeting(survey: Survey, before: Url, page: Url, reply: Reply) -> Ask:
    mode = "include" if reply.allows(credentials=True) else "omit"
    step = Step("GET", f"{{api}}{reply.probe.target}", credentials=mode)
    geometry = Geometry.TRUSTED if page.origin in survey.trusted else Geometry.CROSS_SITE
    return Ask(page.origin, (step, replace(step, cache="reload")), geometry, after=before.origin)


def _kept(sights: Sequence[Sight]) -> Sequence[Sight]:
    return [one for one in sights if one.is_kept_from_by_cache]


@rule(
    "F16",
    "no-vary-without-origin",
    why="A cache that keeps the answer to a request without Origin, or of a refused one, hands it to the trusted "
    "page, which is then blocked until it is loaded anew.",
    clause=CACHES,
    fix=fixes.VARY,
)
def no_vary_without_origin(survey: Survey) -> Iterator[Suspicion]:
    """Medium where the answer says that it may be kept, low where it invites to guess, info where it says nothing."""
    for route in survey.readable:
        host = guest(survey, route)
        if host is None or _reflected(survey, route.path) is not None:
            continue
        strangers = (None, unguessable(survey)[0].origin, *_sister(survey, host.origin))
        others = [survey.get(route.path, origin, signed_in=bool(survey.session)) for origin in strangers]
        bare = [one for one in others if _is_kept(one) and not one.varies_by_origin]
        bare = [one for one in bare if one.allow_origin != host.reply.allow_origin]
        if bare:
            yield Suspicion(
                _severity_of_keeping(bare[0]),
                route.path,
                f"{route.path} has other CORS headers for {host.origin} than without, and does not say so in Vary",
                (_told(bare[0]), _told(host.reply)),
                "Access-Control-Allow-Origin depends on Origin, and answers without it lack Vary: Origin",
                tuple(_one_after_the_other(survey, [*bare, host.reply])),
                _kept,
                needs_proof=False,
            )


def _sister(survey: Survey, origin: str) -> Iterator[str]:
    """Yield an origin of the same site that nobody can have listed, for an origin that has a site."""
    url = parse_origin(origin)
    if url is not None and not is_loopback(url.host) and site_of(url.host) != url.host.rpartition(".")[2]:
        port = "" if url.port is None else f":{url.port}"
        yield f"{url.scheme}://sister-{survey.secret}.{site_of(url.host)}{port}"


def _severity_of_keeping(reply: Reply) -> Severity:
    if _is_fresh(reply):
        return Severity.MEDIUM
    return Severity.LOW if _lasts(reply) else Severity.INFO


def _lasts(reply: Reply) -> bool:
    """Whether browsers hand an answer out again without asking: it says so, or they guess so (RFC 9111 4.2.2)."""
    return _is_fresh(reply) or (reply.get("last-modified") is not None and _invites(reply))


@rule(
    "F17",
    "vary-overwritten",
    why="What the application says about language or encoding is lost where CORS code assigns Vary instead of adding "
    "to it, and caches hand out the wrong one.",
    clause=VARY,
    fix=fixes.VARY_MERGED,
)
def vary_overwritten(survey: Survey) -> Iterator[Suspicion]:
    """Low. A request without Origin is told more, or answers differ by what a Vary with Origin is silent on."""
    for route in survey.readable:
        host = guest(survey, route)
        if host is None:
            continue
        mine, bare = _negotiated(survey, route.path, host.origin), _negotiated(survey, route.path, None)
        if "*" in mine.tokens("vary") or not mine.ok or not _is_storable(mine):
            continue
        lost = bare.tokens("vary") - mine.tokens("vary") - {"origin"} if bare.status == mine.status else frozenset()
        if not lost and "origin" in mine.tokens("vary"):
            lost = frozenset(_differing(survey, route.path, host.origin, mine))
        if lost:
            yield _overwritten(survey, host, mine, bare, lost)


def _overwritten(survey: Survey, host: Guest, mine: Reply, bare: Reply, lost: frozenset[str]) -> Suspicion:
    path = host.reply.probe.target
    names = ", ".join(sorted(lost))

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [one for one in sights if one.is_read and lost - _varies(one)]

    return Suspicion(
        Severity.LOW,
        path,
        f"Vary of {path} has lost {names}",
        (_told(bare), _told(mine)),
        f"CORS code assigns Vary: {mine.get('vary') or 'nothing'}",
        asks(survey, host.reply),
        shows,
    )


def _varies(sight: Sight) -> frozenset[str]:
    lines = values(sight.actuals[-1].response_headers, "vary") if sight.actuals else ()
    return frozenset(part.strip().lower() for line in lines for part in line.split(","))


def _negotiated(survey: Survey, path: str, origin: str | None, *more: tuple[str, str]) -> Reply:
    asked = {"Accept-Encoding": "gzip", "Accept-Language": "de", "Accept": "*/*", **dict(more)}
    return survey.get(path, origin, signed_in=bool(survey.session), headers=tuple(asked.items()))


def _differing(survey: Survey, path: str, origin: str, mine: Reply) -> Iterator[str]:
    """Yield what the answer depends on although Vary is silent on it."""
    said = mine.tokens("vary")
    if mine.get("content-encoding") is not None and "accept-encoding" not in said:
        yield "accept-encoding"
    if "accept-language" not in said:
        english, again = (_negotiated(survey, path, origin, ("Accept-Language", one)) for one in ("en", "en;q=1"))
        if _content(english) == _content(again) != _content(mine):
            yield "accept-language"
    if "accept" not in said:
        kinds = [_negotiated(survey, path, origin, ("Accept", one)) for one in ("application/json", "text/html")]
        if all(one.ok for one in kinds) and len({one.get("content-type") for one in kinds}) > 1:
            yield "accept"


def _content(reply: Reply) -> tuple[int | None, bytes, str | None]:
    return reply.status, reply.body, reply.get("content-language")


def _directives(reply: Reply) -> frozenset[str]:
    """Return the names in Cache-Control that have no value, or any but 0."""
    told = (token.partition("=") for token in reply.tokens("cache-control"))
    return frozenset(name.strip() for name, _, value in told if value.strip(' "') != "0")


def _is_storable(reply: Reply) -> bool:
    return not _directives(reply) & {"no-store", "private"}


def _has_validator(reply: Reply) -> bool:
    return reply.get("etag") is not None or reply.get("last-modified") is not None


def _invites(reply: Reply) -> bool:
    """Whether it has what caches keep answers by where nothing is said of their age."""
    return _has_validator(reply) and "no-cache" not in _directives(reply)


def _is_kept(reply: Reply) -> bool:
    """Whether some cache may hand out an answer again (RFC 9111 3)."""
    useless = "no-cache" in _directives(reply) and not _has_validator(reply)
    return reply.status == 200 and _is_storable(reply) and not useless


def _is_fresh(reply: Reply) -> bool:
    """Whether an answer itself says that it may be kept and handed out again."""
    said = _directives(reply)
    if "no-cache" in said:
        return False
    ages = {token.partition("=")[0].strip() for token in reply.tokens("cache-control")} & {"max-age", "s-maxage"}
    return bool(said & {"public", "max-age", "s-maxage"}) or (not ages and _expires_later(reply))


def _expires_later(reply: Reply) -> bool:
    try:
        return parsedate_to_datetime(reply.get("expires") or "") > datetime.now(UTC)
    except (ValueError, TypeError):  # no date, or one without a zone
        return False


def _told(reply: Reply) -> str:
    names = ("access-control-allow-origin", "vary", "cache-control", "expires", "etag", "last-modified")
    told = [f"{name}: {value}" for name, value in reply.headers if name.lower() in names]
    origin = f"Origin {reply.origin}" if reply.origin else "no Origin"
    return f"GET {reply.probe.target} with {origin}: {', '.join(told) or 'none of these headers'}"


# ---- preflights -------------------------------------------------------------------------------------


@rule(
    "F11",
    "max-age",
    why="Access-Control-Max-Age decides how often a page must ask first, and how long it acts on an old permission.",
    clause=MAX_AGE,
    fix=fixes.MAX_AGE,
)
def max_age(survey: Survey) -> Iterator[Suspicion]:
    """Low for a value that is none, or beyond all caps; info where it is absent, switched off, or beyond some cap."""
    asked = False
    for route in survey.routes:
        host = guest(survey, route)
        told = [reply for one in methods(route)[:1] if host and (reply := granted(survey, route.path, host, one))]
        if host is None or not told:
            continue
        severity, cause = _age(told[0].get("access-control-max-age"))
        if severity is None:
            continue
        told_nothing = severity is Severity.LOW and "no number" in cause
        made = _twice(survey, route, host) if told_nothing and not asked else ()  # once in an audit: it takes seconds
        asked = asked or bool(made)
        yield Suspicion(
            severity,
            route.path,
            f"preflights of {route.path}: {cause}",
            (f"OPTIONS {route.path} with Origin {host.origin}: {cause}",),
            cause,
            made,
            _asked_again,
            needs_proof=False,
        )


def _age(value: str | None) -> tuple[Severity | None, str]:
    if value is None:
        return Severity.INFO, f"Access-Control-Max-Age is absent: browsers take {DEFAULT_MAX_AGE} seconds"
    said = f"Access-Control-Max-Age: {value}"
    if re.fullmatch(r"-[0-9]+", value):
        return Severity.INFO, f"{said} is no number by the standard; 0 is what switches the cache off"
    if not re.fullmatch(r"[0-9]+", value):
        return Severity.LOW, f"{said} is no number of seconds: browsers take {DEFAULT_MAX_AGE}, or ask every time"
    if int(value) > FIREFOX_CAP:
        return Severity.LOW, f"{said} is beyond what any browser takes ({FIREFOX_CAP} at most)"
    if int(value) > CHROMIUM_CAP:
        return Severity.INFO, f"{said} is {CHROMIUM_CAP} to Chromium, which takes no more"
    return None, ""


def _twice(survey: Survey, route: Route, host: Guest) -> tuple[Ask, ...]:
    """Return one page that asks twice, the second time when a grant for the default age is over."""
    header = permitted_header(survey, route.path, host) if "GET" in route.methods else None
    if header is None:
        return ()
    once = host.ask("GET", route.path, (header,))
    (step,) = once.steps
    return (replace(once, steps=(step, replace(step, after_ms=_SINCE_DEFAULT_MS))),)


def _asked_again(sights: Sequence[Sight]) -> Sequence[Sight]:
    return [one for one in sights if one.is_read and len(one.preflights) > 1]


RULES: tuple[Rule, ...] = (reflected_without_vary, no_vary_without_origin, vary_overwritten, max_age)
