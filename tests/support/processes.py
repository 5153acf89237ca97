"""Finds the processes of a test by a mark in their environment, which children inherit. Linux only, as /proc is."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

MARK = "CORSPROOF_TEST_MARK"


def marked(mark: str) -> dict[int, str]:
    """Return pid and name of every living process that carries the mark or descends from one that does.

    Chromium's processes write their titles over their environment, so descent counts too. This process does not count.
    """
    parents, names, found = {}, {}, set()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        pid = int(folder.name)
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if state == "Z":
                continue
            names[pid], parents[pid] = (folder / "comm").read_text().strip(), int(parent)
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.add(pid)
        except OSError:
            continue  # it ended while we looked
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return {pid: names[pid] for pid in found if pid in names}


def send(mark: str, names: tuple[str, ...], signal_number: signal.Signals) -> list[int]:
    """Send a signal to the marked processes whose name begins with one of ``names``, the oldest of each name first."""
    chosen = sorted(pid for pid, name in marked(mark).items() if name.startswith(names))
    for pid in chosen:
        os.kill(pid, signal_number)
    return chosen


def wait_until_none(mark: str, deadline: float = 15.0) -> dict[int, str]:
    """Return the marked processes that are left once there are none, or after ``deadline`` seconds."""
    end = time.monotonic() + deadline
    pause = threading.Event()
    while (left := marked(mark)) and time.monotonic() < end:
        pause.wait(0.05)
    return left
