"""Documents of shards put together to the document of the whole run; totals and exit are counted anew, as a run does.

What does not belong together is refused: other kinds, other versions of corsproof, a case that was run twice. What is
missing, and browsers of several builds, are told. Knows no runner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.errors import UsageError
from harness.events import CanariesSung, EngineUnavailable, HarnessFault, RunFinished, RunStarted
from harness.reports import digest
from harness.reports.sights import hook_set_differences
from harness.tally import Exit, Tally
from harness.verdict import Status

Json = dict[str, Any]
Named = tuple[str, Json]

KEY = ("scenario", "hooks", "api", "engine", "page", "repeat")


def key_of(result: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what makes a result one of its own."""
    return tuple(result[name] for name in KEY)


def merged(documents: Sequence[Named]) -> Json:
    """Return one document of several, each with the name that it is called by; raise `UsageError`."""
    _check_kinds(documents)
    _check_versions(documents)
    _check_duplicates(documents)
    shards = [document for _, document in documents]
    notes = [*_missing(documents), *_other_builds(documents)]
    results = [result for shard in shards for result in shard["results"]]
    troubles = [trouble for shard in shards for trouble in shard.get("troubles", ())]
    engines = list(_engines(shards))
    tally = _tally(shards, engines, troubles, results, is_whole=not any(note["kind"] == "missing" for note in notes))
    return {
        **{name: shards[0][name] for name in ("schema_version", "kind", "tool")},
        "started": min((shard["started"] for shard in shards if "started" in shard), default=""),
        "sources": next((shard["sources"] for shard in shards if "sources" in shard), {}),
        "planned": sum(shard.get("planned", 0) for shard in shards),
        "engines": engines,
        "results": results,
        "hook_set_differences": [asdict(one) for one in hook_set_differences(digest.sightings(results))],
        "wordings": _wordings(shards),
        "troubles": [*troubles, *notes],
        "totals": tally.totals,
        "exit": int(tally.exit),
    }


def notes_of(document: Json) -> list[str]:
    """Return what merging had to remark, in sentences."""
    return [trouble["cause"] for trouble in document["troubles"] if trouble["kind"] in ("missing", "builds")]


def _check_kinds(documents: Sequence[Named]) -> None:
    for name, document in documents:
        if document["kind"] != "run":
            raise UsageError(
                f"{name} is the document of corsproof {document['kind']}", hint="only documents of runs are merged"
            )


def _check_versions(documents: Sequence[Named]) -> None:
    versions = {document["tool"]["version"]: name for name, document in reversed(documents)}
    if len(versions) > 1:
        told = ", ".join(f"{version} ({name})" for version, name in versions.items())
        raise UsageError(f"the documents are by several versions of corsproof: {told}", hint="run all shards with one")


def _check_duplicates(documents: Sequence[Named]) -> None:
    seen: dict[tuple[Any, ...], str] = {}
    doubled: list[str] = []
    for name, document in documents:
        for result in document["results"]:
            key = key_of(result)
            if key in seen:
                doubled.append(f"{' · '.join(map(str, key[:4]))} is in {seen[key]} and in {name}")
            seen[key] = name
    if doubled:
        more = f" (and {len(doubled) - 1} more)" if len(doubled) > 1 else ""
        raise UsageError(f"a case was run twice: {doubled[0]}{more}", hint="give each shard once")


def _missing(documents: Sequence[Named]) -> Iterator[Json]:
    shards = [document["shard"] for _, document in documents if "shard" in document]
    for count in sorted({shard["of"] for shard in shards}):
        numbers = {shard["number"] for shard in shards if shard["of"] == count}
        if absent := sorted(set(range(1, count + 1)) - numbers):
            yield _note("missing", f"shard {', '.join(f'{number}/{count}' for number in absent)} is missing")


def _other_builds(documents: Sequence[Named]) -> Iterator[Json]:
    builds: dict[str, dict[str, str]] = {}
    for name, document in documents:
        for info in document["engines"]:
            builds.setdefault(info["name"], {}).setdefault(info["version"], name)
    for engine, versions in builds.items():
        if len(versions) > 1:
            told = ", ".join(f"{version} in {name}" for version, name in versions.items())
            yield _note("builds", f"{engine} was not the same everywhere: {told}", engine)


def _note(kind: str, cause: str, engine: str = "") -> Json:
    return {"engine": engine, "kind": kind, "cause": cause, "detail": "", "required": kind == "missing"}


def _engines(shards: Iterable[Json]) -> Iterator[Json]:
    """Yield each engine once, its canaries counted together; the builds are named by the first."""
    found: dict[str, list[Json]] = {}
    for shard in shards:
        for info in shard["engines"]:
            found.setdefault(info["name"], []).append(info)
    for infos in found.values():
        versions = dict.fromkeys(info["version"] for info in infos)
        canaries = {name: sum(info["canaries"][name] for info in infos) for name in ("asked", "passed")}
        failures = [failure for info in infos for failure in info["canaries"]["failures"]]
        yield infos[0] | {"version": ", ".join(versions), "canaries": {**canaries, "failures": failures}}


def _wordings(shards: Iterable[Json]) -> Json:
    found: dict[str, dict[str, int]] = {}
    for shard in shards:
        for engine, told in shard.get("wordings", {}).items():
            counts = found.setdefault(engine, {"blocked": 0, "worded": 0})
            for name in counts:
                counts[name] += told[name]
    return found


def _tally(
    shards: Sequence[Json],
    engines: Iterable[Json],
    troubles: Iterable[Json],
    results: Iterable[Json],
    *,
    is_whole: bool,
) -> Tally:
    """Have a tally count what the shards tell, as if it had been one run."""
    tally = Tally()
    names = tuple(info["name"] for info in engines)
    tally(RunStarted(names, sum(shard.get("planned", 0) for shard in shards)))
    for shard in shards:
        for info in shard["engines"]:
            canaries = info["canaries"]
            tally(CanariesSung(info["name"], "", canaries["asked"], tuple(canaries["failures"])))
    for trouble in troubles:
        match trouble["kind"]:
            case "unavailable":
                tally(EngineUnavailable(trouble["engine"], trouble["cause"], required=trouble.get("required", True)))
            case "harness-fault":
                tally(HarnessFault(trouble["engine"], trouble["cause"], trouble["detail"]))
    for result in results:
        tally.count(result["engine"], Status(result["status"]))
    if not is_whole:
        tally(HarnessFault("", "a shard is missing", ""))
    tally(RunFinished(any(shard.get("exit") == Exit.INTERRUPTED for shard in shards), 0.0))
    return tally
