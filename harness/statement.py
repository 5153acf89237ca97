"""Statements: a case of literal answers with what must follow from them written out, by the standard.

Such a case can stand in the catalogue, where rows state what must be and nothing is computed. Pure.
"""

from __future__ import annotations

from dataclasses import replace

from harness import plan
from harness.errors import UsageError
from harness.scenario import LITERAL, Crossing, Expectation, Scenario


class _Nowhere:
    """Origins that no site has, each of them unlike any text that a case may hold."""

    def places(self, api: str, page: str) -> plan.Places:
        home = "http://localhost:41001" if page == "null" else f"{page}:41001"
        scheme = _scheme(page)
        return (
            ("page", "null" if page == "null" else home),
            ("home", home),
            ("api", f"{scheme}://localhost:41002"),
            ("api2", f"{scheme}://localhost:41003"),
            ("cross", f"{scheme}://127.0.0.1:41002"),
        )

    def http_2_origin(self) -> str:
        return "https://localhost:41004"


def _scheme(page: str) -> str:
    return "https" if page.startswith("https:") else "http"


def stated(scenario: Scenario) -> Scenario:
    """Return a case with its expectation, for the interfaces that make the same of it as the first."""
    if not scenario.turns:
        raise UsageError(f"{scenario.id} has no literal answers", hint="its row is in the catalogue already")
    by_api = {
        api: _expectation(plan.plan(plan.Case(scenario, LITERAL, api, LITERAL), _Nowhere())) for api in scenario.apis
    }
    first = by_api[scenario.apis[0]]
    apis = tuple(api for api, expectation in by_api.items() if expectation == first)
    return replace(scenario, expect={LITERAL: first}, apis=apis)


def _expectation(planned: plan.Planned) -> Expectation:
    names = {origin: f"{{{name}}}" for name, origin in planned.places if origin != "null" and name != "home"}

    def unfilled(text: str) -> str:
        for origin, name in names.items():
            text = text.replace(origin, name)
        return text

    def crossing(one: Crossing) -> Crossing:
        asks = tuple((name, unfilled(value)) for name, value in one.asks)
        return replace(one, path=unfilled(one.path), asks=asks)

    expectation = planned.expectation
    return replace(expectation, wire=tuple(map(crossing, expectation.wire)))
