"""Faulty variants of `published`, each wrong in one way: negative controls.

A run that does not catch them proves nothing. A variant is the published hooks plus one function that spoils
their answers, or one that gets in before them.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from flask import Flask, Response, request

from server_site import access
from server_site.hooks import published

ALLOW_ORIGIN = "Access-Control-Allow-Origin"

Installer = Callable[[Flask], None]


class Variant(NamedTuple):
    """What is wrong, and how to put it on an app."""

    summary: str
    install: Installer


def _spoiled_by(spoil: Callable[[Response], None]) -> Installer:
    def last_word(response: Response) -> Response:
        spoil(response)
        return response

    def install(app: Flask) -> None:
        app.after_request(last_word)  # before published's: Flask runs after_request functions in reverse order
        published.install(app)

    return install


def _preceded_by(hook: Callable[[], Response | None]) -> Installer:
    def install(app: Flask) -> None:
        app.before_request(hook)
        published.install(app)

    return install


def _is_preflight() -> bool:
    asks = request.headers
    return request.method == "OPTIONS" and "Origin" in asks and "Access-Control-Request-Method" in asks


def _preflight_404(response: Response) -> None:
    if _is_preflight():
        response.status_code = 404


def _preflight_401() -> Response | None:
    """Check the login of an OPTIONS too, and first; browsers send no credentials with a preflight."""
    if request.method == "OPTIONS" and access.verified_user() is None:
        return access.challenge()
    return None


def _no_allow_origin(response: Response) -> None:
    if request.method != "OPTIONS":
        response.headers.pop(ALLOW_ORIGIN, None)


def _no_allow_methods(response: Response) -> None:
    response.headers.pop("Access-Control-Allow-Methods", None)


def _doubled_allow_origin(response: Response) -> None:
    """Add a second header line, as when application and proxy both do CORS."""
    if request.method != "OPTIONS" and ALLOW_ORIGIN in response.headers:
        response.headers.add(ALLOW_ORIGIN, response.headers[ALLOW_ORIGIN])


def _trailing_slash(response: Response) -> None:
    if ALLOW_ORIGIN in response.headers:
        response.headers[ALLOW_ORIGIN] += "/"


def _wildcard_credentials(response: Response) -> None:
    if ALLOW_ORIGIN in response.headers:
        response.headers[ALLOW_ORIGIN] = "*"
        response.headers["Access-Control-Allow-Credentials"] = "true"


def _origin_list(response: Response) -> None:
    if ALLOW_ORIGIN in response.headers:
        response.headers[ALLOW_ORIGIN] += ", https://other.example"


def _preflight_redirect(response: Response) -> None:
    """Send the preflight elsewhere, where it would be answered well: a browser that followed would give itself away."""
    if _is_preflight() and not request.path.startswith("/elsewhere/"):
        query = request.query_string.decode("latin-1")
        response.status_code = 307
        response.headers["Location"] = "/elsewhere" + quote(request.path) + (f"?{query}" if query else "")


def _errors_without_cors(response: Response) -> None:
    if response.status_code >= 400:
        response.headers.pop(ALLOW_ORIGIN, None)


def _closed_in_preflight() -> Response | None:
    if not _is_preflight():
        return None
    scope = request.environ.get("asgi.scope", {})
    close = (scope.get("extensions") or {}).get("corsproof.close")
    if close is None:
        raise RuntimeError(
            "closed-in-preflight needs a server that can close the connection: serve the app with corsproof's own"
            " sites, which put `corsproof.close` into the extensions of the ASGI scope"
        )
    close()
    return Response()  # goes nowhere: the connection is gone


VARIANTS: dict[str, Variant] = {
    "preflight-404": Variant("the preflight is answered 404, allow headers and all", _spoiled_by(_preflight_404)),
    "preflight-401": Variant("a login check challenges the preflight", _preceded_by(_preflight_401)),
    "no-allow-origin": Variant("the actual response lacks allow-origin", _spoiled_by(_no_allow_origin)),
    "no-allow-methods": Variant("the preflight lacks allow-methods", _spoiled_by(_no_allow_methods)),
    "doubled-allow-origin": Variant("the actual response has allow-origin twice", _spoiled_by(_doubled_allow_origin)),
    "trailing-slash": Variant("allow-origin ends with a slash", _spoiled_by(_trailing_slash)),
    "wildcard-credentials": Variant("`*` together with allow-credentials", _spoiled_by(_wildcard_credentials)),
    "origin-list": Variant("two origins in one allow-origin", _spoiled_by(_origin_list)),
    "preflight-redirect": Variant("the preflight is answered 307", _spoiled_by(_preflight_redirect)),
    "errors-without-cors": Variant("answers from 400 up lack allow-origin", _spoiled_by(_errors_without_cors)),
    "closed-in-preflight": Variant("the connection is closed without an answer", _preceded_by(_closed_in_preflight)),
}
