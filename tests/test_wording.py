"""What the engines' own words can mean; sentences as they were heard."""

from __future__ import annotations

import re

import pytest

from harness.engines import EngineName
from harness.oracle import Reason
from harness.wording import PHRASES, phrases_for, reasons_in

ABOUT = "Access to fetch at 'http://localhost:1/a?x' from origin 'http://localhost:2' has been blocked by CORS policy: "
REFUSED = "The Same Origin Policy disallows reading the remote resource at http://localhost:1/a. (Reason: "

SAID = {
    "chromium-missing": (
        "chromium",
        [f"{ABOUT}No 'Access-Control-Allow-Origin' header is present on the requested resource."],
        {Reason.ALLOW_ORIGIN_MISSING, Reason.NETWORK_FAILURE},
    ),
    "chromium-value-that-quotes": (
        "chromium",
        [f"{ABOUT}The 'Access-Control-Allow-Origin' header contains the invalid value ''*''."],
        {Reason.ALLOW_ORIGIN_MISMATCH},
    ),
    "chromium-several": (
        "chromium",
        [
            f"{ABOUT}The 'Access-Control-Allow-Origin' header contains multiple values 'null *', "
            "but only one is allowed."
        ],
        {Reason.ALLOW_ORIGIN_MULTIPLE, Reason.ALLOW_ORIGIN_MISMATCH},
    ),
    "chromium-blank-in-a-host": (
        "chromium",
        [
            "Access to fetch at 'http://local%20host/' (redirected from 'http://localhost:1/a') from origin "
            "'http://localhost:2' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present."
        ],
        {
            *(Reason.ALLOW_ORIGIN_MISSING, Reason.NETWORK_FAILURE),
            *(Reason.LOCATION_INVALID, Reason.LOCATION_MULTIPLE),
        },
    ),
    "chromium-body-gone": (
        "chromium",
        ["Failed to load resource: net::ERR_INVALID_ARGUMENT"],
        {Reason.REDIRECT_NEEDS_BODY_AGAIN, Reason.REDIRECT_SCHEME, Reason.LOCATION_INVALID},
    ),
    "firefox-missing": (
        "firefox",
        [f"{REFUSED}CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200."],
        {Reason.ALLOW_ORIGIN_MISSING, Reason.NETWORK_FAILURE},
    ),
    "firefox-vague-beside-specific": (
        "firefox",
        [
            f"{REFUSED}Did not find method in CORS header ‘Access-Control-Allow-Methods’).",
            f"{REFUSED}CORS request did not succeed). Status code: (null).",
        ],
        {Reason.METHOD_NOT_ALLOWED, Reason.METHOD_WILDCARD_WITH_CREDENTIALS},
    ),
    "webkit-missing-or-mismatch": (
        "webkit",
        ["Origin http://localhost:1 is not allowed by Access-Control-Allow-Origin. Status code: 200"],
        {Reason.ALLOW_ORIGIN_MISSING, Reason.ALLOW_ORIGIN_MISMATCH},
    ),
    "nothing": ("webkit", [], set()),
    "small-talk": ("chromium", ["Failed to decode downloaded font"], set()),
    "an-engine-nobody-knows": ("scripted", ["No 'Access-Control-Allow-Origin' header is present"], set()),
}


@pytest.mark.parametrize(("engine", "words", "reasons"), SAID.values(), ids=SAID)
def test_words_mean_reasons(engine: str, words: list[str], reasons: set[Reason]) -> None:
    """Each sentence means the reasons that this engine says it for, and a vague one only by itself."""
    assert reasons_in(engine, words) == {reason.value for reason in reasons}


def test_a_vague_sentence_counts_alone() -> None:
    """Where nothing else was said, the general sentence can mean what it is said for."""
    told = reasons_in("firefox", [f"{REFUSED}CORS request did not succeed). Status code: (null)."])
    assert {"network-failure", "redirect-includes-credentials"} <= told


def test_every_engine_has_its_words() -> None:
    """The table is about the engines that exist, in their order, and about no other."""
    assert list(PHRASES) == [engine.value for engine in EngineName]


@pytest.mark.parametrize("engine", PHRASES)
def test_the_table_is_exact(engine: str) -> None:
    """No pattern is there twice, none is empty, and each is written so that people can read it."""
    patterns = [phrase.pattern.pattern for phrase in PHRASES[engine]]
    assert len(set(patterns)) == len(patterns)
    assert all(phrase.reasons for phrase in PHRASES[engine])
    assert not any(re.search(r"[\\^$?\[\]{}]", phrase.text) for phrase in PHRASES[engine])


@pytest.mark.parametrize("engine", PHRASES)
def test_what_the_answers_can_do_wrong_has_words(engine: str) -> None:
    """Every reason that a server's CORS headers decide is worded by every engine."""
    decided = [reason for reason in Reason if (reason.header or "").startswith("Access-Control-")]
    assert [reason.value for reason in decided if not phrases_for(engine, reason)] == []
