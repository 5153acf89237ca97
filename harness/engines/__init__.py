"""What an engine is: three small protocols that every browser here fulfils, and the names under which they are known.

An engine launches a browser, opens a page on an origin, hands over the browser's own words, and closes. It never fires
a request, never routes or answers one (DESIGN 2.4), and never judges. Drivers are imported when an engine is launched,
not before: listing engines costs nothing.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Protocol, runtime_checkable

from harness.errors import UsageError
from harness.wire import TOKEN_PARAMETER

_TOKEN = re.compile(rf"\b{TOKEN_PARAMETER}=([\w-]+)")


class EngineName(str, Enum):
    """The engines that exist, in the order in which reports show them."""

    CHROMIUM = "chromium"
    FIREFOX = "firefox"
    WEBKIT = "webkit"

    __str__ = str.__str__


@dataclass(frozen=True)
class EngineChoice:
    """An engine as the user asked for it: a name and, where he gave one, the path of the executable.

    Or the URL, ``ws://…``, of a Playwright server, whose browser is then asked.
    """

    name: EngineName
    path: str | None = None

    @property
    def label(self) -> str:
        """The name that reports use."""
        return self.name.value

    @property
    def family(self) -> EngineName:
        """The engine itself."""
        return self.name

    @property
    def is_remote(self) -> bool:
        """Whether the browser is one of a Playwright server's."""
        return is_remote(self.path)

    @classmethod
    def parse(cls, text: str) -> EngineChoice:
        """Read ``NAME`` or ``NAME=PATH``; raise `UsageError` with the valid names for anything else."""
        name, _, path = text.partition("=")
        try:
            return cls(EngineName(name), path or None)
        except ValueError:
            valid = ", ".join([*EngineName, "all", "auto"])
            raise UsageError(f"unknown engine {name!r}", hint=f"valid engines: {valid}") from None


def is_remote(path: str | None) -> bool:
    """Tell whether what stands for an executable's path is the URL of a Playwright server."""
    return (path or "").startswith(("ws://", "wss://"))


@dataclass(frozen=True)
class Selection:
    """The engines to ask. ``required`` is false where they were not named: one that cannot be used is then left out."""

    choices: tuple[EngineChoice, ...]
    required: bool

    @classmethod
    def parse(cls, asked: Iterable[str]) -> Selection:
        """Read ``NAME[=PATH]``, ``all`` and ``auto`` (the default); raise `UsageError` with the valid names."""
        names = tuple(name for given in asked for name in given.split(",")) or ("auto",)
        chosen: dict[EngineName, EngineChoice] = {}
        for name in names:
            every = tuple(map(EngineChoice, EngineName)) if name in ("all", "auto") else (EngineChoice.parse(name),)
            chosen |= {choice.name: choice for choice in every}
        return cls(tuple(chosen.values()), required="auto" not in names)


@dataclass(frozen=True)
class Launch:
    """How a browser is to be started.

    ``proxy`` is the URL of the forward proxy for every name that is not loopback; ``deadline`` is in seconds and bounds
    the whole launch. ``third_party_cookies``: a site's cookies go with requests to it from every other site, where
    their own attributes let them; without it that is as the engine has it (Playwright's WebKit has no switch for it).
    ``known_key``: the base64 SHA-256 of a public key; Chromium then caches what came over HTTPS with it (measured: no
    answer is kept that came with a certificate which is merely overlooked).
    """

    path: str | None = None
    proxy: str | None = None
    headed: bool = False
    deadline: float = 60.0
    third_party_cookies: bool = False
    known_key: str = ""


@dataclass(frozen=True)
class EngineInfo:
    """A browser that runs: what it calls itself, where it is, how it is driven, and with which flags.

    ``name`` is that of an engine, or what a visiting browser is called by its ``user_agent``.
    """

    name: str
    version: str
    protocol: str
    path: str
    flags: tuple[str, ...] = field(default=())
    user_agent: str = ""


@dataclass(frozen=True)
class Message:
    """One sentence of the browser's own, with the URL of the request that it is about where the browser names it.

    ``is_code``: no sentence but the bare code of an error, which may come beside one, before or after it.
    """

    text: str
    url: str = ""
    is_code: bool = False

    @cached_property
    def tokens(self) -> frozenset[str]:
        """The tokens of the requests that the sentence is about: of the URLs that it names."""
        return frozenset(_TOKEN.findall(f"{self.url} {self.text}"))


class Page(Protocol):
    """A page that a browser has open."""

    def take_messages(self) -> tuple[Message, ...]:
        """Return what the browser has said about this page since the last time, oldest first."""
        ...

    def wait_for_messages(self, tokens: frozenset[str], deadline: float) -> None:
        """Return when messages that nobody has taken mention every token, or after ``deadline`` seconds."""
        ...

    def close(self) -> None:
        """Close the page; closing a page whose browser is gone is no error."""
        ...


@runtime_checkable
class TellsCodes(Protocol):
    """A page whose browser has bare codes for what it has no sentence for, and tells them at a price."""

    def tell_codes(self, wanted: bool) -> None:
        """Have them told from now on, or no more; raise `BrowserCrashed` where the browser does not answer."""
        ...


@runtime_checkable
class TellsWords(Protocol):
    """A page whose browser tells its sentences at a price, until it is told not to, and keeps the last ones then."""

    def tell_words(self, wanted: bool) -> None:
        """Have them told from now on, those that were kept first, or no more.

        Raises `BrowserCrashed` where the browser does not answer.
        """
        ...


@runtime_checkable
class KeepsErrors(Protocol):
    """A page whose browser keeps errors of the page's own script to itself until it is asked, for the price."""

    def tell_errors(self) -> None:
        """Have them told, those of before first; a page that does not answer is no error."""
        ...


class Browser(Protocol):
    """A browser that runs."""

    @property
    def info(self) -> EngineInfo:
        """What this browser is."""
        ...

    def open(self, url: str, on_death: Callable[[str], None]) -> Page:
        """Navigate a page to ``url`` and return once the document is committed.

        ``on_death`` is called at most once, from a thread of the engine, with the cause, when page or browser die.
        Raises `BrowserCrashed` when they are dead already, the navigation misses its deadline, or the answer is none
        to show (204, a download): the browser then goes on all the same, and keeps the cookies of that answer.
        """
        ...

    def close(self) -> None:
        """End every process and remove every file of this browser; never raises, may be called twice."""
        ...


def launch(name: EngineName, how: Launch) -> Browser:
    """Start the browser of an engine; raise `BrowserUnavailable` with the cause when it cannot be used."""
    module = importlib.import_module(f"harness.engines.{name.value}")
    browser: Browser = module.launch(how)
    return browser
