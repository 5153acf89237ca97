"""The oracle asked about recorded exchanges: what had to follow, and where the record ends too soon."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_events import SCENARIOS, FixedOrigins, finished

from harness import oracle, plan
from harness.foresight import request_of
from harness.literal import Answer, Role, Rule, Script
from harness.observation import PageOutcome, PageResult
from harness.prediction import Prediction, predict, told_by
from harness.scenario import LITERAL, Api, Outcome, Scenario, Step
from harness.verdict import Status
from harness.wire import Ending, Exchange

READ = frozenset({"content-type", "content-length"})


def predicted(scenario: str, hooks: str = "published", **changes: object) -> Prediction:
    """Return the prediction for a made case of one step, with changes to its last exchange."""
    event = finished(scenario, hooks)
    assert event.planned is not None
    *others, last = event.observation.exchanges
    exchanges = (*others, replace(last, **changes))  # type: ignore[arg-type]
    (only,) = predict(event.planned, event.observation.page, exchanges)
    return only


def test_an_allowed_answer_is_predicted_with_what_script_may_read() -> None:
    """Status, exact header names and type; nothing was sent astray."""
    assert predicted("put-json") == Prediction(Outcome.ALLOWED, 200, READ, type="cors")


BLOCKS = {
    "no-permission": ("get", "none", oracle.Reason.ALLOW_ORIGIN_MISSING.value, "actual"),
    "preflight-404": ("unknown-url-put", "decorator", oracle.Reason.ALLOW_ORIGIN_MISSING.value, "preflight"),
    "credentials": (
        "credentials-include-get",
        "decorator",
        oracle.Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS.value,
        "actual",
    ),
    "method": ("wrong-method-put", "decorator", oracle.Reason.METHOD_NOT_ALLOWED.value, "preflight"),
    "header": ("header-unlisted", "decorator", oracle.Reason.HEADER_NOT_ALLOWED.value, "preflight"),
}


@pytest.mark.parametrize(("scenario", "hooks", "reason", "where"), BLOCKS.values(), ids=BLOCKS)
def test_a_block_is_predicted_with_its_reason(scenario: str, hooks: str, reason: str, where: str) -> None:
    """The step of Fetch that refuses, in which phase, with clause and sentence."""
    prediction = predicted(scenario, hooks)
    assert (prediction.outcome, prediction.reason, prediction.where) == (Outcome.BLOCKED, reason, where)
    assert prediction.sentence
    assert prediction.clause.startswith("https://fetch.spec.whatwg.org/#")
    assert prediction.differences == ()


def test_a_missing_request_ends_the_story() -> None:
    """A preflight that permits, and no request after it: the standard says that one is missing, and no more."""
    event = finished("put")
    assert event.planned is not None
    (only,) = predict(event.planned, event.observation.page, event.observation.exchanges[:1])
    assert only.outcome is None
    assert only.differences == ("the standard sends PUT http://localhost:2222/items/1 here, and it never arrived",)


@pytest.mark.parametrize("ending", [Ending.OPEN, Ending.LEFT])
def test_a_head_that_has_left_is_judged_whatever_becomes_of_the_body(ending: Ending) -> None:
    """A stream that goes on, or that the browser hung up on, was refused by its head."""
    assert predicted("get", "none", ending=ending).outcome is Outcome.BLOCKED


@pytest.mark.parametrize("ending", [Ending.OPEN, Ending.LEFT])
def test_a_request_without_any_answer_yet_is_no_block(ending: Ending) -> None:
    """No head has left, and whether one would have, nobody knows."""
    assert predicted("get", "none", ending=ending, status=None, response_headers=()) == Prediction(None)


NO_HTTP = {
    "closed": ({"ending": Ending.CLOSED, "status": None, "response_headers": ()}, "'closed'"),
    "closed-with-a-head": ({"ending": Ending.CLOSED}, "'closed'"),
    "cut-off": ({"ending": Ending.CUT_OFF}, "'cut-off'"),
    "no-status-line": ({"status": None, "response_headers": ()}, "'no status line'"),
    "nul": ({"response_headers": (("Access-Control-Allow-Origin", "\0*"),)}, "NUL"),
}


@pytest.mark.parametrize("hooks", ["published", "none"], ids=["permitted", "refused"])
@pytest.mark.parametrize(("changes", "why"), NO_HTTP.values(), ids=NO_HTTP)
def test_an_answer_that_is_none_is_no_block(changes: dict[str, Any], why: str, hooks: str) -> None:
    """Whatever was sent of it is no answer that could be allowed or refused: never a block, and it is said why."""
    prediction = predicted("get", hooks, **changes)
    assert (prediction.outcome, prediction.reason) == (Outcome.NO_ANSWER, "network-failure")
    assert prediction.reasons == {"network-failure"}
    assert why in prediction.sentence
    assert prediction.differences == ()


def test_a_request_that_the_standard_does_not_send_is_told_without_its_token() -> None:
    """An exchange too many."""
    event = finished("get")
    assert event.planned is not None
    twice = event.observation.exchanges * 2
    (only,) = predict(event.planned, event.observation.page, twice)
    assert only.differences == ("GET http://localhost:2222/items/1 arrived, which the standard does not send",)


def test_a_reason_is_told_without_a_token() -> None:
    """The URL that is concerned is the case's, whichever of its repeats it was."""
    request = oracle.Request(url="http://localhost:6667/a?corsproof=t1", origin="http://localhost:1")
    told = told_by(oracle.predict(request, lambda _: oracle.NetworkFailure()))
    assert told.sentence == "Browsers do not speak HTTP to this port. Concerned: 'http://localhost:6667/a'."


