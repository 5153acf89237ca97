"""Where web-platform-tests expect something else than Fetch says: a pseudo engine that engines are built to please."""

from __future__ import annotations

from harness.deviations.departures import negative_max_age
from harness.deviations.rule import Rule

ENGINE = "web-platform-tests"

RULES = (
    Rule(
        name="web-platform-tests-negative-max-age",
        engine=ENGINE,
        fetch="Access-Control-Max-Age: -1 is no delta-seconds, so what was granted is kept for 5 seconds.",
        instead="It is not kept at all (cors/preflight-cache.htm).",
        link="https://fetch.spec.whatwg.org/#http-access-control-max-age",
        apply=negative_max_age,
    ),
)
