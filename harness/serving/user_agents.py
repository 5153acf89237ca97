"""User agents: what a visiting browser says it is, in the few words that a column of a table has room for. Pure.

Read are the products that browsers name in their User-Agent. Whoever names none of them keeps its own first product.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.engines import EngineName

# The first that is found counts: most browsers also name those that they descend from.
_PRODUCTS = (
    (r"Edg(?:e|A|iOS)?/([\d.]+)", "Edge", EngineName.CHROMIUM),
    (r"OPR/([\d.]+)", "Opera", EngineName.CHROMIUM),
    (r"SamsungBrowser/([\d.]+)", "Samsung Internet", EngineName.CHROMIUM),
    (r"(?:Firefox|FxiOS)/([\d.]+)", "Firefox", EngineName.FIREFOX),
    (r"HeadlessChrome/([\d.]+)", "Headless Chrome", EngineName.CHROMIUM),
    (r"(?:Chrome|CriOS)/([\d.]+)", "Chrome", EngineName.CHROMIUM),
    (r"Version/([\d.]+).* Safari/", "Safari", EngineName.WEBKIT),
    (r"AppleWebKit/([\d.]+)", "WebKit", EngineName.WEBKIT),
)
_PLATFORMS = (
    (r"iPhone|iPod", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"CrOS", "ChromeOS"),
    (r"Macintosh", "Mac"),
    (r"Linux|X11", "Linux"),
)
_LONGEST = 60  # characters of a name that nobody knows


@dataclass(frozen=True)
class UserAgent:
    """A browser's name for people, its version, and the engine it is made with, None where it does not tell."""

    label: str
    version: str
    family: EngineName | None


def read(user_agent: str) -> UserAgent:
    """Read a User-Agent, whatever it is."""
    platform = next((name for pattern, name in _PLATFORMS if re.search(pattern, user_agent)), "")
    for pattern, name, family in _PRODUCTS:
        if found := re.search(pattern, user_agent):
            # On Apple's phones every browser was made with WebKit, whatever it is called.
            of_apple = platform in ("iPhone", "iPad")
            name = "WebKit" if name == "Safari" and platform in ("Linux", "Windows", "Android") else name
            return UserAgent(_label(name, found[1], platform), found[1], EngineName.WEBKIT if of_apple else family)
    product, _, version = user_agent.partition(" ")[0].partition("/")
    name = re.sub(r"[^\w .-]", "", product)[:_LONGEST] or "unknown browser"
    return UserAgent(_label(name, re.sub(r"[^\w.-]", "", version)[:_LONGEST], platform), version, None)


def _label(name: str, version: str, platform: str) -> str:
    short = ".".join(version.split(".")[:2]).removesuffix(".0").strip(".")
    return f"{name}{f' {short}' if short else ''}{f' ({platform})' if platform else ''}"
