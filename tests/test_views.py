"""The views of an engine: its model held against what was observed, and which of its deviations show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from made_events import FixedOrigins, finished

from harness import deviations, oracle, plan
from harness.deviations import Deviation, Rule
from harness.foresight import foretell
from harness.literal import Answer, Script
from harness.literal import Rule as Says
from harness.observation import Observation, PageOutcome, PageResult, Trouble
from harness.plan import Case, Planned
from harness.scenario import LITERAL, Api, Crossing, Expectation, Outcome, Scenario, Seen, Step
from harness.verdict import Blame, Status
from harness.views import Views
from harness.wire import Ending, Exchange, Kind

ALLOW = ("Access-Control-Allow-Origin", "*")
GET, PUT = Step("GET", "{api}/a"), Step("PUT", "{api}/a")


def never_refusing(rules: oracle.Rules) -> oracle.Rules:
    """Let script read every answer."""
    return replace(rules, response_failure=lambda flight, response: None)


def always_refusing(rules: oracle.Rules) -> oracle.Rules:
    """Let script read no answer of another origin."""
    missing = oracle.Failure(oracle.Reason.ALLOW_ORIGIN_MISSING)
    return replace(rules, response_failure=lambda flight, response: missing)


def never_preflighting(rules: oracle.Rules) -> oracle.Rules:
    """Send every request at once."""
    return replace(rules, needs_preflight=lambda flight, names: False)


def anonymous(rules: oracle.Rules) -> oracle.Rules:
    """Name the origin null."""
    return replace(rules, request_origin_header=lambda flight: "null")


def rule(name: str, apply: Callable[[oracle.Rules], oracle.Rules]) -> Rule:
    """Make a rule of Firefox."""
    return Rule(name, "firefox", f"{name} is not.", f"{name} is.", "https://link", apply)


BLIND = rule("firefox-blind", never_refusing)
BLIND_TOO = rule("firefox-blind-too", never_refusing)
HASTY = rule("firefox-hasty", never_preflighting)
ANONYMOUS = rule("firefox-anonymous", anonymous)
SHUT = rule("firefox-shut", always_refusing)


def planned(script: Script, *steps: Step, expect: Expectation | None = None) -> Planned:
    """Plan a case with literal answers."""
    one = Scenario("a", "f", "s", steps or (GET,), {LITERAL: expect}, apis=(Api.FETCH,), turns=(script,))
    return plan.plan(Case(one, LITERAL, Api.FETCH, LITERAL), FixedOrigins())


def always(*headers: tuple[str, str]) -> Script:
    """Answer everything with these headers."""
    return Script((Says((Answer(200, headers),)),))


def played(one: Planned, rules: oracle.Rules = oracle.STANDARD, *, started: tuple[float, ...] = ()) -> Observation:
    """Return what is observed of an engine that goes by these rules."""
    page, exchanges = [], []
    told = foretell(one.unit, one.turns, one.places, rules, started)
    for index, prediction in enumerate(told):
        outcome, at = prediction.outcome, started[index] if started else 0.0
        if isinstance(outcome, oracle.Readable):
            told_as = (outcome.type.value, outcome.status)
            read = PageResult(index, one.origin, PageOutcome.RESPONSE, *told_as, headers=outcome.headers, started_s=at)
            page.append(read)
        else:
            page.append(PageResult(index, one.origin, PageOutcome.NETWORK_ERROR, started_s=at))
        exchanges += [_exchange(one, exchange, index) for exchange in prediction.exchanges]
    return Observation(tuple(page), tuple(exchanges))


def _exchange(one: Planned, exchange: oracle.Exchange, step: int) -> Exchange:
    asked, answer = exchange.request, exchange.answer
    assert isinstance(answer, oracle.WireResponse)
    host, _, target = asked.url.partition("://")[2].partition("/")
    headers = (("host", host), *asked.headers)
    seen = (asked.method, f"/{target}", headers, answer.status, answer.headers)
    return Exchange(LITERAL, one.token, *seen, ending=Ending.COMPLETE, step=step)


def views(monkeypatch: pytest.MonkeyPatch, *rules: Rule, recorded: tuple[Deviation, ...] = ()) -> Views:
    """Return the views of a Firefox that has these rules."""
    monkeypatch.setattr(deviations, "rules_for", lambda engine, version: rules)
    return Views("firefox", "153.0", recorded)


# ---- literal answers -------------------------------------------------------------------------------

CLOSED = always()
VIEWS: dict[str, tuple[tuple[Rule, ...], tuple[Rule, ...], Status, str]] = {
    "no-rules": ((), (), Status.PASS, ""),
    "rule-that-shows": ((BLIND,), (BLIND,), Status.KNOWN, "firefox-blind: firefox-blind is. (https://link)"),
    "rule-that-does-not-matter": ((HASTY,), (), Status.PASS, ""),
    "one-of-two-that-shows": (
        (HASTY, BLIND),
        (HASTY, BLIND),
        Status.KNOWN,
        "firefox-blind: firefox-blind is. (https://link)",
    ),
    "rule-that-is-gone": ((BLIND,), (), Status.FAIL, "a recorded deviation no longer shows"),
    "two-that-come-to-the-same": (
        (BLIND, BLIND_TOO),
        (BLIND, BLIND_TOO),
        Status.KNOWN,
        "firefox-blind: firefox-blind is. (https://link); firefox-blind-too: firefox-blind-too is. (https://link)",
    ),
}


@pytest.mark.parametrize(("rules", "does", "status", "cause"), VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("said", [True, False], ids=["a-row", "left-to-the-oracle"])
def test_what_an_engine_is_known_to_do(
    rules: tuple[Rule, ...],
    does: tuple[Rule, ...],
    status: Status,
    cause: str,
    said: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its model foresees what follows from the answers; those deviations are named that make the difference."""
    row = Expectation((Seen(Outcome.BLOCKED, reason="allow-origin-missing"),), (_asked("GET"),))
    one = planned(CLOSED, expect=row if said else None)
    verdict, _ = views(monkeypatch, *rules).judge(one, played(one, deviations.model(does)))
    assert (verdict.status, verdict.cause) == (status, cause)


