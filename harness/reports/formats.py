"""The formats of reports by name: the file of each, and the module that makes it of a JSON document.

The JSON is written first and is always among them, so that nothing measured is lost where another format fails.
Modules are imported when their format is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import CorsproofError, UsageError
from harness.reports.document import as_text

Json = dict[str, Any]


@dataclass(frozen=True)
class Format:
    """A format: the file that it is written to, and the module whose ``render(document)`` makes it."""

    file: str
    module: str


JSON = "json"
JSON_FILE = "corsproof.json"
FORMATS = {
    "html": Format("corsproof.html", "harness.reports.html"),
    "ndjson": Format("corsproof.ndjson", "harness.reports.ndjson"),
    "junit": Format("corsproof.junit.xml", "harness.reports.junit"),
    "sarif": Format("corsproof.sarif", "harness.reports.sarif"),
    "md": Format("corsproof.md", "harness.reports.markdown"),
    "text": Format("corsproof.txt", "harness.reports.text"),
}
NAMES = (JSON, *FORMATS)


class NotWritten(CorsproofError):
    """A report could not be written: what was measured stands, but not all of it is in a file."""

    exit_code = 4


def named(text: str | None) -> tuple[str, ...]:
    """Return the formats in a list such as ``json,md``; raise `UsageError` for one that is none."""
    asked = tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))
    if unknown := [name for name in asked if name not in NAMES]:
        raise UsageError(f"unknown report {', '.join(map(repr, unknown))}", hint=f"valid reports: {', '.join(NAMES)}")
    return asked


def render(name: str, document: Json) -> str:
    """Return a document in a format."""
    if name == JSON:
        return as_text(document) + "\n"
    text: str = importlib.import_module(FORMATS[name].module).render(document)
    return text


def prepare(folder: Path) -> None:
    """Make the folder of the reports; raise `UsageError` where no file can be made in it."""
    probe = folder / ".corsproof-probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"no reports can be written to {folder}: {error.strerror}", hint="choose another folder for them"
        ) from error


def write(document: Json, names: Iterable[str], folder: Path) -> list[Path]:
    """Write a document in these formats, the JSON first; raise `NotWritten` when all have been tried."""
    written, failed = list[Path](), list[str]()
    for name in dict.fromkeys((JSON, *names)):
        path = folder / (JSON_FILE if name == JSON else FORMATS[name].file)
        try:
            path.write_text(render(name, document), encoding="utf-8", errors="backslashreplace")
            written.append(path)
        except OSError as error:
            failed.append(f"{path}: {error.strerror}")
        except Exception as error:
            # A fault of ours in one format; the others are still to come.
            failed.append(f"{name}: {type(error).__name__}: {error}")
    if failed:
        raise NotWritten(
            f"{len(failed)} report(s) could not be written: {'; '.join(failed)}",
            hint=f"written: {', '.join(map(str, written)) or 'none'}; `corsproof report show` makes others of the JSON",
        )
    return written
