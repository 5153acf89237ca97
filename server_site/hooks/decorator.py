"""The per-view decorator that the article's hooks replaced, restated: CORS where a view carries it, nowhere else.

What no decorated view answers has no CORS: unknown URLs (so their preflight is a bare 404), wrong methods, slash
redirects, and what a view raises instead of returning (abort, unhandled errors).
"""

from collections.abc import Callable, Sequence
from functools import wraps

from flask import current_app, make_response, request
from flask.typing import ResponseReturnValue

from server_site.view import View


def crossdomain(
    origin: str = "*",
    headers: Sequence[str] = ("Content-Type", "Authorization", "X-Requested-With"),
    max_age: int = 21600,
) -> Callable[[View], View]:
    """Make a decorator that answers the view's OPTIONS and puts the same headers on all that the view returns."""

    def decorate(view: View) -> View:
        @wraps(view)
        def crossing(*args: object, **kwargs: object) -> ResponseReturnValue:
            options = current_app.make_default_options_response()
            response = options if request.method == "OPTIONS" else make_response(view(*args, **kwargs))
            response.headers["Access-Control-Allow-Origin"] = origin
            # The methods of the rule. Sorted, because routing hands them over in the order of a set.
            response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(options.allow))
            response.headers["Access-Control-Max-Age"] = str(max_age)
            if headers:
                response.headers["Access-Control-Allow-Headers"] = ", ".join(headers)
            return response

        # Flask reads both off the view when the rule is added: no OPTIONS answer of its own, but OPTIONS routed here.
        crossing.provide_automatic_options = False  # type: ignore[attr-defined]
        crossing.required_methods = {"OPTIONS"}  # type: ignore[attr-defined]
        return crossing

    return decorate
