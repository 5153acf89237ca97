"""How many exchanges the oracle predicts in a second, on one core: `python benchmarks/predictions.py [SECONDS]`.

A simple request and a preflighted one, each with its server's answers, predicted again and again from nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

from harness.oracle import Kind, Request, WireRequest, WireResponse, predict

PAGE = "https://app.example.com"
ANSWER = WireResponse(200, (("Access-Control-Allow-Origin", PAGE), ("Content-Type", "application/json")))
GRANT = WireResponse(
    204,
    (
        ("Access-Control-Allow-Origin", PAGE),
        ("Access-Control-Allow-Methods", "GET, PUT"),
        ("Access-Control-Allow-Headers", "content-type, x-a"),
    ),
)


def serve(request: WireRequest) -> WireResponse:
    """Answer as a server that allows the page."""
    return GRANT if request.kind is Kind.PREFLIGHT else ANSWER


def simple() -> None:
    """A GET: one exchange."""
    predict(Request("https://api.example.com/items/1", PAGE), serve)


def preflighted() -> None:
    """A PUT of JSON with a header: two exchanges."""
    headers = (("Content-Type", "application/json"), ("X-A", "1"))
    predict(Request("https://api.example.com/items/1", PAGE, "PUT", headers, b"{}"), serve)


def refused() -> None:
    """The same without permission for the header: one exchange, and the reasons why."""
    headers = (("Content-Type", "application/json"), ("X-B", "1"))
    predict(Request("https://api.example.com/items/1", PAGE, "PUT", headers, b"{}"), serve)


def rate(work: Callable[[], None], seconds: float) -> float:
    """Return how often per second ``work`` is done, in about so many seconds."""
    begun, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - begun) < seconds:
        for _ in range(100):
            work()
        count += 100
    return count / passed


def lines(seconds: float) -> Iterator[str]:
    """Measure each kind of prediction and say so."""
    for name, work in (("simple", simple), ("preflighted", preflighted), ("refused at the preflight", refused)):
        rate(work, 0.1)  # warm up
        yield f"{name:<26}{rate(work, seconds):>10,.0f} predictions/s"


if __name__ == "__main__":
    print("\n".join(lines(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)))  # noqa: T201
