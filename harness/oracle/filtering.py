"""What of a response script gets to see: whether any of it, and through which filter.

https://fetch.spec.whatwg.org/#concept-filtered-response
"""

from __future__ import annotations

from harness.oracle.corp import cross_origin_resource_policy_check
from harness.oracle.cors_check import cors_check
from harness.oracle.exchange import WireResponse
from harness.oracle.flight import Flight, Tainting, serialize_request_origin
from harness.oracle.grammar import Malformed, byte_lowercase
from harness.oracle.headers import Headers, extract_list_values, sort_and_combine
from harness.oracle.outcome import Failure, Readable, ResponseType
from harness.oracle.request import Credentials

_FORBIDDEN = frozenset({"set-cookie", "set-cookie2"})  # #forbidden-response-header-name
_SAFELISTED = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)


def response_failure(flight: Flight, response: WireResponse) -> Failure | None:
    """#http-fetch steps 4.4 and 5, which also look at responses that redirect. None: nothing refuses."""
    if flight.tainting is Tainting.CORS:
        return cors_check(serialize_request_origin(flight), flight.credentials, response.headers)
    if flight.tainting is Tainting.OPAQUE:
        return cross_origin_resource_policy_check(flight.origin, flight.current_url, response.headers)
    return None


def exposed_header_names(credentials: Credentials, headers: Headers) -> frozenset[str]:
    """#main-fetch step 14.1: the CORS-exposed header-name list, in lower case.

    With credentials `*` is the name of a header called `*`. A list that breaks the grammar exposes nothing.
    """
    names = extract_list_values("access-control-expose-headers", headers)  # step 14.1.1
    if names is None or isinstance(names, Malformed):
        return frozenset()
    if credentials is not Credentials.INCLUDE and "*" in names:  # step 14.1.2
        return frozenset(byte_lowercase(name) for name, _ in headers)
    return frozenset(map(byte_lowercase, names))  # step 14.1.3


def cors_readable(headers: Headers, credentials: Credentials) -> Headers:
    """#concept-filtered-response-cors: the fields that a CORS filtered response keeps."""
    names = (_SAFELISTED | exposed_header_names(credentials, headers)) - _FORBIDDEN
    return tuple(header for header in headers if byte_lowercase(header[0]) in names)


def basic_readable(headers: Headers) -> Headers:
    """#concept-filtered-response-basic: everything but Set-Cookie."""
    return tuple(header for header in headers if byte_lowercase(header[0]) not in _FORBIDDEN)


def filter_response(flight: Flight, response: WireResponse) -> Readable:
    """#main-fetch step 14.2: the filter that the response tainting asks for."""
    if flight.tainting is Tainting.OPAQUE:
        return Readable(ResponseType.OPAQUE)
    basic = flight.tainting is Tainting.BASIC
    kept = basic_readable(response.headers) if basic else cors_readable(response.headers, flight.credentials)
    return Readable(
        type=ResponseType.BASIC if basic else ResponseType.CORS,
        status=response.status,
        headers=sort_and_combine(kept),
        url=flight.current_url.for_script,
        redirected=flight.redirect_count > 0,
    )


def opaque_redirect(flight: Flight, _: WireResponse) -> Readable | Failure:
    """#concept-filtered-response-opaque-redirect: only the URL shows, and that one script knew before.

    Wherever it leads: nothing here looks at Location, so nothing is refused.
    """
    return Readable(ResponseType.OPAQUE_REDIRECT, url=flight.current_url.for_script)
