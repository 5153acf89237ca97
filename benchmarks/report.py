"""How large the HTML report of 20,000 results is, and how fast it opens: `nox -s report_bench`.

The results are those of a run of the hooks on scripted browsers by the names of the three engines, told again under
other names until there are enough. The file is opened from disk in Chromium; what is timed is from the beginning of the
navigation to the first rows, and from a click to the details of a result.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

import server_site
from harness import catalog, plan, runner
from harness.commands import staging
from harness.engines import EngineChoice, EngineName
from harness.engines.chromium import system_executable
from harness.engines.scripted import ScriptedBrowser
from harness.ground import Ground
from harness.reports.document import RunDocument
from harness.reports.html import render

Json = dict[str, Any]

RESULTS = 20_000
OPENINGS = 5


def measured() -> Json:
    """Return the document of a run of the hooks."""
    sets = ("published", "decorator", "none", "hardened")
    assert set(sets) <= set(server_site.HOOK_SETS)
    at_loopback = [scenario for scenario in catalog.load("hooks") if staging.NAMES[0] not in scenario.page]
    cases = tuple(plan.cases(at_loopback, sets))
    choices = tuple(map(EngineChoice, EngineName))
    order = runner.Order(cases, choices, launcher=ScriptedBrowser)
    document = RunDocument()
    with Ground({}) as ground:
        staging.add_apis(ground, sets)
        for event in runner.run(order, ground):
            document(event)
    return document.value()


def multiplied(document: Json, count: int) -> Json:
    """Return a document with so many results: the same again, of other scenarios, URLs and times."""
    return document | {"results": list(_results(document["results"], count))}


def _results(results: list[Json], count: int) -> Iterator[Json]:
    for number in range(count):
        again, one = divmod(number, len(results))
        result = results[one]
        exchanges = [
            exchange
            | {"url": f"{exchange['url']}/{again}", "curl": exchange["curl"].replace("localhost", f"localhost{again}")}
            for exchange in result["exchanges"]
        ]
        name = f"{result['scenario']}-{again}" if again else result["scenario"]
        yield result | {"scenario": name, "exchanges": exchanges, "duration_ms": number * 7919 % 1000}


def openings(page: Path, times: int) -> Iterator[tuple[float, float]]:
    """Yield milliseconds until the first rows, and from a click until the details of the last result of the page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_executable())
        for _ in range(times):
            tab = browser.new_page()
            tab.goto(page.as_uri())
            tab.wait_for_selector("html[data-ready=yes]")
            rows = tab.evaluate("performance.getEntriesByName('rows')[0].startTime")
            begun = time.perf_counter()
            tab.locator("#rows a.opens").last.click()
            tab.wait_for_selector("dialog[data-shows]")
            yield rows, (time.perf_counter() - begun) * 1000
            tab.close()
        browser.close()


def main() -> None:
    """Make the report, open it, and say what was measured."""
    document = multiplied(measured(), RESULTS)
    begun = time.perf_counter()
    text = render(document)
    made = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        page.write_text(text, encoding="utf-8")
        told = [f"{RESULTS:,} results: {page.stat().st_size / 1e6:.2f} MB, made in {made:.1f} s"]
        told += [
            f"first rows after {rows:.0f} ms, a result {one:.0f} ms after a click"
            for rows, one in openings(page, OPENINGS)
        ]
    sys.stdout.write("\n".join(told) + "\n")


if __name__ == "__main__":
    main()
