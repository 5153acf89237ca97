"""Configuration files: ``[tool.corsproof]`` in pyproject.toml, or corsproof.toml, as the defaults of commands.

What stands in the section itself is for `run`, and for others as far as they have it; ``[audit]`` below it is for
`audit`, and ``[policy]`` is no setting but a policy (`harness.policy`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import UsageError

CONFIG_FILES = ("corsproof.toml", "pyproject.toml")
SHARED = ("browsers", "headed", "reports", "report_dir", "color")  # by their names as parameters

Kinds = dict[str, tuple[type, ...]]
RUN: Kinds = {
    "browser": (str, list),
    "headed": (bool,),
    "hooks": (str, list),
    "keep": (str,),
    "repeat": (int,),
    "shard": (str,),
    "report": (str, list),
    "report-dir": (str,),
    "baseline": (str,),
    "color": (str,),
}
AUDIT: Kinds = {
    "target": (str,),
    "origin": (str, list),
    "path": (str, list),
    "policy": (str,),
    "login": (str,),
    "active": (bool,),
    "factory": (bool,),
    "app-dir": (str,),
    "insecure": (bool,),
    "baseline": (str,),
}
TABLES = ("audit", "policy")
_PARAMETERS = {
    "browser": "browsers",
    "report": "reports",
    "report-dir": "report_dir",
    "origin": "trusted",
    "path": "paths",
    "app-dir": "app_dir",
}
_MANY = {"browser", "hooks", "origin", "path"}


def configuration(folder: Path) -> dict[str, Any]:
    """Read the first configuration file of a folder, as click's default map; raise `UsageError` with every mistake."""
    import tomllib

    for name in CONFIG_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise UsageError(f"{name}: {error}", hint="mend the TOML") from error
        section: Any = values
        for key in () if name == "corsproof.toml" else ("tool", "corsproof"):
            section = section.get(key) if isinstance(section, dict) else None
        if section is not None and not isinstance(section, dict):
            raise UsageError(f"{name}: tool.corsproof = {section!r} is no table", hint="write [tool.corsproof]")
        if section is not None:
            return _by_command(section, name)
    return {}


def _by_command(section: dict[str, Any], source: str) -> dict[str, Any]:
    for table in TABLES:
        if not isinstance(section.get(table, {}), dict):
            raise UsageError(f"{source}: {table} = {section[table]!r} is no table", hint=f"write [{table}]")
    settings = _settings({key: value for key, value in section.items() if key not in TABLES}, RUN, source)
    audit = _settings(section.get("audit", {}), AUDIT, f"{source} [audit]")
    shared = {key: value for key, value in settings.items() if key in SHARED}
    return {
        "run": settings,
        "audit": {**shared, **audit},
        **dict.fromkeys(("fuzz", "replay"), shared),
        "doctor": {key: value for key, value in shared.items() if key != "browsers"},
    }


def _settings(section: dict[str, Any], kinds: Kinds, source: str) -> dict[str, Any]:
    problems = [f"unknown setting {key!r}" for key in section if key not in kinds]
    for key, value in section.items():
        if key in kinds and (not isinstance(value, kinds[key]) or (isinstance(value, bool) and bool not in kinds[key])):
            problems.append(f"{key} = {value!r} should be {' or '.join(kind.__name__ for kind in kinds[key])}")
        elif isinstance(value, list) and not all(isinstance(member, str) for member in value):
            problems.append(f"{key} = {value!r} should hold nothing but str")
    if problems:
        raise UsageError(f"{source}: {'; '.join(problems)}", hint=f"valid settings: {', '.join(kinds)}")
    return {
        _PARAMETERS.get(key, key): ([value] if isinstance(value, str) else value)
        if key in _MANY
        else (",".join(value) if isinstance(value, list) else value)
        for key, value in section.items()
    }
