"""Intent: with whom an application means to share what, as far as its answers to one origin show it.

Functional rules ask from an origin that should be let in: the user's trusted ones, or else a stranger, which stands for
everybody where everybody is let in. Pure but for the survey's probes; imports the survey and the strangers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from harness.audit.routes import Route
from harness.audit.sights import Ask, Geometry
from harness.audit.strangers import unguessable
from harness.audit.survey import Reply, Survey
from harness.origins import parse_origin
from harness.scenario import Step
from harness.wire import Pairs

JSON = (("Content-Type", "application/json"),)  # on any method, what makes browsers ask for permission first
_KNOCKED = 5  # paths at which wrong spellings are tried


def inquirers(survey: Survey) -> tuple[str, ...]:
    """Return the origins that functional rules ask from: the trusted ones, or else one that stands for everybody."""
    return survey.trusted or (unguessable(survey)[0].origin,)


def met(survey: Survey, path: str, origin: str | None) -> Reply:
    """Return the answer to a page there: the anonymous one, unless only the signed-in user gets a good one."""
    anonymous = survey.get(path, origin)
    if anonymous.ok or not survey.session:
        return anonymous
    signed = survey.get(path, origin, signed_in=True)
    return signed if signed.ok else anonymous


def is_signed_in(survey: Survey, reply: Reply) -> bool:
    """Tell whether a reply is one to the signed-in user."""
    return bool(survey.session) and set(survey.session) <= set(reply.probe.headers)


def is_shared(survey: Survey, path: str, origin: str) -> bool:
    """Tell whether a path's good answer may be read there."""
    reply = met(survey, path, origin)
    return reply.ok and reply.allows()


def is_promised(survey: Survey, path: str, origin: str, method: str = "GET", names: tuple[str, ...] = ()) -> bool:
    """Tell whether a path's preflight lets that origin send a method, which it names, with these headers."""
    reply = survey.preflight(path, origin, method, names)
    methods, headers = (reply.listed(f"access-control-allow-{what}") or () for what in ("methods", "headers"))
    allowed = {name.lower() for name in headers}
    return (
        reply.ok
        and reply.allows()
        and bool({method, "*"} & set(methods))
        and ("*" in allowed or allowed.issuperset(names))
    )


def folder(path: str) -> str:
    """Return what a path is in, with the slash at its end."""
    return path.partition("?")[0].rpartition("/")[0] + "/"


def is_shared_space(survey: Survey, within: str, origin: str) -> bool:
    """Tell whether all that is known below a folder is shared with an origin: one path that is not makes it a mixture.

    A server's own failures say nothing, and redirects do not either.
    """
    known = [(route, met(survey, route.path, origin)) for route in survey.readable if route.path.startswith(within)]
    telling = [(route, reply) for route, reply in known if reply.ok or _refuses(reply)]
    return any(reply.ok for _, reply in telling) and all(
        reply.allows() or (not reply.ok and is_promised(survey, route.path, origin)) for route, reply in telling
    )


def _refuses(reply: Reply) -> bool:
    return reply.status is not None and 400 <= reply.status < 500


def asks(
    survey: Survey,
    reply: Reply,
    *,
    credentials: str | None = None,
    headers: Pairs = (),
    body: str | None = None,
    method: str | None = None,
) -> tuple[Ask, ...]:
    """Return what the page must do that got a reply: the same, signed in the same way; again where cookies flow.

    A preflight's reply comes to a page that sends JSON with the method that was asked for (GET unless said).
    """
    signed, probe = is_signed_in(survey, reply), reply.probe
    own = tuple(pair for pair in survey.session if pair[0].lower() != "cookie") if signed else ()
    by_cookie = signed and survey.has_cookies
    chosen = credentials or ("include" if reply.allows_credentials or (by_cookie and not reply.allows()) else "omit")
    said = (*own, *(headers or (JSON if probe.is_preflight else ())))
    verb = method or ("GET" if probe.is_preflight else probe.method)
    step = Step(verb, f"{{api}}{probe.target}", headers=said, body=body, credentials=chosen)
    page = reply.origin or ""
    near = (Ask(page, (step,), Geometry.TRUSTED if page in survey.trusted else Geometry.CROSS_SITE),)
    return (*near, Ask(page, (step,), Geometry.CROSS_SITE_COOKIES)) if by_cookie and chosen == "include" else near


