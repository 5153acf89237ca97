"""A view: its type, and the mark it leaves on the wire.

The header `X-Served-By` says that a view function really ran. Routing errors, slash redirects, automatic OPTIONS
answers and the answers of hooks do not carry it, so a recorded exchange shows how far its request got.
"""

from collections.abc import Callable
from functools import wraps

from flask import Response, after_this_request
from flask.typing import ResponseReturnValue

View = Callable[..., ResponseReturnValue]


def marked(endpoint: str, view: View) -> View:
    """Wrap the view so that whatever answers its request names the endpoint, also after abort() or an exception."""

    def mark(response: Response) -> Response:
        response.headers["X-Served-By"] = endpoint
        return response

    @wraps(view)
    def run(*args: object, **kwargs: object) -> ResponseReturnValue:
        after_this_request(mark)
        return view(*args, **kwargs)

    return run
