"""The JSON document: every promised member, nothing secret."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from made_events import SCENARIOS, finished, whole_run

from harness import casefile
from harness.engines import EngineInfo
from harness.events import CaseFinished, EngineLost, EngineReady, EngineUnavailable, HarnessFault
from harness.literal import Answer, Rule, Script
from harness.plan import Case
from harness.reports.document import RunDocument
from harness.reports.redaction import HIDDEN, is_secret, redacted, redacted_json, redacted_sentence, redacted_target
from harness.scenario import LITERAL, Api, Scenario, Step
from harness.verdict import Blame, Difference, Status, Verdict


def document(*events: Any) -> dict[str, Any]:
    """Return the document of a run with these events, read back from its text."""
    made = RunDocument()
    for event in events:
        made(event)
    value: dict[str, Any] = json.loads(made.text())
    return value


def test_an_empty_run_is_a_document() -> None:
    """Nothing was measured, and that is said."""
    value = document()
    assert value["schema_version"] == 1
    assert list(value)[:2] == ["schema_version", "kind"]
    assert value["kind"] == "run"
    assert value["results"] == []
    assert value["totals"]["results"] == 0
    assert value["exit"] == 3


def test_an_allowed_result_tells_what_was_read_and_what_crossed() -> None:
    """Outcome, status, readable names and both exchanges with raw pairs."""
    result = document(*whole_run(finished("put-json")))["results"][0]
    assert result["scenario"] == "put-json"
    assert (result["status"], result["api"], result["engine"], result["hooks"]) == (
        "pass",
        "fetch",
        "chromium",
        "published",
    )
    assert result["observed"]["outcome"] == result["expected"]["outcome"] == "allowed"
    assert result["observed"]["status"] == 200
    assert result["observed"]["readable_headers"] == ["content-length", "content-type"]
    assert result["observed"]["blocked_at"] is None
    assert [exchange["kind"] for exchange in result["exchanges"]] == ["preflight", "actual"]
    assert ["access-control-allow-methods", "PUT"] in result["exchanges"][0]["response_headers"]
    assert (result["predicted"]["outcome"], result["predicted"]["reason"]) == ("allowed", None)
    assert result["blame"] is None


@pytest.mark.parametrize(("hooks", "where"), [("decorator", "preflight"), ("none", "preflight")])
def test_a_blocked_result_says_where_and_in_whose_words(hooks: str, where: str) -> None:
    """The refused request, and the browser's own sentence."""
    events = whole_run(finished("unknown-url-put", hooks, reason="refused, says the browser"))
    observed = document(*events)["results"][0]["observed"]
    assert observed["outcome"] == "blocked"
    assert observed["blocked_at"] == where
    assert observed["browser_reason"] == "refused, says the browser"
    assert observed["status"] is None
    predicted = document(*events)["results"][0]["predicted"]
    assert (predicted["outcome"], predicted["where"]) == ("blocked", where)
    assert predicted["reason"]
    assert predicted["clause"].startswith("https://fetch.spec.whatwg.org/#")


def test_a_failure_lists_differences_and_blame() -> None:
    """What was expected, what was observed, who did it."""
    verdict = Verdict(Status.FAIL, (), (Difference("wire", "1 (GET)", "nothing"),), Blame.ENGINE, "why")
    result = document(*whole_run(finished("get", verdict=verdict)))["results"][0]
    assert result["differences"] == [{"where": "wire", "expected": "1 (GET)", "observed": "nothing"}]
    assert (result["blame"], result["cause"]) == ("engine", "why")


def test_a_case_without_a_plan_is_told_too() -> None:
    """A skipped case has an expectation and a reason, though no token."""
    case = Case(SCENARIOS["get"], "published", Api.XHR, "published")
    event = CaseFinished("webkit", case, Verdict(Status.SKIPPED, cause="cannot"))
    result = document(event)["results"][0]
    assert (result["status"], result["cause"], result["exchanges"]) == ("skipped", "cannot", [])
    assert result["expected"]["outcome"] == "allowed"


