"""S01 to S14: who is let in that nobody meant to let in. The page's read is the verdict, the header the hint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.audit import fixes
from harness.audit.findings import Look, Rule, Severity, Suspicion, read
from harness.audit.sights import Sight
from harness.audit.strangers import Admission, Mistake, Stranger, admitted, asks, unguessable
from harness.audit.survey import Survey
from harness.origins import is_loopback, parse_origin
from harness.scenario import Step

FETCH = "https://fetch.spec.whatwg.org/#cors-check"
NULL = "https://fetch.spec.whatwg.org/#append-a-request-origin-header"
_CONTROL_OF_ORIGINS = "the value of Access-Control-Allow-Origin is made from the Origin of whoever asks"


@dataclass(frozen=True)
class _Kind:
    """One rule about strangers: which mistake, with or without credentials (None: either), and how grave."""

    id: str
    name: str
    mistake: Mistake
    credentials: bool | None
    severity: Severity
    why: str
    cause: str
    anonymous: Severity | None = None  # where it is another one without credentials
    fix: Mapping[str, str] | None = None


_KINDS = (
    _Kind(
        "S01",
        "any-origin-with-credentials",
        Mistake.ANY,
        True,
        Severity.HIGH,
        "Any page that a signed-in user visits reads what the application shows that user.",
        f"{_CONTROL_OF_ORIGINS}, whoever it is, and credentials are allowed",
    ),
    _Kind(
        "S02",
        "any-origin",
        Mistake.ANY,
        False,
        Severity.LOW,
        "Any page reads the answer through the visitor's browser: harmless for what is public, not for what only his "
        "network can reach.",
        f"{_CONTROL_OF_ORIGINS}, whoever it is",
    ),
    _Kind(
        "S03",
        "null-with-credentials",
        Mistake.NULL,
        True,
        Severity.HIGH,
        "Every sandboxed frame has the origin null, so any page can make one and read as the signed-in user.",
        "Access-Control-Allow-Origin: null, with credentials",
        fix=fixes.NO_NULL,
    ),
    _Kind(
        "S04",
        "null",
        Mistake.NULL,
        False,
        Severity.LOW,
        "Every sandboxed frame has the origin null, so null means anybody.",
        "Access-Control-Allow-Origin: null",
        fix=fixes.NO_NULL,
    ),
    _Kind(
        "S05",
        "origin-by-prefix",
        Mistake.PREFIX,
        None,
        Severity.HIGH,
        "Anybody can register a domain below which the name of a trusted origin stands in front.",
        "only the beginning of the Origin is compared, or a regular expression is not anchored at its end",
        Severity.LOW,
    ),
    _Kind(
        "S06",
        "origin-by-suffix",
        Mistake.SUFFIX,
        None,
        Severity.HIGH,
        "Anybody can register a domain that ends in the letters of a trusted one.",
        "only the end of the Origin is compared, without the dot in front",
        Severity.LOW,
    ),
    _Kind(
        "S07",
        "unescaped-dot",
        Mistake.DOT,
        None,
        Severity.HIGH,
        "In a regular expression a dot is any letter: a domain that differs in that letter can be registered.",
        "a dot of the regular expression is not escaped",
        Severity.LOW,
    ),
    _Kind(
        "S08",
        "origin-by-substring",
        Mistake.PART,
        None,
        Severity.HIGH,
        "Anybody can register a domain that contains a trusted name, or is a part of one.",
        "the Origin is searched for a trusted name, or a trusted name for the Origin, instead of being compared",
        Severity.LOW,
    ),
    _Kind(
        "S09",
        "scheme-ignored",
        Mistake.SCHEME,
        None,
        Severity.MEDIUM,
        "Whoever controls the network can serve a page at the http name of a trusted host and read through it.",
        "the scheme of the Origin is not compared",
    ),
    _Kind(
        "S10",
        "port-ignored",
        Mistake.PORT,
        None,
        Severity.LOW,
        "Another service on the same host, which may be anybody's on a shared one, is let in too.",
        "the port of the Origin is not compared",
    ),
    _Kind(
        "S11",
        "sub-domains-trusted",
        Mistake.SUBDOMAIN,
        None,
        Severity.INFO,
        "Each sub-domain is trusted: a hole in the weakest, or one that was given up, is a hole here.",
        "all sub-domains are let in",
    ),
    _Kind(
        "S12",
        "special-character-in-origin",
        Mistake.SPECIAL,
        None,
        Severity.LOW,
        "Some browsers load pages from hosts with such characters, which parsers of origins take for an end.",
        "a character that ends no host ends the comparison",
    ),
    _Kind(
        "S13",
        "developer-origin-trusted",
        Mistake.DEVELOPER,
        None,
        Severity.MEDIUM,
        "On these origins anybody can put a page, or any program of the user's machine can.",
        "an origin for development, or one that many people share, is let in",
    ),
)


def _looking(kind: _Kind) -> Look:
    def look(survey: Survey) -> Iterator[Suspicion]:
        for route in survey.routes:
            method = "GET" if "GET" in route.methods else "POST"
            if method not in route.methods or (method == "POST" and not survey.active):
                continue
            for one in admitted(survey, route.path, signed_in=bool(survey.session), method=method):
                if one.stranger.mistake is kind.mistake and kind.credentials in (None, one.credentials):
                    yield _suspicion(survey, kind, one, method)

    return look


def _suspicion(survey: Survey, kind: _Kind, one: Admission, method: str) -> Suspicion:
    path = one.reply.probe.target
    body = None if method == "GET" else "{}"
    step = Step(method, f"{{api}}{path}", body=body, credentials="include" if one.credentials else "omit")
    severity = _severity(kind, one)
    who = "anybody" if kind.mistake in (Mistake.ANY, Mistake.NULL) else one.stranger.origin
    how = "as the signed-in user" if one.credentials else "anonymously"
    summary = f"{path} lets {kind.mistake} in: {who} can read it {how}"
    shows = read_as_user if one.credentials and survey.has_cookies else read
    return Suspicion(severity, path, summary, (one.evidence,), kind.cause, asks(survey, one, step), shows)


def _severity(kind: _Kind, one: Admission) -> Severity:
    """Return how grave it is: RULES say it for data behind cookies, and of ports that `localhost` is shared."""
    trusted = parse_origin(one.stranger.trusted)
    if kind.mistake is Mistake.PORT and trusted is not None and is_loopback(trusted.host):
        return Severity.MEDIUM
    return kind.severity if one.credentials or kind.anonymous is None else kind.anonymous


def read_as_user(sights: Sequence[Sight]) -> Sequence[Sight]:
    """Return the sights in which script read what the signed-in user may see: his cookie was there, and was taken.

    Where there are none, because his cookie is not for that path or stays on its own site, what was read without it
    shows at least that the browser lets the page ask with credentials and read.
    """
    found = read(sights)
    return [one for one in found if one.cookie_arrived and one.status is not None and one.status < 400] or found


def _look_for_public(survey: Survey) -> Iterator[Suspicion]:
    stranger, _ = unguessable(survey)
    for route in survey.readable:
        reply = survey.get(route.path, stranger.origin)
        if reply.allow_origin == "*" and not reply.allows_credentials:
            yield _public(survey, route.path, stranger)


def _public(survey: Survey, path: str, stranger: Stranger) -> Suspicion:
    reply = survey.get(path, stranger.origin)
    step = Step("GET", f"{{api}}{path}", credentials="omit")
    evidence = (f"GET {path} with Origin {stranger.origin}: Access-Control-Allow-Origin: *",)
    made = asks(survey, Admission(Stranger(Mistake.ANY, stranger.origin), False, reply), step)
    summary = f"everybody can read {path} anonymously"
    return Suspicion(Severity.INFO, path, summary, evidence, "Access-Control-Allow-Origin: *", made)


PUBLIC = Rule(
    "S14",
    "public",
    "What is public is meant to be read by anybody; what only looks so, because just the inside can reach it, is not.",
    FETCH,
    fixes.PUBLIC_OR_NOT,
    _look_for_public,
)
RULES: tuple[Rule, ...] = (
    *(
        Rule(
            kind.id,
            kind.name,
            kind.why,
            NULL if kind.mistake is Mistake.NULL else FETCH,
            kind.fix or fixes.EXACT_ORIGINS,
            _looking(kind),
        )
        for kind in _KINDS
    ),
    PUBLIC,
)
