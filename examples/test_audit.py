"""An app audited by real pages: `pytest --cors-browser all examples/test_audit.py`.

`cors.audit` finds out what the app answers to whom, lets pages on attackers' origins and on trusted ones ask, and gives
a finding for each thing that is wrong: with the proof, the cause and what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask, Response, jsonify, request

if TYPE_CHECKING:
    from harness.pytest_plugin import Cors

TRUSTED = "https://app.example.com"


def create_app(*, careless: bool = False) -> Flask:
    """Make the app under test; a careless one answers whoever asks."""
    app = Flask("shop", static_folder=None)

    @app.get("/orders")
    def orders() -> object:
        return jsonify([])

    @app.after_request
    def cors(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin is not None and (careless or origin == TRUSTED):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
        response.vary.add("Origin")
        return response

    return app


@pytest.fixture(scope="session")
def cors_app() -> Flask:
    """Give the app to `cors`."""
    return create_app()


def test_nothing_is_wrong(cors: Cors) -> None:
    """What is mere information does not matter here."""
    assert not [finding for finding in cors.audit(trusted=[TRUSTED]) if finding.matters]


def test_carelessness_is_found(cors: Cors) -> None:
    """Any page reads what the app shows a signed-in user, and so does a sandboxed frame."""
    found = cors.audit(create_app(careless=True), trusted=[TRUSTED])
    assert [finding.rule.id for finding in found if finding.severity == "high"] == ["S01", "S03"]
