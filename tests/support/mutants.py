"""Mutants of the oracle: copies of its package in which one predicate says the opposite.

A predicate is what decides: the condition of an `if`, a `while`, a conditional expression or a comprehension, each part
of an `and` or `or`, each comparison, and what a function that returns `bool` returns.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness import oracle

FOLDER = Path(oracle.__file__).parent
NAME = "mutated_oracle"
# The comparison with a recording, the order of events and what else would refuse have tests of their own.
LEFT_OUT = ("also", "replay", "xhr", "__init__", "rules")


@dataclass(frozen=True)
class Predicate:
    """One predicate: the module, where in it, and the source of the expression."""

    module: str
    line: int
    column: int
    end: tuple[int, int]
    text: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}:{self.column} {self.text}"


def modules() -> list[str]:
    """Return the names of the modules whose predicates are flipped."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in LEFT_OUT)


def predicates(module: str) -> list[Predicate]:
    """Return the predicates of a module, each once, in the order of the source."""
    source = _source(module)
    found: dict[tuple[int, int, int, int], Predicate] = {}
    for node in _deciding(ast.parse(source)):
        end = (node.end_lineno or 0, node.end_col_offset or 0)
        text = ast.get_source_segment(source, node) or ""
        found[node.lineno, node.col_offset, *end] = Predicate(module, node.lineno, node.col_offset, end, text)
    return [found[key] for key in sorted(found)]


def _deciding(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.If() | ast.While() | ast.IfExp():
                yield node.test
            case ast.comprehension():
                yield from node.ifs
            case ast.match_case(guard=ast.expr() as guard):
                yield guard
            case ast.BoolOp():
                yield from node.values
            case ast.Compare():
                yield node
            case ast.FunctionDef(returns=ast.Name(id="bool")):
                yield from (
                    inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value is not None
                )


@cache
def _source(module: str) -> str:
    return (FOLDER / f"{module}.py").read_text(encoding="utf-8")


def mutant(predicate: Predicate | None) -> Any:
    """Return a copy of the oracle's package with one predicate flipped, or none."""
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]
    package = types.ModuleType(NAME)
    package.__path__ = []
    sys.modules[NAME] = package
    finder = _Finder(predicate)
    sys.meta_path.insert(0, finder)
    try:
        exec(_code("__init__"), package.__dict__)
    finally:
        sys.meta_path.remove(finder)
    return package


class _Finder:
    """Finds the modules of the copy."""

    def __init__(self, predicate: Predicate | None) -> None:
        self._predicate = predicate

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Return where a module comes from, for the modules of the copy."""
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self) if name.startswith(f"{NAME}.") else None  # type: ignore[arg-type]

    def create_module(self, spec: object) -> None:
        """Let the module be an ordinary one."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the source of a module, the flipped one with its predicate flipped."""
        stem = module.__name__.partition(".")[2]
        predicate = self._predicate
        code = _flipped(predicate) if predicate is not None and predicate.module == stem else _code(stem)
        exec(code, module.__dict__)


@cache
def _code(module: str) -> types.CodeType:
    return compile(_renamed(_source(module)), f"<{module}>", "exec", dont_inherit=True)


def _renamed(source: str) -> str:
    return source.replace("harness.oracle", NAME)


def _flipped(predicate: Predicate) -> types.CodeType:
    lines = _source(predicate.module).encode().splitlines(keepends=True)
    last, end = predicate.end
    # From behind, so that the first insertion does not move the place of the second.
    lines[last - 1] = lines[last - 1][:end] + b"))" + lines[last - 1][end:]
    first = lines[predicate.line - 1]
    lines[predicate.line - 1] = first[: predicate.column] + b"(not (" + first[predicate.column :]
    return compile(_renamed(b"".join(lines).decode()), f"<{predicate}>", "exec", dont_inherit=True)
