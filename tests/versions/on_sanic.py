"""Sanic under Sanic Extensions, whose configuration is in the environment."""

from __future__ import annotations

import json
import os

from sanic import HTTPResponse, Request, Sanic, text
from sanic_ext import Extend

app = Sanic("on_sanic")
app.config.update(json.loads(os.environ["CORS"]))
Extend(app)


@app.get("/login")
async def login(request: Request) -> HTTPResponse:
    """Sign in."""
    return text("in", headers={"Set-Cookie": "session=of-ada; HttpOnly; Secure; SameSite=None; Path=/"})


@app.get("/me")
async def me(request: Request) -> HTTPResponse:
    """Answer who is signed in."""
    known = "session" in request.cookies
    return text("the secret" if known else "log in first", status=200 if known else 401)
