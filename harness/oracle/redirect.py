"""Redirects: where they lead, what they refuse, and what becomes of the request on the way.

https://fetch.spec.whatwg.org/#http-redirect-fetch
"""

from __future__ import annotations

from dataclasses import replace

from harness.oracle.classify import NON_WILDCARD_NAMES
from harness.oracle.exchange import WireResponse
from harness.oracle.flight import Flight, Tainting
from harness.oracle.grammar import Malformed, byte_lowercase
from harness.oracle.headers import Headers, delete, extract_list_values, get_all
from harness.oracle.outcome import Failure
from harness.oracle.reasons import Reason
from harness.oracle.request import Mode, ReferrerPolicy
from harness.oracle.urls import DEFAULT_PORTS, Url, parse_url, same_origin

MAX_REDIRECTS = 20

_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_BODY_HEADERS = ("content-encoding", "content-language", "content-location", "content-type")
_REFERRER_POLICIES = {policy.value: policy for policy in ReferrerPolicy}


def is_redirect_status(status: int) -> bool:
    """#redirect-status: neither 300 nor 304."""
    return status in _REDIRECT_STATUSES


def is_redirect(_: Flight, response: WireResponse) -> bool:
    """#http-fetch step 6: the status alone says it, be there a Location or not."""
    return is_redirect_status(response.status)


def location_url(flight: Flight, headers: Headers) -> Url | Failure | None:
    """#concept-response-location-url: None without a Location, a failure where it is no single URL.

    An empty Location is a URL reference like any other: it leads to where the request already is.
    """
    fields = get_all("location", headers)
    if not fields:
        return None
    if len(fields) > 1:  # step 2: the grammar allows one
        return Failure.of(Reason.LOCATION_MULTIPLE, headers)
    url = parse_url(fields[0], flight.current_url)  # step 3
    if url is None:
        return Failure.of(Reason.LOCATION_INVALID, headers)
    return url if url.fragment is not None else replace(url, fragment=flight.current_url.fragment)  # step 4


def redirect_failure(flight: Flight, url: Url, response: WireResponse) -> Failure | None:
    """Steps 6 to 11: why this redirect is not followed."""
    if url.scheme not in DEFAULT_PORTS:  # step 6
        return Failure.of(Reason.REDIRECT_SCHEME, response.headers, url.scheme)
    if flight.redirect_count == MAX_REDIRECTS:  # step 7
        return Failure.of(Reason.TOO_MANY_REDIRECTS, response.headers)
    if url.includes_credentials and (
        (flight.mode is Mode.CORS and not same_origin(flight.origin, url.origin))  # step 9
        or flight.tainting is Tainting.CORS  # step 10: a foreign origin may not send one back home with it either
    ):
        return Failure.of(Reason.REDIRECT_INCLUDES_CREDENTIALS, response.headers, url.for_script)
    if response.status != 303 and flight.body is not None and flight.body_is_stream:  # step 11
        return Failure(Reason.REDIRECT_NEEDS_BODY_AGAIN, subject=str(response.status))
    return None


def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
    """Steps 12 to 19: the request that goes to `url`."""
    method, headers, body = flight.method, flight.headers, flight.body
    if becomes_get(response.status, method):  # step 12: and what described the body goes with it
        method, body = "GET", None
        for name in _BODY_HEADERS:
            headers = delete(name, headers)
    if not same_origin(flight.current_url.origin, url.origin):  # step 13
        for name in NON_WILDCARD_NAMES:
            headers = delete(name, headers)
    return replace(
        flight,
        method=method,
        headers=headers,
        body=body,
        url_list=(*flight.url_list, url),  # step 18
        referrer_policy=_referrer_policy_on_redirect(flight.referrer_policy, response.headers),  # step 19
    )


def becomes_get(status: int, method: str) -> bool:
    """Step 12: 301 and 302 turn only POST into GET, 303 turns all but GET and HEAD."""
    if status == 303:
        return method not in ("GET", "HEAD")
    return status in (301, 302) and method == "POST"


def _referrer_policy_on_redirect(policy: ReferrerPolicy, headers: Headers) -> ReferrerPolicy:
    """Referrer Policy, "set request's referrer policy on redirect": the last word that it knows counts."""
    tokens = extract_list_values("referrer-policy", headers)
    if tokens is None or isinstance(tokens, Malformed):
        return policy
    known = [_REFERRER_POLICIES[token] for token in map(byte_lowercase, tokens) if token in _REFERRER_POLICIES]
    return known[-1] if known else policy
