"""Browsers that nobody drives: a plain process with a fresh profile, started with a URL and ended again.

What a browser can do at most, for `benchmarks.throughput` to measure against. Knows nothing of what the page does.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.engines import EngineName, chromium, firefox, webkit
from harness.engines.display import Display, end, start_bound
from harness.engines.folders import fresh_folder

# No first-run page, no update, no question whether this is the default browser: only the URL is opened.
QUIET = {
    "app.update.enabled": "false",
    "browser.aboutwelcome.enabled": "false",
    "browser.shell.checkDefaultBrowser": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "startup.homepage_welcome_url": '""',
    "toolkit.telemetry.enabled": "false",
}
DISPLAY_DEADLINE = 30.0  # seconds


def _chromium(path: str, home: Path, url: str) -> tuple[list[str], dict[str, str]]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    flags = ["--headless", "--no-first-run", "--no-default-browser-check", f"--user-data-dir={home}", *sandbox]
    return [path, *flags, url], {}


def _firefox(path: str, home: Path, url: str) -> tuple[list[str], dict[str, str]]:
    prefs = "".join(f'user_pref("{name}", {value});\n' for name, value in QUIET.items())
    (home / "user.js").write_text(prefs, encoding="utf-8")
    return [path, "--headless", "--no-remote", "--profile", str(home), url], {}


def _webkit(path: str, home: Path, url: str) -> tuple[list[str], dict[str, str]]:
    folders = {f"XDG_{kind}_HOME": f"{home}/{kind.lower()}" for kind in ("DATA", "CACHE", "CONFIG")}
    return [path, url], {**folders, "HOME": str(home), "GDK_BACKEND": "x11"}


Command = Callable[[str, Path, str], tuple[list[str], dict[str, str]]]
COMMANDS: dict[EngineName, tuple[Callable[[], str | None], Command]] = {
    EngineName.CHROMIUM: (chromium.system_executable, _chromium),
    EngineName.FIREFOX: (firefox.system_executable, _firefox),
    EngineName.WEBKIT: (webkit.system_executable, _webkit),
}


@contextlib.contextmanager
def undriven(engine: EngineName, url: str) -> Iterator[None]:
    """Have the system's browser of an engine at a URL; `LookupError` where the system has none."""
    find, command = COMMANDS[engine]
    path = find()
    if path is None:
        raise LookupError(f"the system has no {engine}")
    with contextlib.ExitStack() as stack:
        home = fresh_folder()
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        words, env = command(path, home, url)
        if engine is EngineName.WEBKIT:
            display = Display(DISPLAY_DEADLINE)
            stack.callback(display.close)
            env["DISPLAY"] = display.name
        stack.callback(end, start_bound(words, env={**os.environ, **env}))
        yield
