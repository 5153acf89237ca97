"""The status of the answer to a preflight: 200 to 299 is consent, all else refuses, and no redirect is followed."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    OPEN,
    Hop,
    Topic,
    answer,
    asked,
    blocked,
    names,
    origin,
    reads,
    step,
    to,
    turned_down,
)
from harness.literal import Answer
from harness.oracle import Reason

TOPIC = Topic("preflight-status")
REQUEST = step("GET", ("X-A", "1"))
GRANT = (origin(), names("x-a"))

for status in (200, 201, 203, 204, 205, 206, 299):
    TOPIC.row(
        f"preflight-status-{status}",
        f"{status} is consent",
        REQUEST,
        asked("x-a", answer(*GRANT, status=status)),
        reads(),
    )

for name, summary, line in (
    ("no-phrase", "a status line without a phrase is consent", b"HTTP/1.1 200"),
    ("other-phrase", "the number counts, not the phrase", b"HTTP/1.1 200 Forbidden"),
    ("older-http", "an answer by HTTP/1.0 is consent", b"HTTP/1.0 200 OK"),
):
    TOPIC.row(f"preflight-status-{name}", summary, REQUEST, asked("x-a", answer(*GRANT, status=line)), reads())

TOPIC.row(
    "preflight-status-body",
    "what the answer says beyond its headers is not looked at",
    REQUEST,
    asked("x-a", Answer(200, GRANT, b"no")),
    reads(),
)

# fmt: off
for status in (
    300, 304, 305, 399, 400, 401, 403, 404, 405, 412, 417, 429, 500, 501, 502, 503, 504, 599, 600, 790, 999,
):
    TOPIC.row(
        f"preflight-status-{status}",
        f"{status} refuses, whatever the headers say",
        REQUEST,
        turned_down("x-a", answer(*GRANT, status=status)),
        blocked(Reason.PREFLIGHT_STATUS_NOT_OK),
    )
# fmt: on

TOPIC.row(
    "preflight-status-phrase-ok",
    "a phrase of OK does not make 403 consent",
    REQUEST,
    turned_down("x-a", answer(*GRANT, status=b"HTTP/1.1 403 OK")),
    blocked(Reason.PREFLIGHT_STATUS_NOT_OK),
)

# ---- without the page's origin, the status is not what refuses -------------------------------------

for status in (204, 302, 400):
    TOPIC.row(
        f"preflight-status-{status}-shut",
        f"{status} without any CORS header refuses for the missing origin",
        REQUEST,
        turned_down("x-a", answer(status=status)),
        blocked(Reason.ALLOW_ORIGIN_MISSING),
    )

# ---- redirects -------------------------------------------------------------------------------------

THERE = "{api}/b"
TRAP = Hop(OPEN, THERE, preflight=answer(*GRANT), sent=False)  # who follows is found out

for status in (301, 302, 303, 307, 308):
    TOPIC.row(
        f"preflight-status-{status}",
        f"{status} refuses, and where it leads nobody goes",
        REQUEST,
        (*turned_down("x-a", answer(*GRANT, to(THERE), status=status)), TRAP),
        blocked(Reason.PREFLIGHT_REDIRECT),
    )
TOPIC.row(
    "preflight-status-302-nowhere",
    "a redirect that says no place refuses like any other",
    REQUEST,
    turned_down("x-a", answer(*GRANT, status=302)),
    blocked(Reason.PREFLIGHT_REDIRECT),
)
TOPIC.row(
    "preflight-status-307-to-itself",
    "a redirect back to the same URL refuses like any other",
    REQUEST,
    turned_down("x-a", answer(*GRANT, to("{api}/a"), status=307)),
    blocked(Reason.PREFLIGHT_REDIRECT),
)
TOPIC.row(
    "preflight-status-200-location",
    "a Location beside 200 is no redirect",
    REQUEST,
    (*asked("x-a", answer(*GRANT, to(THERE))), TRAP),
    reads(),
)

SCENARIOS = TOPIC.scenarios
