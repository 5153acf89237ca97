"""Pictures for the documentation, taken of what is really served, by the system's Chromium or Playwright's own.

Run from the root of a checkout: ``python docs/screenshots.py``.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from harness.commands.serve import serving
from harness.engines.chromium import system_executable

IMAGES = Path(__file__).parent / "images"
SIZE = {"width": 1180, "height": 1240}


def hands_on(path: Path = IMAGES / "hands-on.png", scheme: str = "light") -> None:
    """Fire a classic failure on the hands-on page and take a picture of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with serving([], 0, None, None, verify=True) as lines, sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path).exists()
        browser = playwright.chromium.launch(executable_path=None if own else system_executable())
        page = browser.new_page(viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{lines[0].split()[-1]}/case/json-not-allowed")
        page.locator("#outcome .badge").wait_for()
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    hands_on()
