"""Applications with one mistake each about who is let in, and the same without: S01 to S14 find just the mistakes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, Response, request
from flask_cors import CORS
from planted import APP, Planted, shown, suspected
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route as StarletteRoute

from harness.audit.findings import Finding, Proof, Severity
from harness.audit.rules import origins
from harness.engines import EngineName
from harness.sites import Sites
from harness.wire import Wire

DEV = "http://localhost:3000"
COOKIE = (("Cookie", "session=of-ada"),)
HIGH, MEDIUM, LOW, INFO = Severity
Lets = Callable[[str], bool]


def hooked(lets: Lets, *, credentials: bool = True, only: Callable[[], bool] = lambda: True) -> Flask:
    """Make a Flask application whose hook answers the Origin where it lets it in, with credentials or not."""
    app = Flask("hooked")

    @app.get("/me")
    def me() -> tuple[str, int]:
        return ("ada@example.com", 200) if request.cookies.get("session") == "of-ada" else ("sign in", 401)

    @app.get("/open")
    def read() -> str:
        return "everybody's"

    @app.post("/graphql")
    def write() -> str:
        return "written"

    @app.after_request
    def allow(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin is not None and lets(origin) and only():
            response.headers["Access-Control-Allow-Origin"] = origin
            if credentials:
                response.headers["Access-Control-Allow-Credentials"] = "true"
        response.vary.add("Origin")
        return response

    return app


def by_flask_cors(**options: Any) -> Flask:
    """Make a Flask application under Flask-CORS."""
    app = Flask("extended")
    CORS(app, **options)

    @app.get("/me")
    def me() -> str:
        return "ada@example.com"

    return app


def by_starlette(**options: Any) -> Starlette:
    """Make a Starlette application under its CORSMiddleware."""

    async def me(asked: Request) -> PlainTextResponse:
        return PlainTextResponse("ada@example.com")

    return Starlette(routes=[StarletteRoute("/me", me)], middleware=[Middleware(CORSMiddleware, **options)])


def static(*headers: tuple[str, str]) -> Any:
    """Make a WSGI application that gives every answer the same headers, as a proxy does."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), *headers])
        return [b"hello"]

    return app


def matching(pattern: str) -> Lets:
    """Let in what a regular expression matches at its beginning, as `re.match` does."""
    return lambda origin: re.match(pattern, origin) is not None


def hostname(lets: Lets) -> Lets:
    """Let in by the host name alone."""
    return lambda origin: lets(re.sub(r"^\w+://|:\d+$", "", origin))


def hook(lets: Lets, finds: Mapping[str, Severity], *trusted: str, **more: Any) -> Planted:
    """Plant a mistake into the hook."""
    return Planted(lambda: hooked(lets, **more), finds, trusted or (APP,), paths=("/me",))


