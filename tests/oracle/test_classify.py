"""Which methods and request headers are forbidden, safe, or ask for a preflight."""

from __future__ import annotations

import pytest

from harness.oracle.classify import (
    is_forbidden_method,
    is_forbidden_request_header,
    is_no_cors_safelisted_request_header,
    is_safelisted_method,
    is_safelisted_request_header,
    normalize_method,
    unsafe_request_header_names,
)
from harness.oracle.headers import Headers


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        pytest.param("get", "GET", id="get"),
        pytest.param("Head", "HEAD", id="head"),
        pytest.param("pOST", "POST", id="post"),
        pytest.param("put", "PUT", id="put"),
        pytest.param("delete", "DELETE", id="delete"),
        pytest.param("options", "OPTIONS", id="options"),
        pytest.param("patch", "patch", id="patch stays"),
        pytest.param("Chicken", "Chicken", id="custom stays"),
        pytest.param("po\u017ft", "po\u017ft", id="a letter that only str.upper folds"),
    ],
)
def test_normalize_method(method: str, expected: str) -> None:
    """Six methods are upper-cased and no other."""
    assert normalize_method(method) == expected


@pytest.mark.parametrize(
    ("method", "forbidden", "safelisted"),
    [
        pytest.param("CONNECT", True, False, id="connect"),
        pytest.param("Trace", True, False, id="trace"),
        pytest.param("track", True, False, id="track"),
        pytest.param("GET", False, True, id="get"),
        pytest.param("HEAD", False, True, id="head"),
        pytest.param("POST", False, True, id="post"),
        pytest.param("PUT", False, False, id="put"),
        pytest.param("post", False, False, id="safelisting is case-sensitive"),
    ],
)
def test_method_lists(method: str, forbidden: bool, safelisted: bool) -> None:
    """Three methods are forbidden in any case, three are safelisted in one."""
    assert (is_forbidden_method(method), is_safelisted_method(method)) == (forbidden, safelisted)


FORBIDDEN = (
    "Accept-Charset Accept-Encoding Access-Control-Request-Headers Access-Control-Request-Method Connection"
    " Content-Length Cookie Cookie2 Date DNT Expect Host Keep-Alive Origin Referer Set-Cookie TE Trailer"
    " Transfer-Encoding Upgrade Via Proxy-Anything Sec-Anything proxy- sec-"
)


@pytest.mark.parametrize("name", FORBIDDEN.split(" "))
def test_forbidden_request_header(name: str) -> None:
    """These names are the browser's, whatever their value and case."""
    assert is_forbidden_request_header(name, "x")
    assert is_forbidden_request_header(name.upper(), "")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("X-HTTP-Method", "TRACE", True, id="method"),
        pytest.param("X-HTTP-Method-Override", "get, Track", True, id="second of a list"),
        pytest.param("X-Method-Override", " connect ", True, id="with blanks"),
        pytest.param("X-Method-Override", '"TRACE"', False, id="in quotes"),
        pytest.param("X-Method-Override", "TRACES", False, id="longer"),
        pytest.param("X-Method-Override", "PUT", False, id="a method that is not forbidden"),
        pytest.param("X-Other", "TRACE", False, id="another name"),
        pytest.param("Authorization", "x", False, id="authorization"),
        pytest.param("User-Agent", "x", False, id="user agent"),
        pytest.param("Secret", "x", False, id="not sec-"),
    ],
)
def test_forbidden_by_value(name: str, value: str, expected: bool) -> None:
    """Method overrides are forbidden only where they name a forbidden method."""
    assert is_forbidden_request_header(name, value) is expected


SAFE = [
    pytest.param("Accept", "", id="accept empty"),
    pytest.param("ACCEPT", "text/html, */*;q=0.1\t", id="accept, also a tab"),
    pytest.param("Accept", "\xe9\x80\xff", id="accept with high bytes"),
    pytest.param("Accept", "a" * 128, id="128 bytes"),
    pytest.param("Accept-Language", "de-AT, *;q=0.5 9.", id="accept-language"),
    pytest.param("Content-Language", "", id="content-language empty"),
    pytest.param("Content-Type", "text/plain", id="text/plain"),
    pytest.param("content-type", "Text/Plain ; charset=utf-8", id="parameters and case"),
    pytest.param("Content-Type", "multipart/form-data; boundary=x", id="multipart"),
    pytest.param("Content-Type", "application/x-www-form-urlencoded;", id="urlencoded"),
    pytest.param("Range", "bytes=0-", id="open range"),
    pytest.param("Range", "bytes=5-5", id="one byte"),
    pytest.param("Range", "bytes=09-10", id="ranges are numbers, not text"),
]

