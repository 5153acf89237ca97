"""Two documents of the same kind compared: what is new, what is fixed, what changed; and a baseline held against one.

A result is known by scenario, hook set, interface, engine, page and repeat, a finding by rule and path. Ports and
tokens, which are others in each run, do not count as changes. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.errors import UsageError
from harness.reports import digest
from harness.reports.merging import key_of
from harness.tally import Exit
from harness.wire import TOKEN_PARAMETER

Json = dict[str, Any]
Given = Mapping[str, Any]

KINDS = ("new", "fixed", "changed", "added", "gone")
TITLES = {
    "new": "New failures",
    "fixed": "Fixed",
    "changed": "Changed",
    "added": "Only in the new document",
    "gone": "Only in the old document",
}
_PORT = re.compile(r"(?<=[\w\].]):\d{2,5}\b")
_TOKEN = re.compile(rf"{TOKEN_PARAMETER}=[\w-]+")
_SEVERITIES = ("info", "low", "medium", "high")
_GOOD = ("pass", "known")
ABSENT = "not there"


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was. ``engine`` is empty where it is not of one engine."""

    kind: str
    name: str
    engine: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.name}: {self.old} -> {self.new}"


@dataclass(frozen=True)
class Comparison:
    """What became of one document in another; ``engines`` are those that are not the same build in both."""

    changes: tuple[Change, ...]
    engines: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def exit(self) -> Exit:
        """Whether something fails that did not fail before."""
        return Exit.FINDINGS if any(change.kind == "new" for change in self.changes) else Exit.AS_EXPECTED

    def value(self) -> Json:
        """Return it as JSON."""
        told = {kind: [_row(change) for change in self.changes if change.kind == kind] for kind in KINDS}
        engines = {name: {"old": old, "new": new} for name, (old, new) in self.engines.items()}
        return {"schema_version": 1, "kind": "diff", "engines": engines, **told, "exit": int(self.exit)}

    def lines(self) -> Iterator[str]:
        """Tell it: first what engines that stayed the same do, then those that were replaced, each by itself."""
        yield from self._section("", lambda change: change.engine not in self.engines)
        for name, (old, new) in self.engines.items():
            yield _upgrade(name, old, new)
            yield from self._section("  ", lambda change, name=name: change.engine == name)
        counts = {kind: sum(change.kind == kind for change in self.changes) for kind in KINDS}
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        yield told or "nothing changed"

    def _section(self, indent: str, wanted: Any) -> Iterator[str]:
        mine = [change for change in self.changes if wanted(change)]
        for kind in KINDS:
            of_kind = [change for change in mine if change.kind == kind]
            if of_kind:
                yield f"{indent}{TITLES[kind]}"
            yield from (f"{indent}    {change}" for change in of_kind)


def _row(change: Change) -> Json:
    return {name: value for name, value in asdict(change).items() if name != "kind"}


def _upgrade(name: str, old: str, new: str) -> str:
    if old == ABSENT:
        return f"{name} was added ({new})"
    if new == ABSENT:
        return f"{name} is there no more ({old})"
    was = "upgraded" if _parts(new) > _parts(old) else "replaced by an older one:"
    return f"{name} was {was} from {old} to {new}"


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def compare(old: Given, new: Given) -> Comparison:
    """Compare two documents of one kind; raise `UsageError` for others."""
    if old["kind"] != new["kind"]:
        raise UsageError(
            f"a document of corsproof {old['kind']} and one of {new['kind']} cannot be compared",
            hint="give two documents of the same command",
        )
    if old["kind"] == "fuzz":
        raise UsageError(
            "documents of corsproof fuzz cannot be compared: their cases are made by chance",
            hint="replay the cases instead: each document says how",
        )
    changes = _of_runs(old, new) if old["kind"] == "run" else _of_audits(old, new)
    return Comparison(tuple(changes), _other_builds(old, new))


