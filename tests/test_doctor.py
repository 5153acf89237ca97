"""`harness.doctor`: every cause by the text that a real browser, driver or system gave for it, and real examinations.

The texts were copied from real failures (command lines shortened); the tests marked `browser` bring the same failures
about and see that nothing is left running. A text marked "from the source" could not be brought about here.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import doctor, engines
from harness.doctor import CAUSES, Diagnosis, diagnose, examine, recognise
from harness.engines import EngineChoice, EngineInfo, EngineName, Launch, Page
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.ground import Ground

CHROMIUM, FIREFOX, WEBKIT = EngineName

LAUNCHING = """chromium did not start: BrowserType.launch: Target page, context or browser has been closed
Browser logs:

<launching> /opt/x --disable-dev-shm-usage --no-sandbox --user-data-dir=/tmp/playwright_chromiumdev_profile-oIm5ZS
<launched> pid=17009
{said}
Call log:
  - <launching> /opt/x --disable-dev-shm-usage --no-sandbox --user-data-dir=/tmp/playwright_chromiumdev_profile-oIm5ZS
  - <launched> pid=17009
  - {said}
  - [pid=17009] <gracefully close start>
  - [pid=17009] <process did exit: exitCode=1, signal=null>
"""
BIDI = "Firefox ended with exit code 1 before it opened WebDriver BiDi: {said}"
BOX = """
╔════════════════════════════════════════════════════════════════════════════════════════════════╗
║ Looks like you launched a headed browser without having a XServer running.                     ║
║ Set either 'headless: true' or use 'xvfb-run <your-playwright-app>' before running Playwright. ║
╚════════════════════════════════════════════════════════════════════════════════════════════════╝
Call log:
  - [pid=17259][err] /usr/bin/chromium: 9: [: 25276502016: unexpected operator
  - [pid=17259][err] [17259:17259:1122/1.1:ERROR:ui/ozone/platform/x11/ozone_platform_x11.cc:257] Missing X server
"""
NO_LIBRARY = "/opt/x: error while loading shared libraries: libnss3.so: cannot open shared object file: No such file"
ROOT = (
    "[pid=1][err] [18408:18408:1122/202109.773583:ERROR:content/browser/zygote_host/zygote_host_impl_linux.cc:103] "
    "Running as root without --no-sandbox is not supported. See https://crbug.com/638180."
)
FAKED = (
    "canaries failed: canary-open-preflight: wire[0].method: expected OPTIONS, observed PUT; wire[0].asks."
    "access-control-request-method: expected 'PUT', observed no such header; wire: expected 2 (OPTIONS PUT), observed "
    "1 (PUT); canary-closed-preflight: wire[0].method: expected OPTIONS, observed PUT"
)
UNPROTECTED = (
    "canaries failed: canary-open-preflight: wire[0].method: expected OPTIONS, observed PUT; canary-closed-simple: "
    "page[0].outcome: expected blocked, observed allowed; wire[0].asks.origin: expected 'http://localhost:39129', "
    "observed no such header; canary-closed-preflight: page[0].outcome: expected blocked, observed allowed"
)
PYTHON = sys.executable


@pytest.mark.parametrize(
    ("row", "engine", "text", "cause", "mend"),
    [
        pytest.param(
            "canaries-unprotected", CHROMIUM, UNPROTECTED, "web security is", "--disable-web-security", id="web"
        ),
        pytest.param("canaries-preflight-faked", FIREFOX, FAKED, "never reach the server", "interception", id="faked"),
        pytest.param(
            "no-playwright-server",
            CHROMIUM,
            "chromium did not start: BrowserType.connect: WebSocket error: connect ECONNREFUSED 127.0.0.1:1",
            "no browser at that Playwright server: WebSocket error: connect ECONNREFUSED",
            "run-server",
            id="no-server",
        ),
        pytest.param(
            "canaries-wrong",
            WEBKIT,
            "canaries failed: canary-open-simple: page[0].outcome: expected allowed, observed blocked",
            "canary-open-simple: page[0].outcome: expected allowed, observed blocked",
            "--browser webkit=PATH",
            id="wrong",
        ),
        pytest.param(
            "died-asked",
            CHROMIUM,
            "the browser's process ended while it was asked canaries",
            "chromium started, but then the browser's process ended",
            "corsproof doctor chromium",
            id="killed",
        ),
        pytest.param(
            "died-asked",
            WEBKIT,
            "the page did not report for 15 s while it was asked canaries",
            "but then the page did not report for 15 s",
            "corsproof doctor webkit",
            id="hung",
        ),
        pytest.param(
            "page-not-opened",
            CHROMIUM,
            "the page http://localhost:1/agent/x did not open: Page.goto: Timeout 20000ms exceeded.",
            "opened no page: Page.goto: Timeout 20000ms exceeded.",
            "loopback",
            id="goto-deadline",
        ),
        pytest.param(
            "page-not-opened",
            WEBKIT,
            "the page http://localhost:1/agent/x did not open: corsproof-webkit did not answer within 20 s",
            "opened no page: corsproof-webkit did not answer within 20 s",
            "loopback",
            id="inspector-deadline",
        ),
        *(
            pytest.param(
                "driver-broken",
                CHROMIUM,
                f"Playwright's driver did not start{end}",
                "does not run",
                "--force-reinstall",
                id=f"driver-{name}",
            )
            for name, end in {
                "missing": ": [Errno 2] No such file or directory: '/opt/node'",
                "not-executable": ": [Errno 13] Permission denied: '/opt/node'",
                "ends": ": Connection closed while reading from the driver",
            }.items()
        ),
        pytest.param(
            "driver-silent",
            FIREFOX,
            "Playwright's driver did not start within 4 s",
            "under load, or a driver that hangs",
            "corsproof doctor firefox",
            id="driver-hangs",
        ),
        pytest.param(
            "not-installed",
            CHROMIUM,
            "Executable doesn't exist at /x/chromium-1248/chrome-linux64/chrome, and the system has none",
            "chromium is not installed",
            "corsproof install chromium",
            id="neither",
        ),
        pytest.param(
            "not-installed",
            FIREFOX,
            "BrowserType.launch: Executable doesn't exist at /x/firefox-1555/firefox/firefox\n"
            "╔════════════════════════════════════════════════════════════╗\n"
            "║ Looks like Playwright was just installed or updated.       ║\n",
            "firefox is not installed",
            "corsproof install firefox",
            id="playwright-says-so",
        ),
        pytest.param(
            "not-installed",
            CHROMIUM,
            "BrowserType.launch: Chromium distribution 'chrome' is not found at /opt/google/chrome/chrome",
            "chromium is not installed",
            "corsproof install chromium",
            id="channel",
        ),
        pytest.param(
            "no-such-path",
            WEBKIT,
            "Executable doesn't exist at /opt/MiniBrowser",
            "there is no /opt/MiniBrowser, which was given as the path of webkit",
            "corsproof install webkit, and leave out the path",
            id="path",
        ),
        pytest.param(
            "not-executable",
            CHROMIUM,
            "chromium did not start: BrowserType.launch: Failed to launch: Error: spawn /opt/x EACCES\nCall log:\n",
            "/opt/x, given as the path of chromium, may not be executed",
            "chmod +x /opt/x",
            id="mode",
        ),
        pytest.param(
            "shared-library",
            CHROMIUM,
            LAUNCHING.format(said=f"[pid=17009][err] {NO_LIBRARY}"),
            "chromium needs the shared library libnss3.so,",
            f"{PYTHON} -m playwright install-deps chromium",
            id="chromium",
        ),
        pytest.param(
            "shared-library",
            FIREFOX,
            BIDI.format(said=f"{NO_LIBRARY}"),
            "firefox needs the shared library libnss3.so,",
            f"{PYTHON} -m playwright install-deps firefox",
            id="firefox",
        ),
        pytest.param(
            "shared-library",
            WEBKIT,
            f"MiniBrowser ended at once with exit code 127: {NO_LIBRARY}",
            "webkit needs the shared library libnss3.so,",
            f"{PYTHON} -m playwright install-deps webkit",
            id="webkit",
        ),
        pytest.param(
            "host-dependencies",
            WEBKIT,
            # From the source.
            "BrowserType.launch: \nHost system is missing dependencies to run browsers.\n"
            "Please install them with the following command:\n    sudo playwright install-deps\n",
            "webkit needs libraries",
            f"{PYTHON} -m playwright install-deps webkit",
            id="playwright-looked",
        ),
        pytest.param(
            "sandbox",
            CHROMIUM,
            "chromium did not start: BrowserType.launch: Target page, context or browser has been closed\n"
            f"Browser logs:\nChromium sandboxing failed!\n====\nCall log:\n  - {ROOT}",
            "sandbox",
            "sysctl",
            id="sandboxed-as-root",
        ),
        pytest.param(
            "is-chromium", FIREFOX, BIDI.format(said=ROOT), "is a Chromium", "--browser firefox=PATH", id="ff"
        ),
        pytest.param("is-chromium", WEBKIT, LAUNCHING.format(said=ROOT), "is a Chromium", "--browser webkit=", id="wk"),
        pytest.param(
            "is-firefox",
            CHROMIUM,
            "chromium did not start: BrowserType.launch: Timeout 7560ms exceeded.\nCall log:\n"
            "  - [pid=28621][err] *** You are running in headless mode.\n",
            "is a Firefox",
            "--browser chromium=PATH",
            id="cr",
        ),
        pytest.param(
            "is-firefox",
            CHROMIUM,
            "Chromium did not answer within 60 s: *** You are running in headless mode.\n",
            "is a Firefox",
            "--browser chromium=PATH",
            id="cr-direct",
        ),
        pytest.param(
            "chromium-ended",
            CHROMIUM,
            "Chromium ended with exit code 21 before it opened its DevTools: /usr/bin/chromium: 9: [: 1: unexpected\n"
            "Failed to create a ProcessSingleton for your profile directory.",
            "Failed to create a ProcessSingleton",
            f"{PYTHON} -m playwright install chromium",
            id="profile",
        ),
        pytest.param("xvfb-missing", WEBKIT, "Xvfb is not installed", "Xvfb", "corsproof install webkit", id="no-xvfb"),
        pytest.param("xvfb-silent", WEBKIT, "Xvfb gave no display within 2 s", "no display", "-displayfd", id="hangs"),
        pytest.param("xvfb-silent", WEBKIT, "Xvfb ended before it gave a display", "no display", "Xvfb", id="ends"),
        pytest.param(
            "no-display", CHROMIUM, LAUNCHING.format(said=BOX), "no X display", "leave out --headed", id="box"
        ),
        pytest.param(
            "no-display",
            FIREFOX,
            BIDI.format(said="Error: no DISPLAY environment variable specified"),
            "firefox is to show its window",
            "leave out --headed",
            id="unset",
        ),
        pytest.param(
            "no-display",
            FIREFOX,
            BIDI.format(said="Error: cannot open display: :77"),
            "firefox is to show its window",
            "leave out --headed",
            id="nobody-there",
        ),
        pytest.param(
            "no-display",
            WEBKIT,
            "MiniBrowser ended at once with exit code 1: (MiniBrowser:24586): Gtk-WARNING **: 20:25:55.245: cannot "
            "open display: :77",
            "webkit is to show its window",
            "leave out --headed",
            id="gtk",
        ),
        pytest.param(
            "shared-memory",
            FIREFOX,
            # Not seen here: Playwright keeps Chromium off /dev/shm.
            "Creating shared memory in /dev/shm/org.x.Y failed: No space left on device (28)",
            "too little shared memory",
            "--shm-size=1g",
            id="container",
        ),
        pytest.param(
            "no-space",
            FIREFOX,
            "firefox did not start: BrowserType.launch: ENOSPC: no space left on device, write",
            "no space is left",
            "TMPDIR",
            id="full",
        ),
        pytest.param(
            "no-temporary-folder",
            CHROMIUM,
            "chromium did not start: BrowserType.launch: ENOENT: no such file or directory, mkdtemp "
            "'/opt/gone/playwright-artifacts-4V9KnU'",
            "/opt/gone, does not exist",
            "mkdir -p /opt/gone",
            id="tmpdir",
        ),
        pytest.param(
            "permission",
            CHROMIUM,
            # Not seen here, where everything runs as root.
            "chromium did not start: BrowserType.launch: EACCES: permission denied, mkdtemp '/opt/root/playwright-a'",
            "chromium may not use /opt/root/playwright-a",
            "chown $(id -u) /opt/root/playwright-a",
            id="node",
        ),
        pytest.param(
            "permission",
            WEBKIT,
            "webkit did not start: [Errno 13] Permission denied: '/opt/root'",
            "webkit may not use /opt/root:",
            "chown $(id -u) /opt/root",
            id="python",
        ),
        pytest.param(
            "minibrowser-ended",
            WEBKIT,
            "MiniBrowser ended at once with exit code 1: something is wrong here",
            "ended at once with exit code 1: something is wrong here",
            "apt-get install --reinstall webkit2gtk-driver",
            id="with-words",
        ),
        pytest.param(
            "minibrowser-ended",
            WEBKIT,
            "MiniBrowser ended at once with exit code -9: ",
            "exit code -9: no word of why",
            "apt-get install --reinstall webkit2gtk-driver",
            id="without-words",
        ),
        pytest.param(
            "firefox-without-bidi",
            FIREFOX,
            BIDI.format(said="something is wrong here"),
            "no WebDriver BiDi channel: it is too old for that, or ended at once. It said: something is wrong here",
            f"{PYTHON} -m playwright install firefox",
            id="firefox-ends",
        ),
        pytest.param(
            "ended-at-once",
            CHROMIUM,
            LAUNCHING.format(said="[pid=17009][err] something is wrong here"),
            "chromium ended at once. It said: something is wrong here",
            f"{PYTHON} -m playwright install chromium",
            id="chromium-ends",
        ),
        pytest.param(
            "launch-deadline",
            CHROMIUM,
            "chromium did not start: BrowserType.launch: Timeout 3636ms exceeded.\nCall log:\n  - <launched> pid=24",
            "did not come up in time",
            "corsproof doctor chromium",
            id="playwright-waited",
        ),
        pytest.param(
            "launch-deadline",
            WEBKIT,
            "webkit did not start: corsproof-webkit did not answer within 4 s",
            "did not come up in time",
            "corsproof doctor webkit",
            id="we-waited",
        ),
        pytest.param(
            "unknown", WEBKIT, "a new thing\nwith details", "a new thing", "DEBUG=pw:browser corsproof doctor", id="new"
        ),
        pytest.param("unknown", FIREFOX, "", "no word of why", "corsproof doctor", id="silent"),
    ],
)
def test_cause(row: str, engine: EngineName, text: str, cause: str, mend: str) -> None:
    """A text is recognised as its own row, and no other that it may resemble, and both sentences come out filled in."""
    assert recognise(engine, text)[0].name == row
    found, advice = diagnose(engine, text)
    assert cause in found
    assert mend in advice
    assert not re.search(r"[{}\n]", found + advice)


def test_every_row_has_its_text() -> None:
    """A row without a text above would be a guess, and one that an earlier row shadows could have none."""
    mark = next(mark for mark in test_cause.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]
    assert {one.values[0] for one in mark.args[1]} == {row.name for row in CAUSES}


def test_names_are_unique_and_the_last_row_takes_everything() -> None:
    """Rows are told apart by name, and no text is left without an answer."""
    assert len({row.name for row in CAUSES}) == len(CAUSES)
    assert CAUSES[-1].pattern == ""


@dataclass
class FakePage:
    """A page that says nothing."""

    def take_messages(self) -> tuple[engines.Message, ...]:
        """Say nothing."""
        return ()

    def wait_for_messages(self, tokens: frozenset[str], deadline: float) -> None:
        """Have nothing to wait for."""

    def close(self) -> None:
        """Have nothing to close."""


@dataclass
class FakeBrowser:
    """A browser that opens no page, or one that dies at once with ``death``."""

    death: str = ""
    closed: int = 0
    info: EngineInfo = field(default_factory=lambda: EngineInfo(CHROMIUM, "1.0", "fake", "/opt/fake"))

    def open(self, url: str, on_death: Callable[[str], None]) -> Page:
        """Fail in the way that was asked for."""
        if not self.death:
            raise BrowserCrashed(f"the page {url} did not open: no network")
        on_death(self.death)
        return FakePage()

    def close(self) -> None:
        """Count."""
        self.closed += 1


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Serve the page and the canaries."""
    with Ground({}) as served:
        yield served


def test_a_browser_that_does_not_start_is_diagnosed(ground: Ground) -> None:
    """What the launch raises becomes a cause; no information is invented."""

    def launcher(name: EngineName, how: Launch) -> engines.Browser:
        raise BrowserUnavailable("Xvfb is not installed")

    found = examine(EngineChoice(WEBKIT), ground, launcher=launcher)
    assert (found.usable, found.info, found.asked, found.failures) == (False, None, 0, ())
    assert (found.cause, found.mend) == diagnose(WEBKIT, "Xvfb is not installed")


@pytest.mark.parametrize(
    ("browser", "cause"),
    [
        pytest.param(FakeBrowser(), "chromium started, but opened no page: no network", id="opens-no-page"),
        pytest.param(FakeBrowser("it was killed"), "chromium started, but then it was killed", id="dies"),
    ],
)
def test_a_browser_that_fails_later_is_known_and_closed(ground: Ground, browser: FakeBrowser, cause: str) -> None:
    """What is known of the browser is kept, and the browser is closed."""
    found = examine(EngineChoice(CHROMIUM), ground, launcher=lambda name, how: browser)
    assert (found.usable, found.info, found.cause) == (False, browser.info, cause)
    assert browser.closed == 1


def test_the_launch_is_what_was_asked_for(ground: Ground) -> None:
    """Path, window and deadline reach the engine, and so does the proxy that the run will use."""
    asked: list[Launch] = []

    def launcher(name: EngineName, how: Launch) -> engines.Browser:
        asked.append(how)
        return FakeBrowser()

    examine(EngineChoice(CHROMIUM, "/opt/x"), ground, headed=True, launcher=launcher, deadline=7.0)
    assert asked == [Launch("/opt/x", ground.proxy, True, 7.0)]


def marked(mark: str) -> list[str]:
    """Return the command lines of the processes that have a word in their environment, whoever their parent is."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " ").strip())
    return found


@pytest.fixture
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """See that a test leaves no process behind, not even an orphan, and no thread of an engine."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv("CORSPROOF_TEST", mark)
    yield
    end = time.monotonic() + 3  # for what was killed to be gone
    while (left := marked(mark)) and time.monotonic() < end:
        threading.Event().wait(0.02)
    assert left == []
    names = {f"corsproof-{name}" for name in EngineName}
    assert not names & {thread.name for thread in threading.enumerate()}


def script(folder: Path, name: str, body: str, mode: int = 0o755) -> str:
    """Write an executable that is no browser."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(mode)
    return str(path)


@pytest.mark.browser
@pytest.mark.parametrize("name", EngineName, ids=str)
@pytest.mark.usefixtures("nothing_left")
def test_a_real_browser_is_usable(name: EngineName, ground: Ground) -> None:
    """Every engine passes on this machine, says what it is, and was really asked."""
    found = examine(EngineChoice(name), ground)
    assert found == Diagnosis(name, True, found.info, 4)
    assert found.info is not None
    assert found.info.version[0].isdigit()


@pytest.mark.browser
@pytest.mark.parametrize("name", EngineName, ids=str)
@pytest.mark.parametrize(
    ("body", "mode", "deadline", "rows"),
    [
        pytest.param(
            "echo wrong >&2; exit 1", 0o755, 60.0, "minibrowser-ended firefox-without-bidi chromium-ended", id="ends"
        ),
        pytest.param("exec sleep 600", 0o755, 6.0, "launch-deadline", id="hangs"),
        pytest.param(f"echo '{NO_LIBRARY}' >&2; exit 127", 0o755, 60.0, "shared-library", id="lacks-a-library"),
        pytest.param("exit 0", 0o644, 60.0, "not-executable", id="not-executable"),
    ],
)
@pytest.mark.usefixtures("nothing_left")
def test_an_executable_that_is_no_browser(
    name: EngineName, body: str, mode: int, deadline: float, rows: str, ground: Ground, tmp_path: Path
) -> None:
    """What drivers say of such an executable is still what the table knows, and nobody is left waiting for it."""
    path = script(tmp_path, "MiniBrowser" if name is WEBKIT else "browser", body, mode)
    begun = time.monotonic()
    found = examine(EngineChoice(name, path), ground, deadline=deadline)
    assert not found.usable
    assert found.cause in {cause_of(row, name, path) for row in rows.split()}
    assert time.monotonic() - begun < deadline + 15


def cause_of(row: str, name: EngineName, path: str) -> str:
    """Return what people are told of a row, for the scripts above."""
    known = {"engine": name.value, "library": "libnss3.so", "path": path, "said": "wrong", "words": "wrong", "code": 1}
    return next(one.cause for one in CAUSES if one.name == row).format_map(known)


@pytest.mark.browser
@pytest.mark.parametrize("name", EngineName, ids=str)
@pytest.mark.usefixtures("nothing_left")
def test_no_display_for_a_window(name: EngineName, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window without a display is told as that, whoever says it."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    found = examine(EngineChoice(name), ground, headed=True)
    assert found.mend == "leave out --headed"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("body", "row"),
    [
        pytest.param("exit 1", "xvfb-silent", id="ends"),
        pytest.param("exec sleep 600", "xvfb-silent", id="hangs"),
        pytest.param("", "xvfb-missing", id="missing"),
    ],
)
@pytest.mark.usefixtures("nothing_left")
def test_no_display_for_webkit(
    body: str, row: str, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An Xvfb that is missing, ends or hangs is named as the cause."""
    minibrowser = script(tmp_path, "MiniBrowser", "exec sleep 600")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sleep").symlink_to("/bin/sleep")
    if body:
        script(folder, "Xvfb", body)
    monkeypatch.setenv("PATH", str(folder))
    found = examine(EngineChoice(WEBKIT, minibrowser), ground, deadline=3.0)
    assert found.cause == next(one.cause for one in CAUSES if one.name == row)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("body", "deadline", "row"),
    [
        pytest.param("exit 1", 60.0, "driver-broken", id="ends"),
        pytest.param("", 60.0, "driver-broken", id="missing"),
        pytest.param("exec sleep 600", 1.0, "driver-silent", id="hangs"),
    ],
)
@pytest.mark.usefixtures("nothing_left")
def test_a_broken_driver(
    body: str, deadline: float, row: str, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Playwright's driver may fail in any way: it is said, and killed where it does not listen."""
    node = script(tmp_path, "node", body) if body else str(tmp_path / "node")
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", node)
    found = examine(EngineChoice(CHROMIUM, "ws://127.0.0.1:1/"), ground, deadline=deadline)
    assert found.cause == next(one.cause for one in CAUSES if one.name == row)


@pytest.mark.browser
@pytest.mark.parametrize("name", EngineName, ids=str)
@pytest.mark.usefixtures("nothing_left")
def test_a_path_that_does_not_exist(name: EngineName, ground: Ground, tmp_path: Path) -> None:
    """A path that was given and is not there is never replaced by another browser."""
    path = str(tmp_path / "MiniBrowser")
    found = examine(EngineChoice(name, path), ground)
    assert found.cause == f"there is no {path}, which was given as the path of {name}"


@pytest.mark.browser
@pytest.mark.parametrize("name", EngineName, ids=str)
@pytest.mark.usefixtures("nothing_left")
def test_no_folder_for_temporary_files(
    name: EngineName, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where TMPDIR names no folder, a browser takes the one that Python has found."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    assert examine(EngineChoice(name), ground).usable


@pytest.mark.browser
@pytest.mark.parametrize("name", EngineName, ids=str)
@pytest.mark.usefixtures("nothing_left")
def test_a_launch_cut_short(name: EngineName, ground: Ground) -> None:
    """A deadline that no browser can keep is a missed deadline, and the browser that was on its way is ended."""
    found = examine(EngineChoice(name), ground, deadline=0.05)
    assert not found.usable
    assert found.info is None


@pytest.mark.browser
@pytest.mark.usefixtures("nothing_left")
def test_a_browser_without_web_security_is_caught(ground: Ground) -> None:
    """The control of the controls: the canaries unmask a browser that blocks nothing, and the cause is named."""
    from harness.engines import chromium

    def launcher(name: EngineName, how: Launch) -> engines.Browser:
        return chromium.launch(how, "--disable-web-security")

    found = examine(EngineChoice(CHROMIUM), ground, launcher=launcher)
    assert (found.asked, len(found.failures)) == (4, 4)
    assert found.cause == doctor.CAUSES[0].cause.format(engine="chromium")
