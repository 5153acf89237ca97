"""Browsers that leave the standard, each in one way: negative controls of canaries and verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from harness.engines.scripted import Deviant, Send
from harness.oracle import Answer, Headers, Kind, NetworkFailure, WireRequest, WireResponse
from harness.verdict import Blame, Status
from harness.wire import TOKEN_PARAMETER

ALLOW = "Access-Control-Allow-"
ELSEWHERE = "http://elsewhere.example"


def without(headers: Headers, *names: str) -> Headers:
    """Return the headers without those of these names."""
    return tuple(pair for pair in headers if pair[0].lower() not in {name.lower() for name in names})


def told(request: WireRequest, *headers: tuple[str, str]) -> WireRequest:
    """Return the request with these headers in the place of its own of the same names."""
    return replace(request, headers=(*without(request.headers, *(name for name, _ in headers)), *headers))


def answered(answer: Answer, *headers: tuple[str, str], status: int | None = None) -> Answer:
    """Return the answer with these headers in the place of its own of the same names."""
    if isinstance(answer, NetworkFailure):
        return answer
    kept = without(answer.headers, *(name for name, _ in headers))
    return WireResponse(answer.status if status is None else status, (*kept, *headers))


def everything(request: WireRequest) -> Headers:
    """Return the headers that permit a request, whatever it is."""
    permission = ((f"{ALLOW}Origin", request.origin or "*"), (f"{ALLOW}Credentials", "true"))
    if request.kind is Kind.ACTUAL:
        return permission
    granted = (
        (f"{ALLOW}Methods", request.requested_method or ""),
        (f"{ALLOW}Headers", request.requested_headers or ""),
    )
    return (*permission, *granted)


def sends(change: Callable[[WireRequest], WireRequest]) -> Deviant:
    """Make one that sends other requests."""

    async def exchange(request: WireRequest, send: Send) -> Answer:
        return await send(change(request))

    return Deviant(exchange)


def hears(change: Callable[[WireRequest, Answer], Answer]) -> Deviant:
    """Make one that takes answers for others."""

    async def exchange(request: WireRequest, send: Send) -> Answer:
        return change(request, await send(request))

    return Deviant(exchange)


def on(kind: Kind, change: Callable[[WireRequest], WireRequest]) -> Callable[[WireRequest], WireRequest]:
    """Change requests of one kind only."""
    return lambda request: change(request) if request.kind is kind else request


def preflight(answer: Callable[[WireRequest, Answer], Answer]) -> Callable[[WireRequest, Answer], Answer]:
    """Change the answers to preflights only."""
    return lambda request, given: answer(request, given) if request.kind is Kind.PREFLIGHT else given


async def _skip_preflights(request: WireRequest, send: Send) -> Answer:
    if request.kind is Kind.PREFLIGHT:
        return WireResponse(204, everything(request))
    return await send(request)


async def _web_security_off(request: WireRequest, send: Send) -> Answer:
    answer = await _skip_preflights(request, send)
    return answered(answer, *everything(request))


async def _ask_twice(request: WireRequest, send: Send) -> Answer:
    await send(request)
    return await send(request)


async def _preflight_always(request: WireRequest, send: Send) -> Answer:
    if request.kind is Kind.ACTUAL:
        asked = told(request, (f"{ALLOW.replace('Allow', 'Request')}Method", request.method))
        await send(replace(asked, kind=Kind.PREFLIGHT, method="OPTIONS", body=None, credentials=False))
    return await send(request)


async def _never_send(request: WireRequest, send: Send) -> Answer:
    return NetworkFailure("blocked by an extension")


def _tell_all(result: dict[str, Any]) -> dict[str, Any]:
    opaque = str(result["type"]).startswith("opaque")
    return {**result, "type": "cors", "status": 200} if opaque else result


def _every_redirect_makes_get(request: WireRequest) -> WireRequest:
    return replace(request, method="GET", body=None) if request.hop else request


def _keeping_its_origin() -> Deviant:
    """Make one that names the page's origin also where a redirect has made it null, and is content with that."""
    origins: dict[str, str] = {}

    async def exchange(request: WireRequest, send: Send) -> Answer:
        own = origins.setdefault(request.url.rpartition(f"{TOKEN_PARAMETER}=")[2], request.origin or "")
        if not request.hop or request.origin is None:
            return await send(request)
        return answered(await send(told(request, ("Origin", own))), (f"{ALLOW}Origin", request.origin))

    return Deviant(exchange)


def _lasting(seconds: str) -> Callable[[WireRequest, Answer], Answer]:
    return lambda request, answer: answered(answer, ("Access-Control-Max-Age", seconds))


