"""A document as plain text: what the console tells at the end of a run, an audit or a fuzzing run, of then."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.reports import audit, digest
from harness.reports.cases import printable

Json = Mapping[str, Any]

SHOWN = 20  # troubles told in full
WIDTH = 140


def render(document: Json) -> str:
    """Return a document as text."""
    kinds = {"run": _run, "audit": audit.lines, "fuzz": _fuzz}
    return "".join(f"{printable(line)}\n" for line in kinds[document["kind"]](document))


def _run(document: Json) -> Iterator[str]:
    troubles = digest.troubles(document)
    for one in troubles[:SHOWN]:
        yield from _trouble(one)
    if len(troubles) > SHOWN:
        more = sum(len(one.results) for one in troubles[SHOWN:])
        yield f"    … and {more} results more; the JSON document has them all"
    yield from _lines("Engines disagree", digest.disagreements(document))
    yield from _lines("Known deviations that still hold", digest.reasons(document, "known"))
    yield from _lines("Skipped", digest.reasons(document, "skipped"))
    if document["results"]:
        yield from _table(document)
    worded = (
        f"{engine}: {told['worded']} of {told['blocked']} ({told['worded'] / told['blocked']:.1%})"
        for engine, told in document.get("wordings", {}).items()
    )
    yield from _lines("Blocked, and the browser's own words mean the same reason", worded)
    yield from _lines("Where the hook sets differ", digest.hook_sets(document))
    yield from _lines("Not tested", digest.untested(document))
    if held := digest.baseline_of(document):
        yield held
    yield f"{digest.counts_of(document)} in {digest.builds(document)}: {digest.ending(document)}"


def _trouble(one: digest.Trouble) -> Iterator[str]:
    row = one.first
    blame = f" · blame: {row['blame']}" if row.get("blame") else ""
    known = " · in the baseline" if one.is_known else ""
    yield f"{row['status'].upper()} {row['scenario']} · {row['hooks']} · {one.where}{blame}{known}"
    yield from (f"    {line}" for line in (row.get("summary"), *one.said) if line)
    for exchange in row.get("exchanges", ()):
        answered = "; ".join(f"{name}: {value}" for name, value in exchange["response_headers"])
        head = f"{exchange['kind']}: {exchange['method']} {exchange['target']}"
        yield f"    {head} -> {exchange['status'] or 'no answer'} [{answered}]"
    predicted = row.get("predicted") or {}
    if predicted.get("reason"):
        yield f"    the standard says: {predicted['where']}: {predicted['sentence']} ({predicted['clause']})"
    if reason := row["observed"].get("browser_reason"):
        yield f"    {row['engine']} says: {reason}"


def _lines(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield title
    yield from (f"    {line}" for line in listed[:SHOWN])
    if len(listed) > SHOWN:
        yield f"    … and {len(listed) - SHOWN} more; the JSON document has them all"


def _table(document: Json) -> list[str]:
    from rich.console import Console
    from rich.table import Table

    engines = digest.engines_of(document)
    table = Table("hook set", "family", *engines, title="Scenarios by family and engine", title_justify="left")
    for (hooks, family), row in digest.table(document).items():
        table.add_row(hooks, family, *(digest.counted(row[engine]) or "-" for engine in engines))
    out = io.StringIO()
    Console(file=out, width=WIDTH, highlight=False).print(table, markup=False)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def _fuzz(document: Json) -> Iterator[str]:
    for one in document["unexplained"]:
        yield f"{one['engine']}: {one.get('count', 1)} of one kind, found as {one.get('found_as', 'a case')}"
        yield from (f"    {digest.difference(each)}" for each in one["differences"])
        yield f"    {one['replay']}"
    for one in document.get("untested", ())[:5]:
        yield f"{one['status'].upper()} in {one['engine']}: {one['cause']}"
        yield f"    {one['replay']}"
    for engine, counts in document["totals"].items():
        yield f"{engine}: {digest.counted(counts)}"
    yield f"{digest.counts_of(document)} in {digest.builds(document)}: {digest.ending(document)}"
