"""Pages on other origins: another port is the rule; here are another host, names, and no origin at all."""

from __future__ import annotations

from itertools import chain

from harness.catalog.hooks.rows import ITEM, JSON, everywhere, scenario, unrouted
from harness.scenario import Scenario, Step

# All but the first, the plain http name and null are let in by the policy of the hardened hooks: one by a pattern for
# what is below localhost, one by its name, which plain http does not share.
FOREIGN = ("other-host", "http-name", "null")
PAGES = {
    "other-host": "http://127.0.0.1",
    "localhost-name": "http://app.localhost",
    "http-name": "http://app.example.com",
    "https-name": "https://app.example.com",
    "null": "null",
}


def _from(name: str, page: str) -> tuple[Scenario, ...]:
    return (
        scenario(
            f"get-from-{name}",
            "origins",
            f"GET from a page on {page}",
            Step("GET", "{api}/items/1"),
            everywhere("GET", "/items/1", "item", ITEM, trusted=name not in FOREIGN),
            page=page,
        ),
        scenario(
            f"put-json-from-{name}",
            "origins",
            f"PUT with JSON from a page on {page}",
            Step("PUT", "{api}/items/1", JSON, "{}"),
            everywhere("PUT", "/items/1", "item", ITEM, asked="content-type", trusted=name not in FOREIGN),
            page=page,
        ),
        scenario(
            f"unknown-url-from-{name}",
            "origins",
            f"DELETE of an unknown URL from a page on {page}",
            Step("DELETE", "{api}/nowhere"),
            unrouted("DELETE", "/nowhere", 404, asked="", preflight=404, trusted=name not in FOREIGN),
            page=page,
        ),
    )


SCENARIOS = tuple(chain.from_iterable(_from(name, page) for name, page in PAGES.items()))
