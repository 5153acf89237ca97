"""The reports of an audit: the JSON document of DESIGN 8, and what a person reads.

Later versions of the document only add members. Secrets are redacted. Imports the records of an audit; knows no runner.
"""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness.audit import fixes
from harness.audit.audited import Audit
from harness.audit.findings import Finding, Proof
from harness.audit.rules import NOT_COVERED
from harness.audit.survey import Reply
from harness.events import CaseFinished, Event
from harness.reports.cases import printable
from harness.reports.document import RunDocument
from harness.reports.redaction import redacted_sentence, redacted_target
from harness.tally import Exit

Json = dict[str, Any]

ENDINGS = {
    Exit.AS_EXPECTED: "nothing above info",
    Exit.FINDINGS: "this needs mending",
    Exit.NO_BROWSER: "no browser that can be believed",
    Exit.NOT_TESTED: "not everything could be tested",
    Exit.INTERRUPTED: "interrupted: this is what was found until then",
}


class AuditDocument:
    """Collects what the browsers of an audit tell, and puts its findings beside it."""

    def __init__(self) -> None:
        self._run = RunDocument()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if not isinstance(event, CaseFinished):
            self._run(event)

    def value(self, audit: Audit) -> Json:
        """Return the document."""
        run = self._run.value()
        return {
            "schema_version": run["schema_version"],
            "kind": "audit",
            "tool": run["tool"],
            "target": audit.order.target.name,
            "frameworks": list(fixes.those_for(audit.order.target.app)),
            "engines": run["engines"],
            **_audited(audit),
            "troubles": run["troubles"],
            "exit": int(audit.exit),
        }

    def text(self, audit: Audit) -> str:
        """Return the document as JSON text."""
        return json.dumps(self.value(audit), indent=1, ensure_ascii=False)


def _audited(audit: Audit) -> Json:
    return {
        "findings": [_finding(one) for one in audit.findings],
        "coverage": _coverage(audit),
        "policy": [dict(row) for row in audit.policy],
    }


def _finding(one: Finding) -> Json:
    return {
        "rule": one.rule.id,
        "name": one.rule.name,
        "severity": one.severity.value,
        "summary": one.summary,
        "url": one.paths[0],
        "urls": list(one.paths),
        "proof": {engine: proof.value for engine, proof in one.proof.items()},
        "geometry": [geometry.value for geometry in one.geometries],
        "proof_by_geometry": {
            engine: {geometry.value: proof.value for geometry, proof in shown.items()}
            for engine, shown in one.shown.items()
        },
        "evidence": [redacted_sentence(line) for line in one.evidence],
        "why": one.rule.why,
        "cause": one.cause,
        "fix": dict(one.rule.fix),
        "clause": one.rule.clause,
    }


def _coverage(audit: Audit) -> Json:
    return {
        "routes": [{"path": route.path, "methods": sorted(route.methods)} for route in audit.discovery.routes],
        "routes_from": audit.discovery.source,
        "left_out": list(audit.discovery.left_out),
        "trusted": list(audit.order.trusted),
        "active": audit.order.active,
        "signed_in": bool(audit.order.login or audit.order.cookies or audit.order.headers),
        "sent": [_sent(reply) for reply in audit.sent],
        "asked_of_pages": audit.asked,
        "untested": list(audit.untested),
        "not_covered": NOT_COVERED,
    }


def _sent(reply: Reply) -> Json:
    asked = dict(reply.probe.headers).get("Access-Control-Request-Method")
    return {
        "method": reply.probe.method,
        "url": redacted_target(reply.probe.target),
        "origin": reply.origin,
        **({"asks_for": asked} if asked else {}),
        **({"status": reply.status} if not reply.fault else {"fault": reply.fault}),
    }


def lines(audit: Audit, *, again: str, in_full: bool = True) -> Iterator[str]:
    """Tell an audit: each finding with its proof, or in one line, then what was tried.

    ``again`` is the command of this audit without its paths.
    """
    frameworks = fixes.those_for(audit.order.target.app)
    for one in audit.findings:
        if in_full:
            yield from _finding_lines(one, frameworks, f"{again}{_path(one, audit)}")
            yield ""
        else:
            yield _one_line(one)
    for line in audit.untested[:10]:
        yield f"not tested: {line}"
    if len(audit.untested) > 10:
        yield f"not tested: {len(audit.untested) - 10} more; the JSON document has them all"
    engines = ", ".join(f"{info.name} {info.version}" for info in audit.engines) or "no browser"
    asked = f"{len(audit.sent)} bare requests, {audit.asked} by pages in {engines}"
    yield f"{len(audit.discovery.routes)} paths of {audit.order.target.name}; {asked}"
    for left_out in audit.discovery.left_out:
        yield f"Left out: {left_out}"
    if not audit.order.trusted:
        yield "No trusted origin was named (--origin): whether pages that should get in do was not tried."
    if not audit.order.active:
        yield "Nothing that may change something was sent (--active)."
    if audit.findings and not in_full:
        yield "`corsproof explain RULE` tells what mends a finding; --json has the evidence."
    counts = Counter(one.severity.value for one in audit.findings)
    told = ", ".join(f"{count} {severity}" for severity, count in counts.items()) or "no finding"
    yield f"{told}: {ENDINGS[audit.exit]}"


def _one_line(one: Finding) -> str:
    """Tell a finding in a line: severity, rule, where, one sentence, and who showed it."""
    more = f" (and {len(one.paths) - 1} more)" if len(one.paths) > 1 else ""
    said = f"{one.severity.value.upper()} {one.rule.id} {one.rule.name} {one.paths[0]}{more}: {one.summary}"
    return printable(f"{said} [{_proof(one)}]")


def _finding_lines(one: Finding, frameworks: tuple[str, ...], replay: str) -> Iterator[str]:
    yield printable(str(one))
    if len(one.paths) > 1:
        yield _labelled("also", f"{', '.join(one.paths[1:8])}{' …' if len(one.paths) > 8 else ''}")
    yield _labelled("why", one.rule.why)
    yield _labelled("proof", _proof(one))
    for index, line in enumerate(one.evidence):
        yield _labelled("evidence" if index == 0 else "", redacted_sentence(line))
    yield _labelled("cause", one.cause)
    for index, framework in enumerate(frameworks):
        yield _labelled("fix" if index == 0 else "", f"{framework}: {one.rule.fix[framework]}")
    yield _labelled("clause", one.rule.clause)
    yield _labelled("explain", f"corsproof explain {one.rule.id}")
    yield _labelled("replay", replay)


def _path(one: Finding, audit: Audit) -> str:
    """Return the option that has only the path of a finding audited; none where a rule itself made the path up."""
    known = {route.path for route in audit.discovery.routes}
    path = next((path.removeprefix(audit.order.target.prefix) for path in one.paths if path in known), None)
    return "" if path is None else f" --path {shlex.quote(path or '/')}"


def _labelled(label: str, text: str) -> str:
    return printable(f"    {label:<8}  {text}")


def _proof(one: Finding) -> str:
    if set(one.proof.values()) == {Proof.NOT_APPLICABLE}:
        return "a header fact, which no page can show"
    where = f" ({', '.join(map(str, one.geometries))})" if one.geometries else ""
    return ", ".join(f"{engine}: {proof}" for engine, proof in one.proof.items()) + where
