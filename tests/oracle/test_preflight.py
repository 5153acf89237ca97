"""The preflight: when it is due, what it says, what its answer allows."""

from __future__ import annotations

from typing import Any

import pytest
from scenes import ALLOW_ANY, ALLOW_CREDENTIALS, PAGE, URL, flies, grants, max_age, methods, names

from harness.oracle import Api, Credentials, Failure, Headers, Kind, PreflightCache, Reason, WireRequest, WireResponse
from harness.oracle.classify import unsafe_request_header_names
from harness.oracle.flight import Flight
from harness.oracle.preflight import (
    are_grants_stored,
    create_preflight,
    is_preflight_due,
    needs_preflight,
    parse_max_age,
    preflight_failures,
    store_grants,
    unsafe_names_of,
)

PUT: dict[str, Any] = {"method": "PUT"}
CUSTOM: dict[str, Any] = {"headers": (("X-B", "1"), ("X-A", "1"))}
AUTH: dict[str, Any] = {"headers": (("Authorization", "x"), ("Accept-Language", "_"))}
LISTENS: dict[str, Any] = {"method": "POST", "api": Api.XHR, "upload_listener": True}
INCLUDE: dict[str, Any] = {"credentials": Credentials.INCLUDE}
R = Reason


def unsafe(flight: Flight) -> tuple[str, ...]:
    """The names that a preflight must ask for."""
    return unsafe_request_header_names(flight.headers)


def stored(flight: Flight, *headers: tuple[str, str], cache: PreflightCache | None = None) -> PreflightCache:
    """The cache after a preflight of this request was answered so."""
    return store_grants(cache or PreflightCache(), flight, grants(*headers), 0.0)


@pytest.mark.parametrize(
    ("more", "granted", "due"),
    [
        pytest.param(PUT, (), True, id="unsafe method"),
        pytest.param(CUSTOM, (), True, id="unsafe headers"),
        pytest.param(LISTENS, (), True, id="safe, but forced"),
        pytest.param({}, (), False, id="safe"),
        pytest.param(PUT, (methods("PUT"),), False, id="method in the cache"),
        pytest.param(PUT, (methods("DELETE"),), True, id="another method in the cache"),
        pytest.param(PUT, (methods("put"),), True, id="method in another case"),
        pytest.param(PUT, (methods("*"),), False, id="all methods in the cache"),
        pytest.param(CUSTOM, (names("x-a, X-B"),), False, id="headers in the cache"),
        pytest.param(CUSTOM, (names("x-a"),), True, id="one header not in the cache"),
        pytest.param(CUSTOM, (names("*"),), False, id="all headers in the cache"),
        pytest.param(AUTH, (names("*"),), True, id="all headers but authorization"),
        pytest.param(PUT | CUSTOM, (methods("PUT"),), True, id="method in the cache, headers not"),
        pytest.param(PUT | CUSTOM, (names("x-a, x-b"),), True, id="headers in the cache, method not"),
        pytest.param({"method": "HEAD"} | CUSTOM, (names("x-a, x-b"),), False, id="safe method needs no entry"),
        pytest.param(LISTENS, (methods("POST"),), False, id="forced, and in the cache"),
        pytest.param(LISTENS, (), True, id="forced, nothing listed"),
    ],
)
def test_due(more: dict[str, Any], granted: Headers, due: bool) -> None:
    """A preflight is due for what is unsafe and not in the cache."""
    flight = flies(**more)
    cache = stored(flies(), *granted)
    assert is_preflight_due(flight, unsafe(flight), cache, 1.0) is due


def test_a_forced_preflight_is_cached_though_it_lists_nothing() -> None:
    """Without Access-Control-Allow-Methods the method itself counts as listed, but only where forced."""
    forced = flies(**LISTENS)
    assert not is_preflight_due(forced, (), stored(forced), 1.0)
    assert is_preflight_due(forced, (), stored(forced, methods("")), 1.0)
    assert is_preflight_due(forced, (), stored(flies(method="POST")), 1.0)


def test_due_is_what_no_entry_matches() -> None:
    """What counts as an entry for the request can be said otherwise, for looking up as for storing."""
    put, nothing, anything = flies(**PUT), lambda *_: False, lambda *_: True
    cache = stored(put, methods("PUT"))
    assert is_preflight_due(put, (), cache, 1.0, nothing)
    assert not is_preflight_due(flies(url=f"{URL}2", **PUT), (), cache, 1.0, anything)
    assert len(store_grants(cache, put, grants(methods("PUT"), names("x")), 0.0, nothing).entries) == 3
    assert len(store_grants(cache, put, grants(methods("PUT"), names("x")), 0.0).entries) == 2


