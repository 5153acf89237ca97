"""HTML reports of a real run, a real audit and a real fuzzing run in a real browser: filters, details, keyboard, paper.

Each document is made once. A page that says anything on its console, or asks the network for anything, fails its test.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from deviants import CAUGHT
from fuzzed import for_scripted, order
from made_events import finished, whole_run
from playwright.sync_api import Browser, Page, expect, sync_playwright

from harness import runner
from harness.fuzzing.findings import Findings
from harness.ground import Ground
from harness.reports.document import RunDocument
from harness.reports.fuzzing import FuzzDocument
from harness.reports.html import render
from harness.tally import Tally

pytestmark = pytest.mark.browser

Json = dict[str, Any]
COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]
SHOP = """
from flask import Flask, request

app = Flask("shop", static_folder=None)

@app.route("/orders", methods=["GET", "PUT"])
def orders():
    return "[]"

@app.after_request
def open_to_all(response):
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    response.headers["Access-Control-Allow-Credentials"] = "true"
    return response
"""
PLANTED = "<img src=x onerror=planted()></script><script>planted()</script>"
REDIRECTED = "redirect-put-to-another-origin~hardened~fetch"
REFUSED = "wrong-method-put~decorator~fetch"
FAILED = "error-put~broken:errors-without-cors~fetch"


def told(*arguments: str) -> Json:
    """Run the command as a user does, and return its document."""
    done = subprocess.run([*COMMAND, *arguments, "--json"], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    document: Json = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make the reports: `run`, `audit`, `fuzz` of browsers, `deviant` of a scripted one, and one of `planted` text."""
    folder = tmp_path_factory.mktemp("reports")
    shop = folder / "shop.py"
    shop.write_text(SHOP, encoding="utf-8")
    sets = ("--hooks", "decorator,hardened,broken:errors-without-cors")
    documents = {
        "run": told("run", "hooks", "-b", "chromium,firefox", *sets, "-k", "[erws]*-put*"),
        "audit": told("audit", str(shop), "--origin", "https://app.example.com", "-b", "chromium"),
        "fuzz": told("fuzz", "-n", "50", "--seed", "3", "-b", "chromium"),
        "deviant": deviant(),
        "planted": planted(),
    }
    for name, document in documents.items():
        (folder / f"{name}.html").write_text(render(document), encoding="utf-8")
    (folder / "bad.html").write_text(BAD, encoding="utf-8")
    (folder / "executable").write_text(documents["run"]["engines"][0]["path"], encoding="utf-8")
    return {name: folder / f"{name}.html" for name in (*documents, "bad")}


BAD = """<!doctype html><html lang="en"><title>Bad</title><main><h1>Bad</h1><p style="color:#ccc">Pale</p>
<img src="http://127.0.0.1:1/"></main><script>throw 1</script></html>"""


def deviant() -> Json:
    """Return the document of a fuzzing run in which something was found."""
    document, findings, tally = FuzzDocument(6), Findings(), Tally()
    with Ground({}) as ground:
        for event in runner.run(order(for_scripted(6, 60), CAUGHT["ignores-allow-methods"].deviant), ground):
            for eat in (document, findings, tally):
                eat(event)
    return document.value(findings, findings.disagreements.values(), tally.exit)


def planted() -> Json:
    """Return the document of a run in which whatever comes from outside is markup."""
    document = RunDocument()
    for event in whole_run(finished("put-json", answered=(("x-planted", PLANTED), ("vary", PLANTED)), reason=PLANTED)):
        document(event)
    return document.value()


@pytest.fixture(scope="module")
def chromium(reports: dict[str, Path]) -> Iterator[Browser]:
    """Start the Chromium that the run found."""
    path = (reports["run"].parent / "executable").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path)
        yield started
        started.close()


