"""The catalogue: scenarios as data, by suite. The only logic is the loader; a suite is read when it is asked for."""

from __future__ import annotations

import importlib

from harness.deviations import Deviation
from harness.errors import UsageError
from harness.scenario import Scenario

SUITES = {
    "hooks": (
        "methods",
        "headers",
        "unknown_urls",
        "errors",
        "redirects",
        "cache",
        "access",
        "origins",
        "reading",
        "proxied",
    ),
    "browsers": (
        "allow_origin",
        "null_origin",
        "allow_credentials",
        "preflight_status",
        "allow_methods",
        "allow_headers",
        "methods",
        "accept",
        "languages",
        "content_type",
        "ranges",
        "unsafe_bytes",
        "header_size",
        "forbidden_headers",
        "header_syntax",
        "client_hints",
        "requested_headers",
        "expose_headers",
        "response_filter",
        "actual_status",
        "resource_policy",
        "bodies",
        "xhr_headers",
        "upload_listener",
        "stream_bodies",
        "http_2",
        "stream_http_2",
        "api_refusals",
        "url_credentials",
        "modes",
        "pages",
        "preflight_cache",
        "redirect_origins",
        "redirect_cors",
        "redirect_preflight",
        "redirect_methods",
        "redirect_authorization",
        "redirect_targets",
        "redirect_modes",
        "redirect_limit",
        "bad_ports",
        "no_answer",
        "crossroads",
    ),
}


def load(suite: str) -> tuple[Scenario, ...]:
    """Return the scenarios of a suite in the order of its topics; raise `UsageError` for an unknown suite."""
    if suite not in SUITES:
        raise UsageError(f"unknown suite {suite!r}", hint=f"valid suites: {', '.join(SUITES)}")
    topics = (importlib.import_module(f"harness.catalog.{suite}.{topic}") for topic in SUITES[suite])
    return tuple(scenario for topic in topics for scenario in topic.SCENARIOS)


def sources(suite: str) -> dict[str, str]:
    """Return by id in which file each scenario of a suite is written."""
    topics = (importlib.import_module(f"harness.catalog.{suite}.{topic}") for topic in SUITES[suite])
    return {scenario.id: str(topic.__file__) for topic in topics for scenario in topic.SCENARIOS}


def deviations(suite: str) -> tuple[Deviation, ...]:
    """Return the deviations that are recorded for a suite."""
    if suite == "browsers":  # what follows from literal answers, each rule of `harness.deviations` says itself
        return ()
    recorded: tuple[Deviation, ...] = importlib.import_module(f"harness.catalog.{suite}.deviations").DEVIATIONS
    return recorded
