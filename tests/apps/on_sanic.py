"""Sanic with the CORS of Sanic Extensions, served by Sanic itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sanic import HTTPResponse, Request, Sanic, empty, json, redirect
from sanic_ext import Extend

from harness.loop import LoopThread
from harness.policy import Policy
from tests.apps import POLICY, api

DEADLINE = 20.0
_NUMBERS = count()  # Sanic keeps every app that there was by its name


def create_app(policy: Policy = POLICY) -> Sanic[Any, Any]:
    """Make Sanic's application behind the policy."""
    app = Sanic(f"corsproof-{next(_NUMBERS)}", configure_logging=False)
    app.config.update(
        CORS_ORIGINS=list(policy.origins),
        CORS_METHODS=list(policy.methods),
        CORS_ALLOW_HEADERS=list(policy.request_headers),
        CORS_SUPPORTS_CREDENTIALS=policy.credentials,
        CORS_EXPOSE_HEADERS=list(policy.exposed_headers),
        CORS_MAX_AGE=policy.max_age,
        TOUCHUP=False,  # it rewrites Sanic's own classes for one app, and fails for the next
    )
    Extend(app)

    @app.get("/items")
    async def items(request: Request) -> HTTPResponse:
        return json(api.ITEMS)

    @app.post("/items")
    async def create(request: Request) -> HTTPResponse:
        return json(api.CREATED, status=201)

    @app.route("/items/<number:int>", methods=["GET", "PUT", "PATCH"])
    async def item(request: Request, number: int) -> HTTPResponse:
        return json(api.item(number))

    @app.delete("/items/<number:int>")
    async def delete(request: Request, number: int) -> HTTPResponse:
        return empty()

    @app.get("/me")
    async def me(request: Request) -> HTTPResponse:
        body, status = api.me(request.cookies.get(api.COOKIE), request.headers.get("Authorization"))
        return json(body, status=status)

    @app.get("/login")
    async def login(request: Request) -> HTTPResponse:
        return json(api.PUBLIC, headers=api.LOGIN)

    @app.get("/public")
    async def public(request: Request) -> HTTPResponse:
        return json(api.PUBLIC)

    @app.get("/headers")
    async def headers(request: Request) -> HTTPResponse:
        return json(api.PUBLIC, headers=api.COUNTED)

    @app.get("/old")
    async def old(request: Request) -> HTTPResponse:
        return redirect("/items")

    @app.get("/error")
    async def error(request: Request) -> HTTPResponse:
        raise api.PlannedError

    return app


@contextmanager
def serve(policy: Policy = POLICY) -> Iterator[str]:
    """Serve the app by Sanic in a thread of its own; yield its origin."""
    thread = LoopThread("sanic")
    listening = socket.create_server(("127.0.0.1", 0))
    try:
        server = thread.call(_start(create_app(policy), listening), DEADLINE)
        yield f"http://localhost:{listening.getsockname()[1]}"
        thread.call(_stop(server), DEADLINE)
    finally:
        thread.stop()
        listening.close()


async def _start(app: Sanic[Any, Any], listening: socket.socket) -> Any:
    server: Any = await app.create_server(sock=listening, return_asyncio_server=True)
    await server.startup()
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    return server


async def _stop(server: Any) -> None:
    await server.before_stop()
    await server.close()
    await server.after_stop()
