"""What a suspicion comes to: shown, not shown, untested, or a header fact; findings of one mistake are told as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.audit import fixes
from harness.audit.findings import Finding, Proof, Rule, Severity, Suspicion, concluded, merged
from harness.audit.sights import Ask, Geometry, Sight
from harness.audit.survey import Probe, Reply
from harness.observation import PageOutcome, PageResult
from harness.scenario import Outcome, Step
from harness.wire import Pairs

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


def test_what_each_engine_showed_from_where_is_told() -> None:
    """From every geometry that could be tested; one that had trouble is neither proven nor not."""
    elsewhere = replace(ATTACK, geometry=Geometry.SAME_SITE)
    three = replace(SUSPICION, asks=(ATTACK, elsewhere, TRUSTED))
    sights = [READ, replace(BLOCKED, ask=elsewhere), replace(OF_TRUSTED, trouble="no server")]
    told, _ = concluded(RULE, three, {"chromium": sights})
    assert told is not None
    assert told.shown == {"chromium": {Geometry.SAME_SITE: Proof.NOT_PROVEN, Geometry.CROSS_SITE: Proof.PROVEN}}
    other = replace(told, shown={"chromium": {Geometry.SAME_SITE: Proof.PROVEN}})
    [one] = merged([told, other])
    assert one.shown == {"chromium": {Geometry.SAME_SITE: Proof.PROVEN, Geometry.CROSS_SITE: Proof.PROVEN}}


OPEN = (("Access-Control-Allow-Origin", "https://a.test"), ("Access-Control-Allow-Credentials", "true"))
# The status and the headers of an answer to a preflight, and whether it grants PUT without and with credentials.
GRANTS = {
    "listed": (204, (*OPEN, ("Access-Control-Allow-Methods", "GET, PUT")), (True, True)),
    "not-listed": (204, (*OPEN, ("Access-Control-Allow-Methods", "GET")), (False, False)),
    "lower-case": (204, (*OPEN, ("Access-Control-Allow-Methods", "put")), (False, False)),
    "star": (204, (*OPEN, ("Access-Control-Allow-Methods", "*")), (True, False)),
    "no-credentials": (204, (OPEN[0], ("Access-Control-Allow-Methods", "PUT")), (True, False)),
    "not-ok": (404, (*OPEN, ("Access-Control-Allow-Methods", "PUT")), (False, False)),
    "another-origin": (204, ((OPEN[0][0], "https://b.test"), ("Access-Control-Allow-Methods", "PUT")), (False, False)),
}


@pytest.mark.parametrize(("status", "headers", "granted"), GRANTS.values(), ids=GRANTS)
def test_what_a_preflight_grants(status: int, headers: Pairs, granted: tuple[bool, bool]) -> None:
    """A method that is listed in its case, by an ok answer that lets the origin in."""
    reply = Reply(Probe("OPTIONS", "/", (("Origin", "https://a.test"),)), status, headers)
    assert (reply.grants("PUT"), reply.grants("PUT", credentials=True)) == granted
