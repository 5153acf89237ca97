"""A tour: a browser that a person has opened, led from page to page by the pages themselves.

Whoever runs something names the next stop; the page at the stop before asks its own site for it and goes there. Both
sides wait with a deadline. No Flask here, and nothing of ours.
"""

from __future__ import annotations

import secrets
import threading


class Tour:
    """The stops of one browser, in their order; after the last one it goes ``home``.

    The id is unguessable, for any web page can reach a loopback port.
    """

    def __init__(self, home: str) -> None:
        self.id = secrets.token_urlsafe(18)
        self._home = home
        self._stops: list[str] = []
        self._reached = -1
        self._ended = False
        self._changed = threading.Condition()

    def lead(self, url: str) -> int:
        """Name the next stop; return its number, from 0."""
        with self._changed:
            number = len(self._stops)
            joint = "&" if "?" in url else "?"
            self._stops.append(f"{url}{joint}tour={self.id}&stop={number}")
            self._changed.notify_all()
            return number

    def end(self) -> None:
        """Send the browser home, and wake whoever waits for it."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def left(self) -> bool:
        """Whether the browser has been sent home."""
        return self._ended

    def after(self, stop: int, deadline: float) -> str | None:
        """Return where to go after a stop (-1 is the start), or None after ``deadline`` seconds without a word."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._stops) > stop + 1, deadline)
            if len(self._stops) > stop + 1 and not self._ended:
                return self._stops[stop + 1]
            return self._home if self._ended else None

    def reach(self, stop: int) -> None:
        """Note that the browser has opened a stop."""
        with self._changed:
            self._reached = max(self._reached, stop)
            self._changed.notify_all()

    def wait_for(self, stop: int, deadline: float) -> bool:
        """Wait until the browser is at a stop, at most ``deadline`` seconds; say whether it is."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._reached >= stop, deadline)
            return self._reached >= stop
