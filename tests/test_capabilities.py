"""Gaps of engines: what cannot be run is skipped with a reason, and nothing else is."""

from __future__ import annotations

import pytest

from harness.capabilities import GAPS, Gap, missing
from harness.engines import EngineName
from harness.literal import Answer, Rule, Script
from harness.scenario import LITERAL, Api, Crossing, Expectation, Outcome, Scenario, Seen, Step

EXPECT = {"none": Expectation((Seen(Outcome.ALLOWED, 200),), (Crossing("GET", "/", 200),))}
PLAIN = Scenario("plain", "f", "s", (Step("GET", "{api}/"),), EXPECT)
NULL = Scenario("null", "f", "s", (Step("GET", "{api}/"),), EXPECT, page="null")
MADE_UP = (
    Gap(EngineName.WEBKIT, lambda scenario, api: scenario.page == "null", "has no sandbox"),
    Gap(EngineName.WEBKIT, lambda scenario, api: api is Api.XHR, "can do nothing"),
)

CASES = {
    "needs-what-is-missing": (EngineName.WEBKIT, NULL, Api.XHR, "has no sandbox"),
    "next-gap": (EngineName.WEBKIT, PLAIN, Api.XHR, "can do nothing"),
    "another-interface": (EngineName.WEBKIT, PLAIN, Api.FETCH, ""),
    "another-engine": (EngineName.CHROMIUM, NULL, Api.XHR, ""),
}


@pytest.mark.parametrize(("engine", "scenario", "api", "reason"), CASES.values(), ids=CASES)
def test_missing(engine: EngineName, scenario: Scenario, api: Api, reason: str) -> None:
    """The first gap of that engine that a case needs is the reason; no gap is no reason."""
    assert missing(engine, scenario, api, MADE_UP) == reason


def redirected(location: str, body_kind: str = "text", status: int = 303, mode: str = "cors") -> Scenario:
    """Make a scenario whose answer redirects."""
    turn = Script((Rule((Answer(status, (("Location", location),)),)),))
    step = Step("POST", "{h2}/", body="x", body_kind=body_kind, mode=mode)
    return Scenario("redirected", "f", "s", (step,), {LITERAL: None}, apis=(Api.FETCH,), turns=(turn,))


CHROMIUM, FIREFOX = EngineName.CHROMIUM, EngineName.FIREFOX
RECORDED = {
    "stream-beyond-http": (CHROMIUM, redirected("ssh://localhost", "stream"), Api.FETCH, True),
    "stream-to-data": (CHROMIUM, redirected("data:,x", "stream"), Api.FETCH, True),
    "stream-to-http": (CHROMIUM, redirected("{api}/", "stream"), Api.FETCH, False),
    "stream-to-https-in-upper-case": (CHROMIUM, redirected("HTTPS://localhost/", "stream"), Api.FETCH, False),
    "stream-to-a-path": (CHROMIUM, redirected("/a:b", "stream"), Api.FETCH, False),
    "text-beyond-http": (CHROMIUM, redirected("ssh://localhost"), Api.FETCH, False),
    "stream-beyond-http-elsewhere": (FIREFOX, redirected("ssh://localhost", "stream"), Api.FETCH, False),
    "bad-port-by-xhr": (FIREFOX, redirected("{api|:6667}/"), Api.XHR, True),
    "bad-port-in-full": (FIREFOX, redirected("http://localhost:22/"), Api.XHR, True),
    "stream-kept-beyond-http": (CHROMIUM, redirected("ssh://localhost", "stream", 307), Api.FETCH, False),
    "no-port": (FIREFOX, redirected("javascript:0"), Api.XHR, False),
    "no-port-in-an-address": (FIREFOX, redirected("http://[::1%25lo]/b"), Api.XHR, False),
    "bad-port-by-fetch": (FIREFOX, redirected("{api|:6667}/"), Api.FETCH, False),
    "mail-without-cors": (FIREFOX, redirected("Mailto:a@b.example", mode="no-cors"), Api.FETCH, True),
    "mail": (FIREFOX, redirected("mailto:a@b.example"), Api.FETCH, False),
    "no-mail-without-cors": (FIREFOX, redirected("data:,mailto:", mode="no-cors"), Api.FETCH, False),
    "mail-without-cors-elsewhere": (CHROMIUM, redirected("mailto:a@b.example", mode="no-cors"), Api.FETCH, False),
    "good-port": (FIREFOX, redirected("http://localhost:2200/"), Api.XHR, False),
    "bad-port-elsewhere": (CHROMIUM, redirected("{api|:6667}/"), Api.XHR, False),
}


@pytest.mark.parametrize(("engine", "scenario", "api", "is_missing"), RECORDED.values(), ids=RECORDED)
def test_recorded(engine: EngineName, scenario: Scenario, api: Api, is_missing: bool) -> None:
    """A recorded gap takes what it is about, and nothing beside."""
    assert bool(missing(engine, scenario, api)) is is_missing


def test_every_recorded_gap_has_a_reason() -> None:
    """A skip without a reason would be silent."""
    assert all(gap.reason for gap in GAPS)
