"""The request on its way: Fetch's "request" concept, as far as the CORS protocol looks at it.

A `Flight` is made by `api` from what the page asked for, and replaced, never changed, at each
redirect. Its functions are the ones Fetch defines on a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.oracle.headers import Headers
from harness.oracle.request import Api, CacheMode, Credentials, Mode, Redirect, ReferrerPolicy
from harness.oracle.urls import OPAQUE_ORIGIN, Url, same_origin


class Tainting(StrEnum):
    """#concept-request-response-tainting: which filter the response will get."""

    BASIC = "basic"
    CORS = "cors"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Flight:
    """#concept-request. The unsafe-request flag is always set: fetch() and XMLHttpRequest set it."""

    method: str
    url_list: tuple[Url, ...]
    origin: str
    headers: Headers
    body: bytes | None
    body_is_stream: bool  # "source is null": cannot be sent again
    mode: Mode
    credentials: Credentials
    redirect: Redirect
    referrer_policy: ReferrerPolicy
    use_cors_preflight: bool
    cache_mode: CacheMode
    initiator_type: Api
    tainting: Tainting = Tainting.BASIC

    @property
    def current_url(self) -> Url:
        """#concept-request-current-url."""
        return self.url_list[-1]

    @property
    def redirect_count(self) -> int:
        """#concept-request-redirect-count."""
        return len(self.url_list) - 1


def serialize_request_origin(flight: Flight) -> str:
    """#serializing-a-request-origin: `null` once a foreign origin redirected elsewhere."""
    return OPAQUE_ORIGIN if _is_redirect_tainted(flight) else flight.origin


def _is_redirect_tainted(flight: Flight) -> bool:
    """#concept-request-tainted-origin is not "same-origin".

    Step 4.3 alone decides that: what step 4.2 calls cross-site, step 4.3 calls at least same-site.
    """
    last = flight.url_list[0].origin
    for url in flight.url_list[1:]:
        if not same_origin(url.origin, last) and not same_origin(flight.origin, last):
            return True
        last = url.origin
    return False


def include_credentials(flight: Flight) -> bool:
    """#http-network-or-cache-fetch step 8.3. An embedder policy (step 8.4) is outside this model."""
    if flight.credentials is Credentials.SAME_ORIGIN:
        return flight.tainting is Tainting.BASIC
    return flight.credentials is Credentials.INCLUDE


def request_origin_header(flight: Flight) -> str | None:
    """#append-a-request-origin-header: the value, or None for no header."""
    if flight.tainting is Tainting.CORS:  # step 3
        return serialize_request_origin(flight)
    if flight.method in ("GET", "HEAD"):  # step 4: else no Origin, not even across origins (no-cors)
        return None
    if flight.mode is not Mode.CORS and _referrer_policy_hides_origin(flight):  # step 4.1
        return OPAQUE_ORIGIN
    return serialize_request_origin(flight)  # step 4.2


def _referrer_policy_hides_origin(flight: Flight) -> bool:
    """Step 4.1: a page that chose CORS has chosen to show its origin; any other may hide it."""
    match flight.referrer_policy:
        case ReferrerPolicy.NO_REFERRER:
            return True
        case (
            ReferrerPolicy.NO_REFERRER_WHEN_DOWNGRADE
            | ReferrerPolicy.STRICT_ORIGIN
            | ReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN
        ):
            return flight.origin.startswith("https:") and flight.current_url.scheme != "https"
        case ReferrerPolicy.SAME_ORIGIN:
            return not same_origin(flight.origin, flight.current_url.origin)
    return False
