"""The API on Flask's router, for all that is installed on a Flask app. Knows no CORS."""

from __future__ import annotations

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug import Response

from tests.apps import api


def create_bare_app(name: str) -> Flask:
    """Make the app without CORS."""
    app = Flask(name)

    @app.get("/items")
    def items() -> ResponseReturnValue:
        return api.ITEMS

    @app.post("/items")
    def create() -> ResponseReturnValue:
        return api.CREATED, 201

    @app.route("/items/<int:number>", methods=["GET", "PUT", "PATCH"])
    def item(number: int) -> ResponseReturnValue:
        return api.item(number)

    @app.delete("/items/<int:number>")
    def delete(number: int) -> ResponseReturnValue:
        return "", 204

    @app.get("/me")
    def me() -> ResponseReturnValue:
        return api.me(request.cookies.get(api.COOKIE), request.headers.get("Authorization"))

    @app.get("/login")
    def login() -> ResponseReturnValue:
        return api.PUBLIC, api.LOGIN

    @app.get("/public")
    def public() -> ResponseReturnValue:
        return api.PUBLIC

    @app.get("/headers")
    def headers() -> ResponseReturnValue:
        return api.PUBLIC, api.COUNTED

    @app.get("/old")
    def old() -> Response:
        return redirect("/items")

    @app.get("/error")
    def error() -> ResponseReturnValue:
        raise api.PlannedError

    return app
