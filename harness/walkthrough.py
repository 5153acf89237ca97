"""A walkthrough: the oracle's walk over one step, told to people, each of its decisions as it is made.

The algorithms of the standard are wrapped (`harness.oracle.Rules`) so that each says what it was asked and what it
found, and otherwise decides as ever: what is told is what decided. Pure: imports the oracle and the records of a case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from harness import oracle
from harness.observation import PageResult
from harness.oracle import Credentials, Failure, Headers, Readable, Reason, ResponseType, WireRequest, WireResponse
from harness.oracle.classify import is_safelisted_method
from harness.oracle.flight import Flight, Tainting, serialize_request_origin
from harness.oracle.grammar import byte_lowercase
from harness.oracle.headers import get
from harness.oracle.preflight import parse_max_age
from harness.oracle.urls import Url
from harness.plan import Planned
from harness.prediction import replayed
from harness.wire import TOKEN_PARAMETER, Exchange

_FETCH = "https://fetch.spec.whatwg.org/"
_TOKEN = re.compile(rf"[?&]{TOKEN_PARAMETER}=[\w-]+")


class Mark(str, Enum):
    """What a decision came to."""

    PASSED = "passed"
    REFUSED = "refused"
    NOTE = "note"  # nothing was at stake

    __str__ = str.__str__


@dataclass(frozen=True)
class Told:
    """One decision: what was looked at, what was found, and the clause of Fetch."""

    mark: Mark
    title: str
    text: str
    clause: str


def walkthrough(planned: Planned, page: tuple[PageResult, ...], exchanges: tuple[Exchange, ...]) -> tuple[Told, ...]:
    """Tell the last step that a page reported: what the standard makes of it, given what the server answered."""
    teller = Teller()
    replays = list(replayed(planned, page, exchanges, teller.rules()))
    if not replays:
        return ()
    replay = replays[-1][0]
    return (*teller.told, *_ending(replay.prediction.outcome), *_differences(replay.differences))


def _ending(outcome: Readable | oracle.Refusal) -> Iterator[Told]:
    """Tell what no algorithm of ours was asked about: that no answer came, or a port that is closed to browsers."""
    untold = (Reason.NETWORK_FAILURE, Reason.BAD_PORT, Reason.MODE_SAME_ORIGIN, Reason.NO_CORS_NEEDS_FOLLOW)
    if isinstance(outcome, oracle.Refusal) and outcome.reason in (*untold, Reason.REDIRECT_MODE_ERROR):
        yield _refused("Nothing for script to read", outcome.failure)


def _differences(differences: Sequence[oracle.Difference]) -> Iterator[Told]:
    for one in differences:
        said = _clean(f"{one.kind.value}: {one.subject}: by the standard {one.expected}, on the wire {one.recorded}")
        yield Told(Mark.NOTE, "This browser did otherwise than the standard", said, _FETCH)


def _clean(text: str) -> str:
    return _TOKEN.sub("", text)


def _refused(title: str, failure: Failure) -> Told:
    return Told(Mark.REFUSED, title, _clean(sentence(failure)), failure.reason.link)


def sentence(failure: Failure) -> str:
    """Return the sentence of a failure's reason, with the particulars of the case."""
    parts = [failure.reason.sentence]
    if failure.header is not None and failure.value is not None:
        parts.append(f"It was `{failure.value}`.")
    if failure.subject is not None:
        parts.append(f"Concerned: `{failure.subject}`.")
    return " ".join(parts)


# What a preflight's answer is asked, in the standard's order, and the reasons that belong to each question.
_PREFLIGHT_CHECKS: tuple[tuple[str, str, frozenset[Reason]], ...] = (
    (
        "Preflight's answer: may this origin?",
        "#cors-check",
        frozenset(
            {
                Reason.ALLOW_ORIGIN_MISSING,
                Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
                Reason.ALLOW_ORIGIN_MULTIPLE,
                Reason.ALLOW_ORIGIN_MISMATCH,
                Reason.ALLOW_CREDENTIALS_MISSING,
                Reason.ALLOW_CREDENTIALS_NOT_TRUE,
            }
        ),
    ),
    (
        "Preflight's answer: is its status one of 200 to 299?",
        "#cors-preflight-fetch",
        frozenset({Reason.PREFLIGHT_REDIRECT, Reason.PREFLIGHT_STATUS_NOT_OK}),
    ),
    (
        "Preflight's answer: is the method allowed?",
        "#cors-preflight-fetch",
        frozenset({Reason.ALLOW_METHODS_MALFORMED, Reason.METHOD_NOT_ALLOWED, Reason.METHOD_WILDCARD_WITH_CREDENTIALS}),
    ),
    (
        "Preflight's answer: are the headers allowed?",
        "#cors-preflight-fetch",
        frozenset(
            {
                Reason.ALLOW_HEADERS_MALFORMED,
                Reason.AUTHORIZATION_NEEDS_LISTING,
                Reason.HEADER_NOT_ALLOWED,
                Reason.HEADER_WILDCARD_WITH_CREDENTIALS,
            }
        ),
    ),
)


