"""What to change: for every reason that a server can mend, in the words of the case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.audit.fixes import FRAMEWORKS
from harness.oracle import Phase, Reason
from harness.prediction import Prediction
from harness.remedies import Asked, remedy
from harness.scenario import Outcome

PAGE = "http://localhost:1111"
ASKED = Asked(PAGE, "PUT", ("Content-Type", "X-Own"), "same-origin", "http://localhost:2222/items/1")
READ = Prediction(Outcome.ALLOWED, 200)
MENDED_BY_SERVERS = [
    reason
    for reason in Reason
    if reason.header not in (None, "Location", "Cross-Origin-Resource-Policy")
    or reason.phases in ((Phase.PREFLIGHT,), (Phase.PREFLIGHT, Phase.ACTUAL))
]


def refused(*reasons: Reason) -> Prediction:
    """Return a prediction that is a refusal for the first reason, and would be for the others."""
    return Prediction(Outcome.BLOCKED, reason=reasons[0].value, reasons=frozenset(reason.value for reason in reasons))


@pytest.mark.parametrize("reason", MENDED_BY_SERVERS, ids=lambda reason: reason.value)
def test_what_a_server_can_mend_has_a_fix_for_every_framework(reason: Reason) -> None:
    """A sentence and a text for each framework."""
    found = remedy(refused(reason), ASKED, (), None)
    assert found is not None
    assert found.what
    assert tuple(found.fixes) == FRAMEWORKS


WORDS = {
    "origin": (Reason.ALLOW_ORIGIN_MISSING, f"Access-Control-Allow-Origin: {PAGE},"),
    "credentials": (Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS, "Access-Control-Allow-Credentials: true"),
    "method": (Reason.METHOD_NOT_ALLOWED, "Add PUT"),
    "headers": (Reason.HEADER_NOT_ALLOWED, "Access-Control-Allow-Headers: Content-Type, X-Own"),
    "page": (Reason.METHOD_FORBIDDEN, "Change the page"),
}


@pytest.mark.parametrize(("reason", "words"), WORDS.values(), ids=WORDS)
def test_the_sentence_names_the_case(reason: Reason, words: str) -> None:
    """Origin, method and headers are those that were asked with."""
    found = remedy(refused(reason), ASKED, (), None)
    assert found is not None
    assert words in found.what


def test_what_lies_behind_missing_headers_is_mended_first() -> None:
    """A login check that answered the preflight with 401 lacks the headers too: the status is what to mend."""
    found = remedy(refused(Reason.ALLOW_ORIGIN_MISSING, Reason.PREFLIGHT_STATUS_NOT_OK), ASKED, (), None)
    assert found is not None
    assert "before login checks" in found.what


def test_null_is_not_let_in() -> None:
    """A sandboxed page is told to have an origin; the server is not told to allow null."""
    found = remedy(refused(Reason.ALLOW_ORIGIN_MISSING), replace(ASKED, origin="null"), (), None)
    assert found is not None
    assert "do not allow null" in found.what
    assert "Access-Control-Allow-Origin" not in found.what


def test_what_was_read_may_still_lack_something() -> None:
    """A 401 for want of a cookie, headers that are not exposed; and where all is well, nothing."""
    cookie, hidden = remedy(READ, ASKED, (), 401), remedy(READ, ASKED, ("X-Total-Count",), 200)
    assert cookie is not None
    assert "credentials: 'include'" in cookie.what
    assert hidden is not None
    assert "Access-Control-Expose-Headers: X-Total-Count" in hidden.what
    assert remedy(READ, ASKED, (), 200) is None
    assert remedy(READ, replace(ASKED, credentials="include"), (), 401) is None
    assert remedy(Prediction(None), ASKED, ("X-Total-Count",), 200) is None
