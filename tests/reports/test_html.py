"""The HTML report without a browser: what lies in the file, what it may load, its size; text stays text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from made_events import finished, whole_run

from harness.reports import html
from harness.reports.curl import curl
from harness.reports.document import RunDocument
from harness.reports.html import CHUNK, PAGE, render
from harness.reports.redaction import HIDDEN
from harness.scenario import BOTH
from harness.wire import Exchange, Pairs

PLANTED = "</script><script>planted()</script><!--style-->/*script*/"


def document(*events: Any) -> dict[str, Any]:
    """Return the document of a run with these events."""
    made = RunDocument()
    for event in events:
        made(event)
    return made.value()


def parts(page: str) -> dict[str, Any]:
    """Return what lies compressed in a report, unpacked, by name."""
    found = re.findall(r'<script type="application/gzip;base64" id="part-([\w-]+)">([\w+/=]*)</script>', page)
    return {name: json.loads(gzip.decompress(base64.b64decode(packed))) for name, packed in found}


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    """Return a run of two engines that differ in one case."""
    blocked = finished("unknown-url-put", "decorator", "firefox", reason="refused, says the browser")
    asked = finished("unknown-url-put", "published")
    differing = replace(blocked, case=asked.case, planned=asked.planned)
    return document(*whole_run(finished("get"), finished("get", engine="firefox"), asked, differing))


def test_the_index_has_a_row_for_each_case_and_a_cell_for_each_engine(run: dict[str, Any]) -> None:
    """What the list shows is there without any details."""
    index = parts(render(run))["index"]
    rows = [[index["texts"][place] for place in row[:5]] for row in index["rows"]]
    assert [row[1] for row in rows] == ["get", "unknown-url-put"]
    cells = [[index["texts"][place] for place in cell] for cell in index["rows"][1][6]]
    assert cells[0] == ["chromium", "pass", "allowed 404", ""]
    assert cells[1][:3] == ["firefox", "pass", "blocked at the preflight"]
    assert index["columns"] == ["chromium", "firefox"]
    assert index["kind"] == "run"
    assert "results" not in index


def test_the_details_have_all_that_the_document_has(run: dict[str, Any]) -> None:
    """In the order of the cells; header pairs are told once for many results."""
    [details] = [part for name, part in parts(render(run)).items() if name.startswith("details")]
    told = details["results"]
    assert [(one["scenario"], one["engine"]) for one in told] == [
        ("get", "chromium"),
        ("get", "firefox"),
        ("unknown-url-put", "chromium"),
        ("unknown-url-put", "firefox"),
    ]
    preflight = told[3]["exchanges"][0]
    headers = [details["pairs"][place] for place in preflight["request_headers"]]
    assert ["access-control-request-method", "PUT"] in headers
    assert told[3]["observed"]["browser_reason"] == "refused, says the browser"
    assert told[3]["replay"] == "corsproof replay unknown-url-put -b firefox"
    assert preflight["curl"].startswith("curl --include -X OPTIONS -H ")


def test_details_are_in_chunks() -> None:
    """So that only a few of many results are ever unpacked."""
    many = [finished("get", api=api) for _ in range(CHUNK) for api in BOTH]
    several = [name for name in parts(render(document(*whole_run(*many)))) if name.startswith("details")]
    assert several == ["details-0", "details-1"]


def test_twenty_thousand_results_stay_below_five_megabytes() -> None:
    """On a smaller scale: what a result costs, once the page itself is paid for."""
    few, many = (
        len(
            render(
                document(*whole_run(*(finished("put-json", engine=engine) for _ in range(count) for engine in "ab")))
            )
        )
        for count in (50, 1050)
    )
    assert (many - few) / 2000 * 20_000 + few < 5_000_000


def test_what_a_document_says_is_no_markup() -> None:
    """Neither in the parts, nor by what looks like a slot of the page."""
    events = whole_run(finished("get", answered=(("x-planted", PLANTED),), reason=PLANTED))
    clean = render(document(*whole_run(finished("get"))))
    page = render(document(*events))
    assert "planted" not in page
    assert page.count("<script") == clean.count("<script")
    [told] = parts(page)["details-0"]["results"]
    assert told["observed"]["browser_reason"] == PLANTED


def test_the_page_may_load_nothing_but_its_own_style_and_script() -> None:
    """The policy names both by hash, and whatever else comes from nowhere."""
    page = render(document(*whole_run(finished("get"))))
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    for name, kind in (("report.css", "style"), ("report.js", "script")):
        [text] = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert text == (PAGE / name).read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert re.findall(r'(?:src|href)="(?!#|data:,")[^"]*"', page.partition("<script>")[0]) == []


def test_tokens_of_cases_are_left_out() -> None:
    """They tie URLs to cases and say nothing to people."""
    run = document(*whole_run(finished("put-json")))
    assert "corsproof=" in json.dumps(run)
    assert "corsproof=" not in json.dumps(parts(render(run)))


def test_the_same_document_makes_the_same_page(run: dict[str, Any]) -> None:
    """Nothing of the clock is in it."""
    assert render(run) == render(run)
    assert html.TITLES.keys() == {"run", "audit", "fuzz"}


# ---- curl ------------------------------------------------------------------------------------------


def exchange(method: str = "GET", headers: Pairs = (), body: bytes = b"", **more: str) -> Exchange:
    """Return an exchange with a site of ours."""
    pairs = (("host", "localhost:1"), ("user-agent", "x"), ("content-length", "2"), *headers)
    return Exchange("api", "t", method, "/a?key=1&corsproof=t", pairs, request_body=body, **more)  # type: ignore[arg-type]


URL = f"http://localhost:1/a?key={HIDDEN}"
CURLS = {
    "get": (exchange(headers=(("Origin", "null"),)), f"curl --include -H 'Origin: null' '{URL}'"),
    "head": (exchange("HEAD"), f"curl --include --head '{URL}'"),
    "method-quoted": (exchange("a'b"), f"""curl --include -X 'a'"'"'b' '{URL}'"""),
    "empty-value": (exchange(headers=(("X-A", ""),)), f"curl --include -H 'X-A;' '{URL}'"),
    "secret": (exchange(headers=(("Cookie", "sid=1"),)), f"curl --include -H 'Cookie: {HIDDEN}' '{URL}'"),
    "body": (exchange("POST", body=b"{}"), f"curl --include -X POST --data-raw '{{}}' '{URL}'"),
    "bytes": (exchange("POST", body=b"\x00"), f"curl --include -X POST --data-binary @body '{URL}'"),
    "https": (exchange(scheme="https"), f"curl --include --insecure '{URL.replace('http', 'https')}'"),
    "chatter": (exchange(headers=(("Accept", "*/*"),)), f"curl --include '{URL}'"),
}


@pytest.mark.parametrize(("asked", "command"), CURLS.values(), ids=CURLS)
def test_curl(asked: Exchange, command: str) -> None:
    """What decides is there, quoted for a shell, and no secret is."""
    assert curl(asked) == command


def test_curl_has_what_script_set() -> None:
    """Also where browsers send a header of that name by themselves; but the length curl counts itself."""
    asked = exchange(headers=(("Accept", "text/x"),))
    assert curl(asked, ["accept", "content-length"]) == f"curl --include -H 'Accept: text/x' '{URL}'"
