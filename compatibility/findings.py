"""What engines find of CORS libraries: everything is asked of all of them in one run, and told in sentences.

Imports the runner and the records; knows no library.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from compatibility.capabilities import Capability, expectation_of, headers_of
from compatibility.subjects import POLICY, Subject
from harness import deriving, engines
from harness.engines import EngineChoice
from harness.events import CaseFinished, EngineReady, Event, HarnessFault
from harness.ground import Ground
from harness.oracle import Reason
from harness.runner import Launcher, Order, run
from harness.scenario import Outcome, Scenario
from harness.tally import Tally
from harness.verdict import UNTESTED, Blame, Difference, Status

SHOWN = 3  # requests that are named where more have the same result


class Mark(str, Enum):
    """What a cell says."""

    YES = "✓"
    NO = "✗"
    UNKNOWN = "?"

    __str__ = str.__str__


@dataclass(frozen=True)
class Finding:
    """What one engine found of one library's capability; ``instead`` is a sentence where it is not there."""

    mark: Mark
    instead: str = ""


@dataclass(frozen=True)
class Measured:
    """Findings by library, capability and engine; the engines with their versions."""

    findings: Mapping[tuple[str, str, str], Finding]
    engines: Mapping[str, str]
    tally: Tally
    faults: tuple[str, ...] = ()


def measure(
    subjects: Mapping[str, Subject],
    asked: Mapping[str, Capability],
    choices: Sequence[EngineChoice],
    launcher: Launcher = engines.launch,
) -> Measured:
    """Ask everything of every library in every engine."""
    scenarios = [replace(one, family=name) for name, capability in asked.items() for one in capability.scenarios]
    tally, results = Tally(), defaultdict[tuple[str, str, str], list[CaseFinished]](list)
    ready: dict[str, str] = {}
    faults: list[str] = []
    with ExitStack() as stack:
        made = {name: subject.make(stack) for name, subject in subjects.items()}
        apis = {name: partial(lambda app: app, app) for name, app in made.items()}
        ground = stack.enter_context(Ground(apis, at_loopback=True))
        for scenario in scenarios:
            ground.add_page(scenario.page)
        cases = tuple(case for name in subjects for case in deriving.cases(scenarios, name))
        for event in run(Order(cases, tuple(choices), launcher=launcher), ground):
            tally(event)
            _take(event, results, ready, faults)
    names = [choice.name.value for choice in choices]
    keys = [(subject, name, engine) for subject in subjects for name in asked for engine in names]
    findings = {key: finding_of(asked[key[1]], results[key]) for key in keys}
    return Measured(findings, {name: ready[name] for name in names if name in ready}, tally, tuple(faults))


def _take(
    event: Event, results: dict[tuple[str, str, str], list[CaseFinished]], ready: dict[str, str], faults: list[str]
) -> None:
    match event:
        case CaseFinished():
            results[event.case.hooks, event.case.scenario.family, event.engine].append(event)
        case EngineReady():
            ready[event.engine] = event.info.version
        case HarnessFault():
            faults.append(event.cause)


def finding_of(capability: Capability, events: Sequence[CaseFinished]) -> Finding:
    """Return what one engine's events come to; those with the same result are told together."""
    untested = [event for event in events if event.verdict.status in _UNTESTED]
    tested = [event for event in events if event not in untested]
    wrong = [(event, instead) for event in tested if (instead := _instead(event) or capability.lacking(event))]
    told = _told([*wrong, *((event, _untested(event)) for event in untested)])
    if wrong:
        return Finding(Mark.NO, told)
    if untested or len(events) < len(capability.scenarios):
        return Finding(Mark.UNKNOWN, told or "Not everything was asked.")
    return Finding(Mark.YES)


_UNTESTED = (*UNTESTED, Status.SKIPPED)


def _untested(event: CaseFinished) -> str:
    return f"{event.verdict.status}, {event.verdict.cause}."


def _instead(event: CaseFinished) -> str:
    """Return what happened in place of what was expected; empty where it happened."""
    if event.verdict.status is not Status.FAIL:
        return ""
    told = _other_outcome(event) or _other_details(event.verdict.differences)
    blame = event.verdict.blame
    return told if blame is Blame.APPLICATION else f"{told} (Not the library's doing, but the {blame}'s.)"


def _other_outcome(event: CaseFinished) -> str:
    expected = expectation_of(event.case.scenario)
    for seen, outcome, prediction in zip(expected.seen, event.verdict.outcomes, event.predicted, strict=True):
        if (seen.outcome, outcome) == (Outcome.BLOCKED, Outcome.ALLOWED):
            return "let through, but should not be."
        if (seen.outcome, outcome) == (Outcome.ALLOWED, Outcome.BLOCKED):
            status, why = event.observation.exchanges[-1].status, Reason.named(prediction.reason).sentence
            if prediction.where == "preflight":
                return f"the preflight is answered {status} and fails. {why}"
            return f"answered {status}, which the page cannot read. {why}"
    return ""


def _other_details(differences: Sequence[Difference]) -> str:
    requests = [one for one in differences if one.where == "wire"]
    return f"{', and '.join(map(_difference, requests or differences))}."


_PHRASES = {
    "answers.vary": "`Vary` lacks {expected} (it is: {observed})",
    "readable_headers": "script reads {observed}; by the policy it reads {expected}",
    "wire": "there are {observed} requests, and not {expected}",
}


def _difference(one: Difference) -> str:
    phrases = (phrase for end, phrase in _PHRASES.items() if one.where.endswith(end))
    phrase = next(phrases, "{where} is {observed}, and not {expected}")
    return phrase.format(where=one.where, observed=one.observed, expected=one.expected)


def _told(results: Iterable[tuple[CaseFinished, str]]) -> str:
    grouped = defaultdict[str, list[str]](list)
    for event, result in results:
        grouped[result].append(_request(event.case.scenario))
    return " ".join(f"{_listing(requests)}: {result}" for result, requests in grouped.items())


def _request(scenario: Scenario) -> str:
    step = scenario.steps[0]
    what = f"{step.method} {step.url.removeprefix('{api}')}"
    what += f" with {', '.join(headers_of(scenario))}" if step.headers else ""
    what += " with credentials" if step.credentials == "include" else ""
    return f"`{what}`" if scenario.page == POLICY.origins[0] else f"`{what}` from `{scenario.page}`"


def _listing(requests: Sequence[str]) -> str:
    more = len(requests) - SHOWN
    return ", ".join(requests[:SHOWN]) + (f" and {more} more" if more > 0 else "")
