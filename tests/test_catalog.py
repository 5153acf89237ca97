"""The catalogue as data: nothing doubled, nothing missing that the project promises to ask."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from harness import catalog, deviations
from harness.engines import EngineName
from harness.errors import UsageError
from harness.scenario import BOTH, Expectation, Outcome, Scenario
from harness.wire import Kind
from server_site import HOOK_SETS

HOOKS = catalog.load("hooks")
BY_ID = {scenario.id: scenario for scenario in HOOKS}
EVERY = tuple(scenario for suite in catalog.SUITES for scenario in catalog.load(suite))


def expected(scenario: Scenario, hooks: str) -> Expectation:
    """Return what a scenario of the hooks expects under a hook set; it is always said."""
    expectation = scenario.expect[hooks]
    assert expectation is not None
    return expectation


def test_ids_are_unique() -> None:
    """No two scenarios of any suite share an id."""
    assert [name for name, count in Counter(scenario.id for scenario in EVERY).items() if count > 1] == []


def test_ids_are_kebab_case() -> None:
    """Ids are written in one way."""
    assert [each.id for each in EVERY if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each.id)] == []


def test_there_are_enough() -> None:
    """The suite of the hooks has the promised size."""
    assert len(HOOKS) >= 80


def test_each_says_what_it_is() -> None:
    """Each scenario has a sentence and a family."""
    assert [each.id for each in EVERY if not each.summary.strip() or not each.family.strip()] == []


def test_summaries_tell_scenarios_apart() -> None:
    """Scenarios of one family are told apart by their summaries."""
    counted = Counter((each.family, each.summary) for each in EVERY)
    assert [what for what, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("hooks", HOOK_SETS)
def test_every_hook_set_is_asked(hooks: str) -> None:
    """Every hook set of the API has scenarios, some of them with fetch and XHR."""
    asked = [scenario for scenario in HOOKS if hooks in scenario.expect]
    assert len(asked) >= 10
    assert any(scenario.apis == BOTH for scenario in asked)


def test_no_other_hook_set_is_expected() -> None:
    """Every expectation is one of a hook set that exists."""
    assert {hooks for each in HOOKS for hooks in each.expect} == set(HOOK_SETS)


@pytest.mark.parametrize("suite", catalog.SUITES)
def test_deviations_are_of_something(suite: str) -> None:
    """Every recorded deviation names an engine, a scenario, a hook set and an interface that exist, and a reason."""
    scenarios = {scenario.id: scenario for scenario in catalog.load(suite)}
    for known in catalog.deviations(suite):
        scenario = scenarios[known.scenario]
        assert known.engine in list(EngineName)
        assert known.hooks in scenario.expect
        assert known.api is None or known.api in scenario.apis
        assert known.why
        assert known.link.startswith("https://")


@pytest.mark.parametrize("suite", catalog.SUITES)
def test_deviations_follow_from_a_rule(suite: str) -> None:
    """Every recorded deviation is one of a rule of its engine: without one it would excuse nothing."""
    rules = {(rule.engine, rule.name) for rule in deviations.RULES}
    assert [known for known in catalog.deviations(suite) if (known.engine, known.rule) not in rules] == []


@pytest.mark.parametrize("suite", catalog.SUITES)
def test_deviations_deviate(suite: str) -> None:
    """A record that expects what the standard says would never be known nor gone."""
    scenarios = {scenario.id: scenario for scenario in catalog.load(suite)}
    for known in catalog.deviations(suite):
        scenario = scenarios[known.scenario]
        assert known.instead != scenario.expect[known.hooks]
        assert len(known.instead.seen) == len(scenario.steps)


@pytest.mark.parametrize("suite", catalog.SUITES)
def test_no_case_has_two_records(suite: str) -> None:
    """For no case there are two deviations to choose from."""
    recorded = catalog.deviations(suite)
    for known in recorded:
        for api in (known.api,) if known.api else BOTH:
            case = (known.engine, known.scenario, known.hooks, api)
            assert [each for each in recorded if each.covers(*case)] == [deviations.find(recorded, *case)]


def test_unknown_suite() -> None:
    """An unknown suite is a mistake of the caller's, and the valid ones are listed."""
    with pytest.raises(UsageError, match="unknown suite 'nothing'; valid suites: hooks") as raised:
        catalog.load("nothing")
    assert raised.value.exit_code == 2


