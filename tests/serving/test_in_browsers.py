"""The hands-on page in all three engines: the gallery, the catalogue in a browser that nobody drives, and strangers."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from client_site import BatchDone
from harness import engines
from harness.commands.serve import serving
from harness.engines import Browser, EngineName
from harness.ground import Ground
from harness.serving import gallery
from harness.wire import Receive, Send

pytestmark = pytest.mark.browser
DEADLINE = 60.0


@dataclass(frozen=True)
class Served:
    """A server of hands-on pages: where it is, and a client that has the token."""

    home: str
    token: str
    client: httpx.Client

    def ask(self, method: str, path: str, value: Any = None) -> Any:
        """Ask a control endpoint as the page does."""
        answer = self.client.request(method, f"{self.home}/control/{path}", json=value)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module", params=list(EngineName), ids=str)
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Launch each engine once, without the proxy that a visiting browser would not have."""
    running = engines.launch(request.param, engines.Launch())
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Serve as the command does."""
    with serving([], 0, None, None, verify=True) as lines:
        home, _, token = lines[0].split()[-1].partition("/#")
        with httpx.Client(headers={"X-Corsproof-Token": token}, timeout=DEADLINE, trust_env=False) as client:
            yield Served(home, token, client)


def until(condition: Callable[[], Any]) -> Any:
    """Return what a condition comes to as soon as it is something; fail after the deadline."""
    pause = threading.Event()
    for _ in range(round(DEADLINE / 0.1)):
        if found := condition():
            return found
        pause.wait(0.1)
    pytest.fail("it did not come to pass")


def test_each_classic_failure_fails_for_its_reason(served: Served, browser: Browser) -> None:
    """One request a row: script gets nothing, or less than it wanted, and what to change is said."""
    choices = served.ask("GET", "choices")
    by_page: dict[str, list[Any]] = {}
    for row in choices["gallery"]:
        by_page.setdefault(row["page"], []).append(row)
    assert len(choices["gallery"]) == len(gallery.ROWS)
    for page, rows in by_page.items():
        opened = served.ask("POST", "pages", {"page": page})
        shown = browser.open(opened["url"], lambda cause: None)
        for row in rows:
            told = served.ask("POST", "fire", {**row, "page": opened["id"], "failure": row["id"]})
            expected = gallery.row(row["id"])
            assert expected is not None
            said = [step["mark"] for step in told["steps"]]
            if expected.reason is None:
                assert told["outcome"]["word"] == "allowed", row["id"]
                assert "refused" not in said
            else:
                assert told["outcome"]["word"] in ("blocked", "no-answer"), row["id"]
                reasons = {expected.reason.value, "allow-origin-missing"} if row["id"] == "preflight-401" else None
                assert told["reason"]["name"] in (reasons or {expected.reason.value}), row["id"]
                assert "refused" in said
            assert told["change"]["what"]
        shown.close()


ATTACKS = """<!doctype html><title>a stranger's page</title><script type="module">
const token = { "X-Corsproof-Token": "TOKEN" }, json = { "Content-Type": "application/json" };
const run = JSON.stringify({ suites: ["hooks"], keep: "", reachable: [] });
const results = JSON.stringify({ steps: [], batch_done: 1 });
const attacks = {
  "read-the-page": ["HOME/", {}],
  "read-the-choices": ["HOME/control/choices", { headers: token }],
  "read-the-matrix-unasked": ["HOME/control/run", {}],
  "start-a-run": ["HOME/control/run", { method: "POST", headers: { ...token, ...json }, body: run }],
  "start-a-run-blindly": ["HOME/control/run", { method: "POST", mode: "no-cors", body: run }],
  "end-a-run": ["HOME/control/run", { method: "DELETE", headers: token }],
  "post-results": ["AGENT/results", { method: "POST", headers: json, body: results }],
  "post-results-blindly": ["AGENT/results", { method: "POST", mode: "no-cors", body: results }],
  "read-the-open-door": ["/open", {}],
};
const told = {};
for (const [name, [url, options]] of Object.entries(attacks)) {
  try {
    const answer = await fetch(url, { credentials: "include", ...options });
    told[name] = answer.type === "opaque" ? "opaque" : `read ${answer.status}`;
  } catch (error) {
    told[name] = error.name;
  }
}
fetch("/told", { method: "POST", body: JSON.stringify(told) });
</script>"""


def test_a_foreign_page_can_neither_post_nor_read(served: Served, browser: Browser) -> None:
    """Not even one that has found out the token and the session; and the page itself, in the same browser, can."""
    told: queue.Queue[dict[str, str]] = queue.Queue()
    attacks = ""

    async def stranger(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"] == "/told":
            told.put(json.loads((await receive())["body"]))
        body = attacks.encode() if scope["path"] == "/" else b""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body})

    with Ground({"stranger": lambda: stranger}) as ground:
        session = ground.board.open()
        agent = f"{ground.page_url('http://localhost')}/agent/{session.id}"
        attacks = ATTACKS.replace("HOME", served.home).replace("TOKEN", served.token).replace("AGENT", agent)
        before = served.ask("GET", "run")
        shown = browser.open(ground.api_site("stranger").origin("127.0.0.1"), lambda cause: None)
        found = told.get(timeout=DEADLINE)
        shown.close()
        # What the agent's site answers to a blind post is 415, and nobody's to read; the other site keeps even that.
        blind = {"post-results-blindly": "opaque", "read-the-open-door": "read 200"}
        assert found == {name: blind.get(name, "TypeError") for name in found}
        assert len(found) == 9
        assert served.ask("GET", "run") == before
        assert session.wait(0.2) is None
        # The same browser, on the session's own page.
        shown = browser.open(agent, lambda cause: None)
        session.give({"number": 1, "pool": 1, "units": []})
        assert session.wait(DEADLINE) == BatchDone(1)
        shown.close()


def test_the_catalogue_runs_in_a_browser_that_nobody_drives(served: Served, browser: Browser) -> None:
    """Opened once, it goes from page to page by itself and home again; its results are a column with its own name.

    The last test of a browser: where there is one window, nobody else may navigate it while it is on its way home.
    """
    before = served.ask("GET", "run")["documents"]
    shown = browser.open(f"{served.home}/#{served.token}/run/put-json-from-", lambda cause: None)

    def told() -> Any:
        now = served.ask("GET", "run")
        return now["documents"] != before and now["run"]["state"] == "finished" and now

    state = until(told)
    shown.close()
    assert state["run"]["done"] == state["run"]["cases"] > 0
    [label] = set(state["documents"]) - set(before)
    document = served.ask("GET", f"document?label={label}")
    [engine] = document["engines"]
    assert engine["name"] == label
    assert engine["user_agent"].startswith("Mozilla/5.0 (")
    assert engine["canaries"]["failures"] == []
    assert engine["canaries"]["asked"] == 3 * 4  # on 127.0.0.1, on app.localhost, and in a sandboxed frame
    results = {(one["scenario"], one["status"]) for one in document["results"]}
    skipped = {scenario for scenario, status in results if status == "skipped"}
    assert skipped == {"put-json-from-http-name", "put-json-from-https-name"}
    assert {status for _, status in results} == {"pass", "skipped"}
    assert label in [column["name"] for column in state["matrix"]["columns"]]
