"""What GitHub Actions shows of a document: annotations of a step, and the Markdown of its summary within its limit.

Pure: knows no environment and writes no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.reports import digest

Json = Mapping[str, Any]

_CLOSING = 200  # bytes that may be needed to close what is open
SUMMARY_LIMIT = 900 * 1024  # bytes; GitHub takes 1 MiB of a step, and refuses all of it beyond that
ANNOTATIONS = 10  # GitHub shows no more of one kind in a step
_FENCE = re.compile("`{3,100}")
CUT = "\n\n**Cut here: the rest would be more than a step summary may hold. The JSON document has it all.**\n"


def summary(markdown: str, limit: int = SUMMARY_LIMIT) -> str:
    """Return Markdown of at most ``limit`` bytes: the whole, or what ends with a line and says that it was cut."""
    data = markdown.encode(errors="backslashreplace")
    if len(data) <= limit:
        return markdown
    room = limit - len(CUT.encode()) - _CLOSING
    if room <= 0:
        return ""
    kept = data[:room].decode(errors="ignore").rpartition("\n")[0]
    return kept + _closed(kept) + CUT


def _closed(kept: str) -> str:
    """Close what is still open where a text was cut."""
    fence = ""
    for line in kept.splitlines():
        if fence:
            fence = "" if line == fence else fence
        elif found := _FENCE.match(line):
            fence = found[0]
    is_folded = kept.count("<details>") > kept.count("</details>")
    return (f"\n{fence}" if fence else "") + ("\n</details>" if is_folded else "")


def commands(document: Json) -> list[str]:
    """Return the workflow commands that annotate what is wrong, the gravest first and no more than GitHub shows."""
    return [_command(*one) for one, _ in zip(_wrong(document), range(ANNOTATIONS), strict=False)]


def _wrong(document: Json) -> Iterator[tuple[str, str, str, Json | None]]:
    match document["kind"]:
        case "run":
            yield from _of_run(document)
        case "audit":
            yield from _of_audit(document)
        case _:
            for one in document["unexplained"]:
                said = "; ".join(map(digest.difference, one["differences"]))
                yield "error", f"{one['engine']} and the standard disagree", f"{said}\n{one['replay']}", None
    yield from (("warning", "not tested", said, None) for said in digest.untested(document))


def _of_run(document: Json) -> Iterator[tuple[str, str, str, Json | None]]:
    for one in digest.troubles(document):
        if not one.is_known:
            row = one.first
            level = "error" if row["status"] == "fail" else "warning"
            title = f"{row['status']}: {row['scenario']} · {row['hooks']} · {one.where}"
            yield level, title, "\n".join(one.said), row.get("source")


def _of_audit(document: Json) -> Iterator[tuple[str, str, str, Json | None]]:
    sources = {route["path"]: route.get("source") for route in document["coverage"]["routes"]}
    for one in document["findings"]:
        if one["severity"] in digest.GRAVE and not one.get("in_baseline"):
            level = "warning" if one["severity"] == "low" else "error"
            place = sources.get(one["urls"][0]) or document.get("sources", {}).get("target")
            yield level, f"{one['rule']} {one['name']}", f"{one['summary']}\nCause: {one['cause']}", place


def _command(level: str, title: str, message: str, place: Json | None) -> str:
    given = {"title": title}
    if place:
        given = {"file": place["file"], "line": str(place.get("line") or 1), **given}
    return f"::{level} {','.join(f'{name}={_property(value)}' for name, value in given.items())}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
