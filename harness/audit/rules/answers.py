"""F01 to F31 about answers: what keeps a page that is let in from reading an answer, or a part of it.

The headers are the hint; that the trusted page's read fails, and for this reason, is the verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from harness.audit import fixes
from harness.audit.findings import Rule, Severity, Shows, Suspicion, blocked, rule
from harness.audit.intent import (
    JSON,
    asks,
    folder,
    inquirers,
    is_no_origin,
    is_own,
    is_promised,
    is_shared,
    is_shared_space,
    led_to,
    means,
    met,
    misspelt,
    replies,
    target_of,
)
from harness.audit.routes import Route
from harness.audit.sights import Sight
from harness.audit.survey import Reply, Survey
from harness.oracle import Credentials, cors_readable
from harness.origins import is_loopback

CHECK = "https://fetch.spec.whatwg.org/#cors-check"
ALLOW_ORIGIN = "https://fetch.spec.whatwg.org/#http-access-control-allow-origin"
_ODD_QUERY = "page=%FF&limit=x&offset=x&per_page=x&size=x&count=x&id=x&n=x&q=%00"
_SIGNING = re.compile(r"log-?(in|out)|sign-?(in|out|up)|auth(?!or)|sso|saml|oidc|callback", re.IGNORECASE)
_GRAVE = frozenset({401, 403, 429})


def _because(*reasons: str) -> Shows:
    """Show what was blocked for one of these reasons of the oracle."""

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [sight for sight in blocked(sights) if sight.reason in reasons]

    return shows


def _told(reply: Reply, *names: str) -> str:
    """Return a reply as evidence: the request, the status, and the raw headers that matter."""
    asked = f"{reply.probe.method} {reply.probe.target}"
    with_origin = f" with Origin {reply.origin}" if reply.origin is not None else " without Origin"
    said = [f"{name}: {value}" for name, value in reply.headers if name.lower() in names]
    missing = [f"no {name}" for name in names if not reply.all(name)]
    return f"{asked}{with_origin}: {', '.join((f'status {reply.status}', *said, *missing))}"


# ---- F01: errors without headers --------------------------------------------------------------------


@rule(
    "F01",
    "errors-without-headers",
    why="A page that is let in gets a TypeError in the place of the status and the message of an error.",
    clause=CHECK,
    fix=fixes.ALSO_ON_ERRORS,
)
def errors(survey: Survey) -> Iterator[Suspicion]:
    """Medium for what script must react to (401, 403, 429, 5xx), low for a request's own mistakes (404, 405, …)."""
    for origin in inquirers(survey)[:1]:
        told = set[tuple[int | None, str]]()
        for reply in _errors(survey, origin):
            if (reply.status, reply.probe.target) not in told:
                told.add((reply.status, reply.probe.target))
                yield _bare(survey, reply)


def _bare(survey: Survey, reply: Reply) -> Suspicion:
    status = reply.status or 0
    severity = Severity.MEDIUM if status in _GRAVE or status >= 500 else Severity.LOW
    body = "{}" if reply.probe.method == "POST" else None

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        found = _because("allow-origin-missing")(sights)
        return [sight for sight in found if sight.actuals and sight.actuals[-1].status == status]

    return Suspicion(
        severity,
        reply.probe.target,
        f"the {status} of {reply.probe.method} {reply.probe.target} is kept from pages that may read its successes",
        (_told(reply, "access-control-allow-origin"),),
        f"an answer with status {status} has no Access-Control-Allow-Origin, though good answers have it",
        asks(survey, reply, credentials="omit", body=body),
        shows,
    )


def _errors(survey: Survey, origin: str) -> Iterator[Reply]:
    """Yield the errors without the header, of what is shared where it succeeds."""
    candidates = (*_own(survey, origin), *_unknown(survey, origin), *_refused(survey, origin), *_odd(survey, origin))
    for reply in candidates:
        if reply.status is not None and reply.status >= 400 and reply.allow_origin is None:
            yield reply


