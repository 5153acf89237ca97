"""What a person reads: progress while it runs, then failures and disagreements, then one table.

In a terminal each failure is a block, with the command that shows it again, and there is a progress bar; elsewhere each
is one line. Colour is a matter of its own (`--color`, NO_COLOR, FORCE_COLOR), and says nothing that no word says.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from harness import casefile, events
from harness.engines import EngineName
from harness.events import CaseFinished, Event
from harness.reports.cases import printable
from harness.reports.redaction import redacted, redacted_sentence, redacted_target
from harness.reports.sights import Sighting, engine_disagreements, hook_set_lines, sighting, wordings
from harness.scenario import LITERAL
from harness.tally import Exit, Tally
from harness.verdict import UNTESTED, Status
from harness.wire import Exchange

NAMED = 4  # scenarios named for one cause
SHOWN = 20  # failures told in full; the table and the JSON document count them all
DIFFERENCES = 3  # told where a failure is one line
WIDTH = 140  # columns where there is no terminal to ask
STYLES = {
    Status.PASS: "green",
    Status.FAIL: "bold red",
    Status.KNOWN: "yellow",
    Status.SKIPPED: "dim",
    **dict.fromkeys(UNTESTED, "bold magenta"),
}
GRAVEST = (Status.FAIL, Status.CRASH, Status.TIMEOUT, Status.INCONCLUSIVE, Status.KNOWN, Status.SKIPPED, Status.PASS)
UNTROUBLED = frozenset({Status.PASS, Status.KNOWN, Status.SKIPPED})
ENDINGS = {
    Exit.AS_EXPECTED: "everything is as expected",
    Exit.FINDINGS: "something is not as expected",
    Exit.NO_BROWSER: "no browser that can be believed",
    Exit.NOT_TESTED: "not everything could be tested",
    Exit.INTERRUPTED: "interrupted: this is what was measured until then",
}


class Words(RegexHighlighter):
    """Styles the words that say how grave a line is, and the labels of what stands below it."""

    base_style = "said."
    highlights = [  # noqa: RUF012 - rich has it so
        r"^(?P<grave>(HIGH|FAIL)\b.*?(?=: | · |$))",
        r"^(?P<untested>(CRASH|TIMEOUT|INCONCLUSIVE|not tested)\b)",
        r"^(?P<medium>(MEDIUM|KNOWN)\b.*?(?=: | · |$))",
        r"^(?P<low>LOW\b.*?(?=: |$))",
        r"^(?P<info>INFO\b.*?(?=: |$))",
        r"^(?P<good>PASS\b)",
        r"^\w+: (?P<good>usable)\b",
        r"^\w+: (?P<grave>not usable)\b",
        r"^ {2,4}(?P<label>[a-z]+( \d+)?)(?=  )",
        r"(?P<command>\bcorsproof (audit|replay|explain|install|run) .*)",
        r"\b(?P<good>proven)(?=[,\s]|$)(?<!not-proven)",
    ]


THEME = Theme(
    {
        "said.grave": "bold red",
        "said.untested": "bold magenta",
        "said.medium": "bold yellow",
        "said.low": "bold cyan",
        "said.info": "bold blue",
        "said.good": "green",
        "said.label": "dim",
        "said.command": "cyan",
    }
)
_words = Words()
_MARGIN = re.compile(r" *(?:(?<=  )[a-z]*(?: \d+)? {2,})?")  # what wrapped lines are indented by
_COMMAND = re.compile(r" +(?:[a-z]+ +)?corsproof ")


def console(color: bool | None = None, *, stderr: bool = False) -> Console:
    """Make the console of a stream: as wide as the terminal, or wide enough where there is none.

    ``color`` is the user's word; without it NO_COLOR and FORCE_COLOR are heeded (any value but an empty one counts),
    and else there is colour where there is a terminal. It changes no layout: that is the terminal's alone.
    """
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    if color is None and os.environ.get("NO_COLOR"):
        color = False
    if color is None and os.environ.get("FORCE_COLOR"):
        color = True
    return Console(
        stderr=stderr,
        theme=THEME,
        highlight=False,
        no_color=False,
        force_terminal=is_terminal,
        color_system="standard" if color else None if color is False else "auto",
        width=None if is_terminal else WIDTH,
    )


def tell(out: Console, lines: Iterable[str]) -> None:
    """Print lines, wrapped below where their text begins; commands stay whole, so that they can be copied."""
    for line in lines:
        text = _words(line)
        if not out.is_terminal or _COMMAND.match(line):
            out.print(text, soft_wrap=True)
            continue
        found = _MARGIN.match(line)
        margin = found.end() if found else 0
        first, rest = text[:margin], text[margin:]
        for index, part in enumerate(rest.wrap(out, max(out.width - margin, 20)) or [Text()]):
            part.rstrip()
            out.print(Text.assemble(first if index == 0 else " " * margin, part), soft_wrap=True)


class LiveProgress:
    """Says on a second console what is going on: a bar per engine, or a line per event without a terminal."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._bars: dict[str, TaskID] = {}
        self._introduced: set[str] = set()
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
            case events.PhaseStarted():
                self._say(event.what)
            case events.RunStarted():
                for bar in self._bars.values():
                    self._progress.remove_task(bar)
                self._progress.start()
                self._bars = {name: self._progress.add_task(name, total=event.cases) for name in event.engines}
            case events.Progress():
                self._progress.advance(self._bars[event.engine], event.cases)
            case events.EngineReady():
                again = "again " if event.relaunch else ""
                line = f"{event.engine} {again}ready: {event.info.version} ({event.info.protocol}), {event.info.path}"
                if event.relaunch or line not in self._introduced:
                    self._say(line)
                self._introduced.add(line)
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
            self._out.print(line, markup=False, soft_wrap=True)


