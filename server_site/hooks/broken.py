"""Faulty variants of `published`, and of `hardened`, each wrong in one way: negative controls.

A run that does not catch them proves nothing. A variant is sound hooks plus one function that spoils their answers, or
one that gets in before them. Those of `hardened` are called `hardened-…`: by the name they are held to what it does.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from flask import Flask, Response, request

from server_site import access
from server_site.hooks import api_policy, published

ALLOW_ORIGIN = "Access-Control-Allow-Origin"

Installer = Callable[[Flask], None]


class Variant(NamedTuple):
    """What is wrong, and how to put it on an app."""

    summary: str
    install: Installer


def _spoiled_by(spoil: Callable[[Response], None], sound: Installer = published.install) -> Installer:
    def last_word(response: Response) -> Response:
        spoil(response)
        return response

    def install(app: Flask) -> None:
        sound(app)
        # Flask runs after_request functions in reverse order: the first has the last word, also after `hardened`.
        app.after_request_funcs[None].insert(0, last_word)

    return install


def _hardened_spoiled_by(spoil: Callable[[Response], None]) -> Installer:
    return _spoiled_by(spoil, api_policy.install)


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


def _let_in(response: Response) -> None:
    """Grant what was refused, by name and with credentials, to whoever asked."""
    if ALLOW_ORIGIN in response.headers or "Origin" not in request.headers:
        return
    response.headers[ALLOW_ORIGIN] = request.headers["Origin"]
    response.headers["Access-Control-Allow-Credentials"] = "true"
    if _is_preflight():
        response.status_code = 204
        response.headers["Access-Control-Allow-Methods"] = request.headers["Access-Control-Request-Method"]
        response.headers["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "")


def _let_null_in(response: Response) -> None:
    if request.headers.get("Origin") == "null":
        _let_in(response)


def _let_preflights_in(response: Response) -> None:
    if _is_preflight():
        _let_in(response)


def _no_vary(response: Response) -> None:
    response.headers.pop("Vary", None)


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
    "hardened-reflected": Variant("who is refused is let in, by name", _hardened_spoiled_by(_let_in)),
    "hardened-null": Variant("`null` is let in", _hardened_spoiled_by(_let_null_in)),
    "hardened-echo": Variant("a preflight is granted whatever it asks", _hardened_spoiled_by(_let_preflights_in)),
    "hardened-no-vary": Variant("no answer says what it varies by", _hardened_spoiled_by(_no_vary)),
}
