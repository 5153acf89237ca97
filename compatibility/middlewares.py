"""What CORS libraries make of one policy, seen by pages in browsers: `python -m compatibility.middlewares`.

Writes `docs/middlewares.md`: libraries by capabilities, and a sentence for what is not as the policy has it. Puts
subjects, capabilities and findings together.
"""

from __future__ import annotations

import logging
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from compatibility.capabilities import Capability, capabilities
from compatibility.findings import Finding, Mark, Measured, measure
from compatibility.subjects import POLICY, SUBJECTS, Subject
from harness.engines import EngineChoice, EngineName
from harness.policy import dumps
from harness.tally import Exit

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "middlewares.md"


def document(subjects: Mapping[str, Subject], asked: Mapping[str, Capability], measured: Measured) -> str:
    """Write the findings as Markdown; the same findings make the same text."""
    versions = " · ".join(f"{name} {told}" for name, told in measured.engines.items())
    parts = [
        _HEAD.format(policy=dumps(POLICY), engines=versions),
        _table(subjects, asked, measured),
        "## What each row means",
        "\n".join(f"- **{one.title}**: {one.means}" for one in asked.values()),
        "## The libraries, and what happens instead",
        *(_section(name, subject, asked, measured) for name, subject in subjects.items()),
    ]
    return "\n\n".join(parts) + "\n"


_HEAD = """\
# CORS libraries compared

The same small API behind the same CORS policy, said to each Python library in the words of its own documentation. Pages
on allowed and on other origins then really ask the API, in the browsers below: a mark is what their script could do,
checked against the requests and answers that were on the wire. Written by `nox -s middlewares`; do not edit.

The policy, to which all are held alike:

```toml
{policy}```

Browsers: {engines}

- ✓ as the policy has it, in every browser
- ✗ not so; below stands what happens instead. Where browsers differ, those that see it are named
- ? not known: the measurement came to nothing, and below stands why

A ✗ in a row that says "other" lets in more than the policy does; in any other row something that should work does not,
or may not behind a cache. It need not be a bug: some libraries do not mean to do what the row asks for, or have no
words for that part of the policy, which their section then says."""


def header(subjects: Iterable[str]) -> str:
    """Return the first line of the table."""
    return _row(["", *subjects])


def _table(subjects: Mapping[str, Subject], asked: Mapping[str, Capability], measured: Measured) -> str:
    lines = [header(subjects), _row(["---", *([":-:"] * len(subjects))])]
    for name, capability in asked.items():
        lines.append(_row([capability.title, *(_cell(_seen(measured, subject, name)) for subject in subjects)]))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _seen(measured: Measured, subject: str, capability: str) -> dict[str, Finding]:
    return {engine: found for (*key, engine), found in measured.findings.items() if key == [subject, capability]}


def _cell(seen: Mapping[str, Finding]) -> str:
    by_mark = defaultdict[Mark, list[str]](list)
    for engine, finding in seen.items():
        by_mark[finding.mark].append(engine)
    if len(by_mark) == 1:
        return str(next(iter(by_mark)))
    return ", ".join(f"{mark} {' '.join(by_mark[mark])}" for mark in Mark if mark is not Mark.YES and mark in by_mark)


def _section(name: str, subject: Subject, asked: Mapping[str, Capability], measured: Measured) -> str:
    lines = [f"### {name}", "", f"{subject.about}. Versions: {subject.versions}.", ""]
    instead = [
        f"- **{capability.title}**: {sentence}"
        for key, capability in asked.items()
        for sentence in _sentences(_seen(measured, name, key))
    ]
    return "\n".join([*lines, *(instead or ["Everything is as the policy has it."])])


def _sentences(seen: Mapping[str, Finding]) -> Iterator[str]:
    by_sentence = defaultdict[str, list[str]](list)
    for engine, finding in seen.items():
        if finding.instead:
            by_sentence[finding.instead].append(engine)
    for sentence, those in by_sentence.items():
        yield sentence if len(those) == len(seen) else f"({', '.join(those)}) {sentence}"


def main() -> int:
    """Measure, write the document, and return the exit code: not 0 where something could not be tested."""
    logging.disable(logging.CRITICAL)  # applications that fail on purpose say so, many times
    asked = capabilities(POLICY)
    measured = measure(SUBJECTS, asked, tuple(map(EngineChoice, EngineName)))
    for fault in measured.faults:
        sys.stderr.write(f"{fault}\n")
    code = measured.tally.exit
    if code in (Exit.NO_BROWSER, Exit.INTERRUPTED):
        return int(code)
    DOCUMENT.write_text(document(SUBJECTS, asked, measured), encoding="utf-8")
    return 0 if code in (Exit.AS_EXPECTED, Exit.FINDINGS) else int(code)


if __name__ == "__main__":
    sys.exit(main())
