"""Access: the user is verified on the actual request, never on a preflight; cookies need a policy that lets them in."""

from __future__ import annotations

from harness.catalog.hooks.rows import (
    BLOCKED,
    GET_POST,
    GET_PUT,
    ITEM,
    JSON,
    bare,
    decorator,
    hardened,
    one,
    published,
    read,
    scenario,
)
from harness.scenario import Expectation, Scenario, Step

TOKEN = (("Authorization", "Bearer letmein"),)
WRONG = (("Authorization", "Bearer guess"),)
SECRET = ("authorization",)
COOKIE = ("cookie",)


def _with_header(name: str, summary: str, token: tuple[tuple[str, str], ...], status: int) -> Scenario:
    """Write a GET with an Authorization header: asked for in a preflight, sent with the request."""
    expect = {
        "published": one(
            read(status),
            published.preflight("/me", "GET", "authorization"),
            published.actual("GET", "/me", status, "me", also=SECRET),
        ),
        "decorator": one(
            read(status),
            decorator.preflight("/me", "GET", "authorization", allow=GET_PUT),
            decorator.actual("GET", "/me", status, "me", allow=GET_PUT, also=SECRET),
        ),
        "none": one(BLOCKED, bare.preflight("/me", "GET", "authorization")),
        "hardened": one(
            read(status),
            hardened.preflight("/me", "GET", "authorization"),
            hardened.actual("GET", "/me", status, "me", also=SECRET),
        ),
    }
    return scenario(name, "access", summary, Step("GET", "{api}/me", token), expect)


SCENARIOS = (
    scenario(
        "me-unknown-user",
        "access",
        "without a token: a 401 that an allowed page can read",
        Step("GET", "{api}/me"),
        {
            "published": one(read(401), published.actual("GET", "/me", 401, "me", vary=("Cookie",))),
            "decorator": one(read(401), decorator.actual("GET", "/me", 401, "me", allow=GET_PUT, vary=("Cookie",))),
            "none": one(BLOCKED, bare.actual("GET", "/me", 401, "me", vary=("Cookie",))),
            "hardened": one(read(401), hardened.actual("GET", "/me", 401, "me", vary=("Cookie",))),
        },
    ),
    _with_header("me-token", "with a token: asked for, then 200", TOKEN, 200),
    _with_header("me-wrong-token", "with a wrong one: asked for, then a readable 401", WRONG, 401),
    scenario(
        "me-put-unknown-user",
        "access",
        "the preflight of a protected resource is not challenged, the request is",
        Step("PUT", "{api}/me"),
        {
            "published": one(
                read(401),
                published.preflight("/me", "PUT"),
                published.actual("PUT", "/me", 401, "me", vary=("Cookie",)),
            ),
            "decorator": one(
                read(401),
                decorator.preflight("/me", "PUT", allow=GET_PUT),
                decorator.actual("PUT", "/me", 401, "me", allow=GET_PUT, vary=("Cookie",)),
            ),
            "hardened": one(
                read(401), hardened.preflight("/me", "PUT"), hardened.actual("PUT", "/me", 401, "me", vary=("Cookie",))
            ),
        },
    ),
    scenario(
        "me-put-json-token",
        "access",
        "JSON and a token, asked for together",
        Step("PUT", "{api}/me", (*JSON, *TOKEN), "{}"),
        {
            "published": one(
                read(200),
                published.preflight("/me", "PUT", "authorization,content-type"),
                published.actual("PUT", "/me", 200, "me", also=SECRET),
            ),
            "decorator": one(
                read(200),
                decorator.preflight("/me", "PUT", "authorization,content-type", allow=GET_PUT),
                decorator.actual("PUT", "/me", 200, "me", allow=GET_PUT, also=SECRET),
            ),
            "hardened": one(
                read(200),
                hardened.preflight("/me", "PUT", "authorization,content-type"),
                hardened.actual("PUT", "/me", 200, "me", also=SECRET),
            ),
        },
    ),
    Scenario(
        "me-cookie",
        "access",
        "a cookie is sent and even accepted, but only a policy with credentials lets the page read the answer",
        (Step("POST", "{api}/login", credentials="include"), Step("GET", "{api}/me", credentials="include")),
        {
            "published": Expectation(
                (BLOCKED, BLOCKED),
                (
                    published.actual("POST", "/login", 200, "login", vary=("Cookie",)),
                    published.actual("GET", "/me", 200, "me", also=COOKIE, vary=("Cookie",)),
                ),
            ),
            "hardened": Expectation(
                (read(200), read(200)),
                (
                    hardened.actual("POST", "/login", 200, "login", vary=("Cookie",)),
                    hardened.actual("GET", "/me", 200, "me", also=COOKIE, vary=("Cookie",)),
                ),
            ),
        },
    ),
    scenario(
        "credentials-include-get",
        "access",
        "credentials without allow-credentials: the answer is refused; with it, it is read",
        Step("GET", "{api}/items/1", credentials="include"),
        {
            "published": one(BLOCKED, published.actual("GET", "/items/1", 200, "item")),
            "decorator": one(BLOCKED, decorator.actual("GET", "/items/1", 200, "item", allow=ITEM)),
            "none": one(BLOCKED, bare.actual("GET", "/items/1", 200, "item")),
            "hardened": one(read(200), hardened.actual("GET", "/items/1", 200, "item")),
        },
    ),
    scenario(
        "credentials-include-put",
        "access",
        "and the preflight already, so that nothing is written",
        Step("PUT", "{api}/items/1", credentials="include"),
        {
            "published": one(BLOCKED, published.preflight("/items/1", "PUT")),
            "decorator": one(BLOCKED, decorator.preflight("/items/1", "PUT", allow=ITEM)),
            "hardened": one(
                read(200), hardened.preflight("/items/1", "PUT"), hardened.actual("PUT", "/items/1", 200, "item")
            ),
        },
    ),
    scenario(
        "credentials-include-post-writes",
        "access",
        "a simple POST with credentials is refused to the page and has been done all the same",
        Step("POST", "{api}/items", body="a", credentials="include"),
        {
            "published": one(BLOCKED, published.actual("POST", "/items", 201, "items")),
            "decorator": one(BLOCKED, decorator.actual("POST", "/items", 201, "items", allow=GET_POST)),
            "hardened": one(read(201), hardened.actual("POST", "/items", 201, "items")),
        },
    ),
)