class Summary:
    """Collects the results of a run and prints them when it is over.

    ``catalogued`` says that scenarios are known by their ids; those of a vector file are not.
    """

    def __init__(self, out: Console, *, catalogued: bool = True) -> None:
        self._out = out
        self._catalogued = catalogued
        self._tally = Tally()
        self._sightings: Counter[Sighting] = Counter()
        self._troubled: list[CaseFinished] = []
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
                self._sightings[sighting(event)] += 1
                if event.verdict.status not in UNTROUBLED:
                    self._troubled.append(event)
            case events.RunFinished():
                self._print(event.duration_s)

    def _print(self, seconds: float) -> None:
        groups = _troubles(self._troubled)
        if self._out.is_terminal:
            for group in groups[:SHOWN]:
                tell(self._out, self._block(group))
            if len(groups) > SHOWN:
                self._line(f"… and {sum(map(len, groups[SHOWN:]))} results more; the JSON document has them all")
        elif groups:
            tell(self._out, map(_one_line, groups))
            tell(self._out, ["`corsproof replay SCENARIO` shows the exchanges of one; --report json writes them all"])
        disagreements = list(_disagreements(self._sightings))
        self._print_lines("Engines disagree", disagreements[:SHOWN])
        if len(disagreements) > SHOWN:
            self._line(f"… and {len(disagreements) - SHOWN} more; the JSON document has them all")
        self._print_lines("Known deviations that still hold", _reasons(self._sightings, Status.KNOWN))
        self._print_lines("Skipped", _reasons(self._sightings, Status.SKIPPED))
        if self._sightings:
            self._out.print(_table(self._sightings, self._engines))
        self._print_lines("Blocked, and the browser's own words mean the same reason", _wording_lines(self._sightings))
        self._print_lines("Where the hook sets differ", hook_set_lines(self._sightings))
        self._print_totals(seconds)

    def _block(self, group: list[CaseFinished]) -> Iterator[str]:
        """Tell one trouble in full, once for all the engines and interfaces that have it."""
        first = group[0]
        yield _head(group)
        yield f"    {first.case.scenario.summary}"
        for said in _said(first):
            yield f"    {said}"
        for exchange in first.observation.exchanges:
            yield f"    {_exchange_line(exchange)}"
        for prediction in first.predicted[-1:]:
            if prediction.reason:
                yield f"    the standard says: {prediction.where}: {prediction.sentence} ({prediction.clause})"
        if first.observation.reason:
            yield f"    {first.engine} says: {printable(redacted_sentence(first.observation.reason))}"
        yield f"    {self._replay(group)}"

    def _replay(self, group: list[CaseFinished]) -> str:
        """Return the command that runs the case of a trouble again, where it showed."""
        case = group[0].case
        name = case.scenario.id if self._catalogued else f"'{casefile.to_word(case.scenario)}'"
        hooks = "" if case.hooks == LITERAL else f" --hooks {case.hooks}"
        engines = dict.fromkeys(result.engine for result in group if result.engine in set(EngineName))
        return f"corsproof replay {name}{hooks}{''.join(f' -b {engine}' for engine in engines)}"

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
        said = tuple(map(str, verdict.differences)) or verdict.cause
        groups[result.case.scenario.id, result.case.hooks, verdict.status, verdict.blame, said].append(result)
    return sorted(groups.values(), key=lambda group: (GRAVEST.index(group[0].verdict.status), _length(group[0])))


