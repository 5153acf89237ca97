"""Rules, suspicions and findings: what can be wrong, what a survey hints at, and what pages have shown of it.

A rule looks at a survey and yields suspicions, each with what pages should ask so that it shows. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from harness.audit.sights import Ask, Geometry, Sight
from harness.audit.survey import Survey
from harness.scenario import Api


class Severity(str, Enum):
    """How much a finding matters, the gravest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    __str__ = str.__str__


class Proof(str, Enum):
    """What an engine showed of a finding; a header fact is nothing that a page could show."""

    PROVEN = "proven"
    NOT_PROVEN = "not-proven"
    NOT_APPLICABLE = "not-applicable"

    __str__ = str.__str__


Shown = Mapping[str, Mapping[Geometry, Proof]]
Shows = Callable[[Sequence[Sight]], Sequence[Sight]]


def read(sights: Sequence[Sight]) -> Sequence[Sight]:
    """Return the sights in which script read the answer."""
    return [sight for sight in sights if sight.is_read]


def blocked(sights: Sequence[Sight]) -> Sequence[Sight]:
    """Return the sights in which the answer was kept from script."""
    return [sight for sight in sights if sight.is_blocked]


@dataclass(frozen=True)
class Suspicion:
    """What a rule makes of a path, before any page was asked.

    - ``evidence``: the raw facts, such as `GET /me with Origin https://x.example: Access-Control-Allow-Origin: …`
    - ``cause``: what decides it: the header, or the mistake behind it
    - ``asks``: what pages should do; none for a header fact, which is reported as it is
    - ``shows``: given all sights of one engine, in the order of ``asks``, those that show it; none: not in this engine
    - ``needs_proof``: whether it is no finding at all unless some engine shows it
    """

    severity: Severity
    path: str
    summary: str
    evidence: tuple[str, ...]
    cause: str
    asks: tuple[Ask, ...] = ()
    shows: Shows = read
    needs_proof: bool = True


