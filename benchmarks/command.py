"""The command as people run it, measured from outside: how long one scenario takes, and what many cost.

Time is that of the process, from its start to its end; memory is what the kernel says of the command and of the
browsers below it, looked at while they run. Knows nothing of what the command does. Linux only.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMMAND = (sys.executable, "-c", "from harness.cli import main; main()")
LOOK = 0.5  # seconds between two looks at the memory
KIB = 1024


class Failed(Exception):
    """The command did not end with 0: what it measured is worth nothing."""


@dataclass(frozen=True)
class Scale:
    """What so many checks cost one run of the command; memory in MiB, at its highest."""

    engine: str
    checks: int
    seconds: float
    harness_mib: float
    browser_mib: float

    @property
    def ms_per_check(self) -> float:
        """Wall time for each check, start and end of the browser included."""
        return self.seconds * 1000 / self.checks


def one_scenario(engine: str, times: int) -> float:
    """Return the seconds that the command takes for one scenario, start and end included; the median of some runs."""
    return statistics.median(_run(engine, 1)[0] for _ in range(times))


def scale(engine: str, checks: int) -> Scale:
    """Run a scenario, by fetch() and by XMLHttpRequest, until there are so many checks: each a preflight and a PUT."""
    seconds, own, below = _run(engine, max(1, checks // 2))
    return Scale(engine, 2 * max(1, checks // 2), seconds, own, below)


def _run(engine: str, repeat: int) -> tuple[float, float, float]:
    asked = ("run", "hooks", "--hooks", "published", "-k", "put-json-with-token", "-b", engine, "--repeat", str(repeat))
    begun, own, below = time.monotonic(), 0.0, 0.0
    with subprocess.Popen([*COMMAND, *asked], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            own, below = max(own, _memory([process.pid])), max(below, _memory(_below(process.pid)))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK)
        seconds = time.monotonic() - begun
        said = process.stderr.read().decode() if process.stderr else ""
    if process.returncode:
        raise Failed(f"{' '.join(asked)} ended with {process.returncode}: {said.strip()[-500:]}")
    return seconds, own, below


def _below(pid: int) -> list[int]:
    """Return every descendant of a process."""
    children: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children[int(stat.read_text().rpartition(")")[2].split()[1])].append(int(stat.parent.name))
    return list(_walk(pid, children))


def _walk(pid: int, children: dict[int, list[int]]) -> Iterator[int]:
    for child in children[pid]:
        yield child
        yield from _walk(child, children)


def _memory(pids: list[int]) -> float:
    """Return the proportional share of memory of processes together, in MiB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / KIB
