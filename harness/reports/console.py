"""What a person reads in a terminal: progress while it runs, then failures and disagreements, then one table.

Colour and the progress bar only where there is a terminal; the text is the same without.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from harness import events
from harness.events import CaseFinished, Event
from harness.reports.redaction import redacted, redacted_sentence, redacted_target
from harness.reports.sights import engine_disagreements, hook_set_differences, wordings
from harness.tally import Exit, Tally
from harness.verdict import UNTESTED, Status
from harness.wire import Exchange

NAMED = 4  # scenarios named for one cause
SHOWN = 20  # failures told in full; the table and the JSON document count them all
WIDTH = 140  # columns where there is no terminal to ask
STYLES = {
    Status.PASS: "green",
    Status.FAIL: "bold red",
    Status.KNOWN: "yellow",
    Status.SKIPPED: "dim",
    **dict.fromkeys(UNTESTED, "bold magenta"),
}
GRAVEST = (Status.FAIL, Status.CRASH, Status.TIMEOUT, Status.INCONCLUSIVE, Status.KNOWN, Status.SKIPPED, Status.PASS)
ENDINGS = {
    Exit.AS_EXPECTED: "everything is as expected",
    Exit.FINDINGS: "something is not as expected",
    Exit.NO_BROWSER: "no browser that can be believed",
    Exit.NOT_TESTED: "not everything could be tested",
    Exit.INTERRUPTED: "interrupted: this is what was measured until then",
}


def console(*, stderr: bool = False) -> Console:
    """Make the console of a stream: as wide as the terminal, or wide enough where there is none."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=WIDTH)


class LiveProgress:
    """Says on a second console what is going on: a bar per engine, or a line per event without a terminal."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case events.RunStarted():
                self._progress.start()
                self._bars = {name: self._progress.add_task(name, total=event.cases) for name in event.engines}
            case events.Progress():
                self._progress.advance(self._bars[event.engine], event.cases)
            case events.EngineReady():
                again = "again " if event.relaunch else ""
                self._say(
                    f"{event.engine} {again}ready: {event.info.version} ({event.info.protocol}), {event.info.path}"
                )
            case events.EngineUnavailable():
                self._say(
                    f"{event.engine} cannot be used: {event.cause}", f"    mend: {event.hint}" if event.hint else ""
                )
            case events.EngineLost():
                what = "another one is started" if event.relaunch else "no further one is started"
                self._say(f"{event.engine} lost: {event.cause}; {what}")
            case events.CanariesSung() if event.failures:
                self._say(f"{event.engine} failed its canaries on {event.page}: nothing it says can be believed")
                self._say(*event.failures)
            case events.HarnessFault():
                self._say(f"{event.engine}: a fault of corsproof itself: {event.cause}", event.detail)
            case events.RunFinished():
                self._progress.stop()

    def _say(self, *lines: str) -> None:
        for line in filter(None, lines):
            self._out.print(line, markup=False)


class Summary:
    """Collects the results of a run and prints them when it is over."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._tally = Tally()
        self._results: list[CaseFinished] = []
        self._engines: list[str] = []
        self._canaries: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._tally(event)
        match event:
            case events.RunStarted():
                self._engines = list(event.engines)
            case events.CanariesSung():
                self._canaries[event.engine] += event.asked - len(event.failures)
            case CaseFinished():
                self._results.append(event)
            case events.RunFinished():
                self._print(event.duration_s)

    def _print(self, seconds: float) -> None:
        groups = _troubles(self._results)
        for group in groups[:SHOWN]:
            self._print_trouble(group)
        if len(groups) > SHOWN:
            self._line(f"… and {sum(map(len, groups[SHOWN:]))} results more; the JSON document has them all")
        disagreements = list(_disagreements(self._results))
        self._print_lines("Engines disagree", disagreements[:SHOWN])
        if len(disagreements) > SHOWN:
            self._line(f"… and {len(disagreements) - SHOWN} more; the JSON document has them all")
        self._print_lines("Known deviations that still hold", _reasons(self._results, Status.KNOWN))
        self._print_lines("Skipped", _reasons(self._results, Status.SKIPPED))
        if self._results:
            self._out.print(_table(self._results, self._engines))
        self._print_lines("Blocked, and the browser's own words mean the same reason", _wording_lines(self._results))
        self._print_lines("Where the hook sets differ", _hook_set_lines(self._results))
        self._print_totals(seconds)

    def _print_trouble(self, group: list[CaseFinished]) -> None:
        """Tell one trouble once, with all the engines and interfaces that have it."""
        first = group[0]
        case, verdict, observation = first.case, first.verdict, first.observation
        by_engine: dict[str, list[str]] = defaultdict(list)
        for result in group:
            by_engine[result.engine].append(result.case.api.value)
        where = ", ".join(f"{engine} ({', '.join(dict.fromkeys(apis))})" for engine, apis in by_engine.items())
        head = Text(f"{verdict.status.value.upper()} ", STYLES[verdict.status])
        head.append(f"{case.scenario.id} · {case.hooks} · {where}", "bold")
        head.append(f" · blame: {verdict.blame}" if verdict.blame else "")
        self._out.print(head, soft_wrap=True)
        self._line(case.scenario.summary)
        for difference in verdict.differences:
            self._line(redacted_sentence(str(difference)))
        if not verdict.differences:
            self._line(verdict.cause)
        for exchange in observation.exchanges:
            self._line(_exchange_line(exchange))
        for prediction in first.predicted[-1:]:
            if prediction.reason:
                self._line(f"the standard says: {prediction.where}: {prediction.sentence} ({prediction.clause})")
        if observation.reason:
            self._line(f"{first.engine} says: {redacted_sentence(observation.reason)}")

    def _print_lines(self, title: str, lines: Iterable[str]) -> None:
        listed = list(lines)
        if listed:
            self._out.print(title, style="bold")
        for line in listed:
            self._line(line)

    def _line(self, text: str) -> None:
        """Print an indented line, whole where there is no terminal whose width it could be wrapped to."""
        if self._out.is_terminal:
            self._out.print(Padding(Text(text), (0, 0, 0, 4)))
        else:
            self._out.print(f"    {text}", markup=False, soft_wrap=True)

    def _print_totals(self, seconds: float) -> None:
        counts = ", ".join(
            f"{self._tally.statuses[status]} {status}" for status in GRAVEST if self._tally.statuses[status]
        )
        canaries = sum(self._canaries.values())
        self._out.print(
            f"{counts or 'no results'} in {seconds:.1f} s, {canaries} canaries passed: {ENDINGS[self._tally.exit]}"
        )


