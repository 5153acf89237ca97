"""Compiled policies: which origins match, what is answered, and that a browser makes of it what was declared.

The reference is slow and another: origins by regular expressions, requests by the oracle's model of Fetch.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, find, given, settings
from hypothesis import strategies as st

from harness.grants import Grant, Refusal
from harness.oracle import Credentials, Headers, Kind, Prediction, Request, WireRequest, WireResponse, predict
from harness.oracle.classify import is_safelisted_method
from harness.origins import OriginPattern, is_loopback, parse_origin
from harness.policy import Override, Policy, compiled

searching = settings(deadline=None, max_examples=5_000)
APP = "https://app.example.com"
BELOW = "https://*.example.com"
URL = "https://api.test/items"
VARY = ("Vary", "Origin")
VARY_ASKED = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")


def grant(*origins: str, **terms: Any) -> Grant:
    """Compile a policy for these origins."""
    return compiled(Policy(origins, **terms)).default


# ---- origins ---------------------------------------------------------------------------------------

NEIGHBOURS: dict[str, tuple[str | None, bool, bool]] = {
    # whether the exact origin lets it in, and whether the pattern does
    "itself": (APP, True, True),
    "sub-domain": ("https://a.app.example.com", False, True),
    "sister": ("https://shop.example.com", False, True),
    "deep": ("https://a.b.c.example.com", False, True),
    "hyphen-and-underscore": ("https://a-b_c.example.com", False, True),
    "domain-itself": ("https://example.com", False, False),
    "prefix": ("https://evilexample.com", False, False),
    "prefix-and-below": ("https://a.evilexample.com", False, False),
    "hyphen-prefix": ("https://evil-example.com", False, False),
    "suffix": ("https://app.example.com.evil.test", False, False),
    "suffix-without-dot": ("https://app.example.comevil", False, False),
    "dot-replaced": ("https://appxexample.com", False, False),
    "dot-replaced-below": ("https://app.examplexcom", False, False),
    "no-last-letter": ("https://app.example.co", False, False),
    "trailing-dot": ("https://app.example.com.", False, False),
    "leading-dot": ("https://.example.com", False, False),
    "two-dots": ("https://app..example.com", False, False),
    "scheme": ("http://app.example.com", False, False),
    "port": ("https://app.example.com:8443", False, False),
    "default-port": ("https://app.example.com:443", False, False),
    "empty-port": ("https://app.example.com:", False, False),
    "slash": ("https://app.example.com/", False, False),
    "path": ("https://evil.test/app.example.com", False, False),
    "query": ("https://evil.test?.example.com", False, False),
    "fragment": ("https://evil.test#.example.com", False, False),
    "backslash": ("https://evil.test\\.example.com", False, False),
    "user-name": ("https://a@app.example.com", False, False),
    "user-name-below": ("https://app.example.com@evil.test", False, False),
    "upper-case": ("https://APP.example.com", False, False),
    "upper-case-scheme": ("HTTPS://app.example.com", False, False),
    "star": ("https://*.example.com", False, False),
    "special-characters": ("https://evil.test$.example.com", False, False),
    "backtick": ("https://evil.test`.example.com", False, False),
    "comma": ("https://evil.test,app.example.com", False, False),
    "escaped": ("https://%61.example.com", False, False),
    "not-ascii": ("https://ä.example.com", False, False),
    "blank-before": (" https://app.example.com", False, False),
    "blank-behind": ("https://app.example.com ", False, False),
    "tab-inside": ("https://app.exa\tmple.com", False, False),
    "two-joined": ("https://app.example.com,https://app.example.com", False, False),
    "two-joined-with-blank": ("https://evil.test, https://app.example.com", False, False),
    "other-scheme": ("ftp://app.example.com", False, False),
    "no-scheme": ("app.example.com", False, False),
    "null": ("null", False, False),
    "null-upper-case": ("NULL", False, False),
    "star-alone": ("*", False, False),
    "empty": ("", False, False),
    "none": (None, False, False),
    "endless": ("https://" + "a." * 4000 + "example.com", False, False),
}


@pytest.mark.parametrize(("origin", "by_name", "by_pattern"), NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_neighbours(origin: str | None, by_name: bool, by_pattern: bool) -> None:
    """Who is let in by name or by pattern is told so, in his own words; the neighbours are not."""
    assert grant(APP).allows_origin(origin) == (origin if by_name else None)
    assert grant(BELOW).allows_origin(origin) == (origin if by_pattern else None)
    assert grant("https://b.test", BELOW).allows_origin(origin) == (origin if by_pattern else None)
    assert grant("*").allows_origin(origin) == "*"


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("https://*.example.com:8443", "https://a.example.com:8443", "https://a.example.com"),
        ("http://*.localhost:3000", "http://app.localhost:3000", "http://localhost:3000"),
        ("https://*.a.example.com", "https://b.a.example.com", "https://b.example.com"),
        ("https://*.example.com.", "https://a.example.com.", "https://a.example.com"),
    ],
)
def test_patterns(pattern: str, inside: str, outside: str) -> None:
    """Scheme, domain and port of a pattern are exact."""
    assert grant(pattern).allows_origin(inside) == inside
    assert grant(pattern).allows_origin(outside) is None


@pytest.mark.parametrize(
    "text", ["https://example.com", "*.example.com", "https://*.", "https://*.a/", "https://a.*.b"]
)
def test_what_is_no_pattern(text: str) -> None:
    """A pattern is read only from what is one."""
    assert OriginPattern.parse(text) is None


@pytest.mark.parametrize(
    ("origin", "loopback"),
    [
        ("http://localhost", True),
        ("http://a.b.localhost", True),
        ("http://127.0.0.1", True),
        ("http://127.255.255.254", True),
        ("http://[::1]", True),
        ("http://[::2]", False),
        ("http://128.0.0.1", False),
        ("http://127.example.com", False),
        ("http://localhost.example.com", False),
        ("http://evillocalhost", False),
    ],
)
def test_loopback(origin: str, loopback: bool) -> None:
    """Only what never leaves this machine is loopback."""
    url = parse_origin(origin)
    assert url is not None
    assert is_loopback(url.host) is loopback


labels = st.sampled_from(["a", "app", "evil", "x-y", "x_y", "", "*", "EVIL", "ü", "evil$"])
domains = ["example.com", "evilexample.com", "example.comevil", "examplexcom", "a.example.com", "localhost", "a.b"]
hosts = st.builds(
    "{}{}{}".format,
    st.lists(labels, max_size=3).map(".".join),
    st.sampled_from([".", ".", "", "-"]),
    st.sampled_from([*domains, "1.2.3.4", "[::1]"]),
)
near_origins = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTPS://", "https:", "//", ""]),
    st.sampled_from(["", "", "", "user@", "evil.test/", "evil.test#", "evil.test?", " ", "evil.test,"]),
    hosts,
    st.sampled_from(["", "", ".", "/", "."]),
    st.sampled_from(["", "", "", ":443", ":80", ":8443", ":", "/", " ", ",https://a.example.com"]),
)
any_origins = near_origins | st.text(max_size=40) | st.sampled_from(["null", "", APP])
declared = st.sampled_from(
    [
        APP,
        BELOW,
        "https://*.example.com:8443",
        "http://*.localhost",
        "http://localhost:8443",
        "https://*.a.example.com",
        "https://a.b",
    ]
)


def allowed_by_reference(origins: list[str], origin: str) -> bool:
    """Tell by regular expressions, written out for each declared origin, whether one is let in."""
    for each in origins:
        scheme, _, rest = each.partition("://")
        host = rest.removeprefix("*.")
        below = r"([a-z0-9_-]+\.)+" if host != rest else ""
        if re.fullmatch(f"{re.escape(scheme)}://{below}{re.escape(host)}", origin):
            return True
    return False


@settings(deadline=None, max_examples=500)
@given(st.lists(declared, min_size=1, max_size=3, unique=True), any_origins)
@example([BELOW], "https://evilexample.com")
def test_origins_agree_with_a_slow_reference(origins: list[str], origin: str) -> None:
    """The compiled form lets in whom the declaration means, whatever is asked."""
    found = grant(*origins).allows_origin(origin)
    assert found == (origin if allowed_by_reference(origins, origin) else None)


@settings(deadline=None, max_examples=500)
@given(any_origins)
def test_a_pattern_ends_at_a_label(origin: str) -> None:
    """Whom a pattern lets in has a host that ends in a dot and the domain, and the pattern's scheme."""
    if grant(BELOW).allows_origin(origin) is not None:
        assert origin.startswith("https://")
        host = origin.removeprefix("https://")
        assert host.endswith(".example.com")
        assert all(host.split("."))
        assert not {":", "/", "@", ","} & set(host)


