"""Says whether an engine can be believed on this machine, and where not: why, and the one thing to do about it.

`examine` launches the engine, opens a page and asks the canaries. `CAUSES` turns the raw words of drivers, browsers and
operating system into a sentence for people; its patterns were written against texts that were seen, and the tests keep
those texts. Launches and installs nothing else, and prints nothing.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from harness import engines
from harness.engines import Browser, EngineChoice, EngineInfo, EngineName, Launch
from harness.errors import BrowserCrashed, BrowserUnavailable
from harness.ground import Ground
from harness.live import live_page

PAGE = "http://localhost"
EVERY = frozenset(EngineName)
CHROMIUM = frozenset({EngineName.CHROMIUM})
FIREFOX = frozenset({EngineName.FIREFOX})
_NOISE = re.compile(r"unexpected operator|dbus/bus\.cc")


@dataclass(frozen=True)
class Diagnosis:
    """What an examination found. ``cause`` and ``mend`` are empty exactly where the engine is usable."""

    engine: EngineName
    usable: bool
    info: EngineInfo | None = None
    asked: int = 0
    failures: tuple[str, ...] = ()
    cause: str = ""
    mend: str = ""


@dataclass(frozen=True)
class Cause:
    """A known trouble: how it is recognised, what to tell people, and what they should do.

    Both sentences may use {engine}, {python}, {tmp} (the folder for temporary files), {first} (the first line of the
    text), {said} (what the browser itself said on its way out) and the named groups of the pattern.
    """

    name: str
    pattern: str
    cause: str
    mend: str
    engines: frozenset[EngineName] = EVERY

    def find(self, engine: EngineName, text: str) -> re.Match[str] | None:
        """Return where the text shows this trouble, if it does."""
        return re.search(self.pattern, text, re.MULTILINE) if engine in self.engines else None


# The first row that matches counts: what is particular stands before what is general.
CAUSES = (
    Cause(
        "canaries-unprotected",
        r"canaries failed: .*canary-closed-\S+: page\[0\]\.outcome: expected blocked, observed allowed",
        "{engine} lets pages read what no CORS header permits: its web security is switched off",
        "start {engine} without --disable-web-security and without extensions",
    ),
    Cause(
        "no-playwright-server",
        r"BrowserType\.connect: (?P<why>.*)",
        "no browser at that Playwright server: {why}",
        "start one of the same version (`playwright run-server`, or `launch-server`), and give the URL that it prints",
    ),
    Cause(
        "canaries-preflight-faked",
        r"canaries failed: .*wire\[0\]\.method: expected OPTIONS, observed PUT",
        "preflights of {engine} never reach the server: somebody between them answers in its place",
        "switch off request interception (routing, mocking, an extension) for {engine}",
    ),
    Cause(
        "canaries-wrong",
        r"canaries failed: (?P<failure>.+)",
        "{engine} gives wrong answers to questions whose answer is known: {failure}",
        "use another build: --browser {engine}=PATH",
    ),
    Cause(
        "died-asked",
        r"^(?P<why>.+) while it was asked canaries",
        "{engine} started, but then {why}",
        "run it alone: corsproof doctor {engine}",
    ),
    Cause(
        "page-not-opened",
        r"the page \S+ did not open: (?P<why>.+)",
        "{engine} started, but opened no page: {why}",
        "allow loopback connections of {engine} (firewall, proxy), and run again: corsproof doctor",
    ),
    Cause(
        "driver-silent",
        r"Playwright's driver did not start within",
        "Playwright's driver (node) did not come up in time: a machine under load, or a driver that hangs",
        "run it alone: corsproof doctor {engine}",
    ),
    Cause(
        "driver-broken",
        r"Playwright's driver did not start|Connection closed while reading from the driver",
        "Playwright's driver (a node executable in its package, or what PLAYWRIGHT_NODEJS_PATH names) does not run",
        "{python} -m pip install --force-reinstall --no-deps 'playwright<1.65'",
    ),
    Cause(
        "not-installed",
        r"and the system has none|distribution '[^']+' is not found|Looks like Playwright was just installed",
        "{engine} is not installed: neither Playwright's own build nor the system's",
        "corsproof install {engine}",
    ),
    Cause(
        "no-such-path",
        r"Executable doesn't exist at (?P<path>.+)",
        "there is no {path}, which was given as the path of {engine}",
        "corsproof install {engine}, and leave out the path",
    ),
    Cause(
        "not-executable",
        r"spawn (?P<path>.+) EACCES",
        "{path}, given as the path of {engine}, may not be executed, or is a folder",
        "chmod +x {path}",
    ),
    Cause(
        "shared-library",
        r"error while loading shared libraries: (?P<library>[^:\s]+)",
        "{engine} needs the shared library {library}, which this machine lacks",
        "{python} -m playwright install-deps {engine}",
    ),
    Cause(
        "host-dependencies",
        r"Host system is missing dependencies",
        "{engine} needs libraries that this machine lacks",
        "{python} -m playwright install-deps {engine}",
    ),
    Cause(
        "sandbox",
        r"Chromium sandboxing failed|No usable sandbox|Running as root without --no-sandbox",
        "Chromium may not set up its sandbox here",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        CHROMIUM,
    ),
    Cause(
        "is-chromium",
        r"zygote_host_impl|Running as root without --no-sandbox",
        "the executable given for {engine} is a Chromium",
        "name the right one: --browser {engine}=PATH",
        EVERY - CHROMIUM,
    ),
    Cause(
        "is-firefox",
        r"\*\*\* You are running in headless mode",
        "the executable given for {engine} is a Firefox",
        "name the right one: --browser {engine}=PATH",
        EVERY - FIREFOX,
    ),
    Cause(
        "xvfb-missing",
        r"Xvfb is not installed",
        "WebKitGTK needs an X display, and Xvfb, which would give it one, is not installed",
        "corsproof install webkit",
    ),
    Cause(
        "xvfb-silent",
        r"Xvfb (?:gave no display within|ended before it gave a display)",
        "Xvfb is installed but gives no display",
        "read what it says when started by hand: Xvfb -displayfd 1",
    ),
    Cause(
        "no-display",
        r"without having a XServer running|cannot open display|no DISPLAY environment|Missing X server",
        "{engine} is to show its window, and there is no X display to show it on",
        "leave out --headed",
    ),
    Cause(
        "shared-memory",
        r"/dev/shm",
        "{engine} finds too little shared memory in /dev/shm",
        "mount -o remount,size=1g /dev/shm (in a container: docker run --shm-size=1g)",
    ),
    Cause(
        "no-space",
        r"ENOSPC|[Nn]o space left on device",
        "{engine} cannot write its profile: no space is left where temporary files go",
        "free space, or name another folder: TMPDIR=/path corsproof doctor (df -h {tmp} shows what is left)",
    ),
    Cause(
        "no-temporary-folder",
        r"ENOENT: no such file or directory, mkdtemp '(?P<path>[^']+)/[^/']+'",
        "the folder for temporary files, {path}, does not exist",
        "mkdir -p {path}",
    ),
    Cause(
        "permission",
        r"EACCES: permission denied, \w+ '(?P<path1>[^']+)'|Permission denied:? '?(?P<path2>[^'\n]*)",
        "{engine} may not use {path}: permission denied",
        "give this user the right to read and write it: chown $(id -u) {path}",
    ),
    Cause(
        "minibrowser-ended",
        r"MiniBrowser ended at once with exit code (?P<code>-?\d+)(?:: (?P<words>.+))?",
        "WebKitGTK's MiniBrowser ended at once with exit code {code}: {words}",
        "sudo apt-get install --reinstall webkit2gtk-driver",
    ),
    Cause(
        "chromium-ended",
        r"Chromium ended with exit code (?P<code>-?\d+) before it opened its DevTools(?:: (?:.*\n)*(?P<words>.+))?",
        "this Chromium ended at once with exit code {code}. The last that it said: {words}",
        "{python} -m playwright install chromium",
        CHROMIUM,
    ),
    Cause(
        "firefox-without-bidi",
        r"Firefox ended with exit code (?P<code>-?\d+) before it opened WebDriver BiDi(?:: (?P<words>.+))?",
        "this Firefox opened no WebDriver BiDi channel: it is too old for that, or ended at once. It said: {words}",
        "{python} -m playwright install firefox",
        FIREFOX,
    ),
    Cause(
        "ended-at-once",
        r"Target page, context or browser has been closed|Failed to launch",
        "{engine} ended at once. It said: {said}",
        "{python} -m playwright install {engine}",
    ),
    Cause(
        "launch-deadline",
        r"Timeout \d+ms exceeded|did not answer within",
        "{engine} did not come up in time: a machine under load, or an executable that is no {engine}",
        "run it alone: corsproof doctor {engine}",
    ),
    Cause(
        "unknown",
        r"",
        "{first}",
        "DEBUG=pw:browser corsproof doctor {engine}",
    ),
)


def recognise(engine: EngineName, text: str) -> tuple[Cause, re.Match[str]]:
    """Return the first row of `CAUSES` that a text shows, and where; the last row shows in every text."""
    found = ((row, row.find(engine, text)) for row in CAUSES)
    return next((row, match) for row, match in found if match is not None)


def diagnose(engine: EngineName, error_text: str) -> tuple[str, str]:
    """Turn raw words into a cause for people and the one command or action that mends it."""
    row, match = recognise(engine, error_text)
    groups = {key.rstrip("12"): value for key, value in match.groupdict("").items() if value}
    known = {
        "engine": engine.value,
        "python": sys.executable,
        "tmp": tempfile.gettempdir(),
        "first": next(iter(error_text.strip().splitlines()), "no word of why"),
        "said": _said(error_text),
        "words": "no word of why",
        "path": "a file",
        **groups,
    }
    return row.cause.format_map(known), row.mend.format_map(known)


def _said(text: str) -> str:
    """Return the first thing a browser itself said, out of the log that Playwright adds to its errors."""
    said = (line for line in re.findall(r"\[pid=\d+\]\[(?:err|out)\] (.+)", text) if not _NOISE.search(line))
    return next(said, "nothing")


def examine(
    choice: EngineChoice,
    ground: Ground,
    *,
    headed: bool = False,
    launcher: Callable[[EngineName, Launch], Browser] = engines.launch,
    deadline: float = Launch.deadline,
) -> Diagnosis:
    """Launch an engine, open a page, ask the canaries and close it; ``deadline`` in seconds bounds the launch."""
    try:
        browser = launcher(choice.name, Launch(choice.path, ground.proxy, headed, deadline))
    except BrowserUnavailable as error:
        return _trouble(choice.name, str(error))
    try:
        with live_page(PAGE, browser, ground) as live:
            asked, failures = live.ask_canaries()
    except BrowserCrashed as error:
        return _trouble(choice.name, str(error), info=browser.info)
    finally:
        browser.close()
    if failures:
        text = f"canaries failed: {'; '.join(failures)}"
        return _trouble(choice.name, text, info=browser.info, asked=asked, failures=failures)
    return Diagnosis(choice.name, True, browser.info, asked)


def _trouble(
    engine: EngineName, text: str, *, info: EngineInfo | None = None, asked: int = 0, failures: tuple[str, ...] = ()
) -> Diagnosis:
    cause, mend = diagnose(engine, text)
    return Diagnosis(engine, False, info, asked, failures, cause, mend)
