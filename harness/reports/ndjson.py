"""A document as lines of JSON, for tools that read a stream: a head, a line for each thing, an end.

Each line says in ``type`` what it is; together they hold all that the document does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

# The lists of a document of which each member has a line of its own, and what that is.
LINES = {
    "engines": "engine",
    "results": "result",
    "findings": "finding",
    "unexplained": "unexplained",
    "untested": "untested",
    "troubles": "trouble",
}
END = ("totals", "exit")


def render(document: Json) -> str:
    """Return the lines of a document."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _lines(document))


def _lines(document: Json) -> Iterator[Json]:
    head = {name: value for name, value in document.items() if name not in LINES and name not in END}
    yield {"type": "document", **head}
    for member, kind in LINES.items():
        for row in document.get(member, ()):
            yield {"type": kind, **row}
    yield {"type": "end", **{name: document[name] for name in END if name in document}}