UNSAFE = [
    pytest.param("Accept", "a" * 129, id="129 bytes"),
    pytest.param("Accept-Language", "a_b", id="underscore in a language"),
    pytest.param("Content-Language", "a\tb", id="tab in a language"),
    pytest.param("Content-Language", "\xe9", id="high byte in a language"),
    pytest.param("Content-Type", "", id="no type"),
    pytest.param("Content-Type", "application/json", id="json"),
    pytest.param("Content-Type", "text/plain, text/plain", id="a list of types"),
    pytest.param("Content-Type", "text/plain; a=(", id="unsafe byte in a parameter"),
    pytest.param("Content-Type", "text/plainer", id="longer type"),
    pytest.param("Range", "bytes=-5", id="suffix range"),
    pytest.param("Range", "bytes=-", id="no number at all"),
    pytest.param("Range", "bytes=6-5", id="backwards"),
    pytest.param("Range", "bytes=0-1,3-4", id="two ranges"),
    pytest.param("Range", "bytes = 0-1", id="blanks"),
    pytest.param("Range", "Bytes=0-1", id="case of the unit"),
    pytest.param("Range", "bytes=0-1\x0c", id="form feed"),
    pytest.param("Authorization", "x", id="authorization"),
    pytest.param("X-Custom", "1", id="custom"),
    pytest.param("Save-Data", "on", id="client hint"),
    pytest.param("Last-Event-ID", "1", id="last-event-id"),
]


@pytest.mark.parametrize(("name", "value"), SAFE)
def test_safelisted(name: str, value: str) -> None:
    """These values need no preflight."""
    assert is_safelisted_request_header(name, value)


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_not_safelisted(name: str, value: str) -> None:
    """These values need one."""
    assert not is_safelisted_request_header(name, value)


@pytest.mark.parametrize("code", range(256))
@pytest.mark.parametrize("template", ["Accept:a{}b", "Content-Type:text/plain;a={}b"])
def test_unsafe_bytes(template: str, code: int) -> None:
    """Control characters and delimiters are unsafe in Accept and in Content-Type, all else is safe."""
    name, _, value = template.partition(":")
    unsafe = (code < 0x20 and code != 0x09) or code == 0x7F or chr(code) in '"():<>?@[\\]{}'
    assert is_safelisted_request_header(name, value.format(chr(code))) is not unsafe


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("Accept", "a", True, id="accept"),
        pytest.param("Content-Type", "text/plain", True, id="content type"),
        pytest.param("Content-Type", "a/b", False, id="unsafe type"),
        pytest.param("Range", "bytes=0-1", False, id="range is not for no-cors"),
        pytest.param("X-A", "1", False, id="custom"),
    ],
)
def test_no_cors_safelisted(name: str, value: str, expected: bool) -> None:
    """Mode no-cors has the same list without Range."""
    assert is_no_cors_safelisted_request_header(name, value) is expected


EIGHT_FULL = tuple(("Accept", "a" * 128) for _ in range(8))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((), (), id="none"),
        pytest.param((("Accept", "x"),), (), id="safe"),
        pytest.param((("X-B", "1"), ("x-a", "1"), ("X-b", "2")), ("x-a", "x-b"), id="sorted, folded, unique"),
        pytest.param(EIGHT_FULL, (), id="1,024 bytes in total"),
        pytest.param((*EIGHT_FULL, ("Range", "bytes=0-")), ("accept", "range"), id="more, all become unsafe"),
        pytest.param((*EIGHT_FULL, ("Accept", "b")), ("accept",), id="1,025 bytes"),
        pytest.param((*EIGHT_FULL, ("X-A", "b")), ("x-a",), id="unsafe values do not count"),
    ],
)
def test_unsafe_names(headers: Headers, expected: tuple[str, ...]) -> None:
    """A preflight names what is unsafe by itself, and all of it where safe values are too much together."""
    assert unsafe_request_header_names(headers) == expected
