"""Quart with quart-cors on the whole app."""

from __future__ import annotations

from quart import Quart, ResponseReturnValue, redirect, request
from quart_cors import cors

from harness.policy import Policy
from tests.apps import POLICY, api


def create_app(policy: Policy = POLICY) -> Quart:
    """Make the app behind the policy."""
    app = Quart(__name__)
    cors(
        app,
        allow_origin=policy.origins,
        allow_methods=policy.methods,
        allow_headers=policy.request_headers,
        allow_credentials=policy.credentials,
        expose_headers=policy.exposed_headers,
        max_age=policy.max_age,
    )

    @app.get("/items")
    async def items() -> ResponseReturnValue:
        return api.ITEMS

    @app.post("/items")
    async def create() -> ResponseReturnValue:
        return api.CREATED, 201

    @app.route("/items/<int:number>", methods=["GET", "PUT", "PATCH"])
    async def item(number: int) -> ResponseReturnValue:
        return api.item(number)

    @app.delete("/items/<int:number>")
    async def delete(number: int) -> ResponseReturnValue:
        return "", 204

    @app.get("/me")
    async def me() -> ResponseReturnValue:
        return api.me(request.cookies.get(api.COOKIE), request.headers.get("Authorization"))

    @app.get("/login")
    async def login() -> ResponseReturnValue:
        return api.PUBLIC, 200, api.LOGIN

    @app.get("/public")
    async def public() -> ResponseReturnValue:
        return api.PUBLIC

    @app.get("/headers")
    async def headers() -> ResponseReturnValue:
        return api.PUBLIC, 200, api.COUNTED

    @app.get("/old")
    async def old() -> ResponseReturnValue:
        return redirect("/items")

    @app.get("/error")
    async def error() -> ResponseReturnValue:
        raise api.PlannedError

    return app
