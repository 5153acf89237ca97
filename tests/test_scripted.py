"""The scripted engine: what the oracle says is what it does, and one that does otherwise is caught."""

from __future__ import annotations

import functools
import itertools
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deviants import CAUGHT, FOUND_OUT
from hasty import HastyClock, hasty
from literal_cases import ORIGINS
from spoils import IDS, SPOILED

import client_site
import server_site
from client_site import BatchDone, PageDied, Results, Session
from harness import catalog, deviations, engines, oracle, plan, runner
from harness.commands.options import ALL_HOOKS
from harness.commands.staging import NAMES, add_apis
from harness.engines import EngineChoice, EngineName, Launch
from harness.engines.scripted import Deviant, ScriptedBrowser
from harness.errors import BrowserCrashed, BrowserUnavailable, UsageError
from harness.events import CanariesSung, CaseFinished, Event, Progress
from harness.foresight import foresee
from harness.ground import Ground
from harness.observation import PageOutcome, PageResult
from harness.oracle import Reason
from harness.plan import Case, Cases
from harness.runner import Order
from harness.scenario import BOTH, LITERAL, Api, Expectation
from harness.verdict import Blame, Status
from harness.wire import Receive, Send

DEADLINE = 10.0
PAGE = "http://localhost"
VARIANTS = tuple(f"broken:{name}" for name in server_site.BROKEN)
WATCHED = frozenset(
    {
        "get",
        "put",
        "me-token",
        "wrong-method-put",
        "header-unlisted",
        "credentials-include-get",
        "no-cors-get",
        "redirect-303-post",
        "redirect-307-put",
        "redirect-to-another-origin",
        "redirect-put-to-another-origin",
        "redirect-mode-manual",
        "slash-redirect-put",
        "preflight-cached-ten-seconds",
    }
)


