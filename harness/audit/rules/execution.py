"""S19 to S28, but for those that need a clock or a second name: what is executed, served or told beside the CORS check.

CORS keeps answers from pages. It keeps no request from being executed, covers no WebSocket, and decides by a path that
the application may read otherwise. Imports the survey, the strangers and the vocabulary of findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from harness.audit import fixes
from harness.audit.findings import Rule, Severity, Suspicion, read, rule
from harness.audit.routes import Route
from harness.audit.sights import Ask, Geometry, Sight
from harness.audit.strangers import Admission, Mistake, Stranger, asks, unguessable
from harness.audit.survey import Probe, Reply, Survey
from harness.scenario import Api, Outcome, Step
from harness.wire import Pairs

FETCH = "https://fetch.spec.whatwg.org/"
TEXT, FORM, JSON = "text/plain", "application/x-www-form-urlencoded", "application/json"


def _strangers(survey: Survey) -> tuple[Stranger, ...]:
    """Return who stands for everybody: an origin that nobody can guess, and that of every sandboxed frame."""
    return unguessable(survey)[0], Stranger(Mistake.NULL, "null")


def _let_in(reply: Reply) -> int:
    """Return how far whoever asked is let in: 0 not at all, 1 anonymously, 2 with credentials."""
    return 2 if reply.allows(credentials=True) else int(reply.allows())


def _asks(survey: Survey, stranger: Stranger, reply: Reply, step: Step) -> tuple[Ask, ...]:
    return asks(survey, Admission(stranger, step.credentials == "include", reply), step)


def _credentials(reply: Reply) -> str:
    return "include" if reply.allows(credentials=True) else "omit"


def _said(reply: Reply, *names: str) -> str:
    """Return a request and its answer in a line: status, and the headers named."""
    origin = f" with Origin {reply.origin}" if reply.origin is not None else " without Origin"
    told = [f"{name}: {value}" for name, value in reply.headers if name.lower() in names]
    return f"{reply.probe.method} {reply.probe.target}{origin}: {', '.join((str(reply.status), *told))}"


_ALLOW = ("access-control-allow-origin", "access-control-allow-credentials")


# ---- S19 --------------------------------------------------------------------------------------------

_FIELDS = ("name", "title", "text", "message", "comment", "email", "value", "amount", "quantity", "price")
_AS_JSON = ("{" + ", ".join(f'"{name}": "1"' for name in _FIELDS) + "}").encode()
_AS_FORM = "&".join(f"{name}=1" for name in _FIELDS).encode()
_NO_JSON = b"corsproof, and no JSON"
_ENDS_SESSION = re.compile(r"(log|sign)[-_]?(out|off)|session|account|deactivate|revoke", re.IGNORECASE)
_STATES = 4  # paths whose answers are compared before and after


@rule(
    "S19",
    "simple-request-executes",
    why="A page may send such a request without asking first; CORS only keeps the answer from it, when all is done.",
    clause=f"{FETCH}#cors-safelisted-request-header",
    fix=fixes.NO_SIMPLE_WRITES,
)
def simple_writes(survey: Survey) -> Iterator[Suspicion]:
    """Medium; info where JSON is taken as text, but nothing shows that a user's cookie ever decides anything."""
    for route in survey.routes if survey.active else ():
        if "POST" in route.methods and not _ENDS_SESSION.search(route.path):
            yield from _simple_write(survey, route)


def _simple_write(survey: Survey, route: Route) -> Iterator[Suspicion]:
    """Look for one reason after the other: what a GET shows has changed, JSON passes as text, the cookie decides."""
    writing = _Writing(survey, route.path)
    for body, content_type in ((_AS_JSON, TEXT), (_AS_FORM, FORM)):
        shown = writing.states()
        is_steady = shown == writing.states()
        reply = writing.post(body, content_type)
        if reply.fault or reply.allows(credentials=bool(writing.cookies)):
            return  # a page that reads the answer has nothing to hide from it: S01 to S14
        if is_steady and reply.status is not None and reply.status < 400 and writing.states() != shown:
            yield writing.suspicion(reply, "what a GET shows has changed since")
            return
        if content_type == TEXT and writing.takes_text_as_json(reply):
            severity = Severity.MEDIUM if _has_authority(survey) else Severity.INFO
            yield writing.suspicion(reply, "JSON is read although it is called text/plain", severity)
            return
        if reply.ok and writing.needs_cookie(body, content_type):
            yield writing.suspicion(reply, "the user's cookie opens it")
            return


