"""The board where a run pins batches of steps for a page, and where the page pins its results.

One `Session` per page that is open, one `Tour` per browser that nobody drives. Both sides wait with a deadline and
neither polls. Batches and results are plain JSON values; `agent.js` documents their members. No Flask here.
"""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from client_site.tour import Tour

Json = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """Results that a page has posted, one per step that ended."""

    steps: tuple[Json, ...]


@dataclass(frozen=True)
class BatchDone:
    """A page has posted the last result of a batch."""

    number: int


@dataclass(frozen=True)
class PageDied:
    """A page will post nothing more."""

    cause: str


News = Results | BatchDone | PageDied


class Session:
    """One page: batches go out, news comes in. The id is unguessable, for any web page can reach a loopback port.

    ``on_failure`` is called with a unit of a hushed batch that has come to no response, on a thread of the page's site,
    and the page waits for its end.
    """

    def __init__(self) -> None:
        self.id = secrets.token_urlsafe(18)
        self.origin: str | None = None
        self._given: Json | None = None
        self._batches: queue.Queue[Json | None] = queue.Queue()
        self._news: queue.Queue[News] = queue.Queue()
        self.on_failure: Callable[[str], None] = lambda unit: None

    def give(self, batch: Json) -> None:
        """Pin a batch for the page."""
        self._batches.put(batch)

    def finish(self) -> None:
        """Tell the page that there is no more to do."""
        self._batches.put(None)

    def die(self, cause: str) -> None:
        """Tell whoever waits that the page is gone."""
        self._news.put(PageDied(cause))

    def wait(self, deadline: float) -> News | None:
        """Return the next news, or None after ``deadline`` seconds without any."""
        try:
            return self._news.get(timeout=deadline)
        except queue.Empty:
            return None

    def next_batch(self, origin: str, deadline: float, have: int | None = None) -> Json:
        """Answer a page's question for work: a batch, ``{"done": true}``, or ``{}`` after ``deadline`` seconds.

        ``have`` is the number of the last batch that the page has got: one that was lost on its way is given again.
        """
        self.origin = origin
        if have is not None and self._given is not None and self._given["number"] > have:
            return self._given
        try:
            batch = self._batches.get(timeout=deadline)
        except queue.Empty:
            return {}
        self._given = batch
        return {"done": True} if batch is None else batch

    def post(self, steps: list[Json], batch_done: int | None) -> None:
        """Take what a page reports."""
        if steps:
            self._news.put(Results(tuple(steps)))
        if batch_done is not None:
            self._news.put(BatchDone(batch_done))


class Board:
    """The sessions of all open pages, and the tours.

    ``arrived`` waits until a unit's request has arrived at its server, at most so many seconds; it says whether it has.
    ``turn`` is told that a unit begins the step of that number, whose answers are others than those before.
    """

    def __init__(
        self,
        arrived: Callable[[str, float], bool] = lambda unit, deadline: False,
        turn: Callable[[str, int], None] = lambda unit, step: None,
    ) -> None:
        self.arrived = arrived
        self.turn = turn
        self._sessions: dict[str, Session] = {}
        self._tours: dict[str, Tour] = {}
        self._lock = threading.Lock()

    def open(self) -> Session:
        """Make a session for a page that is about to be opened."""
        session = Session()
        with self._lock:
            self._sessions[session.id] = session
        return session

    def find(self, session_id: str) -> Session | None:
        """Return the session of that id, or None."""
        with self._lock:
            return self._sessions.get(session_id)

    def close(self, session: Session) -> None:
        """Forget a session; a page that still asks is told that it is done."""
        session.finish()
        with self._lock:
            self._sessions.pop(session.id, None)

    def begin_tour(self, home: str) -> Tour:
        """Make a tour, which is found until the board is gone: its browser may ask for the way home at any time."""
        tour = Tour(home)
        with self._lock:
            self._tours[tour.id] = tour
        return tour

    def tour(self, tour_id: str) -> Tour | None:
        """Return the tour of that id, or None."""
        with self._lock:
            return self._tours.get(tour_id)
