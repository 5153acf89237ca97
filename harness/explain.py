"""Explanations for people: a reason of the oracle, a rule of an audit, or a scenario, in lines of text.

A reason comes with its clause of the standard, its sentence, the header that decides and how each engine words it; a
scenario with what is asked, answered and expected, and the reasons of what is refused. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.audit.findings import Rule
from harness.literal import Literal, Script
from harness.oracle import Reason
from harness.scenario import Crossing, Expectation, Scenario, Seen, Step
from harness.wording import PHRASES, phrases_for

_WHERE = {"request": "before anything is sent", "preflight": "the answer to the preflight",
          "actual": "the answer to the request itself", "redirect": "following a redirect"}  # fmt: skip


def reason_lines(reason: Reason) -> Iterator[str]:
    """Explain a reason."""
    yield reason.value
    yield f"  {reason.sentence}"
    yield f"  clause   {reason.clause} ({reason.link})"
    yield f"  decided  {'; '.join(_WHERE[phase.value] for phase in reason.phases)}"
    yield f"  header   {reason.header or 'none'}"
    for engine in PHRASES:
        said = [f"“{phrase.text}”" for phrase in phrases_for(engine, reason)]
        yield f"  {engine:<8} {'; '.join(said) or 'has no words for it'}"


def rule_lines(rule: Rule) -> Iterator[str]:
    """Explain a rule of an audit."""
    yield f"{rule.id} {rule.name}"
    yield f"  {rule.why}"
    yield f"  clause   {rule.clause}"
    for index, (framework, what) in enumerate(rule.fix.items()):
        yield f"  {'' if index else 'fix':<8} {framework}: {what}"


def rules_page(rules: Iterable[Rule], not_covered: Mapping[str, str]) -> str:
    """Return the page `docs/rules.md`: every rule of an audit, and what audits do not look for."""
    told = [f"| {rule.id} | [{rule.name}]({rule.clause}) | {rule.why} |" for rule in rules]
    lines = [
        "# The rules of an audit",
        "",
        "Security rules (S) and functional rules (F); `corsproof explain S01` tells what to do about one. `P01` to",
        "`P03` say where a target differs from the policy that it is held to (`--policy`).",
        "",
        "| id | name | why it matters |",
        "|---|---|---|",
        *told,
        "",
        "## Not covered",
        "",
        "What a page and a record of the wire cannot show:",
        "",
        *(f"- {number}: {why}." for number, why in not_covered.items()),
    ]
    return "\n".join(lines) + "\n"


def scenario_lines(scenario: Scenario) -> Iterator[str]:
    """Explain a scenario, and the reasons that it is about."""
    yield f"{scenario.id} ({scenario.family})"
    yield f"  {scenario.summary}"
    yield f"  page     {scenario.page}, by {' and '.join(api.value for api in scenario.apis)}"
    for step in scenario.steps:
        yield from _step_lines(step)
    for number, script in enumerate(scenario.turns, 1):
        yield f"  answers{f' to step {number}' if len(scenario.turns) > 1 else ''}"
        yield from _script_lines(script)
    reasons: dict[str, None] = {}
    for hooks, expectation in scenario.expect.items():
        if expectation is not None:
            yield from _expectation_lines(hooks, expectation)
            reasons |= dict.fromkeys(seen.reason for seen in expectation.seen if seen.reason)
    for name in reasons:
        yield ""
        yield from reason_lines(Reason.named(name))


def _step_lines(step: Step) -> Iterator[str]:
    asked = {
        "credentials": step.credentials != "same-origin" and step.credentials,
        "mode": step.mode != "cors" and step.mode,
        "redirect": step.redirect != "follow" and step.redirect,
        "cache": step.cache != "default" and step.cache,
        "body": step.body is not None and f"{step.body_kind} of {len(step.body)}",
        "referrer policy": step.referrer_policy,
        "upload listener": step.upload_listener and "yes",
        "after": step.after_ms and f"{step.after_ms} ms",
    }
    more = "; ".join(f"{name} {value}" for name, value in asked.items() if value)
    yield f"  asks     {step.method} {step.url}{f' ({more})' if more else ''}"
    yield from (f"             {name}: {value!r}" for name, value in step.headers)


def _script_lines(script: Script) -> Iterator[str]:
    for rule in script.rules:
        place = f"{rule.role or 'any API'} {rule.path or 'any path'}"
        for answer in rule.answers:
            yield f"    {rule.kind or 'any request'} to {place}: {_status(answer)}"
            yield from (f"             {name}: {value!r}" for name, value in answer.departure("GET").headers)


def _status(answer: Literal) -> str:
    departure = answer.departure("GET")
    return f"{departure.status if departure.status is not None else 'no answer'} ({departure.ending})"


def _expectation_lines(hooks: str, expectation: Expectation) -> Iterator[str]:
    yield f"  expected under {hooks}"
    yield from (f"    script {_sight(seen)}" for seen in expectation.seen)
    yield from (f"    wire   {_request(crossing)}" for crossing in expectation.wire)
    if not expectation.wire:
        yield "    wire   no request"


def _sight(seen: Seen) -> str:
    if seen.reason:
        return f"{seen.outcome}: {seen.reason}"
    if seen.status is None:
        return seen.outcome.value
    return f"{seen.outcome} {seen.status}, reads {_listed(seen.headers)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "no header"


def _request(crossing: Crossing) -> str:
    asked = "; ".join(f"{name}: {value}" for name, value in crossing.asks)
    return f"{crossing.kind} {crossing.method} {crossing.path}{f' [{asked}]' if asked else ''}"