def _other_builds(old: Given, new: Given) -> dict[str, tuple[str, str]]:
    before, after = ({info["name"]: info["version"] for info in one["engines"]} for one in (old, new))
    names = dict.fromkeys([*before, *after])
    pairs = {name: (before.get(name, ABSENT), after.get(name, ABSENT)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


# ---- runs -------------------------------------------------------------------------------------------


def _of_runs(old: Given, new: Given) -> Iterator[Change]:
    before, after = ({key_of(result): result for result in one["results"]} for one in (old, new))
    for key in dict.fromkeys([*after, *before]):
        was, now = before.get(key), after.get(key)
        if kind := _kind(was, now):
            told = (ABSENT if one is None else _told(one) for one in (was, now))
            scenario, hooks, api, engine, _, repeat = key
            name = " · ".join([scenario, hooks, api, engine, *([f"repeat {repeat}"] if repeat else [])])
            yield Change(kind, name, engine, *told)


def _kind(was: Given | None, now: Given | None) -> str:
    if now is None:
        return "gone"
    fails, failed = now["status"] == "fail", was is not None and was["status"] == "fail"
    if fails and not failed:
        return "new"
    if was is None:
        return "added"
    if failed and now["status"] in _GOOD:
        return "fixed"
    return "changed" if _essence(was) != _essence(now) else ""


def _told(result: Given) -> str:
    said = digest.said_of(result)
    sight = digest.sight_of(result)
    status = result["status"] if sight == result["status"] else f"{result['status']}, {sight}"
    return f"{status} ({said[0]})" if said and result["status"] != "pass" else status


def _essence(result: Given) -> tuple[Any, ...]:
    """Return what of a result is the same in each run."""
    said = tuple(_steady(line) for line in digest.said_of(result)) if result["status"] in ("fail", "known") else ()
    names = tuple(result["observed"].get("readable_headers", ()))
    return result["status"], result.get("blame"), _steady(digest.sight_of(result)), names, said


def _steady(text: str) -> str:
    return _TOKEN.sub("token", _PORT.sub("", text))


# ---- audits -----------------------------------------------------------------------------------------


def _of_audits(old: Given, new: Given) -> Iterator[Change]:
    before, after = (_by_path(one) for one in (old, new))
    covered = {route["path"] for route in new["coverage"]["routes"]}
    for key in dict.fromkeys([*after, *before]):
        was, now = before.get(key), after.get(key)
        if kind := _finding_kind(was, now, is_covered=key[1] in covered):
            told = (ABSENT if one is None else _told_finding(one) for one in (was, now))
            yield Change(kind, " · ".join(key), "", *told)


def _by_path(document: Given) -> dict[tuple[str, str], Given]:
    return {(one["rule"], digest.steady_path(url)): one for one in document["findings"] for url in one["urls"]}


def _finding_kind(was: Given | None, now: Given | None, *, is_covered: bool) -> str:
    if now is None:
        return "fixed" if is_covered else "gone"
    if was is None or _rank(now) > _rank(was):
        return "new" if now["severity"] in digest.GRAVE else "added"
    return "changed" if (was["severity"], was["proof"]) != (now["severity"], now["proof"]) else ""


def _told_finding(one: Given) -> str:
    proof = ", ".join(f"{engine} {shown}" for engine, shown in one["proof"].items())
    return f"{one['severity']} {one['name']} ({proof})"


def _rank(one: Given) -> int:
    return _SEVERITIES.index(one["severity"])


# ---- a baseline -------------------------------------------------------------------------------------


def held(document: Json, baseline: Given) -> Json:
    """Return a document with each failure marked: whether the baseline has it. Only what is new makes it fail.

    A failure that is another one than in the baseline (other differences, another blame, a graver finding) is new. What
    could not be tested stays so.
    """
    if document["kind"] != baseline["kind"]:
        raise UsageError(
            f"the baseline is a document of corsproof {baseline['kind']}",
            hint=f"give one of corsproof {document['kind']}",
        )
    member = "results" if document["kind"] == "run" else "findings"
    rows = [_marked(row, known) for known in [_known(baseline)] for row in document[member]]
    marks = [row["in_baseline"] for row in rows if "in_baseline" in row]
    code = document["exit"]
    if code == Exit.FINDINGS and all(marks):
        code = int(Exit.AS_EXPECTED)
    return {**document, member: rows, "baseline": {"known": sum(marks), "new": marks.count(False)}, "exit": code}


def _known(baseline: Given) -> dict[tuple[Any, ...], Any]:
    """Return the failures of a baseline: how they differ, or how grave they are; the repeat is no matter."""
    if baseline["kind"] == "audit":
        return {key: _rank(one) for key, one in _by_path(baseline).items()}
    found: dict[tuple[Any, ...], set[Any]] = {}
    for result in baseline["results"]:
        if result["status"] == "fail":
            found.setdefault(key_of(result)[:-1], set()).add(_failure(result))
    return found


def _marked(row: Json, known: Mapping[tuple[Any, ...], Any]) -> Json:
    if "rule" in row:
        if row["severity"] not in digest.GRAVE:
            return row
        keys = [(row["rule"], digest.steady_path(url)) for url in row["urls"]]
        return row | {"in_baseline": all(key in known and known[key] >= _rank(row) for key in keys)}
    if row["status"] != "fail":
        return row
    return row | {"in_baseline": _failure(row) in known.get(key_of(row)[:-1], ())}


def _failure(result: Given) -> tuple[Any, ...]:
    return result.get("blame"), tuple(sorted(_steady(line) for line in digest.said_of(result)))