WITH_CREDENTIALS = {
    "S01-reflects": hook(lambda origin: origin != "null", {"S01": HIGH}),
    "S01-and-null": hook(lambda origin: True, {"S01": HIGH, "S03": HIGH}),
    "S01-nobody-trusted": Planted(lambda: hooked(lambda origin: origin != "null"), {"S01": HIGH}, ()),
    "S01-any-https": hook(matching("https://"), {"S01": HIGH}),
    "S01-flask-cors": Planted(lambda: by_flask_cors(supports_credentials=True), {"S01": HIGH, "S03": HIGH}),
    "S01-starlette": Planted(
        lambda: by_starlette(allow_origin_regex=".*", allow_credentials=True), {"S01": HIGH, "S03": HIGH}
    ),
    "S03-null": hook(lambda origin: origin in (APP, "null"), {"S03": HIGH}),
    "S05-startswith": hook(lambda origin: origin.startswith(APP), {"S05": HIGH}),
    "S05-regex-without-end": hook(matching(r"https://app\.example\.com"), {"S05": HIGH}),
    "S05-below-without-end": hook(matching(r"https://.*\.example\.com"), {"S05": HIGH, "S11": INFO}),
    "S05-flask-cors": Planted(
        lambda: by_flask_cors(origins=r"https://.*\.example\.com", supports_credentials=True),
        {"S05": HIGH, "S11": INFO},
    ),
    "S05-localhost": hook(lambda origin: origin.startswith("http://localhost"), {"S05": HIGH}, DEV),
    "S06-endswith-site": hook(lambda origin: origin.endswith("example.com"), {"S06": HIGH}),
    "S06-endswith-host": hook(lambda origin: origin.endswith("app.example.com"), {"S06": HIGH}),
    "S06-regex-without-dot": hook(matching(r"^https://.*example\.com$"), {"S06": HIGH}),
    "S06-hostname": hook(hostname(lambda host: host.endswith("example.com")), {"S06": HIGH}),
    "S06-port": hook(lambda origin: origin.endswith("example.com:8443"), {"S06": HIGH}, f"{APP}:8443"),
    "S07-first-dot": hook(matching(r"^https://app.example\.com$"), {"S07": HIGH}),
    "S07-last-dot": hook(matching(r"^https://app\.example.com$"), {"S07": HIGH}),
    "S07-starlette": Planted(
        lambda: by_starlette(allow_origin_regex="https://app.example.com", allow_credentials=True), {"S07": HIGH}
    ),
    "S08-host-in-origin": hook(lambda origin: "app.example.com" in origin, {"S08": HIGH}),
    "S08-site-in-origin": hook(lambda origin: "example.com" in origin, {"S08": HIGH}),
    "S08-name-in-host": hook(hostname(lambda host: "example" in host.split(".evil")[0]), {"S08": HIGH}),
    "S08-origin-in-list": hook(lambda origin: origin in f"{APP},https://b.example", {"S08": HIGH}),
    "S08-origin-in-list-with-port": hook(lambda origin: origin in f"{DEV} {APP}", {"S08": HIGH}, DEV),
    "S09-scheme": hook(matching(r"^https?://app\.example\.com$"), {"S09": MEDIUM}),
    "S09-of-two": hook(matching(r"^https?://b\.example$|^https://app\.example\.com$"), {"S09": MEDIUM}, APP, "https://b.example"),
    "S09-S10-hostname": hook(hostname(lambda host: host == "app.example.com"), {"S09": MEDIUM, "S10": LOW}),
    "S10-port": hook(matching(r"^https://app\.example\.com(:\d+)?$"), {"S10": LOW}),
    "S10-localhost": hook(matching(r"^http://localhost(:\d+)?$"), {"S10": MEDIUM}, DEV),
    "S10-port-begins": hook(lambda origin: origin.startswith(DEV), {"S10": MEDIUM}, DEV),
    "S11-below": hook(matching(r"^https://([a-z0-9-]+\.)*example\.com$"), {"S11": INFO}),
    "S12-underscore": hook(
        lambda origin: re.split(r"[^A-Za-z0-9.:/-]", origin)[0] == APP, {"S12": LOW}
    ),
    "S13-localhost": hook(lambda origin: origin in (APP, "http://localhost:3000"), {"S13": MEDIUM}),
    "S13-github-pages": hook(matching(r"^https://(app\.example\.com|[a-z0-9-]+\.github\.io)$"), {"S13": MEDIUM}),
    "S13-S05-localhost": hook(
        lambda origin: origin == APP or origin.startswith("http://localhost"), {"S05": HIGH, "S13": MEDIUM}
    ),
    "S13-S08-localhost": hook(lambda origin: origin == APP or "localhost" in origin, {"S08": HIGH, "S13": MEDIUM}),
}  # fmt: skip
ANONYMOUSLY = {
    "S02-reflects": hook(lambda origin: origin != "null", {"S02": LOW}, credentials=False),
    "S02-S04-everything": hook(lambda origin: True, {"S02": LOW, "S04": LOW}, credentials=False),
    "S04-null": hook(lambda origin: origin in (APP, "null"), {"S04": LOW}, credentials=False),
    "S04-always": Planted(lambda: static(("Access-Control-Allow-Origin", "null")), {"S04": LOW}),
    "S05-startswith": hook(lambda origin: origin.startswith(APP), {"S05": LOW}, credentials=False),
    "S14-everybody": Planted(lambda: static(("Access-Control-Allow-Origin", "*")), {"S14": INFO}),
    "S14-flask-cors": Planted(lambda: by_flask_cors(send_wildcard=True), {"S14": INFO}),
    "S02-S04-flask-cors-by-default": Planted(lambda: by_flask_cors(), {"S02": LOW, "S04": LOW}),
    "S14-starlette": Planted(lambda: by_starlette(allow_origins=["*"]), {"S14": INFO}),
}
ELSEWHERE = {
    "S01-signed-in-only": Planted(
        lambda: hooked(lambda origin: origin != "null", only=lambda: "session" in request.cookies),
        {"S01": HIGH},
        session=COOKIE,
    ),
    "S01-one-path-only": Planted(
        lambda: hooked(lambda origin: origin != "null", only=lambda: request.path == "/open"),
        {"S01": HIGH},
        paths=("/me", "/open"),
    ),
    "S01-get-only": Planted(
        lambda: hooked(lambda origin: origin != "null", only=lambda: request.method == "GET"), {"S01": HIGH}
    ),
    "S01-post-only": Planted(
        lambda: hooked(lambda origin: origin != "null"),
        {"S01": HIGH},
        paths=("/graphql",),
    ),
    "S01-post-passively": Planted(
        lambda: hooked(lambda origin: origin != "null"), {}, active=False, paths=("/graphql",)
    ),
}  # fmt: skip
CORRECT = {
    "exact": hook(lambda origin: origin == APP, {}),
    "exact-signed-in": Planted(lambda: hooked(lambda origin: origin == APP), {}, session=COOKIE),
    "exact-with-port": hook(lambda origin: origin == f"{APP}:8443", {}, f"{APP}:8443"),
    "several": hook(lambda origin: origin in (APP, "https://example.co", DEV), {}, APP, "https://example.co", DEV),
    "twins": hook(lambda origin: origin in (APP, "http://app.example.com"), {}, APP, "http://app.example.com"),
    "anchored-and-escaped": hook(matching(r"^https://app\.example\.com$"), {}),
    "localhost": hook(lambda origin: origin == DEV, {}, DEV),
    "both-names-of-loopback": hook(lambda origin: origin in (DEV, "http://127.0.0.1:3000"), {}, DEV),
    "nobody-trusted": Planted(lambda: hooked(lambda origin: origin == APP), {}, ()),
    "no-cors": Planted(lambda: hooked(lambda origin: False), {}),
    "an-address": hook(lambda origin: origin == "http://192.0.2.7:8080", {}, "http://192.0.2.7:8080"),
    "always-the-same": Planted(lambda: static(("Access-Control-Allow-Origin", APP)), {}),
    "doubled": Planted(lambda: static(*[("Access-Control-Allow-Origin", "null")] * 2), {}),
    "everybody-with-credentials": Planted(
        lambda: static(("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")), {}
    ),
    "flask-cors": Planted(lambda: by_flask_cors(origins=[APP], supports_credentials=True), {}),
    "starlette": Planted(lambda: by_starlette(allow_origins=[APP], allow_credentials=True), {}),
}
ROWS = {
    **{f"credentials-{name}": row for name, row in WITH_CREDENTIALS.items()},
    **{f"anonymous-{name}": row for name, row in ANONYMOUSLY.items()},
    **ELSEWHERE,
    **{f"correct-{name}": row for name, row in CORRECT.items()},
}


