"""An end from outside: what was measured is printed, and no process is left, not even after SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from processes import marked, wait_until_none

pytestmark = pytest.mark.browser

COMMAND = [sys.executable, "-c", "from harness.cli import main; main()", "run", "hooks"]
MANY = ["-b", "all", "--hooks", "published", "-k", "slow-answer", "--repeat", "60"]


@pytest.fixture
def running(mark: str) -> Iterator[subprocess.Popen[str]]:
    """Start a long run in a process group of its own, as a shell does, and wait until all browsers are at work."""
    process = subprocess.Popen(
        [*COMMAND, *MANY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    ready = set()
    for line in process.stderr:
        if " ready: " in line:
            ready.add(line.split()[0])
        if len(ready) == 3:
            break
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupted_run_prints_what_it_has_and_leaves_nothing(
    name: str, running: subprocess.Popen[str], mark: str
) -> None:
    """Interrupt as Ctrl-C does (the whole group) or a supervisor (one process): exit 130, a table, no process."""
    assert len(marked(mark)) > 3
    if name == "SIGINT":
        os.killpg(running.pid, signal.SIGINT)
    else:
        running.send_signal(signal.SIGTERM)
    output, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "interrupted" in output
    assert "Scenarios by family and engine" in output  # the batch was on its way, and what had come back is judged
    assert " pass" in output
    assert "Traceback" not in output + errors
    assert wait_until_none(mark) == {}


def test_a_killed_run_leaves_no_process(running: subprocess.Popen[str], mark: str) -> None:
    """Kill the harness itself: browsers, drivers and displays go with it."""
    assert len(marked(mark)) > 3
    running.kill()
    running.communicate(timeout=30)
    assert wait_until_none(mark) == {}