class Noise:
    """What a page said on its console, and what it asked the network for."""

    def __init__(self, page: Page) -> None:
        self.all: list[str] = []
        page.on("console", lambda message: self.all.append(message.text))
        page.on("pageerror", lambda error: self.all.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:")):
            self.all.append(url)


Opened = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser, reports: dict[str, Path]) -> Iterator[Opened]:
    """Open reports by name, at a view; at the end none of them has made any noise."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    noises = []

    def at(name: str, view: str = "", scheme: str = "light") -> Page:
        page = context.new_page()
        page.emulate_media(color_scheme=cast(Any, scheme))
        noises.append(Noise(page))
        page.goto(f"{reports[name].as_uri()}{view}")
        page.wait_for_selector("html[data-ready=yes]")
        return page

    yield at
    context.close()
    assert [noise.all for noise in noises] == [[] for _ in noises]


def rows(page: Page) -> list[str]:
    """Return the scenarios that the list shows."""
    return page.locator("#rows a.opens").all_inner_texts()


@contextmanager
def changing(page: Page) -> Iterator[None]:
    """Expect the list to become another one."""
    before = page.locator("#said").inner_text()
    yield
    expect(page.locator("#said")).not_to_have_text(before)


def test_the_header_and_the_matrix_of_a_run(opened: Opened) -> None:
    """How it ended, exact builds, canaries; where engines differ stands first."""
    page = opened("run")
    assert "Something is not as expected" in page.locator("h1").inner_text()
    engines = page.locator(".engines > li")
    assert engines.count() == 2
    for engine in engines.all_inner_texts():
        assert "canaries passed" in engine
        assert any(letter.isdigit() for letter in engine)
    families = page.locator(".matrix tbody tr").all_text_contents()
    ranks = [0 if "differ" in family else 1 if "fail" in family else 2 for family in families]
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2}


def test_filters_are_kept_in_the_url(opened: Opened) -> None:
    """Each narrows the list, and the URL of what remains opens the same view elsewhere."""
    page = opened("run")
    everything = page.locator("#said").inner_text()
    with changing(page):
        page.get_by_label("Engines differ").check()
    assert set(rows(page)) == {"redirect-put-to-another-origin"}
    with changing(page):
        page.get_by_label("Engines differ").uncheck()
        page.get_by_label("Unexpected").check()
    assert all("fail" in text for text in page.locator("#rows tr").all_inner_texts())
    with changing(page):
        page.get_by_label("Search").fill("ERROR-put missing xhr")
    assert set(rows(page)) == {"error-put"}
    again = opened("run", f"#{page.url.partition('#')[2]}")
    assert rows(again) == rows(page)
    assert again.get_by_label("Unexpected").is_checked()
    assert again.get_by_label("Search").input_value() == "ERROR-put missing xhr"
    again.get_by_role("button", name="Clear filters").click()
    expect(again.locator("#said")).to_have_text(everything)
    with changing(again):
        again.get_by_label("Only in one engine").select_option("any")
    with changing(again):
        again.get_by_label("Hook set").select_option("decorator")
    assert rows(again) == []
    assert "Nothing fits" in again.locator("#rows").inner_text()


def test_where_hook_sets_differ_is_told_when_asked(opened: Opened) -> None:
    """It lies apart in the file, and is unpacked when it is opened."""
    page = opened("run")
    section = page.locator("#results > details")
    section.locator("summary").click()
    expect(section.locator("tbody tr").first).to_be_visible()
    assert "broken:errors-without-cors" in section.inner_text()


def test_the_matrix_filters_too(opened: Opened) -> None:
    """A family in an engine, by its cell."""
    page = opened("run")
    with changing(page):
        page.locator(".matrix tbody tr").first.locator("td a").first.click()
    assert page.get_by_label("Engine", exact=True).input_value() == "chromium"
    assert page.get_by_label("Family", exact=True).input_value() == page.locator(".matrix tbody th").first.inner_text()


def test_the_details_of_a_refusal(opened: Opened) -> None:
    """Four panels, the header that decides, script, the browser's words, clause, blame, curl and replay."""
    page = opened("run", f"#open={REFUSED}")
    detail = page.locator("dialog")
    expect(detail).to_be_visible()
    panels = detail.locator(".panel")
    titles = ["Preflight request", "Preflight response", "Actual request", "Actual response"]
    assert [panel.splitlines()[0] for panel in panels.all_inner_texts()] == titles
    decisive = detail.locator(".decides")
    assert decisive.count() == 1
    assert "access-control-allow-methods" in decisive.inner_text().lower()
    assert "decides: refuses" in decisive.inner_text()
    assert "access-control-request-method: PUT" in panels.nth(0).inner_text()
    assert "It was not sent" in panels.nth(2).inner_text()
    text = detail.inner_text()
    assert "blocked at the preflight" in text
    assert "has been blocked by CORS policy" in text
    assert "method-not-allowed" in text
    assert detail.locator("a[href='https://fetch.spec.whatwg.org/#cors-preflight-fetch']").count() == 1
    assert "curl --include -X OPTIONS -H " in text
    assert "corsproof replay wrong-method-put -b chromium" in text


