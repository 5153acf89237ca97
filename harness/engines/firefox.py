"""Firefox, by Playwright: its own build, or the system's stock Firefox over WebDriver BiDi.

Stock Firefox needs Playwright below 1.65 (FACTS 12). Loopback never goes through the proxy: that is Firefox's default.
"""

from __future__ import annotations

import shutil
from urllib.parse import urlsplit

from harness.engines import EngineName, Launch
from harness.engines.driven import DrivenBrowser, Recipe

SYSTEM = ("firefox-esr", "firefox")
ACROSS_SITES = {"network.cookie.cookieBehavior": 0}  # no partitions: a site has the same cookies below every other


def system_executable() -> str | None:
    """Return the path of the system's Firefox, or None."""
    return next((path for name in SYSTEM if (path := shutil.which(name))), None)


def launch(how: Launch) -> DrivenBrowser:
    """Start Firefox; raise `BrowserUnavailable` with the cause when it cannot be used."""
    recipe = Recipe(
        EngineName.FIREFOX,
        "juggler",
        prefs=_proxy_prefs(how.proxy) | (ACROSS_SITES if how.third_party_cookies else {}),
        system=system_executable,
        system_protocol="webdriver-bidi",
        system_channel="moz-firefox",
    )
    return DrivenBrowser(recipe, how)


def _proxy_prefs(proxy: str | None) -> dict[str, str | float | bool]:
    """Name the proxy for http and https; Playwright's launch option would set it for http alone (FACTS 2)."""
    if proxy is None:
        return {}
    host, port = urlsplit(proxy).hostname or "", urlsplit(proxy).port or 0
    return {
        "network.proxy.type": 1,
        "network.proxy.http": host,
        "network.proxy.http_port": port,
        "network.proxy.ssl": host,
        "network.proxy.ssl_port": port,
    }