async def plain(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer by path: ``/open`` is open, ``/late`` never answers, ``/cut`` breaks off; the rest is closed."""
    assert scope["type"] == "http"
    body = (await receive())["body"]
    while scope["path"] == "/late" and (await receive())["type"] != "http.disconnect":
        pass
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % (len(body) + 3))]
    if scope["path"] in ("/open", "/cut"):
        headers += [(b"access-control-allow-origin", b"*"), (b"x-hidden", b"1")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    whole = scope["path"] != "/cut"
    await send({"type": "http.response.body", "body": body + b"\xc3\xbc!" if whole else b"", "more_body": not whole})


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Serve every hook set, sound or broken, and a plain API."""
    with Ground({"plain": lambda: plain}, names=NAMES, proxied="proxy") as standing:
        add_apis(standing, (*ALL_HOOKS, *VARIANTS))
        yield standing


def run(
    ground: Ground,
    ids: frozenset[str] | None,
    hooks: tuple[str, ...],
    *,
    apis: tuple[Api, ...] = BOTH,
    **character: Any,
) -> list[Event]:
    """Run scenarios of the suite, through some interfaces, in a scripted browser of such a character."""
    scenarios = [
        replace(scenario, apis=tuple(api for api in scenario.apis if api in apis))
        for scenario in catalog.load("hooks")
        if ids is None or scenario.id in ids
    ]
    order = Order(
        tuple(plan.cases(scenarios, hooks)),
        (EngineChoice(EngineName.CHROMIUM),),
        launcher=lambda name, how: hasty(name, how, **character),
    )
    return list(runner.run(order, ground))


def finished(events: list[Event]) -> list[CaseFinished]:
    """Return the results among events."""
    return [event for event in events if isinstance(event, CaseFinished)]


# ---- the suite ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def suite(ground: Ground) -> list[Event]:
    """Run the whole suite under every sound hook set."""
    return run(ground, None, ALL_HOOKS)


@pytest.mark.parametrize("hooks", ALL_HOOKS)
def test_the_whole_suite_passes(hooks: str, suite: list[Event]) -> None:
    """What is expected of the hook sets is what the oracle makes of their real answers; nothing is left out."""
    results = [event for event in finished(suite) if event.case.hooks == hooks]
    assert [event.case for event in results if event.verdict.status is not Status.PASS] == []
    assert len(results) == len(list(plan.cases(catalog.load("hooks"), [hooks]))) > 0


def test_the_canaries_are_answered_right_on_every_page(suite: list[Event]) -> None:
    """Each origin of the suite, names, https and the sandbox among them."""
    sung = [event for event in suite if isinstance(event, CanariesSung)]
    assert {event.page for event in sung} == {scenario.page for scenario in catalog.load("hooks")}
    assert [event.failures for event in sung if event.failures] == []


def test_every_block_has_the_oracles_sentence(suite: list[Event]) -> None:
    """The words of this browser are the oracle's, and they reach the case that they are about."""
    blocked = [event for event in finished(suite) if event.observation.page[-1].outcome is PageOutcome.NETWORK_ERROR]
    assert len(blocked) > 200
    sentences = {reason.sentence for reason in Reason}
    assert [event.case for event in blocked if not event.observation.reason.startswith(tuple(sentences))] == []
    assert [event.case for event in blocked if event.observation.reason != event.predicted[-1].sentence] == []


# ---- the suite of literal answers ------------------------------------------------------------------

PART = 10  # one of so many cases is asked, of all topics
# What the client below this engine, h11, neither sends nor takes, though browsers do.
UNSPOKEN = re.compile(r"\\x0[bc]")


def literal_cases() -> list[Case]:
    """Return the cases of the suite `browsers`, with time enough for a busy machine."""
    patient = [
        replace(scenario, steps=tuple(replace(step, deadline_ms=60_000) for step in scenario.steps))
        for scenario in catalog.load("browsers")
        if not UNSPOKEN.search(repr((scenario.steps, scenario.turns)))
    ]
    return list(plan.cases(patient, [LITERAL]))


def run_literally(ground: Ground, cases: Iterable[Case], name: EngineName, **character: Any) -> list[CaseFinished]:
    """Run cases in a scripted browser that goes by this name."""
    launcher = functools.partial(hasty, **character)
    return finished(list(runner.run(Order(Cases.of(cases), (EngineChoice(name),), launcher=launcher), ground)))


def test_the_standard_passes_literal_answers(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the rows expect is what comes over real sockets of an engine that does just what the standard says."""
    monkeypatch.setattr(deviations, "rules_for", lambda engine, version: ())
    cases = Cases.of(literal_cases()).shard(1, PART)
    results = run_literally(ground, cases, EngineName.CHROMIUM)
    otherwise = [event for event in results if event.verdict.status is not Status.PASS]
    told = [(one.case.scenario.id, one.verdict.status, one.verdict.cause, one.verdict.differences) for one in otherwise]
    assert told == []
    assert len(results) == len(cases) > 200


@pytest.mark.parametrize("name", list(EngineName), ids=str)
def test_an_engines_model_is_known(name: EngineName, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever an engine is known to do otherwise, one that goes by its model does, and is known by its own rules."""
    rules = tuple(rule for rule in deviations.RULES if rule.engine == name)
    model = deviations.model(rules)
    monkeypatch.setattr(deviations, "rules_for", lambda engine, version: rules)
    cases = Cases.of(case for case in literal_cases() if differs(case, model)).shard(1, PART)
    results = run_literally(ground, cases, name, rules=model)
    unknown = [event for event in results if event.verdict.status is not Status.KNOWN]
    assert [(event.case.scenario.id, event.verdict.differences) for event in unknown] == []
    assert {event.verdict.cause.partition(":")[0] for event in results} <= {rule.name for rule in rules}
    assert len(results) > 10


@pytest.mark.parametrize("name", list(EngineName), ids=str)
def test_an_engine_that_keeps_to_the_standard_is_no_longer_known(
    name: EngineName, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: where an engine is known to do otherwise and does not, the rule is out of date."""
    rules = tuple(rule for rule in deviations.RULES if rule.engine == name)
    monkeypatch.setattr(deviations, "rules_for", lambda engine, version: rules)
    model = deviations.model(rules)
    cases = Cases.of(case for case in literal_cases() if differs(case, model)).shard(1, PART)
    results = run_literally(ground, cases, name)
    assert {event.verdict.cause for event in results} == {"a recorded deviation no longer shows"}
    assert {event.verdict.status for event in results} == {Status.FAIL}


def differs(case: Case, model: oracle.Rules) -> bool:
    """Tell whether something else follows by a model than by the standard, and not only for another reason."""
    planned = plan.plan(case, ORIGINS)
    told = (planned.unit, planned.turns, planned.places)
    return without_reasons(foresee(*told)) != without_reasons(foresee(*told, model))


def without_reasons(expectation: Expectation) -> tuple[object, ...]:
    """Leave out why: this browser has words of its own, which mean nothing under another's name."""
    return tuple(replace(seen, reason="") for seen in expectation.seen), expectation.wire


# ---- what must be caught --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spoiled(ground: Ground) -> dict[str, dict[str, list[CaseFinished]]]:
    """Run the table's scenarios under every broken variant; return results by variant and scenario."""
    found: dict[str, dict[str, list[CaseFinished]]] = defaultdict(lambda: defaultdict(list))
    for event in finished(run(ground, IDS, VARIANTS)):
        found[event.case.hooks.removeprefix("broken:")][event.case.scenario.id].append(event)
    return found


@pytest.mark.parametrize("variant", server_site.BROKEN)
def test_a_broken_variant_is_caught(variant: str, spoiled: dict[str, dict[str, list[CaseFinished]]]) -> None:
    """Each fault fails exactly the scenarios that it must, through every interface, and the application is blamed."""
    results = spoiled[variant]
    assert set(results) == IDS
    statuses = {scenario: {event.verdict.status for event in events} for scenario, events in results.items()}
    assert statuses == {scenario: {Status.FAIL if scenario in SPOILED[variant] else Status.PASS} for scenario in IDS}
    blames = {event.verdict.blame for scenario in SPOILED[variant] for event in results[scenario]}
    assert blames == {Blame.APPLICATION}


@pytest.mark.parametrize("deviant", FOUND_OUT.values(), ids=FOUND_OUT)
def test_a_deviant_is_found_out_by_the_canaries(deviant: Deviant, ground: Ground) -> None:
    """A browser that is wrong in the simplest things is not believed: no case has a verdict."""
    events = run(ground, frozenset({"get"}), ("published",), deviant=deviant)
    (sung,) = [event for event in events if isinstance(event, CanariesSung)]
    assert sung.failures
    assert finished(events) == []


@pytest.fixture(scope="module")
def caught(ground: Ground) -> dict[str, list[CaseFinished]]:
    """Run each deviant that canaries do not find out and return its results that are none of a faithful browser."""
    found = {}
    for name, row in CAUGHT.items():
        events = run(ground, WATCHED, (row.hooks,), apis=(Api.FETCH,), deviant=row.deviant)
        assert [event.failures for event in events if isinstance(event, CanariesSung)] == [()] * 2, name
        assert len(finished(events)) > 7, name
        found[name] = [event for event in finished(events) if strays(event)]
    return found


def strays(event: CaseFinished) -> bool:
    """Tell whether a verdict notes that the browser left the standard; without a fault of the hooks, any that fails."""
    if event.case.hooks.startswith("broken:"):
        return any(difference.where.startswith("oracle[") for difference in event.verdict.differences)
    return event.verdict.status is not Status.PASS


@pytest.mark.parametrize("name", CAUGHT)
def test_a_deviant_is_caught_by_verdicts(name: str, caught: dict[str, list[CaseFinished]]) -> None:
    """What canaries do not ask is seen where it matters, and there alone; it never passes."""
    assert {event.case.scenario.id for event in caught[name]} == CAUGHT[name].scenarios


@pytest.mark.parametrize("name", CAUGHT)
def test_a_deviant_is_blamed(name: str, caught: dict[str, list[CaseFinished]]) -> None:
    """It fails, and it is the engine's fault, unless the application's own fault came first."""
    broken = CAUGHT[name].hooks.startswith("broken:")
    sentence = (Status.FAIL, Blame.APPLICATION) if broken else CAUGHT[name].sentence
    assert {(event.verdict.status, event.verdict.blame) for event in caught[name]} == {sentence}


# ---- the agent ------------------------------------------------------------------------------------


class Told:
    """A page of a scripted browser, told batches by hand."""

    def __init__(self, ground: Ground, page: str = PAGE, query: str = "", **character: Any) -> None:
        self.session: Session = ground.board.open()
        self.browser = ScriptedBrowser(EngineName.CHROMIUM, Launch(proxy=ground.proxy), **character)
        self.api = ground.api_origin("plain", page)
        self.page = self.browser.open(f"{ground.page_url(page)}/agent/{self.session.id}{query}", self.session.die)

    def __enter__(self) -> Told:
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()
        self.browser.close()

    def ask(self, *units: list[dict[str, Any]], pool: int = 6) -> list[dict[str, Any]]:
        """Tell a batch and return its results in the order of their arrival."""
        named = [
            {"id": f"unit{index}", "steps": [self.step(index, **step) for step in unit]}
            for index, unit in enumerate(units)
        ]
        self.session.give({"number": 7, "pool": pool, "units": named})
        results: list[dict[str, Any]] = []
        while isinstance(news := self.session.wait(DEADLINE), Results):
            results += news.steps
        assert news == BatchDone(7)
        return results

    def one(self, **step: Any) -> dict[str, Any]:
        """Ask one step and return its result."""
        (result,) = self.ask([step])
        return result

    def step(self, unit: int, path: str = "/open", method: str = "GET", **more: Any) -> dict[str, Any]:
        """Write a step as a plan does."""
        return {
            "api": "fetch",
            "method": method,
            "url": f"{self.api}{path}?corsproof=unit{unit}",
            "headers": [],
            "body": None,
            "body_kind": "text",
            "credentials": "same-origin",
            "mode": "cors",
            "redirect": "follow",
            "cache": "default",
            "referrer_policy": "",
            "upload_listener": False,
            "after_ms": 0,
            "abort_ms": None,
            "deadline_ms": 8000,
            **more,
        }


@pytest.fixture(scope="module")
def told(ground: Ground) -> Iterator[Told]:
    """Have one page for the tests that do it no harm."""
    with Told(ground) as page:
        yield page


def test_a_result_has_the_members_that_the_agent_promises(told: Told) -> None:
    """The contract at the top of agent.js names them; each is there."""
    script = (Path(client_site.__file__).parent / "static" / "agent.js").read_text("utf-8")
    contract = script.partition("A result: {")[2].partition("Outcomes:")[0]
    members = re.findall(r"\w+", re.sub(r":\s*(\[\[.*?\]\]|\[.*?\]|\{.*?\})(\|null)?", "", contract))
    assert len(members) == 15
    assert set(told.one()) == set(members)


def test_a_response_as_fetch_shows_it(told: Told) -> None:
    """Type, status, filtered headers and the decoded body; the origin is that of the page."""
    result = PageResult.read(told.one(method="POST", body="hü"))
    assert (result.outcome, result.type, result.status) == (PageOutcome.RESPONSE, "cors", 201)
    assert result.body == "hüü!"
    assert dict(result.headers) == {"content-type": "text/plain", "content-length": "6"}
    assert result.origin.startswith("http://localhost:")


def test_a_response_as_xhr_shows_it(told: Told) -> None:
    """XMLHttpRequest has no type of response."""
    result = PageResult.read(told.one(api="xhr"))
    assert (result.outcome, result.type, result.status, result.body) == (PageOutcome.RESPONSE, "", 201, "ü!")


ENDS: dict[str, tuple[dict[str, Any], PageOutcome, str]] = {
    "blocked": ({"path": "/closed"}, PageOutcome.NETWORK_ERROR, "TypeError"),
    "blocked-xhr": ({"path": "/closed", "api": "xhr"}, PageOutcome.NETWORK_ERROR, ""),
    "cut-off": ({"path": "/cut"}, PageOutcome.BODY_ERROR, "TypeError"),
    "cut-off-xhr": ({"path": "/cut", "api": "xhr"}, PageOutcome.NETWORK_ERROR, ""),
    "refused-port": ({"url": "http://localhost:1/"}, PageOutcome.NETWORK_ERROR, "TypeError"),
    "forbidden-method": ({"method": "TRACE"}, PageOutcome.EXCEPTION, "TypeError"),
    "forbidden-method-xhr": ({"method": "TRACE", "api": "xhr"}, PageOutcome.EXCEPTION, "SecurityError"),
    "same-origin-mode": ({"mode": "same-origin"}, PageOutcome.NETWORK_ERROR, "TypeError"),
    "opaque": ({"mode": "no-cors"}, PageOutcome.RESPONSE, ""),
    "late": ({"path": "/late", "deadline_ms": 60}, PageOutcome.DEADLINE, ""),
    "given-up": ({"path": "/late", "abort_ms": 20}, PageOutcome.ABORTED, ""),
}


@pytest.mark.parametrize(("step", "outcome", "error"), ENDS.values(), ids=ENDS)
def test_how_a_step_ends(step: dict[str, Any], outcome: PageOutcome, error: str, told: Told) -> None:
    """Each outcome of the agent's contract, and the name of its error."""
    result = told.one(**step)
    assert result["outcome"] == outcome
    assert (result["error"] or {"name": ""})["name"] == error


def test_a_refusal_is_told_with_its_url(told: Told) -> None:
    """Messages are the oracle's sentence and mention the token in the URL."""
    told.ask([{"path": "/open"}], [{"path": "/closed", "url": f"{told.api}/closed?corsproof=telling"}])
    told.page.wait_for_messages(frozenset({"telling"}), DEADLINE)
    (message,) = [message for message in told.page.take_messages() if "telling" in message.tokens]
    assert message.text.startswith(Reason.ALLOW_ORIGIN_MISSING.sentence)


def test_steps_of_a_unit_go_one_after_the_other(told: Told) -> None:
    """In their order, each started when the one before has ended; units go side by side."""
    results = told.ask([{}] * 4, [{"path": "/late", "deadline_ms": 100}, {}])
    own = [result for result in results if result["unit"] == "unit0"]
    assert [result["step"] for result in own] == [0, 1, 2, 3]
    assert all(before["ended_ms"] <= after["started_ms"] for before, after in itertools.pairwise(own))
    assert results.index(own[0]) < results.index(next(result for result in results if result["unit"] == "unit1"))


def test_no_more_at_once_than_the_pool_has_room(told: Told) -> None:
    """With a pool of two, the third of three slow steps starts when one has ended."""
    results = told.ask(*([{"path": "/late", "deadline_ms": 80}] for _ in range(3)), pool=2)
    started = sorted(result["started_ms"] for result in results)
    assert started[2] >= min(result["ended_ms"] for result in results)
    assert started[1] < min(result["ended_ms"] for result in results)


def test_the_time_is_the_clocks(ground: Ground) -> None:
    """A step waits for its time by the unit's clock, and says when it was by the same."""
    with Told(ground, clock=HastyClock) as page:
        first, second = page.ask([{}, {"after_ms": 60_000}])
    assert 55_000 <= second["started_ms"] - first["started_ms"] < 65_000  # from the first one's announcement


def test_a_turn_is_called_before_its_step(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are several steps, the page's site knows of each before it goes out; of a single one it need not."""
    called: list[tuple[str, int, int]] = []

    def turn(unit: str, step: int) -> None:
        called.append((unit, step, len(ground.wire.read(unit))))

    monkeypatch.setattr(ground.board, "turn", turn)
    with Told(ground) as page:
        for steps in (3, 1):
            ground.wire.forget("unit0")
            assert [result["status"] for result in page.ask([{}] * steps)] == [201] * steps
    assert called == [("unit0", 0, 0), ("unit0", 1, 1), ("unit0", 2, 2)]


BODIES: dict[str, tuple[dict[str, Any], bytes, str | None]] = {
    "text": ({"body": "ü"}, b"\xc3\xbc", "text/plain;charset=UTF-8"),
    "urlencoded": (
        {"body": "a=b", "body_kind": "urlencoded"},
        b"a=b",
        "application/x-www-form-urlencoded;charset=UTF-8",
    ),
    "bytes": ({"body": "\0\xff", "body_kind": "bytes"}, b"\0\xff", None),
}


@pytest.mark.parametrize(("step", "sent", "type_"), BODIES.values(), ids=BODIES)
def test_kinds_of_body(step: dict[str, Any], sent: bytes, type_: str | None, told: Told, ground: Ground) -> None:
    """Each goes out as the bytes that it stands for, with the type that comes with it."""
    assert told.one(method="POST", **step)["outcome"] == PageOutcome.RESPONSE
    exchange = ground.wire.settle("unit0", DEADLINE)[-1]
    assert exchange.request_body == sent
    assert dict(exchange.request_headers).get("content-type") == type_


POLICIES = {"the-pages-own": ("", "page"), "no-referrer": ("no-referrer", "null"), "origin": ("origin", "page")}


@pytest.mark.parametrize(("policy", "origin"), POLICIES.values(), ids=POLICIES)
def test_the_referrer_policy_hides_the_origin(policy: str, origin: str, told: Told, ground: Ground) -> None:
    """In mode no-cors, where the standard lets it."""
    told.one(method="POST", mode="no-cors", referrer_policy=policy)
    exchange = ground.wire.settle("unit0", DEADLINE)[-1]
    expected = ground.page_origin(PAGE) if origin == "page" else origin
    assert dict(exchange.request_headers)["origin"] == expected


def test_it_goes_by_the_rules_that_it_is_given(ground: Ground) -> None:
    """Those of an engine's model, in the place of the standard's."""
    blind = replace(oracle.STANDARD, response_failure=lambda flight, response: None)
    with Told(ground, rules=blind) as page:
        assert page.one(path="/closed")["outcome"] == PageOutcome.RESPONSE


PAGES = {
    "loopback": ("http://127.0.0.1", ""),
    "localhost-name": ("http://app.localhost", ""),
    "http-name": ("http://app.example.com", ""),
    "https-name": ("https://app.example.com", ""),
    "sandboxed": ("null", "?sandboxed"),
}


@pytest.mark.parametrize(("page", "query"), PAGES.values(), ids=PAGES)
def test_the_origin_is_the_pages(page: str, query: str, ground: Ground) -> None:
    """Under whatever name the page is opened, script and server know it by the same origin."""
    with Told(ground, page, query) as open_page:
        assert open_page.one()["origin"] == open_page.session.origin == ground.page_origin(page)
    (exchange,) = ground.wire.read("unit0")[-1:]
    assert dict(exchange.request_headers)["origin"] == ground.page_origin(page)


# ---- ends -----------------------------------------------------------------------------------------


def test_it_dies_when_it_is_told_to(ground: Ground) -> None:
    """After so many steps: the page's death is said once, with its cause, and nothing opens any more."""
    with Told(ground, die_after=2) as page:
        page.session.give({"number": 1, "pool": 1, "units": [{"id": "a", "steps": [page.step(0)] * 3}]})
        news = [page.session.wait(DEADLINE), page.session.wait(DEADLINE)]
        assert isinstance(news[0], Results)
        assert news[1] == PageDied("the scripted browser died after 2 steps")
        with pytest.raises(BrowserCrashed, match="died after 2 steps"):
            page.browser.open(f"{ground.page_url(PAGE)}/agent/{page.session.id}", page.session.die)
    assert page.session.wait(0) is None


def test_it_hangs_when_it_is_told_to(ground: Ground) -> None:
    """After so many steps no more is heard; closing it is no death."""
    with Told(ground, hang_after=1) as page:
        unit = {"id": "hanging", "steps": [page.step(0)]}
        page.session.give({"number": 1, "pool": 1, "units": [unit]})
        assert ground.wire.wait_for("unit0", DEADLINE)
        assert page.session.wait(0.05) is None
    assert page.session.wait(0) is None


def test_it_refuses_to_launch_when_it_is_told_to() -> None:
    """The cause is the one given."""
    with pytest.raises(BrowserUnavailable, match="no such browser"):
        ScriptedBrowser(EngineName.WEBKIT, Launch(), refuse_to_launch="no such browser")


def test_a_page_that_is_not_there_is_no_page(ground: Ground) -> None:
    """A wrong session, or a site that does not answer, is a navigation that failed."""
    browser = ScriptedBrowser(EngineName.CHROMIUM, Launch(proxy=ground.proxy))
    with pytest.raises(BrowserCrashed, match="404"):
        browser.open(f"{ground.page_url(PAGE)}/agent/nobody", lambda cause: None)
    with pytest.raises(BrowserCrashed, match="did not load"):
        browser.open("http://localhost:1/agent/nobody", lambda cause: None)
    browser.close()


def test_a_session_that_ends_under_the_page_is_a_death(ground: Ground) -> None:
    """The agent cannot go on, and says so."""
    deaths: list[str] = []
    dead = threading.Event()
    session = ground.board.open()
    browser = ScriptedBrowser(EngineName.CHROMIUM, Launch(proxy=ground.proxy))

    def die(cause: str) -> None:
        deaths.append(cause)
        dead.set()

    page = browser.open(f"{ground.page_url(PAGE)}/agent/{session.id}", die)
    session.give({"number": 1, "pool": 1, "units": [{"id": "a", "steps": [{}]}]})
    assert dead.wait(DEADLINE)
    page.close()
    browser.close()
    assert len(deaths) == 1
    assert "the scripted agent failed" in deaths[0]


def test_closing_twice_and_in_any_order_is_no_error(ground: Ground) -> None:
    """A page may be closed after its browser; a closed browser opens nothing; its thread is gone."""
    page = Told(ground)
    page.browser.close()
    page.page.close()
    page.browser.close()
    with pytest.raises(BrowserCrashed, match="closed"):
        page.browser.open(f"{ground.page_url(PAGE)}/agent/{page.session.id}", page.session.die)


def test_closing_ends_its_thread(ground: Ground) -> None:
    """Nothing of a scripted browser goes on."""
    before = set(threading.enumerate())
    with Told(ground) as page:
        page.one()
        own = [thread for thread in set(threading.enumerate()) - before if thread.name == "corsproof-scripted"]
        assert len(own) == 1
    assert not own[0].is_alive()


@pytest.mark.parametrize("name", ["scripted", "Scripted", "all", "auto"])
def test_it_cannot_be_asked_for_by_name(name: str) -> None:
    """It proves nothing about browsers, so no name leads to it."""
    try:
        chosen = [choice.name.value for choice in engines.Selection.parse([name]).choices]
    except UsageError:
        chosen = []
    assert "scripted" not in chosen


def test_progress_is_told(suite: list[Event]) -> None:
    """What the page reports is counted once per case, canaries apart."""
    assert sum(event.cases for event in suite if isinstance(event, Progress)) == len(finished(suite))
