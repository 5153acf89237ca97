"""Recordings held against the model: agreement, and every way to disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scenes import API, PAGE, URL, asks, grants, leads_to, max_age, methods, names, says, split

from harness.oracle import (
    Api,
    BodyKind,
    Connection,
    Credentials,
    Difference,
    DifferenceKind,
    Headers,
    Mode,
    NetworkFailure,
    PreflightCache,
    Readable,
    Reason,
    Recorded,
    Refusal,
    Request,
    predict,
    replay,
)

K = DifferenceKind
PUT = asks(method="PUT", headers=(("X-A", "1, 2"),), body=b"x", body_kind=BodyKind.BYTES)
SERVER = split(grants(methods("PUT"), names("x-a"), max_age("60")), says())


def recording(request: Request = PUT) -> list[Recorded]:
    """What a faithful browser leaves behind."""
    return [Recorded.of(exchange) for exchange in predict(request, SERVER).exchanges]


def with_header(recorded: Recorded, name: str, value: str | None) -> Recorded:
    """The same with one header changed, added or (None) taken away."""
    others = tuple(header for header in recorded.headers if header[0].lower() != name)
    return replace(recorded, headers=others if value is None else (*others, (name, value)))


def test_a_faithful_recording_agrees() -> None:
    """The model finds no difference to itself and comes to the same outcome."""
    result = replay(PUT, recording())
    assert (result.differences, result.parted_at, result.retries) == ((), None, 0)
    assert result.prediction == predict(PUT, SERVER)


TAPES = {
    "as-foretold": recording(),
    "header-changed": [with_header(recording()[0], "origin", "http://other.test"), *recording()[1:]],
    "nothing": [],
    "cut-short": recording()[:1],
    "no-preflight": recording()[1:],
    "one-too-many": [*recording(), *recording()],
    "answered-otherwise": [replace(recording()[0], answer=says()), *recording()[1:]],
    "unanswered": [replace(recording()[0], answer=NetworkFailure("closed"))],
}


@pytest.mark.parametrize("taped", TAPES.values(), ids=TAPES)
def test_a_story_that_was_foretold_is_not_told_otherwise(taped: list[Recorded]) -> None:
    """What was foretold saves the walk where it happened, and changes nothing where it did not."""
    assert replay(PUT, taped, foretold=predict(PUT, SERVER)) == replay(PUT, taped)


BROWSERS_OWN: Headers = (
    ("Host", "api.test"),
    ("User-Agent", "x"),
    ("Accept-Language", "en"),
    ("Sec-Fetch-Mode", "cors"),
)


def test_what_browsers_add_is_no_difference() -> None:
    """Headers that the standard leaves to the browser are not compared."""
    taped = [replace(it, headers=it.headers + BROWSERS_OWN, body_sent=None) for it in recording()]
    assert replay(PUT, taped).differences == ()


def test_a_dropped_header_may_be_the_browsers_own() -> None:
    """Of what mode no-cors drops, the browser sends some of its own accord; all else must be gone."""
    own = ("accept-language", "cache-control", "host", "pragma", "user-agent")
    request = asks(mode=Mode.NO_CORS, headers=(*((name, "(") for name in own), ("X-A", "1"), ("Cookie", "y")))
    (taped,) = [Recorded.of(it) for it in predict(request, lambda _: says()).exchanges]
    for name in own:
        assert replay(request, [with_header(taped, name, "browser")]).differences == ()
    assert replay(request, [with_header(taped, "x-a", "1")]).differences == (Difference(K.HEADER, 0, "x-a", None, "1"),)


def test_a_header_forbidden_for_its_value_must_be_gone() -> None:
    """Browsers never send a method override of their own, so one that shows was not dropped."""
    request = asks(headers=(("X-HTTP-Method", "TRACE"),))
    (taped,) = [Recorded.of(it) for it in predict(request, lambda _: says()).exchanges]
    assert replay(request, [taped]).differences == ()
    assert replay(request, [with_header(taped, "x-http-method", "TRACE")]).differences == (
        Difference(K.HEADER, 0, "x-http-method", None, "TRACE"),
    )


@pytest.mark.parametrize(
    ("index", "name", "value", "expected"),
    [
        pytest.param(0, "origin", "null", PAGE, id="another Origin"),
        pytest.param(1, "origin", None, PAGE, id="no Origin"),
        pytest.param(0, "access-control-request-method", "put", "PUT", id="another requested method"),
        pytest.param(0, "access-control-request-headers", None, "x-a", id="no requested headers"),
        pytest.param(0, "access-control-request-headers", "X-A", "x-a", id="requested headers are exact"),
        pytest.param(1, "access-control-request-headers", "x-a", None, id="requested headers on the request itself"),
        pytest.param(0, "x-a", "1", None, id="an author's header on a preflight"),
        pytest.param(1, "x-a", "1", "1, 2", id="another value"),
        pytest.param(1, "content-type", "text/plain", None, id="a type out of nowhere"),
        pytest.param(1, "accept", "text/html", "*/*", id="another Accept"),
    ],
)
def test_header_differences(index: int, name: str, value: str | None, expected: str | None) -> None:
    """Each header that the standard determines is compared."""
    taped = recording()
    taped[index] = with_header(taped[index], name, value)
    result = replay(PUT, taped)
    assert result.differences == (Difference(K.HEADER, index, name, expected, value),)
    assert result.parted_at is None
    assert isinstance(result.prediction.outcome, Readable)


@pytest.mark.parametrize("value", ["1,2", "1 ,\t2", "1, 2"])
def test_joined_fields_may_lose_their_blanks(value: str) -> None:
    """Servers join repeated fields with or without a blank."""
    taped = recording()
    taped[1] = with_header(taped[1], "x-a", value)
    assert replay(PUT, taped).differences == ()


@pytest.mark.parametrize(
    ("value", "same"), [("text/plain;,", True), ("TEXT/plain;, ", True), ("text/plain;", False)], ids=str
)
def test_a_type_may_lose_blanks_and_case(value: str, same: bool) -> None:
    """A Content-Type that was given twice, the second time empty, ends in a blank, which servers trim."""
    request = asks(method="POST", headers=(("Content-Type", "text/plain;"), ("Content-Type", "")), api=Api.XHR)
    taped = [Recorded.of(it) for it in predict(request, SERVER).exchanges]
    taped[-1] = with_header(taped[-1], "content-type", value)
    assert (replay(request, taped).differences == ()) is same


def test_requested_headers_may_not_gain_blanks() -> None:
    """Access-Control-Request-Headers is compared byte for byte."""
    request = asks(headers=(("X-A", "1"), ("X-B", "1")))
    taped = [Recorded.of(it) for it in predict(request, split(grants(names("*")), says())).exchanges]
    taped[0] = with_header(taped[0], "access-control-request-headers", "x-a, x-b")
    assert replay(request, taped).differences == (
        Difference(K.HEADER, 0, "access-control-request-headers", "x-a,x-b", "x-a, x-b"),
    )


def test_cookies() -> None:
    """Cookies may go with credentials and with nothing else."""
    taped = [with_header(it, "cookie", "a=b") for it in recording()]
    assert replay(PUT, taped).differences == (
        Difference(K.COOKIE, 0, "cookie", None, "a=b"),
        Difference(K.COOKIE, 1, "cookie", None, "a=b"),
    )
    included = asks(credentials=Credentials.INCLUDE)
    taped = [with_header(it, "cookie", "a=b") for it in recording(included)]
    assert replay(included, taped).differences == ()


@pytest.mark.parametrize(
    ("credentials", "differs"),
    [(Credentials.INCLUDE, False), (Credentials.SAME_ORIGIN, True), (Credentials.OMIT, True)],
)
def test_a_password_of_the_browsers_own(credentials: Credentials, differs: bool) -> None:
    """Authorization that the author's request lost may still come from the browser, but only with credentials."""
    request = asks(
        f"{PAGE}/x", credentials=credentials, headers=(("Authorization", "x"),), mode=Mode.NO_CORS
    )  # no-cors drops it
    (taped,) = [Recorded.of(it) for it in predict(request, lambda _: says()).exchanges]
    taped = with_header(taped, "authorization", "Basic x")
    at_home = credentials is Credentials.SAME_ORIGIN
    assert bool(replay(request, [taped]).differences) is (differs and not at_home)