def _asked(method: str) -> Crossing:
    return Crossing(method, "/a", None, (("origin", "{page}"),))


def test_what_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The difference says which rule no longer shows."""
    one = planned(CLOSED)
    verdict, _ = views(monkeypatch, HASTY, BLIND).judge(one, played(one))
    assert [difference.expected for difference in verdict.differences] == [
        "firefox-blind: firefox-blind is. (https://link)"
    ]


def test_a_deviation_on_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that an engine does not send, or sends too soon, are known as well."""
    script = Script((Says((Answer(200, (ALLOW,)),), Kind.ACTUAL),))
    one = planned(script, PUT)
    verdict, standard = views(monkeypatch, HASTY).judge(one, played(one, never_preflighting(oracle.STANDARD)))
    assert (verdict.status, verdict.blame) == (Status.KNOWN, Blame.ENGINE)
    assert [crossing.method for crossing in standard.expected.wire] == ["OPTIONS"]
    alone, _ = views(monkeypatch).judge(one, played(one, never_preflighting(oracle.STANDARD)))
    assert (alone.status, alone.blame) == (Status.FAIL, Blame.ENGINE)


def test_a_block_that_only_the_model_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unexplained by the standard, known by the model; and unexplained again where there is no such rule."""
    one = planned(always(ALLOW))
    observed = played(one, always_refusing(oracle.STANDARD))
    verdict, _ = views(monkeypatch, SHUT).judge(one, observed)
    assert (verdict.status, verdict.outcomes) == (Status.KNOWN, (Outcome.BLOCKED,))
    assert [difference.where for difference in verdict.differences] == ["page[0].outcome"]
    assert views(monkeypatch, HASTY).judge(one, observed)[0].status is Status.INCONCLUSIVE


def test_the_standards_view_is_handed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reports tell as predicted is the standard's word, whatever is known of the engine."""
    one = planned(CLOSED)
    _, standard = views(monkeypatch, BLIND).judge(one, played(one, never_refusing(oracle.STANDARD)))
    assert [prediction.outcome for prediction in standard.predicted] == [Outcome.BLOCKED]
    assert [seen.outcome for seen in standard.expected.seen] == [Outcome.BLOCKED]


def test_what_follows_depends_on_when_the_steps_were_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A preflight that was remembered when the plan was made, and had aged when the step was taken, is due again."""
    grant = (ALLOW, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Max-Age", "10"))
    script = Script((Says((Answer(204, grant),), Kind.PREFLIGHT), Says((Answer(200, (ALLOW,)),))))
    one = planned(script, PUT, PUT)
    for started, count in (((5.0, 6.0), 3), ((5.0, 16.0), 4)):
        observed = played(one, started=started)
        verdict, standard = views(monkeypatch).judge(one, observed)
        assert (verdict.status, len(observed.exchanges), len(standard.expected.wire)) == (Status.PASS, count, count)


def test_a_page_that_reported_in_part_is_not_foreseen_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the times of the steps are not known, the plan's word holds."""
    one = planned(always(ALLOW), GET, GET)
    observed = played(one, started=(3.0, 4.0))
    part = replace(observed, page=observed.page[:1], trouble=Trouble.CRASH, cause="it died")
    verdict, standard = views(monkeypatch, HASTY).judge(one, part)
    assert (verdict.status, standard.expected) == (Status.CRASH, one.expectation)


