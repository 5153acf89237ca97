"""A mutation check: flip any predicate of the oracle, and some scenario of the suite `browsers` notices."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from literal_cases import ORIGINS, every_case
from mutants import Predicate, modules, mutant, predicates

from harness import foresight, plan
from harness.plan import Planned
from harness.scenario import Crossing, Outcome, Seen

PATIENCE = 1.0  # seconds of the processor for what takes a thousandth: a mutant is then taken to run for ever
# Predicates, by module, that no scenario can notice, and why; each has tests of its own in tests/oracle.
UNNOTICED: dict[str, tuple[tuple[str, ...], str]] = {
    "api": (
        ("api is Api.FETCH", "present is None"),
        "which exception it is, and a header that goes nowhere in no-cors",
    ),
    "cache": (("self.max_age_limit < 0",), "a limit that no request chooses"),
    "classify": (('byte_lowercase(name) != "range"',), "a Range that is dropped in no-cors: engines show it"),
    "filtering": (
        ("basic", "flight.redirect_count > 0"),
        "the response's type and `redirected`: rows do not state them",
    ),
    "flight": (('flight.current_url.scheme != "https"',), "mixed content, which no page may ask for"),
    "grammar": (("text.isascii()", '"0"'), "a shortcut, and digits that are read as 0 anyway"),
    "headers": (("lower in values",), "doubled lines of a recorded request, in the words of a difference"),
    "outcome": (
        (
            "self.phase is Phase.REDIRECT",
            "self.hop",
            "self.failure.header is not None",
            "self.failure.header is not None and self.failure.value is not None",
            "self.failure.value is not None",
            "self.failure.subject is not None",
        ),
        "the words of a refusal",
    ),
    "predict": (
        (
            "isinstance(self.outcome, Readable)",
            "it.request.kind is Kind.PREFLIGHT",
            "it.request.kind is Kind.ACTUAL",
            "request.api is Api.XHR",
            "self.exchanges",
            "response.detail",
            "None",
            "other.reason is not failure.reason",
        ),
        "views of a prediction, the words and the phase of a refusal, and what else would have refused",
    ),
    "redirect": (("url.fragment is not None",), "a fragment, which never leaves the page"),
    "urls": (
        (
            "not self.includes_credentials",
            "self.password",
            '""',
            '"0"',
            "len(labels) < 2",
            "len(labels) < 2 or labels[-1].isdigit()",
            "labels[-1].isdigit()",
        ),
        "the URL that script is told, ports written with zeros, and sites beyond loopback",
    ),
}


class _Hangs(Exception):
    """The mutant does not come to an end."""


@pytest.fixture(scope="module")
def planned() -> list[Planned]:
    """Return every case of the suite, made concrete."""
    return [plan.plan(case, ORIGINS) for case in every_case()]


@contextmanager
def _bounded() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise _Hangs

    previous = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def notices(package: Any, planned: list[Planned], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the first scenario that an oracle does not meet, or an empty string.

    What notices one mutant is asked first about the next: it is often of the same kind.
    """
    with monkeypatch.context() as patch:
        patch.setattr(foresight, "oracle", package)
        for index, one in enumerate(planned):
            try:
                with _bounded():
                    foreseen = foresight.foresee(one.unit, one.turns, one.places, package.STANDARD)
            except Exception as error:
                planned.insert(0, planned.pop(index))
                return f"{one.case.scenario.id} ({error!r})"
            if _said(foreseen.seen, foreseen.wire) != _said(one.expectation.seen, one.expectation.wire):
                planned.insert(0, planned.pop(index))
                return one.case.scenario.id
    return ""


def _said(seen: tuple[Seen, ...], wire: tuple[Crossing, ...]) -> tuple[list[object], list[object]]:
    opaque = Outcome.OPAQUE
    sights = [(one.outcome, one.status, one.headers, one.reason, one.type * (one.outcome is opaque)) for one in seen]
    return [*sights], [(one.method, one.path, sorted(one.asks)) for one in wire]


def _survives(predicate: Predicate, planned: list[Planned], monkeypatch: pytest.MonkeyPatch) -> bool:
    try:
        package = mutant(predicate)
    except Exception:
        return False  # one that cannot be imported is noticed
    return not notices(package, planned, monkeypatch)


@pytest.mark.parametrize("module", modules())
def test_every_flipped_predicate_is_noticed(
    module: str, planned: list[Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No scenario agrees with an oracle that decides the opposite anywhere in this module."""
    unnoticed, _ = UNNOTICED.get(module, ((), ""))
    found = {one: str(one).partition(" ")[2] for one in predicates(module)}
    assert [
        str(one) for one, text in found.items() if text not in unnoticed and _survives(one, planned, monkeypatch)
    ] == []
    assert set(unnoticed) <= set(found.values()), "what is excused must be there"


def test_a_faithful_copy_is_not_noticed(planned: list[Planned], monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the copy itself, with nothing flipped, meets every scenario."""
    assert notices(mutant(None), planned, monkeypatch) == ""


def test_predicates_are_found() -> None:
    """Negative control: conditions, parts of them, comparisons and boolean returns are among what is flipped."""
    texts = [one.text for one in predicates("cors_check")]
    assert "allowed is None" in texts
    assert "credentials is not Credentials.INCLUDE and allowed == _WILDCARD" in texts
    assert "allowed == _WILDCARD" in texts
    assert sum(len(predicates(module)) for module in modules()) > 200
