"""A document as SARIF 2.1.0, for code scanning: findings and failures with places in the user's repository.

Names of files are relative to %SRCROOT%. A result's fingerprint is made of what is wrong and where, not of ports,
browser versions or the wording of messages, so that it stays the same from run to run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from harness.reports import digest
from harness.reports.audit import proof_of
from harness.tally import Exit

Json = dict[str, Any]
Given = Mapping[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"high": "error", "medium": "warning", "low": "note", "info": "note"}
SCORES = {"high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}  # as GitHub bands `security-severity`
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
DISAGREEMENT = "oracle-disagreement"


def render(document: Given) -> str:
    """Return a document as SARIF."""
    match document["kind"]:
        case "run":
            rules, results = _of_run(document)
        case "audit":
            rules, results = _of_audit(document)
        case _:
            rules, results = _of_fuzz(document)
    places = list(rules)
    run = {
        "tool": {"driver": _driver(document, rules.values())},
        "automationDetails": {"id": f"corsproof/{document['kind']}/"},
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder in which corsproof was run."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(document)],
        "results": [{**result, "ruleIndex": places.index(result["ruleId"])} for result in results],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _driver(document: Given, rules: Iterable[Json]) -> Json:
    version = document["tool"]["version"]
    return {"name": "corsproof", "version": version, "semanticVersion": version, "rules": list(rules)}


def _invocation(document: Given) -> Json:
    code = document["exit"]
    return {
        "executionSuccessful": code in (Exit.AS_EXPECTED, Exit.FINDINGS),
        "exitCode": code,
        "exitCodeDescription": digest.ending(document),
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": _text(said)}} for said in _not_tested(document)
        ],
    }


def _not_tested(document: Given) -> Iterator[str]:
    yield from digest.untested(document)
    if document["kind"] == "run":
        for one in digest.troubles(document):
            if one.first["status"] in digest.UNTESTABLE:
                head = f"{one.first['scenario']} · {one.first['hooks']} · {one.where}"
                yield f"{head}: {one.first['status']}: {'; '.join(one.said)}"
    for one in document.get("untested", ()):
        yield f"{one['engine']}: {one['status']}: {one['cause']}; {one['replay']}"


def _rule(identity: str, name: str, short: str, full: str, help_lines: Iterable[str], **more: Any) -> Json:
    lines = list(help_lines)
    return {
        "id": identity,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "help": {"text": "\n".join(lines) or full, "markdown": "\n".join(f"- {line}" for line in lines) or full},
        **more,
    }


def _result(
    rule: str, level: str, message: str, place: Given | None, logical: str, identity: Iterable[str], row: Given
) -> Json:
    location: Json = {"logicalLocations": [{"fullyQualifiedName": logical, "kind": "resource"}]}
    if place:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(place["file"]), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.get("line") or 1},
        }
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": _text(message)},
        "locations": [location],
        "partialFingerprints": {
            "corsproof/v1": hashlib.sha256("\n".join(identity).encode(errors="backslashreplace")).hexdigest()
        },
        **({"baselineState": "unchanged" if row["in_baseline"] else "new"} if "in_baseline" in row else {}),
    }


def _text(text: str) -> str:
    """Return a text as a message: what looks like a link there is none."""
    return _LINK.sub(r"\\[", text) or "(nothing)"


# ---- an audit ---------------------------------------------------------------------------------------


def _of_audit(document: Given) -> tuple[dict[str, Json], list[Json]]:
    from harness.audit.rules import RULES

    facts = [
        {"rule": one.id, **{name: getattr(one, name) for name in ("name", "why", "fix", "clause")}} for one in RULES
    ]
    rules = {one["rule"]: _audit_rule(one, "") for one in facts}
    severities = [one for one in reversed(LEVELS) for found in document["findings"] if found["severity"] == one]
    for severity in severities:  # the gravest last
        for one in document["findings"]:
            if one["severity"] == severity:
                rules[one["rule"]] = _audit_rule(one, severity)
    return rules, [result for one in document["findings"] for result in _findings(one, document)]


def _audit_rule(one: Given, severity: str) -> Json:
    scored = {"security-severity": SCORES[severity]} if severity and one["rule"].startswith("S") else {}
    tags = ["security", "cors"] if one["rule"].startswith("S") else ["cors"]
    return _rule(
        one["rule"],
        one["name"],
        f"{one['rule']} {one['name']}",
        one.get("why") or one["name"],
        [f"{framework}: {text}" for framework, text in one["fix"].items()],
        helpUri=one["clause"],
        defaultConfiguration={"level": LEVELS[severity or "medium"]},
        properties={"tags": tags, **scored},
    )


def _findings(one: Given, document: Given) -> Iterator[Json]:
    """Yield a result for each place in the repository that a finding is about."""
    sources = {route["path"]: route.get("source") for route in document["coverage"]["routes"]}
    known = document.get("sources", {})
    by_policy = one["rule"].startswith("P") and known.get("policy")
    elsewhere = by_policy or known.get("target") or known.get("policy") or known.get("configuration")
    told = {"proof": one["proof"], "geometry": one.get("geometry", []), "urls": one["urls"]}
    by_place: dict[str, tuple[Given | None, list[str]]] = {}
    for url in one["urls"]:
        place = (not by_policy and sources.get(url)) or elsewhere
        by_place.setdefault(json.dumps(place, sort_keys=True), (place, []))[1].append(url)
    for place, urls in by_place.values():
        listed = ", ".join(urls[:8]) + (" …" if len(urls) > 8 else "")
        message = f"{one['summary']}\nPaths: {listed}\nCause: {one['cause']}\nProof: {proof_of(one)}"
        identity = ("audit", one["rule"], *sorted(map(digest.steady_path, urls)))
        result = _result(one["rule"], LEVELS[one["severity"]], message, place, urls[0], identity, one)
        yield {**result, "properties": told}


# ---- a run ------------------------------------------------------------------------------------------


def _of_run(document: Given) -> tuple[dict[str, Json], list[Json]]:
    rules, results = dict[str, Json](), list[Json]()
    elsewhere = document.get("sources", {}).get("configuration")
    for one in digest.troubles(document):
        row = one.first
        if row["status"] != "fail":
            continue
        name = row["scenario"]
        summary = row.get("summary") or name
        rules.setdefault(
            name,
            _rule(name, name, summary, summary, [summary, f"corsproof explain {name}"], properties={"tags": ["cors"]}),
        )
        blame = f", blame: {row['blame']}" if row.get("blame") else ""
        message = "\n".join([f"{summary} ({row['hooks']}; {one.where}{blame})", *one.said])
        identity = ("run", name, row["hooks"], row["page"], *sorted({each["where"] for each in row["differences"]}))
        logical = f"{row['hooks']}/{name}"
        results.append(_result(name, "error", message, row.get("source") or elsewhere, logical, identity, row))
    return rules, results


# ---- fuzzing ----------------------------------------------------------------------------------------


def _of_fuzz(document: Given) -> tuple[dict[str, Json], list[Json]]:
    why = "What a browser does is not what the Fetch standard, or a recorded deviation of that engine, says."
    rule = _rule(DISAGREEMENT, DISAGREEMENT, "Oracle and engine disagree", why, [why], properties={"tags": ["cors"]})
    results = []
    for one in document["unexplained"]:
        said = [digest.difference(each) for each in one["differences"]]
        message = "\n".join([f"{one['engine']}: {said[0] if said else 'disagrees'}", *said[1:], one["replay"]])
        identity = ("fuzz", one["engine"], *sorted({each["where"] for each in one["differences"]}))
        elsewhere = document.get("sources", {}).get("configuration")
        results.append(_result(DISAGREEMENT, "error", message, elsewhere, f"engine/{one['engine']}", identity, one))
    return {DISAGREEMENT: rule}, results
