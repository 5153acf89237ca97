"""Listening sockets of local servers: the same port on both loopback addresses, and on one more where it is asked for.

Imports only the errors.
"""

from __future__ import annotations

import errno
import os
import socket

from harness.errors import SiteFault

BACKLOG = 512


def listen(port: int = 0, attempts: int = 20, *, host: str | None = None) -> list[socket.socket]:
    """Bind a port on 127.0.0.1 and, where there is IPv6, the same one on ::1: this one, or for 0 a free one.

    Browsers try both for ``localhost``: a stranger's server on the other one would answer in our place. ``host`` is an
    address or a name of this machine that is bound too, so that other machines get there.
    """
    for _ in range(1 if port else attempts):
        try:
            return _bound(port, host)
        except OSError as error:
            if port and error.errno != errno.EADDRNOTAVAIL:
                raise SiteFault(
                    f"port {port} of 127.0.0.1 and ::1 cannot be had: {os.strerror(error.errno or 0)}",
                    hint="end what listens there (a development server?): that port is part of an origin to be tested",
                ) from error
            if error.errno != errno.EADDRINUSE:
                raise
    raise SiteFault(f"no port is free on both 127.0.0.1 and ::1 after {attempts} attempts")


def _bound(port: int, host: str | None) -> list[socket.socket]:
    sockets = _twins(port)
    try:
        return [*sockets, *_further(host, sockets[0].getsockname()[1])] if host else sockets
    except OSError:
        for one in sockets:
            one.close()
        raise


def _further(host: str, port: int) -> list[socket.socket]:
    """Bind a port on the first address of a host that is not loopback's own."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    loopback = address[0] in ("127.0.0.1", "::1")
    return [] if loopback else [_at(str(address[0]), port, family)]


def _twins(port: int) -> list[socket.socket]:
    four = _at("127.0.0.1", port, socket.AF_INET)
    try:
        return [four, _at("::1", four.getsockname()[1], socket.AF_INET6)]
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return [four]
        four.close()
        raise


def _at(host: str, port: int, family: int) -> socket.socket:
    listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # Inherited by what is accepted. asyncio sets it too, but not on these: it asks for sockets made with IPPROTO_TCP.
    # Without it an answer written in two parts, as uvicorn does, waits up to 40 ms for the client's delayed ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
