"""Old versions of libraries, each served by a process of its own with nothing but its own packages."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

FOLDER = "CORSPROOF_VERSIONS"  # set by the session `tests` of the noxfile
DEADLINE = 60.0  # seconds from a start to a port
KINDS = {"on_flask": "wsgi", "on_django": "wsgi", "on_sanic": "sanic"}

Served = Callable[[str, str, Mapping[str, Any]], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def versions() -> Path:
    """Return the folder of the installed versions."""
    if FOLDER not in os.environ:
        pytest.skip(f"{FOLDER} names no folder with old versions: ./dev test installs them")
    return Path(os.environ[FOLDER])


@pytest.fixture(scope="session")
def served(versions: Path) -> Served:
    """Return how to serve a version: its folder, the module beside this one, and what is said of CORS."""

    @contextmanager
    def serve(version: str, module: str, options: Mapping[str, Any]) -> Iterator[str]:
        packages = versions / version
        assert packages.is_dir(), f"{version} is not installed in {versions}"
        # Without `site`, what this environment has installed is out of reach.
        command = [sys.executable, "-S", str(Path(__file__).with_name("serve.py")), module, KINDS.get(module, "asgi")]
        environment = {**os.environ, "PYTHONPATH": str(packages), "CORS": json.dumps(options)}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            try:
                yield f"http://127.0.0.1:{_port(process)}"
            finally:
                process.kill()

    return serve


def _port(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    assert process.stderr is not None
    if not select.select([process.stdout], [], [], DEADLINE)[0]:
        raise TimeoutError(f"no port within {DEADLINE} s")
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(process.stderr.read().decode())
    return int(line)
