"""The applications of `tests/apps` behind the policy that is meant: audits say what their libraries do otherwise.

Every finding in the table is true: `HABITS` in `tests/test_apps.py` says by bare requests that the library does so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from planted import ALLOW, CREDENTIALS, Headers, altered, without

from harness.audit.audited import AuditOrder
from harness.audit.auditing import audit
from harness.audit.findings import Proof, Severity
from harness.audit.target import Target
from harness.engines import EngineChoice, EngineName
from harness.sites import Sites
from harness.wire import Wire
from tests.apps import APPS, POLICY, Interface

pytestmark = pytest.mark.browser

PATHS = ("/items", "/items/1", "/me", "/login", "/public", "/headers", "/old", "/error")
SILENT = ("django", "falcon", "aiohttp", "sanic")  # of which nobody learns their routes
HIGH, MEDIUM, LOW, INFO = Severity

# An unknown URL has no preflight, though its 404 has headers.
NO_PREFLIGHT = ("F04", INFO)
# What is refused, or names no origin, does not vary; none of these answers says that it may be kept.
NOT_VARIED = ("F16", INFO)
# Strangers are told of credentials.
STRANGERS = ("S24", INFO)
# The Vary of `/headers`, Accept-Language, is replaced by Origin.
VARY_LOST = ("F17", LOW)
# An error of the application passes the middleware by, and has no headers.
BARE_ERROR = ("F01", MEDIUM)

FINDS: Mapping[str, set[tuple[str, Severity]]] = {
    "flask": set(),
    "flask-cors": {NO_PREFLIGHT, NOT_VARIED},
    "starlette": {BARE_ERROR, STRANGERS},
    "fastapi": {BARE_ERROR, STRANGERS},
    "django": set(),
    # Its max-age is its own, 86400, of which Chromium takes a twelfth.
    "falcon": {NO_PREFLIGHT, NOT_VARIED, ("F11", INFO)},
    "quart": {NO_PREFLIGHT},
    "litestar": {NOT_VARIED, STRANGERS, VARY_LOST},
    # Its headers are on what a resource answers, so on no 404 and no 405, and on no preflight of what is unknown.
    "aiohttp": {NOT_VARIED, ("F01", LOW), ("F04", LOW)},
    "sanic": {NO_PREFLIGHT, NOT_VARIED, VARY_LOST},
}


@contextmanager
def target(name: str) -> Iterator[Target]:
    """Yield an application as a target: in this process, or by the URL of its own server."""
    app = APPS[name]
    if app.interface is not Interface.URL:
        yield Target(name, app=app.create())
        return
    with Sites(Wire()) as sites, app.served(sites) as url:
        yield Target(name, url=url)


def order(found: Target, paths: tuple[str, ...]) -> AuditOrder:
    """Return the order of an audit in Chromium, for the page that the policy means."""
    chromium = (EngineChoice(EngineName.CHROMIUM),)
    return AuditOrder(found, chromium, POLICY.origins, paths, active=True, login="/login")


# One of each kind is always audited: the suite has a limit (`nox -s everything`).
AUDITED = APPS if "CORSPROOF_EVERYTHING" in os.environ else ("flask-cors", "fastapi", "django", "litestar", "sanic")


@pytest.mark.parametrize("name", AUDITED)
def test_what_a_library_does_otherwise_is_found_and_nothing_else(name: str) -> None:
    """All paths are audited, and the findings are those of the table."""
    with target(name) as found:
        done = audit(order(found, PATHS if name in SILENT else ()))
    assert {route.path for route in done.discovery.routes} == set(PATHS)
    assert done.untested == ()
    assert {(one.rule.id, one.severity) for one in done.findings} == FINDS[name]


def test_an_application_that_reflects_is_found_out() -> None:
    """The negative control: something around it repeats the Origin, and pages of strangers read everything."""

    def repeat(environ: Mapping[str, Any], status: int, headers: Headers) -> Headers:
        repeated = [(ALLOW, environ.get("HTTP_ORIGIN", "*")), (CREDENTIALS, "true")]
        return [*without(headers, ALLOW, CREDENTIALS), *repeated]

    done = audit(order(Target("flask", app=altered(APPS["flask"].create(), repeat)), PATHS))
    (found,) = (one for one in done.findings if one.rule.id == "S01")
    assert (found.severity, set(found.proof.values())) == (HIGH, {Proof.PROVEN})
    assert "/me" in found.paths
