"""The events of an XMLHttpRequest, in the order in which script hears them."""

from __future__ import annotations

from typing import Any

import pytest
from scenes import asks, grants, in_order, methods, says

from harness.oracle import Answer, Api, NetworkFailure, predict, xhr_events

OPENED = ("readystatechange:1", "loadstart")
ENDED = ("readystatechange:2", "readystatechange:4", "load", "loadend")
FAILED = ("readystatechange:4", "error", "loadend")
STARTED = ("upload.loadstart",)
SENT = ("upload.load", "upload.loadend")
NOT_SENT = ("readystatechange:4", "upload.error", "upload.loadend", "error", "loadend")

PUT: dict[str, Any] = {"method": "PUT", "body": b"x"}
HEAD: dict[str, Any] = {"method": "head", "body": b"x"}
HEARD: dict[str, Any] = {"upload_listener": True}
GRANTED = grants(methods("PUT"))


@pytest.mark.parametrize(
    ("more", "answers", "received", "events"),
    [
        pytest.param({}, [says()], False, OPENED + ENDED, id="GET"),
        pytest.param({}, [says(allow=())], False, OPENED + FAILED, id="GET, refused"),
        pytest.param({}, [NetworkFailure()], False, OPENED + FAILED, id="GET, no answer"),
        pytest.param(
            {"body": b"x"} | HEARD, [GRANTED, says()], False, OPENED + ENDED, id="a GET has no body to hear of"
        ),
        pytest.param(HEAD | HEARD, [GRANTED, says()], False, OPENED + ENDED, id="nor has a HEAD"),
        pytest.param(PUT, [GRANTED, says()], True, OPENED + ENDED, id="nobody listens"),
        pytest.param(PUT | HEARD, [GRANTED, says()], True, OPENED + STARTED + SENT + ENDED, id="upload"),
        pytest.param(PUT | HEARD, [GRANTED, says(404)], True, OPENED + STARTED + SENT + ENDED, id="any status"),
        pytest.param({"method": "PUT"} | HEARD, [GRANTED, says()], True, OPENED + ENDED, id="nothing to upload"),
        pytest.param(
            {"method": "PUT"} | HEARD, [grants(status=404)], False, OPENED + FAILED, id="nor anything to fail"
        ),
        pytest.param(PUT, [grants()], False, OPENED + FAILED, id="preflight refused, nobody listens"),
        pytest.param(PUT | HEARD, [grants(status=404)], False, OPENED + STARTED + NOT_SENT, id="preflight refused"),
        pytest.param(
            PUT | HEARD, [GRANTED, NetworkFailure()], False, OPENED + STARTED + NOT_SENT, id="broken on the way"
        ),
        pytest.param(
            PUT | HEARD, [GRANTED, NetworkFailure()], True, OPENED + STARTED + SENT + FAILED, id="broken afterwards"
        ),
        pytest.param(
            PUT | HEARD, [GRANTED, says(allow=())], True, OPENED + STARTED + SENT + FAILED, id="refused afterwards"
        ),
        pytest.param({"url": "http://api.test:22/"}, [], False, OPENED + FAILED, id="nothing goes out"),
        pytest.param({"method": "TRACE"}, [], False, (), id="thrown by open()"),
        pytest.param({"method": ""}, [], False, (), id="thrown by open() for what is no method"),
        pytest.param({"headers": (("X", "\0"),)}, [], False, OPENED[:1], id="thrown by setRequestHeader()"),
    ],
)
def test_events(more: dict[str, Any], answers: list[Answer], received: bool, events: tuple[str, ...]) -> None:
    """What happens is heard in this order."""
    request = asks(api=Api.XHR, **more)
    outcome = predict(request, in_order(*answers, NetworkFailure())).outcome
    assert xhr_events(request, outcome, received) == events


def test_fetch_has_no_events() -> None:
    """A promise fires none."""
    request = asks()
    assert xhr_events(request, predict(request, in_order(says())).outcome, False) == ()