Look = Callable[[Survey], Iterator[Suspicion]]


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong. ``fix`` says what to do, by framework; ``clause`` is where it is written down."""

    id: str
    name: str
    why: str
    clause: str
    fix: Mapping[str, str] = field(repr=False)
    look: Look = field(repr=False, compare=False)


def rule(number: str, name: str, *, why: str, clause: str, fix: Mapping[str, str]) -> Callable[[Look], Rule]:
    """Make a rule of the function that looks for it; ``number`` is its id, such as `S01`."""
    return lambda look: Rule(number, name, why, clause, fix, look)


@dataclass(frozen=True, repr=False)
class Finding:
    """What is wrong, where, who showed it from which geometry, and what to do about it.

    ``shown`` says for each engine what it showed from each geometry of which it could be asked.
    """

    rule: Rule
    severity: Severity
    paths: tuple[str, ...]
    summary: str
    cause: str
    evidence: tuple[str, ...]
    proof: Mapping[str, Proof]
    geometries: tuple[Geometry, ...]
    shown: Shown = field(default_factory=dict)

    @property
    def matters(self) -> bool:
        """Whether it is more than a piece of information."""
        return self.severity is not Severity.INFO

    def __str__(self) -> str:
        return f"{self.severity.value.upper()} {self.rule.id} {self.rule.name}: {self.summary}"

    def __repr__(self) -> str:
        return f"<Finding {self}>"


def concluded(
    rule: Rule, suspicion: Suspicion, sights: Mapping[str, Sequence[Sight]]
) -> tuple[Finding | None, tuple[str, ...]]:
    """Return what a suspicion came to, given all its sights by engine: a finding or None, and what could not be tested.

    A sight says nothing where it had trouble; an attacker's, also where the same page could not read the open door.
    """
    untested = tuple(
        f"{rule.id} {suspicion.path} in {engine} ({sight.ask.geometry}): {why}"
        for engine, seen in sights.items()
        for sight in seen
        if (why := _trouble(sight))
    )
    if not suspicion.asks:
        proof = dict.fromkeys(sights, Proof.NOT_APPLICABLE)
        return _finding(rule, suspicion, proof, (), ()), ()
    shown = {engine: [one for one in suspicion.shows(seen) if not _trouble(one)] for engine, seen in sights.items()}
    proof = {engine: Proof.PROVEN if found else Proof.NOT_PROVEN for engine, found in shown.items()}
    if suspicion.needs_proof and Proof.PROVEN not in proof.values():
        return None, untested
    geometries = {sight.ask.geometry for found in shown.values() for sight in found}
    told = tuple(_told(found[0]) for found in shown.values() if found)
    ordered = tuple(one for one in Geometry if one in geometries)
    by_geometry = {engine: _by_geometry(seen, shown[engine]) for engine, seen in sights.items()}
    return replace(_finding(rule, suspicion, proof, ordered, told), shown=by_geometry), untested


def _by_geometry(seen: Sequence[Sight], shown: Sequence[Sight]) -> Mapping[Geometry, Proof]:
    asked = {sight.ask.geometry for sight in seen if not _trouble(sight)}
    proven = {sight.ask.geometry for sight in shown}
    return {one: Proof.PROVEN if one in proven else Proof.NOT_PROVEN for one in Geometry if one in asked}


def _trouble(sight: Sight) -> str:
    if sight.trouble:
        return sight.trouble
    attacks = sight.ask.geometry is not Geometry.TRUSTED
    return "the same page could not read the open endpoint beside it" if attacks and sight.door is None else ""


def _finding(
    rule: Rule,
    suspicion: Suspicion,
    proof: Mapping[str, Proof],
    geometries: tuple[Geometry, ...],
    told: tuple[str, ...],
) -> Finding:
    one = suspicion
    evidence = (*one.evidence, *told)
    return Finding(rule, one.severity, (one.path,), one.summary, one.cause, evidence, proof, geometries)


def _told(sight: Sight) -> str:
    where = f"{sight.engine}, page on {sight.ask.page} ({sight.ask.geometry})"
    step = sight.ask.steps[-1]
    path = step.url.removeprefix("{api}")
    what = f"{step.method} {path}"
    if sight.ask.after:
        first = f"after a page on {sight.ask.after} had asked for it"
        return f"{where}: {what} could not be read {first}, and could when the cache was passed over"
    cookie = ", with the user's cookie" if sight.cookie_arrived else ""
    if sight.ask.api is Api.WEBSOCKET:
        return f"{where}: the WebSocket {path} opened and stayed open{cookie}"
    if sight.is_read:
        return f"{where}: script read {what}: status {sight.status}, {len(sight.body)} characters{cookie}"
    if sight.is_blocked:
        said = f"; the browser said: {sight.words[0]}" if sight.words else ""
        return f"{where}: {what} was blocked ({sight.reason}){said}"
    return f"{where}: {what}: {sight.outcomes[-1] if sight.outcomes else 'nothing'}"


def merged(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings, those of one rule, severity and cause as one of all their paths; the gravest first."""
    groups: dict[tuple[str, Severity, str], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.rule.id, one.severity, one.cause), []).append(one)
    order = list(Severity)
    return tuple(sorted(map(_as_one, groups.values()), key=lambda one: (order.index(one.severity), one.rule.id)))


def _as_one(group: Sequence[Finding]) -> Finding:
    first = group[0]
    paths = tuple(dict.fromkeys(path for one in group for path in one.paths))
    proof = {
        engine: next((p for p in Proof if any(one.proof[engine] is p for one in group)), Proof.NOT_PROVEN)
        for engine in first.proof
    }
    geometries = tuple(each for each in Geometry if any(each in one.geometries for one in group))
    shown = {engine: _best(one.shown.get(engine, {}) for one in group) for engine in first.proof}
    return replace(first, paths=paths, proof=proof, geometries=geometries, shown=shown)


def _best(shown: Iterable[Mapping[Geometry, Proof]]) -> Mapping[Geometry, Proof]:
    seen = [(geometry, proof) for one in shown for geometry, proof in one.items()]
    proven = {geometry for geometry, proof in seen if proof is Proof.PROVEN}
    asked = [geometry for geometry in Geometry if any(each is geometry for each, _ in seen)]
    return {geometry: Proof.PROVEN if geometry in proven else Proof.NOT_PROVEN for geometry in asked}
