"""The old way to another origin: the page asks its own site, which asks the API and hands the answer back.

Forwards any method and any path below ``/proxy/``; hop-by-hop fields stay behind (RFC 9110 7.6.1), and a redirect of
the API is turned into one of the proxy's.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.routing import Rule

PREFIX = "/proxy"
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

    client = httpx.Client(base_url=api, timeout=DEADLINE, trust_env=False)

    def forward(path: str) -> Response:
        asked = request.query_string.decode("latin-1")
        url = f"/{path}?{asked}" if asked else f"/{path}"
        headers = [(name, value) for name, value in request.headers if name.lower() not in HOP_BY_HOP]
        try:
            answer = client.request(request.method, url, headers=headers, content=request.get_data())
        except httpx.TransportError as error:
            return Response(f"the API did not answer: {error}", status=502, content_type="text/plain")
        # The body was decoded on the way through.
        dropped = HOP_BY_HOP | {"content-encoding"}
        kept = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in dropped]
        return Response(answer.content, answer.status_code, [(name, _here(name, value, api)) for name, value in kept])

    # Without methods a rule takes every one; `Flask.add_url_rule` would make it GET.
    app.url_map.add(Rule(f"{PREFIX}/<path:path>", endpoint="proxy"))
    app.view_functions["proxy"] = forward


def _here(name: str, value: str, api: str) -> str:
    """Turn a Location on the API into one behind the proxy."""
    if name.lower() != "location":
        return value
    if value.startswith(api):
        value = value[len(api) :]
    return PREFIX + value if value.startswith("/") and not urlsplit(value).netloc else value
