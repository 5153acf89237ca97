"""The old way to another origin: the page asks its own site, which asks the API and hands the answer back.

Forwards any method and any path below ``/proxy/``; hop-by-hop fields stay behind (RFC 9110 7.6.1), and a redirect of
the API is turned into one of the proxy's.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from flask import Flask, Response, request
from werkzeug.routing import Rule

PREFIX = "/proxy"
PATH_SAFE = "/:@!$&'()*+,;=~"
DEADLINE = 30.0  # seconds for one forwarded request
HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def install(app: Flask, api: str) -> None:
    """Add the forwarding route to ``app``; ``api`` is an origin such as ``http://127.0.0.1:8000``."""
    import httpx  # here, because only this set of scenarios needs it

    # No limits: httpx closes what is beyond them, and one that it has just given to a request may be among it.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    client = httpx.Client(base_url=api, timeout=DEADLINE, trust_env=False, limits=limits)
    weakref.finalize(app, client.close)

    def forward(path: str) -> Response:
        asked = request.query_string.decode("latin-1")
        # The path comes decoded: what would mean something else in a URL is escaped again.
        url = f"/{quote(path, safe=PATH_SAFE)}" + (f"?{asked}" if asked else "")
        headers = _end_to_end(request.headers)
        try:
            answer = client.request(request.method, url, headers=headers, content=request.get_data())
        except httpx.TransportError as error:
            return Response(f"the API did not answer: {error}", status=502, content_type="text/plain")
        # The body was decoded on the way through.
        kept = [pair for pair in _end_to_end(answer.headers.multi_items()) if pair[0].lower() != "content-encoding"]
        return Response(answer.content, answer.status_code, [(name, _here(name, value, api)) for name, value in kept])

    # Without methods a rule takes every one; `Flask.add_url_rule` would make it GET.
    app.url_map.add(Rule(f"{PREFIX}/<path:path>", endpoint="proxy"))
    app.view_functions["proxy"] = forward


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields that are not of one connection: neither by their name nor because Connection names them."""
    pairs = list(headers)
    named = {part.strip().lower() for name, value in pairs if name.lower() == "connection" for part in value.split(",")}
    return [(name, value) for name, value in pairs if name.lower() not in HOP_BY_HOP | named]


def _here(name: str, value: str, api: str) -> str:
    """Turn a Location on the API into one behind the proxy."""
    if name.lower() != "location":
        return value
    if value == api or value.startswith((f"{api}/", f"{api}?")):
        value = value[len(api) :]
        value = value if value.startswith("/") else f"/{value}"
    return PREFIX + value if value.startswith("/") and not urlsplit(value).netloc else value
