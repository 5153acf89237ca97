"""Case files: a scenario as JSON, as one word that can be pasted, and as the Python source that makes it.

The JSON follows the annotations of the records themselves and leaves out what is as by default; nothing is lost on the
way there and back. A word is compact JSON, compressed, in the alphabet of URLs, behind ``case:``. Pure.
"""

from __future__ import annotations

import base64
import binascii
import json
import types
import typing
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

from harness.errors import UsageError
from harness.scenario import Api, Scenario

PREFIX = "case:"
LIMIT = 1_000_000  # bytes of JSON that a word may come to
WIDTH = 120  # columns of source
HINT = "copy the whole word that `corsproof fuzz` printed"

Json = dict[str, Any]


def to_json(scenario: Scenario) -> Json:
    """Return a scenario as `json.dumps` takes it."""
    written: Json = _write(Scenario, scenario)
    return written


def from_json(value: object) -> Scenario:
    """Read a scenario back; raise `UsageError` that says where it is none."""
    try:
        scenario: Scenario = _read(Scenario, value, "case")
    except ValueError as error:
        raise UsageError(f"this is no case: {error}", hint=HINT) from None
    return scenario


def to_word(scenario: Scenario) -> str:
    """Return a scenario as one word."""
    text = json.dumps(to_json(scenario), separators=(",", ":"))
    return PREFIX + base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def from_word(word: str) -> Scenario:
    """Read the scenario that a word stands for; raise `UsageError` where it stands for none."""
    try:
        return from_json(json.loads(_unpacked(word)))
    except (binascii.Error, zlib.error, UnicodeError, RecursionError, ValueError) as error:
        raise UsageError(f"this is no case: {error}", hint=HINT) from None


def _unpacked(word: str) -> bytes:
    if not word.startswith(PREFIX):
        raise ValueError(f"it does not begin with {PREFIX}")
    letters = word.removeprefix(PREFIX)
    packed = base64.b64decode(letters + "=" * (-len(letters) % 4), altchars=b"-_", validate=True)
    inflating = zlib.decompressobj()
    text = inflating.decompress(packed, LIMIT)
    if not inflating.eof:
        raise ValueError(f"it is cut short, or holds more than {LIMIT:,} bytes")
    return text


# ---- records and JSON, by annotation ---------------------------------------------------------------


@cache
def _hints(record: Any) -> dict[str, Any]:
    return typing.get_type_hints(record)


