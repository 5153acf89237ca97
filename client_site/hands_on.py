"""The Flask app of the hands-on page, and its control endpoints, which nobody but that page may use.

Any web page in the visitor's browser can reach a loopback port. So every control endpoint wants the token of the
printed URL in a header that a foreign page cannot send without a preflight, which is refused; it wants to be asked
under its own name, which a rebound DNS name is not; and it is deaf to whatever a browser says comes from another site.
No answer has a CORS header. What the endpoints do is handed in (`Control`). Imports Flask, and nothing of ours.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

TOKEN_HEADER = "X-Corsproof-Token"
Json = dict[str, Any]


class Refusal(Exception):
    """What the page asked for cannot be done; the text says why, to people."""


class Control(Protocol):
    """What the hands-on page can have done."""

    def choices(self) -> Json:
        """Return what can be chosen: APIs, pages, classic failures, suites."""
        ...

    def open(self, page: str) -> Json:
        """Open a page that fires what it is told, to be shown in a frame; raise `Refusal`."""
        ...

    def fire(self, asked: Json) -> Json:
        """Have a page fire a request, and explain what came of it; raise `Refusal`."""
        ...

    def start(self, asked: Json, user_agent: str) -> Json:
        """Begin to run the catalogue in the browser that asks; raise `Refusal`."""
        ...

    def stop(self) -> None:
        """End the run, if there is one."""
        ...

    def status(self) -> Json:
        """Return how far the run is, and the matrix of all that were."""
        ...

    def document(self, label: str) -> str:
        """Return the JSON document of a browser's run; raise `Refusal`."""
        ...


def create_hands_on(control: Control, *, token: str, origin: str, framed: Iterable[str]) -> Flask:
    """Make the hands-on page's site at ``origin``; it may frame, and look for, the origins ``framed``."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # what is told has an order
    security = _security(tuple(framed))

    @app.before_request
    def guard() -> None:
        if request.host != urlsplit(origin).netloc:
            abort(403, f"this page is at {origin}, and nowhere else")
        if request.path.startswith("/control/"):
            _check_caller(request.headers.get(TOKEN_HEADER, ""), token, origin)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(security)
        return response

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        return jsonify(error=error.description), error.code or 500

    @app.errorhandler(Refusal)
    def impossible(error: Refusal) -> ResponseReturnValue:
        return jsonify(error=str(error)), 400

    @app.get("/")
    def page() -> str:
        return render_template("hands_on.html")

    @app.get("/favicon.ico")
    def favicon() -> ResponseReturnValue:
        return "", 204

    @app.get("/control/choices")
    def choices() -> Response:
        return jsonify(control.choices())

    @app.post("/control/pages")
    def pages() -> Response:
        return jsonify(control.open(str(_asked().get("page"))))

    @app.post("/control/fire")
    def fire() -> Response:
        return jsonify(control.fire(_asked()))

    @app.post("/control/run")
    def start() -> Response:
        return jsonify(control.start(_asked(), request.headers.get("User-Agent", "")))

    @app.delete("/control/run")
    def stop() -> ResponseReturnValue:
        control.stop()
        return "", 204

    @app.get("/control/run")
    def status() -> Response:
        return jsonify(control.status())

    @app.get("/control/document")
    def document() -> Response:
        return Response(control.document(request.args.get("label", "")), mimetype="application/json")

    return app


def _asked() -> Json:
    value = request.get_json()
    return value if isinstance(value, dict) else abort(400, "the body is no JSON object")


def _check_caller(given: str, token: str, origin: str) -> None:
    """Answer 403 to whoever lacks the token, and to whatever a browser says is another site's."""
    # Bytes, because compare_digest refuses text beyond ASCII.
    if not hmac.compare_digest(given.encode(), token.encode()):
        abort(403, "the token is missing or wrong: open the URL that `corsproof serve` has printed")
    if request.headers.get("Origin", origin) != origin or request.headers.get("Sec-Fetch-Site", "") not in _OWN_SITE:
        abort(403, "this is for the hands-on page only")


_OWN_SITE = ("", "same-origin")  # empty: no browser, or one that does not say


def _security(framed: tuple[str, ...]) -> dict[str, str]:
    places = " ".join(framed)
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": f"'self' {places}",
        "frame-src": places,
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