def _own(survey: Survey, origin: str) -> Iterator[Reply]:
    """What paths answer by themselves; what only happens to requests with an Origin is F18's."""
    for route in survey.readable:
        reply, plain = survey.get(route.path, origin), survey.get(route.path)
        if plain.status != reply.status or reply.ok:
            continue
        failed = reply.status is not None and reply.status >= 500
        if (
            is_shared(survey, route.path, origin)
            or is_promised(survey, route.path, origin)
            or (failed and is_shared_space(survey, folder(route.path), origin))
        ):
            yield reply


def _folders(survey: Survey, origin: str) -> Mapping[str, Sequence[str]]:
    """Return the folders in which all is shared, with their shared paths."""
    found: dict[str, list[str]] = {}
    for route in survey.readable:
        if is_shared(survey, route.path, origin):
            found.setdefault(folder(route.path), []).append(route.path)
    return {name: paths for name, paths in found.items() if is_shared_space(survey, name, origin)}


def _unknown(survey: Survey, origin: str) -> Iterator[Reply]:
    for name in _folders(survey, origin):
        reply = survey.get(f"{name}{survey.secret}", origin)
        if reply.status == 404:
            yield reply


def _refused(survey: Survey, origin: str) -> Iterator[Reply]:
    """What a method gets that a path does not have: GET where only others are, and a simple POST where GET is."""
    for route in survey.routes:
        if "GET" not in route.methods and is_promised(survey, route.path, origin, route.methods[0]):
            yield survey.get(route.path, origin)
    if survey.active:
        closed = {route.path for route in survey.readable if "POST" not in route.methods}
        for paths in _folders(survey, origin).values():
            open_to_posts = [one for one in paths if one in closed and not _is_meant_to_be_refused(survey, one, origin)]
            for path in open_to_posts[:1]:
                reply = survey.ask("POST", path, origin, headers=(("Content-Type", "text/plain"),), body=b"{}")
                if reply.status in (403, 405, 501):
                    yield reply


def _is_meant_to_be_refused(survey: Survey, path: str, origin: str) -> bool:
    """Tell whether the policy lets no page POST there: the preflight is refused where one of GET is not."""
    asked, other = survey.preflight(path, origin, "POST"), survey.preflight(path, origin, "GET")
    listed = asked.listed("access-control-allow-methods")
    return (other.allows() and not asked.allows()) or (bool(listed) and not {"POST", "*"} & set(listed or ()))


def _odd(survey: Survey, origin: str) -> Iterator[Reply]:
    for route in survey.readable:
        if survey.get(route.path, origin).ok and is_shared(survey, route.path, origin):
            yield survey.get(f"{route.path}{'&' if '?' in route.path else '?'}{_ODD_QUERY}", origin)


# ---- F07, F12 to F15, F21: values of the two headers that decide ------------------------------------

_Wrong = Callable[[Reply, str], bool]
_REFUSALS = ("false", "0", "no", "none", "null", "")


def _values(survey: Survey, is_wrong: _Wrong) -> Iterator[Reply]:
    """Yield, of each path and origin, the first answer whose headers are wrong."""
    for route in survey.readable:
        for origin in inquirers(survey):
            found = (reply for reply in replies(survey, route, origin) if not reply.fault and is_wrong(reply, origin))
            yield from tuple(found)[:1]


def _wildcard_with_credentials(reply: Reply, _: str) -> bool:
    return reply.allow_origin == "*" and reply.allows_credentials


def _several_lines(reply: Reply, _: str) -> bool:
    return len(reply.all("access-control-allow-origin")) > 1


def _list_in_a_line(reply: Reply, _: str) -> bool:
    lines = reply.all("access-control-allow-origin")
    return len(lines) == 1 and bool(re.search(r"[,\s]", lines[0].strip()))


def _with_path(reply: Reply, _: str) -> bool:
    value = reply.allow_origin or ""
    return is_no_origin(value) and "/" in value.partition("://")[2]


