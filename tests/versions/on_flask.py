"""Flask under Flask-CORS, whose arguments are in the environment."""

from __future__ import annotations

import json
import os
from urllib.parse import unquote

from flask import Flask, request
from flask_cors import CORS

app = Flask("on_flask")


@app.get("/login")
def login() -> tuple[str, dict[str, str]]:
    """Sign in."""
    return "in", {"Set-Cookie": "session=of-ada; HttpOnly; Secure; SameSite=None; Path=/"}


@app.get("/<path:path>")
def read(path: str) -> tuple[str, int]:
    """Answer who is signed in, at the paths that there are: it decodes once more, as applications behind proxies do."""
    if unquote(path) not in ("me", "private/me", "OPEN/me", "a+b/me", "admin/users", "api/private/me"):
        return "not there", 404
    return ("the secret", 200) if request.cookies.get("session") else ("log in first", 401)


CORS(app, **json.loads(os.environ["CORS"]))
