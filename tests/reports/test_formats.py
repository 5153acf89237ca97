"""The formats: each valid by its schema for every kind of document, and each says what the document does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from made_documents import DOCUMENTS, SECRET, a_run, a_secret_run, an_audit, green, junit_errors, sarif_errors

from harness.errors import UsageError
from harness.reports import digest, formats, junit, markdown, ndjson, sarif, text
from harness.reports.formats import FORMATS, JSON_FILE, NAMES, NotWritten

Json = dict[str, Any]
Make = Callable[[], Json]

every_document = pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)


# ---- SARIF ------------------------------------------------------------------------------------------


@every_document
def test_sarif_is_valid(make: Make) -> None:
    """By the standard's own schema, whatever the document is of."""
    assert sarif_errors(json.loads(sarif.render(make()))) == []


def test_what_is_no_sarif_is_refused() -> None:
    """Negative control: another version, a level that there is not, a member that nobody knows."""
    value = json.loads(sarif.render(a_run()))
    value["version"] = "2.0.0"
    value["runs"][0]["results"][0] |= {"level": "fatal", "nobody": 1}
    assert len(sarif_errors(value)) == 3


def test_sarif_places_a_failure_in_the_repository() -> None:
    """One result for all the engines, with the file and the line of the scenario; its rule is the scenario."""
    run = json.loads(sarif.render(a_run()))["runs"][0]
    [result] = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "put"
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "harness/catalog/hooks/methods.py", "uriBaseId": "%SRCROOT%"}
    assert physical["region"] == {"startLine": 7}
    assert "chromium (fetch), firefox (fetch)" in result["message"]["text"]
    told = " ".join(note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"])
    assert all(said in told for said in ("a crash", "a timeout", "a inconclusive", "not installed"))
    assert run["invocations"][0]["executionSuccessful"] is False


def test_sarif_places_a_finding_at_the_view() -> None:
    """The line at which the view that answers is written, below the working directory; the rule says what mends it."""
    run = json.loads(sarif.render(an_audit()))["runs"][0]
    found = next(result for result in run["results"] if result["ruleId"] == "S01")
    physical = found["locations"][0]["physicalLocation"]
    path, line = physical["artifactLocation"]["uri"], physical["region"]["startLine"]
    written = Path(path).read_text(encoding="utf-8").splitlines()[line - 1]
    assert (path, written.strip()) == ("tests/support/made_documents.py", '@app.get("/me")')
    rule = run["tool"]["driver"]["rules"][found["ruleIndex"]]
    assert (rule["id"], found["level"], rule["properties"]["security-severity"]) == ("S01", "error", "8.0")
    assert "flask: " in rule["help"]["text"]


def test_sarif_places_everything_somewhere() -> None:
    """What is written nowhere in the repository is placed in the configuration file: else nobody would be shown it."""
    nowhere = a_run() | {"sources": {"configuration": {"file": "corsproof.toml"}}}
    nowhere["results"] = [{key: row[key] for key in row if key != "source"} for row in nowhere["results"]]
    afar = {**an_audit(), "target": "https://a.example", "sources": nowhere["sources"]}
    afar["coverage"] = {**afar["coverage"], "routes": []}
    for document in (nowhere, afar):
        results = json.loads(sarif.render(document))["runs"][0]["results"]
        places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
        assert places == {"corsproof.toml"}


def test_fingerprints_are_the_same_in_each_run_and_differ_between_results() -> None:
    """Neither the order nor ports nor the browser's version make another one."""
    first = json.loads(sarif.render(an_audit()))["runs"][0]["results"]
    other = {**an_audit(), "engines": [], "findings": an_audit()["findings"][::-1]}
    second = json.loads(sarif.render(other))["runs"][0]["results"]
    prints = [[result["partialFingerprints"]["corsproof/v1"] for result in results] for results in (first, second)]
    assert sorted(prints[0]) == sorted(prints[1])
    assert len(set(prints[0])) == len(first) > 1


# ---- JUnit ------------------------------------------------------------------------------------------


@every_document
def test_junit_is_valid(make: Make) -> None:
    """By the schema that holds what Ant's and Jenkins's have in common."""
    assert list(junit_errors(junit.render(make()))) == []


BROKEN = {
    "no classname": (r' classname="[^"]*"', ""),
    "a time with an exponent": (r'(<testcase[^>]* time=)"[^"]*"', r'\1"1e3"'),
    "a zone in the timestamp": (r'(timestamp="[^"]*)"', r'\1Z"'),
    "an element that there is not": (r"<system-err */>", "<nonsense/>"),
}


@pytest.mark.parametrize(("what", "instead"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_junit_is_refused(what: str, instead: str) -> None:
    """Negative control: the schema minds each of these."""
    broken = re.sub(what, instead, junit.render(a_run()))
    assert broken != junit.render(a_run())
    assert list(junit_errors(broken)) != []


def test_junit_has_a_test_for_each_result() -> None:
    """Failures, errors and skipped ones are counted in their suites as they stand there."""
    root = ElementTree.fromstring(junit.render(a_run()))
    cases = root.findall("testsuite/testcase")
    ends = [child.tag for case in cases for child in case]
    assert [ends.count(end) for end in ("failure", "error", "skipped")] == [2, 3 + 2, 1]
    for suite in root:
        for end, name in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            assert int(suite.attrib[end]) == len(suite.findall(f"testcase/{name}"))
    names = {case.attrib["name"] for case in root.findall("testsuite[@name='chromium · published']/testcase")}
    assert names == {"get [fetch]", "put [fetch]", "put [xhr]", "post-json [fetch]", "put-json [fetch]"}


def test_junit_of_an_audit_fails_by_finding() -> None:
    """A finding that matters is a failure with its fix, information is none."""
    root = ElementTree.fromstring(junit.render(an_audit()))
    failed = {case.attrib["name"]: case[0] for case in root.findall("testsuite/testcase") if len(case)}
    grave = {f"{one['rule']} {one['name']} {url}" for one in an_audit()["findings"] for url in one["urls"]
             if one["severity"] != "info"}  # fmt: skip
    assert failed.keys() == grave
    assert "fix (flask): " in str(failed["S01 any-origin-with-credentials /me"].text)


# ---- ndjson -----------------------------------------------------------------------------------------


@every_document
def test_ndjson_holds_the_whole_document(make: Make) -> None:
    """Line by line, and put together again it is the same document."""
    document = make()
    lines = [json.loads(line) for line in ndjson.render(document).split("\n")[:-1]]
    assert [line["type"] for line in lines][:: len(lines) - 1] == ["document", "end"]
    members = {kind: member for member, kind in ndjson.LINES.items()}
    again: Json = {name: [] for name in members.values() if name in document}
    for line in lines:
        kind = line.pop("type")
        if kind in members:
            again[members[kind]].append(line)
        else:
            again |= line
    assert again == document


# ---- Markdown and text ------------------------------------------------------------------------------


@every_document
@pytest.mark.parametrize("render", [markdown.render, text.render], ids=["md", "text"])
def test_people_read_how_it_ended(render: Callable[[Json], str], make: Make) -> None:
    """Each says in one sentence what it came to, and how much of what there was."""
    document = make()
    told = render(document)
    assert digest.ending(document) in told
    assert digest.counts_of(document) in told


def test_a_terminal_obeys_nothing_that_came_from_outside() -> None:
    """Control characters are written as what they are."""
    told = text.render(DOCUMENTS["nasty run"]())
    assert "\\x1b[31m" in told
    assert told.replace("\n", "").isprintable()


def test_markdown_tells_failures_first_then_the_table() -> None:
    """Both engines in one heading, both exchanges folded away, and what could not be tested."""
    told = markdown.render(a_run())
    assert told.startswith("## ⚠️ corsproof run: no browser that can be believed\n")
    assert "#### FAIL `put` · `published` · chromium (fetch), firefox (fetch), blame: application" in told
    assert "| `published` | methods | " in told
    assert told.index("#### FAIL") < told.index("| hook set |") < told.index("### Not tested")


def test_markdown_of_what_is_well_is_short() -> None:
    """No failure, no heading of one."""
    told = markdown.render(green())
    assert told.startswith("## ✅ corsproof run: everything is as expected\n")
    assert "####" not in told
    assert len(told) < 500


def test_text_from_outside_is_no_markup() -> None:
    """Whatever an application says: no tag, no table cell, no fence of it survives as such."""
    told = markdown.render(DOCUMENTS["nasty run"]())
    outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", told)
    assert "\\<b\\>" in outside
    assert not re.search(r"(?<!\\)<b>", outside)
    assert outside.count("<details>") == outside.count("</details>") == 1
    assert "::error::" not in {line[:9] for line in told.splitlines()}


def test_text_is_the_summary_of_the_console() -> None:
    """The same failure, table and ending as when it ran."""
    told = text.render(a_run())
    assert "FAIL put · published · chromium (fetch), firefox (fetch) · blame: application" in told
    assert "wire[0].answers.vary: expected no such header, observed 'Origin'" in told
    assert "Scenarios by family and engine" in told
    assert told.endswith("no browser that can be believed\n")


# ---- all of them ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("make", [a_secret_run, lambda: an_audit(secret=True)], ids=["run", "audit"])
def test_no_secret_is_in_any_format(name: str, make: Make) -> None:
    """Of headers, cookies, queries and fragments, in exchanges and in sentences."""
    if name == "html":
        pytest.importorskip(FORMATS[name].module, reason="is made on another branch")
    told = formats.render(name, make())
    assert len(told) > 100
    assert SECRET not in told


def test_the_secrets_were_there() -> None:
    """Negative control: without redaction the same documents would show them."""
    assert "[redacted]" in formats.render("json", a_secret_run())
    assert "token=[redacted]" in formats.render("json", an_audit(secret=True))


def test_the_json_is_written_although_another_format_fails(tmp_path: Path) -> None:
    """It is first; the others are still written, and the error says which one is not."""
    document = green()
    broken = {
        **document,
        "results": [{name: row[name] for name in row if name != "family"} for row in document["results"]],
    }
    with pytest.raises(NotWritten, match=r"junit: KeyError: 'family'.*corsproof\.json"):
        formats.write(broken, ["junit", "ndjson"], tmp_path)
    assert json.loads((tmp_path / JSON_FILE).read_text()) == broken
    assert (tmp_path / FORMATS["ndjson"].file).exists()
    assert not (tmp_path / FORMATS["junit"].file).exists()


def test_formats_are_named_with_commas() -> None:
    """Each once; what is none is named with all that there are."""
    assert formats.named("json, md,json,") == ("json", "md")
    assert formats.named(None) == ()
    with pytest.raises(UsageError, match=r"'pdf'.*json, html, ndjson, junit, sarif, md"):
        formats.named("json,pdf")
