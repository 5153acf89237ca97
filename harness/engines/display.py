"""An X display for browsers that cannot do without one: Xvfb on a display number of its own choosing.

Also how a helper process is started so that it dies with us: nothing is left running, even after a SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence

from harness.errors import BrowserUnavailable


def start_bound(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    stderr: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own (Ctrl-C is not its business) that the kernel kills when its starter dies.

    The kernel watches the starting *thread*: call this from a thread that lives as long as the process may.
    """
    setpriv = shutil.which("setpriv")
    bound = [setpriv, "--pdeathsig", "KILL", *command] if setpriv else list(command)
    return subprocess.Popen(
        bound,
        env=env,
        pass_fds=pass_fds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], deadline: float = 5.0) -> None:
    """Ask a process to end, kill it after ``deadline`` seconds, reap it, and kill what is left of its session."""
    process.terminate()
    try:
        process.wait(deadline)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(ProcessLookupError):
        # Its children go when they see that it is gone, but a stopped one sees nothing.
        os.killpg(process.pid, signal.SIGKILL)


class Display:
    """A running Xvfb; ``name`` is what DISPLAY must say."""

    def __init__(self, deadline: float) -> None:
        xvfb = shutil.which("Xvfb")
        if xvfb is None:
            raise BrowserUnavailable("Xvfb is not installed")
        read, write = os.pipe()
        try:
            command = [xvfb, "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
            self._process = start_bound(command, pass_fds=(write,))
            os.close(write)
            self.name = f":{_read_line(read, deadline)}"
        except BrowserUnavailable:
            end(self._process)
            raise
        finally:
            # Not before the newline was read: Xvfb dies when the pipe closes under it.
            os.close(read)

    def close(self) -> None:
        """End the display; may be called twice."""
        end(self._process)


def _read_line(descriptor: int, deadline: float) -> str:
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], deadline)
        if not ready:
            raise BrowserUnavailable(f"Xvfb gave no display within {deadline:g} s")
        chunk = os.read(descriptor, 64)
        if not chunk:
            raise BrowserUnavailable("Xvfb ended before it gave a display")
        line += chunk
    return line.decode().strip()
