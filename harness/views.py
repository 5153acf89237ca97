"""Views: what a case must look like, by the standard and by the standard as one engine is known to leave it.

Joins a planned case, its observation and the recorded deviations to what `harness.verdict` compares. Pure.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import lru_cache

from harness import deviations, oracle
from harness.deviations import Deviation, Rule
from harness.foresight import expectation_of, foretell
from harness.observation import Observation
from harness.plan import NOBODY, Planned, Question
from harness.prediction import predict
from harness.scenario import Expectation
from harness.verdict import Verdict, View, judge
from harness.wording import reasons_in

REMEMBERED = 8  # verdicts, all of one question: repeats of a case come one behind the other


class Views:
    """The views of one engine in one version. ``recorded`` say what deviations make of scenarios with a hook set.

    A verdict is a function of the question and the evidence. Where a case has the evidence of another one that was
    asked the same, to the letter but for its token and the time, it has its verdict.
    """

    def __init__(self, engine: str, version: str, recorded: tuple[Deviation, ...] = ()) -> None:
        self.engine = engine
        self.rules = deviations.rules_for(engine, version)
        self._recorded = recorded
        self._model = deviations.model(self.rules)
        self._question: Question | None = None
        self._judged: deque[tuple[Observation, tuple[Verdict, View]]] = deque(maxlen=REMEMBERED)  # the last ones first

    def judge(self, planned: Planned, observed: Observation) -> tuple[Verdict, View]:
        """Return the verdict of a case, and the view by the standard."""
        question, token = planned.question, planned.token
        if question is not self._question:
            self._question = question
            self._judged.clear()
        for evidence, told in self._judged:
            if observed.is_renamed(token, NOBODY, evidence):
                return told
        evidence = observed.renamed(token, NOBODY)
        told = self._judge(question, evidence)
        self._judged.appendleft((evidence, told))
        return told

    def _judge(self, question: Question, observed: Observation) -> tuple[Verdict, View]:
        standard = _view(question, observed, oracle.STANDARD, question.expectation)
        engine = self._of_engine(question, observed, standard) if self.rules else None
        verdict = judge(
            standard,
            observed,
            origin=question.origin,
            engine=engine,
            why=lambda: self._why(question, observed),
            worded=reasons_in(self.engine, observed.sayings),
        )
        return verdict, standard

    def _of_engine(self, question: Question, observed: Observation, standard: View) -> View | None:
        """Return the view by the engine's rules; None where one walk over all answers shows it is the standard's."""
        if question.foretold and standard.predicted and all(one.foreseen for one in standard.predicted):
            theirs = _foretold(question, observed, self._model)
            ours = question.foretold
            if all((a.exchanges, a.outcome) == (b.exchanges, b.outcome) for a, b in zip(ours, theirs, strict=True)):
                return None
            return _view(question, observed, self._model, question.expectation, theirs)
        return self._view(question, observed, self.rules, self._model)

    def _view(self, question: Question, observed: Observation, rules: tuple[Rule, ...], model: oracle.Rules) -> View:
        expected = question.expectation
        if not question.turns and (known := self._known(question, rules)) is not None:
            expected = question.fill(known.instead)
        return _view(question, observed, model, expected)

    def _known(self, question: Question, rules: tuple[Rule, ...]) -> Deviation | None:
        names = {rule.name for rule in rules}
        recorded = tuple(one for one in self._recorded if one.rule in names)
        return deviations.find(recorded, self.engine, question.scenario.id, question.expect, question.api)

    def _why(self, question: Question, observed: Observation) -> str:
        """Name the deviations without which the engine would be expected to do otherwise.

        Where several come to the same, none of them is needed: then those that come to it by themselves.
        """

        def view(rules: tuple[Rule, ...]) -> View:
            return self._view(question, observed, rules, _model_of_its_own(rules))

        whole, bare = view(self.rules), view(())
        shown = [rule for rule in self.rules if view(tuple(one for one in self.rules if one is not rule)) != whole]
        shown = shown or [rule for rule in self.rules if view((rule,)) != bare]
        return "; ".join(f"{rule.name}: {rule.instead} ({rule.link})" for rule in shown)


@lru_cache(maxsize=128)  # those without one rule, and those of one rule alone
def _model_of_its_own(rules: tuple[Rule, ...]) -> oracle.Rules:
    """Return a model of rules; a copy, so that even without any it is foreseen, and not the row's own word for it."""
    return replace(deviations.model(rules))


def _view(
    question: Question,
    observed: Observation,
    rules: oracle.Rules,
    expected: Expectation,
    foretold: tuple[oracle.Prediction, ...] = (),
) -> View:
    foretold = foretold or _foretold(question, observed, rules)
    if foretold and foretold is not question.foretold:
        expected = expectation_of(foretold)
    only = foretold[0] if len(foretold) == 1 else None
    return View(expected, predict(question, observed.page, observed.exchanges, rules, only))


def _foretold(question: Question, observed: Observation, rules: oracle.Rules) -> tuple[oracle.Prediction, ...]:
    """Return what the rules make of the literal answers, at the times of the steps; nothing where those are not known.

    Of a single step no time matters: the preflight cache is empty.
    """
    started = [result.started_s for result in observed.page]
    if not question.turns or len(started) != len(question.unit["steps"]):
        return ()
    if rules is oracle.STANDARD and len(question.foretold) < 2:
        return question.foretold
    requests = [one.request for one in question.foretold]
    return foretell(question.unit, question.turns, question.places, rules, started, requests)
