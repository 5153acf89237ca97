"""Views: what a case must look like, by the standard and by the standard as one engine is known to leave it.

Joins a planned case, its observation and the recorded deviations to what `harness.verdict` compares. Pure.
"""

from __future__ import annotations

from dataclasses import replace

from harness import deviations, oracle
from harness.deviations import Deviation, Rule
from harness.foresight import expectation_of, foretell
from harness.observation import Observation
from harness.plan import Planned
from harness.prediction import predict
from harness.scenario import Expectation
from harness.verdict import Verdict, View, judge
from harness.wording import reasons_in


class Views:
    """The views of one engine in one version. ``recorded`` say what deviations make of scenarios with a hook set."""

    def __init__(self, engine: str, version: str, recorded: tuple[Deviation, ...] = ()) -> None:
        self.engine = engine
        self.rules = deviations.rules_for(engine, version)
        self._recorded = recorded
        self._model = deviations.model(self.rules)

    def judge(self, planned: Planned, observed: Observation) -> tuple[Verdict, View]:
        """Return the verdict of a case, and the view by the standard."""
        standard = _view(planned, observed, oracle.STANDARD, planned.expectation)
        engine = self._of_engine(planned, observed, standard) if self.rules else None
        verdict = judge(
            standard,
            observed,
            origin=planned.origin,
            engine=engine,
            why=lambda: self._why(planned, observed),
            worded=reasons_in(self.engine, observed.sayings),
        )
        return verdict, standard

    def _of_engine(self, planned: Planned, observed: Observation, standard: View) -> View | None:
        """Return the view by the engine's rules; None where one walk over all answers shows it is the standard's."""
        if planned.foretold and standard.predicted and all(one.foreseen for one in standard.predicted):
            theirs = _foretold(planned, observed, self._model)
            ours = planned.foretold
            if all((a.exchanges, a.outcome) == (b.exchanges, b.outcome) for a, b in zip(ours, theirs, strict=True)):
                return None
            return _view(planned, observed, self._model, planned.expectation, theirs)
        return self._view(planned, observed, self.rules, self._model)

    def _view(self, planned: Planned, observed: Observation, rules: tuple[Rule, ...], model: oracle.Rules) -> View:
        expected = planned.expectation
        if not planned.turns and (known := self._known(planned, rules)) is not None:
            expected = planned.fill(known.instead)
        return _view(planned, observed, model, expected)

    def _known(self, planned: Planned, rules: tuple[Rule, ...]) -> Deviation | None:
        case, names = planned.case, {rule.name for rule in rules}
        recorded = tuple(one for one in self._recorded if one.rule in names)
        return deviations.find(recorded, self.engine, case.scenario.id, case.expect, case.api)

    def _why(self, planned: Planned, observed: Observation) -> str:
        """Name the deviations without which the engine would be expected to do otherwise.

        Where several come to the same, none of them is needed: then those that come to it by themselves.
        """

        def view(rules: tuple[Rule, ...]) -> View:
            # A copy, so that even without any rule it is foreseen, and not the row's own word for it.
            return self._view(planned, observed, rules, replace(deviations.model(rules)))

        whole, bare = view(self.rules), view(())
        shown = [rule for rule in self.rules if view(tuple(one for one in self.rules if one is not rule)) != whole]
        shown = shown or [rule for rule in self.rules if view((rule,)) != bare]
        return "; ".join(f"{rule.name}: {rule.instead} ({rule.link})" for rule in shown)


def _view(
    planned: Planned,
    observed: Observation,
    rules: oracle.Rules,
    expected: Expectation,
    foretold: tuple[oracle.Prediction, ...] = (),
) -> View:
    foretold = foretold or _foretold(planned, observed, rules)
    if foretold and foretold is not planned.foretold:
        expected = expectation_of(foretold)
    only = foretold[0] if len(foretold) == 1 else None
    return View(expected, predict(planned, observed.page, observed.exchanges, rules, only))


def _foretold(planned: Planned, observed: Observation, rules: oracle.Rules) -> tuple[oracle.Prediction, ...]:
    """Return what the rules make of the literal answers, at the times of the steps; nothing where those are not known.

    Of a single step no time matters: the preflight cache is empty.
    """
    started = [result.started_s for result in observed.page]
    if not planned.turns or len(started) != len(planned.unit["steps"]):
        return ()
    if rules is oracle.STANDARD and len(planned.foretold) < 2:
        return planned.foretold
    requests = [one.request for one in planned.foretold]
    return foretell(planned.unit, planned.turns, planned.places, rules, started, requests)
