"""Which reasons else an engine may name where a redirect is refused."""

from __future__ import annotations

import pytest
from scenes import PAGE, URL, asks, in_order, leads_to, says

from harness.oracle import Answer, Mode, Reason, Redirect, Refusal, Request, predict

BAD_PORT = "http://app.test:25/"
ERROR = asks(redirect=Redirect.ERROR)
SAME_ORIGIN = asks(f"{PAGE}/", mode=Mode.SAME_ORIGIN, redirect=Redirect.ERROR)


@pytest.mark.parametrize(
    ("request_", "answer", "reasons"),
    [
        pytest.param(asks(), leads_to(BAD_PORT), {Reason.BAD_PORT}, id="one-reason-only"),
        pytest.param(ERROR, leads_to("/x"), {Reason.REDIRECT_MODE_ERROR}, id="a-good-location"),
        pytest.param(ERROR, leads_to(BAD_PORT), {Reason.REDIRECT_MODE_ERROR, Reason.BAD_PORT}, id="error-and-port"),
        pytest.param(
            asks(),
            leads_to(BAD_PORT, allow=()),
            {Reason.ALLOW_ORIGIN_MISSING, Reason.BAD_PORT},
            id="cors-and-port",
        ),
        pytest.param(
            ERROR,
            leads_to("data:,x"),
            {Reason.REDIRECT_MODE_ERROR, Reason.REDIRECT_SCHEME},
            id="error-and-scheme",
        ),
        pytest.param(
            SAME_ORIGIN,
            leads_to(URL),
            {Reason.REDIRECT_MODE_ERROR, Reason.MODE_SAME_ORIGIN},
            id="error-and-same-origin",
        ),
        pytest.param(
            asks(f"{PAGE}/", mode=Mode.NO_CORS, redirect=Redirect.ERROR),
            leads_to(BAD_PORT),
            {Reason.REDIRECT_MODE_ERROR, Reason.BAD_PORT, Reason.NO_CORS_NEEDS_FOLLOW},
            id="error-and-port-and-no-cors",
        ),
        pytest.param(
            asks(BAD_PORT, mode=Mode.NO_CORS, redirect=Redirect.MANUAL),
            says(),
            {Reason.BAD_PORT, Reason.NO_CORS_NEEDS_FOLLOW},
            id="port-and-no-cors",
        ),
        pytest.param(asks(BAD_PORT, mode=Mode.NO_CORS), says(), {Reason.BAD_PORT}, id="port-and-no-cors-that-follows"),
        pytest.param(
            asks(f"{PAGE}/", mode=Mode.NO_CORS, redirect=Redirect.ERROR),
            leads_to("/x"),
            {Reason.REDIRECT_MODE_ERROR},
            id="error-and-no-cors-at-home",
        ),
        pytest.param(
            asks(),
            says(200, ("Location", BAD_PORT), allow=()),
            {Reason.ALLOW_ORIGIN_MISSING},
            id="a-location-that-leads-nowhere",
        ),
        pytest.param(asks(), says(allow=()), {Reason.ALLOW_ORIGIN_MISSING}, id="no-redirect"),
    ],
)
def test_what_else_refuses(request_: Request, answer: Answer, reasons: set[Reason]) -> None:
    """Whatever refuses besides the first is told, and nothing that does not."""
    outcome = predict(request_, in_order(answer)).outcome
    assert isinstance(outcome, Refusal)
    assert {outcome.reason, *outcome.also} == reasons
