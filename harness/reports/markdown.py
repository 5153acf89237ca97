"""A document as Markdown, as GitHub shows it in the summary of a step, a comment or an issue.

What a table cannot hold is folded away. Text from outside is written so that it is text, and no markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.reports import digest
from harness.reports.audit import proof_of
from harness.reports.cases import printable
from harness.tally import Exit

Json = Mapping[str, Any]

TOLD = 20  # troubles told in full
LISTED = 50  # lines of a list
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&@]|^[-+])")
_ICONS = {Exit.AS_EXPECTED: "✅", Exit.FINDINGS: "❌"}


def render(document: Json) -> str:
    """Return a document as Markdown."""
    kinds = {"run": _run, "audit": _audit, "fuzz": _fuzz}
    return "\n".join([*_head(document), *kinds[document["kind"]](document), *_tail(document)]) + "\n"


def text(said: str) -> str:
    """Return a text in one line of which nothing is markup."""
    return _MARKUP.sub(r"\\\1", _line(said))


def code(said: str) -> str:
    """Return a text as code in a line, in a table too."""
    one_line = _line(said)
    fence = "`" * (1 + max(map(len, re.findall("`+", one_line)), default=0))
    pad = " " if one_line.startswith("`") or one_line.endswith("`") else ""
    return f"{fence}{pad}{one_line}{pad}{fence}".replace("|", "\\|") if one_line else ""


def _line(said: str) -> str:
    return printable(" ".join(said.split()))


def block(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines as a block of code that none of them can end."""
    listed = "\n".join(map(printable, lines))
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", listed)), default=0))
    yield from (f"{fence}text", listed, fence, "")


def _head(document: Json) -> Iterator[str]:
    icon = _ICONS.get(document["exit"], "⚠️")
    subject = f" of {code(document['target'])}" if document["kind"] == "audit" else ""
    yield f"## {icon} corsproof {document['kind']}{subject}: {text(digest.ending(document))}"
    yield ""
    yield f"{text(digest.counts_of(document))}, in {text(digest.builds(document))}."
    yield ""
    if held := digest.baseline_of(document):
        yield f"**{text(held)}**"
        yield ""


def _tail(document: Json) -> Iterator[str]:
    lost = list(digest.untested(document))
    if lost:
        yield "### Not tested"
        yield ""
        yield from _list(lost)
    yield f"<sub>corsproof {text(document['tool']['version'])}</sub>"


def _list(lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    yield from (f"- {text(line)}" for line in listed[:LISTED])
    if len(listed) > LISTED:
        yield f"- … and {len(listed) - LISTED} more; the JSON document has them all"
    yield ""


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield f"<details><summary>{_html(title)} ({len(listed)})</summary>"
        yield ""
        yield from _list(listed)
        yield "</details>"
        yield ""


def _html(said: str) -> str:
    return _line(said).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


# ---- a run ------------------------------------------------------------------------------------------


def _run(document: Json) -> Iterator[str]:
    troubles = digest.troubles(document)
    for one in troubles[:TOLD]:
        yield from _trouble(one)
    if len(troubles) > TOLD:
        more = sum(len(one.results) for one in troubles[TOLD:])
        yield f"… and {more} results more; the JSON document has them all."
        yield ""
    engines = digest.engines_of(document)
    rows = (
        [code(hooks), text(family), *(text(digest.counted(row[engine])) or "–" for engine in engines)]
        for (hooks, family), row in digest.table(document).items()
    )
    if document["results"]:
        yield from _table(["hook set", "family", *map(text, engines)], rows)
    yield from _folded("Engines disagree", digest.disagreements(document))
    yield from _folded("Known deviations that still hold", digest.reasons(document, "known"))
    yield from _folded("Skipped", digest.reasons(document, "skipped"))
    yield from _folded("Where the hook sets differ", digest.hook_sets(document))


def _trouble(one: digest.Trouble) -> Iterator[str]:
    row = one.first
    blame = f", blame: {row['blame']}" if row.get("blame") else ""
    known = ", in the baseline" if one.is_known else ""
    where = text(one.where + blame + known)
    yield f"#### {row['status'].upper()} {code(row['scenario'])} · {code(row['hooks'])} · {where}"
    yield ""
    if row.get("summary"):
        yield text(row["summary"])
        yield ""
    yield from _list(one.said)
    if row.get("exchanges"):
        yield "<details><summary>both exchanges</summary>"
        yield ""
        yield from block(_exchanges(row))
        yield "</details>"
        yield ""


def _exchanges(row: Json) -> Iterator[str]:
    for one in row["exchanges"]:
        yield f"{one['kind']}: {one['method']} {one['target']}"
        yield from (f"    {name}: {value}" for name, value in one["request_headers"])
        yield f"  -> {one['status'] or 'no answer'}"
        yield from (f"    {name}: {value}" for name, value in one["response_headers"])
    predicted = row.get("predicted") or {}
    if predicted.get("reason"):
        yield f"the standard says: {predicted['where']}: {predicted['sentence']} ({predicted['clause']})"
    if reason := row["observed"].get("browser_reason"):
        yield f"{row['engine']} says: {reason}"


# ---- an audit ---------------------------------------------------------------------------------------


def _audit(document: Json) -> Iterator[str]:
    findings = document["findings"]
    rows = (
        [
            one["severity"],
            f"[{one['rule']}]({one['clause']}) {text(one['name'])}{_known(one)}",
            code(one["urls"][0]) + (f" and {len(one['urls']) - 1} more" if len(one["urls"]) > 1 else ""),
            text(proof_of(one)),
        ]
        for one in findings
    )
    if findings:
        yield from _table(["severity", "rule", "where", "proof"], rows)
    for one in findings:
        yield from _finding(one, document.get("frameworks") or list(one["fix"]))
    coverage = document["coverage"]
    yield from _folded("Audited paths", (route["path"] for route in coverage["routes"]))
    yield from _folded("Left out", coverage.get("left_out", ()))


def _known(one: Json) -> str:
    return " (in the baseline)" if one.get("in_baseline") else ""


def _finding(one: Json, frameworks: Iterable[str]) -> Iterator[str]:
    yield f"<details><summary>{one['severity'].upper()} {one['rule']} {_html(one['summary'])}</summary>"
    yield ""
    yield f"{text(one.get('why', ''))}"
    yield ""
    yield f"- cause: {text(one['cause'])}"
    yield from (f"- fix for {text(framework)}: {text(one['fix'][framework])}" for framework in frameworks)
    yield ""
    yield from block(one.get("evidence", ()))
    yield "</details>"
    yield ""


# ---- fuzzing ----------------------------------------------------------------------------------------


def _fuzz(document: Json) -> Iterator[str]:
    for one in document["unexplained"]:
        count = one.get("count", 1)
        yield f"#### {text(one['engine'])}: {count} case{'s' if count > 1 else ''} of one kind"
        yield ""
        yield from _list(map(digest.difference, one["differences"]))
        yield from block([one["replay"]])
    counts = ([text(engine), text(digest.counted(row))] for engine, row in document["totals"].items())
    yield from _table(["engine", "results"], counts)
    known = [
        f"{engine}: {rule} ({count})"
        for engine, row in document.get("known", {}).items()
        for rule, count in row.items()
    ]
    yield from _folded("Known deviations that show", known)
    yield from _folded(
        "Could not be tested", (f"{one['engine']}: {one['cause']}" for one in document.get("untested", ()))
    )