def _troubles(results: list[CaseFinished]) -> list[list[CaseFinished]]:
    """Return what went wrong, the same trouble of several engines and interfaces together, the simplest first."""
    groups: dict[tuple[object, ...], list[CaseFinished]] = defaultdict(list)
    for result in results:
        verdict = result.verdict
        if verdict.status not in (Status.PASS, Status.KNOWN, Status.SKIPPED):
            said = tuple(map(str, verdict.differences)) or verdict.cause
            groups[result.case.scenario.id, result.case.hooks, verdict.status, verdict.blame, said].append(result)
    return sorted(groups.values(), key=lambda group: (GRAVEST.index(group[0].verdict.status), _length(group[0])))


def _length(result: CaseFinished) -> tuple[int, int]:
    return len(result.observation.page), len(result.verdict.differences)


def _table(results: list[CaseFinished], engines: list[str]) -> Table:
    """Families by hook set against engines; rows with trouble first."""
    cells: dict[tuple[str, str], dict[str, Counter[Status]]] = defaultdict(lambda: defaultdict(Counter))
    for result in results:
        cells[result.case.hooks, result.case.scenario.family][result.engine][result.verdict.status] += 1
    table = Table("hook set", "family", *engines, title="Scenarios by family and engine", title_justify="left")
    for (hooks, family), row in sorted(cells.items(), key=lambda item: _gravity(item[1])):
        table.add_row(hooks, family, *(_cell(row[engine]) for engine in engines))
    return table


def _gravity(row: dict[str, Counter[Status]]) -> int:
    return min(GRAVEST.index(status) for counts in row.values() for status in counts)


def _cell(counts: Counter[Status]) -> Text:
    parts = [Text(f"{counts[status]} {status}", STYLES[status]) for status in GRAVEST if counts[status]]
    return Text(", ").join(parts) if parts else Text("-", "dim")


def _disagreements(results: list[CaseFinished]) -> Iterable[str]:
    for (scenario, hooks, api), by_engine in engine_disagreements(results).items():
        said = ", ".join(f"{engine} {sight}" for engine, sight in by_engine.items())
        yield f"{scenario} · {hooks} · {api}: {said}"


def _reasons(results: list[CaseFinished], status: Status) -> Iterable[str]:
    grouped: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for result in results:
        if result.verdict.status is status:
            grouped[result.engine, result.verdict.cause][result.case.scenario.id].add(result.case.hooks)
    for (engine, cause), scenarios in sorted(grouped.items()):
        names = list(scenarios)
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        hooks = ", ".join(sorted(set().union(*scenarios.values())))
        yield f"{engine} · {', '.join(names[:NAMED])}{more} · {hooks}: {cause}"


def _wording_lines(results: list[CaseFinished]) -> Iterable[str]:
    for engine, told in wordings(results).items():
        yield f"{engine}: {told.worded} of {told.blocked} ({told.worded / told.blocked:.1%})"


def _hook_set_lines(results: list[CaseFinished]) -> Iterable[str]:
    """Say per family what the hook sets make of the same scenarios, and in which engines."""
    families: dict[tuple[str, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    for difference in hook_set_differences(results):
        for engine, by_hooks in difference.engines.items():
            ends = tuple(f"{hooks} {sight}" for hooks, sight in by_hooks.items())
            families[difference.family, ends][engine] += 1
    for (family, ends), counts in sorted(families.items()):
        where = ", ".join(f"{count} in {engine}" for engine, count in counts.items())
        yield f"{family}: {' · '.join(ends)} ({where})"


def _exchange_line(exchange: Exchange) -> str:
    shown = [f"{name}: {value}" for name, value in redacted(exchange.request_headers) if _matters(name)]
    answered = [f"{name}: {value}" for name, value in redacted(exchange.response_headers) if _matters(name)]
    status = exchange.status if exchange.status is not None else "no answer"
    target = redacted_target(exchange.target)
    return f"{exchange.kind}: {exchange.method} {target} [{'; '.join(shown)}] -> {status} [{'; '.join(answered)}]"


def _matters(name: str) -> bool:
    return name.startswith("access-control-") or name in ("origin", "vary", "location", "content-type", "authorization")
