"""A document as JUnit XML, valid by the schema of Ant's reports and by that of Jenkins, which CI systems read.

A run has a suite for each engine and hook set and a test for each case; an audit has a test for each path and for each
finding; a fuzzing run one for each engine and each disagreement. What fails is a failure, what could not be tested an
error, and what a baseline has is skipped.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from harness.reports import digest
from harness.reports.audit import proof_of, title_of

Json = Mapping[str, Any]

# What XML 1.0 has no character for, escaped or not.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EPOCH = "1970-01-01T00:00:00"


@dataclass(frozen=True)
class Test:
    """One test. ``end`` is ``failure``, ``error`` or ``skipped``, empty where it passed; ``text`` tells it in full."""

    group: str
    name: str
    end: str = ""
    kind: str = ""
    message: str = ""
    text: str = ""
    seconds: float = 0.0


def render(document: Json) -> str:
    """Return a document as JUnit XML."""
    root = ElementTree.Element("testsuites")
    for number, (name, tests) in enumerate(_suites(document).items()):
        _suite(root, number, name, tests, document)
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suites(document: Json) -> dict[str, list[Test]]:
    suites: dict[str, list[Test]] = defaultdict(list)
    match document["kind"]:
        case "run":
            for result in document["results"]:
                suites[f"{result['engine']} · {result['hooks']}"].append(_case(result))
        case "audit":
            suites[f"audit of {document['target']}"] += _audited(document)
        case _:
            for engine in document["totals"]:
                suites[f"fuzz · {engine}"] += _fuzzed(document, engine)
    if lost := list(digest.untested(document)):
        suites["corsproof"] += [Test("corsproof", said, "error", "not-tested", said) for said in lost]
    return suites


def _case(result: Json) -> Test:
    repeated = f" #{result['repeat'] + 1}" if result["repeat"] else ""
    name, group = f"{result['scenario']} [{result['api']}]{repeated}", f"{result['hooks']}.{result['family']}"
    said, status = digest.said_of(result), result["status"]
    told = "\n".join((*said, *_exchanges(result)))
    message, seconds = said[0] if said else status, (result.get("duration_ms") or 0) / 1000
    if result.get("in_baseline"):
        return Test(group, name, "skipped", status, f"in the baseline: {message}", seconds=seconds)
    if status == "fail":
        return Test(group, name, "failure", result.get("blame") or "unknown", message, told, seconds)
    if status in digest.UNTESTABLE:
        return Test(group, name, "error", status, message, told, seconds)
    if status == "skipped":
        return Test(group, name, "skipped", status, message, seconds=seconds)
    return Test(group, name, seconds=seconds)


def _exchanges(result: Json) -> Iterator[str]:
    for one in result.get("exchanges", ()):
        yield f"{one['kind']}: {one['method']} {one['target']} -> {one['status'] or 'no answer'}"
        yield from (f"    {name}: {value}" for name, value in one["response_headers"])
    if reason := result["observed"].get("browser_reason"):
        yield f"{result['engine']} says: {reason}"


def _audited(document: Json) -> Iterator[Test]:
    found: set[str] = set()
    for one in document["findings"]:
        matters = one["severity"] in digest.GRAVE
        for url in one["urls"]:
            found |= {url} if matters else set()
            yield _finding(one, url, matters)
    for route in document["coverage"]["routes"]:
        if route["path"] not in found:
            yield Test(document["target"], route["path"])


def _finding(one: Json, url: str, matters: bool) -> Test:
    fixes = [f"fix ({framework}): {text}" for framework, text in one["fix"].items()]
    text = [one.get("why", ""), f"cause: {one['cause']}", f"proof: {proof_of(one)}", *one.get("evidence", ())]
    told = "\n".join([title_of(one), *text, *fixes, one["clause"]])
    name = f"{one['rule']} {one['name']} {url}"
    if one.get("in_baseline"):
        return Test(one["rule"], name, "skipped", one["severity"], f"in the baseline: {one['summary']}")
    if matters:
        return Test(one["rule"], name, "failure", one["severity"], one["summary"], told)
    return Test(one["rule"], name)


def _fuzzed(document: Json, engine: str) -> Iterator[Test]:
    told = [one for one in document["unexplained"] if one["engine"] == engine]
    for one in told:
        said = [digest.difference(each) for each in one["differences"]]
        message = said[0] if said else "oracle and engine disagree"
        text = "\n".join([*said, one["replay"]])
        yield Test("unexplained", one.get("found_as", "case"), "failure", one.get("blame") or "unknown", message, text)
    for one in document.get("untested", ()):
        if one["engine"] == engine:
            name = str(one["case"].get("id", "case"))
            yield Test("untested", name, "error", one["status"], one["cause"], one["replay"])
    if not told:
        yield Test("fuzz", f"{document['cases']} cases of seed {document['seed']}")


# ---- the XML ----------------------------------------------------------------------------------------


def _suite(root: ElementTree.Element, number: int, name: str, tests: Iterable[Test], document: Json) -> None:
    listed = list(tests)
    ends = [test.end for test in listed]
    suite = _element(
        root,
        "testsuite",
        {
            "package": "corsproof",
            "id": str(number),
            "name": name,
            "timestamp": (document.get("started") or _EPOCH)[:19],
            "hostname": "localhost",
            "tests": str(len(listed)),
            "failures": str(ends.count("failure")),
            "errors": str(ends.count("error")),
            "skipped": str(ends.count("skipped")),
            "time": f"{sum(test.seconds for test in listed):.3f}",
        },
    )
    properties = _element(suite, "properties", {})
    _property(properties, "corsproof", document["tool"]["version"])
    for info in document["engines"]:
        _property(properties, info["name"], info["version"])
    for test in listed:
        given = {"name": test.name, "classname": f"corsproof.{test.group}", "time": f"{test.seconds:.3f}"}
        case = _element(suite, "testcase", given)
        if test.end:
            end = _element(case, test.end, {"message": test.message, "type": test.kind})
            end.text = _clean(test.text)
    _element(suite, "system-out", {}).text = f"{digest.counts_of(document)}: {digest.ending(document)}"
    _element(suite, "system-err", {})


def _property(parent: ElementTree.Element, name: str, value: str) -> None:
    _element(parent, "property", {"name": name, "value": value})


def _element(parent: ElementTree.Element, name: str, attributes: Mapping[str, str]) -> ElementTree.Element:
    return ElementTree.SubElement(parent, name, {key: _clean(value) for key, value in attributes.items()})


def _clean(text: str) -> str:
    return _ILLEGAL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
