"""The policy: which pages of other origins may do what, as people declare it, in Python or in a file `cors.toml`.

An invalid policy cannot exist: all that is wrong with it is in one `PolicyError`. `compiled` makes of it what machines
use. The hooks enforce it, scenarios are derived from it, audits hold applications to it; so this stays light: the
standard library, the oracle, the errors, and what belongs to the policy itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.grants import CompiledPolicy, Grant, PreflightAnswer, Refusal
from harness.objections import Problem, objections
from harness.origins import ANY, OriginPattern

__all__ = [
    "CompiledPolicy",
    "Grant",
    "Override",
    "Policy",
    "PolicyError",
    "PreflightAnswer",
    "Problem",
    "Refusal",
    "compiled",
    "dumps",
    "load",
    "loads",
]


SECTIONS = {"corsproof.toml": ("policy",), "pyproject.toml": ("tool", "corsproof", "policy")}


class PolicyError(UsageError):
    """Everything that is wrong with a policy, one problem a line."""

    def __init__(self, problems: Iterable[Problem], source: str = "policy") -> None:
        self.problems = tuple(problems)
        counted = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n  ".join([f"{source} has {counted}:", *map(str, self.problems)]))


@dataclass(frozen=True)
class Override:
    """What is otherwise at one endpoint (Flask's name for a view) or path (a rule, as the route has it).

    What is None stays as the policy has it; ``closed`` lets no other origin do anything there.
    """

    endpoint: str | None = None
    path: str | None = None
    closed: bool = False
    origins: tuple[str, ...] | None = None
    methods: tuple[str, ...] | None = None
    request_headers: tuple[str, ...] | None = None
    credentials: bool | None = None
    exposed_headers: tuple[str, ...] | None = None
    max_age: int | None = None
    allow_plain_http: bool | None = None

    def __post_init__(self) -> None:
        _lists_become_tuples(self)


@dataclass(frozen=True)
class Policy:
    """Which origins may use which methods and request headers, with or without credentials, and read which headers.

    - ``origins``: exact (`https://app.example.com`), a pattern for everything below a domain (`https://*.example.com`:
      one or more labels, not the domain itself), or `*` alone for everybody, without credentials.
    - ``methods``: every method that pages may use, GET, HEAD and POST included; HEAD comes with GET. `*`: any.
    - ``request_headers``: those that a preflight may ask for. `*`: any but Authorization, which is named beside it.
    - ``credentials``: whether cookies and the like go along.
    - ``exposed_headers``: response headers that script may read beyond those that it always may. `*`: any.
    - ``max_age``: for how many seconds a preflight counts; None says nothing, and browsers take five.
    - ``allow_plain_http``: lets pages on plain http, beyond this machine, have credentials.
    - ``overrides``: what is otherwise at single endpoints or paths.
    """

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ("GET", "HEAD", "POST")
    request_headers: tuple[str, ...] = ()
    credentials: bool = False
    exposed_headers: tuple[str, ...] = ()
    max_age: int | None = None
    allow_plain_http: bool = False
    overrides: tuple[Override, ...] = field(default=())

    def __post_init__(self) -> None:
        _lists_become_tuples(self)
        problems = tuple(objections(*_bare(self)))
        if problems:
            raise PolicyError(problems)


def compiled(policy: Policy) -> CompiledPolicy:
    """Make the form for machines; equal policies make equal ones."""
    terms, _ = _bare(policy)
    by_endpoint, by_path = {}, {}
    for override in policy.overrides:
        own = {name: value for name in terms if (value := getattr(override, name)) is not None}
        grant = Grant() if override.closed else _grant({**terms, **own})
        if override.endpoint is not None:
            by_endpoint[override.endpoint] = grant
        if override.path is not None:
            by_path[override.path] = grant
    return CompiledPolicy(_grant(terms), by_endpoint, by_path)


def load(path: Path) -> Policy:
    """Read a policy from a TOML file; raise `PolicyError`, or `UsageError` for what is no TOML.

    The whole file is the policy, but for corsproof.toml, which has it in ``[policy]``, and pyproject.toml
    (``[tool.corsproof.policy]``).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"no policy can be read from {path}: {error}", hint="name a file such as cors.toml") from error
    return loads(text, path.name)