class Teller:
    """The standard's algorithms, each of which notes what it decided."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def rules(self) -> oracle.Rules:
        """Return the standard, told."""
        return replace(
            oracle.STANDARD,
            create_flight=self._create_flight,
            needs_preflight=self._needs_preflight,
            is_preflight_due=self._is_preflight_due,
            create_preflight=self._create_preflight,
            preflight_failures=self._preflight_failures,
            connection_failure=self._connection_failure,
            create_actual=self._create_actual,
            response_failure=self._response_failure,
            redirect_failure=self._redirect_failure,
            location_url=self._location_url,
            redirected=self._redirected,
            opaque_redirect=self._opaque_redirect,
            filter_response=self._filter_response,
        )

    def _tell(self, mark: Mark, title: str, text: str, clause: str) -> None:
        self.told.append(Told(mark, title, _clean(text), clause if "//" in clause else _FETCH + clause))

    def _create_flight(self, request: oracle.Request) -> Flight | Failure:
        self.told.clear()  # of the steps before
        flight = oracle.STANDARD.create_flight(request)
        if isinstance(flight, Failure):
            self.told.append(_refused("The interface refuses the call", flight))
            return flight
        sent = {byte_lowercase(name) for name, _ in flight.headers}
        dropped = [name for name, _ in request.headers if byte_lowercase(name) not in sent]
        if dropped:
            text = f"Script may not set {_listed(dropped)}: left out, without a word."
            self._tell(Mark.NOTE, "Headers that script cannot set", text, "#forbidden-request-header")
        return flight

    def _needs_preflight(self, flight: Flight, unsafe: tuple[str, ...]) -> bool:
        where = f"From {flight.origin} to {flight.current_url.origin}: another origin, for scheme, host and port count."
        self._tell(Mark.NOTE, "A cross-origin request", where, "#http-cors-protocol")
        needed = oracle.STANDARD.needs_preflight(flight, unsafe)
        why = list(_why_preflighted(flight, unsafe))
        if needed:
            text = f"The browser asks first, with OPTIONS, because {', and because '.join(why)}."
            self._tell(Mark.NOTE, "It needs a preflight", text, "#cors-preflight-fetch")
        else:
            text = (
                f"{flight.method} is a simple method, and so are all its headers: it is sent at once, allowed or not."
            )
            self._tell(Mark.NOTE, "A simple request: no preflight", text, "#cors-safelisted-method")
        return needed

    def _is_preflight_due(
        self,
        flight: Flight,
        unsafe: tuple[str, ...],
        cache: oracle.PreflightCache,
        now: float,
        match: Callable[..., bool],
    ) -> bool:
        due = oracle.STANDARD.is_preflight_due(flight, unsafe, cache, now, match)
        if not due:
            text = "The answer to an earlier preflight still holds (Access-Control-Max-Age)."
            self._tell(Mark.PASSED, "No preflight: the browser remembers one", text, "#cors-preflight-cache")
        return due

    def _create_preflight(self, flight: Flight, unsafe: tuple[str, ...]) -> WireRequest:
        made = oracle.STANDARD.create_preflight(flight, unsafe)
        headers = f" and the headers {made.requested_headers}" if made.requested_headers else ""
        text = (
            f"OPTIONS {made.url} asks for {flight.method}{headers}, as {made.origin}. It carries no credentials, ever."
        )
        self._tell(Mark.NOTE, "The preflight is sent", text, "#cors-preflight-fetch")
        return made

    def _preflight_failures(self, flight: Flight, unsafe: tuple[str, ...], response: WireResponse) -> Iterable[Failure]:
        failures = tuple(oracle.STANDARD.preflight_failures(flight, unsafe, response))
        asked = (_origin_text(flight, response), f"It was {response.status}.", *_grants(flight, unsafe, response))
        for (title, clause, reasons), text in zip(_PREFLIGHT_CHECKS, asked, strict=True):
            wrong = next((one for one in failures if one.reason in reasons), None)
            if wrong is not None:
                self.told.append(_refused(title, wrong))
            else:
                self._tell(Mark.PASSED, title, text, clause)
        if not failures:
            text = f"The browser need not ask again for {parse_max_age(response.headers)} s, as far as it likes."
            self._tell(Mark.NOTE, "The preflight is remembered", text, "#cors-preflight-cache")
        return failures

    def _connection_failure(self, flight: Flight, connect: oracle.Connect) -> Failure | None:
        failure = oracle.STANDARD.connection_failure(flight, connect)
        if failure:
            self.told.append(_refused("The request itself", failure))
        return failure

    def _create_actual(self, flight: Flight, origin: str | None) -> WireRequest:
        made = oracle.STANDARD.create_actual(flight, origin)
        with_origin = f" with Origin: {origin}" if origin else " without an Origin header"
        cookies = "Cookies may go with it" if made.credentials else "No cookie goes with it, whatever the browser has"
        mode = f"{cookies} (credentials: {flight.credentials.value})."
        if flight.tainting is Tainting.BASIC:
            self._tell(Mark.NOTE, "The same origin: CORS does not come into it", flight.origin, "#main-fetch")
        text = f"{made.method} {made.url}{with_origin}. {mode} The server carries it out, whatever CORS says later."
        self._tell(Mark.NOTE, "The request itself is sent", text, "#http-network-or-cache-fetch")
        return made

    def _response_failure(self, flight: Flight, response: WireResponse) -> Failure | None:
        failure = oracle.STANDARD.response_failure(flight, response)
        cors = flight.tainting is Tainting.CORS
        title = "Its answer: may this origin read it?" if cors else "Its answer: may it be embedded here?"
        if failure:
            self.told.append(_refused(title, failure))
        elif flight.tainting is not Tainting.BASIC:
            text = _origin_text(flight, response) if cors else "No Cross-Origin-Resource-Policy forbids it."
            self._tell(Mark.PASSED, title, text, "#cors-check" if cors else "#cross-origin-resource-policy-header")
        return failure

    def _location_url(self, flight: Flight, headers: Headers) -> Url | Failure | None:
        url = oracle.STANDARD.location_url(flight, headers)
        if isinstance(url, Failure):
            self.told.append(_refused("The redirect", url))
        return url

    def _redirect_failure(self, flight: Flight, url: Url, response: WireResponse) -> Failure | None:
        failure = oracle.STANDARD.redirect_failure(flight, url, response)
        if failure:
            self.told.append(_refused("The redirect", failure))
        return failure

    def _redirected(self, flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = oracle.STANDARD.redirected(flight, url, response)
        text = f"{response.status} leads to {url.on_the_wire}, with {after.method}."
        if serialize_request_origin(after) != serialize_request_origin(flight):
            text += " Another origin than the page's has redirected elsewhere, so Origin is now null."
        self._tell(Mark.NOTE, "The redirect is followed", text, "#http-redirect-fetch")
        return after

    def _opaque_redirect(self, flight: Flight, response: WireResponse) -> Readable | Failure:
        text = "Script wanted to see redirects by itself: it gets a response that says nothing."
        self._tell(Mark.NOTE, "The redirect is not followed", text, "#concept-filtered-response-opaque-redirect")
        return oracle.STANDARD.opaque_redirect(flight, response)

    def _filter_response(self, flight: Flight, response: WireResponse) -> Readable:
        readable = oracle.STANDARD.filter_response(flight, response)
        if readable.type is ResponseType.OPAQUE:
            text = "Mode no-cors: script gets a response that says nothing; no status, no header, no body."
            self._tell(Mark.NOTE, "Script reads nothing of it", text, "#concept-filtered-response-opaque")
            return readable
        seen = _listed(readable.header_names) or "no header"
        self._tell(
            Mark.PASSED, "Script reads the answer", f"Status {readable.status}, the body, and {seen}.", "#main-fetch"
        )
        hidden = unseen(response.headers, frozenset(readable.header_names))
        if hidden:
            text = f"{_listed(hidden)}: not among the few that script may always read, and not in {_EXPOSE}."
            self._tell(Mark.NOTE, "Headers that script does not see", text, "#cors-exposed-header-name-list")
        return readable


_EXPOSE = "Access-Control-Expose-Headers"
_OWN = ("access-control-", "vary", "date", "server", "set-cookie", "connection", "transfer-encoding")


def unseen(headers: Headers, seen: frozenset[str]) -> list[str]:
    """Return the names of an answer's headers that are not ``seen`` by script, but for those that are not for it."""
    return [name for name, _ in headers if byte_lowercase(name) not in seen and not name.lower().startswith(_OWN)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _why_preflighted(flight: Flight, unsafe: tuple[str, ...]) -> Iterator[str]:
    if not is_safelisted_method(flight.method):
        yield f"{flight.method} is neither GET, HEAD nor POST"
    for name in unsafe:
        value = get(name, flight.headers)
        what = f"{name}: {value}" if name in _BY_VALUE else name
        yield f"`{what}` is not among the headers that pages may send unasked"
    if flight.use_cors_preflight:
        yield "the body is a stream, or somebody listens to the upload"


_BY_VALUE = ("content-type", "accept", "accept-language", "content-language", "range")  # safe by their value


def _origin_text(flight: Flight, response: WireResponse) -> str:
    allowed = get("access-control-allow-origin", response.headers)
    text = f"Access-Control-Allow-Origin is {allowed}, and the page's origin {serialize_request_origin(flight)}."
    if flight.credentials is Credentials.INCLUDE:
        text += f" Access-Control-Allow-Credentials is {get('access-control-allow-credentials', response.headers)}."
    return text


def _grants(flight: Flight, unsafe: tuple[str, ...], response: WireResponse) -> tuple[str, str]:
    methods = get("access-control-allow-methods", response.headers)
    names = get("access-control-allow-headers", response.headers)
    simple = is_safelisted_method(flight.method)
    return (
        f"{flight.method} needs no leave." if simple else f"Access-Control-Allow-Methods is {methods}.",
        f"Access-Control-Allow-Headers is {names}." if unsafe else "No header needs leave.",
    )
