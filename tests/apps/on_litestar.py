"""Litestar with its own CORSConfig."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, Response, delete, get, patch, post, put
from litestar.config.cors import CORSConfig
from litestar.params import FromPath
from litestar.response import Redirect

from harness.policy import Policy
from tests.apps import POLICY, api


@get("/items")
async def items() -> list[dict[str, Any]]:
    """Answer with all items."""
    return api.ITEMS


@post("/items")
async def create() -> dict[str, Any]:
    """Answer with a new item."""
    return api.CREATED


@get("/items/{number:int}")
async def item(number: FromPath[int]) -> dict[str, Any]:
    """Answer with one item."""
    return api.item(number)


@put("/items/{number:int}")
async def replace(number: FromPath[int]) -> dict[str, Any]:
    """Answer with one item."""
    return api.item(number)


@patch("/items/{number:int}")
async def change(number: FromPath[int]) -> dict[str, Any]:
    """Answer with one item."""
    return api.item(number)


@delete("/items/{number:int}")
async def remove(number: FromPath[int]) -> None:
    """Answer with nothing."""


@get("/me")
async def me(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Answer with who asks."""
    body, status = api.me(request.cookies.get(api.COOKIE), request.headers.get("Authorization"))
    return Response(body, status_code=status)


@get("/login")
async def login() -> Response[dict[str, str]]:
    """Set the cookie."""
    return Response(api.PUBLIC, headers=api.LOGIN)


@get("/public")
async def public() -> dict[str, str]:
    """Answer everybody."""
    return api.PUBLIC


@get("/headers")
async def headers() -> Response[dict[str, str]]:
    """Answer with a header."""
    return Response(api.PUBLIC, headers=api.COUNTED)


@get("/old")
async def old() -> Redirect:
    """Redirect."""
    return Redirect("/items")


@get("/error")
async def error() -> None:
    """Fail."""
    raise api.PlannedError


def create_app(policy: Policy = POLICY) -> Litestar:
    """Make the app behind the policy; one without max-age leaves it Litestar's default."""
    told: dict[str, Any] = {} if policy.max_age is None else {"max_age": policy.max_age}
    cors: Any = CORSConfig(
        allow_origins=list(policy.origins),
        allow_methods=list(policy.methods),  # type: ignore[arg-type]
        allow_headers=list(policy.request_headers),
        allow_credentials=policy.credentials,
        expose_headers=list(policy.exposed_headers),
        **told,
    )
    handlers = [items, create, item, replace, change, remove, me, login, public, headers, old, error]
    return Litestar(handlers, cors_config=cors, logging_config=None)
