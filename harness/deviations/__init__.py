"""Where engines are known to leave the standard: as rules that can be run, and as records of single scenarios.

A `Rule` says what an engine does instead and does it to the oracle: `model` is the standard with some rules applied.
A `Deviation` is what follows for one scenario of a suite. What is known makes a result `known` while it shows, and a
failure once it no longer does.
"""

from harness.deviations.recorded import Deviation, find
from harness.deviations.rule import Rule
from harness.deviations.rules import RULES, model, rules_for

__all__ = ["RULES", "Deviation", "Rule", "find", "model", "rules_for"]
