"""The oracle asked about recorded exchanges: what had to follow, and where the record ends too soon."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_events import SCENARIOS, FixedOrigins, finished

from harness import oracle, plan
from harness.observation import PageOutcome, PageResult
from harness.prediction import Prediction, predict
from harness.scenario import Api, Outcome, Scenario, Step
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
    """Status and exact header names; nothing was sent astray."""
    assert predicted("put-json") == Prediction(Outcome.ALLOWED, 200, READ)


WILDCARD = oracle.Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS
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


def test_a_request_without_any_answer_yet_is_no_block() -> None:
    """Still open, and no head has left."""
    assert predicted("get", "none", ending=Ending.OPEN, status=None, response_headers=()) == Prediction(None)


@pytest.mark.parametrize("ending", [Ending.CLOSED, Ending.CUT_OFF])
def test_an_unfinished_answer_is_no_block(ending: Ending) -> None:
    """Whatever was sent of it is no answer that could be allowed or refused: never a block."""
    assert predicted("get", "none", ending=ending) == Prediction(None)


def test_a_request_that_the_standard_does_not_send_is_told_without_its_token() -> None:
    """An exchange too many."""
    event = finished("get")
    assert event.planned is not None
    twice = event.observation.exchanges * 2
    (only,) = predict(event.planned, event.observation.page, twice)
    assert only.differences == ("GET http://localhost:2222/items/1 arrived, which the standard does not send",)


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
    predictions = predict(event.planned, page, event.observation.exchanges)
    assert [(p.outcome, p.differences) for p in predictions] == [(Outcome.ALLOWED, ())] * 3
    early = tuple(replace(result, started_s=at) for result, at in zip(page, (0.0, 0.1, 5.0), strict=True))
    assert predict(event.planned, early, event.observation.exchanges)[-1].differences


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