def test_who_gives_up_leaves_no_prediction() -> None:
    """No outcome, and that no answer came is no difference."""
    event = finished("slow-answer-given-up")
    assert event.verdict.status is Status.PASS
    assert event.predicted == (Prediction(None),)


def test_the_preflight_cache_lasts_from_step_to_step() -> None:
    """A second PUT needs no preflight, a third one after the entry's age does."""
    event = finished("preflight-cached-ten-seconds")
    assert event.planned is not None
    page = tuple(replace(r, started_s=at) for r, at in zip(event.observation.page, (0.0, 0.1, 11.0), strict=True))
    steps = zip(event.observation.exchanges, (0, 0, 1, 2, 2), strict=True)
    exchanges = tuple(replace(exchange, step=step) for exchange, step in steps)
    predictions = predict(event.planned, page, exchanges)
    assert [(p.outcome, p.differences) for p in predictions] == [(Outcome.ALLOWED, ())] * 3
    early = tuple(replace(result, started_s=at) for result, at in zip(page, (0.0, 0.1, 5.0), strict=True))
    assert predict(event.planned, early, exchanges)[-1].differences


def test_what_a_page_asks_its_own_site_is_judged_without_the_request_behind_it() -> None:
    """The proxy's request to the API is not the browser's."""
    event = finished("proxied-put-json", "proxy")
    page_side, api_side = event.observation.exchanges
    own = replace(page_side, request_headers=(("host", "localhost:1111"), *page_side.request_headers[1:]))
    assert event.planned is not None
    (only,) = predict(event.planned, event.observation.page, (own, api_side))
    assert (only.outcome, only.differences) == (Outcome.ALLOWED, ())


def test_a_call_that_the_interface_refuses_is_predicted_as_such() -> None:
    """A forbidden method never becomes a request."""
    scenario = Scenario("trace", "x", "x", (Step("TRACE", "{api}/a"),), SCENARIOS["get"].expect, apis=(Api.FETCH,))
    planned = plan.plan(plan.Case(scenario, "published", Api.FETCH, "published"), FixedOrigins())
    page = PageResult(0, planned.origin, PageOutcome.EXCEPTION)
    (only,) = predict(planned, (page,), ())
    assert only.outcome is Outcome.EXCEPTION


def test_a_silent_retry_of_the_browser_is_not_counted() -> None:
    """Browsers ask again where a connection broke; the model knows."""
    event = finished("get")
    assert event.planned is not None
    (exchange,) = event.observation.exchanges
    broken: Exchange = replace(exchange, ending=Ending.CLOSED, status=None, response_headers=())
    (only,) = predict(event.planned, event.observation.page, (broken, exchange))
    assert (only.outcome, only.differences) == (Outcome.ALLOWED, ())


@pytest.mark.parametrize("tries", [1, 2, 10])
def test_a_browser_that_retries_in_vain_has_no_answer(tries: int) -> None:
    """However often the same request finds its connection closed, the standard sends it once."""
    event = finished("get")
    assert event.planned is not None
    (exchange,) = event.observation.exchanges
    broken = replace(exchange, ending=Ending.CLOSED, status=None, response_headers=())
    (only,) = predict(event.planned, event.observation.page, (broken,) * tries)
    assert (only.outcome, only.differences) == (Outcome.NO_ANSWER, ())


# ---- what else is told -----------------------------------------------------------------------------


def test_what_else_would_have_refused_is_among_the_reasons() -> None:
    """An engine that checks in another order names another one: the first, and those behind it."""
    event = finished("put", "none")
    assert event.planned is not None
    status = replace(event.observation.exchanges[0], status=404)
    (only,) = predict(event.planned, event.observation.page, (status,))
    assert only.reason == "allow-origin-missing"
    assert only.reasons >= {"allow-origin-missing", "preflight-status-not-ok"}
    assert predicted("get", "none").reasons == {"allow-origin-missing"}


