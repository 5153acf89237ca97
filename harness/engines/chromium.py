"""Chromium, by Playwright: its own build, or the system's chromium or Chrome.

The reason of a refusal is Chromium's console sentence, which names the URL, and which also reaches the page for frames
in other processes (FACTS 1).
"""

from __future__ import annotations

import shutil

from harness.engines import EngineName, Launch
from harness.engines.driven import DrivenBrowser, Recipe

SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Switches had no effect, and neither had CDP (FACTS 6).
ACROSS_SITES = {"cookie_controls_mode": 0, "block_third_party_cookies": False}


def system_executable() -> str | None:
    """Return the path of the system's Chromium or Chrome, or None."""
    return next((path for name in SYSTEM if (path := shutil.which(name))), None)


def launch(how: Launch) -> DrivenBrowser:
    """Start Chromium; raise `BrowserUnavailable` with the cause when it cannot be used."""
    # As a switch and not as Playwright's `proxy`: that one would send loopback through the proxy too.
    proxy = (f"--proxy-server={how.proxy}",) if how.proxy else ()
    known = (f"--ignore-certificate-errors-spki-list={how.known_key}",) if how.known_key else ()
    profile = ACROSS_SITES if how.third_party_cookies else {}
    return DrivenBrowser(
        Recipe(EngineName.CHROMIUM, "cdp", args=(*proxy, *known), profile=profile, system=system_executable), how
    )
