"""The pictures in docs/images, taken of the real thing: `nox -s screenshots`.

Each picture is a function that is given a browser and the file to write.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from harness.commands.serve import serving
from harness.engines.chromium import system_executable
from harness.reports.html import render

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
COMMAND = (sys.executable, "-c", "from harness.cli import main; main()")
SIZE: Any = {"width": 1280, "height": 860}

SHOP = '''
"""A shop that compares only the beginning of an origin."""
from flask import Flask, jsonify, request, session

app = Flask("shop", static_folder=None)
app.secret_key = "only for this picture"

@app.get("/login")
def login():
    session["user"] = "ada"
    return "welcome"

@app.route("/orders", methods=["GET", "PUT"])
def orders():
    return jsonify(orders=[17, 42], of=session.get("user"))

@app.get("/public")
def public():
    return jsonify(open=True)

@app.after_request
def cors(response):
    origin = request.headers.get("Origin", "")
    if origin.startswith("https://app.example.com"):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
    return response
'''


def told(*arguments: str) -> dict[str, Any]:
    """Run the command and return its document."""
    done = subprocess.run([*COMMAND, *arguments, "--json"], stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def report(browser: Browser, picture: Path) -> None:
    """A run of the hooks, with a faulty variant among them."""
    sets = ("--hooks", "published,decorator,hardened,broken:errors-without-cors")
    _take(browser, picture, told("run", "hooks", "-b", "all", *sets), "")


def result(browser: Browser, picture: Path) -> None:
    """One refused request: four panels, the deciding header, the browser's own words."""
    document = told("run", "hooks", "-b", "all", "--hooks", "decorator", "-k", "wrong-method-put")
    _take(browser, picture, document, "#open=wrong-method-put~decorator~fetch")


def audit(browser: Browser, picture: Path) -> None:
    """The gravest finding in a shop with a hole."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder, "shop.py")
        shop.write_text(SHOP, encoding="utf-8")
        arguments = (str(shop), "--origin", "https://app.example.com", "--login", "/login", "-b", "all")
        document = told("audit", *arguments) | {"target": "shop.py"}
        worst = document["findings"][0]
        _take(browser, picture, document, f"#open={worst['rule']}~{worst['url']}")


def hands_on(browser: Browser, picture: Path) -> None:
    """A classic failure, explained on the hands-on page."""
    with serving([], 0, None, None, verify=True) as lines:
        tab = browser.new_page(viewport={"width": 1180, "height": 1240})
        tab.goto(f"{lines[0].split()[-1]}/case/json-not-allowed")
        tab.locator("#outcome .badge").wait_for()
        tab.screenshot(path=picture)
        tab.close()


def _take(browser: Browser, picture: Path, document: Mapping[str, Any], view: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        page.write_text(render(dict(document)), encoding="utf-8")
        tab = browser.new_page(viewport=SIZE)
        tab.goto(page.as_uri() + view)
        tab.wait_for_selector("html[data-ready=yes]")
        tab.screenshot(path=picture)
        tab.close()


PICTURES: Mapping[str, Callable[[Browser, Path], None]] = {
    "report.png": report,
    "result.png": result,
    "audit.png": audit,
    "hands-on.png": hands_on,
}


def main(names: list[str]) -> None:
    """Take the pictures that are named, or all."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_executable())
        for name in names or PICTURES:
            PICTURES[name](browser, IMAGES / name)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
