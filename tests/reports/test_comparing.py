"""Documents compared: new, fixed and changed, upgrades told apart; and a baseline that lets only what is new fail."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from made_documents import DIFFERENCE, FAILED, a_fuzz, a_run, an_audit, run_document
from made_events import finished, whole_run

from harness.errors import UsageError
from harness.events import CaseFinished
from harness.reports.comparing import compare, held
from harness.tally import Exit
from harness.verdict import Blame, Difference, Status, Verdict

Json = dict[str, Any]
KNOWN = Verdict(Status.KNOWN, cause="a deviation")


def run(*results: CaseFinished) -> Json:
    """Return the document of a run with these results."""
    return run_document(*whole_run(*results))


def failing(where: str, observed: str = "'Origin'") -> Verdict:
    """Return a failure at some place."""
    return Verdict(Status.FAIL, (), (Difference(where, "x", observed),), Blame.APPLICATION)


GOOD, BAD = finished("put"), finished("put", verdict=FAILED)
CHANGES = {
    "nothing": (GOOD, GOOD, "", Exit.AS_EXPECTED),
    "new failure": (GOOD, BAD, "new", Exit.FINDINGS),
    "still failing": (BAD, BAD, "", Exit.AS_EXPECTED),
    "fixed": (BAD, GOOD, "fixed", Exit.AS_EXPECTED),
    "known before": (finished("put", verdict=KNOWN), BAD, "new", Exit.FINDINGS),
    "known now": (GOOD, finished("put", verdict=KNOWN), "changed", Exit.AS_EXPECTED),
    "fails otherwise": (BAD, finished("put", verdict=failing("wire")), "changed", Exit.AS_EXPECTED),
    "crash now": (GOOD, finished("put", verdict=Verdict(Status.CRASH)), "changed", Exit.AS_EXPECTED),
    "another port": (
        finished("put", verdict=failing("page", "'http://localhost:1111/a?corsproof=ab12'")),
        finished("put", verdict=failing("page", "'http://localhost:22222/a?corsproof=cd34'")),
        "",
        Exit.AS_EXPECTED,
    ),
}


@pytest.mark.parametrize(("before", "after", "kind", "code"), CHANGES.values(), ids=CHANGES)
def test_what_becomes_of_a_result(before: CaseFinished, after: CaseFinished, kind: str, code: Exit) -> None:
    """New only where it did not fail before; 1 for that alone."""
    found = compare(run(before), run(after))
    assert [change.kind for change in found.changes] == ([kind] if kind else [])
    assert found.exit is code
    assert found.value()["exit"] == code


def test_what_is_in_one_document_only() -> None:
    """It was added, or is gone; a failure that was added is new."""
    found = compare(run(finished("get"), BAD), run(finished("post-json"), finished("put-json", verdict=FAILED)))
    assert {change.kind: change.name.partition(" ")[0] for change in found.changes} == {
        "added": "post-json",
        "new": "put-json",
        "gone": "put",
    }


def test_an_upgrade_is_told_apart() -> None:
    """What an engine of another version does stands below the upgrade, what others do does not."""
    before = run(GOOD, finished("put", engine="firefox"))
    after = run(BAD, finished("put", engine="firefox", verdict=FAILED))
    after["engines"][0]["version"] = "1.10.0"
    found = compare(before, after)
    assert list(found.lines()) == [
        "New failures",
        f"    put · published · fetch · firefox: pass, allowed 200 -> fail ({DIFFERENCE})",
        "chromium was upgraded from 1.2.3 to 1.10.0",
        "  New failures",
        f"      put · published · fetch · chromium: pass, allowed 200 -> fail ({DIFFERENCE})",
        "2 new",
    ]
    assert found.value()["engines"] == {"chromium": {"old": "1.2.3", "new": "1.10.0"}}


ENGINES = {
    "older": ("1.10.0", "1.9.0", "chromium was replaced by an older one: from 1.10.0 to 1.9.0"),
    "newer": ("1.9.0", "1.10.0", "chromium was upgraded from 1.9.0 to 1.10.0"),
}


@pytest.mark.parametrize(("old", "new", "said"), ENGINES.values(), ids=ENGINES)
def test_versions_are_numbers(old: str, new: str, said: str) -> None:
    """1.10 is later than 1.9."""
    before, after = run(GOOD), run(GOOD)
    before["engines"][0]["version"], after["engines"][0]["version"] = old, new
    assert list(compare(before, after).lines()) == [said, "nothing changed"]


def without(document: Json, rule: str) -> Json:
    """Return the document of an audit in which a rule found nothing."""
    left = [one for one in document["findings"] if one["rule"] != rule]
    return {**document, "findings": left, "exit": int(any(one["severity"] != "info" for one in left))}


def test_findings_are_compared_by_rule_and_path() -> None:
    """One that is there no more is fixed, one that was not there is new; a graver one is new, too."""
    graver = copy.deepcopy(an_audit())
    next(one for one in graver["findings"] if one["rule"] == "S16")["severity"] = "high"
    for old, new, kinds in (
        (an_audit(), an_audit(), set()),
        (an_audit(), without(an_audit(), "S01"), {"fixed"}),
        (without(an_audit(), "S01"), an_audit(), {"new"}),
        (without(an_audit(), "F11"), an_audit(), {"added"}),  # information
        (an_audit(), graver, {"new"}),
    ):
        assert {change.kind for change in compare(old, new).changes} == kinds
    assert {change.name for change in compare(without(an_audit(), "S01"), an_audit()).changes} == {"S01 · /me"}


def test_a_path_that_is_audited_no_more_is_not_fixed() -> None:
    """Nobody knows."""
    after = without(an_audit(), "S01")
    after["coverage"] = {**after["coverage"], "routes": []}
    assert {change.kind for change in compare(an_audit(), after).changes} == {"gone"}


def test_a_path_that_nobody_can_guess_is_the_same_in_each_audit() -> None:
    """It is another one each time, and no news."""
    text = str(an_audit()["findings"])
    [path] = {one["urls"][0] for one in an_audit()["findings"] if one["rule"] == "F04"}
    again = {**an_audit(), "findings": eval(text.replace(path, path[:-12] + "0123456789ab"))}
    assert compare(an_audit(), again).changes == ()


REFUSED = {
    "kinds": (lambda: (a_run(), an_audit()), "run and one of audit cannot be compared"),
    "fuzz": (lambda: (a_fuzz(), a_fuzz()), "made by chance"),
}


@pytest.mark.parametrize(("make", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_compared_is_refused(make: Any, said: str) -> None:
    """With what can be."""
    with pytest.raises(UsageError, match=said):
        compare(*make())


# ---- a baseline -------------------------------------------------------------------------------------

OTHERWISE = finished("put", verdict=failing("wire"))
HELD = {
    "all of it known": (run(BAD), run(BAD), (1, 0), Exit.AS_EXPECTED),
    "nothing known": (run(GOOD), run(BAD), (0, 1), Exit.FINDINGS),
    "one of two": (run(BAD), run(BAD, finished("get", verdict=FAILED)), (1, 1), Exit.FINDINGS),
    "fails otherwise": (run(OTHERWISE), run(BAD), (0, 1), Exit.FINDINGS),
    "nothing fails": (run(BAD), run(GOOD), (0, 0), Exit.AS_EXPECTED),
    "not tested stays": (run(BAD), run(BAD, finished("get", verdict=Verdict(Status.CRASH))), (1, 0), Exit.NOT_TESTED),
    "not tested before": (run(finished("put", verdict=Verdict(Status.CRASH))), run(BAD), (0, 1), Exit.FINDINGS),
    "an audit": (an_audit(), an_audit(), (3, 0), Exit.AS_EXPECTED),
    "a new finding": (without(an_audit(), "S01"), an_audit(), (2, 1), Exit.FINDINGS),
}


@pytest.mark.parametrize(("baseline", "document", "counts", "code"), HELD.values(), ids=HELD)
def test_only_what_is_new_fails(baseline: Json, document: Json, counts: tuple[int, int], code: Exit) -> None:
    """What the baseline has is marked; what could not be tested is no matter of it."""
    found = held(document, baseline)
    assert found["baseline"] == {"known": counts[0], "new": counts[1]}
    assert found["exit"] == code
    rows = [*found.get("results", ()), *found.get("findings", ())]
    assert sum(row.get("in_baseline") is True for row in rows) == counts[0]


def test_a_baseline_of_another_command_is_refused() -> None:
    """It would have nothing, and everything would be new."""
    with pytest.raises(UsageError, match="a document of corsproof audit"):
        held(a_run(), an_audit())
