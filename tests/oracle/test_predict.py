"""The whole walk: which requests go out, in which order, with what, and what script gets."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from scenes import (
    ALLOW_ANY,
    ALLOW_CREDENTIALS,
    ALLOW_NULL,
    API,
    OTHER,
    PAGE,
    URL,
    asks,
    grants,
    in_order,
    leads_to,
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
    Connection,
    Credentials,
    Failure,
    Mode,
    NetworkFailure,
    Phase,
    PreflightCache,
    Readable,
    Reason,
    Redirect,
    Refusal,
    ResponseType,
    SeenAs,
    WireRequest,
    WireResponse,
    predict,
)

R = Reason
HOME = f"{PAGE}/"
ABROAD = f"{OTHER}/"
PUT = {"method": "PUT"}
STREAM: dict[str, Any] = {"method": "POST", "body": b"x", "body_kind": BodyKind.STREAM}
BARE = WireResponse(200)


class Sent(NamedTuple):
    """One request in short: method, URL, Origin, whether cookies may go with it."""

    method: str
    url: str
    origin: str | None
    credentials: bool = False


def in_short(request: WireRequest) -> Sent:
    """A request, so that tables stay readable."""
    return Sent(request.method, request.url, request.origin, request.credentials)


OUTCOMES = [
    pytest.param({}, [says()], [Sent("GET", URL, PAGE)], ResponseType.CORS, id="cross-origin GET"),
    pytest.param({"url": HOME}, [BARE], [Sent("GET", HOME, None, True)], ResponseType.BASIC, id="GET at home"),
    pytest.param(
        {"url": HOME, "origin": "null"},
        [says(allow=ALLOW_NULL)],
        [Sent("GET", HOME, "null")],
        ResponseType.CORS,
        id="an opaque origin is at home nowhere",
    ),
    pytest.param(
        {"url": HOME, "method": "PUT", "mode": Mode.SAME_ORIGIN},
        [BARE],
        [Sent("PUT", HOME, PAGE, True)],
        ResponseType.BASIC,
        id="PUT at home needs no preflight",
    ),
    pytest.param(
        PUT,
        [grants(methods("PUT")), says()],
        [Sent("OPTIONS", URL, PAGE), Sent("PUT", URL, PAGE)],
        ResponseType.CORS,
        id="preflight and PUT",
    ),
    pytest.param(
        PUT | {"credentials": Credentials.INCLUDE},
        [grants(methods("PUT"), allow=ALLOW_CREDENTIALS), says(allow=ALLOW_CREDENTIALS)],
        [Sent("OPTIONS", URL, PAGE), Sent("PUT", URL, PAGE, True)],
        ResponseType.CORS,
        id="a preflight carries no cookies",
    ),
    pytest.param(
        {"api": Api.XHR, "upload_listener": True, "method": "POST", "body": b"x"},
        [grants(), says()],
        [Sent("OPTIONS", URL, PAGE), Sent("POST", URL, PAGE)],
        ResponseType.CORS,
        id="an upload listener forces a preflight",
    ),
    pytest.param(
        {"mode": Mode.NO_CORS}, [BARE], [Sent("GET", URL, None)], ResponseType.OPAQUE, id="no-cors GET is opaque"
    ),
    pytest.param(
        {"mode": Mode.NO_CORS, "method": "POST"},
        [BARE],
        [Sent("POST", URL, PAGE)],
        ResponseType.OPAQUE,
        id="no-cors POST has an Origin",
    ),
    pytest.param(
        {"mode": Mode.NO_CORS, "url": HOME},
        [BARE],
        [Sent("GET", HOME, None, True)],
        ResponseType.BASIC,
        id="no-cors at home",
    ),
    pytest.param(
        {"mode": Mode.NO_CORS, "url": HOME, "redirect": Redirect.MANUAL},
        [leads_to("/x")],
        [Sent("GET", HOME, None, True)],
        ResponseType.OPAQUE_REDIRECT,
        id="no-cors at home takes any redirect mode",
    ),
    pytest.param(
        {"mode": Mode.NO_CORS},
        [leads_to(HOME), BARE],
        [Sent("GET", URL, None), Sent("GET", HOME, None)],
        ResponseType.OPAQUE,
        id="once opaque, always opaque",
    ),
    pytest.param(
        {"redirect": Redirect.MANUAL},
        [leads_to("/x")],
        [Sent("GET", URL, PAGE)],
        ResponseType.OPAQUE_REDIRECT,
        id="redirect mode manual",
    ),
    pytest.param(
        {"redirect": Redirect.MANUAL},
        [says(302)],
        [Sent("GET", URL, PAGE)],
        ResponseType.OPAQUE_REDIRECT,
        id="redirect mode manual asks for no Location",
    ),
    pytest.param({}, [says(302)], [Sent("GET", URL, PAGE)], ResponseType.CORS, id="302 without a Location"),
    pytest.param(
        {"redirect": Redirect.ERROR}, [says(304)], [Sent("GET", URL, PAGE)], ResponseType.CORS, id="304 is no redirect"
    ),
    pytest.param(
        {},
        [leads_to("/x"), says()],
        [Sent("GET", URL, PAGE), Sent("GET", f"{API}/x", PAGE)],
        ResponseType.CORS,
        id="redirect within the API",
    ),
    pytest.param(
        {},
        [leads_to(ABROAD), says(allow=ALLOW_NULL)],
        [Sent("GET", URL, PAGE), Sent("GET", ABROAD, "null")],
        ResponseType.CORS,
        id="redirect to a third origin taints",
    ),
    pytest.param(
        {},
        [leads_to(HOME), says(allow=ALLOW_NULL)],
        [Sent("GET", URL, PAGE), Sent("GET", HOME, "null")],
        ResponseType.CORS,
        id="coming home tainted is still CORS",
    ),
    pytest.param(
        {"url": HOME, "credentials": Credentials.INCLUDE},
        [leads_to(URL), says(allow=ALLOW_CREDENTIALS)],
        [Sent("GET", HOME, None, True), Sent("GET", URL, PAGE, True)],
        ResponseType.CORS,
        id="leaving home",
    ),
    pytest.param(
        {"url": HOME},
        [leads_to("/x"), BARE],
        [Sent("GET", HOME, None, True), Sent("GET", f"{HOME}x", None, True)],
        ResponseType.BASIC,
        id="staying at home",
    ),
    pytest.param(
        {"url": HOME, "method": "POST", "headers": (("Content-Type", "a/b"),), "body": b"x"},
        [leads_to(URL, 301), says()],
        [Sent("POST", HOME, PAGE, True), Sent("GET", URL, PAGE)],
        ResponseType.CORS,
        id="POST that became GET needs no preflight",
    ),
    pytest.param(
        PUT,
        [
            grants(methods("PUT")),
            leads_to(ABROAD, 307),
            grants(methods("PUT"), allow=ALLOW_NULL),
            says(allow=ALLOW_ANY),
        ],
        [
            Sent("OPTIONS", URL, PAGE),
            Sent("PUT", URL, PAGE),
            Sent("OPTIONS", ABROAD, "null"),
            Sent("PUT", ABROAD, "null"),
        ],
        ResponseType.CORS,
        id="each hop has its own preflight, with its own Origin",
    ),
    pytest.param(
        {"headers": (("Authorization", "x"),)},
        [grants(names("authorization")), leads_to(ABROAD), says(allow=ALLOW_ANY)],
        [Sent("OPTIONS", URL, PAGE), Sent("GET", URL, PAGE), Sent("GET", ABROAD, "null")],
        ResponseType.CORS,
        id="without Authorization no second preflight",
    ),
]


@pytest.mark.parametrize(("more", "answers", "sent", "response_type"), OUTCOMES)
def test_readable(more: dict[str, Any], answers: list[Answer], sent: list[Sent], response_type: ResponseType) -> None:
    """These requests go out in this order, and script gets a response of this type."""
    prediction = predict(asks(**more), in_order(*answers))
    assert [in_short(exchange.request) for exchange in prediction.exchanges] == sent
    assert isinstance(prediction.outcome, Readable)
    assert prediction.outcome.type is response_type
    assert prediction.allowed


@pytest.mark.parametrize(
    ("more", "answers", "sent"),
    [
        pytest.param(
            STREAM, [grants(), says()], [Sent("OPTIONS", URL, PAGE), Sent("POST", URL, PAGE)], id="with a preflight"
        ),
        pytest.param(STREAM | {"url": HOME}, [BARE], [Sent("POST", HOME, PAGE, True)], id="but not at home"),
        pytest.param(
            STREAM,
            [grants(), leads_to("/x", 303), grants(), says()],
            [
                Sent("OPTIONS", URL, PAGE),
                Sent("POST", URL, PAGE),
                Sent("OPTIONS", f"{API}/x", PAGE),
                Sent("GET", f"{API}/x", PAGE),
            ],
            id="and a forced preflight stays forced once a redirect has dropped it",
        ),
    ],
)
def test_streams(more: dict[str, Any], answers: list[Answer], sent: list[Sent]) -> None:
    """A stream goes out over HTTP/2."""
    prediction = predict(asks(**more), in_order(*answers), connect=lambda _: Connection.HTTP_2)
    assert [in_short(exchange.request) for exchange in prediction.exchanges] == sent
    assert prediction.allowed


def test_each_origin_has_its_connection() -> None:
    """What a stream goes out over is that of the origin it goes to; of anything else nobody needs to know."""
    asked: list[str] = []

    def connect(origin: str) -> Connection:
        asked.append(origin)
        return Connection.HTTP_2 if origin == API else Connection.HTTP_1

    answers = (grants(), leads_to(ABROAD, 303), grants(allow=ALLOW_NULL), says(allow=ALLOW_NULL))
    assert predict(asks(**STREAM), in_order(*answers), connect=connect).allowed
    assert asked == [API], "behind the redirect it is a GET without a body"
    refused = predict(asks(ABROAD, **STREAM), in_order(grants()), connect=connect).outcome
    assert isinstance(refused, Refusal)
    assert refused.reason is R.STREAM_OVER_HTTP_ONE
    assert asked == [API, OTHER]


REFUSALS = [
    pytest.param({"method": "TRACE"}, [says()], 0, R.METHOD_FORBIDDEN, "request", id="the API refuses"),
    pytest.param({"url": "http://api.test:22/"}, [says()], 0, R.BAD_PORT, "request", id="bad port"),
    pytest.param({"mode": Mode.SAME_ORIGIN}, [says()], 0, R.MODE_SAME_ORIGIN, "request", id="mode same-origin"),
    pytest.param(
        {"mode": Mode.NO_CORS, "redirect": Redirect.ERROR},
        [says()],
        0,
        R.NO_CORS_NEEDS_FOLLOW,
        "request",
        id="no-cors with redirect mode error",
    ),
    pytest.param(STREAM, [grants()], 1, R.STREAM_OVER_HTTP_ONE, "actual", id="a stream, preflighted for nothing"),
    pytest.param(STREAM | {"url": HOME}, [BARE], 0, R.STREAM_OVER_HTTP_ONE, "request", id="a stream at home"),
    pytest.param({}, [NetworkFailure()], 1, R.NETWORK_FAILURE, "actual", id="no answer"),
    pytest.param({"url": HOME}, [NetworkFailure("x")], 1, R.NETWORK_FAILURE, "actual", id="no answer at home"),
    pytest.param(PUT, [NetworkFailure()], 1, R.NETWORK_FAILURE, "preflight", id="no answer to the preflight"),
    pytest.param({}, [BARE], 1, R.ALLOW_ORIGIN_MISSING, "actual", id="the actual response does not allow"),
    pytest.param(PUT, [says(404)], 1, R.PREFLIGHT_STATUS_NOT_OK, "preflight", id="the preflight is refused"),
    pytest.param(
        PUT, [grants(methods("PUT")), BARE], 2, R.ALLOW_ORIGIN_MISSING, "actual", id="the request was sent all the same"
    ),
    pytest.param(
        {"mode": Mode.NO_CORS},
        [says(200, ("Cross-Origin-Resource-Policy", "same-origin"))],
        1,
        R.CORP_SAME_ORIGIN,
        "actual",
        id="CORP",
    ),
    pytest.param(
        {"mode": Mode.NO_CORS},
        [WireResponse(302, (("Cross-Origin-Resource-Policy", "same-site"), ("Location", "/x"))), BARE],
        1,
        R.CORP_SAME_SITE,
        "actual",
        id="CORP on a redirect",
    ),
    pytest.param(
        {"redirect": Redirect.ERROR}, [leads_to("/x")], 1, R.REDIRECT_MODE_ERROR, "redirect 1", id="mode error"
    ),
    pytest.param(
        {"redirect": Redirect.MANUAL},
        [leads_to("/x", allow=())],
        1,
        R.ALLOW_ORIGIN_MISSING,
        "actual",
        id="manual, no CORS",
    ),
    pytest.param(
        {}, [leads_to("/x", allow=())], 1, R.ALLOW_ORIGIN_MISSING, "actual", id="a redirect must allow as well"
    ),
    pytest.param({}, [leads_to("http://[")], 1, R.LOCATION_INVALID, "redirect 1", id="Location"),
    pytest.param({}, [leads_to("/x"), leads_to("x:y")], 2, R.REDIRECT_SCHEME, "redirect 2", id="second Location"),
    pytest.param({}, [leads_to("/x")], 21, R.TOO_MANY_REDIRECTS, "redirect 21", id="endless"),
    pytest.param({}, [leads_to("")], 21, R.TOO_MANY_REDIRECTS, "redirect 21", id="an empty Location runs in circles"),
    pytest.param({}, [leads_to("http://x.test:22/")], 1, R.BAD_PORT, "redirect 1", id="redirect to a bad port"),
    pytest.param(
        {"mode": Mode.SAME_ORIGIN, "url": HOME},
        [leads_to(URL)],
        1,
        R.MODE_SAME_ORIGIN,
        "redirect 1",
        id="redirect out of mode same-origin",
    ),
    pytest.param(
        {}, [leads_to(ABROAD), says()], 2, R.ALLOW_ORIGIN_MISMATCH, "actual after redirect 1", id="tainted, not allowed"
    ),
    pytest.param(
        PUT,
        [grants(methods("PUT")), leads_to("/x", 307), grants()],
        3,
        R.METHOD_NOT_ALLOWED,
        "preflight after redirect 1",
        id="second preflight",
    ),
]


@pytest.mark.parametrize(("more", "answers", "sent", "reason", "where"), REFUSALS)
def test_refused(more: dict[str, Any], answers: list[Answer], sent: int, reason: Reason, where: str) -> None:
    """So many requests go out, and this reason refuses in this place."""
    prediction = predict(asks(**more), in_order(*answers))
    assert isinstance(prediction.outcome, Refusal)
    assert (len(prediction.exchanges), prediction.outcome.reason, prediction.outcome.where) == (sent, reason, where)
    assert prediction.outcome.phase in reason.phases
    assert not prediction.allowed


def test_an_exchange_holds_request_and_answer() -> None:
    """The walk is recorded with what was sent, hop by hop, and what came back."""
    answers = grants(methods("PUT")), leads_to("/x", 307), grants(methods("PUT")), says()
    prediction = predict(asks(method="put", body=b"x", body_kind=BodyKind.BYTES), in_order(*answers))
    assert tuple(exchange.answer for exchange in prediction.exchanges) == answers
    assert [exchange.request.hop for exchange in prediction.exchanges] == [0, 0, 1, 1]
    assert [request.body for request in prediction.preflights] == [None, None]
    assert [request.body for request in prediction.actuals] == [b"x", b"x"]
    assert [request.requested_method for request in prediction.preflights] == ["PUT", "PUT"]
    assert prediction.actuals[0].headers == (("Accept", "*/*"), ("Origin", PAGE))


def test_readable_after_a_redirect() -> None:
    """Script sees the last URL, the last status and that there was a redirect."""
    last = says(404, ("X-A", "1"), ("Content-Type", "a/b"))
    outcome = predict(asks(f"{URL}#f"), in_order(leads_to("/x"), last)).outcome
    assert outcome == Readable(ResponseType.CORS, 404, (("content-type", "a/b"),), f"{API}/x", redirected=True)
    assert predict(asks(f"{URL}#f"), in_order(last)).outcome == Readable(
        ResponseType.CORS, 404, (("content-type", "a/b"),), URL
    )


def test_a_refusal_tells_all() -> None:
    """The deciding header, what was wanted, and what else would have refused."""
    assert predict(asks(**PUT, headers=(("X-A", "1"), ("X-B", "1"))), in_order(says(405, allow=()))).outcome == Refusal(
        Failure(R.ALLOW_ORIGIN_MISSING, PAGE, "Access-Control-Allow-Origin"),
        Phase.PREFLIGHT,
        0,
        SeenAs.TYPE_ERROR,
        (R.PREFLIGHT_STATUS_NOT_OK, R.METHOD_NOT_ALLOWED, R.HEADER_NOT_ALLOWED),
    )
    two_headers = predict(asks(headers=(("X-A", "1"), ("X-B", "1"))), in_order(grants())).outcome
    assert isinstance(two_headers, Refusal)
    assert (two_headers.failure.subject, two_headers.also) == ("x-a", ())


@pytest.mark.parametrize(
    ("more", "answers", "subject", "header", "value"),
    [
        pytest.param({"url": "http://api.test:22/"}, [], "http://api.test:22/", None, None, id="bad port"),
        pytest.param(
            {}, [leads_to("http://x.test:22/")], "http://x.test:22/", "Location", "http://x.test:22/", id="bad Location"
        ),
        pytest.param({"mode": Mode.SAME_ORIGIN}, [], API, None, None, id="mode same-origin"),
        pytest.param(
            {"mode": Mode.NO_CORS, "redirect": Redirect.MANUAL}, [], "manual", None, None, id="no-cors redirect mode"
        ),
        pytest.param({"redirect": Redirect.ERROR}, [leads_to("/x", 308)], "308", None, None, id="redirect mode error"),
        pytest.param({}, [NetworkFailure("reset")], "reset", None, None, id="network failure"),
        pytest.param({}, [NetworkFailure()], None, None, None, id="network failure without a detail"),
        pytest.param(PUT, [NetworkFailure("reset")], "reset", None, None, id="network failure of a preflight"),
    ],
)
def test_what_a_refusal_quotes(
    more: dict[str, Any], answers: list[Answer], subject: str | None, header: str | None, value: str | None
) -> None:
    """A refusal by main fetch or redirect quotes the URL, and the Location if that led there."""
    outcome = predict(asks(**more), in_order(*answers, NetworkFailure())).outcome
    assert isinstance(outcome, Refusal)
    assert (outcome.failure.subject, outcome.failure.header, outcome.failure.value) == (subject, header, value)


@pytest.mark.parametrize(
    ("api", "more", "seen_as"),
    [
        pytest.param(Api.FETCH, {"method": "TRACE"}, SeenAs.TYPE_ERROR, id="fetch, forbidden method"),
        pytest.param(Api.XHR, {"method": "TRACE"}, SeenAs.SECURITY_ERROR, id="XHR, forbidden method"),
        pytest.param(Api.XHR, {"method": ""}, SeenAs.SYNTAX_ERROR, id="XHR, no method"),
        pytest.param(Api.XHR, {"headers": (("X", "\0"),)}, SeenAs.SYNTAX_ERROR, id="XHR, header value"),
        pytest.param(Api.FETCH, {"headers": (("X", "\0"),)}, SeenAs.TYPE_ERROR, id="fetch, header value"),
        pytest.param(Api.FETCH, {}, SeenAs.TYPE_ERROR, id="fetch, network error"),
        pytest.param(Api.XHR, {}, SeenAs.ERROR_EVENT, id="XHR, network error"),
        pytest.param(Api.XHR, {"url": "http://api.test:22/"}, SeenAs.ERROR_EVENT, id="XHR, bad port"),
    ],
)
def test_how_script_learns(api: Api, more: dict[str, Any], seen_as: SeenAs) -> None:
    """The two APIs report refusals in their own ways."""
    outcome = predict(asks(api=api, **more), in_order(BARE)).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.seen_as is seen_as


GRANTED = grants(methods("PUT"), max_age("60"))


def test_the_cache_goes_from_one_prediction_to_the_next() -> None:
    """A second request within max-age needs no preflight; later it does."""
    server = split(GRANTED, says())
    first = predict(asks(**PUT), server, now=100.0)
    assert len(first.preflights) == 1
    assert not predict(asks(**PUT), server, cache=first.cache, now=159.0).preflights
    assert predict(asks(**PUT), server, cache=first.cache, now=160.0).preflights
    assert predict(asks(**PUT), server, now=101.0).preflights
    assert predict(asks(**PUT), server, cache=PreflightCache(), now=101.0).preflights


def test_the_cache_does_not_clutter_reports() -> None:
    """What a prediction prints of itself leaves the cache out."""
    assert "PreflightCache" not in repr(predict(asks(), in_order(BARE)))


def test_a_refused_preflight_stores_nothing() -> None:
    """What a refused preflight lists is not remembered."""
    refused = predict(asks(method="PATCH"), in_order(GRANTED))
    assert refused.cache == PreflightCache()


def test_a_failed_request_clears_the_cache() -> None:
    """Any network error of a request that may need a preflight clears its URL, even where the cache had served."""
    cache = predict(asks(**PUT), split(GRANTED, says())).cache
    failed = predict(asks(**PUT), split(GRANTED, BARE), cache=cache)
    assert not failed.preflights
    assert failed.cache == PreflightCache()


def test_a_simple_request_never_clears_the_cache() -> None:
    """A request that needs no preflight leaves the cache alone, failed or not."""
    cache = predict(asks(**PUT), split(GRANTED, says())).cache
    assert predict(asks(), in_order(BARE), cache=cache).cache == cache
    assert predict(asks(**PUT), split(GRANTED, says()), cache=cache).cache == cache


def test_a_failed_redirect_clears_where_it_failed() -> None:
    """After a redirect the entries of the last URL go, and those of the first stay."""
    cache = predict(asks(**PUT), split(GRANTED, says())).cache
    cache = predict(asks(f"{API}/x", **PUT), split(GRANTED, says()), cache=cache).cache
    failed = predict(asks(**PUT), in_order(leads_to("/x", 307), BARE), cache=cache)
    assert [entry.url.path for entry in failed.cache.entries] == ["/item"]
