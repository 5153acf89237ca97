"""What script may read of an allowed response, and what it makes of one that comes late."""

from __future__ import annotations

from harness.catalog.hooks.rows import (
    BLOCKED,
    BODY,
    GET_ONLY,
    GET_PUT,
    asks,
    bare,
    decorator,
    everywhere,
    hardened,
    marked,
    one,
    published,
    read,
    scenario,
)
from harness.scenario import Api, Crossing, Outcome, Seen, Step

SAFELISTED = BODY | {"cache-control", "content-language"}
LATE = "/slow?ms=4000"

SCENARIOS = (
    scenario(
        "readable-headers",
        "reading",
        "only safelisted response headers are readable, unless a policy exposes more",
        Step("GET", "{api}/exposed", credentials="omit"),
        {
            "published": one(read(200, SAFELISTED), published.actual("GET", "/exposed", 200, "exposed")),
            "decorator": one(
                read(200, SAFELISTED), decorator.actual("GET", "/exposed", 200, "exposed", allow=GET_ONLY)
            ),
            "none": one(BLOCKED, bare.actual("GET", "/exposed", 200, "exposed")),
            "hardened": one(
                read(200, SAFELISTED | {"x-total-count"}),
                hardened.actual("GET", "/exposed", 200, "exposed", exposed="X-Total-Count"),
            ),
        },
        apis=(Api.FETCH,),
    ),
    scenario(
        "no-cors-get",
        "reading",
        "without CORS there is no origin to allow, and nothing to read",
        Step("GET", "{api}/items/1", mode="no-cors"),
        {
            "published": one(Seen(Outcome.OPAQUE), Crossing("GET", "/items/1", 200, asks(origin=""), marked("item"))),
            "none": one(Seen(Outcome.OPAQUE), bare.actual("GET", "/items/1", 200, "item", origin="")),
            "hardened": one(Seen(Outcome.OPAQUE), hardened.foreign("GET", "/items/1", 200, "item", origin="")),
        },
        apis=(Api.FETCH,),
    ),
    scenario(
        "slow-answer",
        "reading",
        "an answer that takes its time is an answer",
        Step("GET", "{api}" + "/slow?ms=300"),
        everywhere("GET", "/slow?ms=300", "slow", GET_PUT),
    ),
    scenario(
        "slow-answer-given-up",
        "reading",
        "a page that gives up has no verdict on CORS, though the request arrived",
        Step("GET", "{api}" + LATE, abort_ms=300),
        {
            "published": one(Seen(Outcome.ABORTED), Crossing("GET", LATE, None, asks())),
            "none": one(Seen(Outcome.ABORTED), Crossing("GET", LATE, None, asks())),
            "hardened": one(Seen(Outcome.ABORTED), Crossing("GET", LATE, None, asks())),
        },
    ),
    scenario(
        "slow-put",
        "reading",
        "the same after a preflight",
        Step("PUT", "{api}/slow?ms=300"),
        everywhere("PUT", "/slow?ms=300", "slow", GET_PUT, asked=""),
    ),
)
