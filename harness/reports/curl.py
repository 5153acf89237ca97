"""A recorded request as a `curl` command: what decides about CORS, secrets redacted, ready to paste into a shell.

Pure; imports the wire's records.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from harness.reports.redaction import redacted, redacted_target
from harness.wire import Exchange, Pairs, without_token

# What browsers send with everything and no CORS decision reads, and what curl sends by itself.
_CHATTER = re.compile(
    r"accept|accept-(encoding|language)|connection|host|priority|referer|user-agent|sec-.*|dnt|te|cache-control|pragma"
    r"|content-length|transfer-encoding",
    re.IGNORECASE,
)
_OWN = re.compile(r"host|content-length|transfer-encoding", re.IGNORECASE)


def url_of(exchange: Exchange) -> str:
    """Return the URL that was asked, without the parameter that ties it to its case, secrets redacted."""
    host = next((value for name, value in exchange.request_headers if name.lower() == "host"), exchange.site)
    return f"{exchange.scheme}://{host}{redacted_target(without_token(exchange.target))}"


def curl(exchange: Exchange, author: Iterable[str] = ()) -> str:
    """Return the command that sends a request again; ``author`` names headers that script set, in lower case."""
    # The sites' certificates come from an authority that nobody knows.
    parts = ["curl", "--include", *(["--insecure"] if exchange.scheme == "https" else []), *_method(exchange.method)]
    parts += [part for pair in _telling(exchange.request_headers, frozenset(author)) for part in ("-H", _header(*pair))]
    return shlex.join([*parts, *_body(exchange.request_body), url_of(exchange)])


def _method(method: str) -> list[str]:
    return {"GET": [], "HEAD": ["--head"]}.get(method, ["-X", method])


def _telling(headers: Pairs, author: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name, value in redacted(headers):
        if not _CHATTER.fullmatch(name) or (name.lower() in author and not _OWN.fullmatch(name)):
            yield name, value


def _header(name: str, value: str) -> str:
    return f"{name}: {value}" if value else f"{name};"  # `Name:` would have curl leave the header out


def _body(body: bytes) -> list[str]:
    text = body.decode("latin-1")
    if not body:
        return []
    return ["--data-raw", text] if text.isascii() and text.isprintable() else ["--data-binary", "@body"]
