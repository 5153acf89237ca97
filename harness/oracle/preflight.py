"""The preflight: whether one is due, what it asks, and what its answer grants.

https://fetch.spec.whatwg.org/#cors-preflight-fetch
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.oracle.cache import CacheEntry, CacheEntryMatch, PreflightCache
from harness.oracle.classify import (
    NON_WILDCARD_NAMES,
    Safelist,
    is_safelisted_method,
    is_safelisted_request_header,
    unsafe_request_header_names,
)
from harness.oracle.cors_check import cors_check
from harness.oracle.exchange import Kind, WireRequest, WireResponse
from harness.oracle.flight import Flight, serialize_request_origin
from harness.oracle.grammar import Malformed, byte_lowercase, parse_delta_seconds
from harness.oracle.headers import Headers, extract_list_values, get_all
from harness.oracle.outcome import Failure
from harness.oracle.reasons import Reason
from harness.oracle.redirect import is_redirect_status
from harness.oracle.request import Credentials

_ALLOW_METHODS = "Access-Control-Allow-Methods"
_ALLOW_HEADERS = "Access-Control-Allow-Headers"
_MAX_AGE = "Access-Control-Max-Age"
_WILDCARD = "*"
_DEFAULT_MAX_AGE = 5


def unsafe_names_of(flight: Flight, is_safelisted: Safelist = is_safelisted_request_header) -> tuple[str, ...]:
    """#cors-unsafe-request-header-names with the request's header list."""
    return unsafe_request_header_names(flight.headers, is_safelisted)


def needs_preflight(flight: Flight, unsafe_names: tuple[str, ...]) -> bool:
    """#main-fetch step 12, the last but one statement: something is unsafe, or the flag is set."""
    return flight.use_cors_preflight or not is_safelisted_method(flight.method) or bool(unsafe_names)


def is_preflight_due(
    flight: Flight,
    unsafe_names: tuple[str, ...],
    cache: PreflightCache,
    now: float,
    match: CacheEntryMatch = CacheEntry.matches,
) -> bool:
    """#http-fetch step 4.1: what is unsafe, and not in the cache."""
    needs_method = flight.use_cors_preflight or not is_safelisted_method(flight.method)
    if needs_method and not cache.has_method(flight.method, flight, now, match):
        return True
    return any(not cache.has_header_name(name, flight, now, match) for name in unsafe_names)


def create_preflight(flight: Flight, unsafe_names: tuple[str, ...]) -> WireRequest:
    """Steps 1 to 5. It asks for all that is unsafe, in the cache or not, and carries no credentials."""
    headers: Headers = (
        ("Accept", "*/*"),
        ("Access-Control-Request-Method", flight.method),
        ("Origin", serialize_request_origin(flight)),
    )
    if unsafe_names:  # step 5: joined by a comma alone, no blank
        headers = (*headers, ("Access-Control-Request-Headers", ",".join(unsafe_names)))
    return WireRequest(Kind.PREFLIGHT, "OPTIONS", flight.current_url.on_the_wire, headers, hop=flight.redirect_count)


def preflight_failures(flight: Flight, unsafe_names: tuple[str, ...], response: WireResponse) -> Iterator[Failure]:
    """Step 7: everything that refuses, in the standard's order. The first decides; none is success."""
    # The check is made for the request itself, so its credentials mode counts, not the preflight's.
    failure = cors_check(serialize_request_origin(flight), flight.credentials, response.headers)
    if failure:
        yield failure
    if is_redirect_status(response.status):
        yield Failure(Reason.PREFLIGHT_REDIRECT, subject=str(response.status))
    elif not 200 <= response.status <= 299:
        yield Failure(Reason.PREFLIGHT_STATUS_NOT_OK, subject=str(response.status))
    methods = _listed_methods(flight, response.headers)  # steps 7.1 and 7.4
    names = extract_list_values(_ALLOW_HEADERS, response.headers)  # step 7.2
    if isinstance(methods, Malformed):  # step 7.3
        yield Failure.of(Reason.ALLOW_METHODS_MALFORMED, response.headers)
    if isinstance(names, Malformed):
        yield Failure.of(Reason.ALLOW_HEADERS_MALFORMED, response.headers)
    if not isinstance(methods, Malformed):
        yield from _method_failures(flight, methods, response.headers)
    if not isinstance(names, Malformed):
        listed = frozenset(map(byte_lowercase, names or ()))
        yield from _header_failures(flight, unsafe_names, listed, response.headers)


