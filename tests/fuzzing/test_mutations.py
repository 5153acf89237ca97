"""Mutations: a permitting exchange permits, and each mutation leads to what it says, and to nothing else."""

from __future__ import annotations

import copy
from collections import Counter
from random import Random

import pytest
from fuzzed import planned, reasons

from harness.fuzzing import vocabulary
from harness.fuzzing.drafts import Draft, Reply
from harness.fuzzing.mutations import MUTATIONS, Mutation, mutate
from harness.fuzzing.permitting import permitting
from harness.oracle.urls import DEFAULT_PORTS, parse_url
from harness.scenario import Outcome

DRAFTS = 3000
ENOUGH = 40  # changes after which a mutation has shown all that it can, if it has
BASE = parse_url("http://localhost:1/a")


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    """Return permitting exchanges."""
    return [permitting(Random(f"draft/{number}")) for number in range(DRAFTS)]


def test_permitting_exchanges_permit(drafts: list[Draft]) -> None:
    """By the oracle, each of them ends with a response, an opaque one at least."""
    ends = Counter[Outcome]()
    for number, draft in enumerate(drafts):
        expectation = planned(draft.scenario("it")).expectation
        assert [seen.reason for seen in expectation.seen if seen.reason] == [], (number, draft)
        ends.update(seen.outcome for seen in expectation.seen)
    assert ends.keys() == {Outcome.ALLOWED, Outcome.OPAQUE}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_leads_to_what_it_says(mutation: Mutation, drafts: list[Draft]) -> None:
    """Each reason that it names is met, no other one is, and where it names none, everything stays as it was."""
    named = {reason.value for reason in mutation.reaches}
    met = Counter[str]()
    changed = 0
    for number, draft in enumerate(drafts):
        mine = copy.deepcopy(draft)
        if not mutation.change(Random(number), mine):
            continue
        changed += 1
        found = reasons(mine.scenario("it"))
        assert found <= named, (number, mine)
        met.update(found)
        if changed >= ENOUGH and met.keys() == named:
            return
    assert changed >= ENOUGH
    assert met.keys() == named


def test_what_was_done_is_written_down(drafts: list[Draft]) -> None:
    """The summary of a scenario names what was changed, in order."""
    draft = copy.deepcopy(drafts[0])
    assert draft.scenario("it").summary == "nothing changed"
    for number in range(3):
        mutate(Random(number), draft)
    assert len(draft.said) == 3
    assert set(draft.said) <= {mutation.name for mutation in MUTATIONS}
    assert draft.scenario("it").summary == ", ".join(draft.said)


def test_names_are_unique() -> None:
    """A name stands for one mutation."""
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


def test_fields_are_put_where_they_were() -> None:
    """In their place, whatever their case; all of a name, or none."""
    reply = Reply(fields=[("A", "1"), ("B", "2"), ("b", "3"), ("C", "4")])
    reply.put("b", "x", "y")
    assert reply.fields == [("A", "1"), ("b", "x"), ("b", "y"), ("C", "4")]
    reply.drop("a")
    reply.put("D", "5")
    assert reply.fields == [("b", "x"), ("b", "y"), ("C", "4"), ("D", "5")]
    assert (reply.get("B"), reply.get("A")) == ("x", None)


@pytest.mark.parametrize("location", vocabulary.NO_LOCATIONS)
def test_what_is_no_url(location: str) -> None:
    """The URL parser refuses it, whatever it is relative to."""
    assert parse_url(location, BASE) is None


@pytest.mark.parametrize("location", vocabulary.SCHEMES)
def test_what_is_another_scheme(location: str) -> None:
    """It is a URL, and not one of HTTP."""
    url = parse_url(location, BASE)
    assert url is not None
    assert url.scheme not in DEFAULT_PORTS
