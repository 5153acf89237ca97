"""The algorithms of the walk, one field each: the standard's own, unless somebody puts others in their place.

`STANDARD` is Fetch. Whoever models a user agent that leaves it replaces fields and wraps what was there before, so
that several such replacements add up. A field is called with what its algorithm is given in the standard, and with the
finer algorithms that it calls in turn where those are fields as well. Nothing here knows any user agent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.oracle.api import create_flight
from harness.oracle.cache import (
    CacheEntry,
    CacheEntryMatch,
    PreflightCache,
    cache_after_failure,
    cache_before_preflight,
)
from harness.oracle.classify import Safelist, is_safelisted_request_header
from harness.oracle.exchange import WireRequest, WireResponse
from harness.oracle.filtering import filter_response, opaque_redirect, response_failure
from harness.oracle.flight import Flight, request_origin_header
from harness.oracle.headers import Headers
from harness.oracle.network import Connect, connection_failure, create_actual, create_authenticated, is_authenticated
from harness.oracle.outcome import Failure, Readable, Refusal
from harness.oracle.ports import is_blocked_due_to_a_bad_port
from harness.oracle.preflight import (
    are_grants_stored,
    create_preflight,
    is_preflight_due,
    needs_preflight,
    preflight_failures,
    store_grants,
    unsafe_names_of,
)
from harness.oracle.redirect import is_redirect, location_url, redirect_failure, redirected
from harness.oracle.request import Request
from harness.oracle.urls import Url


@dataclass(frozen=True, slots=True)
class Rules:
    """What one user agent does at each step; by default what the standard says there."""

    # The API: #dom-request, and the methods of XMLHttpRequest.
    create_flight: Callable[[Request], Flight | Failure] = create_flight

    # #main-fetch steps 7 and 12: is there anything to ask for first?
    is_blocked_due_to_a_bad_port: Callable[[Url], bool] = is_blocked_due_to_a_bad_port
    is_safelisted_request_header: Safelist = is_safelisted_request_header
    unsafe_request_header_names: Callable[[Flight, Safelist], tuple[str, ...]] = unsafe_names_of
    needs_preflight: Callable[[Flight, tuple[str, ...]], bool] = needs_preflight

    # #http-fetch step 4.1, #cors-preflight-fetch, #cors-preflight-cache.
    cache_entry_match: CacheEntryMatch = CacheEntry.matches
    is_preflight_due: Callable[[Flight, tuple[str, ...], PreflightCache, float, CacheEntryMatch], bool] = (
        is_preflight_due
    )
    cache_before_preflight: Callable[[PreflightCache, Flight], PreflightCache] = cache_before_preflight
    create_preflight: Callable[[Flight, tuple[str, ...]], WireRequest] = create_preflight
    preflight_failures: Callable[[Flight, tuple[str, ...], WireResponse], Iterable[Failure]] = preflight_failures
    are_grants_stored: Callable[[Sequence[Failure]], bool] = are_grants_stored
    store_grants: Callable[[PreflightCache, Flight, WireResponse, float, CacheEntryMatch], PreflightCache] = (
        store_grants
    )
    cache_after_failure: Callable[[PreflightCache, Flight, Refusal, bool], PreflightCache] = cache_after_failure

    # #http-network-or-cache-fetch, #http-network-fetch: the request itself.
    request_origin_header: Callable[[Flight], str | None] = request_origin_header
    create_actual: Callable[[Flight, str | None], WireRequest] = create_actual
    connection_failure: Callable[[Flight, Connect], Failure | None] = connection_failure
    is_authenticated: Callable[[Flight, WireResponse], bool] = is_authenticated
    create_authenticated: Callable[[Flight, WireRequest], WireRequest] = create_authenticated

    # #http-fetch steps 4.4 and 5, #main-fetch step 14: the answer.
    response_failure: Callable[[Flight, WireResponse], Failure | None] = response_failure
    filter_response: Callable[[Flight, WireResponse], Readable] = filter_response

    # #http-fetch step 6, #http-redirect-fetch.
    is_redirect: Callable[[Flight, WireResponse], bool] = is_redirect
    opaque_redirect: Callable[[Flight, WireResponse], Readable | Failure] = opaque_redirect
    location_url: Callable[[Flight, Headers], Url | Failure | None] = location_url
    redirect_failure: Callable[[Flight, Url, WireResponse], Failure | None] = redirect_failure
    redirected: Callable[[Flight, Url, WireResponse], Flight] = redirected


STANDARD = Rules()
