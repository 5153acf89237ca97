"""The same-origin proxy, the old way: the page asks its own site, and there is no CORS request at all."""

from __future__ import annotations

from harness.catalog.hooks.rows import BODY, JSON, NO_BODY, PAGE, TEXT, marked, one, read, scenario
from harness.scenario import Crossing, Scenario, Step
from harness.wire import Pairs

MARKED = frozenset({"x-served-by"})


def _wire(
    method: str, path: str, status: int, view: str, also: tuple[str, ...], vary: tuple[str, ...]
) -> tuple[Crossing, Crossing]:
    """Write both halves: page to its own site, and site to API. Only writing methods name an origin (Fetch)."""
    origin = () if method in ("GET", "HEAD") else (("origin", PAGE),)
    asked = (*origin, *((name, "present") for name in also))
    answered = marked(view, *vary)
    return (
        Crossing(method, f"/proxy{path}", status, asked, answered),
        Crossing(method, path, status, asked, answered),
    )


def _proxied(
    name: str,
    summary: str,
    method: str,
    path: str,
    view: str = "",
    status: int = 200,
    *,
    headers: Pairs = (),
    body: str | None = None,
    readable: frozenset[str] = BODY,
    also: tuple[str, ...] = (),
    vary: tuple[str, ...] = (),
) -> Scenario:
    step = Step(method, "{page}/proxy" + path, headers, body)
    seen = read(status, readable | (MARKED if view else frozenset()) | ({"vary"} if vary else frozenset()))
    return scenario(
        f"proxied-{name}",
        "proxied",
        summary,
        step,
        {"proxy": one(seen, *_wire(method, path, status, view, also, vary))},
    )


SCENARIOS = (
    _proxied("get", "GET crosses no origin", "GET", "/items/1", "item"),
    _proxied("head", "nor does HEAD", "HEAD", "/items/1", "item"),
    _proxied(
        "post-text",
        "POST names the page's origin, to its own site",
        "POST",
        "/items",
        "items",
        201,
        headers=TEXT,
        body="a",
    ),
    _proxied("post-json", "JSON needs no preflight here", "POST", "/items", "items", 201, headers=JSON, body="{}"),
    _proxied("put-json", "nor does PUT", "PUT", "/items/1", "item", headers=JSON, body="{}"),
    _proxied("delete", "nor DELETE", "DELETE", "/items/1", "item", 204, readable=NO_BODY),
    _proxied("patch", "nor PATCH", "PATCH", "/items/1", "item", headers=TEXT, body="a"),
    _proxied("custom-method", "nor a method of one's own", "CHECKIN", "/items/1", "item"),
    _proxied("header", "nor a custom header", "GET", "/items/1", "item", headers=(("X-Api-Key", "1"),)),
    _proxied("unknown-url", "a 404 is readable", "PUT", "/nowhere", "", 404),
    _proxied("error", "a 500 is readable", "GET", "/error", "error", 500),
    _proxied(
        "wrong-method", "a 405 is readable, with its Allow", "DELETE", "/text", "", 405, readable=BODY | {"allow"}
    ),
    _proxied(
        "unknown-user",
        "a 401 is readable, with its challenge",
        "GET",
        "/me",
        "me",
        401,
        readable=BODY | {"www-authenticate"},
        vary=("Cookie",),
    ),
    _proxied(
        "token",
        "a token goes along without being asked for",
        "GET",
        "/me",
        "me",
        headers=(("Authorization", "Bearer letmein"),),
        also=("authorization",),
    ),
    scenario(
        "proxied-redirect",
        "proxied",
        "a redirect of the API stays behind the proxy",
        Step("GET", "{page}/proxy/redirect/302?to=/items/1"),
        {
            "proxy": one(
                read(200, BODY | MARKED),
                *_wire("GET", "/redirect/302?to=/items/1", 302, "redirect", (), ()),
                *_wire("GET", "/items/1", 200, "item", (), ()),
            )
        },
    ),
)
