"""Files of the user's repository as reports name them: below the working directory and relative to it, never absolute.

A report goes to other machines, where only such names mean anything.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from harness.settings import CONFIG_FILES

Json = dict[str, Any]


def place(file: str | Path | None, line: int | None = None, *, root: Path | None = None) -> Json | None:
    """Return a file, and a line of it, as reports name them; None where it is not below ``root``.

    That is the working directory, unless another is given. What is installed there is nobody's repository.
    """
    if file is None:
        return None
    path, folder = Path(file).resolve(), (root or Path()).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return None
    relative = path.relative_to(folder)
    if any(part.startswith(".") or part == "site-packages" for part in relative.parts[:-1]):
        return None
    return {"file": relative.as_posix(), **({"line": line} if line else {})}


def configuration(*, root: Path | None = None) -> Json | None:
    """Return the configuration file that there is, as reports name it: the place of what has none of its own."""
    found = (place((root or Path()) / name, root=root) for name in CONFIG_FILES)
    return next(filter(None, found), None)


def lines_of(words: list[str], text: str) -> dict[str, int]:
    """Return in which line of a text each word is first written as a string, of those that are."""
    found: dict[str, int] = {}
    wanted = set(words)
    for number, line in enumerate(text.splitlines(), 1):
        for word in re.findall(r"[\"']([^\"'\s]+)[\"']", line):
            if word in wanted:
                found.setdefault(word, number)
    return found