def _members(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union; of anything else, itself."""
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)


def _is_tagged(members: tuple[Any, ...]) -> bool:
    """Tell whether JSON must say which of several records it holds."""
    return sum(map(is_dataclass, members)) > 1


def _is_default(one: Field[Any], value: Any) -> bool:
    default = one.default_factory() if one.default_factory is not MISSING else one.default
    return default is not MISSING and type(value) is type(default) and bool(value == default)


def _write(hint: Any, value: Any) -> Any:
    if _is_tagged(_members(hint)):
        return {type(value).__name__: _write(type(value), value)}
    match value:
        case Enum():
            return value.value
        case bytes():
            return value.decode("latin-1")
        case tuple():
            return [_write(element, each) for element, each in zip(_elements(hint, len(value)), value, strict=True)]
        case frozenset():
            return sorted(value)
        case Mapping():
            return {key: _write(typing.get_args(hint)[1], each) for key, each in value.items()}
    if is_dataclass(value):
        hints = _hints(value.__class__)
        said = ((one, getattr(value, one.name)) for one in fields(value))
        return {one.name: _write(hints[one.name], each) for one, each in said if not _is_default(one, each)}
    return value


def _elements(hint: Any, length: int) -> tuple[Any, ...]:
    found = typing.get_args(hint)
    return found[:1] * length if found[-1] is Ellipsis else found


def _read(hint: Any, value: Any, where: str) -> Any:
    members = _members(hint)
    if value is None and type(None) in members:
        return None
    kept = [member for member in members if member is not type(None)]
    if _is_tagged(members):
        return _read_tagged({member.__name__: member for member in kept}, value, where)
    for member in kept[:-1]:
        if isinstance(value, str if member is bytes else member):
            return _read_one(member, value, where)
    return _read_one(kept[-1], value, where)


def _read_tagged(records: Mapping[str, Any], value: Any, where: str) -> Any:
    if not isinstance(value, dict) or len(value) != 1 or not records.keys() & value.keys():
        raise ValueError(f"{where} should be one of {', '.join(records)}, and is {value!r:.60}")
    [(name, inside)] = value.items()
    return _read_one(records[name], inside, where)


def _read_one(hint: Any, value: Any, where: str) -> Any:
    match typing.get_origin(hint) or hint:
        case kind if isinstance(kind, type) and issubclass(kind, Enum):
            return _read_enum(kind, value, where)
        case kind if is_dataclass(kind):
            return _read_record(hint, _is(dict, value, where), where)
        case kind if kind is tuple:
            return _read_tuple(hint, _is(list, value, where), where)
        case kind if kind is frozenset:
            return frozenset(_is(str, each, where) for each in _is(list, value, where))
        case kind if kind is Mapping:
            inside = typing.get_args(hint)[1]
            return {key: _read(inside, each, f"{where}.{key}") for key, each in _is(dict, value, where).items()}
        case kind if kind is bytes:
            return _latin_1(_is(str, value, where), where)
    return _is(hint, value, where)


def _read_tuple(hint: Any, value: list[Any], where: str) -> tuple[Any, ...]:
    elements = _elements(hint, len(value))
    if len(elements) != len(value):
        raise ValueError(f"{where} should have {len(elements)} elements, and has {len(value)}")
    places = enumerate(zip(elements, value, strict=True))
    return tuple(_read(element, each, f"{where}[{index}]") for index, (element, each) in places)


def _read_enum(kind: type[Enum], value: Any, where: str) -> Enum:
    valid = [one for one in kind if one is not Api.WEBSOCKET]
    if (found := next((one for one in valid if one.value == value), None)) is not None:
        return found
    raise ValueError(f"{where} should be {' or '.join(str(one.value) for one in valid)}, and is {value!r}")


def _read_record(record: Any, value: Json, where: str) -> Any:
    known = {one.name: one for one in fields(record)}
    required = [name for name, one in known.items() if one.default is one.default_factory is MISSING]
    problems = [f"has no {name}" for name in required if name not in value]
    problems += [f"has {name!r}, which means nothing" for name in value if name not in known]
    if problems:
        raise ValueError(f"{where} {' and '.join(problems)}")
    made = {name: _read(_hints(record)[name], each, f"{where}.{name}") for name, each in value.items()}
    try:
        return record(**made)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _latin_1(text: str, where: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeError:
        raise ValueError(f"{where} should be bytes, one a character") from None


def _is(kind: type, value: Any, where: str) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{where} should be {kind.__name__}, and is {value!r:.60}")
    return value


# ---- source ----------------------------------------------------------------------------------------


def to_source(scenario: Scenario) -> str:
    """Return the Python expression that makes a scenario; its names are those of the records' modules."""
    return _source(scenario, 0)


def _source(value: Any, indent: int) -> str:
    """Return an expression on one line where it fits, else with one part on each."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    opening, parts, closing = _parts(value)
    if not closing:
        return opening
    inside = [name + _source(each, indent + 4) for name, each in parts]
    comma = "," if opening in ("(", "frozenset((") and len(inside) == 1 else ""
    line = f"{opening}{', '.join(inside)}{comma}{closing}"
    if indent + len(line) < WIDTH and "\n" not in line:
        return line
    margin = " " * indent
    return "\n".join([opening, *(f"{margin}    {each}," for each in inside), margin + closing])


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Return how an expression opens, its parts with what names them, and how it closes; "" where it has none."""
    match value:
        case tuple():
            return "(", [("", each) for each in value], ")"
        case frozenset():
            return "frozenset((", [("", each) for each in sorted(value)], "))"
        case Mapping():
            return "{", [(f"{key!r}: ", each) for key, each in value.items()], "}"
    if is_dataclass(value):
        return f"{type(value).__name__}(", list(_arguments(value)), ")"
    return repr(value), [], ""


def _arguments(record: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a record must be made with: first, without their names, the fields that have no default."""
    for one in fields(record):
        value = getattr(record, one.name)
        if one.default is one.default_factory is MISSING:
            yield "", value
        elif not _is_default(one, value):
            yield f"{one.name}=", value