def _written_otherwise(reply: Reply, origin: str) -> bool:
    value = reply.allow_origin or ""
    return (is_no_origin(value) or means(value, origin)) and not _with_path(reply, origin)


def _credentials_not_true(reply: Reply, origin: str) -> bool:
    """A refusal in words is no failed attempt to allow."""
    value = reply.get("access-control-allow-credentials")
    said = value is not None and value != "true" and value.lower() not in _REFUSALS
    return said and reply.allow_origin == origin


@rule(
    "F07",
    "wildcard-with-credentials",
    why="Browsers take no * for a request with cookies: a page that sends them reads nothing.",
    clause=CHECK,
    fix=fixes.CREDENTIALS,
)
def wildcard(survey: Survey) -> Iterator[Suspicion]:
    """Shown where the page with credentials is blocked; the same page without them is asked beside it."""
    for reply in _values(survey, _wildcard_with_credentials):
        with_cookies = asks(survey, reply, credentials="include")
        yield Suspicion(
            Severity.MEDIUM,
            reply.probe.target,
            f"{reply.probe.target} allows credentials to everybody (*): nobody who sends them can read it",
            (_told(reply, "access-control-allow-origin", "access-control-allow-credentials"),),
            "Access-Control-Allow-Origin: * beside Access-Control-Allow-Credentials: true",
            (*with_cookies, *asks(survey, reply, credentials="omit")),
            _because("allow-origin-wildcard-with-credentials"),
        )


@rule(
    "F12",
    "several-allow-origin-lines",
    why="Two places add the header, and browsers refuse an answer that has two, whatever they say.",
    clause=CHECK,
    fix=fixes.ONE_ORIGIN,
)
def doubled(survey: Survey) -> Iterator[Suspicion]:
    """Raw lines are counted: most clients join them."""
    for reply in _values(survey, _several_lines):
        count = len(reply.all("access-control-allow-origin"))
        yield _mismatched(
            survey, reply, f"there are {count} lines of Access-Control-Allow-Origin", "allow-origin-multiple"
        )


@rule(
    "F13",
    "list-of-origins",
    why="The header takes one origin or *; browsers compare a list as a whole, and it equals nobody.",
    clause=ALLOW_ORIGIN,
    fix=fixes.ONE_ORIGIN,
)
def listed(survey: Survey) -> Iterator[Suspicion]:
    """Commas and blanks alike."""
    for reply in _values(survey, _list_in_a_line):
        reasons = ("allow-origin-multiple", "allow-origin-mismatch")
        yield _mismatched(survey, reply, "Access-Control-Allow-Origin has a list of origins", *reasons)


@rule(
    "F14",
    "origin-with-path",
    why="No browser sends an origin with a slash at its end, so what has one equals no origin.",
    clause=ALLOW_ORIGIN,
    fix=fixes.ONE_ORIGIN,
)
def slashed(survey: Survey) -> Iterator[Suspicion]:
    """In the answer itself, or in the list that the Origin is looked up in."""
    for reply in _values(survey, _with_path):
        yield _mismatched(
            survey,
            reply,
            "Access-Control-Allow-Origin has a slash or a path behind the origin",
            "allow-origin-mismatch",
        )
    yield from _misspelt(
        survey, "the list of allowed origins has it with a slash at its end", lambda s: s.endswith("/")
    )


@rule(
    "F15",
    "origin-written-otherwise",
    why="Browsers write an origin in one way: lower case, scheme in front, no default port, IDN as Punycode.",
    clause="https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin",
    fix=fixes.ONE_ORIGIN,
)
def miswritten(survey: Survey) -> Iterator[Suspicion]:
    """In the answer itself, or in the list that the Origin is looked up in."""
    for reply in _values(survey, _written_otherwise):
        yield _mismatched(
            survey,
            reply,
            "Access-Control-Allow-Origin is not written as browsers write origins",
            "allow-origin-mismatch",
        )
    cause = "the list of allowed origins has it not as browsers write origins"
    yield from _misspelt(survey, cause, lambda spelling: not spelling.endswith("/"))