def test_the_strategy_meets_both_sides() -> None:
    """Negative control: among what is asked are origins that a pattern lets in, and near-misses that look like it."""
    below, allowed = re.compile(r"https://.*\.example\.com"), grant(BELOW).allows_origin
    assert find(any_origins, lambda origin: allowed(origin) is not None, settings=searching)
    assert find(any_origins, lambda origin: origin.endswith("evilexample.com"), settings=searching)
    assert find(any_origins, lambda origin: bool(below.fullmatch(origin)) and not allowed(origin), settings=searching)


def test_a_weaker_pattern_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: matching by the end of the text, as many do, disagrees with the reference."""
    monkeypatch.setattr(OriginPattern, "matches", lambda self, origin: origin.host.endswith(self.domain))
    weak = grant(BELOW)

    def disagrees(origin: str) -> bool:
        return bool(weak.allows_origin(origin)) != allowed_by_reference([BELOW], origin)

    assert find(any_origins, disagrees, settings=searching)


# ---- answers ---------------------------------------------------------------------------------------

FULL = {
    "methods": ("GET", "PUT"),
    "request_headers": ("Content-Type", "X-One"),
    "credentials": True,
    "exposed_headers": ("X-Total-Count", "ETag"),
    "max_age": 600,
}
ALLOWS = {
    "methods": ("Access-Control-Allow-Methods", "GET, HEAD, PUT"),
    "headers": ("Access-Control-Allow-Headers", "Content-Type, X-One"),
    "age": ("Access-Control-Max-Age", "600"),
}
LETS_IN = (("Access-Control-Allow-Origin", APP), ("Access-Control-Allow-Credentials", "true"))
GRANTED = (*LETS_IN, *ALLOWS.values(), VARY_ASKED)


def test_a_preflight_is_granted_exactly() -> None:
    """Everything that is declared, in the order of declaration, HEAD beside GET, and what the answer depends on."""
    answer = grant(APP, **FULL).preflight(APP, "PUT", "content-type,x-one")
    assert (answer.status, answer.headers, answer.refusal) == (204, GRANTED, None)


def test_a_bare_grant_says_no_more_than_it_must() -> None:
    """No header for what was not declared."""
    answer = grant(APP).preflight(APP, "POST", None)
    assert answer.headers == (LETS_IN[0], ("Access-Control-Allow-Methods", "GET, HEAD, POST"), VARY_ASKED)
    assert grant(APP).actual(APP, "GET") == (LETS_IN[0], VARY)


REFUSED: dict[str, tuple[str | None, str, str | None, Refusal]] = {
    "stranger": ("https://b.test", "PUT", None, Refusal.ORIGIN),
    "null": ("null", "PUT", None, Refusal.ORIGIN),
    "empty-origin": ("", "PUT", None, Refusal.ORIGIN),
    "two-origins": (f"{APP},{APP}", "PUT", None, Refusal.ORIGIN),
    "stranger-with-all-wrong": ("https://b.test", "DELETE", "x-two", Refusal.ORIGIN),
    "method": (APP, "DELETE", None, Refusal.METHOD),
    "simple-method": (APP, "POST", None, Refusal.METHOD),
    "lower-case-method": (APP, "put", None, Refusal.METHOD),
    "empty-method": (APP, "", None, Refusal.METHOD),
    "method-list": (APP, "GET, PUT", None, Refusal.METHOD),
    "header": (APP, "PUT", "x-two", Refusal.HEADER),
    "one-header-of-two": (APP, "PUT", "x-one,x-two", Refusal.HEADER),
    "no-header-name": (APP, "PUT", "x one", Refusal.HEADER),
    "star": (APP, "PUT", "*", Refusal.HEADER),
}


@pytest.mark.parametrize(("origin", "method", "headers", "refusal"), REFUSED.values(), ids=REFUSED)
def test_a_preflight_is_refused_exactly(origin: str | None, method: str, headers: str | None, refusal: Refusal) -> None:
    """Status 403 and no CORS header, but what the answer depends on; the first thing that is wrong is the reason."""
    answer = grant(APP, **FULL).preflight(origin, method, headers)
    assert (answer.status, answer.headers, answer.refusal) == (403, (VARY_ASKED,), refusal)


@pytest.mark.parametrize("headers", ["", ",", " x-one , ,CONTENT-TYPE\t", "x-one,x-one", "X-ONE", None])
def test_asked_headers_in_any_form(headers: str | None) -> None:
    """Blanks, empty members, doubles and case make no difference: a name is a name."""
    assert grant(APP, **FULL).preflight(APP, "PUT", headers).status == 204


ACTUAL: dict[str, tuple[str | None, str, Headers]] = {
    "let-in": (APP, "PUT", (*LETS_IN, ("Access-Control-Expose-Headers", "X-Total-Count, ETag"), VARY)),
    "head": (APP, "HEAD", (*LETS_IN, ("Access-Control-Expose-Headers", "X-Total-Count, ETag"), VARY)),
    "stranger": ("https://b.test", "PUT", (VARY,)),
    "null": ("null", "GET", (VARY,)),
    "no-origin": (None, "GET", (VARY,)),
    "method-not-allowed": (APP, "POST", (VARY,)),
    "method-in-lower-case": (APP, "put", (VARY,)),
}


@pytest.mark.parametrize(("origin", "method", "headers"), ACTUAL.values(), ids=ACTUAL)
def test_an_actual_answer_is_exact(origin: str | None, method: str, headers: Headers) -> None:
    """Origin, credentials and exposed headers for whom the policy lets in with that method; Vary for everybody."""
    assert grant(APP, **FULL).actual(origin, method) == headers


def test_a_public_grant_varies_by_nobody() -> None:
    """`*` for all, asked or not: one answer for every cache; preflights still vary by what they ask."""
    public = grant("*", exposed_headers=("*",))
    said = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))
    assert {public.actual(origin, "GET") for origin in (None, "null", APP, "")} == {said}
    assert public.preflight("null", "GET", None).headers == (
        said[0],
        ("Access-Control-Allow-Methods", "GET, HEAD, POST"),
        ("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers"),
    )
    assert public.actual(APP, "PUT") == ()


def test_wildcards() -> None:
    """`*` is any method and any header that is a token, but for Authorization, which is to be named."""
    anything = grant(APP, methods=("*",), request_headers=("*",))
    assert anything.refusal(APP, "CHECKIN", "x-a,x-b") is None
    assert anything.refusal(APP, "P T", None) is Refusal.METHOD
    assert anything.refusal(APP, "PUT", "x a") is Refusal.HEADER
    assert anything.refusal(APP, "PUT", "x-a,authorization") is Refusal.HEADER
    named = grant(APP, methods=("*",), request_headers=("*", "Authorization"))
    assert named.refusal(APP, "PUT", "x-a,authorization") is None
    assert ("Access-Control-Allow-Headers", "*, Authorization") in named.preflight(APP, "PUT", "x-a").headers


def test_closed() -> None:
    """What is closed lets nobody in, and says so."""
    closed = Grant()
    assert closed.closed
    assert closed.preflight(APP, "GET", None).refusal is Refusal.CLOSED
    assert closed.actual(APP, "GET") == (VARY,)
    assert not grant(APP).closed
    assert not grant(BELOW).closed
    assert not grant("*").closed


def test_grants_by_endpoint_and_path() -> None:
    """An override holds at its endpoint or rule, the endpoint's before the rule's; elsewhere the default does."""
    policy = compiled(
        Policy(
            (APP,),
            credentials=True,
            overrides=(
                Override(endpoint="a", max_age=1),
                Override(path="/b", max_age=2),
                Override(path="/c", closed=True),
                Override(endpoint="d", origins=("*",), credentials=False),
            ),
        )
    )
    assert [policy.of(*where).max_age for where in (("a", "/x"), ("a", "/b"), ("x", "/b"), ("x", "/x"))] == [
        1,
        1,
        2,
        None,
    ]
    assert policy.of(None, None) == policy.default == policy.of(None, "/x")
    assert policy.of("x", "/c") == Grant()
    assert policy.of("d", "/d").public
    assert policy.of("a", "/a") == replace(policy.default, max_age=1)


def test_compiling_is_deterministic() -> None:
    """The same declaration makes the same form, doubles and all."""
    policy = Policy((APP, BELOW, APP), methods=("GET", "HEAD", "GET", "PUT"), request_headers=("A", "B", "A"))
    assert compiled(policy) == compiled(policy)
    made = compiled(policy).default
    assert (made.origins, made.methods, made.request_headers) == ((APP,), ("GET", "HEAD", "PUT"), ("A", "B"))


# ---- what a browser makes of it --------------------------------------------------------------------

list_of_methods = st.lists(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "CHECKIN", "checkin"]), min_size=1, unique=True
)
list_of_headers = st.lists(st.sampled_from(["Content-Type", "Authorization", "X-One", "x-two"]), unique=True)
grants = st.one_of(
    st.builds(
        Policy,
        st.lists(st.sampled_from([APP, BELOW, "https://b.test"]), min_size=1, unique=True),
        methods=list_of_methods,
        request_headers=list_of_headers,
        credentials=st.booleans(),
        max_age=st.none() | st.just(60),
    ),
    st.builds(
        Policy,
        st.sampled_from([("*",), (APP,), (BELOW,)]),
        methods=list_of_methods | st.just(["*"]),
        request_headers=list_of_headers | st.sampled_from([["*"], ["*", "Authorization"]]),
    ),
).map(lambda policy: compiled(policy).default)
requests = st.builds(
    Request,
    st.just(URL),
    st.sampled_from([APP, "https://b.test", "https://a.b.example.com", "https://evilexample.com", "null"]),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "patch", "CHECKIN", "checkin", "DELETE"]),
    headers=st.lists(
        st.sampled_from(
            [("Content-Type", "application/json"), ("Authorization", "Bearer x"), ("X-One", "1"), ("X-Two", "2")]
        ),
        max_size=3,
        unique=True,
    ).map(tuple),
    credentials=st.sampled_from(list(Credentials)),
)


def met(request: Request, granted: Grant, *, debug: bool = False) -> Prediction:
    """Let the oracle carry out a request against a server that answers as the grant says."""

    def server(asked: WireRequest) -> WireResponse:
        if asked.kind is Kind.PREFLIGHT:
            answer = granted.preflight(asked.origin, asked.requested_method or "", asked.requested_headers, debug=debug)
            return WireResponse(answer.status, answer.headers)
        return WireResponse(200, granted.actual(asked.origin, asked.method))

    return predict(request, server)


def may(request: Request, granted: Grant) -> bool:
    """Tell from the declaration alone whether a page may do this and read the answer."""
    names = {name.lower() for name, _ in request.headers}
    listed = {name.lower() for name in granted.request_headers}
    if "*" in listed:
        names &= {"authorization"}
    patterns = [f"{each.scheme}://*.{each.domain}" for each in granted.patterns]
    return (
        (granted.public or allowed_by_reference([*granted.origins, *patterns], request.origin))
        and (request.method in granted.methods or "*" in granted.methods)
        and names <= listed
        and (request.credentials is not Credentials.INCLUDE or granted.credentials)
    )


@settings(deadline=None, max_examples=1000)
@given(requests, grants)
def test_a_browser_lets_through_exactly_what_is_declared(request: Request, granted: Grant) -> None:
    """By the standard's own model: a page reads the answer where the policy says so, and nowhere else."""
    assert met(request, granted).allowed is may(request, granted)