def test_a_case_that_nobody_foresaw_is_told_too() -> None:
    """Skipped before it was planned, and left to the oracle: nothing was expected of it yet."""
    script = Script((Rule((Answer(200),)),))
    scenario = Scenario("a", "f", "s", (Step("GET", "{api}/a"),), {LITERAL: None}, turns=(script,))
    event = CaseFinished("webkit", Case(scenario, LITERAL, Api.XHR, LITERAL), Verdict(Status.SKIPPED, cause="cannot"))
    result = document(event)["results"][0]
    assert (result["status"], result["cause"], result["expected"]) == ("skipped", "cannot", None)


def test_a_result_says_what_it_asks_and_how_to_see_it_again() -> None:
    """Steps without what is as by default, secrets hidden; the catalogue's by name, any other by all that it is."""
    results = document(*whole_run(finished("put-json-with-token")))["results"]
    [step] = results[0]["steps"]
    assert (step["method"], step["url"]) == ("PUT", "{api}/items/1")
    assert ["Authorization", HIDDEN] in step["headers"]
    assert "credentials" not in step
    assert results[0]["replay"] == "corsproof replay put-json-with-token -b chromium"
    other = replace(SCENARIOS["get"], summary="another one")
    again = document(*whole_run(finished(other)))["results"][0]["replay"]
    word = again.removeprefix("corsproof replay '").removesuffix("' -b chromium")
    assert casefile.from_word(word) == other
    by_oracle = document(*whole_run(finished("get", engine="oracle")))["results"][0]
    assert by_oracle["replay"] == "corsproof replay get"


def test_the_header_that_decides_is_named() -> None:
    """By the reason; where nothing was refused there is none."""
    refused, allowed = document(*whole_run(finished("wrong-method-put", "decorator"), finished("get")))["results"]
    assert refused["predicted"]["header"] == "Access-Control-Allow-Methods"
    assert allowed["predicted"]["header"] is None


def test_an_exchange_says_where_it_went_and_how_to_send_it_again() -> None:
    """By `curl`, without what ties it to its case."""
    exchange = document(*whole_run(finished("get")))["results"][0]["exchanges"][0]
    assert exchange["url"] == "http://localhost:2222/items/1"
    assert exchange["curl"].endswith(" http://localhost:2222/items/1")
    assert "corsproof=" in exchange["target"]


def test_engines_and_troubles_are_told() -> None:
    """Versions, canaries, and what was lost on the way."""
    events = whole_run(finished("get"))
    troubles = [
        EngineUnavailable("webkit", "not installed", "install it"),
        EngineLost("firefox", "died", relaunch=True),
        EngineLost("firefox", "died again", relaunch=False),
        HarnessFault("chromium", "KeyError: 1", "Traceback…"),
    ]
    value = document(*events, *troubles)
    assert value["engines"][0]["version"] == "1.2.3"
    assert value["engines"][0]["canaries"] == {"asked": 4, "passed": 4, "failures": []}
    assert [trouble["kind"] for trouble in value["troubles"]] == ["unavailable", "relaunched", "lost", "harness-fault"]


def test_visiting_browsers_follow_the_engines() -> None:
    """In the order of the engines, then by their labels, each with its user agent."""
    document = RunDocument()
    for name in ("Safari 18.2 (iPhone)", "Edge 131 (Windows)", "webkit", "chromium"):
        agent = f"agent of {name}" if " " in name else ""
        document(EngineReady(name, EngineInfo(name, "1", "p", "", (), agent)))
    engines = document.value()["engines"]
    named = ["chromium", "webkit", "Edge 131 (Windows)", "Safari 18.2 (iPhone)"]
    assert [engine["name"] for engine in engines] == named
    agents = [engine.get("user_agent") for engine in engines]
    assert agents == [None, None, "agent of Edge 131 (Windows)", "agent of Safari 18.2 (iPhone)"]