@rule(
    "F21",
    "credentials-not-exactly-true",
    why="Only `true` in lower case allows credentials; anything else is taken for no.",
    clause="https://fetch.spec.whatwg.org/#http-access-control-allow-credentials",
    fix=fixes.CREDENTIALS,
)
def untrue(survey: Survey) -> Iterator[Suspicion]:
    """Only where an origin is let in by name: with `*` there are no credentials to allow."""
    for reply in _values(survey, _credentials_not_true):
        value = reply.get("access-control-allow-credentials")
        yield Suspicion(
            Severity.LOW,
            reply.probe.target,
            f"{reply.probe.target} allows credentials by {value!r}, which no browser takes for `true`",
            (_told(reply, "access-control-allow-origin", "access-control-allow-credentials"),),
            f"Access-Control-Allow-Credentials is {value!r}",
            asks(survey, reply, credentials="include"),
            _because("allow-credentials-not-true"),
        )


def _mismatched(survey: Survey, reply: Reply, cause: str, *reasons: str) -> Suspicion:
    return Suspicion(
        Severity.MEDIUM,
        reply.probe.target,
        f"{reply.probe.target} lets {reply.origin} in by a header that no browser accepts",
        (_told(reply, "access-control-allow-origin"),),
        cause,
        asks(survey, reply),
        _because(*reasons),
    )


def _misspelt(survey: Survey, cause: str, is_mine: Callable[[str], bool]) -> Iterator[Suspicion]:
    for origin in survey.trusted:
        for spelling, reply in misspelt(survey, origin):
            if is_mine(spelling):
                real = met(survey, reply.probe.target, origin)
                yield Suspicion(
                    Severity.MEDIUM,
                    reply.probe.target,
                    f"{reply.probe.target} lets {spelling} in, which no browser sends, and not {origin}",
                    tuple(_told(one, "access-control-allow-origin") for one in (reply, real)),
                    f"{cause} ({spelling})",
                    asks(survey, real),
                    _because("allow-origin-missing", "allow-origin-mismatch"),
                )


# ---- F10: headers that script cannot read -----------------------------------------------------------

_FOR_SCRIPT = frozenset({"content-disposition", "content-range", "total-count", "request-id"})
_WORDS = re.compile(r"(^|-)(total|page|pages|per-page|next|prev|ratelimit|pagination|count|cursor)(-|$)")
_SECRETS = re.compile(r"token|secret|auth|session|csrf|xsrf|api-?key|password")
_OF_BROWSERS = re.compile(r"rel\s*=\s*\"?\s*(preload|modulepreload|preconnect|dns-prefetch|stylesheet|icon|canonical)")
# Security headers, and what servers, proxies and content networks say to each other or to people.
_INFRASTRUCTURE = re.compile(
    r"x-(frame-options|content-type-options|xss-protection|permitted-cross-domain-policies|download-options|"
    r"dns-prefetch-control|robots-tag|ua-compatible|powered-by|generator|aspnet.*|drupal.*|pingback|hacker|"
    r"clacks-overhead|runtime|process-time|response-time|timer|content-(security-policy|duration|encoding-over-network)"
    r".*|webkit-csp.*|accel.*|sendfile.*|cache.*|served-by|varnish.*|amz.*|amzn.*|azure.*|ms-.*|msedge.*|goog.*|"
    r"google.*|gfe.*|guploader.*|vercel.*|nf-.*|fastly.*|cdn.*|edge.*|akamai.*|cf-.*|cloud.*|heroku.*|render.*|"
    r"backend.*|upstream.*|proxy.*|forwarded.*|real-ip|debug.*|b3-.*|datadog.*|envoy.*|kong.*|iinfo|sucuri.*|"
    r"server.*|host.*|node|instance.*|pod.*|version|django.*|flask.*|frame.*|turbo.*|litespeed.*|litestar.*|"
    r"sourcemap|via|age|ttl|device.*|firefox-spdy|qiniu.*|swift.*|trans-id|azure-ref|storage.*|original.*)"
)


