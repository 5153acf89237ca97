"""Errors of the API: a wrong method and an unhandled exception, readable or lost."""

from __future__ import annotations

from harness.catalog.hooks.rows import (
    BLOCKED,
    GET_POST,
    JSON,
    bare,
    decorator,
    escaping,
    hardened,
    one,
    published,
    read,
    scenario,
)
from harness.scenario import Scenario, Step


def _wrong_method(method: str) -> Scenario:
    expect = {
        "published": one(read(405), published.preflight("/text", method), published.actual(method, "/text", 405)),
        "decorator": one(BLOCKED, decorator.preflight("/text", method, allow=GET_POST)),
        "none": one(BLOCKED, bare.preflight("/text", method)),
        "hardened": one(read(405), hardened.preflight("/text", method), hardened.actual(method, "/text", 405)),
    }
    summary = f"{method} where only GET and POST are: a 405 to read, or a preflight that lists other methods"
    return scenario(f"wrong-method-{method.lower()}", "errors", summary, Step(method, "{api}/text"), expect)


SCENARIOS = (
    _wrong_method("PUT"),
    _wrong_method("DELETE"),
    _wrong_method("PATCH"),
    _wrong_method("CHECKIN"),
    scenario(
        "error-get",
        "errors",
        "an unhandled exception is a 500 that the published hooks make readable",
        Step("GET", "{api}/error"),
        escaping("GET", "/error", 500, "error"),
    ),
    scenario(
        "error-post-json",
        "errors",
        "the same after a preflight",
        Step("POST", "{api}/error", JSON, "{}"),
        escaping("POST", "/error", 500, "error", asked="content-type"),
    ),
    scenario(
        "error-put",
        "errors",
        "and with PUT",
        Step("PUT", "{api}/error"),
        escaping("PUT", "/error", 500, "error", asked=""),
    ),
)
