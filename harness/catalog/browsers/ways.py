"""The words for redirects: ways from one URL to the next, and URLs that must not be reached.

Every answer on a way allows exactly the Origin that must arrive there, so that an engine that sends another one is
found out twice: by the record of the requests, and by what script sees.
"""

from __future__ import annotations

import re
from typing import Any

from harness.catalog.browsers.rows import Hop, answer, credentials, methods, names, origin, step, to
from harness.literal import Answer
from harness.scenario import Step
from harness.wire import Pairs

STATUSES = (301, 302, 303, 307, 308)
_STOP = re.compile(r"(page|api2?|cross)([:+])(page|null|none)")
_ORIGINS = {"page": "{page}", "null": "null", "none": ""}


def open_to(value: str, *headers: tuple[str, str], status: int = 200) -> Answer:
    """An answer that a request with this Origin may read, whatever its credentials mode."""
    return answer(origin(value), credentials(), *headers, status=status)


def onward(url: str, *headers: tuple[str, str], status: int = 302, allow: str = "{page}") -> Answer:
    """A redirect that a request with this Origin may follow, whatever its credentials mode."""
    return open_to(allow, to(url), *headers, status=status)


def leads(url: str, *, status: int = 302) -> tuple[Hop, ...]:
    """A redirect from the page's own ``/1``, where a GET has no Origin and nothing needs CORS."""
    return (Hop(answer(to(url), status=status), "{page}/1", origin=""),)


def unreached(url: str) -> Hop:
    """A URL at which nothing must arrive, although anybody might read what it answers."""
    return Hop(answer(origin("*")), url, preflight=answer(origin("*"), methods("*"), names("*")), sent=False)


def way(stops: str, *, status: int = 302, method: str = "GET", then: str = "", asks: str = "") -> tuple[Hop, ...]:
    """Redirects over stops such as ``page:none api:page api2+null``, with URLs ``{page}/1``, ``{api}/2``, ``{api2}/3``.

    A stop is a place and the Origin that must arrive there; behind a ``+`` a preflight arrives first and asks for the
    headers ``asks``. ``then`` is the method from the second stop on, where it is another one.
    """
    found = [_STOP.fullmatch(stop) for stop in stops.split()]
    hops: list[Hop] = []
    at_home = True
    for number, (place, mark, sent) in enumerate((stop.groups() for stop in found if stop), 1):
        at_home = at_home and place == "page"
        allowed: Pairs = () if at_home else (origin(_ORIGINS[sent]), credentials())
        following = found[number] if number < len(found) else None
        answered = (
            answer(*allowed, to(f"{{{following[1]}}}/{number + 1}"), status=status) if following else answer(*allowed)
        )
        own = (then if number > 1 else "") or method
        granted = answer(*allowed, methods(own), *((names(asks),) if asks else ()), status=204)
        preflighted = mark == "+"
        hops.append(
            Hop(
                answered,
                f"{{{place}}}/{number}",
                asks=asks if preflighted else None,
                preflight=granted if preflighted else None,
                method=own,
                origin=_ORIGINS[sent],
            )
        )
    return tuple(hops)


def along(hops: tuple[Hop, ...], method: str = "GET", *headers: tuple[str, str], **more: Any) -> Step:
    """The request that begins a way."""
    return step(method, *headers, url=hops[0].url, **more)
