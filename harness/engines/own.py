"""Playwright's own builds: where they are, found without starting its driver (0.4 s) or importing it (0.1 s).

The installed package says in `browsers.json` which revision it wants; `playwright install` leaves a marker beside a
build that was unpacked whole. Knows how builds are laid out on disk, and nothing of how they are launched.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.engines import EngineName

MARKER = "INSTALLATION_COMPLETE"
HEADLESS_CHROMIUM = "chromium-headless-shell"  # a build of its own, which Playwright launches unless headed
EXECUTABLES = {
    EngineName.CHROMIUM: ("chrome-*/chrome", "chrome-*/*.app/Contents/MacOS/*", "chrome-*/chrome.exe"),
    EngineName.FIREFOX: ("firefox/firefox", "firefox/*.app/Contents/MacOS/firefox", "firefox/firefox.exe"),
    EngineName.WEBKIT: ("pw_run.sh", "Playwright.exe"),
}


def own_build(name: EngineName, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the executable of the build that the installed Playwright would launch, or None."""
    package = _package()
    if package is None:
        return None
    cache = _cache(package, environ)
    if name is EngineName.CHROMIUM and not _whole(cache, package, HEADLESS_CHROMIUM):
        return None
    whole = _whole(cache, package, name.value)
    found = (path for build in whole for pattern in EXECUTABLES[name] for path in sorted(build.glob(pattern)))
    return next(map(str, found), None)


def _whole(cache: Path, package: Path, browser: str) -> list[Path]:
    """Return the folders of a browser's wanted builds that were unpacked whole."""
    builds = (cache / f"{browser.replace('-', '_')}-{revision}" for revision in _revisions(package, browser))
    return [build for build in builds if (build / MARKER).exists()]


def _package() -> Path | None:
    spec = importlib.util.find_spec("playwright")
    locations = spec.submodule_search_locations if spec else None
    package = Path(locations[0], "driver", "package") if locations else None
    return package if package and (package / "browsers.json").exists() else None


def _revisions(package: Path, name: str) -> Iterator[str]:
    """Yield the revision that is wanted, and those wanted instead on older systems."""
    for browser in json.loads((package / "browsers.json").read_text())["browsers"]:
        if browser["name"] == name:
            yield browser["revision"]
            yield from browser.get("revisionOverrides", {}).values()


def _cache(package: Path, environ: Mapping[str, str]) -> Path:
    asked = environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if asked == "0":
        return package / ".local-browsers"
    if asked:
        return Path(environ.get("INIT_CWD", "."), asked)
    home = Path(environ.get("HOME", "~")).expanduser()
    caches = {"darwin": home / "Library/Caches", "win32": Path(environ.get("LOCALAPPDATA", home / "AppData/Local"))}
    linux = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    return caches.get(sys.platform, linux) / "ms-playwright"
