"""Failures, refusals and readable responses, and how refusals speak to people."""

from __future__ import annotations

import pytest

from harness.oracle import Failure, Phase, Readable, Reason, Refusal, ResponseType, SeenAs


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        pytest.param(
            Failure(Reason.ALLOW_ORIGIN_MISMATCH, "http://a.test", "Access-Control-Allow-Origin", "x"),
            " Access-Control-Allow-Origin was 'x'. Concerned: 'http://a.test'.",
            id="header and subject",
        ),
        pytest.param(
            Failure(Reason.ALLOW_ORIGIN_MISMATCH, None, "Access-Control-Allow-Origin", ""),
            " Access-Control-Allow-Origin was ''.",
            id="an empty value is told",
        ),
        pytest.param(
            Failure(Reason.ALLOW_ORIGIN_MISSING, "o", "Access-Control-Allow-Origin"), " Concerned: 'o'.", id="no value"
        ),
        pytest.param(Failure(Reason.NETWORK_FAILURE), "", id="bare"),
    ],
)
def test_sentence(failure: Failure, expected: str) -> None:
    """A refusal adds to the sentence what it was about."""
    refusal = Refusal(failure, Phase.ACTUAL, 0, SeenAs.TYPE_ERROR)
    assert refusal.sentence == failure.reason.sentence + expected


@pytest.mark.parametrize(
    ("phase", "hop", "expected"),
    [
        pytest.param(Phase.REQUEST, 0, "request", id="request"),
        pytest.param(Phase.PREFLIGHT, 0, "preflight", id="preflight"),
        pytest.param(Phase.ACTUAL, 2, "actual after redirect 2", id="actual behind redirects"),
        pytest.param(Phase.REDIRECT, 0, "redirect 1", id="first redirect"),
        pytest.param(Phase.REDIRECT, 2, "redirect 3", id="third redirect"),
    ],
)
def test_where(phase: Phase, hop: int, expected: str) -> None:
    """The place of a refusal is named for people."""
    assert Refusal(Failure(Reason.NETWORK_FAILURE), phase, hop, SeenAs.TYPE_ERROR).where == expected


def test_failure_of_reads_the_deciding_header() -> None:
    """The reason knows which header to quote, doubled or absent."""
    headers = (("access-control-allow-origin", "a"), ("Access-Control-Allow-Origin", "b"))
    failure = Failure.of(Reason.ALLOW_ORIGIN_MULTIPLE, headers, "o")
    assert failure == Failure(Reason.ALLOW_ORIGIN_MULTIPLE, "o", "Access-Control-Allow-Origin", "a, b")
    assert Failure.of(Reason.ALLOW_ORIGIN_MISSING, ()).value is None


@pytest.mark.parametrize(
    ("reason", "phase", "thrown"),
    [
        pytest.param(Reason.METHOD_FORBIDDEN, Phase.REQUEST, True, id="the API refuses"),
        pytest.param(Reason.BAD_PORT, Phase.REQUEST, False, id="nothing goes out"),
        pytest.param(Reason.MODE_SAME_ORIGIN, Phase.REQUEST, False, id="mode same-origin"),
        pytest.param(Reason.NO_CORS_NEEDS_FOLLOW, Phase.REQUEST, False, id="mode no-cors"),
        pytest.param(Reason.STREAM_OVER_HTTP_ONE, Phase.REQUEST, False, id="a stream"),
        pytest.param(Reason.NETWORK_FAILURE, Phase.ACTUAL, False, id="no answer"),
    ],
)
def test_is_thrown(reason: Reason, phase: Phase, thrown: bool) -> None:
    """What the API itself refuses never becomes a fetch."""
    assert Refusal(Failure(reason), phase, 0, SeenAs.TYPE_ERROR).is_thrown is thrown


def test_header_names() -> None:
    """A readable response lists its names."""
    assert Readable(ResponseType.CORS, 200, (("a", "1"), ("b", "2"))).header_names == ("a", "b")