TYPES = {
    "cors": ("get", "published", "cors"),
    "no-cors": ("no-cors-get", "published", "opaque"),
    "manual": ("redirect-mode-manual", "published", "opaqueredirect"),
    "none": ("get", "none", ""),
}


@pytest.mark.parametrize(("scenario", "hooks", "type_"), TYPES.values(), ids=TYPES)
def test_the_type_is_told(scenario: str, hooks: str, type_: str) -> None:
    """That of the response as `response.type` has it; nothing where script gets none."""
    assert predicted(scenario, hooks).type == type_


EVENTS = {
    "read": ("published", Api.XHR, ["readystatechange:1", "loadstart", "readystatechange:2"], "load"),
    "blocked": ("none", Api.XHR, ["readystatechange:1", "loadstart", "readystatechange:4"], "error"),
    "fetch": ("published", Api.FETCH, [], ""),
}


@pytest.mark.parametrize(("hooks", "api", "first", "end"), EVENTS.values(), ids=EVENTS)
def test_the_events_of_an_xhr_are_told(hooks: str, api: Api, first: list[str], end: str) -> None:
    """In their order, and none for fetch()."""
    (only,) = finished("get", hooks, api=api).predicted
    assert list(only.events[:3]) == first
    assert (end in only.events) is bool(end)


def test_an_answer_that_broke_off_has_no_order_of_events() -> None:
    """How far the browser had come, nobody knows."""
    event = finished("get", api=Api.XHR)
    assert event.planned is not None
    broken = tuple(replace(exchange, ending=Ending.CUT_OFF) for exchange in event.observation.exchanges)
    (only,) = predict(event.planned, event.observation.page, broken)
    assert (only.outcome, only.events) == (Outcome.NO_ANSWER, ())


def test_what_the_oracle_says_of_answers_that_are_all_known() -> None:
    """The same prediction as from a record of them."""
    event = finished("put-json")
    assert event.planned is not None
    request = request_of(event.planned.unit["steps"][0], event.planned.origin)
    answers = iter(
        oracle.WireResponse.received(exchange.status or 0, exchange.response_headers)
        for exchange in event.observation.exchanges
    )
    assert (told_by(oracle.predict(request, lambda _: next(answers))),) == event.predicted


# ---- an engine's rules, and literal answers --------------------------------------------------------


def test_by_an_engines_rules() -> None:
    """What an engine is known to do otherwise is predicted where its rules are given, and only there."""
    blind = replace(oracle.STANDARD, response_failure=lambda flight, response: None)
    event = finished("get", "none")
    assert event.planned is not None
    (standard,) = predict(event.planned, event.observation.page, event.observation.exchanges)
    (engine,) = predict(event.planned, event.observation.page, event.observation.exchanges, blind)
    assert (standard.outcome, engine.outcome) == (Outcome.BLOCKED, Outcome.ALLOWED)


def test_literal_answers_have_nobody_behind_the_page() -> None:
    """A redirect from the page's own site to the API is the browser's: no proxy of ours asks in its place."""
    location = (("Location", "{api}/b?{token}"),)
    script = Script(
        (
            Rule((Answer(302, location),), path="/a", role=Role.PAGE),
            Rule((Answer(200, (("Access-Control-Allow-Origin", "{page}"),)),), path="/b", role=Role.API),
        )
    )
    step, apis = Step("GET", "{home}/a"), (Api.FETCH,)
    scenario = Scenario("away", "x", "x", (step,), {LITERAL: None}, apis=apis, turns=(script,))
    planned = plan.plan(plan.Case(scenario, LITERAL, Api.FETCH, LITERAL), FixedOrigins())
    places, token = dict(planned.places), f"corsproof={planned.token}"
    hops = [
        ("home", "/a", 302, (("location", f"{places['api']}/b?{token}"),), ()),
        ("api", "/b", 200, (("access-control-allow-origin", planned.origin),), (("origin", planned.origin),)),
    ]
    exchanges = tuple(
        Exchange(
            "x",
            planned.token,
            "GET",
            f"{path}?{token}",
            (("host", places[place].partition("://")[2]), ("accept", "*/*"), *asks),
            status,
            answers,
            ending=Ending.COMPLETE,
        )
        for place, path, status, answers, asks in hops
    )
    page = PageResult(0, planned.origin, PageOutcome.RESPONSE)
    (only,) = predict(planned, (page,), exchanges)
    assert (only.outcome, only.status, only.differences) == (Outcome.ALLOWED, 200, ())
