"""Recorded traffic fed back to the model: do they tell the same story, and where do they part?

The model walks; each request that it sends is answered by the next recorded answer and compared
with the recorded request. Compared is what the standard determines, and nothing that a browser adds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.oracle.cache import PreflightCache
from harness.oracle.classify import is_forbidden_request_header
from harness.oracle.exchange import Answer, Exchange, Kind, NetworkFailure, WireRequest, WireResponse
from harness.oracle.grammar import OWS, byte_lowercase, is_token
from harness.oracle.headers import Headers, by_name, contains
from harness.oracle.network import Connect, connect_by_http_1
from harness.oracle.predict import Prediction, predict
from harness.oracle.request import Request
from harness.oracle.rules import STANDARD, Rules

_REQUESTED_METHOD = "access-control-request-method"
_REQUESTED_HEADERS = "access-control-request-headers"
# Where the model sends none of these, the browser must not either.
_WATCHED = frozenset({"origin", "content-type", _REQUESTED_METHOD, _REQUESTED_HEADERS})
# Browsers send these of their own, so an author's that was dropped can still seem to be there.
_ALSO_SENT_BY_BROWSERS = frozenset({"accept-language", "cache-control", "pragma", "user-agent"})
_COMMA = re.compile(r"[ \t]*,[ \t]*")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One exchange as a server saw it: raw header pairs, the URL as requested, the answer it gave.

    `body_sent` is None where the record does not say.
    """

    method: str
    url: str
    headers: Headers
    answer: Answer
    body_sent: bool | None = None

    @classmethod
    def of(cls, exchange: Exchange) -> Recorded:
        """What a faithful record of a predicted exchange would hold."""
        request = exchange.request
        return cls(request.method, request.url, request.headers, exchange.answer, bool(request.body))

    @property
    def is_preflight(self) -> bool:
        """Script cannot set Access-Control-Request-Method, so this is certain."""
        return self.method == "OPTIONS" and contains(_REQUESTED_METHOD, self.headers)

    def is_retry_of(self, earlier: Recorded) -> bool:
        """Browsers send a request again, silently, when a connection breaks."""
        return (
            isinstance(earlier.answer, NetworkFailure)
            and (self.method, self.url) == (earlier.method, earlier.url)
            and self.is_preflight is earlier.is_preflight
        )