@rule(
    "F10",
    "header-not-exposed",
    why="Script reads only seven headers of an answer by itself; any other is not there for it unless it is exposed.",
    clause="https://fetch.spec.whatwg.org/#http-access-control-expose-headers",
    fix=fixes.EXPOSE,
)
def hidden(survey: Survey) -> Iterator[Suspicion]:
    """Low for what applications send to script (counts, pages, limits, file names, ids); info for ETag.

    Servers add ETags by themselves. Security and infrastructure headers are nothing for script, and secrets better
    stay unread.
    """
    for origin in inquirers(survey)[:1]:
        for reply in _answers(survey, origin):
            if not reply.allows():
                continue
            readable = _readable(reply)
            hidden = {name.lower(): name for name, _ in reply.headers if name.lower() not in readable}
            names = tuple(name for low, name in hidden.items() if _is_for_script(low, reply))
            if names:
                yield _hidden(survey, reply, names, Severity.LOW)
            if "etag" in hidden:
                yield _hidden(survey, reply, (hidden["etag"],), Severity.INFO)


def _answers(survey: Survey, origin: str) -> Iterator[Reply]:
    for route in survey.readable:
        yield met(survey, route.path, origin)
    if survey.active:
        for route in survey.routes:
            if "POST" in route.methods and is_promised(survey, route.path, origin, "POST", ("content-type",)):
                yield survey.ask("POST", route.path, origin, headers=JSON, body=b"{}")


def _readable(reply: Reply) -> frozenset[str]:
    mode = Credentials.INCLUDE if reply.allows(credentials=True) else Credentials.OMIT
    return frozenset(name.lower() for name, _ in cors_readable(reply.headers, mode))


def _is_for_script(name: str, reply: Reply) -> bool:
    if _SECRETS.search(name) or name.startswith("access-control-"):
        return False
    match name:
        case "link":
            return not _OF_BROWSERS.search(reply.get("link") or "")
        case "location":
            return reply.status == 201
        case "retry-after":
            return reply.status in (202, 429, 503)
        case _ if name.startswith("x-"):
            return not _INFRASTRUCTURE.fullmatch(name)
        case _:
            return name in _FOR_SCRIPT or bool(_WORDS.search(name))


def _hidden(survey: Survey, reply: Reply, names: tuple[str, ...], severity: Severity) -> Suspicion:
    lowered = {name.lower() for name in names}

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [sight for sight in sights if sight.is_read and lowered & (_sent(sight) - sight.readable_headers)]

    listed = reply.get("access-control-expose-headers")
    literal = listed is not None and "*" in listed and reply.allows(credentials=True)
    why = "has *, which is only a name with credentials" if literal else "does not list it"
    return Suspicion(
        severity,
        reply.probe.target,
        f"script cannot read {', '.join(names)} of {reply.probe.target}",
        (_told(reply, "access-control-expose-headers", *sorted(lowered)),),
        f"{', '.join(names)}: Access-Control-Expose-Headers {why}",
        asks(survey, reply, headers=JSON, body="{}") if reply.probe.method == "POST" else asks(survey, reply),
        shows,
    )


def _sent(sight: Sight) -> frozenset[str]:
    return frozenset(name.lower() for name, _ in sight.actuals[-1].response_headers) if sight.actuals else frozenset()


# ---- F18, F31: requests of pages fail, or all do ----------------------------------------------------