@pytest.mark.parametrize(
    ("more", "needed"),
    [
        pytest.param({}, False, id="safe"),
        pytest.param(PUT, True, id="unsafe method"),
        pytest.param(CUSTOM, True, id="unsafe headers"),
        pytest.param(LISTENS, True, id="forced"),
    ],
)
def test_needs_preflight(more: dict[str, Any], needed: bool) -> None:
    """A method, a header or an upload listener makes it a request to ask for first."""
    flight = flies(**more)
    assert needs_preflight(flight, unsafe_names_of(flight)) is needed


def test_unsafe_names_of() -> None:
    """What is safe can be said otherwise."""
    assert unsafe_names_of(flies(**CUSTOM)) == ("x-a", "x-b")
    assert unsafe_names_of(flies(**CUSTOM), lambda name, _: name != "X-A") == ("x-a",)


def test_are_grants_stored() -> None:
    """Only an answer that refuses nothing is remembered."""
    assert are_grants_stored([])
    assert not are_grants_stored([Failure(R.METHOD_NOT_ALLOWED)])


def test_what_a_preflight_says() -> None:
    """It asks for the method and, sorted and without blanks, for the headers; it carries nothing else."""
    flight = flies(**PUT, **CUSTOM, credentials=Credentials.INCLUDE, body=b"x")
    assert create_preflight(flight, unsafe(flight)) == WireRequest(
        Kind.PREFLIGHT,
        "OPTIONS",
        URL,
        (
            ("Accept", "*/*"),
            ("Access-Control-Request-Method", "PUT"),
            ("Origin", PAGE),
            ("Access-Control-Request-Headers", "x-a,x-b"),
        ),
    )


def test_a_preflight_without_unsafe_headers_asks_for_none() -> None:
    """There is no empty Access-Control-Request-Headers."""
    assert create_preflight(flies(**PUT), ()).requested_headers is None


