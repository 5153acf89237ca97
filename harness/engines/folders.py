"""Folders of their own for browsers, swept by the next run where their owner was killed and could not do it itself.

The owner's process id is part of a folder's name. Knows what is in them as little as which engine wants them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "corsproof-browser-"


def fresh_folder() -> Path:
    """Make an empty folder for this process, and remove those of processes that are gone."""
    _sweep()
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
