"""Relations that hold for all requests and all answers, seeded from what near-misses look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import Phase, assume, find, given, settings
from hypothesis import strategies as st
from scenes import (
    ALLOW_NULL,
    ALLOW_PAGE,
    API,
    OTHER,
    PAGE,
    grants,
    in_order,
    max_age,
    methods,
    names,
    says,
    split,
)

from harness.oracle import (
    Answer,
    Api,
    BodyKind,
    CacheMode,
    Credentials,
    Headers,
    Mode,
    NetworkFailure,
    PreflightCache,
    Readable,
    Recorded,
    Redirect,
    Refusal,
    Request,
    ResponseType,
    Server,
    WireRequest,
    WireResponse,
    cors_check,
    predict,
    replay,
)
from harness.oracle.api import create_flight
from harness.oracle.classify import unsafe_request_header_names
from harness.oracle.flight import Flight

relaxed = settings(deadline=None)  # a busy machine is no failure

# One odd value in some ten: what the API itself refuses must occur, but not drown all else.
urls = st.sampled_from(
    [f"{API}/a", f"{API}/b?q#f", f"{API}/c", f"{OTHER}/", f"{PAGE}/home"] * 2 + ["http://api.test:22/"]
)
plain_methods = st.sampled_from(["GET", "get", "HEAD", "POST", "PUT", "patch", "PATCH", "*"] * 3 + ["TRACE", "G T"])
request_headers = st.tuples(
    st.sampled_from(
        ["Accept", "Content-Type", "Range", "X-A", "x-b", "Authorization", "Cookie", "*"] * 3 + ["Bad Name"]
    ),
    st.sampled_from(["", "text/plain", "application/json", "bytes=0-9", "-", "\xe9", "a" * 129, "("] * 3 + ["a\nb"]),
)
response_headers = st.one_of(
    st.tuples(
        st.sampled_from(["Access-Control-Allow-Origin", "access-control-allow-origin"]),
        st.sampled_from(["*", PAGE, "null", f"{PAGE}/", ""]),
    ),
    st.tuples(st.just("Access-Control-Allow-Credentials"), st.sampled_from(["true", "True"])),
    st.tuples(st.just("Access-Control-Allow-Methods"), st.sampled_from(["*", "PUT, PATCH", "patch", "P T", ""])),
    st.tuples(
        st.just("Access-Control-Allow-Headers"),
        st.sampled_from(["*", "X-A, x-b", "content-type,authorization,range,accept", "x y"]),
    ),
    st.tuples(st.just("Access-Control-Expose-Headers"), st.sampled_from(["*", "X-A", "x y"])),
    st.tuples(st.just("Access-Control-Max-Age"), st.sampled_from(["60", "0", "-1", "x"])),
    st.tuples(
        st.just("Location"), st.sampled_from(["/b", f"{OTHER}/", f"{PAGE}/home", "http://u@api.test/", "x:", ""])
    ),
    st.tuples(st.just("Cross-Origin-Resource-Policy"), st.sampled_from(["same-origin", "same-site"])),
    st.tuples(st.sampled_from(["X-A", "Set-Cookie", "Content-Type"]), st.sampled_from(["1", "2"])),
)
statuses = st.sampled_from([200, 204, 299, 301, 302, 303, 304, 307, 308, 404, 500])
responses = st.builds(WireResponse, statuses, st.lists(response_headers, max_size=6).map(tuple))
# Left to chance alone, hardly a walk gets past its first answer: half of the answers mean well.
KIND = (
    ("Access-Control-Allow-Credentials", "true"),
    methods("PUT, PATCH, patch, *"),
    names("X-A, x-b, content-type, authorization, range, accept, *"),
)
kind_responses = st.builds(
    lambda status, allow, more, location: WireResponse(status, (*KIND, *allow, *more, ("Location", location))),
    st.sampled_from([200, 204, 302, 307]),
    st.sampled_from([ALLOW_PAGE, ALLOW_PAGE, ALLOW_PAGE, ALLOW_NULL]),
    st.lists(response_headers, max_size=1),
    st.sampled_from(["/b", f"{API}/c"]),
)
answers = st.one_of(*[kind_responses] * 4, *[responses] * 2, st.just(NetworkFailure("reset")))


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Any request that an author can write, to a few URLs."""
    api = draw(st.sampled_from(Api))
    xhr = api is Api.XHR
    method = draw(plain_methods)
    safe = method in ("GET", "get", "HEAD", "POST")
    return Request(
        url=draw(urls),
        origin=draw(st.sampled_from([PAGE, PAGE, PAGE, "null"])),
        method=method,
        headers=draw(st.lists(request_headers, max_size=3).map(tuple)),
        body=draw(st.sampled_from([None, None, b"x"])) if safe else draw(st.sampled_from([None, b"x"])),
        body_kind=draw(st.sampled_from([kind for kind in BodyKind if not (xhr and kind is BodyKind.STREAM)])),
        mode=Mode.CORS if xhr or not safe else draw(st.sampled_from(Mode)),
        credentials=draw(st.sampled_from([Credentials.SAME_ORIGIN, Credentials.INCLUDE])),
        redirect=Redirect.FOLLOW if xhr else draw(st.sampled_from(Redirect)),
        api=api,
        upload_listener=xhr and draw(st.booleans()),
    )


