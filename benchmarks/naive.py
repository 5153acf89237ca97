"""The usual way to check CORS in a browser: for each check a page of its own, and script that the driver evaluates.

Without the record of the wire, the oracle and a verdict. Playwright, but for WebKitGTK, which it does not drive: one of
its processes is one store of cookies and caches, so a context of its own is a process of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import sync_playwright

from client_site import BatchDone
from harness import engines, plan
from harness.engines import EngineName, Launch, chromium, firefox
from harness.engines.own import own_build
from harness.ground import Ground
from harness.plan import Case, Planned

PATIENCE = 30.0  # seconds for one check
FETCH = "([method, url]) => fetch(url, {method}).then(answer => answer.text())"
SYSTEM: dict[EngineName, tuple[Any, str | None]] = {
    EngineName.CHROMIUM: (chromium.system_executable, None),
    EngineName.FIREFOX: (firefox.system_executable, "moz-firefox"),
}


def naive(engine: EngineName, ground: Ground, cases: Sequence[Case]) -> float:
    """Return how many checks a second are done, the start of a browser that serves all of them apart."""
    planned = [plan.plan(case, ground) for case in cases]
    for one in planned:
        ground.stage(one)
    seconds = _by_processes(ground, planned) if engine is EngineName.WEBKIT else _by_contexts(engine, ground, planned)
    return len(planned) / seconds


def _by_contexts(engine: EngineName, ground: Ground, planned: Sequence[Planned]) -> float:
    system, channel = SYSTEM[engine]
    asked = {} if own_build(engine) else {"executable_path": system(), "channel": channel}
    with sync_playwright() as playwright:
        browser = getattr(playwright, engine.value).launch(**asked)
        begun = time.monotonic()
        for one in planned:
            session = ground.board.open()
            context = browser.new_context()
            page = context.new_page()
            page.goto(_document(ground, one, session.id))
            step = one.unit["steps"][0]
            page.evaluate(FETCH, [step["method"], step["url"]])
            context.close()
            ground.board.close(session)
        seconds = time.monotonic() - begun
        browser.close()
    return seconds


def _by_processes(ground: Ground, planned: Sequence[Planned]) -> float:
    begun = time.monotonic()
    for one in planned:
        browser = engines.launch(EngineName.WEBKIT, Launch())
        try:
            session = ground.board.open()
            browser.open(_document(ground, one, session.id), session.die)
            session.give(plan.batch(1, [one]))
            while not isinstance(session.wait(PATIENCE), BatchDone | None):
                pass
            ground.board.close(session)
        finally:
            browser.close()
    return time.monotonic() - begun


def _document(ground: Ground, one: Planned, session: str) -> str:
    return f"{ground.page_url(one.case.scenario.page)}/agent/{session}"
