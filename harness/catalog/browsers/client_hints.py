"""Client hints: the standard has taken them off its safelist, so whatever their value they must be asked for."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    LISTS_NOTHING,
    Topic,
    answer,
    asked,
    blocked,
    names,
    origin,
    reads,
    step,
    turned_down,
)
from harness.oracle import Reason

TOPIC = Topic("client-hints")

for field, good, bad in (
    ("Device-Memory", "2.0", ""),
    ("DPR", "1.5", "x"),
    ("Width", "1200", "-1"),
    ("Viewport-Width", "1300", ""),
    ("RTT", "1", "-1"),
    ("Downlink", "1.0", "-1.0"),
    ("ECT", "2g", "6g"),
    ("Save-Data", "on", "off"),
):
    for name, summary, value in (("", "", good), ("-bad", ", with a value that makes no sense,", bad)):
        TOPIC.row(
            f"client-hints-{field.lower()}{name}",
            f"{field}{summary} must be asked for",
            step("GET", (field, value)),
            turned_down(field.lower(), LISTS_NOTHING),
            blocked(Reason.HEADER_NOT_ALLOWED),
        )

for field in ("RTT", "Downlink"):
    TOPIC.row(
        f"client-hints-{field.lower()}-empty",
        f"{field} without a value must be asked for",
        step("GET", (field, "")),
        turned_down(field.lower(), LISTS_NOTHING),
        blocked(Reason.HEADER_NOT_ALLOWED),
    )

TOPIC.row(
    "client-hints-listed",
    "hints are sent once they are listed",
    step("GET", ("Save-Data", "on"), ("DPR", "1")),
    asked("dpr,save-data", answer(origin(), names("DPR, Save-Data"))),
    reads(),
)

SCENARIOS = TOPIC.scenarios
