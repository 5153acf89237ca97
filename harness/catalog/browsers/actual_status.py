"""The status of the answer itself: CORS does not look at it, so an error is read like a success."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    Topic,
    answer,
    asked,
    blocked,
    credentials,
    methods,
    names,
    origin,
    reads,
    simple,
    step,
)
from harness.oracle import Reason

TOPIC = Topic("actual-status")

# fmt: off
for status in (
    200, 201, 205, 206, 299, 300, 305, 400, 401, 403, 404, 405, 410, 429, 500, 501, 502, 503, 504, 599, 600, 999,
):
    TOPIC.row(
        f"actual-status-{status}",
        f"{status} is read",
        step(),
        simple(answer(origin(), status=status)),
        reads(status=status),
    )
# fmt: on
for status in (204, 304):
    TOPIC.row(
        f"actual-status-{status}",
        f"{status}, which has no body, is read",
        step(),
        simple(answer(origin(), status=status)),
        reads("content-type", status=status, bare=True),
    )

for name, summary, line, status in (
    ("no-phrase", "a status without a phrase is read", b"HTTP/1.1 404", 404),
    ("other-phrase", "a status with another's phrase is read as its number", b"HTTP/1.1 404 OK", 404),
    ("older-http", "an answer by HTTP/1.0 is read", b"HTTP/1.0 200 OK", 200),
):
    TOPIC.row(
        f"actual-status-{name}",
        summary,
        step(),
        simple(answer(origin(), status=line)),
        reads(status=status),
    )

for method, status in (("HEAD", 401), ("HEAD", 404), ("POST", 201), ("POST", 500)):
    TOPIC.row(
        f"actual-status-{method.lower()}-{status}",
        f"a {method} is answered {status}, and that is read",
        step(method),
        simple(answer(origin(), status=status)),
        reads(status=status),
    )

GRANT = answer(origin(), credentials(), methods("GET, CHICKEN, DELETE, HEAD, PUT"), names("x-a"))
for method, status in (("PUT", 404), ("PUT", 699), ("CHICKEN", 501), ("GET", 403)):
    TOPIC.row(
        f"actual-status-preflight-{method.lower()}-{status}",
        f"behind a preflight a {method} is answered {status}, and that is read",
        step(method, ("X-A", "1")),
        asked("x-a", GRANT, answer(origin(), status=status)),
        reads(status=status),
    )

TOPIC.row(
    "actual-status-include-401",
    "401 to a request with credentials is read like any other",
    step(credentials="include"),
    simple(answer(origin(), credentials(), status=401)),
    reads(status=401),
)

for status in (204, 304, 401, 404, 500):
    TOPIC.row(
        f"actual-status-{status}-shut",
        f"{status} without Allow-Origin is not read, not even its number",
        step(),
        simple(answer(status=status)),
        blocked(Reason.ALLOW_ORIGIN_MISSING),
    )
TOPIC.row(
    "actual-status-500-put-shut",
    "500 without Allow-Origin is not read behind an open preflight either",
    step("PUT", ("X-A", "1")),
    asked("x-a", GRANT, answer(status=500)),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
)

SCENARIOS = TOPIC.scenarios
