"""What browsers say they are, in the words of a column."""

from __future__ import annotations

import pytest

from harness.engines import EngineName
from harness.serving.user_agents import read

_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
AGENTS = {
    "safari": (f"{_MAC} Version/18.2 Safari/605.1.15", "Safari 18.2 (Mac)", EngineName.WEBKIT),
    "iphone": (f"{_IPHONE} Version/18.2 Mobile/15E148 Safari/604.1", "Safari 18.2 (iPhone)", EngineName.WEBKIT),
    "chrome-iphone": (f"{_IPHONE} CriOS/131.0.6778.73 Safari/604.1", "Chrome 131 (iPhone)", EngineName.WEBKIT),
    "firefox-iphone": (f"{_IPHONE} FxiOS/133.0 Safari/605.1.15", "Firefox 133 (iPhone)", EngineName.WEBKIT),
    "edge": (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/131.0.2903.86",
        "Edge 131 (Windows)",
        EngineName.CHROMIUM,
    ),
    "android": (
        f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36",
        "Chrome 131 (Android)",
        EngineName.CHROMIUM,
    ),
    "firefox": (
        "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
        "Firefox 153 (Linux)",
        EngineName.FIREFOX,
    ),
    "webkitgtk": (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 Safari/605.1.15",
        "WebKit 60.5 (Linux)",
        EngineName.WEBKIT,
    ),
    "unknown": ("NetSurf/3.11 (NetBSD; amd64)", "NetSurf 3.11", None),
    "nothing": ("", "unknown browser", None),
    "hostile": ("<script>/../../etc", "script", None),
}


@pytest.mark.parametrize(("agent", "label", "family"), AGENTS.values(), ids=AGENTS)
def test_a_browser_gets_its_name(agent: str, label: str, family: EngineName | None) -> None:
    """Product, short version and platform; the engine where it is known, on iPhones always WebKit."""
    found = read(agent)
    assert (found.label, found.family) == (label, family)


def test_a_long_name_is_cut() -> None:
    """Whatever is sent as a user agent fits into the head of a column."""
    assert len(read("x" * 5000 + "/" + "9" * 5000).label) < 130
