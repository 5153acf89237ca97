"""A spool: JSON values kept on disk, so that memory stays what it is however many there are."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

HELD = 2**24  # bytes that stay in memory before a file is made


class Spool:
    """Values in the order in which they were added; iterating reads them anew."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(HELD)  # noqa: SIM115 (closed with the spool)
        weakref.finalize(self, self._file.close)

    def add(self, value: Any) -> None:
        """Keep a value."""
        self._file.seek(0, 2)
        self._file.write(json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n")

    def __iter__(self) -> Iterator[Any]:
        self._file.seek(0)
        for line in self._file:
            yield json.loads(line)
