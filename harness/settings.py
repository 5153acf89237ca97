"""Configuration files: ``[tool.corsproof]`` in pyproject.toml, or corsproof.toml, as the defaults of commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import UsageError

CONFIG_FILES = ("corsproof.toml", "pyproject.toml")
SHARED = ("browsers", "headed", "reports", "report_dir")  # by several commands


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
            settings = _settings(section, name)
            shared = {key: value for key, value in settings.items() if key in SHARED}
            return {"run": settings, "audit": shared, "fuzz": shared, "replay": shared}
    return {}


def _settings(section: dict[str, Any], source: str) -> dict[str, Any]:
    kinds = {
        "browser": (str, list),
        "headed": (bool,),
        "hooks": (str, list),
        "keep": (str,),
        "repeat": (int,),
        "shard": (str,),
        "report": (str, list),
        "report-dir": (str,),
        "baseline": (str,),
    }
    problems = [f"unknown setting {key!r}" for key in section if key not in kinds]
    for key, value in section.items():
        if key in kinds and (not isinstance(value, kinds[key]) or (isinstance(value, bool) and bool not in kinds[key])):
            problems.append(f"{key} = {value!r} should be {' or '.join(kind.__name__ for kind in kinds[key])}")
        elif isinstance(value, list) and not all(isinstance(member, str) for member in value):
            problems.append(f"{key} = {value!r} should hold nothing but str")
    if problems:
        raise UsageError(f"{source}: {'; '.join(problems)}", hint=f"valid settings: {', '.join(kinds)}")
    parameters = {"browser": "browsers", "report": "reports", "report-dir": "report_dir"}
    many = {"browser", "hooks"}
    return {
        parameters.get(key, key): ([value] if isinstance(value, str) else value)
        if key in many
        else (",".join(value) if isinstance(value, list) else value)
        for key, value in section.items()
    }
