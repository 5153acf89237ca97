"""The debug mode of the hardened hooks: the browsers' own words name what is missing, and nothing is let through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from harness.engines import EngineChoice, EngineName
from harness.oracle import Reason
from harness.prober import Prober, Question
from harness.result import CorsResult
from harness.scenario import Step
from harness.wire import Kind
from harness.wording import reasons_in
from server_site.hooks.hardened import Policy, install

pytestmark = pytest.mark.browser

ALLOWED = "http://allowed.example.com"


@pytest.fixture(scope="module")
def prober() -> Iterator[Prober]:
    """Keep the browsers for all questions."""
    prober = Prober()
    yield prober
    prober.close()


@pytest.fixture(scope="module", params=[True, False], ids=["debug", "control"])
def app(request: pytest.FixtureRequest) -> Flask:
    """Make an app that lets one origin PUT with one header."""
    made = Flask("made")
    made.config["TELLING"] = request.param
    install(made, Policy((ALLOWED,), methods=("GET", "PUT"), request_headers=("X-One",)), debug=request.param)
    made.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PUT", "DELETE"])
    return made


def ask(prober: Prober, engine: EngineName, app: Flask, origin: str, method: str, header: str) -> CorsResult:
    """Let a page ask for a method and a header."""
    step = Step(method, "{api}/items", ((header, "1"),))
    return prober.ask(EngineChoice(engine), app, Question(step, page=origin))


REFUSED = {
    "origin": ("http://stranger.example.com", "PUT", "X-One", Reason.ALLOW_ORIGIN_MISMATCH),
    "method": (ALLOWED, "DELETE", "X-One", Reason.METHOD_NOT_ALLOWED),
    "header": (ALLOWED, "PUT", "X-Two", Reason.HEADER_NOT_ALLOWED),
}


@pytest.mark.parametrize("engine", EngineName)
@pytest.mark.parametrize(("origin", "method", "header", "reason"), REFUSED.values(), ids=REFUSED)
def test_the_browser_names_the_reason(
    prober: Prober, app: Flask, engine: EngineName, origin: str, method: str, header: str, reason: Reason
) -> None:
    """With debug it says which of the three is wrong, without only that there is no permission; both times blocked."""
    result = ask(prober, engine, app, origin, method, header)
    assert result.blocked_by is not None
    assert result.blocked_by.phase is Kind.PREFLIGHT
    assert result.preflight is not None
    assert result.preflight.status == (204 if app.config["TELLING"] else 403)
    assert (reason.value in reasons_in(engine, [result.blocked_by.reason])) is app.config["TELLING"]


@pytest.mark.parametrize("engine", EngineName)
def test_what_is_allowed_is_let_through(prober: Prober, app: Flask, engine: EngineName) -> None:
    """The control: the same page, method and header that the policy names."""
    assert ask(prober, engine, app, ALLOWED, "PUT", "X-One").allowed
