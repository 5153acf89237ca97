"""Redirects: each hop is checked, a preflight never follows one, and another origin taints the page's own."""

from __future__ import annotations

from harness.catalog.hooks.rows import (
    BLOCKED,
    EVERY,
    ITEM,
    TEXT,
    bare,
    decorator,
    hardened,
    one,
    published,
    read,
    scenario,
)
from harness.scenario import Api, Crossing, Expectation, Outcome, Scenario, Seen, Step

ITEMS_1 = "/items/1"


def _to(code: int, target: str = ITEMS_1) -> str:
    return f"/redirect/{code}?to={target}"


def _get(code: int) -> Scenario:
    path = _to(code)
    expect = {
        "published": one(
            read(), published.actual("GET", path, code, "redirect"), published.actual("GET", ITEMS_1, 200, "item")
        ),
        "decorator": one(
            read(),
            decorator.actual("GET", path, code, "redirect", allow=EVERY),
            decorator.actual("GET", ITEMS_1, 200, "item", allow=ITEM),
        ),
        "none": one(BLOCKED, bare.actual("GET", path, code, "redirect")),
        "hardened": one(
            read(), hardened.actual("GET", path, code, "redirect"), hardened.actual("GET", ITEMS_1, 200, "item")
        ),
    }
    return scenario(
        f"redirect-{code}-get", "redirects", f"a {code} within the API is followed", Step("GET", "{api}" + path), expect
    )


def _put(code: int) -> Scenario:
    path = _to(code)
    expect = {
        "published": one(
            read(),
            published.preflight(path, "PUT"),
            published.actual("PUT", path, code, "redirect"),
            published.preflight(ITEMS_1, "PUT"),
            published.actual("PUT", ITEMS_1, 200, "item"),
        ),
        "none": one(BLOCKED, bare.preflight(path, "PUT")),
        "hardened": one(
            read(),
            hardened.preflight(path, "PUT"),
            hardened.actual("PUT", path, code, "redirect"),
            hardened.preflight(ITEMS_1, "PUT"),
            hardened.actual("PUT", ITEMS_1, 200, "item"),
        ),
    }
    summary = f"a {code} keeps PUT, and the new URL is asked too"
    return scenario(f"redirect-{code}-put", "redirects", summary, Step("PUT", "{api}" + path), expect)


def _post(code: int) -> Scenario:
    path = _to(code)
    expect = {
        "published": one(
            read(), published.actual("POST", path, code, "redirect"), published.actual("GET", ITEMS_1, 200, "item")
        ),
        "hardened": one(
            read(), hardened.actual("POST", path, code, "redirect"), hardened.actual("GET", ITEMS_1, 200, "item")
        ),
    }
    summary = f"a {code} turns POST into GET"
    return scenario(f"redirect-{code}-post", "redirects", summary, Step("POST", "{api}" + path, TEXT, "a"), expect)


def tainted_put(origin: str) -> Expectation:
    """Expect a PUT that is redirected to another origin, whose preflight there says ``origin``."""
    path = _to(307, "{api2}" + ITEMS_1)
    return one(
        read(),
        published.preflight(path, "PUT"),
        published.actual("PUT", path, 307, "redirect"),
        published.preflight(ITEMS_1, "PUT", origin=origin),
        published.actual("PUT", ITEMS_1, 200, "item", origin="null"),
    )


def tainted_put_under_policy(origin: str) -> Expectation:
    """Expect the same under the hardened hooks, which let nobody in whose name is ``null``.

    Where the preflight gives the page's own name, it is let in, and the request done; its answer stays unread.
    """
    path = _to(307, "{api2}" + ITEMS_1)
    there: tuple[Crossing, ...] = (hardened.refused(ITEMS_1, "PUT", origin="null"),)
    if origin != "null":
        there = (
            hardened.preflight(ITEMS_1, "PUT", origin=origin),
            hardened.foreign("PUT", ITEMS_1, 200, "item", origin="null"),
        )
    return one(BLOCKED, hardened.preflight(path, "PUT"), hardened.actual("PUT", path, 307, "redirect"), *there)


CROSS = _to(302, "{api2}" + ITEMS_1)

