"""Classification: methods and request headers that are forbidden, safelisted, or need a preflight.

Methods: https://fetch.spec.whatwg.org/#methods
Headers: https://fetch.spec.whatwg.org/#terminology-headers
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from harness.oracle.grammar import byte_lowercase, get_decode_and_split
from harness.oracle.headers import Headers, sorted_lowercase_set
from harness.oracle.mime import parse_mime_type

_NORMALIZED = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})  # PATCH is not among them
_FORBIDDEN_METHODS = frozenset({"connect", "trace", "track"})
_SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})

# fmt: off
_FORBIDDEN_HEADERS = frozenset({
    "accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
    "connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin",
    "referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via",
})
# fmt: on
_METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})

_UNSAFE_BYTE = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]')
_LANGUAGE = re.compile(r"[0-9A-Za-z *,\-.;=]*")
_SINGLE_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
_SAFELISTED_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})

_VALUE_LIMIT = 128
_TOTAL_LIMIT = 1024

# Header names that a method or header list with `*` does not cover: #cors-non-wildcard-request-header-name
NON_WILDCARD_NAMES = frozenset({"authorization"})


def normalize_method(method: str) -> str:
    """#concept-method-normalize: six methods are upper-cased, all others stay as they are."""
    upper = method.upper() if method.isascii() else method
    return upper if upper in _NORMALIZED else method


def is_forbidden_method(method: str) -> bool:
    """#forbidden-method, in any case."""
    return method.lower() in _FORBIDDEN_METHODS


def is_safelisted_method(method: str) -> bool:
    """#cors-safelisted-method: no preflight for its sake."""
    return method in _SAFELISTED_METHODS


def is_forbidden_request_header(name: str, value: str) -> bool:
    """#forbidden-request-header: script may set it, and it silently goes nowhere."""
    lower = byte_lowercase(name)
    if lower in _FORBIDDEN_HEADERS:  # step 1
        return True
    if lower.startswith(("proxy-", "sec-")):  # step 2
        return True
    if lower in _METHOD_OVERRIDES:  # step 3: or a server could be made to see a forbidden method
        return any(map(is_forbidden_method, get_decode_and_split(value)))
    return False


@lru_cache(maxsize=4096)
def is_safelisted_request_header(name: str, value: str) -> bool:
    """#cors-safelisted-request-header. The length is that of the value, in bytes."""
    if len(value) > _VALUE_LIMIT:  # step 1
        return False
    lower = byte_lowercase(name)  # step 2
    if lower == "accept":
        return not _UNSAFE_BYTE.search(value)  # bytes from 0x80 on are safe
    if lower in ("accept-language", "content-language"):
        return _LANGUAGE.fullmatch(value) is not None
    if lower == "content-type":
        return _is_safelisted_content_type(value)
    if lower == "range":
        return _is_safelisted_range(value)
    return False


def _is_safelisted_content_type(value: str) -> bool:
    """The MIME type itself, not "extract a MIME type", which would forgive `text/plain, a/b`."""
    if _UNSAFE_BYTE.search(value):
        return False
    mime_type = parse_mime_type(value)
    return mime_type is not None and mime_type.essence in _SAFELISTED_TYPES


def _is_safelisted_range(value: str) -> bool:
    """#simple-range-header-value with allowWhitespace false, and a start: `bytes=-5` is not safelisted.

    A range without an end stands for "up to the end"; a start beyond the end is a failure.
    """
    found = _SINGLE_RANGE.fullmatch(value)
    if found is None or not found[1]:
        return False
    return not found[2] or int(found[1]) <= int(found[2])


def is_no_cors_safelisted_request_header(name: str, value: str) -> bool:
    """#no-cors-safelisted-request-header: like CORS-safelisted, but without Range."""
    return byte_lowercase(name) != "range" and is_safelisted_request_header(name, value)


Safelist: TypeAlias = Callable[[str, str], bool]


def unsafe_request_header_names(
    headers: Headers, is_safelisted: Safelist = is_safelisted_request_header
) -> tuple[str, ...]:
    """#cors-unsafe-request-header-names: what a preflight must ask for, sorted and in lower case.

    Safe values count together as well: above 1,024 bytes in total, all of them are unsafe.
    """
    unsafe = []
    potentially_unsafe = []
    size = 0
    for name, value in headers:  # step 4
        if is_safelisted(name, value):
            potentially_unsafe.append(name)
            size += len(value)
        else:
            unsafe.append(name)
    if size > _TOTAL_LIMIT:  # step 5
        unsafe += potentially_unsafe
    return sorted_lowercase_set(unsafe)
