"""aiohttp with aiohttp-cors on every route, served by aiohttp itself: it is neither WSGI nor ASGI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp_cors
from aiohttp import web

from harness.loop import LoopThread
from harness.policy import Policy
from tests.apps import POLICY, api

DEADLINE = 20.0


async def items(request: web.Request) -> web.StreamResponse:
    """Answer with all items."""
    return web.json_response(api.ITEMS)


async def create(request: web.Request) -> web.StreamResponse:
    """Answer with a new item."""
    return web.json_response(api.CREATED, status=201)


async def item(request: web.Request) -> web.StreamResponse:
    """Answer with one item."""
    return web.json_response(api.item(int(request.match_info["number"])))


async def delete(request: web.Request) -> web.StreamResponse:
    """Answer with nothing."""
    return web.Response(status=204)


async def me(request: web.Request) -> web.StreamResponse:
    """Answer with who asks."""
    body, status = api.me(request.cookies.get(api.COOKIE), request.headers.get("Authorization"))
    return web.json_response(body, status=status)


async def login(request: web.Request) -> web.StreamResponse:
    """Set the cookie."""
    return web.json_response(api.PUBLIC, headers=api.LOGIN)


async def public(request: web.Request) -> web.StreamResponse:
    """Answer everybody."""
    return web.json_response(api.PUBLIC)


async def headers(request: web.Request) -> web.StreamResponse:
    """Answer with a header."""
    return web.json_response(api.PUBLIC, headers=api.COUNTED)


async def old(request: web.Request) -> web.StreamResponse:
    """Redirect."""
    raise web.HTTPFound("/items")


async def error(request: web.Request) -> web.StreamResponse:
    """Fail."""
    raise api.PlannedError


def create_app(policy: Policy = POLICY) -> web.Application:
    """Make aiohttp's application behind the policy."""
    app = web.Application()
    app.add_routes(
        [
            web.get("/items", items),
            web.post("/items", create),
            web.get(r"/items/{number:\d+}", item),
            web.put(r"/items/{number:\d+}", item),
            web.patch(r"/items/{number:\d+}", item),
            web.delete(r"/items/{number:\d+}", delete),
            web.get("/me", me),
            web.get("/login", login),
            web.get("/public", public),
            web.get("/headers", headers),
            web.get("/old", old),
            web.get("/error", error),
        ]
    )
    options = aiohttp_cors.ResourceOptions(  # type: ignore[no-untyped-call]
        allow_credentials=policy.credentials,
        expose_headers=policy.exposed_headers,
        allow_headers=policy.request_headers,
        allow_methods=policy.methods,
        max_age=policy.max_age,
    )
    cors = aiohttp_cors.setup(app, defaults=dict.fromkeys(policy.origins, options))
    for route in list(app.router.routes()):
        cors.add(route)
    return app


@contextmanager
def serve(policy: Policy = POLICY) -> Iterator[str]:
    """Serve the app by aiohttp in a thread of its own; yield its origin."""
    thread = LoopThread("aiohttp")
    runner = web.AppRunner(create_app(policy), handle_signals=False)
    try:
        port = thread.call(_start(runner), DEADLINE)
        yield f"http://localhost:{port}"
        thread.call(runner.cleanup(), DEADLINE)
    finally:
        thread.stop()


async def _start(runner: web.AppRunner) -> int:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port: int = runner.addresses[0][1]
    return port
