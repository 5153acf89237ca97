"""No CORS on the API: the hook set `none`, and the API's half of `proxy`.

With `proxy` the two sites still need no CORS, as in the days before it: the page calls its own origin, and the page's
own site (`client_site`, `/proxy/…`) forwards to the API. That is not the API's business, so here both are the same.
"""

from flask import Flask

from server_site.view import View


def install(app: Flask) -> None:
    """Leave the app as it is."""


def wrap(view: View) -> View:
    """Leave the view as it is."""
    return view
