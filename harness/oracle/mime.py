"""MIME types as the MIME Sniffing standard parses and serialises them.

Needed twice: for the Content-Type safelist (only the essence matters), and for the charset that
XMLHttpRequest writes over. https://mimesniff.spec.whatwg.org/#parsing-a-mime-type
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.oracle.grammar import HTTP_WHITESPACE, byte_lowercase, collect_http_quoted_string, is_token

_QUOTED_STRING_TOKENS = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_NAME = re.compile(r"[^;=]*")
_VALUE = re.compile(r"[^;]*")


@dataclass(frozen=True, slots=True)
class MimeType:
    """A MIME type record: type and subtype in lower case, parameters in order of appearance."""

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def essence(self) -> str:
        """#mime-type-essence."""
        return f"{self.type}/{self.subtype}"

    def parameter(self, name: str, default: str) -> str:
        """The value of the parameter, or the default."""
        return dict(self.parameters).get(name, default)

    def with_parameter(self, name: str, value: str) -> MimeType:
        """The same type with that parameter set; an existing one keeps its place."""
        return MimeType(self.type, self.subtype, tuple({**dict(self.parameters), name: value}.items()))


def parse_mime_type(text: str) -> MimeType | None:
    """#parse-a-mime-type. None is failure."""
    text = text.strip(HTTP_WHITESPACE)  # step 1
    type_, slash, rest = text.partition("/")
    if not slash or not is_token(type_):  # steps 4 and 5
        return None
    subtype, _, parameters = rest.partition(";")
    subtype = subtype.rstrip(HTTP_WHITESPACE)  # step 8: trailing only, so `text/ plain` fails
    if not is_token(subtype):  # step 9
        return None
    return MimeType(byte_lowercase(type_), byte_lowercase(subtype), _parse_parameters(parameters))


def _parse_parameters(text: str) -> tuple[tuple[str, str], ...]:
    """Step 11. Nothing in here can fail: a parameter that makes no sense is skipped."""
    parameters: dict[str, str] = {}
    position = 0
    while position < len(text):
        start = len(text) - len(text[position:].lstrip(HTTP_WHITESPACE))  # step 11.2
        name = _match(_NAME, text, start)
        position = start + len(name)
        if text[position : position + 1] != "=":  # step 11.5.1 and 11.6: a name without a value
            position += 1
            continue
        value, position = _parse_parameter_value(text, position + 1)
        if value is not None and is_token(name) and _QUOTED_STRING_TOKENS.fullmatch(value):  # step 11.10
            parameters.setdefault(byte_lowercase(name), value)  # the first of a name counts
    return tuple(parameters.items())


def _parse_parameter_value(text: str, position: int) -> tuple[str | None, int]:
    """Steps 11.8 and 11.9: the value, and the position behind the semicolon that ends it."""
    if text[position : position + 1] == '"':
        value, position = collect_http_quoted_string(text, position)
        return value, position + len(_match(_VALUE, text, position)) + 1  # what trails the quote is dropped
    raw = _match(_VALUE, text, position)
    return raw.rstrip(HTTP_WHITESPACE) or None, position + len(raw) + 1


def _match(pattern: re.Pattern[str], text: str, position: int) -> str:
    found = pattern.match(text, position)
    assert found is not None, "the patterns above match the empty string"
    return found[0]


def serialize_mime_type(mime_type: MimeType) -> str:
    """#serialize-a-mime-type: a parameter value that is no token is quoted."""
    parts = [mime_type.essence]
    for name, value in mime_type.parameters:
        if not is_token(value):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        parts.append(f"{name}={value}")
    return ";".join(parts)
