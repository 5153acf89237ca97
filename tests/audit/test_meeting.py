"""Meetings in every engine: what the cache of a browser keeps from a sister page, and WebSockets that open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from planted import APP, right, together
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from harness.audit.asking import Asking, Sights, see
from harness.audit.control import controlled
from harness.audit.sights import TARGET, Ask, Geometry
from harness.engines import EngineChoice, EngineName
from harness.ground import Ground
from harness.observation import PageOutcome
from harness.scenario import Api, Step

SISTER, ATTACKER = "https://admin.example.com", "https://attacker.example"


def caching(*, varies: bool, refused: tuple[str, ...] = ()) -> Any:
    """Make an application that lets origins in by name, whose answers may be kept."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        origin = dict(scope["headers"]).get(b"origin", b"")
        allowed = [(b"access-control-allow-origin", origin)] if origin.decode() not in refused else []
        vary = [(b"vary", b"Origin")] if varies else []
        kept = [(b"cache-control", b"max-age=600"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": [*allowed, *vary, *kept]})
        await send({"type": "http.response.body", "body": b"ok"})

    return app


async def _open(socket: WebSocket) -> None:
    await socket.accept()
    await socket.receive_text()


async def _closed(socket: WebSocket) -> None:
    await socket.close(1008)


async def _closed_late(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close(1008)


SOCKETS = {"open": _open, "closed": _closed, "closed-late": _closed_late}
APPS = {
    "kept": caching(varies=False),
    "varied": caching(varies=True),
    "refused": caching(varies=False, refused=(SISTER,)),
    "right": right(),
    "sockets": Starlette(routes=[WebSocketRoute(f"/{name}", serve) for name, serve in SOCKETS.items()]),
}


def _after(path: str, page: str, sister: str) -> Ask:
    step = Step("GET", f"{{api}}{path}", credentials="omit")
    return Ask(page, (step, Step("GET", f"{{api}}{path}", credentials="omit", cache="reload")), after=sister)


ONE_URL = {
    "kept": _after("/kept/", SISTER, APP),
    "varied": _after("/varied/", SISTER, APP),
    "refused": _after("/refused/", APP, SISTER),
    "lets-only-the-first-in": _after("/right/items", SISTER, APP),
}
OPENED = {
    name: Ask(ATTACKER, (Step("GET", f"{{api}}/sockets/{name}"),), Geometry.CROSS_SITE, Api.WEBSOCKET)
    for name in SOCKETS
}


@pytest.fixture(scope="module")
def sights() -> Iterator[Sights]:
    """What came of all of them in all engines."""
    control = controlled(together(APPS))
    with Ground({}, at_loopback=True) as ground:
        ground.add_api(TARGET, lambda: control.app)
        for page in (APP, SISTER, ATTACKER):
            ground.add_page(page)
        # One ask of the ordinary kind finds out which engines there are.
        ordinary = Ask(APP, (Step("GET", "{api}/right/items"),))
        asks = (ordinary, *ONE_URL.values(), *OPENED.values())
        yield see(asks, Asking(tuple(map(EngineChoice, EngineName)), control.door), ground)


pytestmark = pytest.mark.browser
engines = pytest.mark.parametrize("engine", list(EngineName))


@engines
def test_what_the_cache_keeps_from_a_sister(engine: EngineName, sights: Sights) -> None:
    """It shows where the answer has no Vary; with it, or where the page may not read it anyway, nothing does.

    That the answer to a page that was refused is kept, only Firefox shows.
    """
    seen = {name: sights[engine][ask] for name, ask in ONE_URL.items()}
    assert {name: sight.trouble for name, sight in seen.items()} == dict.fromkeys(ONE_URL, "")
    shown = {name for name, sight in seen.items() if sight.is_kept_from_by_cache}
    assert shown == ({"kept", "refused"} if engine is EngineName.FIREFOX else {"kept"})


@engines
def test_the_wire_of_a_meeting(engine: EngineName, sights: Sights) -> None:
    """What the cache answers is never sent; the page's request past the cache is."""
    origins = [dict(one.request_headers)["origin"] for one in sights[engine][ONE_URL["kept"]].exchanges]
    assert origins == [APP, SISTER]
    varied = [dict(one.request_headers)["origin"] for one in sights[engine][ONE_URL["varied"]].exchanges]
    assert varied == [APP, SISTER, SISTER]


@engines
def test_sockets_that_open(engine: EngineName, sights: Sights) -> None:
    """A WebSocket opens for a page on any origin unless the server refuses, before or after it accepts."""
    seen = {name: sights[engine][ask] for name, ask in OPENED.items()}
    assert {name for name, sight in seen.items() if sight.is_read} == {"open"}
    assert {sight.page[0].outcome for name, sight in seen.items() if name != "open"} == {PageOutcome.NETWORK_ERROR}
    assert {name: [one.status for one in sight.exchanges] for name, sight in seen.items()} == {
        "open": [101],
        "closed": [403],
        "closed-late": [101],
    }
    assert all(sight.door is not None for sight in seen.values())
