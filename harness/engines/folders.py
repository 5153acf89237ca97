"""Folders of their own for browsers, swept by the next run where their owner was killed and could not do it itself.

The owner's process id is part of a folder's name. Knows what is in them as little as which engine wants them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "corsproof-browser-"
ROOM = 9  # characters: the separator and what `mkdtemp` adds
SHORT = "/tmp"


def fresh_folder(longest: int | None = None) -> Path:
    """Make an empty folder for this process, and remove those of processes that are gone.

    It is where temporary files go; in `SHORT` where its path would have more than ``longest`` characters there.
    """
    place, prefix = tempfile.gettempdir(), f"{PREFIX}{os.getpid()}-"
    if longest is not None and len(place) + len(prefix) + ROOM > longest:
        place = SHORT
    _sweep(place)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=place))


def _sweep(place: str) -> None:
    for folder in Path(place).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
