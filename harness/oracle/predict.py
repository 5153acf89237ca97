"""The walk: from one call of the page to what script sees, through every request that goes out.

The methods of `_Walk` are the algorithms of https://fetch.spec.whatwg.org/#fetching under their own names. The server
is a function, the clock a number; nothing here waits, sends or remembers. Left out: the HTTP cache, passwords that a
person is asked for, the second try after 421, and other standards (service workers, CSP, HSTS, local network access).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from harness.oracle.also import redirect_refusals, url_refusals
from harness.oracle.api import seen_as
from harness.oracle.cache import PreflightCache
from harness.oracle.exchange import Answer, Exchange, Kind, NetworkFailure, Server, WireRequest, WireResponse
from harness.oracle.flight import Flight, Tainting
from harness.oracle.network import Connect, connect_by_http_1
from harness.oracle.outcome import Failure, Readable, Refusal, SeenAs
from harness.oracle.reasons import Phase, Reason
from harness.oracle.request import Api, Mode, Redirect, Request
from harness.oracle.rules import STANDARD, Rules
from harness.oracle.urls import same_origin


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


def predict(
    request: Request,
    server: Server,
    *,
    cache: PreflightCache | None = None,
    now: float = 0.0,
    rules: Rules = STANDARD,
    connect: Connect = connect_by_http_1,
) -> Prediction:
    """#concept-fetch: what follows when the page makes this request and this server answers it.

    `rules` are the algorithms to walk by; `connect` says which HTTP the server of an origin speaks.
    """
    walk = _Walk(server, PreflightCache() if cache is None else cache, now, rules, connect)
    flight = rules.create_flight(request)
    if isinstance(flight, Failure):
        outcome: Readable | Refusal = Refusal(flight, Phase.REQUEST, 0, seen_as(request.api, flight.reason))
    else:
        walk.flight = flight
        outcome = walk.main_fetch()
        if isinstance(outcome, Refusal) and request.api is Api.XHR:
            outcome = replace(outcome, seen_as=SeenAs.ERROR_EVENT)
    return Prediction(request, tuple(walk.exchanges), outcome, walk.cache)


class _Walk:
    """One fetch under way; lives as long as one call of `predict`."""

    flight: Flight

    def __init__(self, server: Server, cache: PreflightCache, now: float, rules: Rules, connect: Connect) -> None:
        self.server = server
        self.cache = cache
        self.now = now
        self.rules = rules
        self.connect = connect
        self.exchanges: list[Exchange] = []

    def main_fetch(self) -> Readable | Refusal:
        """#concept-main-fetch, also for each redirect (where it is called recursively)."""
        flight, rules = self.flight, self.rules
        url = flight.current_url
        if rules.is_blocked_due_to_a_bad_port(url):  # step 7
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
        self.flight = flight = replace(flight, tainting=Tainting.CORS)
        unsafe_names = rules.unsafe_request_header_names(flight, rules.is_safelisted_request_header)
        makes_preflight = rules.needs_preflight(flight, unsafe_names)
        outcome = self.http_fetch(unsafe_names if makes_preflight else None)
        if isinstance(outcome, Refusal):
            # By now a redirect may have moved `self.flight`: the cache is cleared for where it failed,
            # not for the URL that this call began with.
            self.cache = rules.cache_after_failure(self.cache, self.flight, outcome, makes_preflight)
        return outcome

    def http_fetch(self, unsafe_names: tuple[str, ...] | None = None) -> Readable | Refusal:
        """#concept-http-fetch. `unsafe_names` stands for makeCORSPreflight: None is false."""
        rules = self.rules
        if unsafe_names is not None and rules.is_preflight_due(  # step 4.1
            self.flight, unsafe_names, self.cache, self.now, rules.cache_entry_match
        ):
            refusal = self.cors_preflight_fetch(unsafe_names)
            if refusal:
                return refusal
        failure = rules.connection_failure(self.flight, self.connect)  # step 4.3
        if failure:
            return self._refuse(failure, Phase.ACTUAL if self.exchanges else Phase.REQUEST)
        response = self.http_network_or_cache_fetch()
        if isinstance(response, NetworkFailure):
            return self._refuse(Failure(Reason.NETWORK_FAILURE, subject=response.detail or None), Phase.ACTUAL)
        failure = rules.response_failure(self.flight, response)  # steps 4.4 and 5
        if failure:
            return self._refuse(failure, Phase.ACTUAL, redirect_refusals(self.flight, response, rules))
        if not rules.is_redirect(self.flight, response):  # step 6
            return rules.filter_response(self.flight, response)
        match self.flight.redirect:  # step 6.3
            case Redirect.ERROR:
                failure = Failure(Reason.REDIRECT_MODE_ERROR, subject=str(response.status))
                return self._refuse(failure, Phase.REDIRECT, redirect_refusals(self.flight, response, rules))
            case Redirect.MANUAL:
                outcome = rules.opaque_redirect(self.flight, response)
                return self._refuse(outcome, Phase.REDIRECT) if isinstance(outcome, Failure) else outcome
        return self.http_redirect_fetch(response)

    def http_network_or_cache_fetch(self) -> Answer:
        """#concept-http-network-or-cache-fetch, which may be a second time the same with a password."""
        rules = self.rules
        request = rules.create_actual(self.flight, rules.request_origin_header(self.flight))
        answer = self._send(request)
        if isinstance(answer, NetworkFailure) or not rules.is_authenticated(self.flight, answer):
            return answer
        return self._send(rules.create_authenticated(self.flight, request))

    def cors_preflight_fetch(self, unsafe_names: tuple[str, ...]) -> Refusal | None:
        """#cors-preflight-fetch-0. None is success, and then the cache knows what was granted."""
        rules = self.rules
        self.cache = rules.cache_before_preflight(self.cache, self.flight)
        response = self._send(rules.create_preflight(self.flight, unsafe_names))  # steps 1 to 6
        if isinstance(response, NetworkFailure):
            return self._refuse(Failure(Reason.NETWORK_FAILURE, subject=response.detail or None), Phase.PREFLIGHT)
        failures = tuple(rules.preflight_failures(self.flight, unsafe_names, response))  # step 7
        if rules.are_grants_stored(failures):
            self.cache = rules.store_grants(self.cache, self.flight, response, self.now, rules.cache_entry_match)
        return self._refuse(failures[0], Phase.PREFLIGHT, failures[1:]) if failures else None

    def http_redirect_fetch(self, response: WireResponse) -> Readable | Refusal:
        """#concept-http-redirect-fetch."""
        rules = self.rules
        url = rules.location_url(self.flight, response.headers)  # step 3
        if url is None:  # step 4: a redirect status without a Location is a response like any other
            return rules.filter_response(self.flight, response)
        failure = url if isinstance(url, Failure) else rules.redirect_failure(self.flight, url, response)  # to step 11
        if isinstance(url, Failure) or failure:
            assert failure is not None
            return self._refuse(failure, Phase.REDIRECT, redirect_refusals(self.flight, response, rules))
        self.flight = rules.redirected(self.flight, url, response)  # steps 12 to 19
        return self.main_fetch()  # step 22

    def _send(self, request: WireRequest) -> Answer:
        answer = self.server(request)
        self.exchanges.append(Exchange(request, answer))
        return answer

    def _blocked(self, reason: Reason, subject: str) -> Refusal:
        """A refusal by main fetch: nothing was sent, or the Location of the hop before decided."""
        also = url_refusals(self.flight, self.flight.current_url, self.rules)
        if not self.exchanges:
            return self._refuse(Failure(reason, subject), Phase.REQUEST, also)
        answer = self.exchanges[-1].answer
        assert isinstance(answer, WireResponse), "only a response can redirect"
        failure = Failure.of(reason, answer.headers, subject)
        return replace(self._refuse(failure, Phase.REDIRECT, also), hop=self.flight.redirect_count - 1)

    def _refuse(self, failure: Failure, phase: Phase, others: Iterable[Failure] = ()) -> Refusal:
        also = dict.fromkeys(other.reason for other in others if other.reason is not failure.reason)
        return Refusal(failure, phase, self.flight.redirect_count, SeenAs.TYPE_ERROR, tuple(also))
