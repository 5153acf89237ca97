"""Requests that no author can write do not exist; all problems are told at once."""

from __future__ import annotations

from typing import Any

import pytest
from scenes import URL, asks

from harness.oracle import Api, BodyKind, Credentials, Mode, Redirect


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        pytest.param({"url": "/relative"}, "not an absolute http", id="relative URL"),
        pytest.param({"url": "data:text/plain,hi"}, "not an absolute http", id="another scheme"),
        pytest.param({"url": f"{URL}?\xe9"}, "in ASCII", id="URL not in ASCII"),
        pytest.param({"origin": "http://app.test/"}, "neither an http", id="origin with a slash"),
        pytest.param({"upload_listener": True}, "upload listeners", id="upload listener on fetch"),
        pytest.param({"api": Api.XHR, "mode": Mode.NO_CORS}, "no mode 'no-cors'", id="mode on XHR"),
        pytest.param({"api": Api.XHR, "redirect": Redirect.ERROR}, "redirect mode 'error'", id="redirect mode on XHR"),
        pytest.param({"api": Api.XHR, "credentials": Credentials.OMIT}, "cannot omit", id="omit on XHR"),
        pytest.param({"api": Api.XHR, "body_kind": BodyKind.STREAM}, "no stream", id="stream on XHR"),
    ],
)
def test_refused_when_made(more: dict[str, Any], problem: str) -> None:
    """What lies outside the model is the caller's mistake, not a prediction."""
    with pytest.raises(ValueError, match=problem):
        asks(**more)


def test_all_problems_at_once() -> None:
    """One error lists every problem."""
    with pytest.raises(ValueError, match=r"url .*; origin .*"):
        asks(url="nonsense", origin="nonsense")


def test_what_is_possible() -> None:
    """The same options pass where the API has them."""
    asks(mode=Mode.NO_CORS, redirect=Redirect.MANUAL, credentials=Credentials.OMIT, body_kind=BodyKind.STREAM)
    asks(api=Api.XHR, upload_listener=True, credentials=Credentials.INCLUDE, origin="null")