@rule(
    "F18",
    "cors-requests-fail",
    why="What works with curl, or passes its preflight, fails as soon as a page asks it.",
    clause="https://fetch.spec.whatwg.org/#http-cors-protocol",
    fix=fixes.SAME_FOR_BOTH,
)
def failing(survey: Survey) -> Iterator[Suspicion]:
    """The Origin alone makes it fail; or of preflight and answer one lets the page in, and the other does not.

    A refusal only counts where the origin is a trusted one.
    """
    for origin in inquirers(survey)[:1]:
        for route in survey.readable:
            yield from _origin_decides(survey, route.path, origin)
            if is_promised(survey, route.path, origin):
                yield from _promise_broken(survey, met(survey, route.path, origin))
        for route in survey.routes if survey.active else ():
            for method in ("POST", "PUT", "PATCH"):  # never DELETE: what other rules ask for would be gone
                if method in route.methods and is_promised(survey, route.path, origin, method, ("content-type",)):
                    reply = survey.ask(method, route.path, origin, headers=JSON, body=b"{}")
                    yield from _promise_broken(survey, reply)
        for route in survey.routes:
            yield from tuple(_never_asked(survey, route, origin))[:1]


def _origin_decides(survey: Survey, path: str, origin: str) -> Iterator[Suspicion]:
    plain, asked = met(survey, path, None), met(survey, path, origin)
    if not plain.ok or asked.status is None or asked.status == 429:
        return
    if asked.status < (400 if survey.trusted else 500):
        return

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [one for one in sights if one.actuals and one.actuals[-1].status == asked.status]

    yield Suspicion(
        Severity.MEDIUM,
        path,
        f"{path} answers {plain.status} to a request without Origin, and {asked.status} to the same from {origin}",
        tuple(_told(one, "access-control-allow-origin") for one in (plain, asked)),
        f"the Origin header alone turns the answer into a {asked.status}",
        asks(survey, asked),
        shows,
    )


def _promise_broken(survey: Survey, reply: Reply) -> Iterator[Suspicion]:
    streams = (reply.get("content-type") or "").startswith("text/event-stream")  # F27
    if not reply.ok or reply.allow_origin is not None or streams:
        return
    probe = reply.probe
    made = asks(survey, reply) if probe.method == "GET" else asks(survey, reply, headers=JSON, body="{}")
    yield Suspicion(
        Severity.MEDIUM,
        probe.target,
        f"the preflight for {probe.method} {probe.target} says yes, and the answer itself cannot be read",
        (_told(reply, "access-control-allow-origin"),),
        f"the answer to {probe.method} has no Access-Control-Allow-Origin, though its preflight has",
        made,
        _because("allow-origin-missing"),
    )


@rule(
    "F31",
    "every-answer-fails",
    why="A mistake in the configuration that shows with every request, instead of when the application starts.",
    clause="https://www.rfc-editor.org/rfc/rfc9110#section-15.6.1",
    fix=fixes.SAME_FOR_BOTH,
)
def broken(survey: Survey) -> Iterator[Suspicion]:
    """Every path, known or not, with and without an Origin; where the Origin makes the difference it is F18."""
    origin = inquirers(survey)[0]
    paths = [route.path for route in survey.readable]
    unknown = [f"{folder(path)}{survey.secret}" for path in paths[:1]]
    asked = [survey.get(path, who) for path in (*paths, *unknown) for who in (origin, None)]
    if not paths or any(reply.status is None or reply.status < 500 for reply in asked):
        return

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [one for one in sights if one.exchanges and (one.exchanges[-1].status or 0) >= 500]

    yield Suspicion(
        Severity.MEDIUM,
        paths[0],
        f"every answer is a failure of the server, such as the {asked[0].status} of {paths[0]}",
        tuple(_told(reply, "access-control-allow-origin") for reply in asked[:2]),
        f"the application fails with {asked[0].status} before any view is asked",
        asks(survey, asked[0]),
        shows,
    )


