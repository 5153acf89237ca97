"""Flask with this project's hardened hooks."""

from __future__ import annotations

from flask import Flask

from harness.policy import Policy
from server_site.hooks import hardened
from tests.apps import POLICY
from tests.apps.flask_routes import create_bare_app


def create_app(policy: Policy = POLICY) -> Flask:
    """Make the app behind the policy."""
    app = create_bare_app(__name__)
    hardened.install(app, policy)
    return app
