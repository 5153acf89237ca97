"""How many checks a second: `python -m benchmarks.throughput`, or `nox -s bench`.

For each engine the same check (a preflight and an actual request, from a window) in three ways: *undriven*, the page in
a browser that nobody drives; *naive*, a page of its own for each check; *corsproof*, the whole pipeline, from plans to
verdicts. Then the command from outside (`benchmarks.command`): one scenario, and a thousand times more. Writes
`docs/benchmarks.md`. The ratios are what lasts: undriven and corsproof take turns, and each rate is the median of its
turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.command import Failed, Scale, one_scenario, scale
from benchmarks.naive import naive
from benchmarks.undriven import undriven
from client_site import BatchDone, Results, Session
from harness import plan
from harness.engines import EngineChoice, EngineName
from harness.events import CaseFinished, EngineReady, EngineUnavailable, Event, HarnessFault
from harness.ground import Ground
from harness.literal import Answer, Rule, Script
from harness.plan import Case, Planned
from harness.runner import Order, run
from harness.scenario import LITERAL, Api, Scenario, Step
from harness.verdict import Status

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
PAGE = "http://localhost"
WARM_UP = 50  # checks of an undriven page before it is measured; corsproof warms its pages up by itself
STARTS = 3  # of the command with one scenario
PATIENCE = 60.0  # seconds without news from an undriven page
WIDE_POOL = 32  # requests in flight, for the undriven rate that does not depend on what corsproof has chosen
GRANT = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"))
CHECK = Scenario(
    "throughput",
    "benchmark",
    "a preflight and an actual request, both granted",
    (Step("PUT", "{api}/"),),
    {LITERAL: None},
    apis=(Api.FETCH,),
    turns=(Script((Rule((Answer(200, GRANT),)),)),),
)


class Unmeasured(Exception):
    """An engine cannot be measured, and why."""


@dataclass(frozen=True)
class Together:
    """All engines at once, in seconds; and what they would have taken one after the other."""

    seconds: float
    one_by_one_s: float

    def __str__(self) -> str:
        return (
            f": {self.seconds:.1f} s for all of\n  them, where one after the other takes {self.one_by_one_s:.1f} s "
            f"({self.seconds / self.one_by_one_s:.2f} of it)"
        )


@dataclass(frozen=True)
class Rates:
    """What one engine does in a second, in checks; ``together_per_s`` beside all others, None where it was alone.

    ``undriven_per_s`` is with as many requests in flight as corsproof has, ``undriven_wide_per_s`` with `WIDE_POOL`.
    ``different_per_s``: corsproof, where no two checks ask the same. ``one_scenario_s``: how many seconds
    `corsproof run` takes for one scenario, from its start to its end.
    """

    name: str
    version: str
    undriven_per_s: float
    naive_per_s: float
    corsproof_per_s: float
    different_per_s: float
    one_scenario_s: float
    undriven_wide_per_s: float
    together_per_s: float | None = None

    @property
    def ratio_undriven(self) -> float:
        """How much of the undriven browser's rate is left."""
        return self.corsproof_per_s / self.undriven_per_s

    @property
    def ratio_undriven_wide(self) -> float:
        """How much of the undriven browser's rate with `WIDE_POOL` requests in flight it is."""
        return self.corsproof_per_s / self.undriven_wide_per_s

    @property
    def ratio_naive(self) -> float:
        """How many times the naive way's rate it is."""
        return self.corsproof_per_s / self.naive_per_s

    def value(self) -> dict[str, Any]:
        """Return what the JSON document says of the engine."""
        ratios = {name: getattr(self, name) for name in ("ratio_undriven", "ratio_undriven_wide", "ratio_naive")}
        numbers = {**asdict(self), **ratios}
        return {name: round(one, 3) if isinstance(one, float) else one for name, one in numbers.items()}


def cases(count: int) -> tuple[Case, ...]:
    """Return the check so many times."""
    return tuple(Case(CHECK, LITERAL, Api.FETCH, LITERAL, number) for number in range(count))


def different(count: int) -> tuple[Case, ...]:
    """Return so many checks with a scenario of its own for each, so that none can learn from another."""
    scenarios = (replace(CHECK, id=f"throughput-{at}", steps=(Step("PUT", f"{{api}}/{at}"),)) for at in range(count))
    return tuple(Case(scenario, LITERAL, Api.FETCH, LITERAL) for scenario in scenarios)


# ---- three ways ------------------------------------------------------------------------------------


def undriven_rate(engine: EngineName, count: int, pool: int = plan.POOL) -> float:
    """Let a browser that nobody drives do all checks in one batch; the same page script, the same servers."""
    with Ground({}) as ground:
        session = ground.board.open()
        try:
            with undriven(engine, f"{ground.page_url(PAGE)}/agent/{session.id}"):
                _give(ground, session, 1, [plan.plan(case, ground) for case in cases(WARM_UP)], pool)
                asked = [plan.plan(case, ground) for case in cases(count)]
                begun = time.monotonic()
                _give(ground, session, 2, asked, pool)
                return count / (time.monotonic() - begun)
        except LookupError as error:
            raise Unmeasured(str(error)) from error
        finally:
            ground.board.close(session)