def _first_of_doubled(request: WireRequest, answer: Answer) -> Answer:
    if isinstance(answer, NetworkFailure):
        return answer
    first = next((pair for pair in answer.headers if pair[0].lower() == f"{ALLOW}Origin".lower()), None)
    return answer if first is None else answered(answer, first)


def _own_origin(origin: Callable[[WireRequest], str]) -> Callable[[WireRequest], WireRequest]:
    return lambda request: told(request, ("Origin", origin(request))) if request.origin else request


def _asks_in_capitals(request: WireRequest) -> WireRequest:
    name = "Access-Control-Request-Headers"
    return told(request, (name, request.requested_headers.upper())) if request.requested_headers else request


# Those that the canaries find out.
FOUND_OUT = {
    "web-security-off": Deviant(_web_security_off),
    "reads-what-is-not-allowed": hears(lambda request, answer: answered(answer, *everything(request))),
    "skips-preflights": Deviant(_skip_preflights),
    "preflights-always": Deviant(_preflight_always),
    "asks-twice": Deviant(_ask_twice),
    "sends-nothing": Deviant(_never_send),
    "origin-of-another-page": sends(_own_origin(lambda request: ELSEWHERE)),
    "no-origin": sends(lambda request: replace(request, headers=without(request.headers, "Origin"))),
    "exposes-all-headers": hears(
        lambda request, answer: (
            answered(answer, ("Access-Control-Expose-Headers", "*")) if request.kind is Kind.ACTUAL else answer
        )
    ),
    "asks-in-capitals": sends(_asks_in_capitals),
    "token-always": sends(lambda request: told(request, ("Authorization", "Bearer letmein"))),
    "cookies-always": sends(lambda request: told(request, ("Cookie", "session=1"))),
    "allows-nothing": hears(lambda request, answer: answered(answer, (f"{ALLOW}Origin", ELSEWHERE))),
    "claims-another-origin": Deviant(report=lambda result: {**result, "origin": ELSEWHERE}),
    "claims-another-status": Deviant(report=lambda result: {**result, "status": 204}),
    "calls-all-blocked": Deviant(report=lambda result: {**result, "outcome": "network-error"}),
}


class Caught(NamedTuple):
    """A deviant that only verdicts find out: under which hook set, in which scenarios, and what it gets."""

    deviant: Deviant
    hooks: str
    scenarios: set[str]
    sentence: tuple[Status, Blame] = (Status.FAIL, Blame.ENGINE)


_REDIRECTED = {"redirect-307-put", "redirect-put-to-another-origin", "slash-redirect-put"}
_TIMED = {"preflight-cached-ten-seconds"}
_PREFLIGHTED = {"put", "me-token", "wrong-method-put", "header-unlisted", *_REDIRECTED, *_TIMED}


CAUGHT = {
    # Its page ends in a network error that nothing on the wire explains: never green, but not its fault for certain.
    "every-redirect-makes-get": Caught(
        sends(_every_redirect_makes_get), "published", _REDIRECTED, (Status.INCONCLUSIVE, Blame.HARNESS)
    ),
    "keeps-its-origin": Caught(
        _keeping_its_origin(), "published", {"redirect-to-another-origin", "redirect-put-to-another-origin"}
    ),
    "forgets-preflights": Caught(
        hears(preflight(_lasting("0"))),
        "published",
        _TIMED,
    ),
    "remembers-preflights": Caught(hears(preflight(_lasting("600"))), "published", _TIMED),
    "drops-the-token": Caught(
        sends(lambda request: replace(request, headers=without(request.headers, "Authorization"))),
        "published",
        {"me-token"},
    ),
    "ignores-allow-methods": Caught(
        hears(preflight(lambda request, answer: answered(answer, (f"{ALLOW}Methods", request.requested_method or "")))),
        "decorator",
        {"wrong-method-put"},
    ),
    "ignores-allow-headers": Caught(
        hears(
            preflight(lambda request, answer: answered(answer, (f"{ALLOW}Headers", request.requested_headers or "")))
        ),
        "decorator",
        {"header-unlisted"},
    ),
    "ignores-allow-credentials": Caught(
        hears(lambda request, answer: answered(answer, *everything(request)) if request.credentials else answer),
        "published",
        {"credentials-include-get"},
    ),
    "takes-any-preflight-status": Caught(
        hears(preflight(lambda request, answer: answered(answer, status=200))),
        "broken:preflight-404",
        _PREFLIGHTED,
    ),
    "takes-the-first-of-doubled": Caught(
        hears(_first_of_doubled),
        "broken:doubled-allow-origin",
        {"get", "redirect-303-post", "redirect-to-another-origin", "redirect-mode-manual", *_PREFLIGHTED},
    ),
    "reads-the-opaque": Caught(Deviant(report=_tell_all), "published", {"no-cors-get", "redirect-mode-manual"}),
}
