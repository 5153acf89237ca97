"""What every format tells of a document, whatever its kind: troubles told once, the table, the ending.

Pure: from the JSON document alone. Knows no format.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.reports.sights import Sighting, hook_set_lines
from harness.tally import Exit
from harness.verdict import UNTESTED, Status

Json = Mapping[str, Any]

GRAVEST = ("fail", "crash", "timeout", "inconclusive", "known", "skipped", "pass")
UNTESTABLE = frozenset(status.value for status in UNTESTED)
GRAVE = frozenset({"high", "medium", "low"})  # severities that matter
# What an audit asks for because nobody can have it, which is another path each time.
_UNGUESSABLE = re.compile(r"(?<=[/-])[0-9a-f]{12}(?=$|[/?])")
_UNTESTED = {
    Exit.NO_BROWSER: "no browser that can be believed",
    Exit.NOT_TESTED: "not everything could be tested",
}
ENDINGS = {
    "run": {
        Exit.AS_EXPECTED: "everything is as expected",
        Exit.FINDINGS: "something is not as expected",
        **_UNTESTED,
        Exit.INTERRUPTED: "interrupted: this is what was measured until then",
    },
    "audit": {
        Exit.AS_EXPECTED: "nothing above info",
        Exit.FINDINGS: "this needs mending",
        **_UNTESTED,
        Exit.INTERRUPTED: "interrupted: this is what was found until then",
    },
    "fuzz": {
        Exit.AS_EXPECTED: "nothing unexplained",
        Exit.FINDINGS: "oracle and engine disagree",
        **_UNTESTED,
        Exit.INTERRUPTED: "interrupted: this is what was measured until then",
    },
}


@dataclass(frozen=True)
class Trouble:
    """The same trouble of one scenario under one hook set, in all the engines and interfaces that have it."""

    results: tuple[Json, ...]

    @property
    def first(self) -> Json:
        """One result that shows it."""
        return self.results[0]

    @property
    def is_known(self) -> bool:
        """Whether the baseline has it."""
        return all(result.get("in_baseline") for result in self.results)

    @property
    def where(self) -> str:
        """Say which engines have it, by which interfaces."""
        by_engine: dict[str, dict[str, None]] = defaultdict(dict)
        for result in self.results:
            by_engine[result["engine"]][result["api"]] = None
        return ", ".join(f"{engine} ({', '.join(apis)})" for engine, apis in by_engine.items())

    @property
    def said(self) -> tuple[str, ...]:
        """Say what differs, or else why."""
        return said_of(self.first)


def said_of(result: Json) -> tuple[str, ...]:
    """Say what differs in a result, or else why it is what it is."""
    told = tuple(map(difference, result["differences"]))
    cause = result.get("cause") or ""
    return told or ((cause,) if cause else ())


def difference(one: Json) -> str:
    """Say one difference."""
    return f"{one['where']}: expected {one['expected']}, observed {one['observed']}"


def troubles(document: Json) -> list[Trouble]:
    """Return what went wrong in a run, the gravest and the simplest first."""
    groups: dict[tuple[object, ...], list[Json]] = defaultdict(list)
    for result in document["results"]:
        if result["status"] == Status.FAIL.value or result["status"] in UNTESTABLE:
            key = (result["scenario"], result["hooks"], result["status"], result.get("blame"), said_of(result))
            groups[(*key, bool(result.get("in_baseline")))].append(result)
    found = (Trouble(tuple(group)) for group in groups.values())
    return sorted(found, key=lambda one: (one.is_known, *_simplicity(one.first)))


def _simplicity(result: Json) -> tuple[int, int, int]:
    return GRAVEST.index(result["status"]), len(result["observed"].get("steps", ())), len(result["differences"])


def table(document: Json) -> dict[tuple[str, str], dict[str, Counter[str]]]:
    """Return, by hook set and family, how many results of each engine have which status; rows with trouble first."""
    cells: dict[tuple[str, str], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for result in document["results"]:
        cells[result["hooks"], result["family"]][result["engine"]][result["status"]] += 1

    def gravity(row: Mapping[str, Counter[str]]) -> int:
        return min(GRAVEST.index(status) for counts in row.values() for status in counts)

    return dict(sorted(cells.items(), key=lambda item: gravity(item[1])))


def counted(counts: Mapping[str, int]) -> str:
    """Say counts of statuses, the gravest first."""
    return ", ".join(f"{counts[status]} {status}" for status in GRAVEST if counts.get(status))


def engines_of(document: Json) -> list[str]:
    """Return the engines that have results, in the order in which they have them."""
    named = [info["name"] for info in document["engines"]]
    return list(dict.fromkeys([*named, *(result["engine"] for result in document.get("results", ()))]))


def builds(document: Json) -> str:
    """Say which browsers it was."""
    return ", ".join(f"{info['name']} {info['version']}" for info in document["engines"]) or "no browser"


def reasons(document: Json, status: str) -> Iterator[str]:
    """Say, for the results of a status, why they have it: once for each engine and reason."""
    grouped: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for result in document["results"]:
        if result["status"] == status:
            grouped[result["engine"], result.get("cause") or ""][result["scenario"]] = None
    for (engine, cause), scenarios in sorted(grouped.items()):
        names = list(scenarios)
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        yield f"{engine} · {', '.join(names[:4])}{more}: {cause}"


def disagreements(document: Json) -> Iterator[str]:
    """Say where engines did not see the same."""
    seen: dict[tuple[str, str, str], dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for result in document["results"]:
        seen[result["scenario"], result["hooks"], result["api"]][result["engine"]][sight_of(result)] = None
    for key, engines in seen.items():
        told = {engine: " and ".join(sights) for engine, sights in engines.items()}
        if len(set(told.values())) > 1 or any(len(sights) > 1 for sights in engines.values()):
            yield f"{' · '.join(key)}: {', '.join(f'{engine} {said}' for engine, said in told.items())}"


def sight_of(result: Json) -> str:
    """Say what a result came to; documents of the first days have it not in so many words."""
    return str(result.get("sight") or result["observed"].get("outcome") or result["status"])


def sightings(results: Iterable[Json]) -> Iterator[Sighting]:
    """Return what the results of a document saw."""
    for one in results:
        key = (one["family"], one["scenario"], one["api"], one["engine"], one["hooks"])
        yield Sighting(*key, sight_of(one))


def hook_sets(document: Json) -> Iterator[str]:
    """Say by family what the hook sets make of the same scenarios."""
    yield from hook_set_lines(sightings(document["results"]))


def untested(document: Json) -> Iterator[str]:
    """Say what could not be tested: what was lost on the way, and what nothing can be said about."""
    for one in document.get("troubles", ()):
        if one["kind"] != "relaunched" and one.get("required", True):
            yield f"{one['engine']}: {one['kind']}: {one['cause']}".removeprefix(": ")
    for info in document["engines"]:
        yield from (f"{info['name']}: canary failed: {said}" for said in info["canaries"]["failures"])
    if document["kind"] == "audit":
        yield from document["coverage"].get("untested", ())


def steady_path(url: str) -> str:
    """Return a path as it is called in every audit."""
    return _UNGUESSABLE.sub("…", url)


def counts_of(document: Json) -> str:
    """Say in half a sentence how much of what there is."""
    match document["kind"]:
        case "run":
            return counted(document["totals"]) or "no results"
        case "audit":
            counts = Counter(one["severity"] for one in document["findings"])
            return ", ".join(f"{count} {severity}" for severity, count in counts.items()) or "no finding"
        case _:
            kinds = len(document["unexplained"])
            return f"{document['cases']} cases of seed {document['seed']}, {kinds} kinds of disagreement"


def ending(document: Json) -> str:
    """Say what it came to."""
    held = document.get("baseline")
    if held and held["known"] and document["exit"] == Exit.AS_EXPECTED:
        return "nothing new: all of it is in the baseline"
    try:
        return ENDINGS[document["kind"]][Exit(document["exit"])]
    except (KeyError, ValueError):
        return f"exit {document['exit']}"


def baseline_of(document: Json) -> str:
    """Say how much of it the baseline has; an empty string where there is none."""
    held = document.get("baseline")
    if not held:
        return ""
    known = f"in the baseline: {held['known']}" + (f" of {held['known'] + held['new']}" if held["known"] else "")
    return f"{known}; new: {held['new']}"
