"""The matrix of the hands-on page: families by hook set against browsers, made of the JSON documents of runs. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]
TOLD = 300  # results told one by one: the documents have all
NAMED = 3  # scenarios of one cause
_QUIET = frozenset({"pass", "known", "skipped"})


def matrix(documents: Iterable[Json]) -> Json:
    """Return the columns (browsers, in the order of the documents), the rows, and what went wrong or was skipped."""
    columns: dict[str, Json] = {}
    cells: dict[tuple[str, str], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    troubles: list[Json] = []
    skipped: Counter[tuple[str, str]] = Counter()
    for document in documents:
        for engine in document["engines"]:
            columns[engine["name"]] = {"name": engine["name"], "user_agent": engine.get("user_agent", "")}
        for result in document["results"]:
            cells[result["hooks"], result["family"]][result["engine"]][result["status"]] += 1
            if result["status"] == "skipped":
                skipped[result["engine"], result["cause"]] += 1
        troubles += _troubles(document["results"])
    names = list(columns)
    return {
        "columns": list(columns.values()),
        "rows": [
            {"hooks": hooks, "family": family, "cells": [dict(row[name]) for name in names]}
            for (hooks, family), row in sorted(cells.items())
        ],
        "troubles": troubles[:TOLD],
        "untold": max(0, len(troubles) - TOLD),
        "skipped": [{"engine": name, "cause": cause, "count": count} for (name, cause), count in skipped.items()],
    }


def _troubles(results: Iterable[Json]) -> Iterator[Json]:
    """Yield what went wrong; what has one cause, such as a browser that went away, once, with all its scenarios."""
    groups: dict[tuple[str, str, str], list[Json]] = defaultdict(list)
    for result in results:
        if result["status"] not in _QUIET:
            told = [f"{one['where']}: expected {one['expected']}, observed {one['observed']}" for one in _first(result)]
            groups[result["engine"], result["status"], "; ".join(told) or result["cause"]].append(result)
    for (engine, status, why), group in groups.items():
        scenarios = list(dict.fromkeys(f"{one['scenario']} · {one['hooks']} · {one['api']}" for one in group))
        more = f" and {len(scenarios) - NAMED} more" if len(scenarios) > NAMED else ""
        what = f"{', '.join(scenarios[:NAMED])}{more}"
        yield {"engine": engine, "status": status, "what": what, "summary": group[0]["summary"], "why": why}


def _first(result: Json) -> list[Json]:
    differences: list[Json] = result["differences"]
    return differences[:2]