@pytest.mark.parametrize(
    ("index", "sent", "expected"),
    [
        pytest.param(0, True, ("none", "sent"), id="a preflight with a body"),
        pytest.param(1, False, ("sent", "none"), id="a body that got lost"),
    ],
)
def test_body(index: int, sent: bool, expected: tuple[str, str]) -> None:
    """A record that knows of bodies is compared."""
    taped = recording()
    taped[index] = replace(taped[index], body_sent=sent)
    assert replay(PUT, taped).differences == (Difference(K.BODY, index, "body", *expected),)


def test_an_empty_body_is_none_on_the_wire() -> None:
    """Nothing shows that an empty body was one."""
    request = asks(method="POST", body=b"")
    assert [it.body_sent for it in recording(request)] == [False]
    assert replay(request, recording(request)).differences == ()


def test_a_missing_preflight_is_told_and_the_story_goes_on() -> None:
    """The browser must have remembered another one; what follows can still be compared."""
    result = replay(PUT, recording()[1:])
    assert result.differences == (Difference(K.MISSING, 0, "preflight", f"OPTIONS {URL}"),)
    assert result.parted_at is None
    assert isinstance(result.prediction.outcome, Readable)


def test_a_missing_preflight_before_another_request_parts_the_stories() -> None:
    """What was recorded is not the request that the preflight is about: the model cannot go on."""
    result = replay(PUT, [replace(recording()[1], method="DELETE")])
    assert result.differences == (Difference(K.MISSING, 0, "preflight", f"OPTIONS {URL}"),)
    assert result.parted_at == 0
    assert isinstance(result.prediction.outcome, Refusal)
    assert result.prediction.outcome.reason is Reason.NETWORK_FAILURE
    assert result.prediction.outcome.failure.subject == "not recorded"


