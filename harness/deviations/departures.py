"""What more than one engine does instead, as functions that put it in place of the standard's.

Each takes rules and returns rules, and wraps the fields that it changes. Imports the oracle; knows no engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from harness.oracle import (
    Api,
    CacheMode,
    Credentials,
    Failure,
    Headers,
    Mode,
    PreflightCache,
    Refusal,
    Request,
    Rules,
    WireRequest,
    WireResponse,
)
from harness.oracle.cache import CacheEntry, CacheEntryMatch
from harness.oracle.classify import Safelist, is_safelisted_method
from harness.oracle.flight import Flight, serialize_request_origin
from harness.oracle.grammar import HTTP_WHITESPACE, Malformed, byte_lowercase, is_header_value, is_token
from harness.oracle.headers import combine, contains, delete, extract_list_values, get, get_all, set_value
from harness.oracle.urls import OPAQUE_ORIGIN, Url, same_origin

_ALLOW_HEADERS = "Access-Control-Allow-Headers"
_MAX_AGE = "Access-Control-Max-Age"
_CONDITIONS = ("if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since")
_NEGATIVE = re.compile(r"-[0-9]+")
_ADDRESS = re.compile(r"[0-9.]+|\[.*\]")
_NUMBER = re.compile(r"[0-9]+")


# ---- what needs a preflight ------------------------------------------------------------------------


def headers_joined(rules: Rules) -> Rules:
    """A header that the author gave several times is one header with one value from the start."""

    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        if isinstance(flight, Failure):
            return flight
        headers: Headers = ()
        for name, value in flight.headers:
            headers = combine(name, value, headers)
        return replace(flight, headers=headers)

    return replace(rules, create_flight=create_flight)


def dropped_without_cors(rules: Rules, is_safelisted: Safelist) -> Callable[[Request], Flight | Failure]:
    """The interface, where mode no-cors drops a header also if it is not safe by this safelist."""

    def create_flight(request: Request) -> Flight | Failure:
        if request.mode is Mode.NO_CORS:
            request = replace(request, headers=tuple(_let_through(request.headers, is_safelisted)))
        return rules.create_flight(request)

    return create_flight


def _let_through(headers: Headers, is_safelisted: Safelist) -> Iterator[tuple[str, str]]:
    """What is left for the standard's own guard; what is no header at all it refuses."""
    present: Headers = ()
    for name, raw in headers:
        value = raw.strip(HTTP_WHITESPACE)
        if not is_token(name) or not is_header_value(value):
            yield name, raw
            continue
        combined = combine(name, value, present)
        if is_safelisted(name, get(name, combined) or ""):
            present = combined
            yield name, raw


def large_ranges_unsafe(largest: int) -> Callable[[Rules], Rules]:
    """A Range with a number that is larger is none."""

    def apply(rules: Rules) -> Rules:
        def is_safelisted_request_header(name: str, value: str) -> bool:
            safelisted = rules.is_safelisted_request_header(name, value)
            if not safelisted or byte_lowercase(name) != "range":
                return safelisted
            return all(int(number) <= largest for number in _NUMBER.findall(value))

        return replace(rules, is_safelisted_request_header=is_safelisted_request_header)

    return apply


def forced_preflight_remembered(rules: Rules) -> Rules:
    """A safelisted method whose preflight is forced needs anything of its URL in the cache, not just the method."""

    def is_preflight_due(
        flight: Flight, unsafe_names: tuple[str, ...], cache: PreflightCache, now: float, match: CacheEntryMatch
    ) -> bool:
        known = is_safelisted_method(flight.method) and any(match(entry, flight, now) for entry in cache.entries)
        flight = replace(flight, use_cors_preflight=flight.use_cors_preflight and not known)
        return rules.is_preflight_due(flight, unsafe_names, cache, now, match)

    return replace(rules, is_preflight_due=is_preflight_due)


def is_address(url: Url) -> bool:
    """Whether a URL names its host by an IP address."""
    return _ADDRESS.fullmatch(url.host) is not None


def opaque_origin_shown(is_shown: Callable[[Flight], bool]) -> Callable[[Rules], Rules]:
    """In mode no-cors an opaque origin is said with every method, with credentials and where the way so far says so."""

    def apply(rules: Rules) -> Rules:
        def request_origin_header(flight: Flight) -> str | None:
            opaque = flight.origin == OPAQUE_ORIGIN and flight.credentials is Credentials.INCLUDE
            shown = opaque and flight.mode is Mode.NO_CORS and is_shown(flight)
            return OPAQUE_ORIGIN if shown else rules.request_origin_header(flight)

        return replace(rules, request_origin_header=request_origin_header)

    return apply


