"""Applications whose CORS is right and whose pages fail all the same, each beside one that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, Response, redirect
from planted import (
    ALLOW,
    APP,
    SIGNED_IN,
    Headers,
    Planted,
    altered,
    bare,
    method,
    right,
    shown,
    suspected,
    without,
)

from harness.audit.findings import Finding, Proof
from harness.audit.rules import answers, causes
from harness.engines import EngineName
from harness.sites import Sites
from harness.wire import Wire

MEDIUM, LOW, INFO = "medium", "low", "info"
GOOD = "sid=of-ada; Path=/; HttpOnly; Secure; SameSite=None"
RULES = (*answers.RULES, *causes.RULES)


def setting(cookie: str) -> Planted:
    """Find that this cookie of `/login` does not reach `/me`."""
    return Planted(lambda: right(cookie=cookie), {"F20": MEDIUM})


def streaming(app: Flask) -> None:
    """Add a stream of events."""

    @app.get("/events")
    def events() -> Response:
        return Response(iter(["data: 1\n\n"] * 3), mimetype="text/event-stream")


def closing(app: Flask) -> Any:
    """Raise in the server itself where a page asks for `/items`, so that no answer is whole."""

    def outer(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/items" and "HTTP_ORIGIN" in environ:
            start_response("200 OK", [("Content-Length", "99"), (ALLOW, APP)])
            return [b"short"]
        return app(environ, start_response)

    outer.app = app  # type: ignore[attr-defined]
    return outer


def leading(place: str) -> Any:
    """Add a path that redirects."""

    def more(app: Flask) -> None:
        @app.get("/away")
        def away() -> Any:
            return redirect(place)

    return more


def forgetting(environ: Any, status: int, headers: Headers) -> Headers:
    """Let no preflight be kept."""
    return without(headers, "Access-Control-Max-Age")


PLANTED = {
    "F20-lax": setting("sid=of-ada; Path=/; HttpOnly; Secure; SameSite=Lax"),
    "F20-strict": setting("sid=of-ada; Path=/; SameSite=Strict"),
    "F20-by-default": setting("sid=of-ada; Path=/; HttpOnly"),
    "F20-none-without-secure": setting("sid=of-ada; Path=/; SameSite=None"),
    "F20-signed-in": Planted(
        lambda: right(cookie="sid=of-ada; Path=/; SameSite=Lax"), {"F20": MEDIUM}, session=SIGNED_IN, login="/login"
    ),
    "F20-of-a-server": Planted(
        lambda: right(cookie="sid=of-ada; SameSite=Lax"), {"F20": MEDIUM}, address="https://api.example.net"
    ),
    "F23": Planted(lambda: altered(right(), forgetting), {"F23": INFO}),
    "F24": Planted(
        lambda: altered(right(), bare(lambda e, s: e["PATH_INFO"] == "/items")), {"F24": INFO}, active=False
    ),
    "F25-no-answer": Planted(lambda: closing(right()), {"F25": MEDIUM}, active=False),
    "F25-redirect-to-http": Planted(
        lambda: right(more=leading("http://api.example.net/items")), {"F25": MEDIUM}
    ),
    "F25-plain-address": Planted(right, {"F25": MEDIUM}, address="http://api.example.net"),
    "F25-local-network": Planted(right, {"F25": INFO}, address="https://192.168.1.20"),
    "F25-local-name": Planted(right, {"F25": INFO}, address="https://printer.local"),
    "F27": Planted(
        lambda: altered(right(more=streaming), bare(lambda e, s: e["PATH_INFO"] == "/events" and method(e) == "GET")),
        {"F27": LOW},
    ),
}  # fmt: skip
SHOWN_BY = {
    "F20-by-default": {"chromium"},  # the others take no SameSite for None
    "F20-none-without-secure": {"chromium", "firefox"},
    "F25-redirect-to-http": set(),
    "F25-plain-address": set(),
    "F25-local-network": set(),
    "F25-local-name": set(),
}
CORRECT = {
    "none-and-secure": Planted(lambda: right(cookie=GOOD), session=SIGNED_IN, login="/login"),
    "partitioned": Planted(lambda: right(cookie=f"{GOOD}; Partitioned")),
    "a-cookie-that-changes-nothing": Planted(lambda: right(cookie="theme=dark; SameSite=Lax")),
    "a-cookie-of-others-beside-the-session": Planted(
        lambda: right(cookie="csrftoken=x; SameSite=Lax"), session=SIGNED_IN
    ),
    "same-site": Planted(lambda: right(cookie="sid=of-ada; SameSite=Lax"), address="https://api.example.com"),
    "loopback": Planted(
        lambda: right(cookie="sid=of-ada; SameSite=Lax", origins=("http://localhost:3000",)),
        trusted=("http://localhost:3000",),
    ),
    "no-credentials": Planted(lambda: right(public=True, cookie="sid=of-ada; SameSite=Lax")),
    "stream": Planted(lambda: right(more=streaming)),
    "https-address": Planted(right, address="https://api.example.net"),
    "address-at-loopback": Planted(right, address="http://localhost:8000"),
    "address-of-the-world": Planted(right, address="https://93.184.215.14"),
}  # fmt: skip


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve what a test asks for."""
    with Sites(Wire()) as all_sites:
        yield all_sites


@pytest.mark.parametrize("planted", PLANTED.values(), ids=list(PLANTED))
def test_each_cause_is_named_and_no_other(planted: Planted, sites: Sites) -> None:
    """A cookie, mixed content or a missing answer is no finding about CORS headers."""
    found = suspected(planted, sites, RULES)
    assert {number: str(suspicion.severity) for number, suspicion in found} == dict(planted.finds)


@pytest.mark.parametrize("planted", CORRECT.values(), ids=list(CORRECT))
def test_what_works_is_not_suspected(planted: Planted, sites: Sites) -> None:
    """Nothing above info."""
    found = suspected(planted, sites, RULES)
    assert [(number, one.summary, one.evidence) for number, one in found if str(one.severity) != INFO] == []


@pytest.fixture(scope="module")
def findings() -> Mapping[str, list[Finding]]:
    """What all engines show of all of them, in one run."""
    return shown({**PLANTED, **CORRECT}, RULES)


@pytest.mark.browser
@pytest.mark.parametrize("name", PLANTED)
def test_pages_show_it(name: str, findings: Mapping[str, list[Finding]]) -> None:
    """Every engine does, but where engines treat a cookie differently, or an address alone decides."""
    found = findings[name]
    assert {one.rule.id: str(one.severity) for one in found} == dict(PLANTED[name].finds)
    for one in found:
        engines = {str(engine) for engine, proof in one.proof.items() if proof is Proof.PROVEN}
        assert engines == SHOWN_BY.get(name, set(EngineName))


@pytest.mark.browser
@pytest.mark.parametrize("name", CORRECT)
def test_pages_show_nothing_of_what_works(name: str, findings: Mapping[str, list[Finding]]) -> None:
    """The same pages, the same browsers."""
    assert [one.summary for one in findings[name] if str(one.severity) != INFO] == []