@settings(deadline=None, max_examples=1000)
@given(requests, grants)
def test_debug_grants_nothing(request: Request, granted: Grant) -> None:
    """With debug as without it: the same requests reach the server and the same answers are read."""
    plain, telling = met(request, granted), met(request, granted, debug=True)
    assert [each.request for each in plain.exchanges] == [each.request for each in telling.exchanges]
    assert (plain.allowed, plain.cache) == (telling.allowed, telling.cache)


@pytest.mark.parametrize("wanted", [True, False])
def test_both_sides_are_met(wanted: bool) -> None:
    """Negative control: among the drawn there are requests that are let through, and refused ones, with preflights."""
    both = st.tuples(requests, grants)
    found = find(
        both, lambda drawn: may(*drawn) is wanted and not is_safelisted_method(drawn[0].method), settings=searching
    )
    assert len(met(*found).exchanges) == (2 if wanted else 1)


def test_a_wrong_grant_would_be_caught() -> None:
    """Negative control: one more method in the answer than was declared is noticed."""
    both = st.tuples(requests, grants)
    generous = find(
        both,
        lambda drawn: (
            met(drawn[0], replace(drawn[1], methods=(*drawn[1].methods, "DELETE"))).allowed is not may(*drawn)
        ),
        settings=searching,
    )
    assert generous[0].method == "DELETE"


