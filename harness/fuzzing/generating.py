"""Generating: the scenarios that a seed stands for, one after the other.

The scenario with a number is the same however many are asked for, on every machine. Chance is the standard library's:
hypothesis, whose draws are made to find and shrink failures of a Python function, takes a minute where this takes two
seconds, and steers the choices by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from harness.fuzzing.mutations import mutate
from harness.fuzzing.permitting import permitting
from harness.scenario import Scenario

MUTATIONS = (0, 1, 2, 3)
WEIGHTS = (14, 50, 26, 10)


def scenarios(seed: int, count: int) -> Iterator[Scenario]:
    """Yield the first ``count`` scenarios of a seed."""
    for number in range(count):
        yield scenario(Random(f"{seed}/{number}"), number)


def scenario(random: Random, number: int) -> Scenario:
    """Return a scenario by chance: a permitting exchange, most often with something changed."""
    draft = permitting(random)
    for _ in range(random.choices(MUTATIONS, WEIGHTS)[0]):
        mutate(random, draft)
    return draft.scenario(f"fuzz-{number:05}")
