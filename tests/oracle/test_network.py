"""What goes out for a request itself, whether the connection takes it, and whether it goes out twice."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from scenes import PAGE, URL, asks, flies, grants, in_order, says

from harness.oracle import (
    Api,
    BodyKind,
    Connection,
    Credentials,
    Headers,
    Kind,
    NetworkFailure,
    Readable,
    WireRequest,
    WireResponse,
    predict,
)
from harness.oracle.flight import Tainting
from harness.oracle.network import connection_failure, create_actual, create_authenticated, is_authenticated

HOME = "http://u%20x:p%3A@app.test:8000/home"
XHR: dict[str, Any] = {"api": Api.XHR}
AUTHORIZATION = "Basic " + b64encode(b"u x:p:").decode()
BASIC: Headers = (("WWW-Authenticate", 'Basic realm="x"'),)
DIGEST: Headers = (("WWW-Authenticate", "Digest x"),)


def test_create_actual() -> None:
    """The request itself has its headers, an Origin where it has one, and its body."""
    flight = flies(method="POST", body=b"x", body_kind=BodyKind.BYTES, headers=(("X-A", "1"),))
    expected: Headers = (("X-A", "1"), ("Accept", "*/*"))
    with_origin = WireRequest(Kind.ACTUAL, "POST", URL, (*expected, ("Origin", PAGE)), False, b"x")
    assert create_actual(flight, PAGE) == with_origin
    assert create_actual(flight, None) == WireRequest(Kind.ACTUAL, "POST", URL, expected, False, b"x")


@pytest.mark.parametrize(
    ("kind", "body", "connection", "fails"),
    [
        pytest.param(BodyKind.STREAM, b"x", Connection.HTTP_1, True, id="stream"),
        pytest.param(BodyKind.STREAM, b"x", Connection.HTTP_2, False, id="stream over HTTP/2"),
        pytest.param(BodyKind.STREAM, None, Connection.HTTP_1, False, id="no stream after all"),
        pytest.param(BodyKind.BYTES, b"x", Connection.HTTP_1, False, id="bytes"),
    ],
)
def test_connection_failure(kind: BodyKind, body: bytes | None, connection: Connection, fails: bool) -> None:
    """HTTP/1 takes no body whose length nobody knows."""
    flight = flies(method="POST", body=body, body_kind=kind)
    assert bool(connection_failure(flight, lambda _: connection)) is fails


@pytest.mark.parametrize(
    ("changes", "response", "again"),
    [
        pytest.param({}, WireResponse(401, BASIC), True, id="at home"),
        pytest.param({}, WireResponse(401, (*DIGEST, *BASIC)), True, id="one of several challenges"),
        pytest.param({}, WireResponse(401, DIGEST), False, id="another scheme"),
        pytest.param({}, WireResponse(401), False, id="no challenge"),
        pytest.param({}, WireResponse(403, BASIC), False, id="another status"),
        pytest.param({"tainting": Tainting.CORS}, WireResponse(401, BASIC), False, id="cross-origin"),
        pytest.param({"credentials": Credentials.OMIT}, WireResponse(401, BASIC), False, id="without credentials"),
        pytest.param({"initiator_type": Api.FETCH}, WireResponse(401, BASIC), False, id="fetch"),
        pytest.param({"url_list": flies().url_list}, WireResponse(401, BASIC), False, id="no user name"),
    ],
)
def test_is_authenticated(changes: dict[str, Any], response: WireResponse, again: bool) -> None:
    """The user name and password of a URL given to open() answer a challenge of the page's own origin."""
    flight = replace(flies(Tainting.BASIC, url=HOME, **XHR), **changes)
    assert is_authenticated(flight, response) is again


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        pytest.param((), AUTHORIZATION, id="from the URL, decoded"),
        pytest.param((("authorization", "mine"),), "mine", id="the author's stays"),
    ],
)
def test_a_challenge_is_answered_once(headers: Headers, sent: str) -> None:
    """A 401 makes the request go out once more, and the second answer is the one that counts."""
    prediction = predict(asks(HOME, **XHR, headers=headers), in_order(WireResponse(401, BASIC)))
    first, second = prediction.actuals
    assert create_authenticated(flies(url=HOME, **XHR), first) == second
    assert [value for name, value in second.headers if name.lower() == "authorization"] == [sent]
    assert isinstance(prediction.outcome, Readable)
    assert prediction.outcome.status == 401


def test_no_answer_is_no_challenge() -> None:
    """A request that nobody answered does not go out again."""
    assert len(predict(asks(HOME, **XHR), in_order(NetworkFailure())).exchanges) == 1


def test_no_challenge_is_answered_abroad() -> None:
    """Across origins a 401 is an answer like any other, whatever the credentials mode."""
    request = asks("http://u:p@api.test:9000/", **XHR, method="PUT", credentials=Credentials.INCLUDE)
    allow: Headers = (("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Credentials", "true"))
    answers = (grants(("Access-Control-Allow-Methods", "PUT"), allow=allow), says(401, *BASIC, allow=allow))
    prediction = predict(request, in_order(*answers))
    assert [it.request.method for it in prediction.exchanges] == ["OPTIONS", "PUT"]
    assert prediction.allowed
