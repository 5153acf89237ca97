"""What goes out for a request itself: the message, and whether the connection takes it.

https://fetch.spec.whatwg.org/#http-network-or-cache-fetch and #http-network-fetch. Pure; no connection is made here.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from harness.oracle.exchange import Kind, WireRequest, WireResponse
from harness.oracle.flight import Flight, Tainting, include_credentials
from harness.oracle.headers import contains, get
from harness.oracle.outcome import Failure
from harness.oracle.reasons import Reason
from harness.oracle.request import Api


class Connection(StrEnum):
    """#concept-connection, as far as it matters: which HTTP a server speaks."""

    HTTP_1 = "HTTP/1.x"
    HTTP_2 = "HTTP/2"  # or later


Connect: TypeAlias = Callable[[str], Connection]  # #concept-connection-obtain, for the origin of a URL


def connect_by_http_1(_: str) -> Connection:
    """What to do where nobody says otherwise: every server speaks HTTP/1."""
    return Connection.HTTP_1


def create_actual(flight: Flight, origin: str | None) -> WireRequest:
    """#http-network-or-cache-fetch step 8: the request with its Origin header, if it has one."""
    return WireRequest(
        Kind.ACTUAL,
        flight.method,
        flight.current_url.on_the_wire,
        flight.headers if origin is None else (*flight.headers, ("Origin", origin)),
        include_credentials(flight),
        flight.body,
        flight.redirect_count,
    )


def connection_failure(flight: Flight, connect: Connect) -> Failure | None:
    """#http-network-fetch step 8.3: a stream has no length and cannot be sent again, so HTTP/1 does not get it.

    A preflight was sent by then, and was of no use.
    """
    if flight.body is None or not flight.body_is_stream:
        return None
    if connect(flight.current_url.origin) is Connection.HTTP_1:
        return Failure(Reason.STREAM_OVER_HTTP_ONE, subject=flight.method)
    return None


def asks_for_url_credentials(flight: Flight, response: WireResponse) -> bool:
    """#http-network-or-cache-fetch step 14, where the URL itself has the answer to a 401.

    Only open() takes such a URL (the use-URL-credentials flag). A person who would be asked is outside this model.
    """
    challenge = get("www-authenticate", response.headers)
    return (
        response.status == 401
        and challenge is not None
        and "basic" in challenge.lower()
        and flight.initiator_type is Api.XHR
        and flight.current_url.includes_credentials
    )


def is_authenticated(flight: Flight, response: WireResponse) -> bool:
    """Step 14: whether the request is made a second time. CORS forbids it: a page may not try passwords elsewhere."""
    may = flight.tainting is not Tainting.CORS and include_credentials(flight)
    return may and asks_for_url_credentials(flight, response)


def create_authenticated(flight: Flight, request: WireRequest) -> WireRequest:
    """Step 8.22: the same request, with the URL's user name and password unless the author set Authorization."""
    if contains("authorization", request.headers):
        return request
    url = flight.current_url
    userinfo = unquote_to_bytes(url.username) + b":" + unquote_to_bytes(url.password)
    return replace(request, headers=(*request.headers, ("Authorization", f"Basic {b64encode(userinfo).decode()}")))
