"""F08, F09, F26, F30: preflights that are answered well, and grant less than was meant.

What a list leaves out may be left out on purpose; these are the mistakes that nobody makes on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.audit import fixes, intent
from harness.audit.evidence import answered, asked, blocked_by, names, names_of, not_sent
from harness.audit.findings import Rule, Severity, Shows, Suspicion, rule
from harness.audit.guests import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    SIMPLE,
    Guest,
    granted,
    guest,
    lists,
    methods,
    permitted_header,
)
from harness.audit.routes import Route
from harness.audit.sights import Ask, Sight
from harness.audit.survey import Reply, Survey
from harness.oracle.classify import is_forbidden_request_header
from harness.wire import values

EXPOSE_HEADERS = "access-control-expose-headers"
STANDARD = SIMPLE | {"PUT", "PATCH", "DELETE"}


@rule(
    "F08",
    "star-for-headers",
    why="`*` stands for all request headers only without credentials, and never for Authorization.",
    clause="https://fetch.spec.whatwg.org/#http-access-control-allow-headers",
    fix=fixes.NO_STAR,
)
def star_for_headers(survey: Survey) -> Iterator[Suspicion]:
    """Low. Without credentials only where Authorization is needed; a header fact, for browsers let it pass."""
    for route in survey.routes:
        host, method = guest(survey, route), next(iter(methods(route)), None)
        if host is None or method is None:
            continue
        if host.credentials:
            name = "x-corsproof"
            reply = granted(survey, route.path, host, method, (name,))
            if reply and lists(reply, ALLOW_HEADERS, "*") and not lists(reply, ALLOW_HEADERS, name):
                yield _starred(route.path, reply, "headers", _header_ask(survey, route, host, name))
        elif _needs_authorization(survey, route.path, host):
            reply = granted(survey, route.path, host, method, ("authorization",))
            if reply and lists(reply, ALLOW_HEADERS, "*") and not lists(reply, ALLOW_HEADERS, "authorization"):
                yield _starred(route.path, reply, "headers", ())


def _header_ask(survey: Survey, route: Route, host: Guest, name: str) -> tuple[Ask, ...]:
    return (host.ask("GET", route.path, ((name, "corsproof"),)),) if "GET" in route.methods else ()


def _needs_authorization(survey: Survey, path: str, host: Guest) -> bool:
    asked = survey.get(path, host.origin)
    return bool(values(survey.session, "authorization")) or (asked.status == 401 and "www-authenticate" in names(asked))


@rule(
    "F09",
    "methods-not-meant",
    why="`*` stands for all methods only without credentials, and methods are compared byte for byte: put is not PUT.",
    clause="https://fetch.spec.whatwg.org/#http-access-control-allow-methods",
    fix=fixes.NO_STAR,
)
def star_for_methods(survey: Survey) -> Iterator[Suspicion]:
    """Low."""
    for route in survey.routes:
        host, first = guest(survey, route), next(iter(methods(route)), None)
        reply = granted(survey, route.path, host, first) if host and first else None
        if host is None or first is None or reply is None:
            continue
        if host.credentials and lists(reply, ALLOW_METHODS, "*"):
            method = first if survey.active and first not in SIMPLE else "OPTIONS"
            if not lists(reply, ALLOW_METHODS, method):
                yield _starred(route.path, reply, "methods", (host.ask(method, route.path),))
        elif wrong := _in_wrong_case(survey, route, host):
            yield _in_lower_case(survey, route.path, host, *wrong)


def _starred(path: str, reply: Reply, what: str, made: tuple[Ask, ...]) -> Suspicion:
    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [one for one in sights if one.is_blocked and one.preflights and not one.actuals]

    literal = "with credentials only literally" if reply.allows_credentials else "not for Authorization"
    return Suspicion(
        Severity.LOW,
        path,
        f"preflights of {path} allow `*` as {what}, which counts {literal}",
        (asked(reply),),
        f"Access-Control-Allow-{what.title()}: *",
        made,
        shows,
        needs_proof=bool(made),
    )


def _in_wrong_case(survey: Survey, route: Route, host: Guest) -> tuple[str, Reply] | None:
    for method in methods(route):
        reply = granted(survey, route.path, host, method)
        listed = (reply.listed(ALLOW_METHODS) if reply else None) or ()
        if reply and method not in {*SIMPLE, "*", *listed} and method in {one.upper() for one in listed}:
            return method, reply
    return None


def _in_lower_case(survey: Survey, path: str, host: Guest, method: str, reply: Reply) -> Suspicion:
    made = (host.ask(method, path),) if survey.active else ()
    return Suspicion(
        Severity.LOW,
        path,
        f"preflights of {path} allow {method} in another case, which is another method",
        (asked(reply),),
        f"Access-Control-Allow-Methods: {reply.get(ALLOW_METHODS)}",
        made,
        not_sent(method),
        needs_proof=bool(made),
    )


@rule(
    "F26",
    "method-missing",
    why="The path has the method, but no page of another origin may use it: HEAD and methods of one's own are "
    "forgotten most easily.",
    clause="https://fetch.spec.whatwg.org/#http-access-control-allow-methods",
    fix=fixes.METHODS,
)
def method_missing(survey: Survey) -> Iterator[Suspicion]:
    """Low; info for a HEAD that the framework adds to GET by itself, and the policy may well not mean."""
    for route in survey.routes:
        host = guest(survey, route)
        if host is None or granted(survey, route.path, host, "GET") is None:
            continue
        for method in methods(route):
            reply = survey.preflight(route.path, host.origin, method)
            if method not in STANDARD and reply.status is not None and not _lets(reply, host, method):
                made = (host.ask(method, route.path),) if survey.active else ()
                yield _missing(route.path, method, reply, Severity.LOW, made)
        yield from _head_missing(survey, route, host)


def _lets(reply: Reply, host: Guest, method: str) -> bool:
    if not (reply.ok and reply.allows(credentials=host.credentials)):
        return False
    return lists(reply, ALLOW_METHODS, method) or (not host.credentials and lists(reply, ALLOW_METHODS, "*"))


def _head_missing(survey: Survey, route: Route, host: Guest) -> Iterator[Suspicion]:
    """HEAD needs no leave, and fails only beside a header that does, where the preflight as a whole is refused."""
    header = permitted_header(survey, route.path, host)
    if header is None or granted(survey, route.path, host, "HEAD", (header[0],)) is not None:
        return
    declared = "HEAD" in route.methods
    if declared or survey.ask("HEAD", route.path, host.origin, signed_in=bool(survey.session)).ok:
        reply = survey.preflight(route.path, host.origin, "HEAD", (header[0],))
        severity = Severity.LOW if declared else Severity.INFO
        yield _missing(route.path, "HEAD", reply, severity, (host.ask("HEAD", route.path, (header,)),))


def _missing(path: str, method: str, reply: Reply, severity: Severity, made: tuple[Ask, ...]) -> Suspicion:
    return Suspicion(
        severity,
        path,
        f"{path} has the method {method}, which its preflights do not allow",
        (asked(reply),),
        f"Access-Control-Allow-Methods lacks {method}",
        made,
        not_sent(method),
        needs_proof=bool(made),
    )


@rule(
    "F30",
    "wrong-phase",
    why="Allow-Methods and Allow-Headers count on preflights only, Expose-Headers on actual answers only.",
    clause="https://fetch.spec.whatwg.org/#http-responses",
    fix=fixes.PHASE,
)
def wrong_phase(survey: Survey) -> Iterator[Suspicion]:
    """Low."""
    for route in survey.routes:
        if (host := guest(survey, route)) is not None:
            found = (_late_methods, _late_headers, _early_exposure)
            yield from (one for look in found if (one := look(survey, route, host)) is not None)


def _late_methods(survey: Survey, route: Route, host: Guest) -> Suspicion | None:
    for method in methods(route):
        reply = survey.preflight(route.path, host.origin, method)
        if method in SIMPLE or not reply.ok or reply.all(ALLOW_METHODS):
            continue
        if lists(host.reply, ALLOW_METHODS, method) or lists(host.reply, ALLOW_METHODS, "*"):
            made = (host.ask(method, route.path),) if survey.active else ()
            return _misplaced(route.path, "Access-Control-Allow-Methods", "actual answers", (reply, host), made)
    return None


def _late_headers(survey: Survey, route: Route, host: Guest) -> Suspicion | None:
    for name in host.reply.listed(ALLOW_HEADERS) or ():
        if is_forbidden_request_header(name, "") or "GET" not in route.methods:
            continue
        name = "x-requested-with" if name == "*" else name
        reply = granted(survey, route.path, host, "GET", (name,))
        if reply is not None and not reply.all(ALLOW_HEADERS):
            value = "application/json" if name.lower() == "content-type" else "corsproof"
            made = (host.ask("GET", route.path, ((name, value),)),)
            return _misplaced(route.path, "Access-Control-Allow-Headers", "actual answers", (reply, host), made)
    return None


def _misplaced(
    path: str, header: str, where: str, answers: tuple[Reply, Guest], made: tuple[Ask, ...], shows: Shows | None = None
) -> Suspicion:
    preflight, host = answers
    return Suspicion(
        Severity.LOW,
        path,
        f"{header} of {path} is on {where} only, where it does not count",
        (asked(preflight), answered(host.reply)),
        f"{header} is on {where} only",
        made,
        shows or blocked_by({preflight.status}),
        needs_proof=bool(made),
    )


def _early_exposure(survey: Survey, route: Route, host: Guest) -> Suspicion | None:
    first = next(iter(methods(route)), None)
    reply = granted(survey, route.path, host, first) if first else None
    listed = {name.lower() for name in (reply.listed(EXPOSE_HEADERS) if reply else None) or ()}
    hidden = frozenset(listed & names(host.reply))
    if reply is None or not hidden or host.reply.all(EXPOSE_HEADERS) or "GET" not in route.methods:
        return None

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [
            one
            for one in sights
            if one.is_read
            and any(hidden & names_of(actual.response_headers) - one.readable_headers for actual in one.actuals)
        ]

    made = intent.asks(survey, host.reply)
    return _misplaced(route.path, "Access-Control-Expose-Headers", "preflights", (reply, host), made, shows)


RULES: tuple[Rule, ...] = (star_for_headers, star_for_methods, method_missing, wrong_phase)