def test_the_details_of_a_failure(opened: Opened) -> None:
    """Who is to blame, what differs, and the header that should have been there."""
    page = opened("run", f"#open={FAILED}")
    detail = page.locator("dialog")
    expect(detail).to_be_visible()
    assert "blame: application" in detail.locator(".verdict").inner_text()
    assert "What differs" in detail.inner_text()
    decisive = detail.locator(".panel").nth(3).locator(".decides")
    assert decisive.inner_text().startswith("Access-Control-Allow-Origin: not sent")


def test_the_details_of_an_allowed_request(opened: Opened) -> None:
    """Both exchanges, each as curl, and the header that lets script in."""
    page = opened("run", "#open=slow-put~hardened~fetch")
    detail = page.locator("dialog")
    expect(detail).to_be_visible()
    assert detail.locator(".panel.is-empty").count() == 0
    assert "decides: lets in" in detail.locator(".panel").nth(3).inner_text()
    assert detail.locator(".curl .command").count() == 2


def test_the_keyboard(opened: Opened) -> None:
    """Search, the list, a result, its engines, the next one, and back to where it began."""
    page = opened("run")
    page.keyboard.press("/")
    page.keyboard.type("redirect-put-to-another hardened")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    focused = page.evaluate("document.activeElement.closest('tr').dataset.key")
    assert focused == REDIRECTED
    page.keyboard.press("Enter")
    detail = page.locator("dialog")
    expect(detail).to_have_attribute("data-shows", f"{REDIRECTED} in firefox")
    page.locator("[role=tab][aria-selected=true]").focus()
    page.keyboard.press("ArrowRight")
    expect(detail).to_have_attribute("data-shows", f"{REDIRECTED} in chromium")
    assert page.evaluate("document.activeElement.id") == "tab-chromium"
    page.keyboard.press("n")
    expect(detail).not_to_have_attribute("data-shows", f"{REDIRECTED} in chromium")
    page.keyboard.press("p")
    expect(detail).to_have_attribute("data-shows", f"{REDIRECTED} in firefox")
    page.keyboard.press("Escape")
    expect(detail).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('tr').dataset.key") == REDIRECTED
    assert "open=" not in page.url


def test_back_closes_a_result(opened: Opened) -> None:
    """To look at a result is a step that the browser's own button undoes."""
    page = opened("run")
    page.locator("#rows a.opens").first.click()
    expect(page.locator("dialog")).to_be_visible()
    page.go_back()
    expect(page.locator("dialog")).to_be_hidden()
    assert rows(page)


def test_paper_has_what_needs_a_look(opened: Opened) -> None:
    """Only what is unexpected or differs, unless filters say otherwise; and the whole list afterwards."""
    page = opened("run")
    before = rows(page)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = page.locator("#rows tr").all_inner_texts()
    assert all("fail" in text or "engines differ" in text for text in printed)
    assert printed
    assert not page.locator(".filters").is_visible()
    assert page.locator(".matrix").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert rows(page) == before


def test_an_audit(opened: Opened) -> None:
    """Findings by severity with proof, cause and fix; the policy in effect; what was tried, and what was not."""
    page = opened("audit")
    assert "This needs mending" in page.locator("h1").inner_text()
    findings = page.locator(".finding")
    first = findings.first.inner_text()
    assert "High" in first
    assert "proven" in first
    assert findings.first.locator(".fixes dt").first.inner_text() == "flask"
    assert "on another site" in first
    assert "https://fetch.spec.whatwg.org/#" in first
    policy = page.locator("#policy").inner_text()
    assert "with credentials" in policy
    assert "PUT" in policy
    coverage = page.locator("#coverage")
    assert "POST, PUT, PATCH and DELETE were sent" in coverage.inner_text()
    coverage.get_by_text("bare requests").click()
    expect(coverage.locator("tbody tr").nth(10)).to_be_visible()
    page.get_by_label("Severity").select_option("info")
    expect(page.locator(".finding.is-high:not([hidden])")).to_have_count(0)
    assert page.url.endswith("#severity=info")


