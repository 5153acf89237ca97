"""Remedies: what to change so that a request that was refused would be let in, or would get what it was after.

In one sentence, made of the case, and by framework, in the texts of the audit (`harness.audit.fixes`). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.audit import fixes
from harness.oracle import Reason
from harness.prediction import Prediction

Fix = Mapping[str, str]


@dataclass(frozen=True)
class Remedy:
    """What to change: ``what`` in a sentence, ``fixes`` by framework (none where it is the page that must change)."""

    what: str
    fixes: Fix


@dataclass(frozen=True)
class Asked:
    """What a remedy needs to know of a case: the page's origin, and the step as the agent had it."""

    origin: str
    method: str
    headers: Sequence[str]
    credentials: str
    url: str


def remedy(prediction: Prediction, asked: Asked, hidden: Sequence[str], status: int | None) -> Remedy | None:
    """Return what to change, or None where there is nothing to want."""
    if prediction.reason:
        return _of_refusal(_first_to_mend(prediction), asked)
    if prediction.outcome is None:
        return None
    if status in (401, 403) and asked.credentials != "include" and not asked.url.startswith(f"{asked.origin}/"):
        what = "fetch(…, { credentials: 'include' }), or withCredentials = true: else no cookie goes to another origin."
        return Remedy(
            f"The page has to send its cookies: {what} The server must then allow credentials.", fixes.CREDENTIALS
        )
    if hidden:
        names = ", ".join(dict.fromkeys(hidden))
        return Remedy(f"Answer with Access-Control-Expose-Headers: {names}, if pages are to read them.", fixes.EXPOSE)
    return None


def _first_to_mend(prediction: Prediction) -> Reason:
    """Return the reason, or what lies behind it: a preflight that never got as far as CORS lacks its headers, too."""
    behind = (Reason.PREFLIGHT_REDIRECT, Reason.PREFLIGHT_STATUS_NOT_OK)
    return next((one for one in behind if one.value in prediction.reasons), Reason.named(prediction.reason))


def _of_refusal(reason: Reason, asked: Asked) -> Remedy:
    make, fix = _REMEDIES.get(reason, (lambda _: "Change the page: no answer of the server changes that.", {}))
    return Remedy(make(asked), fix)


def _names(asked: Asked) -> str:
    return ", ".join(asked.headers) or "the header"


def _one_origin(asked: Asked) -> str:
    if asked.origin == "null":
        return (
            "A sandboxed page has the origin null, which anybody's has: give the page a real origin; do not allow null."
        )
    return f"Answer with Access-Control-Allow-Origin: {asked.origin}, once, exactly as the page's Origin header has it."


def _on_every_answer(asked: Asked) -> str:
    more = " Do so on errors, on redirects and on the preflight, too." if asked.origin != "null" else ""
    return _one_origin(asked) + more


def _credentials(asked: Asked) -> str:
    return f"{_one_origin(asked)} And with Access-Control-Allow-Credentials: true. With credentials, * does not count."


_PREFLIGHT_OK = "Answer the preflight (OPTIONS) with 204 and the headers, before login checks, routing and redirects."
_REMEDIES: Mapping[Reason, tuple[Callable[[Asked], str], Fix]] = {
    Reason.NETWORK_FAILURE: (
        lambda _: "This is no matter of CORS: the server gave no answer. Look at its log.",
        fixes.ANSWER_AT_ALL,
    ),
    Reason.ALLOW_ORIGIN_MISSING: (_on_every_answer, fixes.ALSO_ON_ERRORS),
    Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS: (_credentials, fixes.CREDENTIALS),
    Reason.ALLOW_ORIGIN_MULTIPLE: (_one_origin, fixes.ONE_ORIGIN),
    Reason.ALLOW_ORIGIN_MISMATCH: (_one_origin, fixes.ONE_ORIGIN),
    Reason.ALLOW_CREDENTIALS_MISSING: (_credentials, fixes.CREDENTIALS),
    Reason.ALLOW_CREDENTIALS_NOT_TRUE: (_credentials, fixes.CREDENTIALS),
    Reason.PREFLIGHT_REDIRECT: (lambda _: f"Do not redirect preflights. {_PREFLIGHT_OK}", fixes.PREFLIGHT_FIRST),
    Reason.PREFLIGHT_STATUS_NOT_OK: (lambda _: _PREFLIGHT_OK, fixes.PREFLIGHT_FIRST),
    Reason.ALLOW_METHODS_MALFORMED: (
        lambda asked: f"Answer the preflight with Access-Control-Allow-Methods: {asked.method}, names and commas only.",
        fixes.METHODS,
    ),
    Reason.METHOD_NOT_ALLOWED: (
        lambda asked: f"Add {asked.method} to the preflight's Access-Control-Allow-Methods, in exactly this case.",
        fixes.METHODS,
    ),
    Reason.METHOD_WILDCARD_WITH_CREDENTIALS: (
        lambda asked: f"Name {asked.method} in Access-Control-Allow-Methods: with credentials, * does not count.",
        fixes.NO_STAR,
    ),
    Reason.ALLOW_HEADERS_MALFORMED: (
        lambda asked: (
            f"Answer the preflight with Access-Control-Allow-Headers: {_names(asked)}, names and commas only."
        ),
        fixes.LISTED,
    ),
    Reason.HEADER_NOT_ALLOWED: (
        lambda asked: f"Answer the preflight with Access-Control-Allow-Headers: {_names(asked)}.",
        fixes.LISTED,
    ),
    Reason.AUTHORIZATION_NEEDS_LISTING: (
        lambda _: "Name Authorization in Access-Control-Allow-Headers: * does not cover it.",
        fixes.NO_STAR,
    ),
    Reason.HEADER_WILDCARD_WITH_CREDENTIALS: (
        lambda asked: f"Name {_names(asked)} in Access-Control-Allow-Headers: with credentials, * does not count.",
        fixes.NO_STAR,
    ),
    Reason.REDIRECT_INCLUDES_CREDENTIALS: (
        lambda _: "Redirect to a URL without a user name and a password.",
        fixes.NO_REDIRECT,
    ),
    Reason.REDIRECT_MODE_ERROR: (lambda _: "Ask the final URL, or let the page follow redirects.", fixes.NO_REDIRECT),
}