@dataclass(frozen=True)
class _Writing:
    """What a page on a stranger's origin can write to one path, with the cookies that browsers send by themselves."""

    survey: Survey
    path: str

    @property
    def cookies(self) -> Pairs:
        return tuple(pair for pair in self.survey.session if pair[0].lower() == "cookie")

    def post(self, body: bytes, content_type: str, *, signed_in: bool = True) -> Reply:
        headers = (("Content-Type", content_type), *(self.cookies if signed_in else ()))
        origin = unguessable(self.survey)[0].origin
        return self.survey.ask("POST", self.path, origin, headers=headers, body=body)

    def states(self) -> tuple[tuple[int | None, bytes], ...]:
        """Return what is to be seen now at this path and those around it."""
        above = _above(self.path)
        readable = [one.path for one in self.survey.readable]
        beside = [path for path in readable if _above(path) == above]
        paths = [*(path for path in (self.path, above) if path in readable), *beside]
        near = tuple(dict.fromkeys(paths))[:_STATES]
        replies = [self.survey.anew(Probe("GET", path, self.survey.session)) for path in near]
        return tuple((reply.status, reply.body) for reply in replies)

    def takes_text_as_json(self, as_text: Reply) -> bool:
        """Whether JSON called text is answered like JSON, and other text otherwise."""
        as_json, other = self.post(_AS_JSON, JSON), self.post(_NO_JSON, TEXT)
        return _shape(as_text) == _shape(as_json) != _shape(other)

    def needs_cookie(self, body: bytes, content_type: str) -> bool:
        return bool(self.cookies) and self.post(body, content_type, signed_in=False).status in (401, 403)

    def suspicion(self, reply: Reply, how: str, severity: Severity = Severity.MEDIUM) -> Suspicion:
        body, content_type = reply.probe.body, dict(reply.probe.headers)["Content-Type"]
        needs_cookie = self.needs_cookie(body, content_type)
        step = Step(
            "POST",
            f"{{api}}{self.path}",
            body=body.decode(),
            body_kind="urlencoded" if content_type == FORM else "text",
            # A redirect would lead beyond what is recorded; asked by `cors` it is blocked, and so not followed.
            mode="cors" if 300 <= (reply.status or 0) < 400 else "no-cors",
            credentials="include" if self.cookies else "omit",
        )
        geometries = (Geometry.CROSS_SITE, *((Geometry.CROSS_SITE_COOKIES,) if needs_cookie else ()))
        page = unguessable(self.survey)[0].origin
        return Suspicion(
            severity,
            self.path,
            f"any page can make a visitor's browser POST to {self.path}, unasked: {how}",
            (f"{_said(reply)} to a body of {content_type}; {how}",),
            f"a POST of {content_type} needs no preflight, and is executed whatever its Origin",
            tuple(Ask(page, (step,), geometry) for geometry in geometries),
            partial(_executed, status=reply.status, needs_cookie=needs_cookie),
        )


def _above(path: str) -> str:
    return path.partition("?")[0].rstrip("/").rpartition("/")[0] or "/"


def _shape(reply: Reply) -> tuple[int | None, bytes]:
    """Return an answer without what differs from one time to the next, and without what merely repeats the request."""
    told = reply.body.replace(reply.probe.body, b"")
    return reply.status, re.sub(rb"[0-9a-f-]{8,}|\d+", b"#", told)


def _has_authority(survey: Survey) -> bool:
    """Whether browsers send something by themselves that decides: cookies are set, or credentials allowed."""
    return survey.has_cookies or any(reply.get("set-cookie") or reply.allows_credentials for reply in survey.sent)


def _executed(sights: Sequence[Sight], *, status: int | None, needs_cookie: bool) -> Sequence[Sight]:
    """Return the sights in which the request arrived without a preflight and was answered as ours was, unseen."""
    return [
        one
        for one in sights
        if one.outcomes[-1:] in ((Outcome.OPAQUE,), (Outcome.BLOCKED,))
        and not one.preflights
        and (one.cookie_arrived or not needs_cookie)
        and any(actual.status == status for actual in one.actuals)
    ]


# ---- S20 --------------------------------------------------------------------------------------------