SCENARIOS = (
    *(_get(code) for code in (301, 302, 303, 307, 308)),
    *(_put(code) for code in (307, 308)),
    *(_post(code) for code in (301, 302, 303)),
    scenario(
        "redirect-to-unknown-url",
        "redirects",
        "a redirect to an unknown URL ends in a 404: readable only with hooks for the whole app",
        Step("GET", "{api}" + _to(302, "/nowhere")),
        {
            "published": one(
                read(404),
                published.actual("GET", _to(302, "/nowhere"), 302, "redirect"),
                published.actual("GET", "/nowhere", 404),
            ),
            "decorator": one(
                BLOCKED,
                decorator.actual("GET", _to(302, "/nowhere"), 302, "redirect", allow=EVERY),
                bare.actual("GET", "/nowhere", 404),
            ),
            "hardened": one(
                read(404),
                hardened.actual("GET", _to(302, "/nowhere"), 302, "redirect"),
                hardened.actual("GET", "/nowhere", 404),
            ),
        },
    ),
    scenario(
        "redirect-to-another-origin",
        "redirects",
        "on another origin's redirect the page's origin becomes null",
        Step("GET", "{api}" + CROSS),
        {
            "published": one(
                read(),
                published.actual("GET", CROSS, 302, "redirect"),
                published.actual("GET", ITEMS_1, 200, "item", origin="null"),
            ),
            "decorator": one(
                read(),
                decorator.actual("GET", CROSS, 302, "redirect", allow=EVERY),
                decorator.actual("GET", ITEMS_1, 200, "item", allow=ITEM, origin="null"),
            ),
            "hardened": one(
                BLOCKED,
                hardened.actual("GET", CROSS, 302, "redirect"),
                hardened.foreign("GET", ITEMS_1, 200, "item", origin="null"),
            ),
        },
    ),
    scenario(
        "redirect-put-to-another-origin",
        "redirects",
        "the preflight after such a redirect says null too",
        Step("PUT", "{api}" + _to(307, "{api2}" + ITEMS_1)),
        {"published": tainted_put("null"), "hardened": tainted_put_under_policy("null")},
    ),
    scenario(
        "slash-redirect-get",
        "redirects",
        "Flask's redirect to the trailing slash is an answer like any other",
        Step("GET", "{api}/folder"),
        {
            "published": one(
                read(), published.actual("GET", "/folder", 308), published.actual("GET", "/folder/", 200, "folder")
            ),
            "decorator": one(BLOCKED, bare.actual("GET", "/folder", 308)),
            "none": one(BLOCKED, bare.actual("GET", "/folder", 308)),
            "hardened": one(
                read(), hardened.actual("GET", "/folder", 308), hardened.actual("GET", "/folder/", 200, "folder")
            ),
        },
    ),
    scenario(
        "slash-redirect-put",
        "redirects",
        "a preflight must not be redirected: answered before routing it is not, behind the router it is",
        Step("PUT", "{api}/folder"),
        {
            "published": one(
                read(),
                published.preflight("/folder", "PUT"),
                published.actual("PUT", "/folder", 308),
                published.preflight("/folder/", "PUT"),
                published.actual("PUT", "/folder/", 200, "folder"),
            ),
            "decorator": one(BLOCKED, bare.preflight("/folder", "PUT", status=308)),
            "none": one(BLOCKED, bare.preflight("/folder", "PUT", status=308)),
            "hardened": one(
                read(),
                hardened.preflight("/folder", "PUT"),
                hardened.actual("PUT", "/folder", 308),
                hardened.preflight("/folder/", "PUT"),
                hardened.actual("PUT", "/folder/", 200, "folder"),
            ),
        },
    ),
    scenario(
        "redirect-mode-error",
        "redirects",
        "a page may refuse redirects",
        Step("GET", "{api}" + _to(302), redirect="error"),
        {
            "published": one(BLOCKED, published.actual("GET", _to(302), 302, "redirect")),
            "hardened": one(BLOCKED, hardened.actual("GET", _to(302), 302, "redirect")),
        },
        apis=(Api.FETCH,),
    ),
    scenario(
        "redirect-mode-manual",
        "redirects",
        "or ask not to follow them, and then sees nothing of the answer",
        Step("GET", "{api}" + _to(302), redirect="manual"),
        {
            "published": one(Seen(Outcome.OPAQUE), published.actual("GET", _to(302), 302, "redirect")),
            # Fetch checks the redirect itself before it looks at the mode.
            "none": one(BLOCKED, bare.actual("GET", _to(302), 302, "redirect")),
            "hardened": one(Seen(Outcome.OPAQUE), hardened.actual("GET", _to(302), 302, "redirect")),
        },
        apis=(Api.FETCH,),
    ),
)