def test_a_link_to_a_finding_opens_it(opened: Opened) -> None:
    """Also one that is closed at first; arrows go to the next, and Escape closes it again."""
    page = opened("audit")
    link = page.locator("#overview tbody tr").last.locator("a")
    again = opened("audit", str(link.get_attribute("href")))
    finding = again.locator(".finding").last
    assert finding.get_attribute("open") is not None
    again.keyboard.press("ArrowUp")
    assert not finding.locator("> summary").evaluate("element => element === document.activeElement")
    again.keyboard.press("ArrowDown")
    assert finding.locator("> summary").evaluate("element => element === document.activeElement")
    again.keyboard.press("Escape")
    assert finding.get_attribute("open") is None


def test_a_fuzzing_run(opened: Opened) -> None:
    """Counts, reasons, and how to make the same cases again."""
    page = opened("fuzz")
    assert "50 cases of seed 3" in page.locator("header").inner_text()
    assert "corsproof fuzz -n 50 --seed 3" in page.locator("main").inner_text()
    assert page.locator(".reasons li").count() > 5


def test_a_disagreement_of_a_fuzzing_run(opened: Opened) -> None:
    """The smallest case in full, with the word that runs it again."""
    page = opened("deviant")
    assert "Oracle and engine disagree" in page.locator("h1").inner_text()
    page.locator("#rows a.opens").first.click()
    detail = page.locator("dialog")
    expect(detail).to_be_visible()
    assert "corsproof replay 'case:" in detail.inner_text()
    assert "found as fuzz-" in detail.inner_text()
    assert detail.locator(".panel").count() >= 4


def test_text_from_outside_is_no_markup(opened: Opened) -> None:
    """It is shown as it is, and nothing of it is run."""
    page = opened("planted")
    page.locator("#rows a.opens").first.click()
    detail = page.locator("dialog")
    expect(detail).to_be_visible()
    assert PLANTED in detail.locator("blockquote").inner_text()
    assert PLANTED in detail.locator(".headers li").filter(has_text="vary").first.inner_text()
    assert page.locator("img").count() == 0


VIEWS = {
    "run": ("run", ""),
    "result": ("run", f"#open={REDIRECTED}"),
    "audit": ("audit", ""),
    "fuzz": ("fuzz", ""),
}


def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds wrong, and where, by these rules or by all."""
    found = Axe().run(page, options={"runOnly": rules} if rules else None).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


# Between light and dark nothing differs but colours.
SCHEMES: Mapping[str, tuple[str, ...]] = {"light": (), "dark": ("color-contrast",)}


@pytest.mark.parametrize(("scheme", "rules"), SCHEMES.items(), ids=SCHEMES)
def test_nothing_keeps_anybody_out(opened: Opened, scheme: str, rules: tuple[str, ...]) -> None:
    """axe-core finds nothing in any view."""
    found = {}
    for name, (report, view) in VIEWS.items():
        page = opened(report, view, scheme)
        if view:
            expect(page.locator("dialog")).to_be_visible()
        found[name] = violations(page, *rules)
        page.close()
    assert found == {name: [] for name in VIEWS}


def test_what_is_bad_is_found(chromium: Browser, reports: dict[str, Path]) -> None:
    """Negative control: a violation, an error and a request are all noticed."""
    page = chromium.new_page()
    noise = Noise(page)
    page.goto(reports["bad"].as_uri())
    assert any(one.startswith("image-alt") for one in violations(page))
    assert [one.partition(":")[0] for one in violations(page, "color-contrast")] == ["color-contrast"]
    assert any("127.0.0.1:1" in one for one in noise.all)
    assert len(noise.all) >= 2
    page.close()
