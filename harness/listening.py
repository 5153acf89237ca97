"""Listening sockets of local servers: the same free port on both loopback addresses. Imports only the errors."""

from __future__ import annotations

import errno
import socket

from harness.errors import SiteFault

BACKLOG = 512


def listen(attempts: int = 20) -> list[socket.socket]:
    """Bind a free port on 127.0.0.1 and, where there is IPv6, the same one on ::1.

    Browsers try both for ``localhost``: a stranger's server on the other one would answer in our place.
    """
    for _ in range(attempts):
        four = _at("127.0.0.1", 0, socket.AF_INET)
        try:
            six = _at("::1", four.getsockname()[1], socket.AF_INET6)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                four.close()
                continue
            return [four]
        return [four, six]
    raise SiteFault(f"no port is free on both 127.0.0.1 and ::1 after {attempts} attempts")


def _at(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # Inherited by what is accepted. asyncio sets it too, but not on these: it asks for sockets made with IPPROTO_TCP.
    # Without it an answer written in two parts, as uvicorn does, waits up to 40 ms for the client's delayed ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
