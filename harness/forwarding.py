"""A forward proxy that maps names to local sites, so that a page can have any origin without interception (FACTS 2).

It knows the names it was given and refuses all others, so no browser under test reaches the network through it. A
tunnel (CONNECT) is piped as it is; a plain request is passed on unchanged but for ``Connection: close``, because the
next request of a kept-alive connection might be for another name.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from urllib.parse import urlsplit

HEAD_LIMIT = 65536  # bytes of a request's head
HEAD_DEADLINE = 30.0  # seconds a client may take to send one


class ForwardProxy:
    """The proxy; its methods run on the loop that serves it. ``ports`` maps (scheme, host, port) to a local port."""

    def __init__(self, ports: Mapping[tuple[str, str, int], int]) -> None:
        self._ports = ports
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.url = ""

    @property
    def running(self) -> bool:
        """Whether the proxy accepts connections."""
        return self._server is not None

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=HEAD_LIMIT)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close the port and every connection."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await server.wait_closed()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            await self._forward(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # one side went away: so does this connection
        finally:
            self._clients.discard(task)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_DEADLINE):
            head = await reader.readuntil(b"\r\n\r\n")
        try:
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            tunnel = method == "CONNECT"
            parts = urlsplit(f"https://{target}" if tunnel else target)
            place = ("https" if tunnel else "http", parts.hostname or "", parts.port or (443 if tunnel else 80))
        except ValueError:
            await _refuse(writer, "400 Bad Request", "corsproof's proxy cannot read this request")
            return
        port = self._ports.get(place)
        if port is None:
            await _refuse(writer, "502 Bad Gateway", "corsproof's proxy knows no {}://{}:{}".format(*place))
            return
        site_reader, site_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                site_writer.write(_for_the_site(head))
            await _pipe_both(reader, writer, site_reader, site_writer)
        finally:
            site_writer.close()


async def _refuse(writer: asyncio.StreamWriter, status: str, text: str) -> None:
    body = text.encode()
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


def _for_the_site(head: bytes) -> bytes:
    """Return a request's head in origin form, its connection options replaced by ``close`` (RFC 9112 3.2.1, 9.6)."""
    request, *fields = head[:-4].split(b"\r\n")
    method, target, version = request.split(b" ", 2)
    parts = urlsplit(target)
    origin_form = (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")
    kept = [line for line in fields if line.split(b":")[0].lower() not in (b"connection", b"proxy-connection")]
    return b"\r\n".join([b" ".join((method, origin_form, version)), *kept, b"Connection: close", b"", b""])


async def _pipe_both(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    site_reader: asyncio.StreamReader,
    site_writer: asyncio.StreamWriter,
) -> None:
    """Copy both ways until either side ends."""
    copies = {asyncio.create_task(_pipe(reader, site_writer)), asyncio.create_task(_pipe(site_reader, writer))}
    _, running = await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    await asyncio.gather(*copies, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(HEAD_LIMIT):
            writer.write(chunk)
            await writer.drain()
