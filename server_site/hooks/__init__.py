"""The hook sets by name: the ways of putting CORS on one and the same API.

A hook set acts app-wide (`install`), around each view (`wrap`), or not at all. A new one is a module here and a row
below.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from server_site.hooks import api_policy, broken, decorator, none, published
from server_site.view import View

__all__ = ["BROKEN", "HOOK_SETS", "HookSet", "hook_set"]


@dataclass(frozen=True)
class HookSet:
    """One way of doing CORS: `install` before the routes are added, `wrap` around each view."""

    name: str
    summary: str
    install: Callable[[Flask], None] = none.install
    wrap: Callable[[View], View] = none.wrap


_SOUND = (
    HookSet("published", "the article's two app-wide hooks, faults included", install=published.install),
    HookSet("decorator", "the per-view decorator that the article left behind", wrap=decorator.crossdomain()),
    HookSet("proxy", "no CORS: the page's own site forwards to the API"),
    HookSet("none", "no CORS at all"),
    HookSet("hardened", "two app-wide hooks that hold the API to a policy", install=api_policy.install),
)
_FAULTY = tuple(
    HookSet(f"broken:{name}", variant.summary, install=variant.install) for name, variant in broken.VARIANTS.items()
)
_BY_NAME = {each.name: each for each in _SOUND + _FAULTY}

HOOK_SETS = tuple(each.name for each in _SOUND)
BROKEN = tuple(broken.VARIANTS)


def hook_set(name: str) -> HookSet:
    """Find the hook set, or raise ValueError with the valid names."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise ValueError(f"no hook set {name!r}; valid: {', '.join(_BY_NAME)}") from None