TOLD: dict[str, tuple[Grant, tuple[str, str, str | None], Headers]] = {
    "origin": (
        grant(APP, **FULL),
        ("https://b.test", "PUT", None),
        (*LETS_IN, ALLOWS["methods"], ALLOWS["headers"], VARY_ASKED),
    ),
    "origin-by-pattern": (
        grant(BELOW, **FULL),
        ("https://b.test", "PUT", None),
        (LETS_IN[1], ALLOWS["methods"], ALLOWS["headers"], VARY_ASKED),
    ),
    "method": (
        grant(APP, **FULL),
        (APP, "DELETE", None),
        (*LETS_IN, ALLOWS["methods"], ALLOWS["headers"], VARY_ASKED),
    ),
    "header": (grant(APP, **FULL), (APP, "PUT", "x-two"), (*LETS_IN, ALLOWS["methods"], ALLOWS["headers"], VARY_ASKED)),
    "method-by-pattern": (
        grant(APP, BELOW),
        ("https://a.example.com", "DELETE", None),
        (
            ("Access-Control-Allow-Origin", "https://a.example.com"),
            ("Access-Control-Allow-Methods", "GET, HEAD, POST"),
            VARY_ASKED,
        ),
    ),
    "header-without-any": (
        grant(APP),
        (APP, "GET", "x-two"),
        (LETS_IN[0], ("Access-Control-Allow-Methods", "GET, HEAD, POST"), VARY_ASKED),
    ),
}


