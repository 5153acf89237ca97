"""What a test gets: results in all three engines, and errors where there is no verdict."""

from __future__ import annotations

from pathlib import Path

import processes
import pytest
from inner import Project
from processes import MARK

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.browser

ALL_IS_WELL = """
import pytest

def test_allowed(cors):
    result = cors.fetch("PUT", "/items/1", json={"name": "new"}, headers={"X-Asked": "1"})
    assert result.allowed and result.blocked_by is None and result.outcome == "allowed"
    assert (result.status, result.engine) == (200, cors.engine)
    assert result.readable_headers == {"content-type", "content-length"}
    assert result.headers["Content-Type"] == "application/json"
    assert result.json() and result.text == result.body
    assert [exchange.method for exchange in result.exchanges] == ["OPTIONS", "PUT"]
    assert result.preflight.status == 200 and result.actual.request_body == b'{"name": "new"}'

def test_blocked(cors):
    result = cors.fetch("GET", "/me", credentials="include")
    assert not result.allowed and result.outcome == "blocked"
    assert result.blocked_by.phase == "actual" and result.blocked_by.reason
    assert str(result.blocked_by) == f"blocked after the actual request: {result.blocked_by.reason}"
    assert (result.status, result.body, dict(result.headers)) == (None, None, {})
    assert result.preflight is None and result.actual.status == 401

def test_origins(cors):
    for origin in ("null", "https://app.example.com", "http://evil.test"):
        result = cors.fetch("DELETE", "/items/1", origin=origin)
        assert result.allowed and result.origin == origin == cors.page_origin(origin)
        assert ("origin", origin) in result.preflight.request_headers

@pytest.mark.cors(origin="http://evil.test")
def test_mark(cors):
    assert cors.fetch("GET", "/items").origin == "http://evil.test"
    assert cors.fetch("GET", "/items", origin="http://localhost").origin == cors.page_origin("http://localhost")

def test_xhr(cors):
    assert cors.xhr("PATCH", "/items/1", headers=[("X-A", "1")], body="x").status == 200
    assert cors.xhr("POST", "/text", body="x", upload_listener=True).preflight is not None

def test_unreadable_by_choice(cors):
    result = cors.fetch("GET", "/items", mode="no-cors")
    assert (result.outcome, result.allowed, result.blocked_by, result.status) == ("opaque", False, None, None)
"""


def test_every_engine_answers(project: Project) -> None:
    """Each engine is an item, and its results say what script read and what the server saw."""
    project.app("published")
    project.tests(ALL_IS_WELL)
    result = project.run("--cors-browser", "all", "-v")
    result.assert_outcomes(passed=18)
    result.stdout.fnmatch_lines([f"*::test_mark?{engine}? PASSED*" for engine in ("chromium", "firefox", "webkit")])


BROKEN = """
import pytest
import server_site
from harness.result import NoVerdict

@pytest.fixture
def cors_app(request):
    return server_site.create_app(f"broken:{request.param}")

@pytest.mark.parametrize("cors_app, phase", [
    ("preflight-404", "preflight"), ("no-allow-methods", "preflight"), ("no-allow-origin", "actual"),
    ("doubled-allow-origin", "actual"),
], indirect=["cors_app"])
def test_refused(cors, phase):
    result = cors.fetch("PUT", "/items/1")
    assert not result.allowed and result.blocked_by.phase == phase

@pytest.mark.parametrize("cors_app", ["closed-in-preflight"], indirect=True)
def test_cut(cors):
    with pytest.raises(NoVerdict, match="closed the connection without an answer to the preflight request"):
        cors.fetch("PUT", "/items/1")
"""


def test_broken_hooks_are_caught(project: Project) -> None:
    """Negative control: faulty hooks block in every engine, each at its place, and a closed connection is no block."""
    project.tests(BROKEN)
    project.run("--cors-browser", "all").assert_outcomes(passed=15)


TROUBLE = """
import socket
import pytest
from flask import Flask, abort, redirect, request
from harness.errors import BrowserCrashed, UsageError
from harness.result import NoVerdict
from processes import MARK, marked

app = Flask(__name__)
app.testing = True  # lets exceptions through

@app.get("/raises")
def raises():
    raise RuntimeError("out of cheese")

@app.get("/closes")
def closes():
    request.environ["asgi.scope"]["extensions"]["corsproof.close"]()
    return ""

@app.get("/waits")
def waits():
    import threading
    threading.Event().wait(2)
    return ""

silent = socket.socket()
silent.bind(("127.0.0.1", 0))  # reserved, and nobody listens

@app.get("/leads-away")
def leads_away():
    return redirect(f"http://127.0.0.1:{silent.getsockname()[1]}/nothing")

@app.get("/garbled")
def garbled():
    return "not gzip", {"Content-Encoding": "gzip"}

@app.get("/fine")
def fine():
    return "fine"

@app.after_request
def permit(response):
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response

@pytest.fixture(scope="session")
def cors_app():
    return app

@pytest.mark.parametrize("path, why", [
    ("/raises", "the application failed in the actual request: RuntimeError: out of cheese"),
    ("/closes", "the application closed the connection without an answer to the actual request"),
    ("/waits", "a request had no answer before its deadline"),
    ("/leads-away", "nothing on the wire is a reason for it"),
    ("/garbled", "nothing on the wire is a reason for it"),
])
@pytest.mark.parametrize("api", ["fetch", "xhr"])
def test_no_verdict(cors, api, path, why):
    with pytest.raises(NoVerdict, match=why) as caught:
        getattr(cors, api)("GET", path, timeout=1)
    assert f"GET {path} from http://localhost" in str(caught.value)
    assert cors.fetch("GET", "/fine").text == "fine"

@pytest.mark.parametrize("method, path, options, why", [
    ("GET", "items", {}, "begin with /"),
    ("GET", "/items#top", {}, "fragment"),
    ("G T", "/", {}, "is no token"),
    ("GET", "/", {"origin": "http://localhost/"}, "neither an origin as browsers write it nor null"),
    ("GET", "/", {"json": 1, "body": "1"}, "both body and json"),
    ("GET", "/", {"credentials": "perhaps"}, "perhaps"),
])
def test_misuse(cors, method, path, options, why):
    with pytest.raises(UsageError, match=why):
        cors.fetch(method, path, **options)

def test_refused_call(cors):
    with pytest.raises(NoVerdict, match="the browser refused the call itself: TypeError"):
        cors.fetch("TRACE", "/fine")

def test_kill_the_browser(cors, monkeypatch):
    import os, signal
    assert cors.fetch("GET", "/fine").allowed
    for pid, name in marked(os.environ[MARK]).items():
        if name.startswith("chrom"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    with pytest.raises(BrowserCrashed, match="chromium"):
        cors.fetch("GET", "/fine")

def test_the_next_one(cors):
    assert cors.fetch("GET", "/fine").allowed
"""


def test_trouble_is_no_verdict(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails for another reason than CORS raises with the cause, and the next request works again."""
    monkeypatch.setenv(MARK, str(project.path))
    monkeypatch.setenv("PYTHONPATH", str(Path(processes.__file__).parent))
    project.tests(TROUBLE)
    project.run("--cors-browser", "chromium").assert_outcomes(passed=19)
