"""Evidence: preflights and answers in words, and what shows that a page failed for the same reason.

Pure; imports the records of surveys, sights and findings.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.audit.findings import Shows
from harness.audit.sights import Sight
from harness.audit.survey import Reply
from harness.wire import Pairs

_TELLING = ("allow", "location", "www-authenticate")


def names_of(headers: Pairs) -> frozenset[str]:
    """Return the names of headers, in lower case."""
    return frozenset(name.lower() for name, _ in headers)


def names(reply: Reply) -> frozenset[str]:
    """Return the names of a reply's headers, in lower case."""
    return names_of(reply.headers)


def asked(reply: Reply) -> str:
    """Return an OPTIONS and its answer, as far as they matter."""
    sent = [
        f"{name}: {value}" for name, value in reply.probe.headers if name.lower() not in ("cookie", "authorization")
    ]
    return f"OPTIONS {reply.probe.target} ({', '.join(sent) or 'no header'}): {_answer(reply)}"


def answered(reply: Reply) -> str:
    """Return an actual request and its answer, as far as they matter."""
    return f"{reply.probe.method} {reply.probe.target} with Origin {reply.origin}: {_answer(reply)}"


def _answer(reply: Reply) -> str:
    told = [
        f"{name}: {value}"
        for name, value in reply.headers
        if name.lower().startswith("access-control-") or name.lower() in _TELLING
    ]
    return ", ".join((f"status {reply.status}", *told))


def blocked_by(statuses: set[int | None]) -> Shows:
    """Show what was blocked after a preflight with one of these statuses."""

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [one for one in sights if one.is_blocked and any(each.status in statuses for each in one.preflights)]

    return shows


def not_sent(method: str) -> Shows:
    """Show what was blocked after a preflight, and without the request itself."""

    def shows(sights: Sequence[Sight]) -> Sequence[Sight]:
        return [
            one
            for one in sights
            if one.is_blocked and one.preflights and all(actual.method != method for actual in one.actuals)
        ]

    return shows