@rule(
    "S20",
    "path-variant-has-another-policy",
    why="Who is let in is decided by one reading of the path and what is served by another: a variant slips between.",
    clause="https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2",
    fix=fixes.POLICY_BY_ROUTE,
)
def variants(survey: Survey) -> Iterator[Suspicion]:
    """High where a variant lets a stranger in with credentials, else medium."""
    for route in survey.readable:
        own = survey.get(route.path, signed_in=bool(survey.session))
        if own.ok and own.body:
            yield from _variant(survey, own)


def _variant(survey: Survey, own: Reply) -> list[Suspicion]:
    """Return the first variant of a path that serves the same, and lets a stranger in further than the path does."""
    path, signed_in = own.probe.target, bool(survey.session)
    known = {one: survey.get(path, one.origin, signed_in=signed_in) for one in _strangers(survey)}
    for variant in _spellings(path):
        for stranger, as_usual in known.items():
            reply = survey.get(variant, stranger.origin, signed_in=signed_in)
            if not reply.ok or _shape(reply) != _shape(own):
                break
            if _let_in(reply) > _let_in(as_usual):
                return [_lets_in_further(survey, path, stranger, as_usual, reply)]
    return []


def _lets_in_further(survey: Survey, path: str, stranger: Stranger, as_usual: Reply, reply: Reply) -> Suspicion:
    variant = reply.probe.target
    step = Step("GET", f"{{api}}{variant}", credentials=_credentials(reply))
    return Suspicion(
        Severity.HIGH if reply.allows(credentials=True) else Severity.MEDIUM,
        path,
        f"{variant} serves what {path} serves, and lets in whom {path} keeps out",
        (_said(as_usual, *_ALLOW), _said(reply, *_ALLOW)),
        "the policy is chosen by one reading of the path, and the resource by another",
        _asks(survey, stranger, reply, step),
    )


def _spellings(path: str) -> tuple[str, ...]:
    """Return other spellings of a path that a router may take for the same, as browsers send them unchanged."""
    plain, mark, query = path.partition("?")
    inner = plain.strip("/")
    slashes = [at for at, letter in enumerate(plain) if letter == "/" and 0 < at < len(plain) - 1]
    letters = [at for at, letter in enumerate(plain) if letter.isalpha() and "%" not in plain[max(0, at - 2) : at]]
    found = [
        f"/{plain}",
        plain.rstrip("/") if plain.endswith("/") else f"{plain}/",
        f"{plain};x",
        f"/x/..%2f{inner}",
        plain.replace("%20", "+"),
    ]
    if letters:
        head, tail = letters[0], letters[-1]
        found += [
            plain[:head] + plain[head].swapcase() + plain[head + 1 :],
            plain.upper() if plain != plain.upper() else plain.lower(),
            *(f"{plain[:at]}%{ord(plain[at]):02x}{plain[at + 1 :]}" for at in (head, tail)),
            f"{plain[:head]}%25{ord(plain[head]):02x}{plain[head + 1 :]}",
            f"{plain[:tail]}+{plain[tail + 1 :]}",
        ]
    for at in {*slashes[:1], *slashes[-1:]}:
        found += [f"{plain[:at]}{between}{plain[at + 1 :]}" for between in ("//", "%2f", "%252f", ";x/")]
    return tuple(f"{one}{mark}{query}" for one in dict.fromkeys(found) if one and one != plain)


# ---- S21 --------------------------------------------------------------------------------------------


@rule(
    "S21",
    "origin-as-authorisation",
    why="Only browsers tell the truth about the Origin; whoever else asks leaves it out, or writes what opens.",
    clause="https://www.rfc-editor.org/rfc/rfc6454#section-8.2",
    fix=fixes.AUTHENTICATE,
)
def authorisation(survey: Survey) -> Iterator[Suspicion]:
    """Medium, for answers to GET that need no session; a header fact, for it takes no browser."""
    for route in survey.readable:
        refused = survey.get(route.path, unguessable(survey)[0].origin)
        if refused.status not in (401, 403):
            continue
        given = [one for origin in (None, "null", *survey.trusted[:1]) if (one := survey.get(route.path, origin)).ok]
        if given:
            yield Suspicion(
                Severity.MEDIUM,
                route.path,
                f"{route.path} is given or refused by the Origin alone, which anybody can leave out or make up",
                (_said(refused), _said(given[0])),
                "the request's Origin is what authorises it",
            )


# ---- S23 --------------------------------------------------------------------------------------------

_SOCKETS = ("/ws", "/websocket", "/socket")


