"""Hunting: what a run found, each kind made small against the engine that showed it.

Puts findings, shrinking and a witness together, within limits of number and of time. Knows no report.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from harness.engines import EngineChoice
from harness.events import CaseFinished
from harness.fuzzing.findings import Disagreement, Kind, kind_of
from harness.fuzzing.shrinking import Limit, shrink
from harness.fuzzing.witness import Witness, witness
from harness.ground import Ground
from harness.literal import NO_RULE
from harness.runner import Interruption, Order
from harness.scenario import Scenario
from harness.verdict import Status

CANDIDATES = 4000  # that are asked about for one disagreement
SECONDS = 60.0  # for one disagreement

Say = Callable[[str], None]


def hunt(
    found: Iterable[Disagreement],
    order: Order,
    ground: Ground,
    most: int,
    *,
    interruption: Interruption | None = None,
    say: Say = lambda line: None,
) -> Iterator[Disagreement]:
    """Yield the disagreements of a run, made small in the engines that it was ordered for."""
    by_engine: dict[str, list[Disagreement]] = defaultdict(list)
    for one in found:
        by_engine[one.engine].append(one)
    for choice in order.choices:
        if isinstance(choice, EngineChoice) and choice.label in by_engine:
            with witness(
                choice, ground, launcher=order.launcher, headed=order.headed, interruption=interruption
            ) as asked:
                yield from made_small(by_engine[choice.label], asked, most, say)


def made_small(found: Iterable[Disagreement], asked: Witness, most: int, say: Say) -> Iterator[Disagreement]:
    """Yield the disagreements of one engine, the commonest first, as many of them as is wanted made small."""
    ordered = sorted(found, key=lambda one: -one.count)
    for number, one in enumerate(ordered):
        if number >= most:
            yield one.made_small(None, f"not made smaller: more than {most} kinds in {one.engine}")
        elif asked.stopped:
            yield one.made_small(None, f"not made smaller: {asked.stopped}")
        else:
            say(f"{one.engine}: making {one.found_as} smaller")
            yield _made_small(one, asked)


def merged(found: Iterable[Disagreement]) -> tuple[Disagreement, ...]:
    """Return the disagreements, those of an engine that came to the same kind in the end as one."""
    groups: dict[tuple[str, Kind], list[Disagreement]] = defaultdict(list)
    for one in found:
        groups[one.engine, kind_of(one.smallest)].append(one)
    return tuple(_as_one(group) for group in groups.values())


def _as_one(group: Sequence[Disagreement]) -> Disagreement:
    least = min(group, key=lambda one: (not one.shrunk, len(one.word)))
    return least.counted(sum(one.count for one in group))


def _made_small(one: Disagreement, asked: Witness) -> Disagreement:
    shown: list[CaseFinished] = []

    def holds(scenarios: Sequence[Scenario]) -> list[bool]:
        results = asked.ask(scenarios)
        held = [result is not None and _is_the_same(result, one) for result in results]
        shown.extend(result for result, it in zip(results, held, strict=True) if it and result)
        return held

    scenario = one.smallest.case.scenario
    if not holds([scenario])[0]:
        return one.made_small(None, f"it does not show again{f': {asked.stopped}' if asked.stopped else ''}")
    shrunk = shrink(scenario, holds, Limit(CANDIDATES, time.monotonic() + SECONDS, time.monotonic))
    last = next(result for result in reversed(shown) if result.case.scenario == shrunk.scenario)
    cause = asked.stopped or ("" if shrunk.done else f"{shrunk.asked} smaller ones were tried")
    return one.made_small(last, f"perhaps not the smallest: {cause}" if cause else "")


def _is_the_same(result: CaseFinished, one: Disagreement) -> bool:
    """Tell whether a result is a failure of that kind, or of a part of it, and everything that it needs is in it."""
    failed = result.verdict.status is Status.FAIL and kind_of(result) <= one.kind
    return failed and (_lacks_a_rule(one.smallest) or not _lacks_a_rule(result))


def _lacks_a_rule(result: CaseFinished) -> bool:
    return any(exchange.response_body == NO_RULE.body for exchange in result.observation.exchanges)