def played(script: list[Answer]) -> Server:
    """A server that gives these answers in turn, and the last one for ever."""
    return in_order(*script)


scripts: st.SearchStrategy[list[Answer]] = st.lists(answers, min_size=1, max_size=6)


@relaxed
@given(requests(), scripts)
def test_replaying_a_prediction_finds_no_difference(request: Request, script: list[Answer]) -> None:
    """The model agrees with a faithful record of itself, retries apart."""
    prediction = predict(request, played(script))
    result = replay(request, [Recorded.of(exchange) for exchange in prediction.exchanges])
    assert result.differences == ()
    assert result.prediction == prediction


@relaxed
@given(requests(), scripts)
def test_every_refusal_is_in_a_phase_of_its_reason(request: Request, script: list[Answer]) -> None:
    """Reason, phase and number of exchanges fit together."""
    prediction = predict(request, played(script))
    if isinstance(prediction.outcome, Refusal):
        assert prediction.outcome.phase in prediction.outcome.reason.phases
        assert bool(prediction.exchanges) is (prediction.outcome.phase != "request")
        assert prediction.outcome.reason not in prediction.outcome.also


@relaxed
@given(requests(), scripts, st.sampled_from(CacheMode))
def test_the_cache_mode_changes_nothing(request: Request, script: list[Answer], mode: CacheMode) -> None:
    """The HTTP cache mode has no say in the CORS protocol."""
    changed = predict(replace(request, cache=mode), played(script))
    assert (changed.exchanges, changed.outcome, changed.cache) == (
        (unchanged := predict(request, played(script))).exchanges,
        unchanged.outcome,
        unchanged.cache,
    )


@relaxed
@given(responses, st.sampled_from([PAGE, "null"]))
def test_the_wildcard_never_allows_credentials(response: WireResponse, origin: str) -> None:
    """With credentials only the exact origin and `true` pass."""
    if cors_check(origin, Credentials.INCLUDE, response.headers) is None:
        assert "*" not in [value for name, value in response.headers if name.lower() == "access-control-allow-origin"]
        assert ("Access-Control-Allow-Credentials", "true") in response.headers
        assert cors_check(origin, Credentials.OMIT, response.headers) is None


@relaxed
@given(requests(), scripts)
def test_a_cors_response_with_credentials_was_allowed_by_name(request: Request, script: list[Answer]) -> None:
    """No walk ends in a readable cors response with credentials unless the last answer names the origin."""
    prediction = predict(replace(request, credentials=Credentials.INCLUDE), played(script))
    if isinstance(prediction.outcome, Readable) and prediction.outcome.type is ResponseType.CORS:
        last = prediction.exchanges[-1]
        assert isinstance(last.answer, WireResponse)
        assert ("Access-Control-Allow-Credentials", "true") in last.answer.headers
        assert any(value == last.request.origin for _, value in last.answer.headers)
        assert "set-cookie" not in prediction.outcome.header_names


