"""An app and its CORS policy, proven by real pages: `pytest --cors-browser all examples/test_policy.py`.

`cors.prove` derives from the policy what must work and what must not, asks all of it in a browser, and gives one proof
for each question. A proof is true where page, server and standard agree with the policy; for all that is not, the
report of the failed test has both exchanges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask, jsonify

from server_site.hooks.hardened import Override, Policy, install

if TYPE_CHECKING:
    from harness.pytest_plugin import Cors

POLICY = Policy(
    origins=("https://app.example.com", "https://*.eu.example.com"),
    methods=("GET", "POST", "DELETE"),
    request_headers=("Content-Type", "Authorization"),
    credentials=True,
    exposed_headers=("X-Total-Count",),
    overrides=(Override(endpoint="admin", closed=True),),
)


def create_app() -> Flask:
    """Make the app under test."""
    app = Flask("shop", static_folder=None)
    install(app, POLICY)

    @app.get("/orders")
    def orders() -> object:
        return jsonify([]), {"X-Total-Count": "0"}

    @app.post("/orders")
    def order() -> object:
        return jsonify(id=1), 201

    @app.delete("/orders/<int:number>")
    def cancel(number: int) -> object:
        return "", 204

    @app.get("/admin")
    def admin() -> object:
        return "no other origin may see this"

    return app


@pytest.fixture(scope="session")
def cors_app() -> Flask:
    """Give the app to `cors`."""
    return create_app()


def test_the_policy_holds(cors: Cors) -> None:
    """Everything at once: origins and their neighbours, methods, headers, credentials, exposed headers."""
    assert all(cors.prove(POLICY))


def test_what_nobody_may_see(cors: Cors) -> None:
    """One by one, here only for what changes nothing on one path."""
    for proof in cors.prove(POLICY, ["/admin"], active=False):
        assert proof
