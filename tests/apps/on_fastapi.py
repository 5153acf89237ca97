"""FastAPI with Starlette's CORSMiddleware, as its documentation adds it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Cookie, FastAPI, Header, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

from harness.policy import Policy
from tests.apps import POLICY, api
from tests.apps.starlette_policy import arguments


def create_app(policy: Policy = POLICY) -> FastAPI:
    """Make the app behind the policy."""
    app = FastAPI()
    app.add_middleware(CORSMiddleware, **arguments(policy))

    @app.get("/items")
    async def items() -> Any:
        return api.ITEMS

    @app.post("/items", status_code=201)
    async def create() -> Any:
        return api.CREATED

    @app.get("/items/{number}")
    @app.put("/items/{number}")
    @app.patch("/items/{number}")
    async def item(number: int) -> Any:
        return api.item(number)

    @app.delete("/items/{number}", status_code=204)
    async def delete(number: int) -> None:
        return None

    @app.get("/me")
    async def me(
        response: Response,
        session: Annotated[str | None, Cookie()] = None,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Any:
        body, response.status_code = api.me(session, authorization)
        return body

    @app.get("/login")
    async def login(response: Response) -> Any:
        response.headers.update(api.LOGIN)
        return api.PUBLIC

    @app.get("/public")
    async def public() -> Any:
        return api.PUBLIC

    @app.get("/headers")
    async def headers(response: Response) -> Any:
        response.headers.update(api.COUNTED)
        return api.PUBLIC

    @app.get("/old")
    async def old() -> RedirectResponse:
        return RedirectResponse("/items", 302)

    @app.get("/error")
    async def error() -> None:
        raise api.PlannedError

    return app
