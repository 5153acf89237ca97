"""The access decorator: who passes, who is challenged, and that a preflight never is."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from server_site import create_app
from server_site.access import access
from server_site.hooks.decorator import crossdomain

Ask = Callable[..., TestResponse]

CREDENTIALS = [
    ("good-token", "Bearer letmein", 200),
    ("scheme-in-lower-case", "bearer letmein", 200),
    ("bad-token", "Bearer letmeout", 401),
    ("token-beyond-ascii", "Bearer l\xe9tmein", 401),
    ("empty-token", "Bearer ", 401),
    ("other-scheme", "Basic YW5uOmxldG1laW4=", 401),
    ("no-scheme", "letmein", 401),
]


@pytest.mark.parametrize(("authorization", "status"), [pytest.param(*c[1:], id=c[0]) for c in CREDENTIALS])
def test_token_decides(ask: Ask, authorization: str, status: int) -> None:
    """Only the configured bearer token passes."""
    assert ask("none", "GET", "/me", {"Authorization": authorization}).status_code == status


def test_no_credentials_are_challenged(ask: Ask) -> None:
    """A request without credentials gets a JSON 401 that names the scheme."""
    answer = ask("none", "PUT", "/me", json={})
    assert (answer.status_code, answer.json) == (401, {"error": "authentication required"})
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_token_is_configurable() -> None:
    """The token is read from the app's configuration."""
    app = create_app("none")
    app.config["ACCESS_TOKEN"] = "other"
    ask = app.test_client().get
    assert ask("/me", headers={"Authorization": "Bearer other"}).status_code == 200
    assert ask("/me", headers={"Authorization": "Bearer letmein"}).status_code == 401


def test_cookie_passes_from_login_to_logout() -> None:
    """The session cookie proves the user until the session ends."""
    client = create_app("none").test_client()
    assert client.get("/me").status_code == 401
    client.post("/login")
    assert client.get("/me").json == {"user": "ann", "proved_by": "cookie"}
    client.post("/logout")
    assert client.get("/me").status_code == 401


def test_bad_token_is_refused_beside_a_good_cookie() -> None:
    """An Authorization header decides alone."""
    client = create_app("none").test_client()
    client.post("/login")
    assert client.get("/me", headers={"Authorization": "Bearer letmeout"}).status_code == 401


def test_cookie_of_another_app_is_worth_nothing() -> None:
    """Each app signs its sessions with a key of its own."""
    cookie = create_app("none").test_client().post("/login").headers["Set-Cookie"].split(";")[0]
    assert create_app("none").test_client(use_cookies=False).get("/me", headers={"Cookie": cookie}).status_code == 401


def test_put_answers_as_if_stored(ask: Ask) -> None:
    """A verified PUT echoes what was sent."""
    answer = ask("none", "PUT", "/me", {"Authorization": "Bearer letmein"}, json={"name": "Ann"})
    assert answer.json == {"user": "ann", "proved_by": "token", "stored": {"name": "Ann"}}


@pytest.mark.parametrize("hooks", ["published", "decorator"])
@pytest.mark.parametrize("authorization", [{}, {"Authorization": "Bearer letmeout"}], ids=["no-token", "bad-token"])
def test_preflight_is_never_challenged(ask: Ask, hooks: str, authorization: dict[str, str]) -> None:
    """A preflight is answered 200 before anybody is verified, while the request itself is challenged."""
    origin = {"Origin": "https://page.example"} | authorization
    preflight = ask(hooks, "OPTIONS", "/me", origin | {"Access-Control-Request-Method": "PUT"})
    assert (preflight.status_code, preflight.headers.get("X-Served-By")) == (200, None)
    assert "WWW-Authenticate" not in preflight.headers
    assert ask(hooks, "PUT", "/me", origin).status_code == 401


@pytest.mark.parametrize("hooks", ["published", "decorator"])
def test_challenge_is_readable(ask: Ask, hooks: str) -> None:
    """The 401 carries the hook set's allow-origin."""
    assert "Access-Control-Allow-Origin" in ask(hooks, "GET", "/me", {"Origin": "https://page.example"}).headers


def test_options_passes_also_in_the_wrong_order() -> None:
    """With access outside crossdomain the preflight still passes, but the 401 has no CORS headers: hence our order."""

    def secret() -> str:
        return "secret"

    app = Flask("wrong_order")
    app.config["ACCESS_TOKEN"] = "letmein"
    app.add_url_rule("/secret", view_func=access(crossdomain()(secret)))
    client = app.test_client()
    assert client.options("/secret").status_code == 200
    refused = client.get("/secret", headers={"Origin": "https://page.example"})
    assert (refused.status_code, "Access-Control-Allow-Origin" in refused.headers) == (401, False)
