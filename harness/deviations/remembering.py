"""A request that remembers what it was before it was redirected: engines act on such memories, the standard has none.

Imports the oracle; knows no engine.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from harness.oracle import Failure, Headers
from harness.oracle.flight import Flight
from harness.oracle.urls import same_origin

BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type"})


@dataclass(frozen=True, slots=True)
class Remembering(Flight):
    """A redirected request.

    ``first_method`` and ``first_headers``: what it had before any redirect. ``gone``: the names that the last redirect
    takes away. ``last_origin``: the Origin header that went out before the last redirect, where it stays. ``refusal``:
    why it will not go out. ``author_type``: the Content-Type as the page gave it to an XMLHttpRequest.
    ``lost_type``: the one that redirects have taken away.
    """

    first_method: str = ""
    first_headers: Headers = ()
    gone: frozenset[str] = frozenset()
    last_origin: str | None = None
    refusal: Failure | None = None
    author_type: str | None = None
    lost_type: str | None = None


def first_headers(flight: Flight) -> Headers:
    """The headers that the request had before any redirect."""
    return flight.first_headers if isinstance(flight, Remembering) else flight.headers


def first_method(flight: Flight) -> str:
    """The method that the request had before any redirect."""
    return flight.first_method if isinstance(flight, Remembering) else flight.method


def remembering(before: Flight, after: Flight) -> Remembering:
    """What ``before`` was redirected to, with its memory."""
    rewritten = BODY_HEADERS if after.method != before.method else frozenset()
    abroad = not same_origin(before.current_url.origin, after.current_url.origin)
    gone = rewritten | ({"authorization"} if abroad else frozenset())
    if not isinstance(after, Remembering):
        after = Remembering(**{field.name: getattr(after, field.name) for field in fields(Flight)})
    return replace(after, first_method=first_method(before), first_headers=first_headers(before), gone=gone)
