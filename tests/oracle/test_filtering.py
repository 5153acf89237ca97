"""Which headers of a response script can read."""

from __future__ import annotations

import pytest
from scenes import URL, flies

from harness.oracle import Credentials, Headers, Readable, ResponseType, WireResponse, cors_readable
from harness.oracle.filtering import filter_response, opaque_redirect
from harness.oracle.flight import Tainting


def expose(*values: str) -> Headers:
    """Access-Control-Expose-Headers, one field per value."""
    return tuple(("Access-Control-Expose-Headers", value) for value in values)


SAFELISTED = (
    "Cache-Control",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "Expires",
    "Last-Modified",
    "Pragma",
)
PLAIN: Headers = (("X-A", "1"), ("x-B", "2"), ("*", "3"), ("Set-Cookie", "c"), ("SET-COOKIE2", "c"))
ALL = ["x-a", "x-b", "*", "access-control-expose-headers"]


@pytest.mark.parametrize(
    ("headers", "without", "with_credentials"),
    [
        pytest.param((), [], [], id="nothing exposed"),
        pytest.param(expose("x-a"), ["x-a"], ["x-a"], id="one"),
        pytest.param(expose("X-b, x-A"), ["x-a", "x-b"], ["x-a", "x-b"], id="in any case"),
        pytest.param(expose("x-a", "x-b"), ["x-a", "x-b"], ["x-a", "x-b"], id="two fields"),
        pytest.param(expose("*"), ALL, ["*"], id="wildcard"),
        pytest.param(expose("x-a, *"), ALL, ["x-a", "*"], id="wildcard among names"),
        pytest.param(expose("x-a, x b"), [], [], id="malformed"),
        pytest.param(expose("x-a", "x b"), [], [], id="one malformed field voids all"),
        pytest.param(expose("Set-Cookie, set-cookie2"), [], [], id="cookies never"),
        pytest.param(expose(",x-a,"), ["x-a"], ["x-a"], id="empty elements"),
        pytest.param(expose("other"), [], [], id="a name that is not there"),
    ],
)
def test_exposed(headers: Headers, without: list[str], with_credentials: list[str]) -> None:
    """Access-Control-Expose-Headers adds names; with credentials `*` is only a name."""
    for credentials, expected in (
        (Credentials.OMIT, without),
        (Credentials.SAME_ORIGIN, without),
        (Credentials.INCLUDE, with_credentials),
    ):
        kept = cors_readable((*PLAIN, *headers), credentials)
        assert [name.lower() for name, _ in kept] == expected


@pytest.mark.parametrize("name", SAFELISTED)
def test_safelisted_response_headers(name: str) -> None:
    """Seven names need not be exposed."""
    assert cors_readable(((name.upper(), "x"), ("ETag", "y")), Credentials.INCLUDE) == ((name.upper(), "x"),)


HEADERS: Headers = (("X-A", "2"), ("Set-Cookie", "c"), ("Content-Type", "a/b"), ("x-a", "3"), ("Set-Cookie2", "c"))


@pytest.mark.parametrize(
    ("tainting", "expected"),
    [
        pytest.param(
            Tainting.BASIC,
            Readable(ResponseType.BASIC, 404, (("content-type", "a/b"), ("x-a", "2, 3")), URL),
            id="basic shows all but cookies, combined and sorted",
        ),
        pytest.param(
            Tainting.CORS, Readable(ResponseType.CORS, 404, (("content-type", "a/b"),), URL), id="cors shows little"
        ),
        pytest.param(Tainting.OPAQUE, Readable(ResponseType.OPAQUE, 0, (), ""), id="opaque shows nothing"),
    ],
)
def test_filter_response(tainting: Tainting, expected: Readable) -> None:
    """The response tainting chooses the filter."""
    assert filter_response(flies(tainting), WireResponse(404, HEADERS)) == expected


def test_opaque_redirect() -> None:
    """Of a redirect that is not followed only the URL is left, which the page knew."""
    assert opaque_redirect(flies(url=f"{URL}#f")) == Readable(ResponseType.OPAQUE_REDIRECT, url=URL)