class DifferenceKind(StrEnum):
    """How a recording can differ from the model."""

    MISSING = "missing"  # the model sends a request that was not recorded
    EXTRA = "extra"  # a request was recorded that the model does not send
    METHOD = "method"
    URL = "url"
    HEADER = "header"
    COOKIE = "cookie"  # credentials went with a request that carries none
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; `index` counts recorded exchanges, `subject` names the header or the kind of request."""

    kind: DifferenceKind
    index: int
    subject: str
    expected: str | None = None
    recorded: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """The prediction on the recorded answers, and all differences; an empty list means that they agree.

    `parted_at`: the recorded exchange from which on the two stories have nothing in common, so that
    neither the rest of the recording nor the outcome says anything. `retries`: skipped as such.
    """

    prediction: Prediction
    differences: tuple[Difference, ...]
    parted_at: int | None
    retries: int


def replay(
    request: Request,
    recorded: Sequence[Recorded],
    *,
    cache: PreflightCache | None = None,
    now: float = 0.0,
    rules: Rules = STANDARD,
    connect: Connect = connect_by_http_1,
    foretold: Prediction | None = None,
) -> Replay:
    """Walk `request` over recorded exchanges, in their order; by the rules of whoever is said to have made them.

    `foretold` is the same walk over answers that were expected. Where those are the recorded ones it is this walk, too.
    """
    tape = _Tape(request, recorded)
    if foretold is not None and all(tape(one.request) == one.answer for one in foretold.exchanges):
        prediction = foretold
    else:
        tape = _Tape(request, recorded)
        prediction = predict(request, tape, cache=cache, now=now, rules=rules, connect=connect)
    return Replay(prediction, tuple(tape.finish()), tape.parted_at, tape.retries)


class _Tape:
    """A server function that plays a recording back and notes what does not fit."""

    def __init__(self, request: Request, recorded: Sequence[Recorded]) -> None:
        self.recorded = recorded
        self.position = 0
        self.retries = 0
        self.parted_at: int | None = None
        self.differences: list[Difference] = []
        self.author_names = frozenset(
            byte_lowercase(name)
            for name, _ in request.headers
            if is_token(name) and not is_forbidden_request_header(name, "")
        )

    def __call__(self, request: WireRequest) -> Answer:
        while request.kind is Kind.ACTUAL and self.position < len(self.recorded) and self._current.is_preflight:
            self._note_extra()  # the story can go on behind a preflight that was not needed
        if request.kind is Kind.PREFLIGHT and self._goes_on_without(request):
            self._note_missing(request)
            return _granting(request)
        if not self._fits(request):
            self.parted_at = self.position
            return NetworkFailure("not recorded")
        self.differences += _request_differences(self.position, request, self._current, self.author_names)
        while self.position + 1 < len(self.recorded) and self.recorded[self.position + 1].is_retry_of(self._current):
            self.position += 1
            self.retries += 1
        self.position += 1
        return self.recorded[self.position - 1].answer

    def finish(self) -> list[Difference]:
        """All differences, those exchanges included that the model never asked for."""
        while self.parted_at is None and self.position < len(self.recorded):
            self._note_extra()
        return self.differences

    @property
    def _current(self) -> Recorded:
        return self.recorded[self.position]

    def _note_extra(self) -> None:
        kind = Kind.PREFLIGHT if self._current.is_preflight else Kind.ACTUAL
        seen = f"{self._current.method} {self._current.url}"
        self.differences.append(Difference(DifferenceKind.EXTRA, self.position, kind.value, recorded=seen))
        self.position += 1

    def _note_missing(self, request: WireRequest) -> None:
        expected = f"{request.method} {request.url}"
        self.differences.append(Difference(DifferenceKind.MISSING, self.position, request.kind.value, expected))

    def _goes_on_without(self, preflight: WireRequest) -> bool:
        """Whether the very request is recorded that this preflight asks for: a browser that remembered another."""
        if self.position == len(self.recorded) or self._current.is_preflight:
            return False
        return (preflight.requested_method, preflight.url) == (self._current.method, self._current.url)

    def _fits(self, request: WireRequest) -> bool:
        """Whether the next recorded exchange can be this request at all."""
        preflight = request.kind is Kind.PREFLIGHT
        if self.position == len(self.recorded) or self._current.is_preflight is not preflight:
            self._note_missing(request)
            return False
        pairs = (
            (DifferenceKind.METHOD, request.method, self._current.method),
            (DifferenceKind.URL, request.url, self._current.url),
        )
        found = [
            Difference(kind, self.position, request.kind.value, *pair) for kind, *pair in pairs if pair[0] != pair[1]
        ]
        self.differences += found
        return not found


def _granting(preflight: WireRequest) -> WireResponse:
    """What a browser must have remembered that left this preflight out."""
    asked = (
        ("Access-Control-Allow-Origin", preflight.origin),
        ("Access-Control-Allow-Methods", preflight.requested_method),
        ("Access-Control-Allow-Headers", preflight.requested_headers),
    )
    granted = tuple((name, value) for name, value in asked if value is not None)
    return WireResponse(204, (*granted, ("Access-Control-Allow-Credentials", "true"), ("Access-Control-Max-Age", "0")))


def _request_differences(
    index: int, request: WireRequest, recorded: Recorded, author_names: frozenset[str]
) -> list[Difference]:
    """What differs between two requests of the same method and URL."""
    predicted, arrived = by_name(request.headers), by_name(recorded.headers)
    unwanted = _WATCHED | author_names - _ALSO_SENT_BY_BROWSERS
    if request.credentials:  # the browser may know a password of its own
        unwanted -= {"authorization"}
    differences = [
        Difference(DifferenceKind.HEADER, index, name, predicted.get(name), arrived.get(name))
        for name in sorted(predicted.keys() | unwanted)
        if not _same_value(name, predicted.get(name), arrived.get(name))
    ]
    cookie = arrived.get("cookie")
    if cookie is not None and not request.credentials:
        differences.append(Difference(DifferenceKind.COOKIE, index, "cookie", None, cookie))
    if recorded.body_sent is not None and recorded.body_sent is not bool(request.body):
        sent, seen = ("sent" if it else "none" for it in (request.body, recorded.body_sent))
        differences.append(Difference(DifferenceKind.BODY, index, "body", sent, seen))
    return differences


def _same_value(name: str, expected: str | None, seen: str | None) -> bool:
    """Servers join doubled fields with or without a blank, and trim; only Access-Control-Request-Headers is exact.

    The case of a Content-Type means nothing to CORS, and some browsers send a charset in upper case.
    """
    if expected is None or seen is None or name == _REQUESTED_HEADERS:
        return expected == seen
    expected, seen = (_COMMA.sub(",", value).strip(OWS) for value in (expected, seen))
    return expected == seen or (name == "content-type" and byte_lowercase(expected) == byte_lowercase(seen))