# ---- what an answer to a preflight grants ----------------------------------------------------------


def authorization_covered(rules: Rules) -> Rules:
    """In an answer to a preflight, `*` for headers covers Authorization too."""

    def preflight_failures(flight: Flight, unsafe_names: tuple[str, ...], response: WireResponse) -> Iterable[Failure]:
        return rules.preflight_failures(flight, unsafe_names, _with_authorization_listed(flight, response))

    return replace(rules, preflight_failures=preflight_failures)


def authorization_stored(rules: Rules) -> Rules:
    """What the preflight cache remembers of `*` covers Authorization too."""

    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        return rules.store_grants(cache, flight, _with_authorization_listed(flight, response), now, match)

    return replace(rules, store_grants=store_grants)


def _with_authorization_listed(flight: Flight, response: WireResponse) -> WireResponse:
    names = extract_list_values(_ALLOW_HEADERS, response.headers)
    if names is None or isinstance(names, Malformed) or "*" not in names or flight.credentials is Credentials.INCLUDE:
        return response
    return replace(response, headers=combine(_ALLOW_HEADERS, "authorization", response.headers))


def forced_method_listed(rules: Rules) -> Rules:
    """A method that is not safelisted must be listed, be its preflight forced or not."""

    def preflight_failures(flight: Flight, unsafe_names: tuple[str, ...], response: WireResponse) -> Iterable[Failure]:
        return rules.preflight_failures(replace(flight, use_cors_preflight=False), unsafe_names, response)

    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        forced = flight.use_cors_preflight and is_safelisted_method(flight.method)
        return rules.store_grants(cache, replace(flight, use_cors_preflight=forced), response, now, match)

    return replace(rules, preflight_failures=preflight_failures, store_grants=store_grants)


def max_age_as_zero(is_zero: Callable[[str], bool]) -> Callable[[Rules], Rules]:
    """These values of Access-Control-Max-Age mean that nothing is to be stored."""

    def apply(rules: Rules) -> Rules:
        def store_grants(
            cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
        ) -> PreflightCache:
            value = get(_MAX_AGE, response.headers)
            if value is not None and is_zero(value):
                response = replace(response, headers=set_value(_MAX_AGE, "0", response.headers))
            return rules.store_grants(cache, flight, response, now, match)

        return replace(rules, store_grants=store_grants)

    return apply


def negative_max_age(rules: Rules) -> Rules:
    """A negative Access-Control-Max-Age counts as 0, where it is no delta-seconds and counts as none."""
    return max_age_as_zero(lambda value: _NEGATIVE.fullmatch(value) is not None)(rules)


# ---- the preflight cache ---------------------------------------------------------------------------


def cache_replaced(*unseen: CacheMode) -> Callable[[Rules], Rules]:
    """The cache has one answer for a URL and an origin: a new one takes its place, one that does not do is dropped.

    With the cache modes ``unseen`` the old one is not looked at, so that it goes only when a new one comes.
    """

    def apply(rules: Rules) -> Rules:
        def cache_before_preflight(cache: PreflightCache, flight: Flight) -> PreflightCache:
            cache = rules.cache_before_preflight(cache, flight)
            return cache if flight.cache_mode in unseen else cache.clear(flight)

        def store_grants(
            cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
        ) -> PreflightCache:
            return rules.store_grants(cache.clear(flight), flight, response, now, match)

        return replace(rules, cache_before_preflight=cache_before_preflight, store_grants=store_grants)

    return apply


def cache_bypassed(*modes: CacheMode) -> Callable[[Rules], Rules]:
    """With these cache modes of fetch(), each request has its own preflight."""

    def apply(rules: Rules) -> Rules:
        def is_preflight_due(
            flight: Flight, unsafe_names: tuple[str, ...], cache: PreflightCache, now: float, match: CacheEntryMatch
        ) -> bool:
            return flight.cache_mode in modes or rules.is_preflight_due(flight, unsafe_names, cache, now, match)

        return replace(rules, is_preflight_due=is_preflight_due)

    return apply


