"""serve.py MODULE KIND: serves `app` of a module beside this file, and prints the port. KIND: wsgi, asgi, sanic.

Runs in a process of its own, with the packages of one version only, so it imports nothing of ours and no newer typing
than those have. It ends when its standard input does, so that it outlives no test.
"""

from __future__ import annotations

import importlib
import inspect
import os
import socket
import sys
import threading
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any, **__: Any) -> None:
        pass


def _serve_wsgi(app: Any) -> None:
    server = make_server("127.0.0.1", 0, app, _Server, _Quiet)
    _tell(server.server_port)
    server.serve_forever()


def _serve_asgi(app: Any) -> None:
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    _tell(listening.getsockname()[1])
    uvicorn.Server(uvicorn.Config(app, http="h11", log_level="critical")).run(sockets=[listening])


def _serve_sanic(app: Any) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    _tell(listening.getsockname()[1])
    newer = "single_process" in inspect.signature(app.run).parameters
    app.run(sock=listening, access_log=False, motd=False, **({"single_process": True} if newer else {}))


def _tell(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    module, kind = sys.argv[1:]
    serve = {"wsgi": _serve_wsgi, "asgi": _serve_asgi, "sanic": _serve_sanic}[kind]
    serve(importlib.import_module(module).app)