SHOWN = (
    "credentials-S01-and-null",
    "anonymous-S02-S04-everything",
    "credentials-S05-below-without-end",
    "credentials-S06-hostname",
    "credentials-S07-starlette",
    "credentials-S08-origin-in-list-with-port",
    "credentials-S09-S10-hostname",
    "credentials-S10-port-begins",
    "credentials-S12-underscore",
    "credentials-S13-S08-localhost",
    "anonymous-S14-everybody",
    "S01-post-only",
    "correct-several",
)


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    """Serve what a test asks for."""
    with Sites(Wire()) as all_sites:
        yield all_sites


@pytest.mark.parametrize("planted", ROWS.values(), ids=list(ROWS))
def test_each_mistake_is_found_once_and_nothing_beside_it(planted: Planted, sites: Sites) -> None:
    """Rule ids and severities are those of RULES.md; a correct application gives none."""
    found = suspected(planted, sites, origins.RULES)
    assert {number: suspicion.severity for number, suspicion in found} == dict(planted.finds)
    assert len({(number, suspicion.path) for number, suspicion in found}) == len(found)


def test_a_page_in_every_geometry_is_asked_to_show_it(sites: Sites) -> None:
    """What is let in with credentials is read with them; the stranger's own origin is where the page is."""
    ((_, suspicion),) = suspected(WITH_CREDENTIALS["S05-startswith"], sites, origins.RULES)
    assert {(ask.page, str(ask.geometry)) for ask in suspicion.asks} == {
        (f"{APP}.evil.test", "cross-site"),
        (f"{APP}.evil.test", "cross-site-cookies"),
    }
    assert {step.credentials for ask in suspicion.asks for step in ask.steps} == {"include"}


@pytest.fixture(scope="module")
def findings() -> Mapping[str, list[Finding]]:
    """What pages show of some of them, one for each rule, in one run; in every engine with `nox -s everything`."""
    engines = tuple(EngineName) if "CORSPROOF_EVERYTHING" in os.environ else (EngineName.CHROMIUM, EngineName.WEBKIT)
    return shown({name: ROWS[name] for name in SHOWN}, origins.RULES, engines)


@pytest.mark.browser
@pytest.mark.parametrize("name", SHOWN)
def test_pages_show_it(name: str, findings: Mapping[str, list[Finding]]) -> None:
    """A page really served at the stranger's origin reads the answer; no page is let in where nothing is planted."""
    assert {one.rule.id: one.severity for one in findings[name]} == dict(ROWS[name].finds)
    assert {proof for one in findings[name] for proof in one.proof.values()} <= {Proof.PROVEN}