def _give(ground: Ground, session: Session, number: int, asked: Sequence[Planned], pool: int) -> None:
    for one in asked:
        ground.stage(one)
    session.give({**plan.batch(number, asked), "pool": pool})
    while not isinstance(news := session.wait(PATIENCE), BatchDone):
        if not isinstance(news, Results):
            raise Unmeasured(f"the undriven page did not report for {PATIENCE:g} s")
    for one in asked:
        ground.judged(one.token)


def corsproof_rates(
    engines: Iterable[EngineName], asked: tuple[Case, ...]
) -> tuple[dict[str, float], dict[str, str], float]:
    """Run checks in the engines side by side; return rates, versions, and the seconds that it took them all.

    Each from when its browser runs to its last verdict.
    """
    ready: dict[str, float] = {}
    last: dict[str, float] = {}
    versions: dict[str, str] = {}
    done: dict[str, int] = defaultdict(int)
    with Ground({}) as ground:
        for event in run(Order(asked, tuple(map(EngineChoice, engines))), ground):
            _must_be_well(event)
            match event:
                case EngineReady(engine=engine, info=info):
                    ready[engine], versions[engine] = time.monotonic(), info.version
                case CaseFinished(engine=engine):
                    last[engine] = time.monotonic()
                    done[engine] += 1
    rates = {engine: done[engine] / (last[engine] - ready[engine]) for engine in ready}
    return rates, versions, max(last.values()) - min(ready.values())


def _must_be_well(event: Event) -> None:
    """Raise `Unmeasured` for what makes a rate worthless: a check that does not pass is not as fast, it is wrong."""
    match event:
        case EngineUnavailable():
            raise Unmeasured(event.cause)
        case HarnessFault():
            raise Unmeasured(event.cause)
        case CaseFinished(verdict=verdict) if verdict.status is not Status.PASS:
            raise Unmeasured(f"a check came to {verdict.status}: {verdict.cause} {verdict.differences}")


def naive_rate(engine: EngineName, count: int) -> float:
    """Open a page for each check."""
    with Ground({}) as ground:
        return naive(engine, ground, cases(count))


# ---- measured and told -----------------------------------------------------------------------------


def measure(engine: EngineName, checks: int, naive_checks: int, rounds: int) -> Rates:
    """Measure one engine: undriven and corsproof by turns, the naive way once."""
    alone, wide, whole, apart = [], [], [], []
    for _ in range(rounds):
        alone.append(undriven_rate(engine, checks))
        wide.append(undriven_rate(engine, checks, WIDE_POOL))
        rates, versions, _ = corsproof_rates([engine], cases(checks))
        whole.append(rates[engine.value])
        apart.append(corsproof_rates([engine], different(checks))[0][engine.value])
    slow, one = naive_rate(engine, naive_checks), one_scenario(engine.value, STARTS)
    undriven_per_s, wide_per_s, corsproof_per_s, different_per_s = map(statistics.median, (alone, wide, whole, apart))
    told = engine.value, versions[engine.value], undriven_per_s, slow, corsproof_per_s, different_per_s, one, wide_per_s
    return Rates(*told)


def machine() -> dict[str, Any]:
    """Return what numbers depend on: processor, cores, memory, system, and how busy it was already."""
    told = _first(Path("/proc/cpuinfo"), "model name"), _first(Path("/proc/meminfo"), "MemTotal")
    memory = int(told[1].split()[0]) / 1024**2 if told[1] else 0.0
    return {
        "processor": told[0] or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 1),
    }


def _first(path: Path, name: str) -> str:
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def versions() -> dict[str, str]:
    """Return the versions of what is measured, but for the browsers."""
    packages = {name: version(name) for name in ("corsproof", "playwright", "uvicorn", "websockets")}
    return {"python": platform.python_version(), **packages}


def document(
    rates: Sequence[Rates],
    about: Mapping[str, Any],
    told: Mapping[str, str],
    checks: int,
    scales: Sequence[Scale] = (),
    together: Together | None = None,
) -> str:
    """Write the rates as Markdown; the same rates make the same text."""
    lines = [
        "| | undriven | naive | corsproof | of undriven | times naive | all different | side by side | one scenario "
        "| undriven, 32 | of that |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
        *(
            f"| {one.name} {one.version} | {one.undriven_per_s:.0f} | {one.naive_per_s:.1f} "
            f"| {one.corsproof_per_s:.0f} | {one.ratio_undriven:.2f} | {one.ratio_naive:.0f} "
            f"| {one.different_per_s:.0f} | {_or_dash(one.together_per_s)} | {one.one_scenario_s:.1f} s "
            f"| {one.undriven_wide_per_s:.0f} | {one.ratio_undriven_wide:.2f} |"
            for one in rates
        ),
    ]
    versions_told = " · ".join(f"{name} {number}" for name, number in told.items())
    table, sides = "\n".join(lines), str(together) if together else ""
    return _HEAD.format(
        table=table,
        checks=checks,
        versions=versions_told,
        sides=sides,
        scales=_scales(scales),
        pool=plan.POOL,
        **about,
    )