@relaxed
@given(requests(), request_headers)
def test_adding_a_header_never_saves_a_preflight(request: Request, header: tuple[str, str]) -> None:
    """What is unsafe stays unsafe, whatever else is sent beside it under another name."""
    assume(header[0].lower() not in {name.lower() for name, _ in request.headers} | {"accept"})
    before, after = create_flight(request), create_flight(replace(request, headers=(*request.headers, header)))
    if isinstance(before, Flight) and isinstance(after, Flight):
        # A Content-Type by the author takes the place of the default one, which is always safe.
        assert set(unsafe_request_header_names(before.headers)) <= set(unsafe_request_header_names(after.headers))


def shouted(headers: Headers) -> Headers:
    """The same with names in upper case."""
    return tuple((name.upper(), value) for name, value in headers)


def any_case(answer: Answer) -> Answer:
    """The same answer with names in upper case."""
    return replace(answer, headers=shouted(answer.headers)) if isinstance(answer, WireResponse) else answer


@relaxed
@given(requests(), scripts)
def test_the_case_of_header_names_is_irrelevant(request: Request, script: list[Answer]) -> None:
    """Upper-case names on both sides change nothing that can be observed but themselves."""
    plain = predict(request, played(script))
    loud = predict(replace(request, headers=shouted(request.headers)), played([any_case(it) for it in script]))

    def seen(requests: tuple[WireRequest, ...]) -> list[tuple[str, str, str | None, str | None]]:
        return [(it.method, it.url, it.origin, it.requested_headers) for it in requests]

    assert seen(loud.preflights) == seen(plain.preflights)
    assert seen(loud.actuals) == seen(plain.actuals)
    if isinstance(plain.outcome, Readable):
        assert loud.outcome == plain.outcome
    else:
        assert isinstance(loud.outcome, Refusal)
        assert loud.outcome.reason is plain.outcome.reason


GENEROUS = split(grants(methods("PUT,PATCH"), names("x-a,x-b"), max_age("30")), says())


@relaxed
@given(
    st.sampled_from(["PUT", "PATCH", "GET"]),
    st.sets(st.sampled_from(["X-A", "x-b"]), min_size=1),
    st.integers(min_value=0, max_value=60),
    st.sampled_from([Credentials.OMIT, Credentials.SAME_ORIGIN]),
)
def test_a_cached_preflight_spares_the_next_within_max_age(
    method: str, headers: set[str], wait: int, credentials: Credentials
) -> None:
    """Within max-age there is no preflight, and from then on there is one again."""
    request = Request(f"{API}/a", PAGE, method, tuple((name, "1") for name in headers), credentials=credentials)
    first = predict(request, GENEROUS, now=1000.0)
    second = predict(request, GENEROUS, cache=first.cache, now=1000.0 + wait)
    assert (len(first.preflights), len(second.preflights)) == (1, 0 if wait < 30 else 1)


@relaxed
@given(requests(), scripts, st.integers(min_value=0, max_value=100))
def test_a_full_cache_only_ever_takes_preflights_away(request: Request, script: list[Answer], limit: int) -> None:
    """With a cache, the first hop has at most the preflight that it has without."""
    warm = predict(request, played(script), cache=PreflightCache(max_age_limit=limit)).cache
    cold = predict(request, played(script))
    again = predict(request, played(script), cache=warm)
    assert len([it for it in again.preflights if it.hop == 0]) <= len([it for it in cold.preflights if it.hop == 0])


def ends(kind: type[Readable | Refusal], exchanges: int) -> Callable[[tuple[Request, list[Answer]]], bool]:
    """Whether a drawn scene ends so after so many exchanges."""

    def check(scene: tuple[Request, list[Answer]]) -> bool:
        prediction = predict(scene[0], played(scene[1]))
        return isinstance(prediction.outcome, kind) and len(prediction.exchanges) >= exchanges

    return check


@pytest.mark.parametrize("kind", [Readable, Refusal])
def test_the_strategies_reach_far(kind: type[Readable | Refusal]) -> None:
    """Preflights, redirects and both outcomes occur in what is drawn: strategies are tested as well."""
    scenes = st.tuples(requests(), scripts)
    quietly = settings(max_examples=3_000, database=None, phases=[Phase.generate])
    assert find(scenes, ends(kind, 3), settings=quietly, random=Random(1))
