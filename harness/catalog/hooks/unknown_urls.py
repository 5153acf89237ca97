"""Unknown URLs, with every verb: the reason for the published hooks, and kept by the hardened ones.

Both answer a preflight on any URL, so that script can read the 404; with the decorator the preflight itself gets a 404
and the page learns nothing.
"""

from __future__ import annotations

from harness.catalog.hooks.rows import JSON, TEXT, escaping, scenario, unrouted
from harness.scenario import Scenario, Step
from harness.wire import Pairs

NOWHERE = "/nowhere"


def _unknown(
    name: str,
    method: str,
    headers: Pairs = (),
    body: str | None = None,
    asked: str | None = None,
    *,
    unlisted: bool = False,
) -> Scenario:
    step = Step(method, "{api}" + NOWHERE, headers, body)
    how = "readable 404" if asked is None else "a preflight, then a readable 404"
    expect = unrouted(method, NOWHERE, 404, asked=asked, preflight=404, unlisted=unlisted)
    what = f"{method} with JSON" if headers == JSON else method
    return scenario(f"unknown-url-{name}", "unknown-urls", f"{what} to an unknown URL: {how}", step, expect)


SCENARIOS = (
    _unknown("get", "GET"),
    _unknown("head", "HEAD"),
    _unknown("post", "POST", TEXT, "a"),
    _unknown("post-json", "POST", JSON, "{}", "content-type"),
    _unknown("put", "PUT", asked=""),
    _unknown("put-json", "PUT", JSON, "{}", "content-type"),
    _unknown("delete", "DELETE", asked=""),
    _unknown("patch", "PATCH", asked=""),
    _unknown("custom-method", "CHECKIN", asked=""),
    _unknown("header", "GET", (("X-A", "1"),), None, "x-a", unlisted=True),
    scenario(
        "unknown-item-get",
        "unknown-urls",
        "a 404 from inside a view escapes the decorator",
        Step("GET", "{api}/items/99"),
        escaping("GET", "/items/99", 404, "item"),
    ),
    scenario(
        "unknown-item-put-json",
        "unknown-urls",
        "the same after a preflight",
        Step("PUT", "{api}/items/99", JSON, "{}"),
        escaping("PUT", "/items/99", 404, "item", asked="content-type"),
    ),
    scenario(
        "unknown-item-delete",
        "unknown-urls",
        "and with DELETE",
        Step("DELETE", "{api}/items/99"),
        escaping("DELETE", "/items/99", 404, "item", asked=""),
    ),
)
