"""Starlette with its own CORSMiddleware."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from harness.policy import Policy
from tests.apps import POLICY, api
from tests.apps.starlette_policy import arguments


async def items(request: Request) -> Response:
    """Answer with all items."""
    return JSONResponse(api.ITEMS)


async def create(request: Request) -> Response:
    """Answer with a new item."""
    return JSONResponse(api.CREATED, 201)


async def item(request: Request) -> Response:
    """Answer with one item."""
    return JSONResponse(api.item(request.path_params["number"]))


async def delete(request: Request) -> Response:
    """Answer with nothing."""
    return Response(status_code=204)


async def me(request: Request) -> Response:
    """Answer with who asks."""
    return JSONResponse(*api.me(request.cookies.get(api.COOKIE), request.headers.get("Authorization")))


async def login(request: Request) -> Response:
    """Set the cookie."""
    return JSONResponse(api.PUBLIC, headers=api.LOGIN)


async def public(request: Request) -> Response:
    """Answer everybody."""
    return JSONResponse(api.PUBLIC)


async def headers(request: Request) -> Response:
    """Answer with a header."""
    return JSONResponse(api.PUBLIC, headers=api.COUNTED)


async def old(request: Request) -> Response:
    """Redirect."""
    return RedirectResponse("/items", 302)


async def error(request: Request) -> Response:
    """Fail."""
    raise api.PlannedError


ROUTES = [
    Route("/items", items, methods=["GET"]),
    Route("/items", create, methods=["POST"]),
    Route("/items/{number:int}", item, methods=["GET", "PUT", "PATCH"]),
    Route("/items/{number:int}", delete, methods=["DELETE"]),
    Route("/me", me),
    Route("/login", login),
    Route("/public", public),
    Route("/headers", headers),
    Route("/old", old),
    Route("/error", error),
]


def create_app(policy: Policy = POLICY) -> Starlette:
    """Make the app behind the policy."""
    return Starlette(routes=ROUTES, middleware=[Middleware(CORSMiddleware, **arguments(policy))])
