"""What a suspicion comes to: shown, not shown, untested, or a header fact; findings of one mistake are told as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.audit import fixes
from harness.audit.findings import Finding, Proof, Rule, Severity, Suspicion, concluded, merged
from harness.audit.sights import Ask, Geometry, Sight
from harness.observation import PageOutcome, PageResult
from harness.scenario import Outcome, Step

RULE = Rule("S01", "a-rule", "Why.", "https://clause", fixes.NO_NULL, lambda survey: iter(()))
STEP = Step("GET", "{api}/me")
ATTACK = Ask("https://evil.test", (STEP,), Geometry.CROSS_SITE)
TRUSTED = Ask("https://app.example.com", (STEP,))
SEEN = PageResult(0, "https://evil.test", PageOutcome.RESPONSE, status=200, body="secret")
READ = Sight("chromium", ATTACK, (Outcome.ALLOWED,), (SEEN,), door=frozenset())
BLOCKED = replace(READ, outcomes=(Outcome.BLOCKED,))
OF_TRUSTED = replace(READ, ask=TRUSTED, door=None)
SUSPICION = Suspicion(Severity.HIGH, "/me", "it is so", ("a header",), "a cause", (ATTACK,))

# The sight, whether there is a finding, what the engine showed, and how much was not tested.
COMES_TO = {
    "read": (SUSPICION, READ, Proof.PROVEN, 0),
    "blocked": (SUSPICION, BLOCKED, None, 0),
    "blocked-but-a-fact": (replace(SUSPICION, needs_proof=False), BLOCKED, Proof.NOT_PROVEN, 0),
    "read-without-control": (SUSPICION, replace(READ, door=None), None, 1),
    "read-by-a-trusted-page": (replace(SUSPICION, asks=(TRUSTED,)), OF_TRUSTED, Proof.PROVEN, 0),
    "in-trouble": (SUSPICION, replace(READ, trouble="no server"), None, 1),
}


@pytest.mark.parametrize(("suspicion", "sight", "proof", "untested"), COMES_TO.values(), ids=COMES_TO)
def test_a_suspicion_comes_to_what_was_seen(
    suspicion: Suspicion, sight: Sight, proof: Proof | None, untested: int
) -> None:
    """A page's read is a finding only beside its own read of the open door; what was not tested is told."""
    finding, doubts = concluded(RULE, suspicion, {"chromium": [sight]})
    assert (finding and finding.proof["chromium"]) == proof
    assert len(doubts) == untested


def test_a_suspicion_that_no_page_can_show_is_a_header_fact() -> None:
    """It is told as it is, and no engine has proven it."""
    finding, doubts = concluded(RULE, replace(SUSPICION, asks=()), {"chromium": []})
    assert finding is not None
    assert (dict(finding.proof), finding.geometries, doubts) == ({"chromium": Proof.NOT_APPLICABLE}, (), ())


def finding(path: str, proof: Proof, severity: Severity = Severity.LOW) -> Finding:
    """Make a finding about a path."""
    geometries = (Geometry.CROSS_SITE,) if proof is Proof.PROVEN else ()
    return Finding(RULE, severity, (path,), "it is so", "a cause", (), {"chromium": proof}, geometries)


def test_findings_of_one_mistake_are_one() -> None:
    """Proven where any is; another severity is another finding, and the gravest is first."""
    low = [finding("/a", Proof.NOT_PROVEN), finding("/b", Proof.PROVEN)]
    first, second = merged([*low, finding("/c", Proof.PROVEN, Severity.HIGH)])
    assert (first.severity, first.paths) == (Severity.HIGH, ("/c",))
    assert (second.paths, dict(second.proof)) == (("/a", "/b"), {"chromium": Proof.PROVEN})
    assert second.geometries == (Geometry.CROSS_SITE,)
