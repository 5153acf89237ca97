"""The reports of an audit: the JSON document of DESIGN 8, and from it what a person reads.

Later versions of the document only add members. Secrets are redacted. Imports the records of an audit; knows no runner.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.audit import fixes
from harness.audit.audited import Audit
from harness.audit.findings import Finding, Proof
from harness.audit.routes import Route
from harness.audit.rules import NOT_COVERED
from harness.audit.survey import Reply
from harness.events import CaseFinished, Event
from harness.reports import digest
from harness.reports.cases import printable
from harness.reports.document import RunDocument, as_text
from harness.reports.redaction import redacted_json
from harness.reports.repository import configuration, place

Json = dict[str, Any]


class AuditDocument:
    """Collects what the browsers of an audit tell, and puts its findings beside it.

    ``policy_file`` is where the policy is declared that the target is held to.
    """

    def __init__(self, *, policy_file: str | None = None) -> None:
        self._policy_file = policy_file
        self._run = RunDocument()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if not isinstance(event, CaseFinished):
            self._run(event)

    def value(self, audit: Audit) -> Json:
        """Return the document."""
        run = self._run.value()
        document: Json = {
            "schema_version": run["schema_version"],
            "kind": "audit",
            **{name: run[name] for name in ("tool", "started")},
            "target": audit.order.target.name,
            "frameworks": list(fixes.those_for(audit.order.target.app)),
            "sources": self._sources(audit),
            "engines": run["engines"],
            **_audited(audit),
            "troubles": run["troubles"],
            "exit": int(audit.exit),
        }
        whole: Json = redacted_json(document)
        return whole

    def text(self, audit: Audit) -> str:
        """Return the document as JSON text."""
        return as_text(self.value(audit))

    def _sources(self, audit: Audit) -> Json:
        known = {
            "target": place(audit.order.target.file),
            "policy": place(self._policy_file),
            "configuration": configuration(),
        }
        return {name: found for name, found in known.items() if found}


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
        "evidence": list(one.evidence),
        "why": one.rule.why,
        "cause": one.cause,
        "fix": dict(one.rule.fix),
        "clause": one.rule.clause,
    }


def _coverage(audit: Audit) -> Json:
    return {
        "routes": [_route(route) for route in audit.discovery.routes],
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


def _route(route: Route) -> Json:
    source = place(*route.source) if route.source else None
    return {"path": route.path, "methods": sorted(route.methods), **({"source": source} if source else {})}


def _sent(reply: Reply) -> Json:
    asked = dict(reply.probe.headers).get("Access-Control-Request-Method")
    return {
        "method": reply.probe.method,
        "url": reply.probe.target,
        "origin": reply.origin,
        **({"asks_for": asked} if asked else {}),
        **({"status": reply.status} if not reply.fault else {"fault": reply.fault}),
    }


def lines(document: Mapping[str, Any], *, again: str = "", prefix: str = "", in_full: bool = True) -> Iterator[str]:
    """Tell the document of an audit: each finding with its proof, or in one line, then what was tried.

    ``again`` is the command of this audit without its paths, where it is known; ``prefix`` is the path of the target's
    own URL, which stands before those that the command takes.
    """
    for one in document["findings"]:
        if in_full:
            frameworks = document.get("frameworks") or tuple(one["fix"])
            replay = f"{again}{_path(one, document, prefix)}" if again else ""
            yield from _finding_lines(one, frameworks, replay)
            yield ""
        else:
            yield _one_line(one)
    coverage = document["coverage"]
    untested = coverage["untested"]
    for line in untested[:10]:
        yield f"not tested: {line}"
    if len(untested) > 10:
        yield f"not tested: {len(untested) - 10} more; the JSON document has them all"
    engines = ", ".join(f"{info['name']} {info['version']}" for info in document["engines"]) or "no browser"
    asked = f"{len(coverage['sent'])} bare requests, {coverage['asked_of_pages']} by pages in {engines}"
    yield f"{len(coverage['routes'])} paths of {document['target']}; {asked}"
    for left_out in coverage["left_out"]:
        yield f"Left out: {left_out}"
    if not coverage["trusted"]:
        yield "No trusted origin was named (--origin): whether pages that should get in do was not tried."
    if not coverage["active"]:
        yield "Nothing that may change something was sent (--active)."
    if held := digest.baseline_of(document):
        yield held
    if document["findings"] and not in_full:
        yield "`corsproof explain RULE` tells what mends a finding; --json, and each --report, has the evidence."
    yield f"{digest.counts_of(document)}: {digest.ending(document)}"


def _one_line(one: Mapping[str, Any]) -> str:
    """Tell a finding in a line: severity, rule, where, one sentence, and who showed it."""
    urls = one["urls"]
    more = f" (and {len(urls) - 1} more)" if len(urls) > 1 else ""
    return printable(f"{_head(one)} {urls[0]}{more}: {one['summary']} [{proof_of(one)}]")


def _head(one: Mapping[str, Any]) -> str:
    known = " (in the baseline)" if one.get("in_baseline") else ""
    return f"{one['severity'].upper()} {one['rule']} {one['name']}{known}"


def title_of(one: Mapping[str, Any]) -> str:
    """Return a finding in one line."""
    return f"{_head(one)}: {one['summary']}"


def proof_of(one: Mapping[str, Any]) -> str:
    """Say which engine showed a finding, and from where."""
    if set(one["proof"].values()) == {Proof.NOT_APPLICABLE.value}:
        return "a header fact, which no page can show"
    where = f" ({', '.join(one['geometry'])})" if one["geometry"] else ""
    return ", ".join(f"{engine}: {proof}" for engine, proof in one["proof"].items()) + where


def _finding_lines(one: Mapping[str, Any], frameworks: Iterable[str], replay: str) -> Iterator[str]:
    yield printable(title_of(one))
    urls = one["urls"]
    if len(urls) > 1:
        yield _labelled("also", f"{', '.join(urls[1:8])}{' …' if len(urls) > 8 else ''}")
    yield _labelled("why", one["why"])
    yield _labelled("proof", proof_of(one))
    for index, line in enumerate(one["evidence"]):
        yield _labelled("evidence" if index == 0 else "", line)
    yield _labelled("cause", one["cause"])
    for index, framework in enumerate(frameworks):
        yield _labelled("fix" if index == 0 else "", f"{framework}: {one['fix'][framework]}")
    yield _labelled("clause", one["clause"])
    yield _labelled("explain", f"corsproof explain {one['rule']}")
    if replay:
        yield _labelled("replay", replay)


def _path(one: Mapping[str, Any], document: Mapping[str, Any], prefix: str) -> str:
    """Return the option that has only the path of a finding audited; none where a rule itself made the path up."""
    known = {route["path"] for route in document["coverage"]["routes"]}
    path = next((path.removeprefix(prefix) for path in one["urls"] if path in known), None)
    return "" if path is None else f" --path {shlex.quote(path or '/')}"


def _labelled(label: str, text: str) -> str:
    return printable(f"    {label:<8}  {text}")