def test_hook_sets_that_differ_are_listed_and_others_are_not() -> None:
    """One difference for the unknown URL, none where all agree."""
    same = [finished("get", hooks) for hooks in ("published", "decorator")]
    differing = [
        finished("unknown-url-put", hooks, engine)
        for hooks in ("published", "decorator")
        for engine in ("chromium", "firefox")
    ]
    differences = document(*whole_run(*same, *differing))["hook_set_differences"]
    assert [difference["scenario"] for difference in differences] == ["unknown-url-put"]
    assert differences[0]["engines"] == {
        engine: {"published": "allowed 404", "decorator": "blocked at the preflight"}
        for engine in ("chromium", "firefox")
    }


def test_repeats_are_one_difference_and_counted_as_words() -> None:
    """A case is listed once, however often it was repeated; one that changed its mind with all that it was."""
    reason = "No 'Access-Control-Allow-Origin' header is present"
    ends = ("published", "decorator", "decorator")
    told = [finished("unknown-url-put", hooks, reason=reason * (hooks == "decorator")) for hooks in ends * 2]
    fickle = [finished("get", "published"), finished("get", "decorator")]
    fickle.append(replace(fickle[1], verdict=Verdict(Status.TIMEOUT)))
    value = document(*whole_run(*told, *fickle))
    assert [(one["scenario"], one["engines"]["chromium"]) for one in value["hook_set_differences"]] == [
        ("unknown-url-put", {"published": "allowed 404", "decorator": "blocked at the preflight"}),
        ("get", {"published": "allowed 200", "decorator": "allowed 200 and timeout"}),
    ]
    assert value["wordings"]["chromium"]["blocked"] == 4


SECRETS = {
    "authorization": True,
    "Proxy-Authorization": True,
    "cookie": True,
    "set-cookie": True,
    "x-api-key": True,
    "X-CSRF-Token": True,
    "token": True,
    "client_secret": True,
    "key": True,
    "content-type": False,
    "access-control-allow-headers": False,
    "x-keyboard": False,
    "origin": False,
    "corsproof": False,
}


@pytest.mark.parametrize(("name", "secret"), SECRETS.items(), ids=SECRETS)
def test_secret_names_are_known(name: str, secret: bool) -> None:
    """Credentials, tokens and keys are; what CORS is about is not."""
    assert is_secret(name) is secret


def test_secrets_are_hidden_and_nothing_else_is() -> None:
    """Order and doubles stay."""
    headers = (("Origin", "null"), ("Cookie", "a=1"), ("Cookie", "b=2"), ("Vary", "Origin"))
    assert redacted(headers) == (("Origin", "null"), ("Cookie", HIDDEN), ("Cookie", HIDDEN), ("Vary", "Origin"))
    assert redacted_target("/a?token=1&b=2&key=3") == f"/a?token={HIDDEN}&b=2&key={HIDDEN}"
    assert redacted_target("/a") == "/a"


SENTENCES = {
    "a fragment": ("to https://a/#id_token=s&x=1.", f"to https://a/#id_token={HIDDEN}&x=1."),
    "quoted": ("at 'https://a/?a=1&api_key=s' from", f"at 'https://a/?a=1&api_key={HIDDEN}' from"),
    "two URLs": ("/a?key=s and /b?token=t", f"/a?key={HIDDEN} and /b?token={HIDDEN}"),
    "nothing secret": ("/a?page=1&corsproof=ab#top", "/a?page=1&corsproof=ab#top"),
}


@pytest.mark.parametrize(("said", "shown"), SENTENCES.values(), ids=SENTENCES)
def test_secrets_in_sentences_are_hidden(said: str, shown: str) -> None:
    """In queries and fragments of the URLs that somebody quotes; a header's value, and JSON, may be such a sentence."""
    assert redacted_sentence(said) == shown
    assert redacted((("Location", said),)) == (("Location", shown),)
    assert redacted_json({"a": [said, 1, None], "b": {"c": (said,)}}) == {"a": [shown, 1, None], "b": {"c": [shown]}}


def test_no_secret_of_an_exchange_reaches_the_text() -> None:
    """A token in the request and a cookie in the answer stay out."""
    events = whole_run(finished("get", answered=(("set-cookie", "session=verysecret"),)))
    made = RunDocument()
    for event in events:
        made(event)
    assert "verysecret" not in made.text()
    assert HIDDEN in made.text()
