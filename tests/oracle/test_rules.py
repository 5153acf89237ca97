"""The walk's algorithms as fields: the standard's unless somebody says otherwise, and each of them really asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from scenes import asks, grants, in_order, leads_to, methods, names, says

from harness.oracle import (
    STANDARD,
    Answer,
    Api,
    Failure,
    Prediction,
    Reason,
    Recorded,
    Redirect,
    Refusal,
    Request,
    Rules,
    WireRequest,
    WireResponse,
    predict,
    replay,
)
from harness.oracle.flight import Flight

PUT = asks(method="PUT", headers=(("X-A", "1"),), body=b"x")
GRANTED = grants(methods("PUT"), names("x-a"))
CHALLENGE = WireResponse(401, (("WWW-Authenticate", "Basic"),))

WALKS: dict[str, tuple[Request, tuple[Answer, ...]]] = {
    "thrown": (asks(method="TRACE"), ()),
    "redirected": (PUT, (GRANTED, leads_to("/x", 307), GRANTED, says())),
    "refused": (PUT, (GRANTED, says(allow=()))),
    "manual": (asks(redirect=Redirect.MANUAL), (leads_to("/x"),)),
    "challenged": (asks("http://u:p@app.test:8000/", api=Api.XHR), (CHALLENGE,)),
}
OF_THE_WALK = [field.name for field in fields(Rules)]


def walk(rules: Rules) -> list[Prediction]:
    """What follows from each of the scenes above."""
    return [predict(request, in_order(*answers), rules=rules) for request, answers in WALKS.values()]


def counted(algorithm: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    """The same algorithm, which leaves a mark for each call."""

    def called(*arguments: Any) -> Any:
        calls.append("called")
        return algorithm(*arguments)

    return called


@pytest.mark.parametrize("name", OF_THE_WALK)
def test_the_walk_asks_every_rule(name: str) -> None:
    """Each field is called by some walk, and a wrapper that changes nothing changes nothing."""
    calls: list[str] = []
    rules: Rules = replace(STANDARD, **{name: counted(getattr(STANDARD, name), calls)})
    assert walk(rules) == walk(STANDARD)
    assert calls


def test_the_standard_is_the_default() -> None:
    """Whoever names no rules gets the standard's."""
    assert Rules() == STANDARD
    assert [predict(request, in_order(*answers)) for request, answers in WALKS.values()] == walk(STANDARD)


def test_rules_are_values() -> None:
    """Rules are made from others, never changed."""
    with pytest.raises(FrozenInstanceError):
        STANDARD.is_redirect = lambda *_: False  # type: ignore[misc]


def renamed(header: str, rules: Rules) -> Rules:
    """Rules by which every request says so."""

    def create_actual(flight: Flight, origin: str | None) -> WireRequest:
        request = rules.create_actual(flight, origin)
        return replace(request, headers=(*request.headers, (header, "1")))

    return replace(rules, create_actual=create_actual)


def test_replacements_add_up() -> None:
    """What wraps a field leaves in place what wrapped it before."""
    (sent,) = predict(asks(), in_order(says()), rules=renamed("X-B", renamed("X-A", STANDARD))).actuals
    assert [name for name, _ in sent.headers] == ["Accept", "Origin", "X-A", "X-B"]


def test_a_recording_is_replayed_by_the_rules_of_its_maker() -> None:
    """What leaves the standard differs from it, and agrees with its own rules."""
    other = replace(STANDARD, needs_preflight=lambda *_: False)
    taped = [Recorded.of(it) for it in predict(PUT, in_order(says()), rules=other).exchanges]
    assert replay(PUT, taped, rules=other).differences == ()
    assert [difference.subject for difference in replay(PUT, taped).differences] == ["preflight"]


def test_a_redirect_that_is_not_followed_can_be_refused() -> None:
    """No step of the standard looks at it; whoever does may find that it leads nowhere."""
    rules = replace(STANDARD, opaque_redirect=lambda *_: Failure(Reason.LOCATION_INVALID))
    outcome = predict(asks(redirect=Redirect.MANUAL), in_order(leads_to("/x")), rules=rules).outcome
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.where) == (Reason.LOCATION_INVALID, "redirect 1")
