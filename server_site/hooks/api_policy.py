"""The hook set `hardened`: the hardened hooks on this API, with a policy that names what its pages need and no more.

Which pages those are only a run knows: `create_app` is told, and leaves it in the configuration. As an example of a
policy it has a list of everything, and one endpoint that differs.
"""

from collections.abc import Iterable

from flask import Flask

from server_site.hooks import hardened
from server_site.hooks.hardened import Override, Policy

ORIGINS_KEY = "TRUSTED_ORIGINS"


def policy(origins: Iterable[str]) -> Policy:
    """Let these origins use every verb of the API, with credentials and the usual headers."""
    return Policy(
        origins=tuple(origins),
        methods=("GET", "POST", "PUT", "PATCH", "DELETE", "CHECKIN", "OPTIONS"),
        request_headers=("Content-Type", "Authorization", "X-Requested-With"),
        credentials=True,
        max_age=600,
        overrides=(Override(endpoint="exposed", exposed_headers=("X-Total-Count",)),),
    )


def install(app: Flask) -> None:
    """Put the hooks on the app; PolicyError where it was told of no origin."""
    hardened.install(app, policy(app.config[ORIGINS_KEY]))
