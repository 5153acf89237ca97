"""Canaries: requests whose answer is known, asked of every browser before it is believed (DESIGN 2.3).

Two must be readable and two must be blocked, at the page and at the server. They catch a browser whose web security is
off, a driver that answers preflights itself, a page on the wrong origin, a record that misses requests. The small API
that they ask is here too: what proves the harness must not be the application under test.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from harness.scenario import Api, Crossing, Expectation, Outcome, Scenario, Seen, Step
from harness.wire import Receive, Send

HOOKS = "canary"
BODY = b"canary"
READABLE = frozenset({"content-type", "content-length"})


async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer ``/open`` with permission for everything and ``/closed`` without any CORS header (ASGI)."""
    if scope["type"] != "http":
        raise RuntimeError(f"the canary API speaks HTTP only, not {scope['type']}")
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(BODY)).encode())]
    headers += [(b"connection", b"close")]  # WebKitGTK does a twentieth less beside a few idle connections (measured)
    if scope["path"] == "/open":
        headers += _permission(dict(scope["headers"]))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


def _permission(asked: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    granted = [(b"access-control-allow-origin", asked.get(b"origin", b"*"))]
    if method := asked.get(b"access-control-request-method"):
        headers = asked.get(b"access-control-request-headers", b"")
        granted += [(b"access-control-allow-methods", method), (b"access-control-allow-headers", headers)]
    return granted


_ORIGIN = ("origin", "{page}")
_GRANT = ("access-control-allow-origin", "{page}")
_ASK_PUT = (
    ("access-control-request-headers", "x-canary"),
    ("access-control-request-method", "PUT"),
    _ORIGIN,
)
_GRANT_PUT = (("access-control-allow-headers", "x-canary"), ("access-control-allow-methods", "PUT"), _GRANT)


def _canary(name: str, path: str, step: Step, seen: Seen, *wire: Crossing) -> Scenario:
    expectation = Expectation((seen,), wire)
    return Scenario(
        f"canary-{name}", "canary", f"{step.method} {path}", (step,), {HOOKS: expectation}, apis=(Api.FETCH,)
    )


_PUT = (("X-Canary", "1"),)
_ALLOWED = Seen(Outcome.ALLOWED, 200, READABLE)
_BLOCKED = Seen(Outcome.BLOCKED)
CANARIES = (
    _canary(
        "open-simple",
        "/open",
        Step("GET", "{api}/open"),
        _ALLOWED,
        Crossing("GET", "/open", 200, (_ORIGIN,), (_GRANT,)),
    ),
    _canary(
        "open-preflight",
        "/open",
        Step("PUT", "{api}/open", _PUT),
        _ALLOWED,
        Crossing("OPTIONS", "/open", 200, _ASK_PUT, _GRANT_PUT),
        Crossing("PUT", "/open", 200, (_ORIGIN,), (_GRANT,)),
    ),
    _canary(
        "closed-simple", "/closed", Step("GET", "{api}/closed"), _BLOCKED, Crossing("GET", "/closed", 200, (_ORIGIN,))
    ),
    _canary(
        "closed-preflight",
        "/closed",
        Step("PUT", "{api}/closed", _PUT),
        _BLOCKED,
        Crossing("OPTIONS", "/closed", 200, _ASK_PUT),
    ),
)
