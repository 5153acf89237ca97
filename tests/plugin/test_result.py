"""Results made from records, without a browser: what counts as a verdict, and what is printed of it."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.observation import Observation, PageOutcome, PageResult
from harness.plan import Places, plan
from harness.prober import Question
from harness.result import CorsResult, Headers, NoVerdict, result_of
from harness.scenario import Step
from harness.wire import Ending, Exchange, Pairs

ORIGIN = "https://app.example.com"
ANY = (("access-control-allow-origin", "*"),)
OWN = (("access-control-allow-origin", ORIGIN),)
WITH_CREDENTIALS = (*OWN, ("access-control-allow-credentials", "true"))
AWAY = (*OWN, ("location", "https://elsewhere.example/"))


class Somewhere:
    """Origins that no site has."""

    def places(self, api: str, page: str) -> Places:
        """Return the page's own, and names for the API."""
        ours, api = (("page", page), ("home", page)), "https://api.example.com"
        return (*ours, ("api", api), ("api2", "https://api2.example.com"), ("cross", "https://api.example.net"))

    def http_2_origin(self) -> str:
        """Return a name that speaks HTTP/2."""
        return "https://h2.example.com"


def result(answer: Pairs, credentials: str = "same-origin", error: str = "") -> CorsResult:
    """Return what comes of a network error at the page after this answer to the actual request."""
    case = Question(Step("GET", "{api}/a?token=secret", credentials=credentials), page=ORIGIN).case("api")
    planned = plan(case, Somewhere())
    target = f"/a?token=secret&corsproof={planned.token}"
    asks = (("host", "api.example.com"), ("origin", ORIGIN), ("cookie", "secret"), ("accept", "*/*"))
    exchange = Exchange(
        "api", "t0", "GET", target, asks, 200, answer, ending=Ending.COMPLETE, error=error, scheme="https"
    )
    page = PageResult(0, ORIGIN, PageOutcome.NETWORK_ERROR)
    said = "blocked https://api.example.com/a?token=secret&corsproof=t0 (reason)"
    return result_of(planned, Observation((page,), (exchange,), (said,)), "firefox")


@pytest.mark.parametrize(
    ("answer", "credentials"),
    [((), "same-origin"), ((*ANY, *ANY), "omit"), (ANY, "include"), (OWN, "include")],
    ids=["no permission", "doubled permission", "wildcard with credentials", "no word on credentials"],
)
def test_a_refused_answer_is_a_block(answer: Pairs, credentials: str) -> None:
    """A network error after an answer that the CORS check refuses is a block, with the step of Fetch that refuses."""
    blocked = result(answer, credentials).blocked_by
    assert blocked is not None
    assert blocked.why
    assert blocked.clause.startswith("https://fetch.spec.whatwg.org/#")
    assert "standard   " + blocked.why in result(answer, credentials).describe()


@pytest.mark.parametrize(
    ("answer", "credentials", "error", "why"),
    [
        (ANY, "same-origin", "", "nothing on the wire is a reason"),
        (OWN, "omit", "", "nothing on the wire is a reason"),
        (WITH_CREDENTIALS, "include", "", "nothing on the wire is a reason"),
        (AWAY, "omit", "", "nothing on the wire is a reason"),
        ((), "omit", "RuntimeError: x", "the application failed in the actual request: RuntimeError: x"),
        ((("access-control-allow-origin", "\0*"),), "omit", "", "no answer came that is HTTP"),
    ],
    ids=["wildcard", "own origin", "credentials", "redirect", "an application that raised", "an answer that is none"],
)
def test_a_permitted_answer_is_no_block(answer: Pairs, credentials: str, error: str, why: str) -> None:
    """A network error that the answer on record does not explain is no verdict about CORS."""
    with pytest.raises(NoVerdict, match=why) as caught:
        result(answer, credentials, error)
    assert "secret" not in str(caught.value)


UNSENT: dict[str, tuple[Step, PageOutcome, str]] = {
    "refused by the fetch": (Step("GET", "{api}/a", mode="same-origin"), PageOutcome.NETWORK_ERROR, "nothing was sent"),
    "refused by the call": (Step("TRACE", "{api}/a"), PageOutcome.EXCEPTION, "refused the call itself"),
}


@pytest.mark.parametrize(("step", "outcome", "why"), UNSENT.values(), ids=UNSENT)
def test_what_was_never_sent_is_no_verdict(step: Step, outcome: PageOutcome, why: str) -> None:
    """What the browser refuses by itself says nothing about the application."""
    planned = plan(Question(step, page=ORIGIN).case("api"), Somewhere())
    page = PageResult(0, ORIGIN, outcome, error="TypeError: no")
    with pytest.raises(NoVerdict, match=why):
        result_of(planned, Observation((page,), ()), "firefox")


@pytest.mark.parametrize("method", ["", "G T", "GET\n", "GÉT", "(GET)"])
def test_a_question_needs_a_method_that_is_one(method: str) -> None:
    """A scenario may try any, to see it refused; who asks about his application has made a mistake."""
    with pytest.raises(UsageError, match="is no token"):
        Question(Step(method, "{api}/a")).case("api")
    assert Question(Step("M-SEARCH", "{api}/a")).case("api").scenario.steps[0].method == "M-SEARCH"


def test_nothing_secret_is_printed() -> None:
    """Cookies, tokens in URLs and the harness's own parameter stay out of every text; the record itself keeps them."""
    blocked = result(())
    for text in (str(blocked), repr(blocked), repr(blocked.actual), str(blocked.blocked_by), repr(blocked.blocked_by)):
        assert "secret" not in text
        assert "corsproof=" not in text
    assert ("cookie", "secret") in blocked.exchanges[0].request_headers
    assert "/a?token=[redacted] (reason)" in str(blocked.blocked_by)


def test_a_block_has_no_body() -> None:
    """What script could not read cannot be parsed either, and the error says why."""
    with pytest.raises(ValueError, match=r"no body: <CorsResult GET .* in firefox: blocked \(actual\)>"):
        result(()).json()


def test_headers_are_read_as_script_reads_them() -> None:
    """Names in any case, doubled headers joined, secrets out of the repr."""
    headers = Headers((("Vary", "a"), ("vary", "b"), ("X-Token", "secret")))
    assert (headers["VARY"], headers["x-token"]) == ("a, b", "secret")
    assert (set(headers), "secret" in repr(headers), "nothing" in headers) == ({"vary", "x-token"}, False, False)