def test_the_browsers_words_are_read_as_its_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Firefox says means something else than what is expected: not just any block will do."""
    one = planned(CLOSED)
    missing, other = (
        f"(Reason: CORS header ‘Access-Control-Allow-Origin’ {what})"
        for what in ("missing", "does not match ‘http://other.example’")
    )
    for words, status in (((missing,), Status.PASS), ((other,), Status.FAIL), (("small talk",), Status.PASS)):
        verdict, _ = views(monkeypatch).judge(one, replace(played(one), words=words))
        assert verdict.status is status
    monkeypatch.setattr(deviations, "rules_for", lambda engine, version: ())
    verdict, _ = Views("nobody", "1").judge(one, replace(played(one), words=(other,)))
    assert verdict.status is Status.PASS


# ---- versions, and records of hook sets ------------------------------------------------------------


def test_rules_are_those_of_the_version() -> None:
    """What an engine does from some version on, or no longer, is not looked for in others."""
    known = {rule.name for rule in Views("firefox", "153.7esr").rules}
    assert known == {rule.name for rule in deviations.rules_for("firefox", "153.7esr")}
    assert known
    assert Views("scripted", "1").rules == ()


RECORDS = {
    "with-its-rule": (ANONYMOUS.name, "firefox", Status.KNOWN),
    "with-another-rule": (BLIND.name, "firefox", Status.FAIL),
    "without-a-rule": ("", "firefox", Status.FAIL),
    "of-another-engine": (ANONYMOUS.name, "webkit", Status.FAIL),
}


@pytest.mark.parametrize(("name", "engine", "status"), RECORDS.values(), ids=RECORDS)
def test_a_record_holds_where_its_rule_does(
    name: str, engine: str, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a deviation makes of a scenario with a hook set is said by a record of the rule, and by none besides."""
    event = finished("get")
    assert event.planned is not None
    row = event.case.scenario.expect["published"]
    assert row is not None
    instead = replace(row, wire=tuple(replace(crossing, asks=(("origin", "null"),)) for crossing in row.wire))
    record = Deviation(engine, "get", "published", "why", "link", instead, rule=name)
    (exchange,) = event.observation.exchanges
    asks = tuple((key, "null" if key == "origin" else value) for key, value in exchange.request_headers)
    observed = replace(event.observation, exchanges=(replace(exchange, request_headers=asks),))
    verdict, _ = views(monkeypatch, ANONYMOUS, recorded=(record,)).judge(event.planned, observed)
    assert verdict.status is status


# ---- equal evidence --------------------------------------------------------------------------------


def test_a_deviation_in_what_is_sent_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is the standard's, its requests are not: that the engine preflights after all is told."""
    grant = (ALLOW, ("Access-Control-Allow-Methods", "PUT"))
    one = planned(always(*grant), PUT)
    verdict, _ = views(monkeypatch, HASTY).judge(one, played(one))
    assert (verdict.status, verdict.cause) == (Status.FAIL, "a recorded deviation no longer shows")


def repeats(script: Script, *steps: Step) -> tuple[Planned, Planned]:
    """Plan one case twice."""
    one = Scenario("a", "f", "s", steps or (GET,), {LITERAL: None}, apis=(Api.FETCH,), turns=(script,))
    first, second = (plan.plan(Case(one, LITERAL, Api.FETCH, LITERAL, at), FixedOrigins()) for at in range(2))
    return first, second


def later(observed: Observation) -> Observation:
    """Return the same at another time."""
    page = tuple(replace(one, started_s=9.0, duration_ms=7.0) for one in observed.page)
    return replace(observed, page=page, exchanges=tuple(replace(one, started=9.0) for one in observed.exchanges))


def test_equal_evidence_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs in its token and its times alone has the very verdict of what was judged before."""
    away = Script((Says((Answer(302, (ALLOW, ("Location", "{api}/b?{token}"))),), path="/a"), *always(ALLOW).rules))
    first, second = repeats(away)
    assert first.token != second.token
    own = views(monkeypatch, HASTY)
    verdict, view = own.judge(first, played(first))
    again, same = own.judge(second, later(played(second)))
    assert verdict.status is Status.PASS
    assert again is verdict
    assert same is view


def test_other_evidence_is_judged_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repeat that came to something else does not get the verdict of the one before."""
    own = views(monkeypatch)
    first, second = repeats(always(ALLOW), PUT)
    refused = played(first)
    assert own.judge(first, refused)[0].status is Status.PASS
    assert own.judge(second, played(second, never_preflighting(oracle.STANDARD)))[0].status is Status.FAIL
    assert own.judge(second, replace(played(second), trouble=Trouble.CRASH, cause="it died"))[0].status is Status.CRASH


def test_the_times_of_several_steps_are_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """They decide what a preflight cache remembers, so that a later repeat may come to another end."""
    grant = (ALLOW, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Max-Age", "10"))
    script = Script((Says((Answer(204, grant),), Kind.PREFLIGHT), Says((Answer(200, (ALLOW,)),))))
    own = views(monkeypatch)
    first, second = repeats(script, PUT, PUT)
    soon, too_late = played(first, started=(5.0, 6.0)), played(second, started=(5.0, 6.0))
    page = (too_late.page[0], replace(too_late.page[1], started_s=16.0))
    assert own.judge(first, soon)[0].status is Status.PASS
    assert own.judge(second, replace(too_late, page=page))[0].status is Status.FAIL


def test_another_question_is_judged_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same evidence of a case of which something else is expected has another verdict."""
    own = views(monkeypatch)
    one = planned(CLOSED)
    row = Expectation((Seen(Outcome.ALLOWED, 200),), (_asked("GET"),))
    other = planned(CLOSED, expect=row)
    assert own.judge(one, played(one))[0].status is Status.PASS
    assert own.judge(other, played(other))[0].status is Status.FAIL
