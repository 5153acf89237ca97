"""`corsproof serve` as a user has it: what it prints, refuses and leaves behind, and the page in a browser."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import processes
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from harness.cli import main
from harness.engines.chromium import system_executable

COMMAND = [sys.executable, "-u", "-c", "from harness.cli import main; main()", "serve"]
TARGET = """
from flask import Flask

app = Flask(__name__)

@app.get("/mine")
def mine():
    return {"mine": True}, {"Access-Control-Allow-Origin": "*", "X-Own": "1"}
"""


@contextlib.contextmanager
def serving(folder: Path, *arguments: str, mark: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the command until it has said where it serves; yield it and its first lines."""
    environ = {**os.environ, processes.MARK: mark}
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=environ
    ) as running:
        try:
            assert running.stdout is not None
            lines = []
            for line in running.stdout:
                lines.append(line.rstrip())
                if "Ctrl-C ends it" in line:
                    break
            yield running, lines
        finally:
            running.kill()


def url_of(lines: list[str]) -> str:
    """Return the printed URL of the hands-on page."""
    found = re.fullmatch(r"hands-on page +(http://localhost:\d+/#[\w-]{32})", lines[0])
    assert found, lines
    return found[1]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_serves_and_ends_at_once(tmp_path: Path, ending: signal.Signals) -> None:
    """Both sites and the page are named; loopback only; an interruption ends all of it, with 0 and without a word."""
    with serving(tmp_path, mark=str(tmp_path)) as (running, lines):
        home = url_of(lines).partition("#")[0]
        assert [line.split()[:2] for line in lines[1:4]] == [["run", "at"], ["client", "site"], ["server", "site"]]
        assert httpx.get(home, trust_env=False).status_code == 200
        assert httpx.get(f"{home}control/run", trust_env=False).status_code == 403
        assert addresses(running.pid) <= {"127.0.0.1", "::1"}
        running.send_signal(ending)
        assert running.wait(15) == 0
        assert running.stderr is not None
        assert running.stderr.read() == ""
    assert processes.wait_until_none(str(tmp_path)) == {}
    assert list(tmp_path.iterdir()) == []


def addresses(pid: int) -> set[str]:
    """Return the addresses on which a process listens (Linux)."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes |= set(re.findall(r"socket:\[(\d+)\]", str(entry.readlink())))
    found = set()
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                raw = bytes.fromhex(fields[1].partition(":")[0])
                words = [raw[index : index + 4][::-1] for index in range(0, len(raw), 4)]
                found.add(socket.inet_ntop(family, b"".join(words)))
    return found


def test_a_port_in_use_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, the port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as left:
            main(["serve", "--port", str(port)])
    assert left.value.code == 2
    assert f"port {port} cannot be had; choose another --port" in capsys.readouterr().err


REFUSED = {
    "port-that-is-none": (["--port", "70000"], "70000"),
    "host-of-another-machine": (["--host", "198.51.100.7"], "'198.51.100.7' is not of this machine"),
    "host-that-is-every-address": (["--host", "0.0.0.0"], "write the name or the IPv4 address"),
    "host-that-is-a-url": (["--host", "http://x/"], "'http://x/' is no such thing"),
    "target-that-is-none": (["nothing.py"], "there is no file nothing.py"),
    "folder-that-is-a-file": (["--report-dir", "/dev/null"], "/dev/null"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is served; what was wrong is named."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["serve", *arguments])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Have a page of the system's Chromium, or Playwright's own."""
    with sync_playwright() as playwright:
        path = None if Path(playwright.chromium.executable_path).exists() else system_executable()
        browser = playwright.chromium.launch(executable_path=path)
        try:
            yield browser.new_page()
        finally:
            browser.close()


@pytest.mark.browser
def test_a_person_fires_and_runs(tmp_path: Path, page: Page) -> None:
    """By keyboard and by click: a TARGET of one's own, a classic failure, then the catalogue, and its document."""
    (tmp_path / "shop.py").write_text(TARGET, encoding="utf-8")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def field(name: str) -> Locator:
        return page.locator(f"[name={name}]")

    with serving(tmp_path, "shop.py", "--report-dir", "out", mark=str(tmp_path)) as (running, lines):
        url = url_of(lines)
        page.goto(url.partition("#")[0])
        expect(page.get_by_role("alert")).to_contain_text("open the URL that `corsproof serve` has printed")
        page.goto(url)
        expect(page.get_by_role("heading", name="Classic failures")).to_be_visible()
        assert page.url == url.partition("#")[0]  # the token stays in no address bar and no history

        field("api").select_option("shop.py")
        field("method").fill("GET")
        field("path").fill("/mine")
        field("headers").fill("")
        field("body").fill("")
        page.get_by_role("radio", name="XMLHttpRequest").check()
        field("path").press("Enter")
        expect(page.locator("#outcome")).to_contain_text("allowed Script reads the answer.")
        expect(page.locator("#evidence")).to_contain_text("Access-Control-Expose-Headers: x-own")
        expect(page.locator("#evidence")).to_contain_text('{"mine":true}')

        page.get_by_role("button", name="JSON needs leave").press("Enter")
        expect(page.locator("#outcome")).to_contain_text("blocked Script gets a network error.")
        expect(page.locator("#evidence")).to_contain_text("Access-Control-Allow-Headers: Content-Type")
        expect(page.locator("#evidence")).to_contain_text("The request itself was never sent.")
        assert page.get_by_role("button", name="JSON needs leave").get_attribute("aria-pressed") == "true"

        field("headers").fill("no colon")
        page.get_by_role("button", name="Fire").click()
        expect(page.locator("#outcome")).to_contain_text("“no colon” is no header")

        field("keep").fill("get-list")
        page.get_by_role("button", name="Run the catalogue here").click()
        expect(page.locator("#progress")).to_contain_text("finished", timeout=30_000)
        column = page.get_by_role("columnheader").nth(2)
        expect(column).to_contain_text("Headless Chrome")
        expect(page.get_by_role("cell").first).to_contain_text("pass")
        label = column.inner_text()
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download the JSON document of {label}").click()
        [written] = list((tmp_path / "out").iterdir())
        assert written.name == download.value.suggested_filename
        document = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
        assert document == json.loads(written.read_text(encoding="utf-8"))
        assert [engine["name"] for engine in document["engines"]] == [label]
        assert errors == []
        running.send_signal(signal.SIGINT)
        assert running.wait(15) == 0


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_and_width(tmp_path: Path, page: Page, scheme: str) -> None:
    """Nothing is wider than a phone; every form control has a label; text stands out from what it is on."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 360, "height": 740})
    with serving(tmp_path, mark=str(tmp_path)) as (_, lines):
        page.goto(f"{url_of(lines)}/case/unexposed-header")
        expect(page.locator("#outcome .badge")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        unlabelled = "[...document.querySelectorAll('input, select, textarea')].filter((each) => !each.labels.length)"
        assert page.evaluate(f"{unlabelled}.length") == 0
        pairs = page.evaluate(
            """[["--front", "--back"], ["--quiet", "--card"], ["--good", "--good-back"], ["--bad", "--bad-back"],
            ["--doubt", "--doubt-back"], ["--on-accent", "--accent"]].map((pair) => pair.map((name) =>
            getComputedStyle(document.documentElement).getPropertyValue(name).trim()))"""
        )
        assert {tuple(pair): round(contrast(*pair), 1) for pair in pairs if contrast(*pair) < 4.5} == {}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2), each as #rrggbb."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