@pytest.mark.parametrize(("granted", "asked", "headers"), TOLD.values(), ids=TOLD)
def test_debug_tells_what_is_missing(granted: Grant, asked: tuple[str, str, str | None], headers: Headers) -> None:
    """A refusal is a 204 with the policy's own lists, which no browser keeps; the refusal stays one."""
    answer = granted.preflight(*asked, debug=True)
    assert (answer.status, answer.headers) == (204, headers)
    assert answer.refusal is granted.preflight(*asked).refusal


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        (Grant(), (APP, "PUT", None)),
        (grant(APP, methods=("PUT",)), (APP, "POST", "content-type")),
        (grant(APP, request_headers=("*",)), (APP, "GET", "authorization")),
    ],
    ids=["closed", "method-that-needs-no-list", "authorization-beside-a-star"],
)
def test_debug_does_not_tell_what_would_be_a_grant(granted: Grant, asked: tuple[str, str, str | None]) -> None:
    """Where a browser would take the lists for a yes, or there are none, the refusal stays a 403."""
    assert granted.preflight(*asked, debug=True).status == 403


def test_debug_changes_no_grant() -> None:
    """What is allowed is answered in the same way."""
    assert grant(APP, **FULL).preflight(APP, "PUT", None, debug=True).headers == GRANTED