def _never_asked(survey: Survey, route: Route, origin: str) -> Iterator[Suspicion]:
    """Yield methods whose preflight is answered well, but for Access-Control-Allow-Origin, and that would be allowed.

    Where nothing of the preflight is about CORS, only the answer to the request itself tells that it is meant to be.
    """
    for method in ("GET", "PUT", "PATCH", "POST"):
        asked = survey.preflight(route.path, origin, method, ("content-type",))
        if method not in route.methods or not asked.ok or asked.allow_origin is not None:
            continue
        if method == "GET":
            reply = met(survey, route.path, origin) if asked.cors_headers else None
        else:
            reply = survey.ask(method, route.path, origin, headers=JSON, body=b"{}") if survey.active else None
        if reply is not None and reply.ok and reply.allows():
            yield Suspicion(
                Severity.MEDIUM,
                route.path,
                f"{method} {route.path} may be read there, and its preflight says nothing of the origin",
                (_told(asked, "access-control-allow-origin"), _told(reply, "access-control-allow-origin")),
                "the answer to the preflight has no Access-Control-Allow-Origin, though the answer to the request has",
                asks(survey, asked, method=method, body=None if method == "GET" else "{}"),
                lambda sights: [one for one in _because("allow-origin-missing")(sights) if not one.actuals],
            )


# ---- F19: redirects ---------------------------------------------------------------------------------


@rule(
    "F19",
    "redirect-not-readable",
    why="A page follows a redirect only if that answer lets it in too; to another origin it then asks as `null`.",
    clause="https://fetch.spec.whatwg.org/#http-redirect-fetch",
    fix=fixes.NO_REDIRECT,
)
def redirected(survey: Survey) -> Iterator[Suspicion]:
    """Medium; info, a header fact, for a redirect to another origin that is beyond this audit, unless with credentials.

    Paths that sign users in or out are made for navigation, and stay info too.
    With credentials that origin could only let the page in by letting every sandboxed frame in.
    """
    for origin in inquirers(survey)[:1]:
        for route in survey.readable:
            reply = survey.get(route.path, origin)
            there = led_to(survey, reply)
            if there is None:
                continue
            if reply.allow_origin is None and _is_meant(survey, route.path, there, origin):
                yield _bare_redirect(survey, reply, there)
            elif reply.allows() and not is_own(survey, there) and not _is_downgrade(there, origin):
                yield _abroad(survey, reply, there)


def _is_meant(survey: Survey, path: str, there: str, origin: str) -> bool:
    """Tell whether pages of that origin are let in at this path, or at where it leads to."""
    if is_shared(survey, path, origin) or is_promised(survey, path, origin):
        return True
    for _ in range(5):
        if not is_own(survey, there):
            return False
        reply = survey.get(target_of(there), origin)
        if (further := led_to(survey, reply)) is None:
            return reply.ok and reply.allows()
        there = further
    return False


def _bare_redirect(survey: Survey, reply: Reply, there: str) -> Suspicion:
    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        found = _because("allow-origin-missing")(sights)
        return [one for one in found if one.actuals and one.actuals[-1].status == reply.status]

    return Suspicion(
        Severity.MEDIUM,
        reply.probe.target,
        f"{reply.probe.target} redirects to {there} by an answer that lets nobody in",
        (_told(reply, "location", "access-control-allow-origin"),),
        f"the {reply.status} has no Access-Control-Allow-Origin",
        asks(survey, reply, credentials="omit"),
        shows,
    )


def _is_downgrade(there: str, origin: str) -> bool:
    """Tell whether it is mixed content instead (F25)."""
    parts = urlsplit(there)
    return parts.scheme == "http" and origin.startswith("https:") and not is_loopback(parts.hostname or "")


def _abroad(survey: Survey, reply: Reply, there: str) -> Suspicion:
    grave = reply.allows(credentials=True) and not _SIGNING.search(reply.probe.target)
    near = is_loopback(urlsplit(there).hostname or "")
    return Suspicion(
        Severity.MEDIUM if grave or near else Severity.INFO,
        reply.probe.target,
        f"{reply.probe.target} redirects pages to another origin ({there}), which they then ask as `null`",
        (_told(reply, "location", "access-control-allow-origin", "access-control-allow-credentials"),),
        "a redirect to another origin: the Origin of the next request is null",
        asks(survey, reply) if near else (),
        blocked,
        needs_proof=near and not grave,
    )


RULES: tuple[Rule, ...] = (
    errors,
    wildcard,
    hidden,
    doubled,
    listed,
    slashed,
    miswritten,
    failing,
    redirected,
    untrue,
    broken,
)