def loads(text: str, source: str = "cors.toml") -> Policy:
    """Read a policy from TOML, whose keys are the settings with hyphens; ``source`` is what errors call it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: {error}", hint="mend the TOML") from error
    for key in SECTIONS.get(source, ()):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict) or (source in SECTIONS and not table):
        raise UsageError(f"{source} has no policy", hint=f"write it below [{'.'.join(SECTIONS.get(source, ()))}]")
    problems = _unknown(table, Policy, "")
    given = _settings(table, Policy)
    listed = given.pop("overrides", [])
    given.setdefault("origins", ())
    if isinstance(listed, list):
        for index, override in enumerate(listed):
            problems += _unknown(override, Override, f"overrides[{index}].") if isinstance(override, dict) else []
        listed = tuple(Override(**_settings(one, Override)) if isinstance(one, dict) else one for one in listed)
    policy = None
    try:
        policy = Policy(**given, overrides=listed)
    except PolicyError as error:
        problems += map(_in_toml, error.problems)
    if policy is None or problems:
        raise PolicyError(problems, source)
    return policy


def dumps(policy: Policy) -> str:
    """Write a policy as TOML that `loads` reads back as an equal one; what is as by default is left out."""
    lines = _assignments(policy, leaving_out=("overrides",))
    for override in policy.overrides:
        lines += ["", "[[overrides]]", *_assignments(override)]
    return "\n".join(lines) + "\n"


# ---- the parts -------------------------------------------------------------------------------------


def _lists_become_tuples(declared: Policy | Override) -> None:
    for each in fields(declared):
        if isinstance(value := getattr(declared, each.name), list):
            object.__setattr__(declared, each.name, tuple(value))


def _bare(policy: Policy) -> tuple[dict[str, Any], Any]:
    """Return the terms by name, and the overrides as mappings, without looking at what they are."""
    terms = {each.name: getattr(policy, each.name) for each in fields(policy) if each.name != "overrides"}
    listed: Any = policy.overrides
    if isinstance(listed, tuple):
        listed = tuple(vars(override) if isinstance(override, Override) else override for override in listed)
    return terms, listed


def _grant(terms: Mapping[str, Any]) -> Grant:
    parsed = {origin: OriginPattern.parse(origin) for origin in dict.fromkeys(terms["origins"]) if origin != ANY}
    methods = tuple(dict.fromkeys(terms["methods"]))
    if "GET" in methods and "HEAD" not in methods:
        place = methods.index("GET") + 1
        methods = (*methods[:place], "HEAD", *methods[place:])
    return Grant(
        origins=tuple(origin for origin, pattern in parsed.items() if pattern is None),
        patterns=tuple(pattern for pattern in parsed.values() if pattern is not None),
        public=ANY in terms["origins"],
        methods=methods,
        request_headers=tuple(dict.fromkeys(terms["request_headers"])),
        credentials=terms["credentials"],
        exposed_headers=tuple(dict.fromkeys(terms["exposed_headers"])),
        max_age=terms["max_age"],
    )


def _in_toml(problem: Problem) -> Problem:
    instead = problem.instead.replace("allow_plain_http", _key("allow_plain_http"))
    return replace(problem, where=_key(problem.where), instead=instead)


def _key(name: str) -> str:
    return name.replace("_", "-")


def _settings(table: Mapping[str, Any], kind: type[Policy] | type[Override]) -> dict[str, Any]:
    return {each.name: table[_key(each.name)] for each in fields(kind) if _key(each.name) in table}


def _unknown(table: Mapping[str, Any], kind: type[Policy] | type[Override], place: str) -> list[Problem]:
    valid = [_key(each.name) for each in fields(kind)]
    instead = f"valid are {', '.join(valid)}"
    return [Problem(f"{place}{key}", table[key], "is of no setting", instead) for key in table if key not in valid]


def _assignments(declared: Policy | Override, leaving_out: tuple[str, ...] = ()) -> list[str]:
    shown = ((each, getattr(declared, each.name)) for each in fields(declared) if each.name not in leaving_out)
    return [f"{_key(each.name)} = {toml(value)}" for each, value in shown if value != each.default]


def toml(value: Any) -> str:
    """Write the value of a setting."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return f"\\u{ord(character):04x}" if character < " " or character == "\x7f" else character