@rule(
    "S23",
    "websocket-from-any-origin",
    why="No CORS check is made of WebSockets: any page opens one with the visitor's cookies, and reads what it says.",
    clause="https://www.rfc-editor.org/rfc/rfc6455#section-10.2",
    fix=fixes.SOCKET_ORIGINS,
)
def sockets(survey: Survey) -> Iterator[Suspicion]:
    """High where the user has cookies, which such a page would use; else medium."""
    stranger = unguessable(survey)[0]
    silent = [one.path for one in survey.readable if survey.get(one.path).status in (400, 404, 405, 426)]
    for path in dict.fromkeys((*survey.sockets, *_SOCKETS, *silent)):
        reply = survey.handshake(path, stranger.origin, signed_in=bool(survey.session))
        if reply.status == 101 and not reply.fault:
            step = Step("GET", f"{{api}}{path}", credentials="include")
            asked = (replace(ask, api=Api.WEBSOCKET) for ask in _asks(survey, stranger, reply, step))
            yield Suspicion(
                Severity.HIGH if _has_authority(survey) else Severity.MEDIUM,
                path,
                f"{path} opens a WebSocket to a page on any origin",
                (f"{_said(reply)} Switching Protocols, and it stays open",),
                "the Origin of the handshake is not compared",
                tuple(asked),
            )


# ---- S24 --------------------------------------------------------------------------------------------


@rule(
    "S24",
    "credentials-for-nobody",
    why="Without Access-Control-Allow-Origin it permits nothing: harmless, and a sign that nobody decided.",
    clause=f"{FETCH}#http-access-control-allow-credentials",
    fix=fixes.CREDENTIALS,
)
def credentials_for_nobody(survey: Survey) -> Iterator[Suspicion]:
    """Info: a header fact."""
    for route in survey.readable:
        reply = survey.get(route.path, unguessable(survey)[0].origin, signed_in=bool(survey.session))
        if reply.allow_origin is None and reply.allows_credentials:
            yield Suspicion(
                Severity.INFO,
                route.path,
                f"{route.path} allows credentials to origins that it does not let in",
                (_said(reply, *_ALLOW),),
                "Access-Control-Allow-Credentials: true without Access-Control-Allow-Origin",
            )


# ---- S26 --------------------------------------------------------------------------------------------

_TRACE = re.compile(
    rb"Traceback \(most recent call last\)|Werkzeug Debugger|DEBUG = True|File \"[^\"\n]+\", line \d+, in "
    rb"|(\n|\\n)\s+at [\w.$<>\[\] ]+ ?\([^)\n]+:\d+(:\d+)?\)|(\n|\\n)\s+at [\w.]+\([^)\n]*\) in [^\n]+:line \d+"
    rb"|goroutine \d+ \[|\.php</b> on line <b>\d|\.rb:\d+:in [`']"
)


@rule(
    "S26",
    "readable-error-page",
    why="A trace tells any page on the web how the application is made: paths, versions, queries, at times secrets.",
    clause=f"{FETCH}#cors-check",
    fix=fixes.NO_TRACES,
)
def error_pages(survey: Survey) -> Iterator[Suspicion]:
    """Medium where a stranger may read it with credentials, else low."""
    for reply in _failing(survey):
        stranger = next(one for one in _strangers(survey) if one.origin == reply.origin)
        probe = reply.probe
        body = probe.body.decode() if probe.body else None
        headers = tuple(pair for pair in probe.headers if pair == ("Content-Type", JSON))
        step = Step(probe.method, f"{{api}}{probe.target}", headers, body, credentials=_credentials(reply))
        yield Suspicion(
            Severity.MEDIUM if reply.allows(credentials=True) else Severity.LOW,
            probe.target,
            f"a page on any origin can read the trace of an error at {probe.target}",
            (_said(reply, *_ALLOW), f"its body has {_first(reply)!r}"),
            "an error page with a trace has an Access-Control-Allow-Origin that lets everybody in",
            _asks(survey, stranger, reply, step),
            _read_traces,
        )


def _failing(survey: Survey) -> Iterator[Reply]:
    """Yield, once a route, an answer with a trace that a stranger may read: by itself, or to what breaks parsers."""
    tries = [[route.path, *_malformed(route.path)] for route in survey.readable]
    for targets in (*tries, [f"/{survey.secret}", "/%ff"]):
        yield from _first_trace(survey, [Probe("GET", target) for target in targets])
    for route in survey.routes if survey.active else ():
        if "POST" in route.methods and not _ENDS_SESSION.search(route.path):
            kinds = (TEXT, JSON)
            yield from _first_trace(
                survey, [Probe("POST", route.path, (("Content-Type", kind),), b"{") for kind in kinds]
            )