def _listed_methods(flight: Flight, headers: Headers) -> tuple[str, ...] | Malformed:
    """Steps 7.1 and 7.4: where the preflight was forced, no list at all lists the request's own method.

    Meant to get a safelisted method into the cache; but step 7.5 looks at the same list, so an upload
    listener or a stream body lets even a PUT pass without Access-Control-Allow-Methods.
    """
    methods = extract_list_values(_ALLOW_METHODS, headers)
    if methods is None:
        return (flight.method,) if flight.use_cors_preflight else ()
    return methods


def _method_failures(flight: Flight, methods: tuple[str, ...], headers: Headers) -> Iterator[Failure]:
    """Step 7.5. Methods are compared byte for byte: `patch` does not allow PATCH."""
    if flight.method in methods or is_safelisted_method(flight.method):
        return
    if _WILDCARD not in methods:
        yield Failure.of(Reason.METHOD_NOT_ALLOWED, headers, flight.method)
    elif flight.credentials is Credentials.INCLUDE:
        yield Failure.of(Reason.METHOD_WILDCARD_WITH_CREDENTIALS, headers, flight.method)


def _header_failures(
    flight: Flight, unsafe_names: tuple[str, ...], listed: frozenset[str], headers: Headers
) -> Iterator[Failure]:
    """Steps 7.6 and 7.7; names are compared in lower case."""
    not_by_name = Reason.HEADER_NOT_ALLOWED
    if _WILDCARD in listed:
        include = flight.credentials is Credentials.INCLUDE
        not_by_name = Reason.HEADER_WILDCARD_WITH_CREDENTIALS if include else Reason.AUTHORIZATION_NEEDS_LISTING
    sent = {byte_lowercase(name) for name, _ in flight.headers}
    for name in sent & NON_WILDCARD_NAMES - listed:  # step 7.6: whatever `*` says
        yield Failure.of(not_by_name, headers, name)
    if not_by_name is Reason.AUTHORIZATION_NEEDS_LISTING:  # step 7.7: `*` covers all others
        return
    for name in unsafe_names:
        if name not in listed:
            yield Failure.of(not_by_name, headers, name)


def are_grants_stored(failures: Sequence[Failure]) -> bool:
    """Step 7: only what refuses nothing gets as far as step 7.8."""
    return not failures


def store_grants(
    cache: PreflightCache,
    flight: Flight,
    response: WireResponse,
    now: float,
    match: CacheEntryMatch = CacheEntry.matches,
) -> PreflightCache:
    """Steps 7.8 to 7.15, after a preflight that succeeded."""
    methods = _listed_methods(flight, response.headers)
    names = extract_list_values(_ALLOW_HEADERS, response.headers)
    assert not isinstance(methods, Malformed), "step 7.3 has seen to that"
    assert not isinstance(names, Malformed), "step 7.3 has seen to that"
    return cache.store(flight, now, parse_max_age(response.headers), methods, names or (), match)


def parse_max_age(headers: Headers) -> int:
    """Steps 7.8 and 7.9: seconds; 5 where the header is absent, doubled or not delta-seconds."""
    fields = get_all(_MAX_AGE, headers)
    seconds = parse_delta_seconds(fields[0]) if len(fields) == 1 else None
    return seconds if isinstance(seconds, int) else _DEFAULT_MAX_AGE
