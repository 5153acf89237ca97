"""What fetch() and XMLHttpRequest do on their own: refuse, drop, combine, add defaults."""

from __future__ import annotations

from typing import Any

import pytest
from scenes import asks

from harness.oracle import Api, BodyKind, Failure, Headers, Mode, Reason, SeenAs
from harness.oracle.api import create_flight, seen_as
from harness.oracle.flight import Flight

STAR = ("Accept", "*/*")
TEXT = ("Content-Type", "text/plain;charset=UTF-8")
BOTH = (Api.FETCH, Api.XHR)


def made(**more: Any) -> Flight:
    """A request that the API lets through."""
    flight = create_flight(asks(**more))
    assert isinstance(flight, Flight)
    return flight


@pytest.mark.parametrize(
    ("more", "apis", "reason", "subject"),
    [
        pytest.param({"method": "G T"}, BOTH, Reason.METHOD_NOT_A_TOKEN, "G T", id="method no token"),
        pytest.param({"method": ""}, BOTH, Reason.METHOD_NOT_A_TOKEN, "", id="method empty"),
        pytest.param({"method": "trace"}, BOTH, Reason.METHOD_FORBIDDEN, "trace", id="method forbidden"),
        pytest.param({"headers": (("X Y", "1"),)}, BOTH, Reason.HEADER_NAME_INVALID, "X Y", id="header name"),
        pytest.param({"headers": (("X", "a\nb"),)}, BOTH, Reason.HEADER_VALUE_INVALID, "X", id="header value"),
        pytest.param({"headers": (("X", "\u20ac"),)}, BOTH, Reason.HEADER_VALUE_INVALID, "X", id="not bytes"),
        pytest.param({"headers": (("Sec-X", "\0"),)}, BOTH, Reason.HEADER_VALUE_INVALID, "Sec-X", id="forbidden name"),
        pytest.param(
            {"url": "http://u@api.test/"},
            (Api.FETCH,),
            Reason.URL_INCLUDES_CREDENTIALS,
            "http://u@api.test/",
            id="userinfo",
        ),
        pytest.param(
            {"url": "http://u@api.test/", "method": "TRACE", "headers": (("a b", "\u20ac"), ("\u0100", "a"))},
            (Api.FETCH,),
            Reason.HEADER_VALUE_INVALID,
            "a b",
            id="not bytes before all else",
        ),
        pytest.param(
            {"headers": (("\u0100", "\u20ac"),), "method": "\u20ac"},
            (Api.FETCH,),
            Reason.HEADER_NAME_INVALID,
            "\u0100",
            id="name before value, headers before method",
        ),
        pytest.param({"method": "\u20ac"}, BOTH, Reason.METHOD_NOT_A_TOKEN, "\u20ac", id="method not bytes"),
        pytest.param(
            {"mode": Mode.NO_CORS, "method": "put"},
            (Api.FETCH,),
            Reason.METHOD_NOT_ALLOWED_IN_NO_CORS,
            "PUT",
            id="method in no-cors",
        ),
        pytest.param({"body": b""}, (Api.FETCH,), Reason.BODY_WITH_GET_OR_HEAD, "GET", id="body with GET"),
        pytest.param(
            {"method": "head", "body": b"x"}, (Api.FETCH,), Reason.BODY_WITH_GET_OR_HEAD, "HEAD", id="body with HEAD"
        ),
        pytest.param(
            {"method": "POST", "body": b"x", "body_kind": BodyKind.STREAM, "mode": Mode.NO_CORS},
            (Api.FETCH,),
            Reason.STREAM_IN_NO_CORS,
            "POST",
            id="stream in no-cors",
        ),
    ],
)
def test_refused(more: dict[str, Any], apis: tuple[Api, ...], reason: Reason, subject: str) -> None:
    """The API refuses before anything is sent."""
    for api in apis:
        assert create_flight(asks(**more, api=api)) == Failure(reason, subject)


@pytest.mark.parametrize(
    ("api", "reason", "expected"),
    [
        pytest.param(Api.FETCH, Reason.METHOD_FORBIDDEN, SeenAs.TYPE_ERROR, id="fetch rejects with one thing only"),
        pytest.param(Api.XHR, Reason.METHOD_FORBIDDEN, SeenAs.SECURITY_ERROR, id="forbidden"),
        pytest.param(Api.XHR, Reason.HEADER_NAME_INVALID, SeenAs.SYNTAX_ERROR, id="ill-formed"),
    ],
)
def test_seen_as(api: Api, reason: Reason, expected: SeenAs) -> None:
    """The two interfaces throw in their own ways."""
    assert seen_as(api, reason) is expected


@pytest.mark.parametrize("api", BOTH)
def test_method_and_values_are_normalised(api: Api) -> None:
    """Methods are upper-cased where they are well known, values lose the white space at their ends."""
    flight = made(api=api, method="delete", headers=(("X-A", "\r\n\t 1 \n"),))
    assert flight.method == "DELETE"
    assert flight.headers == (("X-A", "1"), STAR)