def _head(group: list[CaseFinished]) -> str:
    """Say of a trouble what it is, where it showed, and who is to blame."""
    case, verdict = group[0].case, group[0].verdict
    by_engine: dict[str, list[str]] = defaultdict(list)
    for result in group:
        by_engine[result.engine].append(result.case.api.value)
    where = ", ".join(f"{engine} ({', '.join(dict.fromkeys(apis))})" for engine, apis in by_engine.items())
    blame = f" · blame: {verdict.blame}" if verdict.blame else ""
    return f"{verdict.status.value.upper()} {case.scenario.id} · {case.hooks} · {where}{blame}"


def _said(result: CaseFinished) -> list[str]:
    """Return what differs, or else why there is nothing to compare."""
    verdict = result.verdict
    said = [str(difference) for difference in verdict.differences] or [verdict.cause]
    return [printable(redacted_sentence(one)) for one in said]


def _one_line(group: list[CaseFinished]) -> str:
    said = _said(group[0])
    more = f" (and {len(said) - DIFFERENCES} more)" if len(said) > DIFFERENCES else ""
    reason = next((f" · reason: {told.reason}" for told in group[0].predicted[-1:] if told.reason), "")
    return f"{_head(group)} · {'; '.join(said[:DIFFERENCES])}{more}{reason}"


def _length(result: CaseFinished) -> tuple[int, int]:
    return len(result.observation.page), len(result.verdict.differences)


def _table(sightings: Counter[Sighting], engines: list[str]) -> Table:
    """Families by hook set against engines; rows with trouble first."""
    cells: dict[tuple[str, str], dict[str, Counter[Status]]] = defaultdict(lambda: defaultdict(Counter))
    for one, count in sightings.items():
        cells[one.hooks, one.family][one.engine][one.status] += count
    table = Table("hook set", "family", *engines, title="Scenarios by family and engine", title_justify="left")
    for (hooks, family), row in sorted(cells.items(), key=lambda item: _gravity(item[1])):
        table.add_row(hooks, family, *(_cell(row[engine]) for engine in engines))
    return table


def _gravity(row: dict[str, Counter[Status]]) -> int:
    return min(GRAVEST.index(status) for counts in row.values() for status in counts)


def _cell(counts: Counter[Status]) -> Text:
    parts = [Text(f"{counts[status]} {status}", STYLES[status]) for status in GRAVEST if counts[status]]
    return Text(", ").join(parts) if parts else Text("-", "dim")


def _disagreements(sightings: Iterable[Sighting]) -> Iterable[str]:
    for (scenario, hooks, api), by_engine in engine_disagreements(sightings).items():
        said = ", ".join(f"{engine} {sight}" for engine, sight in by_engine.items())
        yield f"{scenario} · {hooks} · {api}: {said}"


def _reasons(sightings: Iterable[Sighting], status: Status) -> Iterable[str]:
    grouped: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in sightings:
        if one.status is status:
            grouped[one.engine, one.cause][one.scenario].add(one.hooks)
    for (engine, cause), scenarios in sorted(grouped.items()):
        names = list(scenarios)
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        hooks = ", ".join(sorted(set().union(*scenarios.values())))
        yield f"{engine} · {', '.join(names[:NAMED])}{more} · {hooks}: {cause}"


def _wording_lines(sightings: Counter[Sighting]) -> Iterable[str]:
    for engine, told in wordings(sightings).items():
        yield f"{engine}: {told.worded} of {told.blocked} ({told.worded / told.blocked:.1%})"


def _exchange_line(exchange: Exchange) -> str:
    shown = [f"{name}: {value}" for name, value in redacted(exchange.request_headers) if _matters(name)]
    answered = [f"{name}: {value}" for name, value in redacted(exchange.response_headers) if _matters(name)]
    status = exchange.status if exchange.status is not None else "no answer"
    target = redacted_target(exchange.target)
    return f"{exchange.kind}: {exchange.method} {target} [{'; '.join(shown)}] -> {status} [{'; '.join(answered)}]"


def _matters(name: str) -> bool:
    return name.startswith("access-control-") or name in ("origin", "vary", "location", "content-type", "authorization")
