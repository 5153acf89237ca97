"""Which headers of a response script can read."""

from __future__ import annotations

import pytest
from scenes import URL, flies, leads_to, says

from harness.oracle import Credentials, Headers, Readable, Reason, ResponseType, WireResponse, cors_readable
from harness.oracle.filtering import filter_response, opaque_redirect, response_failure
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
    """Of a redirect that is not followed only the URL is left, which the page knew, wherever it leads."""
    for location in ("/x", "http://["):
        seen = opaque_redirect(flies(url=f"{URL}#f"), leads_to(location))
        assert seen == Readable(ResponseType.OPAQUE_REDIRECT, url=URL)


SAME_ORIGIN: Headers = (("Cross-Origin-Resource-Policy", "same-origin"),)


@pytest.mark.parametrize(
    ("tainting", "response", "expected"),
    [
        pytest.param(Tainting.CORS, says(404), None, id="cors, allowed"),
        pytest.param(Tainting.CORS, says(allow=()), Reason.ALLOW_ORIGIN_MISSING, id="cors, not allowed"),
        pytest.param(Tainting.CORS, says(200, *SAME_ORIGIN), None, id="cors asks for no policy"),
        pytest.param(Tainting.OPAQUE, says(allow=()), None, id="opaque asks for no permission"),
        pytest.param(Tainting.OPAQUE, says(200, *SAME_ORIGIN), Reason.CORP_SAME_ORIGIN, id="opaque, kept back"),
        pytest.param(Tainting.BASIC, says(200, *SAME_ORIGIN, allow=()), None, id="basic asks for nothing"),
    ],
)
def test_response_failure(tainting: Tainting, response: WireResponse, expected: Reason | None) -> None:
    """The response tainting chooses the check that a response has to pass."""
    failure = response_failure(flies(tainting), response)
    assert (failure and failure.reason) == expected
