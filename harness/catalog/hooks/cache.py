"""The preflight cache: ten seconds as published, ten minutes if hardened, six hours under the decorator, per URL."""

from __future__ import annotations

from harness.catalog.hooks.rows import BLOCKED, ITEM, decorator, hardened, published, read
from harness.scenario import Expectation, Scenario, Step

ITEMS_1 = "/items/1"
PUT = Step("PUT", "{api}/items/1")
LATER = Step("PUT", "{api}/items/1", after_ms=11_000)  # the entry is 10 s old at the most, and now gone
ASK = published.preflight(ITEMS_1, "PUT")
DO = published.actual("PUT", ITEMS_1, 200, "item")
ASK_POLICY = hardened.preflight(ITEMS_1, "PUT")
DO_BY_POLICY = hardened.actual("PUT", ITEMS_1, 200, "item")


def _with_header(name: str) -> Step:
    return Step("PUT", "{api}/items/1", ((name, "1"),))


SCENARIOS = (
    Scenario(
        "preflight-cached-ten-seconds",
        "cache",
        "a preflight counts for ten seconds, then it is asked again",
        (PUT, PUT, LATER),
        {
            "published": Expectation((read(),) * 3, (ASK, DO, DO, ASK, DO)),
            "decorator": Expectation(
                (read(),) * 3,
                (
                    decorator.preflight(ITEMS_1, "PUT", allow=ITEM),
                    *(decorator.actual("PUT", ITEMS_1, 200, "item", allow=ITEM),) * 3,
                ),
            ),
            "hardened": Expectation((read(),) * 3, (ASK_POLICY, *(DO_BY_POLICY,) * 3)),
        },
    ),
    Scenario(
        "preflight-per-method",
        "cache",
        "what was allowed for PUT was not allowed for CHECKIN, which is asked too",
        (PUT, Step("CHECKIN", "{api}/items/1")),
        {
            "published": Expectation(
                (read(),) * 2,
                (ASK, DO, published.preflight(ITEMS_1, "CHECKIN"), published.actual("CHECKIN", ITEMS_1, 200, "item")),
            ),
            "decorator": Expectation(
                (read(),) * 2,
                (
                    decorator.preflight(ITEMS_1, "PUT", allow=ITEM),
                    decorator.actual("PUT", ITEMS_1, 200, "item", allow=ITEM),
                    decorator.actual("CHECKIN", ITEMS_1, 200, "item", allow=ITEM),
                ),
            ),
            "hardened": Expectation(
                (read(),) * 2, (ASK_POLICY, DO_BY_POLICY, hardened.actual("CHECKIN", ITEMS_1, 200, "item"))
            ),
        },
    ),
    Scenario(
        "preflight-per-header",
        "cache",
        "nor is another header covered",
        (_with_header("X-A"), _with_header("X-B")),
        {
            "published": Expectation(
                (read(),) * 2,
                (published.preflight(ITEMS_1, "PUT", "x-a"), DO, published.preflight(ITEMS_1, "PUT", "x-b"), DO),
            ),
            "hardened": Expectation(
                (BLOCKED,) * 2, (hardened.refused(ITEMS_1, "PUT", "x-a"), hardened.refused(ITEMS_1, "PUT", "x-b"))
            ),
        },
    ),
    Scenario(
        "preflight-per-url",
        "cache",
        "nor is another URL",
        (PUT, Step("PUT", "{api}/items/2")),
        {
            "published": Expectation(
                (read(),) * 2,
                (ASK, DO, published.preflight("/items/2", "PUT"), published.actual("PUT", "/items/2", 200, "item")),
            ),
            "hardened": Expectation(
                (read(),) * 2,
                (
                    ASK_POLICY,
                    DO_BY_POLICY,
                    hardened.preflight("/items/2", "PUT"),
                    hardened.actual("PUT", "/items/2", 200, "item"),
                ),
            ),
        },
    ),
)
