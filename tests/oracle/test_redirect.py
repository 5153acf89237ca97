"""Redirects: where to, whether at all, and with what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scenes import API, OTHER, PAGE, URL, flies

from harness.oracle import BodyKind, Failure, Headers, Mode, Reason, ReferrerPolicy, WireResponse
from harness.oracle.flight import Tainting
from harness.oracle.redirect import is_redirect, is_redirect_status, location_url, redirect_failure, redirected
from harness.oracle.urls import Url, parse_url

R = Reason


def location(*values: str) -> Headers:
    """Location, one field per value."""
    return tuple(("Location", value) for value in values)


def to(url: str) -> Url:
    """A URL that must parse."""
    parsed = parse_url(url)
    assert parsed is not None
    return parsed


def test_redirect_statuses() -> None:
    """Five statuses redirect."""
    five = [301, 302, 303, 307, 308]
    assert [status for status in range(1000) if is_redirect_status(status)] == five
    assert [status for status in range(1000) if is_redirect(flies(), WireResponse(status))] == five


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((), None, id="absent"),
        pytest.param(location("/x?y"), f"{API}/x?y", id="relative"),
        pytest.param(location(f"{OTHER}/x"), f"{OTHER}/x", id="absolute"),
        pytest.param(location(""), URL, id="empty leads to itself"),
        pytest.param(location("/x", "/x"), R.LOCATION_MULTIPLE, id="twice"),
        pytest.param(location("http://[/"), R.LOCATION_INVALID, id="no URL"),
    ],
)
def test_location_url(headers: Headers, expected: str | Reason | None) -> None:
    """The Location is one URL, resolved against the current one."""
    found = location_url(flies(), headers)
    seen = found.reason if isinstance(found, Failure) else found and found.on_the_wire
    assert seen == expected


def test_the_fragment_is_inherited() -> None:
    """A Location without a fragment keeps the one of the request."""
    flight = flies(url=f"{URL}#f")
    for value, expected in (("/x", "f"), ("/x#g", "g"), ("/x#", "")):
        url = location_url(flight, location(value))
        assert isinstance(url, Url)
        assert url.fragment == expected


STREAM: dict[str, Any] = {"method": "POST", "body": b"x", "body_kind": BodyKind.STREAM}
USERINFO_OTHER, USERINFO_PAGE = "http://u:p@other.test:9100/", "http://u@app.test:8000/"
SAME, NO_CORS = Mode.SAME_ORIGIN, Mode.NO_CORS


@pytest.mark.parametrize(
    ("more", "tainting", "url", "status", "reason"),
    [
        pytest.param({}, "cors", f"{OTHER}/", 302, None, id="plain"),
        pytest.param({}, "cors", "https://x.test/", 302, None, id="https"),
        pytest.param({}, "basic", "data:x", 302, R.REDIRECT_SCHEME, id="data"),
        pytest.param({}, "cors", "ftp://x.test/", 302, R.REDIRECT_SCHEME, id="ftp"),
        pytest.param({}, "basic", USERINFO_OTHER, 302, R.REDIRECT_INCLUDES_CREDENTIALS, id="userinfo, leaving home"),
        pytest.param({}, "cors", USERINFO_OTHER, 302, R.REDIRECT_INCLUDES_CREDENTIALS, id="userinfo abroad"),
        pytest.param({}, "cors", USERINFO_PAGE, 302, R.REDIRECT_INCLUDES_CREDENTIALS, id="userinfo, sent home"),
        pytest.param({}, "basic", USERINFO_PAGE, 302, None, id="userinfo at home"),
        pytest.param({"mode": SAME}, "basic", USERINFO_OTHER, 302, None, id="userinfo is for mode cors"),
        pytest.param({"mode": NO_CORS}, "opaque", USERINFO_OTHER, 302, None, id="userinfo in no-cors"),
        pytest.param(STREAM, "cors", f"{OTHER}/", 302, R.REDIRECT_NEEDS_BODY_AGAIN, id="stream, 302"),
        pytest.param(STREAM, "cors", f"{OTHER}/", 307, R.REDIRECT_NEEDS_BODY_AGAIN, id="stream, 307"),
        pytest.param(STREAM, "cors", f"{OTHER}/", 303, None, id="stream, 303"),
        pytest.param(STREAM | {"body_kind": BodyKind.BYTES}, "cors", f"{OTHER}/", 307, None, id="bytes"),
    ],
)
def test_failures(more: dict[str, Any], tainting: str, url: str, status: int, reason: Reason | None) -> None:
    """A redirect is refused for its URL or for a body that cannot be sent again."""
    headers = location(url)
    failure = redirect_failure(flies(Tainting(tainting), **more), to(url), WireResponse(status, headers))
    assert (failure and failure.reason) == reason
    assert not failure or failure.value == (url if failure.header else None)


def test_a_stream_that_became_get_needs_no_body() -> None:
    """Once the body is gone, a further redirect does not ask for it."""
    flight = replace(flies(**STREAM), body=None)
    assert redirect_failure(flight, to(URL), WireResponse(307)) is None


@pytest.mark.parametrize(("count", "refused"), [(19, False), (20, True)])
def test_twenty_redirects(count: int, refused: bool) -> None:
    """The twenty-first redirect is refused."""
    flight = replace(flies(), url_list=(to(URL),) * (count + 1))
    failure = redirect_failure(flight, to(URL), WireResponse(302))
    assert (failure is not None and failure.reason is R.TOO_MANY_REDIRECTS) is refused


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        pytest.param("POST", 301, "GET", id="301 POST"),
        pytest.param("POST", 302, "GET", id="302 POST"),
        pytest.param("POST", 303, "GET", id="303 POST"),
        pytest.param("POST", 307, "POST", id="307 POST"),
        pytest.param("POST", 308, "POST", id="308 POST"),
        pytest.param("PUT", 301, "PUT", id="301 PUT"),
        pytest.param("PUT", 302, "PUT", id="302 PUT"),
        pytest.param("PUT", 303, "GET", id="303 PUT"),
        pytest.param("PUT", 307, "PUT", id="307 PUT"),
    ],
)
def test_method_and_body(method: str, status: int, expected: str) -> None:
    """Where the method becomes GET, the body and the headers about it are gone."""
    about_the_body = tuple((name, "x") for name in ("Content-Encoding", "Content-Language", "Content-Location"))
    flight = flies(method=method, body=b"x", headers=(*about_the_body, ("Content-Type", "a/b"), ("X-A", "1")))
    after = redirected(flight, to(URL), WireResponse(status))
    dropped = expected == "GET"
    assert (after.method, after.body) == (expected, None if dropped else b"x")
    assert after.headers == ((("X-A", "1"), ("Accept", "*/*")) if dropped else flight.headers)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 303), ("GET", 303), ("HEAD", 302)])
def test_safe_methods_stay_and_keep_their_headers(method: str, status: int) -> None:
    """GET and HEAD are never rewritten."""
    flight = flies(method=method, headers=(("Content-Type", "a/b"),))
    after = redirected(flight, to(URL), WireResponse(status))
    assert (after.method, after.headers) == (method, flight.headers)


@pytest.mark.parametrize(("target", "kept"), [(URL, True), (f"{OTHER}/", False), (f"{PAGE}/", False)])
def test_authorization(target: str, kept: bool) -> None:
    """Authorization is dropped as soon as another origin is next, the page's own included."""
    after = redirected(flies(headers=(("authorization", "x"),)), to(target), WireResponse(307))
    assert (("authorization", "x") in after.headers) is kept
    assert after.current_url == to(target)


P = ReferrerPolicy


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((), P.UNSAFE_URL, id="absent"),
        pytest.param((("Referrer-Policy", "origin"),), P.ORIGIN, id="one"),
        pytest.param((("Referrer-Policy", "origin, No-Referrer"),), P.NO_REFERRER, id="the last counts"),
        pytest.param((("Referrer-Policy", "origin, future"),), P.ORIGIN, id="the last that is known"),
        pytest.param((("Referrer-Policy", "future"),), P.UNSAFE_URL, id="none that is known"),
        pytest.param((("Referrer-Policy", "origin;"),), P.UNSAFE_URL, id="malformed"),
    ],
)
def test_referrer_policy(headers: Headers, expected: ReferrerPolicy) -> None:
    """A redirect can set the referrer policy of what follows."""
    flight = flies(referrer_policy=P.UNSAFE_URL)
    assert redirected(flight, to(URL), WireResponse(302, headers)).referrer_policy is expected
