"""The stage for oracle tests: three origins, requests between them, and servers as scripts.

Builders only, no assertions. Imports the oracle's public names and the two records inside it that
its functions pass round.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.oracle import Answer, Headers, Kind, Request, Server, WireRequest, WireResponse
from harness.oracle.api import create_flight
from harness.oracle.flight import Flight, Tainting

PAGE = "http://app.test:8000"
API = "http://api.test:9000"
OTHER = "http://other.test:9100"
URL = f"{API}/item"

ALLOW_PAGE: Headers = (("Access-Control-Allow-Origin", PAGE),)
ALLOW_ANY: Headers = (("Access-Control-Allow-Origin", "*"),)
ALLOW_NULL: Headers = (("Access-Control-Allow-Origin", "null"),)
ALLOW_CREDENTIALS: Headers = (*ALLOW_PAGE, ("Access-Control-Allow-Credentials", "true"))


def asks(url: str = URL, origin: str = PAGE, **more: Any) -> Request:
    """A request of the page to the API, unless told otherwise."""
    return Request(url=url, origin=origin, **more)


def flies(tainting: Tainting = Tainting.CORS, **more: Any) -> Flight:
    """The same request behind the API's own checks."""
    flight = create_flight(asks(**more))
    assert isinstance(flight, Flight)
    return replace(flight, tainting=tainting)


def says(status: int = 200, *headers: tuple[str, str], allow: Headers = ALLOW_PAGE) -> WireResponse:
    """A response; by default one that the page may read."""
    return WireResponse(status, (*allow, *headers))


def leads_to(location: str, status: int = 302, allow: Headers = ALLOW_PAGE) -> WireResponse:
    """A redirect."""
    return says(status, ("Location", location), allow=allow)


def grants(*headers: tuple[str, str], status: int = 204, allow: Headers = ALLOW_PAGE) -> WireResponse:
    """An answer to a preflight."""
    return says(status, *headers, allow=allow)


def methods(value: str) -> tuple[str, str]:
    """Access-Control-Allow-Methods."""
    return "Access-Control-Allow-Methods", value


def names(value: str) -> tuple[str, str]:
    """Access-Control-Allow-Headers."""
    return "Access-Control-Allow-Headers", value


def max_age(value: str) -> tuple[str, str]:
    """Access-Control-Max-Age."""
    return "Access-Control-Max-Age", value


def in_order(*answers: Answer) -> Server:
    """A server that gives these answers one after the other, and the last one for ever."""
    left = list(answers)

    def server(_: WireRequest) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return server


def split(preflight: Answer, actual: Answer) -> Server:
    """A server that tells preflights from all else."""
    return lambda request: preflight if request.kind is Kind.PREFLIGHT else actual
