"""Flask with Flask-CORS on the whole app."""

from __future__ import annotations

from flask import Flask
from flask_cors import CORS

from harness.policy import Policy
from tests.apps import POLICY
from tests.apps.flask_routes import create_bare_app


def create_app(policy: Policy = POLICY) -> Flask:
    """Make the app behind the policy."""
    app = create_bare_app(__name__)
    CORS(
        app,
        origins=list(policy.origins),
        methods=list(policy.methods),
        allow_headers=list(policy.request_headers),
        supports_credentials=policy.credentials,
        expose_headers=list(policy.exposed_headers),
        max_age=policy.max_age,
    )
    return app
