"""The gallery: classic CORS failures, each one request, ready to be fired; rows and nothing else.

Most are asked of a broken variant of the hooks (`server_site.hooks.broken`). What no hook set gets wrong has canned
answers. Each row says which reason of the oracle it is about, or none where the answer is let in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.literal import Answer, Rule, Script
from harness.oracle import Reason
from harness.scenario import Step
from harness.wire import Kind, Pairs

CANNED = "canned:"  # how the name of an API begins that gives the canned answers of a row
_JSON = (("Content-Type", "application/json"),)
_HERE = ("Access-Control-Allow-Origin", "{page}")


@dataclass(frozen=True)
class Failure:
    """One classic failure.

    ``hooks`` is the API that is asked, ``script`` its canned answers instead; ``before`` is asked first, by the same
    page, and not explained.
    """

    id: str
    title: str
    story: str
    step: Step
    hooks: str = ""
    reason: Reason | None = None
    page: str = "http://localhost"
    script: Script | None = None
    before: tuple[Step, ...] = ()

    @property
    def api(self) -> str:
        """The name of the API that is asked."""
        return self.hooks or f"{CANNED}{self.id}"


def _canned(preflight: Pairs, actual: Pairs = (_HERE,)) -> Script:
    return Script(
        (
            Rule((Answer(204, preflight),), Kind.PREFLIGHT),
            Rule((Answer(200, (*actual, ("Content-Type", "application/json")), b"{}"),), Kind.ACTUAL),
        )
    )


def step(
    method: str, path: str, headers: Pairs = (), body: str | None = None, credentials: str = "same-origin"
) -> Step:
    """Return a request of the page to a path of the API."""
    return Step(method, f"{{api}}{path}", headers, body, credentials)


ROWS: tuple[Failure, ...] = (
    Failure(
        "no-allow-origin",
        "No Access-Control-Allow-Origin",
        "The API has never heard of CORS. The request arrives and is answered; script gets nothing.",
        step("GET", "/items"),
        "none",
        Reason.ALLOW_ORIGIN_MISSING,
    ),
    Failure(
        "wildcard-with-credentials",
        "* together with credentials",
        "The page sends its cookies, and the API answers *: for a request with credentials that is no leave.",
        step("GET", "/items", credentials="include"),
        "broken:wildcard-credentials",
        Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
    ),
    Failure(
        "trailing-slash",
        "An origin with a slash at its end",
        "http://localhost:5000/ looks like an origin and is none: the check compares byte for byte.",
        step("GET", "/items"),
        "broken:trailing-slash",
        Reason.ALLOW_ORIGIN_MISMATCH,
    ),
    Failure(
        "doubled",
        "The header twice",
        "Application and reverse proxy both add Access-Control-Allow-Origin. Two values are one too many.",
        step("GET", "/items"),
        "broken:doubled-allow-origin",
        Reason.ALLOW_ORIGIN_MULTIPLE,
    ),
    Failure(
        "preflight-404",
        "The preflight gets 404",
        "No route knows OPTIONS. Whatever headers that answer has, a preflight needs a status of 200 to 299.",
        step("PUT", "/items/1", _JSON, "{}"),
        "broken:preflight-404",
        Reason.PREFLIGHT_STATUS_NOT_OK,
    ),
    Failure(
        "preflight-401",
        "The preflight gets 401",
        "A login check stands in front of everything. A preflight carries no cookie and no token, and fails it.",
        step("PUT", "/me", (*_JSON, ("Authorization", "Bearer letmein")), "{}"),
        "broken:preflight-401",
        Reason.PREFLIGHT_STATUS_NOT_OK,
    ),
    Failure(
        "preflight-redirect",
        "The preflight is redirected",
        "To https, to a URL with a slash, to a login: a preflight follows no redirect.",
        step("PUT", "/items/1", _JSON, "{}"),
        "broken:preflight-redirect",
        Reason.PREFLIGHT_REDIRECT,
    ),
    Failure(
        "json-not-allowed",
        "JSON needs leave",
        "Content-Type: application/json is no simple header: Access-Control-Allow-Headers must name it.",
        step("POST", "/orders", _JSON, "{}"),
        reason=Reason.HEADER_NOT_ALLOWED,
        script=_canned((_HERE, ("Access-Control-Allow-Methods", "GET, POST"))),
    ),
    Failure(
        "method-not-allowed",
        "A method that is not listed",
        "The preflight is answered well, for GET and POST. The page wanted DELETE.",
        step("DELETE", "/orders/1"),
        reason=Reason.METHOD_NOT_ALLOWED,
        script=_canned((_HERE, ("Access-Control-Allow-Methods", "GET, POST"))),
    ),
    Failure(
        "lower-case-patch",
        "patch is not PATCH",
        "fetch() writes get and put in upper case, but not patch; and methods are compared as they are.",
        step("patch", "/orders/1"),
        reason=Reason.METHOD_NOT_ALLOWED,
        script=_canned((_HERE, ("Access-Control-Allow-Methods", "GET, PUT, PATCH"))),
    ),
    Failure(
        "error-without-cors",
        "An error without CORS",
        "A 500 that leaves the server past the hooks: the page sees a CORS error, and never the real one.",
        step("GET", "/error"),
        "broken:errors-without-cors",
        Reason.ALLOW_ORIGIN_MISSING,
    ),
    Failure(
        "null-origin",
        "A sandboxed page is nobody",
        "In a sandboxed frame the origin is null. The API knows its origins by name, and null is not among them.",
        step("GET", "/items"),
        "hardened",
        Reason.ALLOW_ORIGIN_MISSING,
        page="null",
    ),
    Failure(
        "unexposed-header",
        "A header that script does not see",
        "The answer is let in, and X-Total-Count is on the wire. Script sees it only where it is exposed.",
        step("GET", "/exposed"),
        "published",
    ),
    Failure(
        "cookie-not-sent",
        "The cookie stays at home",
        "The user has just signed in, with a cookie. This request does not ask for credentials, so none goes with it.",
        step("GET", "/me"),
        "hardened",
        before=(step("POST", "/login", credentials="include"),),
    ),
    Failure(
        "no-answer",
        "No answer at all",
        "The server hangs up on the preflight. Script sees the same error; it is no matter of CORS.",
        step("PUT", "/items/1", _JSON, "{}"),
        "broken:closed-in-preflight",
        Reason.NETWORK_FAILURE,
    ),
)


def row(name: str) -> Failure | None:
    """Return the row of an id, or None."""
    return next((one for one in ROWS if one.id == name), None)


def canned() -> Iterator[Failure]:
    """Yield the rows with canned answers."""
    return (one for one in ROWS if one.script is not None)