VERBS = ("get", "head", "post", "put", "delete", "patch", "custom-method")
TOPICS: dict[str, tuple[str, ...]] = {
    "simple methods": ("get", "head", "post-text", "post-form", "post-multipart"),
    "other methods": ("put", "delete", "patch", "custom-method", "patch-lower-case"),
    "json": ("post-json", "put-json", "patch-json"),
    "custom headers": ("header-x-requested-with", "header-unlisted", "header-authorization"),
    "several at once": ("headers-several", "put-json-several-headers", "put-json-with-token"),
    "unknown url, every verb": tuple(f"unknown-url-{verb}" for verb in VERBS),
    "wrong method": ("wrong-method-put", "wrong-method-delete", "wrong-method-patch", "wrong-method-custom-method"),
    "500": ("error-get", "error-post-json", "error-put"),
    "redirects": ("redirect-302-get", "redirect-307-put", "redirect-to-unknown-url", "redirect-to-another-origin"),
    "slash redirect": ("slash-redirect-get", "slash-redirect-put"),
    "preflight cache": ("preflight-cached-ten-seconds", "preflight-per-method", "preflight-per-url"),
    "options reaches no view": ("options-by-a-page",),
    "access decorator": ("me-unknown-user", "me-token", "me-wrong-token", "me-put-unknown-user"),
    "cookies": ("me-cookie", "credentials-include-get", "credentials-include-put"),
    "another host": ("get-from-other-host", "put-json-from-other-host"),
    "names": ("get-from-localhost-name", "get-from-http-name", "put-json-from-https-name"),
    "null": ("get-from-null", "put-json-from-null"),
    "proxy": ("proxied-get", "proxied-put-json", "proxied-token", "proxied-redirect"),
    "upload listener": ("upload-listener",),
    "reading": ("readable-headers", "no-cors-get", "slow-answer"),
}


@pytest.mark.parametrize("topic", TOPICS)
def test_topic(topic: str) -> None:
    """Every topic that the project promises has its scenarios."""
    wanted = {name.replace("wrong-method-custom-method", "wrong-method-checkin") for name in TOPICS[topic]}
    assert wanted - BY_ID.keys() == set()


def outcomes(scenario: Scenario, hooks: str) -> set[Outcome]:
    """Return what is expected to be seen of a scenario under a hook set."""
    return {seen.outcome for seen in expected(scenario, hooks).seen}


@pytest.mark.parametrize("verb", VERBS)
def test_the_reason_for_the_published_hooks(verb: str) -> None:
    """Unknown URLs are readable as 404 under the published hooks and blocked under the decorator."""
    scenario = BY_ID[f"unknown-url-{verb}"]
    assert expected(scenario, "published").seen[0].status == 404
    assert outcomes(scenario, "published") == {Outcome.ALLOWED}
    assert outcomes(scenario, "decorator") == {Outcome.BLOCKED}


def test_published_preflights_echo_exactly() -> None:
    """Each published preflight is expected to grant the asking origin, the asked method and headers, and no more."""
    seen = 0
    for scenario in HOOKS:
        for crossing in expected(scenario, "published").wire if "published" in scenario.expect else ():
            if crossing.kind is Kind.PREFLIGHT:
                asks, answers = dict(crossing.asks), dict(crossing.answers)
                headers = asks.get("access-control-request-headers")
                assert answers == {
                    "access-control-allow-origin": asks["origin"],
                    "access-control-allow-methods": asks["access-control-request-method"],
                    "access-control-max-age": "10",
                    **({"access-control-allow-headers": headers} if headers else {}),
                }
                seen += 1
    assert seen >= 40


def test_no_preflight_reaches_a_view() -> None:
    """No expected answer to a preflight has a view's mark, and none carries a secret."""
    for scenario in HOOKS:
        for hooks in scenario.expect:
            for crossing in expected(scenario, hooks).wire:
                if crossing.kind is Kind.PREFLIGHT:
                    assert "x-served-by" not in dict(crossing.answers), scenario.id
                    assert {"authorization", "cookie"} & dict(crossing.asks).keys() == set(), scenario.id


def test_the_proxy_needs_no_cors() -> None:
    """Under the proxy no preflight and no CORS header is expected."""
    for scenario in (each for each in HOOKS if "proxy" in each.expect):
        for crossing in expected(scenario, "proxy").wire:
            assert crossing.kind is Kind.ACTUAL
            assert [name for name, _ in crossing.answers if name.startswith("access-control-")] == []


def test_secrets_are_expected_wherever_they_are_sent() -> None:
    """A row whose step sends Authorization expects it on the request that is let through, and only there."""
    for scenario in HOOKS:
        if any(name == "Authorization" for step in scenario.steps for name, _ in step.headers):
            for hooks in scenario.expect:
                actual = [crossing for crossing in expected(scenario, hooks).wire if crossing.kind is Kind.ACTUAL]
                assert all(("authorization", "present") in crossing.asks for crossing in actual), (scenario.id, hooks)
