"""Foresight: what must follow from literal answers, as the oracle says; by the standard, or by an engine's model.

The oracle walks the steps of a planned case over the scripts that its servers play. Pure: no socket, no clock; the
times of the steps are passed in. Imports the oracle and the records of a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness import oracle
from harness.literal import NO_RULE, Literal, Playing, Role, Script
from harness.scenario import Crossing, Expectation, Outcome, Seen, asks_of
from harness.wire import Ending, Kind, without_token

OWN_POLICY = oracle.ReferrerPolicy.ORIGIN  # that of the page's document (client_site/templates/page.html)
_OF_BYTES = ("bytes", "stream")  # whose characters are one byte each (client_site/static/agent.js)


def request_of(step: Mapping[str, Any], origin: str) -> oracle.Request:
    """Return a step of the agent as the oracle takes it: one call of a page on that origin."""
    body = step["body"]
    return oracle.Request(
        url=step["url"],
        origin=origin,
        method=step["method"],
        headers=tuple((name, value) for name, value in step["headers"]),
        body=None if body is None else body.encode("latin-1" if step["body_kind"] in _OF_BYTES else "utf-8"),
        body_kind=oracle.BodyKind(step["body_kind"]),
        mode=oracle.Mode(step["mode"]),
        credentials=oracle.Credentials(step["credentials"]),
        redirect=oracle.Redirect(step["redirect"]),
        cache=oracle.CacheMode(step["cache"]),
        referrer_policy=oracle.ReferrerPolicy(step["referrer_policy"]) if step["referrer_policy"] else OWN_POLICY,
        api=oracle.Api(step["api"]),
        upload_listener=step["upload_listener"],
    )


def foretell(
    unit: Mapping[str, Any],
    turns: Sequence[Script],
    places: Sequence[tuple[str, str]],
    rules: oracle.Rules = oracle.STANDARD,
    started: Sequence[float] = (),
    requests: Sequence[oracle.Request] = (),
) -> tuple[oracle.Prediction, ...]:
    """Return the oracle's prediction for each step, the preflight cache handed on from one to the next.

    ``started`` are the seconds at which the steps began; without them, what the steps themselves say. ``requests`` are
    the steps as the oracle takes them, where somebody has them already.
    """
    origins = dict(places)
    roles, connect = _roles(origins), connect_at(places)
    servers = [_server(script, roles) for script in turns]
    cache, predictions = oracle.PreflightCache(), []
    for index, step in enumerate(unit["steps"]):
        now = started[index] if started else step["after_ms"] / 1000
        server = servers[min(index, len(servers) - 1)]
        request = requests[index] if requests else request_of(step, origins["page"])
        prediction = oracle.predict(request, server, cache=cache, now=now, rules=rules, connect=connect)
        cache = prediction.cache
        predictions.append(prediction)
    return tuple(predictions)


def foresee(
    unit: Mapping[str, Any],
    turns: Sequence[Script],
    places: Sequence[tuple[str, str]],
    rules: oracle.Rules = oracle.STANDARD,
    started: Sequence[float] = (),
) -> Expectation:
    """Return what `foretell` predicts as an expectation: what script sees of each step, and the whole wire."""
    return expectation_of(foretell(unit, turns, places, rules, started))


def expectation_of(predictions: Sequence[oracle.Prediction]) -> Expectation:
    """Return predictions as an expectation: what script sees of each step, and the whole wire."""
    seen = tuple(seen_of(prediction.outcome) for prediction in predictions)
    sent = (exchange.request for prediction in predictions for exchange in prediction.exchanges)
    return Expectation(seen, tuple(map(_crossing, sent)))


def connect_at(places: Sequence[tuple[str, str]]) -> oracle.Connect:
    """Return what says which HTTP the servers of a case speak."""
    http_2 = dict(places).get("h2")
    return lambda origin: oracle.Connection.HTTP_2 if origin == http_2 else oracle.Connection.HTTP_1


def seen_of(outcome: oracle.Readable | oracle.Refusal) -> Seen:
    """Return an outcome of the oracle as script sees it."""
    if isinstance(outcome, oracle.Readable):
        opaque = outcome.type in (oracle.ResponseType.OPAQUE, oracle.ResponseType.OPAQUE_REDIRECT)
        if opaque:
            return Seen(Outcome.OPAQUE, type=outcome.type.value)
        return Seen(Outcome.ALLOWED, outcome.status, frozenset(outcome.header_names), type=outcome.type.value)
    if outcome.is_thrown:
        return Seen(Outcome.EXCEPTION, reason=outcome.reason.value)
    unanswered = outcome.reason is oracle.Reason.NETWORK_FAILURE
    return Seen(Outcome.NO_ANSWER if unanswered else Outcome.BLOCKED, reason=outcome.reason.value)


def answer_of(status: int | None, headers: oracle.Headers, ending: Ending) -> oracle.Answer:
    """Return an answer as the oracle takes it: none where it is known to have broken off, or where it is no HTTP.

    A status means elsewhere that the head has left: whatever becomes of the body, the CORS check reads no further.
    """
    if status is None or ending in (Ending.CLOSED, Ending.CUT_OFF):
        return oracle.NetworkFailure("no status line" if ending is Ending.COMPLETE else ending.value)
    return oracle.WireResponse.received(status, headers)


def _server(script: Script, roles: Mapping[str, Role]) -> Callable[[oracle.WireRequest], oracle.Answer]:
    playing = Playing(script)

    def serve(request: oracle.WireRequest) -> oracle.Answer:
        origin, path = _split(request.url)
        if (role := roles.get(origin)) is None:
            return oracle.NetworkFailure("nobody listens there")
        kind = Kind.PREFLIGHT if request.kind is oracle.Kind.PREFLIGHT else Kind.ACTUAL
        literal: Literal = playing.answer(role, kind, path.partition("?")[0]) or NO_RULE
        departure = literal.departure(request.method)
        return answer_of(departure.status, departure.headers, departure.ending)

    return serve


def _split(url: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", slash + path


def _roles(origins: Mapping[str, str]) -> dict[str, Role]:
    roles = {origins["home"]: Role.PAGE, origins["cross"]: Role.API}
    roles |= {origins["api"]: Role.API, origins["api2"]: Role.API2}
    return roles | ({origins["h2"]: Role.H2} if "h2" in origins else {})


def _crossing(request: oracle.WireRequest) -> Crossing:
    return Crossing(request.method, without_token(_split(request.url)[1]), None, asks_of(request.headers))
