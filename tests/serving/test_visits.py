"""Visits: what a browser that nobody drives cannot be asked, and what happens when nobody comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import harness.engines.visitor
from client_site import Refusal
from harness import catalog
from harness.engines.visitor import Visitor
from harness.errors import BrowserUnavailable
from harness.ground import Ground
from harness.reports.document import RunDocument
from harness.scenario import Scenario
from harness.serving.visits import ELSEWHERE, NO_CERTIFICATE, NO_PROXY, PLAIN_HTTP, UNREACHED, Visits
from server_site import create_app

HOME = "http://localhost:1/"
SAFARI = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/605.1.15"
HOOKS = {scenario.id: scenario for scenario in catalog.load("hooks")}
LITERAL = {scenario.id: scenario for scenario in catalog.load("browsers")}


class Visiting:
    """Visits to a ground of one hook set, and what they come to."""

    def __init__(self, ground: Ground, host: str | None = None) -> None:
        self.ground = ground
        self.documents: dict[str, Any] = {}
        self.ended = threading.Event()
        self.reachable = [ground.page_url("http://localhost")]
        self.visits = Visits(ground, ["none"], home=HOME, document=RunDocument, done=self._done, host=host)

    def _done(self, label: str, document: Any) -> None:
        self.documents[label] = document
        self.ended.set()


@pytest.fixture
def visiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Visiting]:
    """Have nobody come, and wait for nobody long."""
    monkeypatch.setattr(harness.engines.visitor, "ARRIVAL", 0.2)
    with Ground({"none": lambda: create_app("none")}) as ground:
        made = Visiting(ground)
        yield made
        made.visits.stop()


def test_where_nobody_comes_nothing_is_tested_and_it_is_said(visiting: Visiting) -> None:
    """Every case is inconclusive, none has failed, and the document knows the browser by its user agent."""
    first = visiting.visits.start(["hooks"], "get-list", visiting.reachable, SAFARI)
    assert "/agent/" in first
    assert visiting.ended.wait(30)
    document = visiting.documents["Safari 18.2 (Mac)"]
    assert {one["status"] for one in document["results"]} == {"inconclusive"}
    assert "was its tab closed?" in document["results"][0]["cause"]
    assert document["engines"][0] == {
        "name": "Safari 18.2 (Mac)",
        "version": "18.2",
        "protocol": "visitor",
        "path": "",
        "flags": [],
        "user_agent": SAFARI,
        "canaries": {"asked": 0, "passed": 0, "failures": []},
    }
    assert document["exit"] == 4


def test_one_run_at_a_time(visiting: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second browser is told whose run is under way; stopped, the first one keeps what it measured."""
    monkeypatch.setattr(harness.engines.visitor, "ARRIVAL", 60.0)
    visiting.visits.start(["hooks"], "get-list", visiting.reachable, SAFARI)
    with pytest.raises(Refusal, match="under way in Safari"):
        visiting.visits.start(["hooks"], "get-list", visiting.reachable, "Firefox/1")
    visiting.visits.stop()
    assert visiting.ended.is_set()
    assert visiting.visits.visit is not None
    assert visiting.visits.visit.state == "interrupted"
    assert "/agent/" in visiting.visits.start(["hooks"], "get-list", visiting.reachable, "Firefox/1")


REFUSED = {
    "suite": (["nosuite"], "", "unknown suite nosuite"),
    "none": ([], "", "unknown suite none"),
    "pattern": (["hooks"], "zzz", "no scenario matches 'zzz'"),
}


@pytest.mark.parametrize(("suites", "keep", "said"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_refused(visiting: Visiting, suites: list[str], keep: str, said: str) -> None:
    """What cannot be run is said, and nothing begins."""
    with pytest.raises(Refusal, match=said):
        visiting.visits.start(suites, keep, [], SAFARI)
    assert visiting.visits.visit is None


def lacking(visiting: Visiting, reachable: list[str]) -> Callable[[Scenario, str], str]:
    """Return what says why a visiting browser cannot be asked a scenario under a hook set."""
    lacks = visiting.visits.lacks(frozenset(reachable))
    return lambda scenario, hooks: lacks(scenario, scenario.apis[0], hooks)


def test_on_loopback_a_visitor_lacks_proxy_and_certificates(visiting: Visiting) -> None:
    """Names and https are out of reach; so is a host that this browser does not resolve; all else is asked."""
    lacks = lacking(visiting, visiting.reachable)
    by_page = {scenario.page: lacks(scenario, "none") for scenario in HOOKS.values()}
    assert by_page == {
        "http://localhost": "",
        "null": "",
        "http://127.0.0.1": UNREACHED,
        "http://app.localhost": UNREACHED,
        "http://app.example.com": NO_PROXY,
        "https://app.example.com": NO_PROXY,
    }
    secure = next(scenario for scenario in LITERAL.values() if scenario.page == "https://localhost")
    assert lacks(secure, "literal") == NO_CERTIFICATE
    streaming = next(scenario for scenario in LITERAL.values() if scenario.needs_http_2)
    assert lacks(streaming, "literal") == NO_CERTIFICATE


def test_with_a_host_there_is_one_site_only(visiting: Visiting) -> None:
    """What needs a second host is skipped, by page and by URL; what needs another port of the same host is not."""
    elsewhere = lacking(Visiting(visiting.ground, host="192.0.2.1"), [])
    assert elsewhere(HOOKS["get"], "none") == ""
    assert elsewhere(HOOKS["get"], "hardened") == PLAIN_HTTP
    assert elsewhere(HOOKS["redirect-put-to-another-origin"], "published") == ELSEWHERE
    loopback = next(scenario for scenario in HOOKS.values() if scenario.page == "http://127.0.0.1")
    assert elsewhere(loopback, "none") == ELSEWHERE
    counts = [elsewhere(scenario, "literal") for scenario in LITERAL.values()]
    assert counts.count("") > 1000
    assert counts.count(ELSEWHERE) > 0


def test_a_browser_that_went_home_is_not_started_again(visiting: Visiting) -> None:
    """Only a person can do that."""
    tour = visiting.ground.board.begin_tour(HOME)
    visitor = Visitor("x", "1", "x/1", None, tour, lambda scenario, api, hooks: "")
    visitor.connect().close()
    with pytest.raises(BrowserUnavailable, match="nobody but a person"):
        visitor.connect()