def replies(survey: Survey, route: Route, origin: str) -> Iterator[Reply]:
    """Yield what a path answers to a page: anonymous, signed in, and to a preflight for JSON."""
    yield survey.get(route.path, origin)
    if survey.session:
        yield survey.get(route.path, origin, signed_in=True)
    yield survey.preflight(route.path, origin, "GET", ("content-type",))


def misspelt(survey: Survey, origin: str) -> tuple[tuple[str, Reply], ...]:
    """Return the spellings of an origin that are let in although the origin itself is let in nowhere, with the answers.

    No browser sends any of them, so an application that has one in its list lets nobody in.
    """
    if parse_origin(origin) is None or any(_lets(survey, route.path, origin) for route in survey.readable):
        return ()
    found = [
        (spelling, reply)
        for route in survey.readable[:_KNOCKED]
        for spelling in spellings(origin)
        if (reply := survey.get(route.path, spelling, signed_in=bool(survey.session))).allow_origin is not None
    ]
    return tuple(found)


def _lets(survey: Survey, path: str, origin: str) -> bool:
    return any(
        survey.get(path, origin, signed_in=signed).allow_origin is not None for signed in {False, bool(survey.session)}
    )


def concerns_cors(survey: Survey) -> bool:
    """Tell whether an application has anything to do with CORS; one that has not is to be left in peace.

    Beside headers that says: a list with a spelling that no browser sends, and a failure that the Origin alone causes.
    """
    if survey.speaks_cors or any(misspelt(survey, origin) for origin in survey.trusted):
        return True
    asked = [
        (met(survey, route.path, None), met(survey, route.path, inquirers(survey)[0])) for route in survey.readable
    ]
    return any(plain.ok and reply.status is not None and reply.status >= 500 for plain, reply in asked)


def spellings(origin: str) -> tuple[str, ...]:
    """Return how people write an origin where browsers do not: a slash, capitals, the default port, no scheme."""
    scheme, _, rest = origin.partition("://")
    host, colon, port = rest.partition(":")
    *labels, last = host.split(".")
    capitals = dict.fromkeys((host.upper(), host.title(), host.capitalize(), ".".join((*map(str.title, labels), last))))
    default = "" if colon else f"{origin}:{443 if scheme == 'https' else 80}"
    cased = (f"{scheme}://{name}{colon}{port}" for name in capitals if name != host)
    return tuple(filter(None, (f"{origin}/", default, rest, *cased)))


_WRITTEN = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://|//)?(?P<host>[^/:\s,]+)(?::(?P<port>\d*))?(?P<path>/\S*)?"
)


def is_no_origin(value: str) -> bool:
    """Tell whether a value that was meant as one origin can equal none that a browser sends."""
    found = _WRITTEN.fullmatch(_text(value))
    if found is None or value in ("*", "null"):
        return False
    named = "." in found["host"] or bool(found["port"])
    return "*" in value or parse_origin(value) is None if found["scheme"] else named


def means(value: str, origin: str) -> bool:
    """Tell whether a value that is not an origin as browsers write it can only mean that one."""
    found = _WRITTEN.fullmatch(_text(value))
    if value == origin or found is None:
        return False
    scheme, _, rest = origin.partition("://")
    host, _, port = rest.partition(":")
    default = "443" if scheme == "https" else "80"
    try:
        named = found["host"].encode("idna").decode("ascii").lower()
    except UnicodeError:
        return False
    return (
        (found["scheme"] or scheme).lower() == scheme
        and named == host
        and (found["port"] or default) == (port or default)
    )


def _text(value: str) -> str:
    """Return a header value as its author wrote it: UTF-8 where it is that."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def led_to(survey: Survey, reply: Reply) -> str | None:
    """Return where a redirect leads, absolute, seen from the target's own origin; None for what is no redirect."""
    places = reply.all("location")
    if reply.status not in (301, 302, 303, 307, 308) or len(places) != 1:
        return None
    return urljoin(survey.base + reply.probe.target, places[0])


def is_own(survey: Survey, url: str) -> bool:
    """Tell whether a URL is of the target's own origin."""
    mine, other = urlsplit(survey.base), urlsplit(url)
    return (mine.scheme, mine.netloc) == (other.scheme, other.netloc)


def target_of(url: str) -> str:
    """Return path and query of a URL."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
