"""Statements: what the standard makes of literal answers, written out as the catalogue has it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fuzzed import planned

from harness import catalog
from harness.errors import UsageError
from harness.fuzzing.generating import scenarios
from harness.scenario import LITERAL
from harness.statement import stated


def test_rows_of_the_catalogue_state_the_same() -> None:
    """Rows were written by hand: what is computed for their answers has the same requests and the same sights."""
    told = 0
    for row in catalog.load("browsers"):
        computed = planned(stated(replace(row, expect={LITERAL: None}))).expectation
        written = planned(row).expectation
        assert [(one.method, one.path) for one in computed.wire] == [(one.method, one.path) for one in written.wire]
        assert [one.asks for one in computed.wire] == [tuple(sorted(one.asks)) for one in written.wire], row.id
        assert [one.outcome for one in computed.seen] == [one.outcome for one in written.seen]
        told += 1
    assert told


def test_what_is_stated_is_what_is_foreseen() -> None:
    """Filled with the origins of a run, the statement is what the plan computes."""
    for case in scenarios(2, 100):
        assert planned(stated(case)).expectation == planned(case).expectation


def test_scenarios_of_hook_sets_have_rows() -> None:
    """What has no literal answers says so."""
    with pytest.raises(UsageError, match="in the catalogue already"):
        stated(catalog.load("hooks")[0])