def test_a_missing_request() -> None:
    """A recording that ends too soon lacks what the model would send next."""
    result = replay(PUT, recording()[:1])
    assert (result.differences, result.parted_at) == ((Difference(K.MISSING, 1, "actual", f"PUT {URL}"),), 1)
    assert replay(PUT, []).differences == (Difference(K.MISSING, 0, "preflight", f"OPTIONS {URL}"),)


def test_extra_preflights_are_passed_over() -> None:
    """A preflight that was not needed is noted, and the story goes on behind it."""
    cache = predict(PUT, SERVER).cache
    result = replay(PUT, recording(), cache=cache, now=1.0)
    assert (result.differences, result.parted_at) == (
        (Difference(K.EXTRA, 0, "preflight", None, f"OPTIONS {URL}"),),
        None,
    )
    assert isinstance(result.prediction.outcome, Readable)
    assert replay(PUT, recording(), cache=cache, now=60.0).differences == ()
    assert replay(PUT, recording(), cache=PreflightCache()).differences == ()


def test_only_preflights_and_no_request() -> None:
    """Passing over preflights ends with the recording."""
    result = replay(asks(), recording()[:1])
    assert [difference.kind for difference in result.differences] == [K.EXTRA, K.MISSING]
    assert result.parted_at == 1


def test_extra_requests_at_the_end() -> None:
    """What the model never asked for is noted, request by request."""
    taped = [*recording(), *recording()]
    assert replay(PUT, taped).differences == (
        Difference(K.EXTRA, 2, "preflight", None, f"OPTIONS {URL}"),
        Difference(K.EXTRA, 3, "actual", None, f"PUT {URL}"),
    )


