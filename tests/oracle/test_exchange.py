"""Wire records: what a response may hold, and what becomes of raw fields."""

from __future__ import annotations

import pytest

from harness.oracle import Headers, Kind, NetworkFailure, WireRequest, WireResponse


@pytest.mark.parametrize(
    ("status", "headers", "problem"),
    [
        pytest.param(1000, (), "status 1000", id="status too large"),
        pytest.param(-1, (), "status -1", id="status negative"),
        pytest.param(200, (("X Y", "1"),), "'X Y' is not a header name", id="name"),
        pytest.param(200, (("X", " 1"),), "X: see WireResponse.received", id="blank"),
        pytest.param(200, (("X", "1\0"),), "not a value", id="NUL"),
    ],
)
def test_refused_when_made(status: int, headers: Headers, problem: str) -> None:
    """A response that Fetch cannot hold cannot be made."""
    with pytest.raises(ValueError, match=problem):
        WireResponse(status, headers)


def test_the_edges_of_status() -> None:
    """Statuses go from 0 to 999."""
    assert (WireResponse(0).status, WireResponse(999).status) == (0, 999)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param((("X", " \t1 2\t "),), (("X", "1 2"),), id="blanks are trimmed"),
        pytest.param((("X", "\x0b1\x0c"),), (("X", "\x0b1\x0c"),), id="VT and FF are not blanks"),
        pytest.param((("X Y", "1"), ("", "2"), ("Z", "3")), (("Z", "3"),), id="no names are left out"),
        pytest.param((("A", "1"), ("a", "1")), (("A", "1"), ("a", "1")), id="duplicates stay"),
    ],
)
def test_received(fields: Headers, expected: Headers) -> None:
    """Raw fields are read as an HTTP parser reads them."""
    assert WireResponse.received(204, fields) == WireResponse(204, expected)


@pytest.mark.parametrize("value", ["a\0b", "a\nb", "a\rb", "\0", "\u20ac"])
def test_received_garbage(value: str) -> None:
    """NUL, CR or LF inside a value is no HTTP message at all."""
    assert WireResponse.received(200, (("X", value),)) == NetworkFailure("header X holds NUL, CR or LF")


def test_wire_request_names_its_cors_headers() -> None:
    """The three headers of the protocol can be asked for by name."""
    headers = (("Origin", "o"), ("Access-Control-Request-Method", "m"), ("Access-Control-Request-Headers", "h"))
    request = WireRequest(Kind.PREFLIGHT, "OPTIONS", "http://a.test/", headers)
    assert (request.origin, request.requested_method, request.requested_headers) == ("o", "m", "h")
    bare = WireRequest(Kind.ACTUAL, "GET", "http://a.test/")
    assert (bare.origin, bare.requested_method, bare.requested_headers) == (None, None, None)
