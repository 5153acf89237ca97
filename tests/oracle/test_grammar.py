"""Grammars of single header values. Tables, no servers."""

from __future__ import annotations

import pytest

from harness.oracle.grammar import (
    MALFORMED,
    Malformed,
    byte_lowercase,
    collect_http_quoted_string,
    get_decode_and_split,
    is_header_value,
    is_token,
    parse_delta_seconds,
    parse_list,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("PUT", True, id="letters"),
        pytest.param("!#$%&'*+-.^_`|~09azAZ", True, id="every kind of token character"),
        pytest.param("", False, id="empty"),
        pytest.param("P T", False, id="blank inside"),
        pytest.param("P(T", False, id="delimiter"),
        pytest.param("PUT\n", False, id="newline at the end"),
        pytest.param("p\xfct", False, id="byte above 0x7F"),
    ],
)
def test_token(text: str, expected: bool) -> None:
    """A token is one or more of RFC 9110's tchar, and nothing else."""
    assert is_token(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", True, id="empty"),
        pytest.param("a b\tc", True, id="blanks inside"),
        pytest.param("\x01\x0b\x0c\x7f", True, id="control characters but the three"),
        pytest.param("\xff", True, id="highest byte"),
        pytest.param("\u0100", False, id="more than a byte"),
        pytest.param("ok\u0100", False, id="more than a byte behind good ones"),
        pytest.param(" a", False, id="leading blank"),
        pytest.param("a\t", False, id="trailing tab"),
        pytest.param("a\0b", False, id="NUL"),
        pytest.param("a\rb", False, id="CR"),
        pytest.param("a\nb", False, id="LF"),
    ],
)
def test_header_value(text: str, expected: bool) -> None:
    """A header value is bytes without NUL, CR, LF and without blanks at its ends."""
    assert is_header_value(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("X-Foo", "x-foo", id="ASCII"),
        pytest.param("\xc0\xdeA", "\xc0\xdea", id="bytes above 0x7F stay"),
    ],
)
def test_byte_lowercase(text: str, expected: str) -> None:
    """Only A to Z are folded, unlike str.lower."""
    assert byte_lowercase(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("", (), id="empty value lists nothing"),
        pytest.param("GET", ("GET",), id="one"),
        pytest.param("GET,PUT", ("GET", "PUT"), id="no blank"),
        pytest.param("GET \t,\t PUT ", ("GET", "PUT"), id="blanks and tabs round the comma"),
        pytest.param(",,GET,,PUT,", ("GET", "PUT"), id="empty elements are skipped"),
        pytest.param("*, GET", ("*", "GET"), id="the wildcard is a token"),
        pytest.param("GET, P(T", MALFORMED, id="one bad element voids all"),
        pytest.param("GET PUT", MALFORMED, id="blanks do not separate"),
        pytest.param('"GET"', MALFORMED, id="quoted"),
        pytest.param("GET\x0c", MALFORMED, id="form feed is no blank"),
        pytest.param("GET\x0b,PUT", MALFORMED, id="vertical tab is no blank"),
    ],
)
def test_list(value: str, expected: tuple[str, ...] | Malformed) -> None:
    """Lists of tokens are read as RFC 9110 tells recipients to."""
    assert parse_list(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("600", 600, id="plain"),
        pytest.param("0600", 600, id="leading zero"),
        pytest.param("9999999999", 2**31, id="ten digits, too large"),
        pytest.param("2147483648", 2**31, id="just the limit"),
        pytest.param("2147483647", 2**31 - 1, id="just below the limit"),
        pytest.param("0" * 20 + "7", 7, id="many zeros are no large number"),
        pytest.param("1" * 5000, 2**31, id="more digits than int() takes"),
        pytest.param("10000000000", 2**31, id="eleven digits"),
        pytest.param("", MALFORMED, id="empty"),
        pytest.param("-1", MALFORMED, id="negative"),
        pytest.param("+1", MALFORMED, id="sign"),
        pytest.param("1.5", MALFORMED, id="fraction"),
        pytest.param("10, 10", MALFORMED, id="list"),
        pytest.param("10 ", MALFORMED, id="blank"),
        pytest.param("\xb2", MALFORMED, id="superscript two is a digit only to Python"),
    ],
)
def test_delta_seconds(value: str, expected: int | Malformed) -> None:
    """Delta-seconds are decimal digits, and large ones count as 2**31."""
    assert parse_delta_seconds(value) == expected


@pytest.mark.parametrize(
    ("text", "value", "position"),
    [
        pytest.param('"\\', "\\", 2, id="backslash at the very end"),
        pytest.param('"Hello" World', "Hello", 7, id="stops behind the quote"),
        pytest.param('"Hello \\\\ World\\""', 'Hello \\ World"', 18, id="escapes"),
        pytest.param('"open', "open", 5, id="never closed"),
        pytest.param('"\\""', '"', 4, id="escaped quote"),
        pytest.param('""', "", 2, id="empty"),
        pytest.param('"\\a', "a", 3, id="escape of the last character"),
    ],
)
def test_quoted_string(text: str, value: str, position: int) -> None:
    """The examples of the standard, and the edges."""
    assert collect_http_quoted_string(text, 0) == (value, position)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("nosniff,", ["nosniff", ""], id="trailing comma"),
        pytest.param("", [""], id="empty"),
        pytest.param('text/html;", x/x', ['text/html;", x/x'], id="unclosed quote swallows the comma"),
        pytest.param('x/x;test="hi",y/y', ['x/x;test="hi"', "y/y"], id="closed quote"),
        pytest.param("x / x,,,1", ["x / x", "", "", "1"], id="empty elements stay"),
        pytest.param('"1,2", 3', ['"1,2"', "3"], id="comma in quotes"),
        pytest.param(" \ta\t , b ", ["a", "b"], id="blanks are trimmed"),
    ],
)
def test_get_decode_and_split(value: str, expected: list[str]) -> None:
    """The examples of the standard: commas split, except in quotes."""
    assert get_decode_and_split(value) == expected