@pytest.mark.parametrize("api", BOTH)
def test_forbidden_headers_are_dropped_without_a_word(api: Api) -> None:
    """A forbidden header neither travels nor fails."""
    headers = (("Cookie", "a"), ("Sec-X", "1"), ("X-HTTP-Method", "TRACE"), ("X-HTTP-Method", "PUT"))
    assert made(api=api, headers=headers).headers == (("X-HTTP-Method", "PUT"), STAR)


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        pytest.param(Api.FETCH, (("X-A", "1"), ("X-A", "2"), STAR), id="fetch appends"),
        pytest.param(Api.XHR, (("X-A", "1, 2"), STAR), id="XHR combines"),
    ],
)
def test_the_same_header_twice(api: Api, expected: Headers) -> None:
    """The two APIs differ in what they do with a repeated name."""
    assert made(api=api, headers=(("X-A", "1"), ("x-a", "2"))).headers == expected


def test_the_authors_accept_replaces_the_default() -> None:
    """Accept is added only where the author gave none."""
    assert made(headers=(("ACCEPT", "a/b"),)).headers == (("ACCEPT", "a/b"),)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((("X-A", "1"), ("Range", "bytes=0-")), (), id="only four names pass"),
        pytest.param((("Accept-Language", "de"),), (("Accept-Language", "de"),), id="a safe one"),
        pytest.param((("Content-Type", "a/b"),), (), id="an unsafe value"),
        pytest.param((("Accept-Language", "a" * 100), ("accept-language", "b" * 26)), 2, id="128 bytes together"),
        pytest.param((("Accept-Language", "a" * 100), ("accept-language", "b" * 27)), 1, id="129 bytes together"),
    ],
)
def test_no_cors_headers(headers: Headers, expected: Headers | int) -> None:
    """Mode no-cors drops what is not safe, judged by the combined value."""
    kept = made(mode=Mode.NO_CORS, headers=headers).headers[:-1]
    assert (len(kept) if isinstance(expected, int) else kept) == expected


@pytest.mark.parametrize("api", BOTH)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param(BodyKind.TEXT, TEXT, id="text"),
        pytest.param(
            BodyKind.URLENCODED, ("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"), id="urlencoded"
        ),
        pytest.param(BodyKind.BYTES, None, id="bytes"),
    ],
)
def test_default_content_type(api: Api, kind: BodyKind, expected: tuple[str, str] | None) -> None:
    """A body brings its own type, unless it is mere bytes."""
    flight = made(api=api, method="POST", body=b"x", body_kind=kind)
    assert flight.headers == (*([expected] if expected else ()), STAR)
    assert flight.body == b"x"
    assert not flight.body_is_stream


@pytest.mark.parametrize("api", BOTH)
def test_no_body_no_type(api: Api) -> None:
    """Without a body there is no default type."""
    assert made(api=api, method="POST").headers == (STAR,)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_xhr_ignores_a_body_that_fetch_refuses(method: str) -> None:
    """XMLHttpRequest sends GET and HEAD without the body that it was given."""
    flight = made(api=Api.XHR, method=method, body=b"x")
    assert (flight.body, flight.headers) == (None, (STAR,))


@pytest.mark.parametrize(
    ("api", "kind", "given", "expected"),
    [
        pytest.param(Api.XHR, BodyKind.TEXT, "a/b;charset=x", "a/b;charset=UTF-8", id="another charset"),
        pytest.param(Api.XHR, BodyKind.TEXT, "A/b; a=1;charset=x", "a/b;a=1;charset=UTF-8", id="written anew"),
        pytest.param(Api.XHR, BodyKind.TEXT, "a/b; charset=uTf-8", "a/b; charset=uTf-8", id="UTF-8 in any case"),
        pytest.param(Api.XHR, BodyKind.TEXT, "a/b", "a/b", id="no charset"),
        pytest.param(Api.XHR, BodyKind.TEXT, "nonsense", "nonsense", id="no MIME type"),
        pytest.param(Api.XHR, BodyKind.BYTES, "a/b;charset=x", "a/b;charset=x", id="bytes have no charset"),
        pytest.param(Api.FETCH, BodyKind.TEXT, "a/b;charset=x", "a/b;charset=x", id="fetch leaves it alone"),
    ],
)
def test_the_authors_content_type(api: Api, kind: BodyKind, given: str, expected: str) -> None:
    """XMLHttpRequest corrects the charset that the author claims for text."""
    flight = made(api=api, method="POST", body=b"x", body_kind=kind, headers=(("content-type", given),))
    assert flight.headers == (("content-type", expected), STAR)


def test_xhr_takes_userinfo() -> None:
    """XMLHttpRequest takes a URL that fetch() refuses."""
    assert made(api=Api.XHR, url="http://u:p@api.test/").current_url.includes_credentials


def test_what_forces_a_preflight() -> None:
    """Streams and upload listeners set the use-CORS-preflight flag, nothing else does."""
    stream = made(method="POST", body=b"x", body_kind=BodyKind.STREAM)
    assert stream.use_cors_preflight
    assert stream.body_is_stream
    assert made(method="POST", body=b"x", api=Api.XHR, upload_listener=True).use_cors_preflight
    assert not made(method="POST", body=b"x").use_cors_preflight
    without_body = made(method="POST", body_kind=BodyKind.STREAM)
    assert not without_body.use_cors_preflight
    assert not without_body.body_is_stream
