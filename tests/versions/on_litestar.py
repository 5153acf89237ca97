"""Litestar under its CORSConfig, whose arguments are in the environment."""

from __future__ import annotations

import json
import os
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.config.cors import CORSConfig


@get("/login")
async def login() -> Response[str]:
    """Sign in."""
    return Response("in", headers={"Set-Cookie": "session=of-ada; HttpOnly; Secure; SameSite=None; Path=/"})


@get("/me")
async def me(request: Request[Any, Any, Any]) -> Response[str]:
    """Answer who is signed in."""
    known = "session" in request.cookies
    return Response("the secret" if known else "log in first", status_code=200 if known else 401)


app = Litestar([login, me], cors_config=CORSConfig(**json.loads(os.environ["CORS"])))