def _scales(scales: Sequence[Scale]) -> str:
    rows = "".join(
        f"| {one.engine} | {one.checks:,} | {one.seconds:.1f} s | {one.ms_per_check:.2f} ms "
        f"| {one.harness_mib:.0f} MiB | {one.browser_mib:.0f} MiB |\n"
        for one in scales
    )
    return f"{_SCALES}{rows}\n" if rows else ""


_SCALES = """\
## Many checks

The command `corsproof run`, from its start to its end; the checks are PUTs to the Flask API with its hooks. Memory is
the highest that was seen, of the command and of all processes of the browser.

| | checks | time | a check | the command | the browser |
| --- | --: | --: | --: | --: | --: |
"""


def _or_dash(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.0f}"


_HEAD = """\
# Checks a second

Written by `nox -s bench`; do not edit. A check is a preflight and an actual request from a window, {checks} of them in
each turn. Rates depend on the machine and on what else it does; the ratios last longer.

{table}

- **undriven**: the browser, started with a URL; nobody is attached to it. The same page script and the same servers, in
  one batch, without a verdict
- **naive**: the usual way, a page of its own for each check and a context (for WebKitGTK a process: one is one context)
- **corsproof**: everything: plans, pages, canaries, the record of the wire, the oracle, verdicts; from a browser that
  runs to the last verdict. It is the same check each time, which is planned once, and whose evidence is compared with
  that of the time before
- **all different**: corsproof, where each check has a scenario of its own, so that none is spared a plan or a verdict
- **side by side**: corsproof, while the other engines of this table do the same on the same cores{sides}
- **one scenario**: `corsproof run` with one scenario, from the start of the command to its end
- **undriven, 32**: undriven, with 32 requests in flight; in all other columns it is {pool}, which corsproof has chosen
  because WebKitGTK is slower with more

{scales}Machine: {processor}, {cores} cores, {memory_gib} GiB, {system}; load average before: {load}.
Versions: {versions}.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the document; 0 where every engine that was asked for was measured."""
    asked = _arguments(arguments)
    about, rates, faults = machine(), [], []
    for name in asked.browser or tuple(EngineName):
        try:
            rates.append(measure(name, asked.checks, asked.naive, asked.rounds))
        except (Unmeasured, Failed) as error:
            faults.append(f"{name}: {error}")
    rates, together = _side_by_side(rates, asked.checks)
    scales = [scale(one.name, count) for one in rates for count in asked.scale]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if not rates:
        return 1
    text = document(rates, about, versions(), asked.checks, scales, together)
    if asked.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    value = {
        "engines": [one.value() for one in rates],
        "machine": about,
        "versions": versions(),
        "checks": asked.checks,
        "side_by_side": asdict(together) if together else None,
        "scale": [{**asdict(one), "ms_per_check": round(one.ms_per_check, 3)} for one in scales],
    }
    sys.stdout.write(json.dumps(value, indent=1) + "\n" if asked.json else text)
    return 1 if faults else 0


def _side_by_side(rates: Sequence[Rates], checks: int) -> tuple[list[Rates], Together | None]:
    if len(rates) < 2:
        return list(rates), None
    together, _, seconds = corsproof_rates([EngineName(one.name) for one in rates], cases(checks))
    told = Together(seconds, sum(checks / one.corsproof_per_s for one in rates))
    return [replace(one, together_per_s=together[one.name]) for one in rates], told


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    about = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=about)
    number: Callable[[str], int] = int
    parser.add_argument("--checks", type=number, default=5000, metavar="N", help="checks in each turn (default: 5000)")
    parser.add_argument("--naive", type=number, default=8, metavar="N", help="checks in the naive way (default: 8)")
    parser.add_argument("--rounds", type=number, default=2, metavar="N", help="turns of each way (default: 2)")
    scale_help = "checks of runs of the command (default: 1000 10000; the document's are 1000 10000 100000)"
    parser.add_argument("--scale", type=number, nargs="*", default=[1000, 10000], metavar="N", help=scale_help)
    parser.add_argument("--browser", "-b", type=EngineName, action="append", metavar="NAME", help="only this engine")
    parser.add_argument("--json", action="store_true", help="print a JSON document and nothing else")
    parser.add_argument("--no-write", dest="write", action="store_false", help="leave docs/benchmarks.md as it is")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
