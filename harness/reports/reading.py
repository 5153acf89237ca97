"""Documents of before, read back: what is missing, is no JSON, is none of ours or of a later version is told as such.

Checks as much as those who use a document rely on. Knows no runner.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import UsageError

Json = dict[str, Any]

VERSION = 1
KINDS = ("run", "audit", "fuzz")
_MEMBERS: Mapping[str, Mapping[str, type]] = {
    "run": {"results": list, "totals": dict},
    "audit": {"findings": list, "coverage": dict, "target": str},
    "fuzz": {"unexplained": list, "totals": dict, "seed": int},
}
_ROWS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "run": (
        "results",
        ("scenario", "family", "page", "hooks", "api", "engine", "repeat", "status", "observed", "differences"),
    ),
    "audit": ("findings", ("rule", "name", "severity", "summary", "urls", "proof", "cause", "fix", "clause")),
    "fuzz": ("unexplained", ("case", "engine", "differences", "replay")),
}
_HINT = "name a file that `corsproof run`, `audit` or `fuzz` has written with --report json"


def read(path: str | Path) -> Json:
    """Return the document in a file, or on standard input where it is called ``-``; raise `UsageError`."""
    name = "standard input" if str(path) == "-" else str(path)
    try:
        text = sys.stdin.read() if str(path) == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", hint=_HINT) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is no text: {error.reason} at byte {error.start}", hint=_HINT) from error
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{name} is no JSON: {error}", hint=_HINT) from error
    return checked(value, name)


def checked(value: Any, name: str) -> Json:
    """Return a JSON value that is a document of ours; raise `UsageError` for any other."""
    ours = isinstance(value, dict) and isinstance(tool := value.get("tool"), dict) and tool.get("name") == "corsproof"
    if not ours or not isinstance(value.get("schema_version"), int):
        raise UsageError(f"{name} is no document of corsproof", hint=_HINT)
    if value["schema_version"] > VERSION:
        made = f"schema_version {value['schema_version']}, made by corsproof {value['tool'].get('version')}"
        raise UsageError(
            f"{name} is of a later version ({made}); this one reads {VERSION}", hint="upgrade corsproof to read it"
        )
    if problems := list(_problems(value)):
        raise UsageError(f"{name} is a broken document: {'; '.join(problems[:5])}", hint=_HINT)
    return {**value, "kind": kind_of(value)}


def kind_of(document: Mapping[str, Any]) -> str:
    """Return what a document is of: ``run``, ``audit`` or ``fuzz``; an empty string where that is not known."""
    if "kind" in document:
        return document["kind"] if document["kind"] in KINDS else ""
    return next((kind for kind in KINDS if _ROWS[kind][0] in document), "")


def _problems(value: Mapping[str, Any]) -> Iterator[str]:
    kind = kind_of(value)
    if not kind:
        yield f"its kind is none of {', '.join(KINDS)}"
        return
    for member, wanted in {**_MEMBERS[kind], "engines": list, "exit": int}.items():
        if not isinstance(value.get(member), wanted):
            yield f"{member} is missing or no {wanted.__name__}"
    rows, members = _ROWS[kind]
    listed = value.get(rows)
    for index, row in enumerate(listed if isinstance(listed, list) else ()):
        missing = [member for member in members if not isinstance(row, dict) or member not in row]
        if missing:
            yield f"{rows}[{index}] has no {', '.join(missing)}"
