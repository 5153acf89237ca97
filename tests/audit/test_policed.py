"""A target held to a declared policy, on scripted browsers: what is wider, narrower or otherwise is a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, jsonify, request

from harness.audit.audited import AuditOrder
from harness.audit.auditing import audit
from harness.audit.target import Target
from harness.engines import Browser, EngineChoice, EngineName, Launch
from harness.engines.scripted import ScriptedBrowser
from harness.policy import Policy
from harness.tally import Exit
from server_site.hooks.hardened import install

APP = "https://app.example.com"
POLICY = Policy((APP,), methods=("GET", "PUT"), credentials=True, exposed_headers=("X-Total-Count",))


def api(hold: Callable[[Flask], None]) -> Flask:
    """Make a small API that something holds to a policy."""
    app = Flask("api", static_folder=None)

    @app.route("/items", methods=["GET", "PUT"])
    def items() -> Any:
        return jsonify([]), {"X-Total-Count": "0"}

    hold(app)
    return app


def reflecting(app: Flask) -> None:
    """Let whoever asks do whatever is asked."""

    @app.after_request
    def allow(response: Any) -> Any:
        for name, asked in (
            ("Origin", "Origin"),
            ("Methods", "Access-Control-Request-Method"),
            ("Headers", "Access-Control-Request-Headers"),
        ):
            if asked in request.headers:
                response.headers[f"Access-Control-Allow-{name}"] = request.headers[asked]
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = "X-Total-Count"
        response.vary.add("Origin")
        return response


def hiding(app: Flask) -> None:
    """Hold it to the policy, but for the exposed header."""
    install(app, Policy((APP,), methods=("GET", "PUT"), credentials=True))


HELD: dict[str, tuple[Callable[[Flask], None], set[str], Exit]] = {
    "as-declared": (lambda app: install(app, POLICY), set(), Exit.AS_EXPECTED),
    "wider": (reflecting, {"P01"}, Exit.FINDINGS),
    "narrower": (lambda app: install(app, replace(POLICY, methods=("GET",))), {"P02"}, Exit.FINDINGS),
    "no-cors": (lambda app: None, {"P02"}, Exit.FINDINGS),
    "otherwise": (hiding, {"P03"}, Exit.FINDINGS),
}


def launch(_: EngineName, how: Launch) -> Browser:
    """Start a scripted browser by the name of Chromium."""
    return ScriptedBrowser(EngineName.CHROMIUM, how)


@pytest.mark.parametrize(("hold", "rules", "code"), HELD.values(), ids=HELD)
def test_what_differs_from_the_policy_is_found(hold: Callable[[Flask], None], rules: set[str], code: Exit) -> None:
    """And nothing is, where the same policy is what answers."""
    choice = EngineChoice(EngineName.CHROMIUM)
    order = AuditOrder(Target("api", api(hold)), (choice,), (APP,), active=True, policy=POLICY, launcher=launch)
    done = audit(order)
    found = [one for one in done.findings if one.rule.id.startswith("P")]
    assert {one.rule.id for one in found} == rules
    assert done.exit is code, (done.findings, done.untested)
    assert all(dict(one.proof) == {"chromium": "proven"} for one in found)
    assert all(one.paths == ("/items",) for one in found)
