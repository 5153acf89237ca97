"""The walk: from one call of the page to what script sees, through every request that goes out.

The methods of `_Walk` are Fetch's algorithms under their own names. The server is a function, the
clock a number; nothing here waits, sends or remembers. Left out: the HTTP cache, passwords asked for
(401, 407), the second try after 421, and what other standards add (service workers, CSP, mixed
content, HSTS, embedder policies, local network access). https://fetch.spec.whatwg.org/#fetching
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from harness.oracle.api import create_flight
from harness.oracle.cache import PreflightCache
from harness.oracle.classify import is_safelisted_method, unsafe_request_header_names
from harness.oracle.corp import cross_origin_resource_policy_check
from harness.oracle.cors_check import cors_check
from harness.oracle.exchange import Answer, Exchange, Kind, NetworkFailure, Server, WireRequest, WireResponse
from harness.oracle.filtering import filter_response, opaque_redirect
from harness.oracle.flight import Flight, Tainting, include_credentials, request_origin_header, serialize_request_origin
from harness.oracle.outcome import Failure, Readable, Refusal, SeenAs
from harness.oracle.ports import is_blocked_due_to_a_bad_port
from harness.oracle.preflight import create_preflight, is_preflight_due, preflight_failures, store_grants
from harness.oracle.reasons import Phase, Reason
from harness.oracle.redirect import is_redirect_status, location_url, redirect_failure, redirected
from harness.oracle.request import Api, Mode, Redirect, Request
from harness.oracle.urls import same_origin

_XHR_THROWS = {Reason.METHOD_FORBIDDEN: SeenAs.SECURITY_ERROR}


@dataclass(frozen=True, slots=True)
class Prediction:
    """Everything that the standard says will happen.

    `exchanges`: every request in order, with the answer that the server function gave. `cache`: the
    preflight cache afterwards, to be handed to the next prediction.
    """

    request: Request
    exchanges: tuple[Exchange, ...]
    outcome: Readable | Refusal
    cache: PreflightCache = field(repr=False)

    @property
    def allowed(self) -> bool:
        """Whether script gets a response, be it an opaque one."""
        return isinstance(self.outcome, Readable)

    @property
    def preflights(self) -> tuple[WireRequest, ...]:
        """The preflights, in order."""
        return tuple(it.request for it in self.exchanges if it.request.kind is Kind.PREFLIGHT)

    @property
    def actuals(self) -> tuple[WireRequest, ...]:
        """The requests that are no preflights, in order; the first per hop."""
        return tuple(it.request for it in self.exchanges if it.request.kind is Kind.ACTUAL)


def predict(request: Request, server: Server, *, cache: PreflightCache | None = None, now: float = 0.0) -> Prediction:
    """#concept-fetch: what follows when the page makes this request and this server answers it."""
    walk = _Walk(server, PreflightCache() if cache is None else cache, now)
    flight = create_flight(request)
    if isinstance(flight, Failure):
        outcome: Readable | Refusal = Refusal(flight, Phase.REQUEST, 0, _thrown(request.api, flight.reason))
    else:
        walk.flight = flight
        outcome = walk.main_fetch()
        if isinstance(outcome, Refusal) and request.api is Api.XHR:
            outcome = replace(outcome, seen_as=SeenAs.ERROR_EVENT)
    return Prediction(request, tuple(walk.exchanges), outcome, walk.cache)


def _thrown(api: Api, reason: Reason) -> SeenAs:
    return SeenAs.TYPE_ERROR if api is Api.FETCH else _XHR_THROWS.get(reason, SeenAs.SYNTAX_ERROR)


