"""The events of an XMLHttpRequest, in order, as script hears them at the object and at its `upload`.

`readystatechange` is written with the state that it announces, an event of the upload object with `upload.` before it.
Left out is what depends on how bytes arrive: `progress`, `upload.progress` and `readystatechange:3`.
https://xhr.spec.whatwg.org/#the-send()-method
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.oracle.outcome import Readable, Refusal
from harness.oracle.reasons import Reason
from harness.oracle.request import Api, Request

_THROWN_BY_OPEN = frozenset({Reason.METHOD_NOT_A_TOKEN, Reason.METHOD_FORBIDDEN})


def xhr_events(request: Request, outcome: Readable | Refusal, body_received: bool) -> tuple[str, ...]:
    """All events of an asynchronous call, from open() on; none for fetch(). The page gives up on nothing.

    `body_received`: whether the request's body reached the server. An outcome alone does not tell: a connection may
    break before or behind it.
    """
    return tuple(_events(request, outcome, body_received)) if request.api is Api.XHR else ()


def _events(request: Request, outcome: Readable | Refusal, body_received: bool) -> Iterator[str]:
    thrown = isinstance(outcome, Refusal) and outcome.is_thrown
    if (
        isinstance(outcome, Refusal) and thrown and outcome.reason in _THROWN_BY_OPEN
    ):  # #the-open()-method steps 2 and 3
        return
    yield "readystatechange:1"  # #the-open()-method step 12.2
    if thrown:  # #the-setrequestheader()-method step 4: send() is never reached
        return
    # #the-send()-method: step 3 drops the body of GET and HEAD, step 5 looks for listeners.
    has_body = request.body is not None and request.method.upper() not in ("GET", "HEAD")
    heard = has_body and request.upload_listener
    yield "loadstart"  # step 11.1
    if heard:
        yield "upload.loadstart"  # step 11.5: not where the upload is complete from the start (step 9)
    # Step 11.8. #http-network-fetch runs processRequestEndOfBody also where there is no body; an upload that was
    # complete from the start fires nothing all the same, as a comment in that step hopes.
    if heard and body_received:
        yield from ("upload.load", "upload.loadend")
    if isinstance(outcome, Readable):
        # Step 11.9, processResponse, and "handle response end-of-body".
        yield from ("readystatechange:2", "readystatechange:4", "load", "loadend")
        return
    yield "readystatechange:4"  # #request-error-steps step 5
    if heard and not body_received:
        yield from ("upload.error", "upload.loadend")  # step 6
    yield from ("error", "loadend")  # steps 7 and 8