def test_another_method_or_url_parts_the_stories() -> None:
    """Nothing behind another method or URL is compared."""
    first, second = recording()
    result = replay(PUT, [first, replace(second, method="GET", url=f"{API}/x"), first])
    assert result.differences == (
        Difference(K.METHOD, 1, "actual", "PUT", "GET"),
        Difference(K.URL, 1, "actual", URL, f"{API}/x"),
    )
    assert result.parted_at == 1
    assert replay(PUT, [first, replace(second, method="GET")]).parted_at == 1
    assert replay(PUT, [first, replace(second, url=f"{API}/x")]).parted_at == 1


def test_options_of_the_author_is_no_preflight() -> None:
    """An OPTIONS request without Access-Control-Request-Method is an ordinary one."""
    request = asks(f"{PAGE}/x", method="OPTIONS")
    assert [it.is_preflight for it in recording(request)] == [False]
    assert replay(request, recording(request)).differences == ()
    forged = with_header(recording()[1], "access-control-request-method", "PUT")
    assert not forged.is_preflight


def test_retries_are_passed_over() -> None:
    """A request repeated after a broken connection is the same request; the last answer counts."""
    first, second = recording()
    broken = NetworkFailure("reset")
    taped = [
        replace(first, answer=broken),
        replace(first, answer=broken),
        first,
        replace(second, answer=broken),
        second,
    ]
    result = replay(PUT, taped)
    assert (result.differences, result.retries, result.parted_at) == ((), 3, None)
    assert isinstance(result.prediction.outcome, Readable)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        pytest.param("GET", URL, id="another method"),
        pytest.param("PUT", f"{API}/x", id="another URL"),
    ],
)
def test_another_request_is_no_retry(method: str, url: str) -> None:
    """Only the same request again is a retry."""
    first, second = recording()
    broken = replace(second, answer=NetworkFailure())
    result = replay(PUT, [first, broken, replace(second, method=method, url=url)])
    assert result.retries == 0
    assert [difference.kind for difference in result.differences] == [K.EXTRA]


def test_an_answered_request_is_not_retried() -> None:
    """A request repeated after an answer is an extra one."""
    first, second = recording()
    assert replay(PUT, [first, second, second]).retries == 0


def test_a_preflight_is_no_retry_of_an_options_request() -> None:
    """The two kinds of OPTIONS are told apart."""
    plain = Recorded("OPTIONS", URL, (), NetworkFailure())
    preflight = Recorded("OPTIONS", URL, (("Access-Control-Request-Method", "PUT"),), NetworkFailure())
    assert not preflight.is_retry_of(plain)
    assert not plain.is_retry_of(preflight)
    assert preflight.is_retry_of(preflight)


def test_redirects_are_replayed() -> None:
    """A chain is walked hop by hop."""
    taped = [
        Recorded("GET", URL, (("Origin", PAGE), ("Accept", "*/*")), leads_to("/x")),
        Recorded("GET", f"{API}/x", (("Origin", "null"), ("Accept", "*/*")), says()),
    ]
    assert replay(asks(), taped).differences == (Difference(K.HEADER, 1, "origin", PAGE, "null"),)


def test_a_stream_is_replayed_over_the_connection_it_had() -> None:
    """Over HTTP/2 a stream is sent; by default the servers speak HTTP/1, and it is one request too many."""
    request = asks(method="POST", body=b"x", body_kind=BodyKind.STREAM)
    taped = [Recorded.of(it) for it in predict(request, SERVER, connect=lambda _: Connection.HTTP_2).exchanges]
    assert [it.method for it in taped] == ["OPTIONS", "POST"]
    assert replay(request, taped, connect=lambda _: Connection.HTTP_2).differences == ()
    assert [difference.kind for difference in replay(request, taped).differences] == [K.EXTRA]
