"""Starlette under its CORSMiddleware, whose arguments are in the environment."""

from __future__ import annotations

import json
import os

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse


async def login(request: Request) -> PlainTextResponse:
    """Sign in."""
    cookie = "session=of-ada; HttpOnly; Secure; SameSite=None; Path=/"
    return PlainTextResponse("in", headers={"Set-Cookie": cookie})


async def me(request: Request) -> PlainTextResponse:
    """Answer who is signed in."""
    known = "session" in request.cookies
    return PlainTextResponse("the secret" if known else "log in first", 200 if known else 401)


async def page(request: Request) -> PlainTextResponse:
    """Answer everybody, and caches."""
    return PlainTextResponse("for everybody", headers={"Cache-Control": "max-age=60"})


app = Starlette()
app.router.add_route("/login", login)
app.router.add_route("/me", me, methods=["GET", "PUT"])
app.router.add_route("/page", page)
app.add_middleware(CORSMiddleware, **json.loads(os.environ["CORS"]))