def cache_kept(rules: Rules) -> Rules:
    """A request that fails takes nothing from the cache."""

    def cache_after_failure(cache: PreflightCache, _: Flight, __: Refusal, ___: bool) -> PreflightCache:
        return cache

    return replace(rules, cache_after_failure=cache_after_failure)


def tainted_not_cached(rules: Rules) -> Rules:
    """What was granted to an origin that redirects made opaque serves nobody later, but other hops of the same call."""

    def cache_entry_match(entry: CacheEntry, flight: Flight, now: float) -> bool:
        untainted = serialize_request_origin(flight) == flight.origin
        return (untainted or _is_of_this_call(entry, flight, now)) and rules.cache_entry_match(entry, flight, now)

    return replace(rules, cache_entry_match=cache_entry_match)


def opaque_not_cached(rules: Rules) -> Rules:
    """What was granted to an opaque origin serves nobody later, but the page's serves hops of the same call."""

    def cache_entry_match(entry: CacheEntry, flight: Flight, now: float) -> bool:
        stays = all(same_origin(url.origin, flight.url_list[0].origin) for url in flight.url_list)
        served = entry.origin != OPAQUE_ORIGIN or (stays and _is_of_this_call(entry, flight, now))
        return served and rules.cache_entry_match(entry, flight, now)

    return replace(rules, cache_entry_match=cache_entry_match)


def _is_of_this_call(entry: CacheEntry, flight: Flight, now: float) -> bool:
    return flight.redirect_count > 0 and entry.stored == now


def userinfo_not_cached(rules: Rules) -> Rules:
    """User name and password are no part of the URL that the cache goes by."""

    def cache_entry_match(entry: CacheEntry, flight: Flight, now: float) -> bool:
        return rules.cache_entry_match(entry, _without_userinfo(flight), now)

    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        return rules.store_grants(cache, _without_userinfo(flight), response, now, match)

    return replace(rules, cache_entry_match=cache_entry_match, store_grants=store_grants)


def _without_userinfo(flight: Flight) -> Flight:
    url = flight.current_url
    if not url.includes_credentials:
        return flight
    return replace(flight, url_list=(*flight.url_list[:-1], replace(url, username="", password="")))


def conditional_as_reload(*apis: Api) -> Callable[[Rules], Rules]:
    """Through these interfaces, a request with a condition of its own is taken for one with cache mode reload."""

    def apply(rules: Rules) -> Rules:
        def create_flight(request: Request) -> Flight | Failure:
            flight = rules.create_flight(request)
            if isinstance(flight, Failure) or flight.cache_mode is not CacheMode.DEFAULT or request.api not in apis:
                return flight
            return replace(flight, cache_mode=CacheMode.RELOAD) if is_conditional(flight) else flight

        return replace(rules, create_flight=create_flight)

    return apply


def is_conditional(flight: Flight) -> bool:
    """Whether the page itself asks for something only if it has changed, or has not."""
    return any(contains(name, flight.headers) for name in _CONDITIONS)


# ---- redirects -------------------------------------------------------------------------------------


def credentials_kept(rules: Rules) -> Rules:
    """In mode no-cors, what credentials mode same-origin permits at first it permits wherever redirects lead."""

    def create_actual(flight: Flight, origin: str | None) -> WireRequest:
        request = rules.create_actual(flight, origin)
        at_home = same_origin(flight.url_list[0].origin, flight.origin)
        kept = flight.mode is Mode.NO_CORS and flight.credentials is Credentials.SAME_ORIGIN and at_home
        return replace(request, credentials=True) if kept else request

    return replace(rules, create_actual=create_actual)


def userinfo_not_inherited(rules: Rules) -> Rules:
    """A relative Location leads to a URL without the user name and password of the one that redirects."""

    def location_url(flight: Flight, headers: Headers) -> Url | Failure | None:
        return rules.location_url(_without_userinfo(flight), headers)

    return replace(rules, location_url=location_url)


def equal_locations_joined(rules: Rules) -> Rules:
    """Several Location headers that say the same are one."""

    def location_url(flight: Flight, headers: Headers) -> Url | Failure | None:
        values = get_all("location", headers)
        if len(values) > 1 and len(set(values)) == 1:
            headers = (*delete("location", headers), ("Location", values[0]))
        return rules.location_url(flight, headers)

    return replace(rules, location_url=location_url)
