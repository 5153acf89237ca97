"""A target held to a declared policy: the scenarios derived from it, run in every engine, and what differs as findings.

P01 to P03 are the only rules that need no suspicion: what is meant is said. Imports the runner by way of asking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from harness import deriving
from harness.audit import fixes
from harness.audit.asking import Asking, launching
from harness.audit.findings import Finding, Proof, Rule, Severity, Suspicion
from harness.audit.routes import Route
from harness.audit.sights import TARGET, Geometry
from harness.audit.survey import Survey
from harness.events import CaseFinished, Event
from harness.ground import Ground
from harness.policy import Policy
from harness.runner import Interruption, Order, run
from harness.scenario import Outcome, Scenario
from harness.verdict import Status

CLAUSE = "https://fetch.spec.whatwg.org/#http-cors-protocol"


def _nothing(_: Survey) -> Iterator[Suspicion]:
    return iter(())


WIDER = Rule(
    "P01",
    "wider-than-the-policy",
    "Pages may do what the policy does not grant them.",
    CLAUSE,
    fixes.EXACT_ORIGINS,
    _nothing,
)
NARROWER = Rule(
    "P02",
    "narrower-than-the-policy",
    "Pages may not do what the policy grants them.",
    CLAUSE,
    fixes.AS_DECLARED,
    _nothing,
)
OTHERWISE = Rule(
    "P03",
    "otherwise-than-the-policy",
    "Pages are let in or kept out as the policy has it, but what they read or what caches may keep is not as declared.",
    CLAUSE,
    fixes.AS_DECLARED,
    _nothing,
)

RULES = (WIDER, NARROWER, OTHERWISE)


def policed(
    policy: Policy,
    routes: Sequence[Route],
    asking: Asking,
    ground: Ground,
    *,
    active: bool,
    feed: Callable[[Event], None],
    interruption: Interruption | None,
) -> tuple[Finding, ...]:
    """Run what follows from a policy on these routes and return what is not so."""
    scenarios = deriving.derive(policy, routes, active=active)
    for scenario in scenarios:
        ground.add_page(scenario.page)
    cases = deriving.cases(scenarios, TARGET)
    order = Order(cases, asking.choices, asking.headed, asking.required, launcher=launching(asking))
    results = defaultdict[str, list[CaseFinished]](list)
    for event in run(order, ground, interruption):
        feed(event)
        if isinstance(event, CaseFinished):
            results[event.case.scenario.id].append(event)
    return tuple(_findings(results.values()))


def _findings(results: Iterable[Sequence[CaseFinished]]) -> Iterator[Finding]:
    for events in results:
        failed = [event for event in events if event.verdict.status is Status.FAIL]
        if failed:
            yield _finding(events, failed)


def _finding(events: Sequence[CaseFinished], failed: Sequence[CaseFinished]) -> Finding:
    scenario = events[0].case.scenario
    rule, severity = _kind(scenario, failed[0])
    bad = {event.engine for event in failed}
    proof = {event.engine: Proof.PROVEN if event.engine in bad else Proof.NOT_PROVEN for event in events}
    evidence = tuple(
        f"{event.engine}, page on {scenario.page}: {difference}"
        for event in failed
        for difference in event.verdict.differences
    )
    path = scenario.steps[0].url.removeprefix("{api}")
    cause = f"what the policy says about {_ABOUT[scenario.family]} does not hold"
    summary, at = f"{path}: {scenario.summary}, and it is not so", _at(scenario)
    shown = {engine: dict.fromkeys(at, one) for engine, one in proof.items()}
    return Finding(rule, severity, (path,), summary, cause, evidence, proof, at, shown)


_ABOUT = {
    "origin": "who is let in",
    "neighbour": "who is not let in",
    "preflight": "preflights of strangers",
    "credentials": "credentials",
    "vary": "Vary",
    "method": "methods",
    "exposed": "readable headers",
    "header": "request headers",
}


def _kind(scenario: Scenario, event: CaseFinished) -> tuple[Rule, Severity]:
    expectation = scenario.expect[deriving.POLICY]
    expected = expectation.seen[0].outcome if expectation is not None else None
    observed = event.verdict.outcomes[0] if event.verdict.outcomes else None
    if expected is Outcome.BLOCKED and observed is Outcome.ALLOWED:
        included = scenario.steps[0].credentials == "include"
        return WIDER, Severity.HIGH if included else Severity.MEDIUM
    if expected is Outcome.ALLOWED and observed is Outcome.BLOCKED:
        return NARROWER, Severity.MEDIUM
    return OTHERWISE, Severity.LOW


def _at(scenario: Scenario) -> tuple[Geometry, ...]:
    return (Geometry.CROSS_SITE,) if scenario.family == "neighbour" else (Geometry.TRUSTED,)
