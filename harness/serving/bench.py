"""The bench: pages that a person holds open in frames of the hands-on page, and that fire what they are told.

The same pipeline as in a run: the page's site, the wire, the oracle. Puts a step, its page and its exchanges together
and hands them on to be told. Knows neither Flask nor a driver.
"""

from __future__ import annotations

import contextlib
import secrets
import string
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from client_site import Refusal
from harness import plan
from harness.engines import EngineInfo
from harness.engines.visitor import PROTOCOL, SilentPage
from harness.errors import CorsproofError
from harness.ground import Ground
from harness.literal import Script
from harness.live import LivePage, live_page
from harness.observation import Observation
from harness.scenario import LITERAL, Api, Expectation, Outcome, Scenario, Seen, Step
from harness.serving import gallery
from harness.serving.telling import told

Json = dict[str, Any]
PAGES = 16  # that are open at a time, in all tabs together
_AS_IT_IS = "".join(set(string.punctuation) - set('"<>`\\^{|}'))  # in a path, beside letters and digits


class Bench:
    """Pages by hand. ``apis`` are the names that may be asked, beside the canned answers of the gallery."""

    def __init__(self, ground: Ground, apis: Sequence[str]) -> None:
        self._ground = ground
        self._apis = frozenset(apis)
        self._pages: OrderedDict[str, _HeldPage] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, page: str) -> Json:
        """Open a page; return its id, the URL to show in a frame, and its origin."""
        held = _HeldPage(page, self._ground)
        with self._lock:
            while len(self._pages) >= PAGES:
                self._pages.popitem(last=False)[1].close()
            self._pages[held.id] = held
        return {"id": held.id, "url": held.url, "origin": self._ground.page_origin(page)}

    def fire(self, asked: Json) -> Json:
        """Have a page fire a request, and tell what came of it; raise `Refusal`."""
        with self._lock:
            held = self._pages.get(str(asked.get("page")))
        if held is None:
            raise Refusal("that page is no longer open: load the hands-on page again")
        planned = plan.plan(self._case(asked, held.page), self._ground)
        try:
            return told(planned, held.ask(planned))
        except CorsproofError as error:
            with self._lock:
                self._pages.pop(held.id, None)
            held.close()
            raise Refusal(str(error)) from error
        finally:
            self._ground.forget(planned.token)

    def close(self) -> None:
        """Close every page."""
        with self._lock:
            while self._pages:
                self._pages.popitem()[1].close()

    def _case(self, asked: Json, page: str) -> plan.Case:
        api, script = self._api(str(asked["api"]))
        row = gallery.row(str(asked.get("failure") or ""))
        steps = (*(row.before if row else ()), _step(asked))
        turns = (script,) if script else ()
        expected = None if script else Expectation((Seen(Outcome.ALLOWED),) * len(steps), ())
        try:
            interface = Api(asked["interface"])
            scenario = Scenario("by-hand", "by-hand", "", steps, {api: expected}, page, (interface,), turns)
        except ValueError as error:
            raise Refusal(str(error).removeprefix("scenario by-hand: ")) from error
        return plan.Case(scenario, api, interface, api)

    def _api(self, name: str) -> tuple[str, Script | None]:
        row = gallery.row(name.removeprefix(gallery.CANNED)) if name.startswith(gallery.CANNED) else None
        if row is not None and row.script is not None:
            return LITERAL, row.script
        if name not in self._apis:
            raise Refusal(f"there is no API {name!r}")
        return name, None


def _step(asked: Json) -> Step:
    path, headers = str(asked["path"]), tuple((str(name), str(value)) for name, value in asked["headers"])
    if not path.startswith("/") or path.startswith("//") or "#" in path:
        raise Refusal(f"{path!r} is no path: write what follows the API's origin, for example /items?limit=3")
    body = asked.get("body")
    path = quote(path, safe=_AS_IT_IS)  # as browsers write it, so that the record can be compared
    try:
        return gallery.step(str(asked["method"]), path, headers, body, str(asked["credentials"]))
    except ValueError as error:
        raise Refusal(str(error)) from error


class _HeldPage:
    """One page in a frame, which takes one request at a time."""

    def __init__(self, page: str, ground: Ground) -> None:
        self.id = secrets.token_urlsafe(12)
        self.page = page
        self._closing = contextlib.ExitStack()
        self._lock = threading.Lock()
        framed = _Framed()
        self._live: LivePage = self._closing.enter_context(live_page(page, framed, ground))
        self.url = framed.url

    def ask(self, planned: plan.Planned) -> Observation:
        """Ask a case; raise `Refusal` where the page says nothing."""
        with self._lock:
            answers = self._live.ask([planned])
            observed = [observation for _, observation in self._live.observe(answers)]
        if not observed:
            raise CorsproofError(f"the page gave no answer: {answers.cause}", hint="load the hands-on page again")
        return observed[0]

    def close(self) -> None:
        """Close the page."""
        self._live.stop()
        self._closing.close()


class _Framed:
    """The browser of the hands-on page, which shows pages in frames (`harness.engines.Browser`)."""

    info = EngineInfo("by hand", "", PROTOCOL, "")
    url = ""

    def open(self, url: str, on_death: Callable[[str], None]) -> SilentPage:
        """Note the URL that a frame is to show."""
        self.url = url
        return SilentPage()

    def close(self) -> None:
        """Close nothing."""
