"""Drafts: exchanges that can still be changed, and the scenarios that they come to.

A draft is a page, the calls that it makes one after the other, and for each of them the URLs on its way with what is
answered there. Imports the records of scenarios and literal answers; knows no protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from harness.literal import Answer, Close, Literal, Role, Rule, Script
from harness.scenario import LITERAL, Api, Scenario, Step
from harness.wire import Kind

FAMILY = "fuzz"
ROLES = {"page": Role.PAGE, "api": Role.API, "api2": Role.API2, "cross": Role.API, "h2": Role.H2}
TAME = ("page", "h2")  # places whose servers neither read nor say what is odd
BODILESS = (204, 205, 304)


@dataclass
class Reply:
    """What is answered to one request; ``closes`` is for: the connection closes instead."""

    status: int = 200
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    closes: bool = False

    def get(self, name: str) -> str | None:
        """Return the value of the first field of this name."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    def put(self, name: str, *values: str) -> None:
        """Have a field of this name for each value, in the place of those there are."""
        keys = [key.lower() for key, _ in self.fields]
        at = keys.index(name.lower()) if name.lower() in keys else len(keys)
        before = self.fields[:at]
        after = [pair for pair in self.fields[at:] if pair[0].lower() != name.lower()]
        self.fields = [*before, *((name, value) for value in values), *after]

    def drop(self, name: str) -> None:
        """Have no field of this name."""
        self.put(name)

    def literal(self) -> Literal:
        """Return it as a server says it."""
        body = b"" if self.status in BODILESS else self.body
        return Close() if self.closes else Answer(self.status, tuple(self.fields), body)


@dataclass
class Visit:
    """A URL on the way of a request: a place such as ``api``, a path, and what is answered there."""

    place: str
    path: str
    preflight: Reply = field(default_factory=Reply)
    actual: Reply = field(default_factory=Reply)

    @property
    def is_home(self) -> bool:
        """Whether it is at the page's own origin."""
        return self.place == "page"

    @property
    def is_tame(self) -> bool:
        """Whether its server cannot say everything."""
        return self.place in TAME

    def rules(self) -> tuple[Rule, Rule]:
        """Return the rules that answer here."""
        role = ROLES[self.place]
        return (
            Rule((self.preflight.literal(),), Kind.PREFLIGHT, self.path, role),
            Rule((self.actual.literal(),), Kind.ACTUAL, self.path, role),
        )


@dataclass
class Turn:
    """A call of the page and its way. More calls than one are answered by the same visits, or by others."""

    step: Step
    visits: list[Visit]

    def change(self, **fields: Any) -> None:
        """Ask otherwise."""
        self.step = replace(self.step, **fields)

    def script(self) -> Script:
        """Return the answers; of two rules for one request the first counts, so each is there once."""
        rules = {(rule.role, rule.path, rule.kind): rule for visit in reversed(self.visits) for rule in visit.rules()}
        return Script(tuple(reversed(rules.values())))


@dataclass
class Draft:
    """A case in the making. ``said`` tells what was done to it."""

    turns: list[Turn]
    page: str = "http://localhost"
    api: Api = Api.FETCH
    said: list[str] = field(default_factory=list)

    def scenario(self, name: str) -> Scenario:
        """Return the scenario; the interface is `fetch()` where no other can ask for it."""
        api = self.api if all(_xhr_can(turn.step) for turn in self.turns) else Api.FETCH
        steps = tuple(_heard(turn.step, api) for turn in self.turns)
        scripts = tuple(turn.script() for turn in self.turns)
        summary = ", ".join(self.said) or "nothing changed"
        return Scenario(name, FAMILY, summary, steps, {LITERAL: None}, self.page, (api,), scripts)


def _xhr_can(step: Step) -> bool:
    plain = (step.mode, step.redirect, step.cache, step.referrer_policy) == ("cors", "follow", "default", "")
    return plain and step.credentials != "omit" and step.body_kind != "stream"


def _heard(step: Step, api: Api) -> Step:
    """Return the step without the upload listener that only an XMLHttpRequest has."""
    return replace(step, upload_listener=False) if api is Api.FETCH else step
