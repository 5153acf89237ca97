"""The differential test over scripted browsers: an honest one is not blamed, a deviant is caught and its case small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from deviants import CAUGHT, FOUND_OUT
from fuzzed import CHROMIUM, for_scripted, order, playing
from hasty import hasty

from harness import casefile, engines, runner
from harness.engines import Browser, EngineName, Launch
from harness.engines.scripted import Deviant
from harness.errors import BrowserUnavailable
from harness.fuzzing.findings import Disagreement, Findings, kind_of
from harness.fuzzing.hunting import hunt, made_small, merged
from harness.fuzzing.shrinking import cost
from harness.fuzzing.witness import witness
from harness.ground import Ground
from harness.literal import Answer, Rule, Script
from harness.runner import Interruption, Order
from harness.scenario import LITERAL, Api, Scenario, Step
from harness.verdict import Status

TAKES_THE_FIRST = CAUGHT["takes-the-first-of-doubled"].deviant
FIELD = "Access-Control-Allow-Origin"
OPEN = Scenario(
    "open",
    "f",
    "s",
    (Step("GET", "{api}/a"),),
    {LITERAL: None},
    apis=(Api.FETCH,),
    turns=(Script((Rule((Answer(200, ((FIELD, "*"),)),)),)),),
)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """Stand on the sites that all these runs need."""
    with Ground({}) as standing:
        yield standing


def found_by(wanted: Order, ground: Ground) -> Findings:
    """Run to the end and return what was found."""
    findings = Findings()
    for event in runner.run(wanted, ground):
        findings(event)
    return findings


def doubled(many: Iterable[Scenario]) -> list[Scenario]:
    """Return the cases in which some answer has the field twice."""
    return [case for case in many if "allow-origin-twice" in case.summary]


@pytest.fixture(scope="module")
def caught(ground: Ground) -> tuple[Order, Findings]:
    """Let a browser that takes the first of doubled fields loose on generated cases."""
    wanted = order(doubled(for_scripted(1, 1500)), TAKES_THE_FIRST)
    return wanted, found_by(wanted, ground)


# ---- an honest browser -----------------------------------------------------------------------------


def test_an_honest_browser_is_not_blamed(ground: Ground) -> None:
    """What plays an engine as it is known agrees with the oracle, or in a way that is known."""
    wanted = order(for_scripted(4, 300))
    findings = found_by(wanted, ground)
    statuses = findings.statuses["chromium"]
    assert findings.disagreements == {}
    assert [event.case.scenario.id for event in findings.untested] == []
    assert statuses.keys() <= {"pass", "known"}
    assert sum(statuses.values()) == findings.cases == len(wanted.cases)
    assert sum(findings.known["chromium"].values()) >= statuses["known"] > 0
    assert findings.outcomes["chromium"]["allowed"] > 100


# ---- a deviant one ---------------------------------------------------------------------------------


def test_a_deviant_is_caught(caught: tuple[Order, Findings]) -> None:
    """The same kind of disagreement is one, however many cases show it; the smallest of them is kept."""
    _, findings = caught
    assert 0 < len(findings.disagreements) < findings.statuses["chromium"]["fail"]
    assert sum(one.count for one in findings.disagreements.values()) == findings.statuses["chromium"]["fail"]
    assert {one.engine for one in findings.disagreements.values()} == {"chromium"}


def test_its_case_is_made_small_and_replayed(caught: tuple[Order, Findings], ground: Ground) -> None:
    """One request, one answer, the field twice; red again in the deviant, green in an honest browser."""
    wanted, findings = caught
    said: list[str] = []
    small = merged(hunt(findings.disagreements.values(), wanted, ground, 2, say=said.append))
    assert said
    one = min(small, key=lambda each: cost(casefile.to_json(each.smallest.case.scenario)))
    scenario = one.smallest.case.scenario
    assert one.shrunk, one.note
    assert len(scenario.steps) == len(scenario.turns) == len(scenario.turns[0].rules) == 1
    [answer] = scenario.turns[0].rules[0].answers
    assert isinstance(answer, Answer)
    assert [name for name, _ in answer.headers] == [FIELD, FIELD]
    again = casefile.from_word(one.word)
    assert one.replay == f"corsproof replay '{one.word}' -b chromium"
    assert found_by(order([again], TAKES_THE_FIRST), ground).statuses["chromium"] == {"fail": 1}
    assert found_by(order([again]), ground).statuses["chromium"] == {"pass": 1}


def test_only_so_many_are_made_small(caught: tuple[Order, Findings], ground: Ground) -> None:
    """The others are told as they were found, and that they are."""
    wanted, findings = caught
    found = list(findings.disagreements.values())
    assert [one.shrunk for one in hunt(found, wanted, ground, 0)] == [False] * len(found)
    notes = {one.note for one in hunt(found, wanted, ground, 0)}
    assert notes == {"not made smaller: more than 0 kinds in chromium"}


def test_what_does_not_show_again_is_told(caught: tuple[Order, Findings], ground: Ground) -> None:
    """Nothing is made smaller that an engine does only now and then."""
    _, findings = caught
    one = next(iter(findings.disagreements.values()))
    [told] = hunt([one], order([]), ground, 1)
    assert not told.shrunk
    assert told.note == "it does not show again"
    assert told.smallest is one.smallest


def test_kinds_that_came_to_the_same_are_one(caught: tuple[Order, Findings]) -> None:
    """Their numbers add up, and one that was made small is kept before one that was not."""
    _, findings = caught
    one = next(iter(findings.disagreements.values()))
    small = one.made_small(one.smallest, "")
    [both] = merged([one.counted(3), small.counted(2)])
    assert (both.count, both.shrunk) == (5, True)
    assert kind_of(both.smallest) == one.kind


DEVIANTS: dict[str, Deviant] = {
    "ignores-allow-methods": CAUGHT["ignores-allow-methods"].deviant,
    "ignores-allow-headers": CAUGHT["ignores-allow-headers"].deviant,
    "takes-any-preflight-status": CAUGHT["takes-any-preflight-status"].deviant,
    "forgets-preflights": CAUGHT["forgets-preflights"].deviant,
    "keeps-its-origin": CAUGHT["keeps-its-origin"].deviant,
    "drops-the-token": CAUGHT["drops-the-token"].deviant,
}


@pytest.mark.parametrize("name", DEVIANTS)
def test_deviants_are_caught(name: str, ground: Ground) -> None:
    """Each way to leave the standard that the canaries do not know of fails in some of a few hundred cases."""
    findings = found_by(order(for_scripted(5, 200), DEVIANTS[name]), ground)
    assert findings.statuses["chromium"]["fail"] > 0
    assert findings.disagreements


# ---- the witness -----------------------------------------------------------------------------------


def test_a_witness_keeps_its_browser(ground: Ground) -> None:
    """One launch for all questions; what cannot be asked has no answer, and spoils nothing."""
    launched: list[EngineName] = []

    def launch(name: EngineName, how: Launch) -> Browser:
        launched.append(name)
        return hasty(name, how)

    foreign = Scenario("x", "f", "s", (Step("GET", "{page}/a"),), {LITERAL: None}, "null", (Api.FETCH,), OPEN.turns)
    with witness(CHROMIUM, ground, launcher=launch) as asked:
        assert [result and result.verdict.status for result in asked.ask([OPEN, foreign])] == [Status.PASS, None]
        assert [result and result.verdict.status for result in asked.ask([OPEN])] == [Status.PASS]
        assert asked.ask([]) == []
    assert launched == [EngineName.CHROMIUM]
    assert asked.stopped == ""


def test_a_witness_that_died_is_replaced(ground: Ground) -> None:
    """By another browser of the same engine, for as long as the runner is willing."""
    characters: list[dict[str, Any]] = [{"die_after": 6}, {}]

    def launch(name: EngineName, how: Launch) -> Browser:
        return hasty(name, how, **characters.pop(0))

    with witness(CHROMIUM, ground, launcher=launch) as asked:
        statuses = [result and result.verdict.status for _ in range(3) for result in asked.ask([OPEN])]
    assert statuses.count(Status.PASS) >= 2
    assert characters == []


def test_a_witness_that_cannot_be_believed(ground: Ground) -> None:
    """One that fails its canaries, or that does not start, says nothing more, and why."""

    def refuse(name: EngineName, how: Launch) -> Browser:
        raise BrowserUnavailable("not here")

    with witness(CHROMIUM, ground, launcher=refuse) as asked:
        assert asked.ask([OPEN]) == [None]
        assert "not here" in asked.stopped
    liar = playing(FOUND_OUT["web-security-off"])
    with witness(CHROMIUM, ground, launcher=liar) as asked:
        assert asked.ask([OPEN]) == asked.ask([OPEN]) == [None]
        assert "canary" in asked.stopped


def test_a_witness_is_interrupted(ground: Ground) -> None:
    """What was to be made smaller is then told as it was found."""
    interruption = Interruption()

    def launch(name: EngineName, how: engines.Launch) -> Browser:
        interruption()
        return hasty(name, how)

    with witness(CHROMIUM, ground, launcher=launch, interruption=interruption) as asked:
        assert asked.ask([OPEN]) == [None]
        assert asked.stopped == "interrupted"
        findings = found_by(order([OPEN], FOUND_OUT["claims-another-status"]), ground)
        assert findings.disagreements == {}  # its canaries said so first
        one = Disagreement("chromium", frozenset(), found_by_hand(ground), "open")
        [told] = made_small([one], asked, 5, lambda line: None)
    assert told.note == "not made smaller: interrupted"


def found_by_hand(ground: Ground) -> Any:
    """Return the result of a case that passed."""
    with witness(CHROMIUM, ground, launcher=playing()) as asked:
        [result] = asked.ask([OPEN])
    assert result is not None
    return result