def _first_trace(survey: Survey, probes: Iterable[Probe]) -> list[Reply]:
    for probe in probes:
        for stranger in _strangers(survey):
            reply = survey.send(replace(probe, headers=(("Origin", stranger.origin), *probe.headers)))
            if (reply.status or 0) < 400 or not _TRACE.search(reply.body):
                break
            if reply.allows():
                return [reply]
    return []


def _malformed(path: str) -> Iterator[str]:
    """Yield a path with what breaks parsers: bytes that are no UTF-8, and words for numbers."""
    plain, mark, query = path.partition("?")
    names = [pair.partition("=")[0] for pair in query.split("&") if pair] or ["id", "page", "limit", "q"]
    yield f"{plain}?{'&'.join(f'{name}=%ff' for name in names)}"
    yield f"{plain}?{'&'.join(f'{name}=corsproof' for name in names)}"
    above, _, last = plain.rpartition("/")
    if above and last:
        yield from (f"{above}/{odd}{mark}{query}" for odd in ("%ff", "corsproof", "0"))


def _first(reply: Reply) -> str:
    found = _TRACE.search(reply.body)
    return found.group().decode("latin-1").strip() if found else ""


def _read_traces(sights: Sequence[Sight]) -> Sequence[Sight]:
    return [one for one in read(sights) if _TRACE.search(one.body.encode())]


# ---- S28 --------------------------------------------------------------------------------------------

_SENSITIVE = re.compile(
    r"token|csrf|xsrf|jwt|secret|password|passwd|authori[sz]ation|api-?key|session|(^|-)auth($|-)"
    r"|(access|private|signing|user|auth)-?key"
)
_HARMLESS = re.compile(
    r"rate-?limit|(continuation|next|page|sync|cursor)-?token|token-?(count|usage|type)|^access-control-"
)


@rule(
    "S28",
    "sensitive-header-exposed",
    why="A token that any page may read is any page's token.",
    clause=f"{FETCH}#http-access-control-expose-headers",
    fix=fixes.EXPOSE_LITTLE,
)
def exposed(survey: Survey) -> Iterator[Suspicion]:
    """Medium where a stranger may read it with credentials, else low."""
    for route in survey.readable:
        yield from next(filter(None, (_exposed(survey, route.path, one) for one in _strangers(survey))), ())


def _exposed(survey: Survey, path: str, stranger: Stranger) -> list[Suspicion]:
    for signed_in in dict.fromkeys((bool(survey.session), False)):
        reply = survey.get(path, stranger.origin, signed_in=signed_in)
        listed = {name.lower() for name in reply.listed("access-control-expose-headers") or ()}
        named = _sensitive(reply) & listed
        if named and reply.allows(credentials=True):
            return [_exposure(survey, stranger, reply, named, "include")]
        # `*` is a name like any other where a page sends credentials, so it tells only what everybody gets.
        told = _sensitive(reply) if "*" in listed else named
        if told and reply.allows() and not signed_in:
            return [_exposure(survey, stranger, reply, told, "omit")]
    return []


def _exposure(survey: Survey, stranger: Stranger, reply: Reply, names: frozenset[str], credentials: str) -> Suspicion:
    path = reply.probe.target
    step = Step("GET", f"{{api}}{path}", credentials=credentials)
    return Suspicion(
        Severity.MEDIUM if credentials == "include" else Severity.LOW,
        path,
        f"a page on any origin can read the header {', '.join(sorted(names))} of {path}",
        (_said(reply, *_ALLOW, "access-control-expose-headers"),),
        "Access-Control-Expose-Headers names it, or is `*`, beside an Access-Control-Allow-Origin for everybody",
        _asks(survey, stranger, reply, step),
        partial(_read_header, names=names),
    )


def _sensitive(reply: Reply) -> frozenset[str]:
    names = {name.lower() for name, value in reply.headers if value}
    return frozenset(
        one for one in names if _SENSITIVE.search(one) and not _HARMLESS.search(one) and one != "set-cookie"
    )


def _read_header(sights: Sequence[Sight], *, names: frozenset[str]) -> Sequence[Sight]:
    return [one for one in read(sights) if one.readable_headers & names]


RULES: tuple[Rule, ...] = (
    simple_writes,
    variants,
    authorisation,
    sockets,
    credentials_for_nobody,
    error_pages,
    exposed,
)