@pytest.mark.parametrize(
    ("more", "answer", "reasons"),
    [
        pytest.param(PUT, grants(methods("PUT")), [], id="method listed"),
        pytest.param(PUT, grants(methods("GET"), methods("PUT")), [], id="in a second field"),
        pytest.param(PUT, grants(methods("*")), [], id="wildcard"),
        pytest.param(PUT, grants(methods("*"), allow=ALLOW_ANY), [], id="wildcards"),
        pytest.param(PUT, grants(methods("PUT"), status=200), [], id="200"),
        pytest.param(PUT, grants(methods("PUT"), status=299), [], id="299"),
        pytest.param({"method": "POST"} | CUSTOM, grants(names("x-a,x-b")), [], id="safe method need not be listed"),
        pytest.param({"method": "*"} | INCLUDE, grants(methods("*"), allow=ALLOW_CREDENTIALS), [], id="called *"),
        pytest.param(CUSTOM, grants(names("X-A, x-b")), [], id="headers in any case"),
        pytest.param(CUSTOM, grants(names("*")), [], id="wildcard for headers"),
        pytest.param(AUTH, grants(names("authorization, accept-language")), [], id="authorization listed"),
        pytest.param(AUTH, grants(names("*, Authorization")), [], id="authorization beside the wildcard"),
        pytest.param(LISTENS, grants(), [], id="forced, nothing to allow"),
        pytest.param(LISTENS | PUT, grants(), [], id="forced, so no list allows the method itself"),
        pytest.param(LISTENS | PUT, grants(methods("")), [R.METHOD_NOT_ALLOWED], id="forced, but an empty list"),
        pytest.param(LISTENS | PUT, grants(methods("GET")), [R.METHOD_NOT_ALLOWED], id="forced, but another list"),
        pytest.param(PUT, WireResponse(200), [R.ALLOW_ORIGIN_MISSING, R.METHOD_NOT_ALLOWED], id="no CORS at all"),
        pytest.param(PUT, grants(methods("PUT"), status=199), [R.PREFLIGHT_STATUS_NOT_OK], id="199"),
        pytest.param(PUT, grants(methods("PUT"), status=300), [R.PREFLIGHT_STATUS_NOT_OK], id="300"),
        pytest.param(PUT, grants(methods("PUT"), status=304), [R.PREFLIGHT_STATUS_NOT_OK], id="304"),
        pytest.param(PUT, grants(methods("PUT"), status=302), [R.PREFLIGHT_REDIRECT], id="302"),
        pytest.param(PUT, grants(), [R.METHOD_NOT_ALLOWED], id="no methods"),
        pytest.param(PUT, grants(methods("put")), [R.METHOD_NOT_ALLOWED], id="method in another case"),
        pytest.param(PUT, grants(methods("GET, P(T")), [R.ALLOW_METHODS_MALFORMED], id="methods malformed"),
        pytest.param(PUT, grants(methods("PUT"), names("x y")), [R.ALLOW_HEADERS_MALFORMED], id="headers malformed"),
        pytest.param(
            PUT | INCLUDE,
            grants(methods("*"), allow=ALLOW_CREDENTIALS),
            [R.METHOD_WILDCARD_WITH_CREDENTIALS],
            id="wildcard with credentials",
        ),
        pytest.param(
            PUT | INCLUDE, grants(methods("DELETE"), allow=ALLOW_CREDENTIALS), [R.METHOD_NOT_ALLOWED], id="not even *"
        ),
        pytest.param(CUSTOM, grants(), [R.HEADER_NOT_ALLOWED] * 2, id="no headers"),
        pytest.param(CUSTOM, grants(names("x-b")), [R.HEADER_NOT_ALLOWED], id="one header missing"),
        pytest.param(
            CUSTOM | INCLUDE,
            grants(names("*"), allow=ALLOW_CREDENTIALS),
            [R.HEADER_WILDCARD_WITH_CREDENTIALS] * 2,
            id="wildcard for headers with credentials",
        ),
        pytest.param(AUTH, grants(names("*")), [R.AUTHORIZATION_NEEDS_LISTING], id="authorization by wildcard"),
        pytest.param(AUTH, grants(names("accept-language")), [R.HEADER_NOT_ALLOWED] * 2, id="authorization not listed"),
        pytest.param(
            AUTH | INCLUDE,
            grants(names("*,accept-language"), allow=ALLOW_CREDENTIALS),
            [R.HEADER_WILDCARD_WITH_CREDENTIALS] * 2,
            id="authorization by wildcard with credentials",
        ),
        pytest.param(
            PUT | CUSTOM | INCLUDE,
            WireResponse(500, (methods("("), names("("))),
            [
                R.ALLOW_ORIGIN_MISSING,
                R.PREFLIGHT_STATUS_NOT_OK,
                R.ALLOW_METHODS_MALFORMED,
                R.ALLOW_HEADERS_MALFORMED,
            ],
            id="all that can be wrong, in the standard's order",
        ),
        pytest.param(
            PUT | CUSTOM, grants(), [R.METHOD_NOT_ALLOWED] + [R.HEADER_NOT_ALLOWED] * 2, id="method before headers"
        ),
    ],
)
def test_answers(more: dict[str, Any], answer: WireResponse, reasons: list[Reason]) -> None:
    """Every step that refuses is told, the deciding one first."""
    flight = flies(**more)
    assert [failure.reason for failure in preflight_failures(flight, unsafe(flight), answer)] == reasons


@pytest.mark.parametrize(
    ("more", "answer", "subject", "header", "value"),
    [
        pytest.param(PUT, grants(methods("A"), methods("B")), "PUT", methods("")[0], "A, B", id="method"),
        pytest.param(CUSTOM, grants(names("x-a")), "x-b", names("")[0], "x-a", id="header"),
        pytest.param(AUTH, grants(), "authorization", names("")[0], None, id="authorization before all others"),
        pytest.param(PUT, grants(methods("PUT"), status=404), "404", None, None, id="status"),
        pytest.param(PUT, grants(methods("("), status=200), None, methods("")[0], "(", id="malformed"),
    ],
)
def test_the_failure_quotes_what_decided(
    more: dict[str, Any], answer: WireResponse, subject: str | None, header: str | None, value: str | None
) -> None:
    """The first failure says what was looked for and where."""
    flight = flies(**more)
    failure = next(preflight_failures(flight, unsafe(flight), answer))
    assert (failure.subject, failure.header, failure.value) == (subject, header, value)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((), 5, id="absent"),
        pytest.param((max_age("600"),), 600, id="plain"),
        pytest.param((max_age("0"),), 0, id="zero"),
        pytest.param((max_age(""),), 5, id="empty"),
        pytest.param((max_age("-1"),), 5, id="negative is no delta-seconds"),
        pytest.param((max_age("abc"),), 5, id="nonsense"),
        pytest.param((max_age("10, 10"),), 5, id="a list"),
        pytest.param((max_age("10"), max_age("10")), 5, id="twice"),
    ],
)
def test_max_age(headers: Headers, expected: int) -> None:
    """Whatever is not one delta-seconds counts as five."""
    assert parse_max_age(headers) == expected
