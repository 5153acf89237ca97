"""The grammars that the CORS protocol reads header values with.

Tokens, comma lists, delta-seconds and quoted strings, as pure functions over one value. Values are
`str` decoded as latin-1, so that one character is one byte ("isomorphic decoding"). No header list
is known here, only single values.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

OWS = " \t"  # Fetch: an HTTP tab or space
HTTP_WHITESPACE = " \t\r\n"  # Fetch: HTTP whitespace; unlike ASCII whitespace it has no form feed

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DELTA_SECONDS = re.compile(r"[0-9]+")
_NOT_IN_A_VALUE = re.compile(r"[\x00\r\n]")

# RFC 9111 section 1.2.2: a delta-seconds too large to represent counts as 2**31.
_DELTA_SECONDS_LIMIT = 2**31
_DELTA_SECONDS_DIGITS = 10


class Malformed(Enum):
    """What parsing yields where the standard says "failure", kept apart from None (absent)."""

    MALFORMED = "malformed"


MALFORMED = Malformed.MALFORMED


def is_token(text: str) -> bool:
    """RFC 9110 `token`: the grammar of a method and of a header name."""
    return _TOKEN.fullmatch(text) is not None


def is_byte_string(text: str) -> bool:
    """Whether each character stands for a byte."""
    return text.isascii() or max(text) <= "\xff"


def is_header_value(text: str) -> bool:
    """#header-value: no blank at either end, no NUL, CR or LF, and nothing that is not a byte."""
    if text != text.strip(OWS) or _NOT_IN_A_VALUE.search(text):
        return False
    return is_byte_string(text)


@lru_cache(maxsize=4096)  # few texts, asked again and again: so with `parse_list`
def byte_lowercase(text: str) -> str:
    """Infra "byte-lowercase": A to Z only. `str.lower` would also touch bytes from 0xC0 on."""
    return text.lower() if text.isascii() else text.encode("latin-1").lower().decode("latin-1")


@lru_cache(maxsize=4096)
def parse_list(value: str) -> tuple[str, ...] | Malformed:
    """RFC 9110 section 5.6.1, `#token`, as a recipient reads it: empty elements are skipped.

    One element that is no token voids the whole value; that is why `GET, P(T` allows nothing.
    """
    items = [item for item in (part.strip(OWS) for part in value.split(",")) if item]
    return tuple(items) if all(map(is_token, items)) else MALFORMED


def parse_delta_seconds(value: str) -> int | Malformed:
    """RFC 9111 `delta-seconds`: digits and nothing else, so neither `-1` nor `10, 10` nor ``."""
    if not _DELTA_SECONDS.fullmatch(value):
        return MALFORMED
    digits = value.lstrip("0")
    if len(digits) > _DELTA_SECONDS_DIGITS:  # also keeps int() away from values of any length
        return _DELTA_SECONDS_LIMIT
    return min(int(digits or "0"), _DELTA_SECONDS_LIMIT)


def collect_http_quoted_string(text: str, start: int) -> tuple[str, int]:
    """#collect-an-http-quoted-string, extract-value true: the value, and where it stopped.

    `start` points at the opening quote. An unclosed string runs to the end.
    """
    value = []
    position = start + 1
    while position < len(text) and text[position] != '"':
        # A backslash stands for the character behind it, or for itself at the very end.
        if text[position] == "\\" and position + 1 < len(text):
            position += 1
        value.append(text[position])
        position += 1
    return "".join(value), min(position + 1, len(text))


def get_decode_and_split(value: str) -> list[str]:
    """#header-value-get-decode-and-split: split at commas, except inside quoted strings."""
    values = []
    start = position = 0
    while position < len(value):
        if value[position] == '"':
            _, position = collect_http_quoted_string(value, position)
            continue
        if value[position] == ",":
            values.append(value[start:position].strip(OWS))
            start = position + 1
        position += 1
    return [*values, value[start:].strip(OWS)]