class _Walk:
    """One fetch under way; lives as long as one call of `predict`."""

    flight: Flight

    def __init__(self, server: Server, cache: PreflightCache, now: float) -> None:
        self.server = server
        self.cache = cache
        self.now = now
        self.exchanges: list[Exchange] = []

    def main_fetch(self) -> Readable | Refusal:
        """#concept-main-fetch, also for each redirect (where it is called recursively)."""
        flight = self.flight
        url = flight.current_url
        if is_blocked_due_to_a_bad_port(url):  # step 7
            return self._blocked(Reason.BAD_PORT, url.on_the_wire)
        # Step 12: the first of these that holds.
        if flight.tainting is Tainting.BASIC and same_origin(url.origin, flight.origin):
            return self.http_fetch()
        if flight.mode is Mode.SAME_ORIGIN:
            return self._blocked(Reason.MODE_SAME_ORIGIN, url.origin)
        if flight.mode is Mode.NO_CORS:
            if flight.redirect is not Redirect.FOLLOW:
                return self._blocked(Reason.NO_CORS_NEEDS_FOLLOW, flight.redirect.value)
            self.flight = replace(flight, tainting=Tainting.OPAQUE)
            return self.http_fetch()
        self.flight = replace(flight, tainting=Tainting.CORS)
        unsafe_names = unsafe_request_header_names(flight.headers)
        if not flight.use_cors_preflight and is_safelisted_method(flight.method) and not unsafe_names:
            return self.http_fetch()
        outcome = self.http_fetch(unsafe_names)
        if isinstance(outcome, Refusal):
            # By now a redirect may have moved `self.flight`: the cache is cleared for where it failed,
            # not for the URL that this call began with.
            self.cache = self.cache.clear(self.flight)
        return outcome

    def http_fetch(self, unsafe_names: tuple[str, ...] | None = None) -> Readable | Refusal:
        """#concept-http-fetch. `unsafe_names` stands for makeCORSPreflight: None is false."""
        if unsafe_names is not None and is_preflight_due(self.flight, unsafe_names, self.cache, self.now):  # step 4.1
            refusal = self.cors_preflight_fetch(unsafe_names)
            if refusal:
                return refusal
        response = self._send(self._actual_request())  # step 4.3
        if isinstance(response, NetworkFailure):
            return self._refuse(Failure(Reason.NETWORK_FAILURE, subject=response.detail or None), Phase.ACTUAL)
        failure = self._response_failure(response)  # steps 4.4 and 5
        if failure:
            return self._refuse(failure, Phase.ACTUAL)
        if not is_redirect_status(response.status):  # step 6
            return filter_response(self.flight, response)
        match self.flight.redirect:  # step 6.3
            case Redirect.ERROR:
                failure = Failure(Reason.REDIRECT_MODE_ERROR, subject=str(response.status))
                return self._refuse(failure, Phase.REDIRECT)
            case Redirect.MANUAL:
                return opaque_redirect(self.flight)
        return self.http_redirect_fetch(response)

    def cors_preflight_fetch(self, unsafe_names: tuple[str, ...]) -> Refusal | None:
        """#cors-preflight-fetch-0. None is success, and then the cache knows what was granted."""
        response = self._send(create_preflight(self.flight, unsafe_names))  # steps 1 to 6
        if isinstance(response, NetworkFailure):
            return self._refuse(Failure(Reason.NETWORK_FAILURE, subject=response.detail or None), Phase.PREFLIGHT)
        failures = list(preflight_failures(self.flight, unsafe_names, response))  # step 7
        if failures:
            return self._refuse(failures[0], Phase.PREFLIGHT, failures[1:])
        self.cache = store_grants(self.cache, self.flight, response, self.now)
        return None

    def http_redirect_fetch(self, response: WireResponse) -> Readable | Refusal:
        """#concept-http-redirect-fetch."""
        url = location_url(self.flight, response.headers)  # step 3
        if url is None:  # step 4: a redirect status without a Location is a response like any other
            return filter_response(self.flight, response)
        failure = url if isinstance(url, Failure) else redirect_failure(self.flight, url, response)  # steps 5 to 11
        if isinstance(url, Failure) or failure:
            assert failure is not None
            return self._refuse(failure, Phase.REDIRECT)
        self.flight = redirected(self.flight, url, response)  # steps 12 to 19
        return self.main_fetch()  # step 22

    def _actual_request(self) -> WireRequest:
        """#http-network-or-cache-fetch step 8: the request with its Origin."""
        flight = self.flight
        origin = request_origin_header(flight)
        return WireRequest(
            Kind.ACTUAL,
            flight.method,
            flight.current_url.on_the_wire,
            flight.headers if origin is None else (*flight.headers, ("Origin", origin)),
            include_credentials(flight),
            flight.body,
            flight.redirect_count,
        )

    def _send(self, request: WireRequest) -> Answer:
        answer = self.server(request)
        self.exchanges.append(Exchange(request, answer))
        return answer

    def _response_failure(self, response: WireResponse) -> Failure | None:
        """#http-fetch steps 4.4 and 5, which also look at responses that redirect."""
        flight = self.flight
        if flight.tainting is Tainting.CORS:
            return cors_check(serialize_request_origin(flight), flight.credentials, response.headers)
        if flight.tainting is Tainting.OPAQUE:
            return cross_origin_resource_policy_check(flight.origin, flight.current_url, response.headers)
        return None

    def _blocked(self, reason: Reason, subject: str) -> Refusal:
        """A refusal by main fetch: nothing was sent, or the Location of the hop before decided."""
        if not self.exchanges:
            return self._refuse(Failure(reason, subject), Phase.REQUEST)
        answer = self.exchanges[-1].answer
        assert isinstance(answer, WireResponse), "only a response can redirect"
        failure = Failure.of(reason, answer.headers, subject)
        return replace(self._refuse(failure, Phase.REDIRECT), hop=self.flight.redirect_count - 1)

    def _refuse(self, failure: Failure, phase: Phase, others: list[Failure] | None = None) -> Refusal:
        also = dict.fromkeys(other.reason for other in others or () if other.reason is not failure.reason)
        return Refusal(failure, phase, self.flight.redirect_count, SeenAs.TYPE_ERROR, tuple(also))
