"""The browser's own words about one page, collected from an engine's thread and read from a run's thread.

Shared by all engines, knows none of them.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from harness.engines import Message

_URL = re.compile(r"https?://[^\s'\"‘’“”)]+")


class Mailbox:
    """Messages of one page in the order of their arrival, and the news of its death, told once."""

    def __init__(self, on_death: Callable[[str], None]) -> None:
        self._messages: list[Message] = []
        self._tokens: set[str] = set()
        self._arrived = threading.Condition()
        self._on_death = on_death
        self._dead = False

    def put(self, message: Message) -> None:
        """Add a message."""
        with self._arrived:
            self._messages.append(message)
            if not message.is_code:
                self._tokens |= message.tokens
            self._arrived.notify_all()

    def die(self, cause: str) -> None:
        """Tell the owner that page or browser are dead; later calls say nothing."""
        with self._arrived:
            first, self._dead = not self._dead, True
            self._arrived.notify_all()
        if first:
            self._on_death(cause)

    def silence(self) -> None:
        """Say no death from now on: the page is being closed on purpose."""
        with self._arrived:
            self._dead = True
            self._arrived.notify_all()

    def take(self) -> tuple[Message, ...]:
        """Return every message since the last time."""
        with self._arrived:
            taken, self._messages = tuple(self._messages), []
            self._tokens.clear()
            return taken

    def wait_for(self, tokens: frozenset[str], deadline: float) -> None:
        """Return when sentences that nobody has taken mention every token, when the page is dead, or at the deadline.

        ``deadline`` is in seconds.
        """
        end = time.monotonic() + deadline
        with self._arrived:
            while not (tokens <= self._tokens or self._dead) and (left := end - time.monotonic()) > 0:
                self._arrived.wait(left)


class MailboxPage:
    """A page whose words come into a mailbox (`harness.engines.Page`); ``leave`` closes it and never raises."""

    def __init__(self, mailbox: Mailbox, leave: Callable[[], None] = lambda: None) -> None:
        self._mailbox = mailbox
        self._leave = leave

    def take_messages(self) -> tuple[Message, ...]:
        """Return the browser's sentences since the last time."""
        return self._mailbox.take()

    def wait_for_messages(self, tokens: frozenset[str], deadline: float) -> None:
        """Wait until every token is mentioned, at most ``deadline`` seconds."""
        self._mailbox.wait_for(tokens, deadline)

    def close(self) -> None:
        """Say no more, and close the page; a dead browser is no error."""
        self._mailbox.silence()
        self._leave()


def in_words(text: str, url: str = "") -> Message:
    """Return what a browser said, with the URL that it is about: the first that it names, else ``url``."""
    named = _URL.search(text)
    return Message(text.strip(), named.group(0).rstrip(".") if named else url)
