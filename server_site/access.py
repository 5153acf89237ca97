"""The access decorator: it verifies the user on the actual request, by bearer token or by session cookie.

A preflight carries no credentials by definition and is let through. No CORS here: for a page to read the 401, whatever
adds CORS headers must stand outside this decorator.
"""

import hmac
from dataclasses import dataclass
from functools import wraps
from typing import Literal

from flask import Response, current_app, g, jsonify, request, session
from flask.typing import ResponseReturnValue

from server_site.view import View

TOKEN_USER = "ann"


@dataclass(frozen=True)
class User:
    """Who is asking, and what proved it."""

    name: str
    proved_by: Literal["token", "cookie"]


def verified_user() -> User | None:
    """Verify the request's credentials: an Authorization header decides alone, else the session cookie does."""
    if "Authorization" in request.headers:
        return User(TOKEN_USER, "token") if _token_is_good() else None
    name = session.get("user")
    return User(name, "cookie") if name else None


def _token_is_good() -> bool:
    given = request.authorization
    if given is None or given.type != "bearer" or given.token is None:
        return False
    # Bytes, because compare_digest refuses text beyond ASCII.
    return hmac.compare_digest(given.token.encode(), current_app.config["ACCESS_TOKEN"].encode())


def challenge() -> Response:
    """Answer 401 and ask for a bearer token."""
    response = jsonify(error="authentication required")
    response.status_code = 401
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def access(view: View) -> View:
    """Let verified users through to the view, and every OPTIONS; challenge the rest."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
        if request.method == "OPTIONS":
            return view(*args, **kwargs)
        user = verified_user()
        if user is None:
            return challenge()
        g.user = user
        return view(*args, **kwargs)

    return guarded


def current_user() -> User:
    """Name the user whom the decorator verified; only views behind it may ask."""
    user: User = g.user
    return user
