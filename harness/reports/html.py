"""The HTML report: one file that opens from disk and asks the network for nothing, made of any document of DESIGN 8.

An index of all results and chunks of their details lie in it compressed; the page's script unpacks a chunk when one of
its results is looked at, and puts whatever comes from a document in as text. Pure; knows documents, no events.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.reports.sights import blocked_sight
from harness.wire import TOKEN_PARAMETER

Json = dict[str, Any]

CHUNK = 250  # results whose details are unpacked together
PAGE = Path(__file__).parent / "page"
APART = ("results", "unexplained", "hook_set_differences")  # what does not lie in the index
UNTOLD = ("site", "target")  # of an exchange: `url` says both
TITLES = {"run": "Run", "audit": "Audit", "fuzz": "Fuzzing"}

_TOKEN = re.compile(rf"[?&]{TOKEN_PARAMETER}=[\w-]+")  # what ties a URL to its case says nothing to people
_SLOT = re.compile(r"<!--(\w+)-->|/\*(\w+)\*/")


def render(document: Json) -> str:
    """Return the report of a run, an audit or a fuzzing run, as told by the document's ``kind``."""
    style, script = ((PAGE / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    slots = {
        "title": html.escape(f"{TITLES[document['kind']]} · corsproof"),
        "policy": _policy(style, script),
        "style": style,
        "parts": "\n".join(_part(name, value) for name, value in _parts(document)),
        "script": script,
    }
    page = (PAGE / "report.html").read_text(encoding="utf-8")
    return _SLOT.sub(lambda slot: slots[slot[1] or slot[2]], page)


def _policy(style: str, script: str) -> str:
    """Return the page's own policy: this style and this script, and nothing else from anywhere."""
    own = f"style-src {_hash(style)}; script-src {_hash(script)}"
    return f"default-src 'none'; img-src data:; {own}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _part(name: str, value: object) -> str:
    text = _TOKEN.sub("", json.dumps(value, separators=(",", ":"), ensure_ascii=False))
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    return f'<script type="application/gzip;base64" id="part-{name}">{packed}</script>'


def _parts(document: Json) -> Iterator[tuple[str, object]]:
    results = _results(document)
    columns = list(dict.fromkeys(one["name"] for one in document["engines"]))
    columns += dict.fromkeys(one["engine"] for one in results if one["engine"] not in columns)
    groups = _grouped(results, columns)
    ordered = [result for group in groups.values() for result in group]
    told = {name: value for name, value in document.items() if name not in APART}
    yield "index", told | _index(groups) | {"columns": columns}
    yield "hook-sets", document.get("hook_set_differences", [])
    for number, start in enumerate(range(0, len(ordered), CHUNK)):
        yield f"details-{number}", _chunk(ordered[start : start + CHUNK])


def _results(document: Json) -> list[Json]:
    """Return what the page lists: the results of a run, or what a fuzzing run could not explain."""
    return [*document.get("results", ()), *map(_as_result, document.get("unexplained", ()))]


def _as_result(unexplained: Json) -> Json:
    case = unexplained["case"]
    told = f"found as {unexplained['found_as']}; {unexplained['count']} of this kind; "
    told += "made as small as it can be" if unexplained["shrunk"] else unexplained["note"]
    return {
        **{name: value for name, value in unexplained.items() if name != "case"},
        "scenario": case["id"],
        "family": case["family"],
        "summary": case["summary"],
        "page": case.get("page", "http://localhost"),
        "hooks": "literal",
        "api": ", ".join(case.get("apis", ("fetch", "xhr"))),
        "repeat": 0,
        "steps": case["steps"],
        "cause": told,
    }


Groups = Mapping[tuple[Any, ...], list[Json]]


def _grouped(results: Iterable[Json], columns: Sequence[str]) -> Groups:
    """Return the results by what was asked, so that engines stand beside one another, in the order of the columns."""
    groups: defaultdict[tuple[Any, ...], list[Json]] = defaultdict(list)
    for result in results:
        groups[tuple(result[name] for name in ("family", "scenario", "hooks", "api", "repeat"))].append(result)
    return {key: sorted(group, key=lambda one: columns.index(one["engine"])) for key, group in groups.items()}


class _Strings:
    """Texts that many rows share, each told once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self._places.setdefault(text, len(self._places))

    def told(self) -> list[str]:
        return list(self._places)


def _index(groups: Groups) -> Json:
    """Return a row for each group, ``[family, scenario, summary, hooks, api, repeat, cells]``, texts by their place.

    A cell is ``[engine, status, sight, reason]``; the details of the n-th cell of all are those of the n-th result.
    """
    texts, rows = _Strings(), list[list[Any]]()
    for (family, scenario, hooks, api, repeat), group in groups.items():
        told = group[0]["summary"]
        cells = [list(map(texts, (one["engine"], one["status"], _sight(one), _reason(one)))) for one in group]
        rows.append([*map(texts, (family, scenario, told, hooks, api)), repeat, cells])
    return {"rows": rows, "texts": texts.told(), "chunk": CHUNK}


def _sight(result: Json) -> str:
    observed = result["observed"]
    if observed["outcome"] is None:
        return str(result["status"])
    if observed["blocked_at"]:
        return blocked_sight(observed["blocked_at"])
    # The oracle is an engine without a page where vectors are run.
    status = observed["status"] or (result["predicted"] or {}).get("status")
    return f"{observed['outcome']} {status}" if status else str(observed["outcome"])


def _reason(result: Json) -> str:
    return (result["predicted"] or {}).get("reason") or ""


def _chunk(results: Iterable[Json]) -> Json:
    """Return details, each header pair told once: ``request_headers`` and ``response_headers`` are places in it."""
    pairs: dict[tuple[str, str], int] = {}

    def places(headers: Iterable[tuple[str, str]]) -> list[int]:
        return [pairs.setdefault((name, value), len(pairs)) for name, value in headers]

    def told(exchange: Json) -> Json:
        kept = {name: value for name, value in exchange.items() if name not in UNTOLD}
        return kept | {name: places(exchange[name]) for name in ("request_headers", "response_headers")}

    details = [result | {"exchanges": list(map(told, result["exchanges"]))} for result in results]
    return {"results": details, "pairs": list(pairs)}
