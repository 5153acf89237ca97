"""Falcon with its own CORSMiddleware, which has no words for methods, request headers or max-age."""

from __future__ import annotations

from typing import Any

from falcon import App, CORSMiddleware, HTTPFound, Request, Response

from harness.policy import Policy
from tests.apps import POLICY, api


class Items:
    """All items."""

    def on_get(self, req: Request, resp: Response) -> None:
        """Answer with all items."""
        resp.media = api.ITEMS

    def on_post(self, req: Request, resp: Response) -> None:
        """Answer with a new item."""
        resp.media, resp.status = api.CREATED, 201


class Item:
    """One item."""

    def on_get(self, req: Request, resp: Response, number: int) -> None:
        """Answer with one item."""
        resp.media = api.item(number)

    on_put = on_patch = on_get

    def on_delete(self, req: Request, resp: Response, number: int) -> None:
        """Answer with nothing."""
        resp.status = 204


class Me:
    """Who asks."""

    def on_get(self, req: Request, resp: Response) -> None:
        """Answer with who asks."""
        resp.media, resp.status = api.me(req.cookies.get(api.COOKIE), req.get_header("Authorization"))


class Public:
    """What everybody may read, with headers."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def on_get(self, req: Request, resp: Response) -> None:
        """Answer everybody."""
        resp.media = api.PUBLIC
        for name, value in self._headers.items():
            resp.append_header(name, value)


class Old:
    """A redirect."""

    def on_get(self, req: Request, resp: Response) -> None:
        """Redirect."""
        raise HTTPFound("/items")


class Error:
    """A failure."""

    def on_get(self, req: Request, resp: Response) -> None:
        """Fail."""
        raise api.PlannedError


def create_app(policy: Policy = POLICY) -> App[Any, Any]:
    """Make the app behind the policy."""
    middleware: CORSMiddleware[Any, Any] = CORSMiddleware(
        allow_origins=policy.origins,
        allow_credentials=policy.origins if policy.credentials else None,
        expose_headers=policy.exposed_headers,
    )
    app = App(middleware=[middleware])
    app.add_route("/items", Items())
    app.add_route("/items/{number:int}", Item())
    app.add_route("/me", Me())
    app.add_route("/login", Public(api.LOGIN))
    app.add_route("/public", Public({}))
    app.add_route("/headers", Public(api.COUNTED))
    app.add_route("/old", Old())
    app.add_route("/error", Error())
    return app
