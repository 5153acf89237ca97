"""The positive control of an audit, around the target: an open door, and the cookies that the user brought.

Two paths that nobody can guess are answered here, under the target's own origin; all else passes through untouched,
but for a redirect within the target, which keeps the parameter of its case.
An attack that fails says "safe" only beside a page that reads the open door with the same cookies (DESIGN 2.3). Of a
cookie the door tells the name and never the value. Imports the errors, the wire's names, and what makes
WSGI into ASGI.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.sites import asgi_form
from harness.wire import TOKEN_PARAMETER, AsgiApp, Message, Pairs, Receive, Send, token_of

RawPairs = list[tuple[bytes, bytes]]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x1f\x7f;]*")


@dataclass(frozen=True)
class Control:
    """``app`` is what to serve; ``door`` and ``cookies`` are the paths that it answers itself."""

    app: AsgiApp
    door: str
    cookies: str


def controlled(app: Any, cookies: Pairs = ()) -> Control:
    """Put the control around a WSGI or ASGI application; ``cookies`` are pairs as `cookie` returns them."""
    secret = secrets.token_urlsafe(18)
    inner = asgi_form(app)
    door, jar = f"/{secret}/open", f"/{secret}/cookies"

    async def outermost(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else None
        if path == door:
            await _answer(send, _readable(scope["headers"]), {"cookies": _names(scope["headers"])})
        elif path == jar:
            await _answer(send, _setting(cookies, scope["scheme"]), {"set": [name for name, _ in cookies]})
        else:
            await inner(scope, receive, _keeping_token(scope, send))

    return Control(outermost, door, jar)


def _keeping_token(scope: MutableMapping[str, Any], send: Send) -> Send:
    """Let redirects within the target keep the parameter of their case: the record would end with them."""
    token = token_of(scope["query_string"]) if scope["type"] == "http" else None
    if token is None:
        return send
    own = {dict(scope["headers"]).get(b"host", b"").decode("latin-1"), ""}

    def kept(name: bytes, value: bytes) -> tuple[bytes, bytes]:
        text, mark, fragment = value.decode("latin-1").partition("#")
        if name.lower() != b"location" or urlsplit(text).netloc not in own or f"{TOKEN_PARAMETER}=" in text:
            return name, value
        joined = f"{text}{'&' if '?' in text else '?'}{TOKEN_PARAMETER}={token}{mark}{fragment}"
        return name, joined.encode("latin-1")

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [kept(bytes(name), bytes(value)) for name, value in message["headers"]]}
        await send(message)

    return sending


def cookie(text: str) -> tuple[str, str]:
    """Return the pair of a ``NAME=VALUE``; raise `UsageError` for one that no browser would take."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError("a cookie has no name", hint="write NAME=VALUE, without attributes")  # it may be the secret
    if not _TOKEN.fullmatch(name.strip()) or not _VALUE.fullmatch(value):
        # The value may be a secret: it is not repeated.
        raise UsageError(f"the cookie {name.strip()!r} is none", hint="write NAME=VALUE, without attributes")
    return name.strip(), value.strip()


def _setting(cookies: Pairs, scheme: str) -> RawPairs:
    # Without `Secure` no engine lets `SameSite=None` count, and over http none takes `Secure`.
    attributes = "; Path=/; SameSite=None; Secure" if scheme == "https" else "; Path=/"
    return [(b"set-cookie", f"{name}={value}{attributes}".encode()) for name, value in cookies]


def _readable(headers: Iterable[tuple[bytes, bytes]]) -> RawPairs:
    """Return what lets whoever asks do what it asks."""
    asked = {name.lower(): value for name, value in headers}
    reflected = {
        b"access-control-allow-origin": asked.get(b"origin"),
        b"access-control-allow-methods": asked.get(b"access-control-request-method"),
        b"access-control-allow-headers": asked.get(b"access-control-request-headers"),
    }
    granted = [(name, value) for name, value in reflected.items() if value is not None]
    return [*granted, (b"access-control-allow-credentials", b"true"), (b"vary", b"Origin")]


def _names(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    lines = [value.decode("latin-1") for name, value in headers if name.lower() == b"cookie"]
    return [pair.partition("=")[0].strip() for line in lines for pair in line.split(";")]


async def _answer(send: Send, headers: RawPairs, told: dict[str, list[str]]) -> None:
    body = json.dumps(told).encode()
    own = [(b"cache-control", b"no-store"), (b"content-type", b"application/json")]
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [*headers, *own, length]})
    await send({"type": "http.response.body", "body": body})
