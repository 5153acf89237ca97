"""Browsers kept from audit to audit: each has a ground and a forward proxy of its own, a browser knows one proxy only.

So a relay stands between, which leads to the proxy of whoever launches next. What one audit's browser remembers
is there in the next, so this is for targets that have ports of their own and no cookies that matter to each other.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from harness import engines
from harness.engines import Browser, EngineInfo, EngineName, Launch, Page
from harness.runner import Launcher


class _Relay(ThreadingTCPServer):
    daemon_threads = True
    onward = ("", 0)


class _Connection(BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Relay)
        with contextlib.suppress(OSError), socket.create_connection(self.server.onward) as onward:
            back = threading.Thread(target=_pump, args=(onward, self.request), daemon=True)
            back.start()
            _pump(self.request, onward)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@dataclass(frozen=True)
class _Kept:
    """A browser that outlives the run that closes it."""

    browser: Browser

    @property
    def info(self) -> EngineInfo:
        return self.browser.info

    def open(self, url: str, on_death: Callable[[str], None]) -> Page:
        return self.browser.open(url, on_death)

    def close(self) -> None:
        pass


@contextlib.contextmanager
def keeping() -> Iterator[Launcher]:
    """Yield what launches a browser once for each engine and each treatment of cookies; all end at the end."""
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(_Relay(("127.0.0.1", 0), _Connection))
        threading.Thread(target=relay.serve_forever, args=(0.05,), daemon=True).start()
        stack.callback(relay.shutdown)
        kept: dict[tuple[EngineName, bool], Browser] = {}

        def launch(name: EngineName, how: Launch) -> Browser:
            proxy = urlsplit(how.proxy or "")
            assert proxy.hostname is not None
            assert proxy.port is not None
            relay.onward = (proxy.hostname, proxy.port)
            key = name, how.third_party_cookies
            if key not in kept:
                own = f"http://127.0.0.1:{relay.server_address[1]}"
                kept[key] = engines.launch(name, replace(how, proxy=own))
                stack.callback(kept[key].close)
            return _Kept(kept[key])

        yield launch
