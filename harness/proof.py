"""A proof: one scenario derived from a policy, asked by a page in one browser and judged; for a test to assert on.

Judges by `harness.views` and tells by `harness.result`. Knows neither pytest nor browsers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.observation import Observation
from harness.plan import Planned
from harness.reports.redaction import redacted_sentence
from harness.result import NoVerdict, result_of
from harness.verdict import Status, Verdict
from harness.views import Views

HOLDS = frozenset({Status.PASS, Status.KNOWN})  # known: the application is right, and the engine is known not to be


@dataclass(frozen=True)
class Proof:
    """One scenario in one browser. True where it went as the policy has it; anything else, no verdict too, is False.

    ``expected`` says in a sentence what the policy wants, ``verdict`` what came of it.
    """

    id: str
    engine: str
    expected: str
    verdict: Verdict = field(repr=False)
    told: str = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether page, wire and standard agree with the policy."""
        return self.verdict.status in HOLDS

    def __bool__(self) -> bool:
        return self.passed

    def describe(self) -> str:
        """Tell what was expected, what differs, and both exchanges, secrets redacted."""
        differences = [f"  differs    {redacted_sentence(str(one))}" for one in self.verdict.differences]
        cause = [f"  cause      {redacted_sentence(self.verdict.cause)}"] if self.verdict.cause else []
        head = f"{self.id} in {self.engine}: {self.verdict.status}"
        return "\n".join([head, f"  expected   {self.expected}", *differences, *cause, self.told])

    def __str__(self) -> str:
        return self.describe()


def proof_of(planned: Planned, observed: Observation, views: Views) -> Proof:
    """Judge what was observed of a derived scenario."""
    scenario = planned.case.scenario
    verdict, _ = views.judge(planned, observed)
    return Proof(scenario.id, views.engine, scenario.summary, verdict, _told(planned, observed, views.engine))


def _told(planned: Planned, observed: Observation, engine: str) -> str:
    try:
        return result_of(planned, observed, engine).describe()
    except NoVerdict as unsaid:
        return str(unsaid)
