"""The API site of corsproof: one Flask application, behind a choice of hook sets.

Lives here: `create_app`, which puts the resources, the access decorator and one hook set together.
Imports flask, werkzeug and the standard library: it is a subject, not part of the measurement. Of `harness` only the
policy is known here, to the hook set `hardened` that enforces it.
"""

import logging
import secrets
from collections.abc import Iterable

from flask import Flask

from server_site import api
from server_site.hooks import BROKEN, HOOK_SETS, hook_set
from server_site.hooks.api_policy import ORIGINS_KEY

__all__ = ["BROKEN", "HOOK_SETS", "create_app"]

# `/error` fails on purpose, many times a run. With a handler of its own the logger is not given Flask's, which writes
# to stderr; whoever wants the tracebacks configures logging, and gets them by propagation.
logging.getLogger(__name__).addHandler(logging.NullHandler())


def create_app(hooks: str = "published", *, origins: Iterable[str] = ()) -> Flask:
    """Make the API behind the named hook set; ValueError lists the valid names.

    ``origins`` are those of the pages that a hook set with a policy lets in; the others do not even look at them.
    """
    chosen = hook_set(hooks)
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),
        ACCESS_TOKEN="letmein",
        # Cookies know no ports: a name of its own keeps several of these apps on one host apart, and the path keeps the
        # cookie out of every request but those to /me.
        SESSION_COOKIE_NAME=f"session_{hooks.replace(':', '_')}",
        SESSION_COOKIE_PATH="/me",
        PROPAGATE_EXCEPTIONS=False,  # an unhandled error is a 500 on the wire, whoever serves the app
    )
    app.config[ORIGINS_KEY] = origins
    chosen.install(app)
    api.register(app, chosen.wrap)
    return app
