"""What a rule is: one place where an engine does otherwise than the standard, in words and as a thing that can be run.

Imports the oracle; knows no engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.oracle import Rules

_NAME = re.compile(r"[a-z]+(-[a-z0-9]+)+")
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")


@dataclass(frozen=True)
class Rule:
    """One deviation of an engine, in its versions from ``since`` on and before ``until`` (None: no bound).

    ``fetch`` says what the standard says and ``instead`` what the engine does, one sentence each; ``link`` leads to the
    clause. ``apply`` makes of rules the same rules with this one in place; it wraps what it changes, so rules add up.
    """

    name: str
    engine: str
    fetch: str
    instead: str
    link: str
    apply: Callable[[Rules], Rules]
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        """Refuse names that are none, and bounds that no version can meet."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a name in kebab case")
        for bound in (self.since, self.until):
            if bound is not None and not _NUMBERS.fullmatch(bound):
                raise ValueError(f"{self.name}: {bound!r} is not a version")
        if self.since and self.until and _numbers(self.since) >= _numbers(self.until):
            raise ValueError(f"{self.name}: no version is from {self.since} on and before {self.until}")

    def holds_in(self, engine: str, version: str) -> bool:
        """Tell whether that version of that engine does so. ``version``: as the engine says it, words included."""
        numbers = _numbers(version)
        return (
            engine == self.engine
            and (self.since is None or _numbers(self.since) <= numbers)
            and (self.until is None or numbers < _numbers(self.until))
        )


def _numbers(version: str) -> tuple[int, ...]:
    """The first dotted number in the text, compared number by number; 2.50 is 2.50.0. Without any: below all others."""
    found = _NUMBERS.search(version)
    numbers = [int(number) for number in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
