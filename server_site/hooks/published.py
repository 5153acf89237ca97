"""The hooks of the article this project began with, restated: one before_request, one after_request, on the whole app.

A regression subject, faults included: any origin is allowed, no `Vary`, no policy, OPTIONS is answered where nothing
lives, and an OPTIONS that is not a preflight fails with 500. Do not mend them here.
"""

from flask import Flask, Response, current_app, request


def install(app: Flask) -> None:
    """Put both hooks on the app."""
    app.before_request(answer_options)
    app.after_request(allow_origin)


def answer_options() -> Response | None:
    """Answer every OPTIONS, on every URL known or not, with leave to do whatever it asks; no view sees it."""
    if request.method != "OPTIONS":
        return None
    response = current_app.make_default_options_response()
    # Unchecked: a missing one is a KeyError, so a 500 (not the 400 of a missing form field).
    response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    response.headers["Access-Control-Allow-Methods"] = request.headers["Access-Control-Request-Method"]
    response.headers["Access-Control-Max-Age"] = "10"
    if "Access-Control-Request-Headers" in request.headers:
        response.headers["Access-Control-Allow-Headers"] = request.headers["Access-Control-Request-Headers"]
    return response


def allow_origin(response: Response) -> Response:
    """Let the asking origin read every other answer, errors and redirects included."""
    if request.method != "OPTIONS" and "Origin" in request.headers:
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    return response
