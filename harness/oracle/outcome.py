"""What comes out: a response that script can read, or a refusal with its reason.

`Failure` is what one check finds; `Refusal` is a failure in its place in the walk. Pure records.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.oracle.headers import Headers, get
from harness.oracle.reasons import Phase, Reason


class ResponseType(StrEnum):
    """#concept-response-type, as script sees it in `response.type`."""

    BASIC = "basic"
    CORS = "cors"
    OPAQUE = "opaque"
    OPAQUE_REDIRECT = "opaqueredirect"


class SeenAs(StrEnum):
    """How script learns of a refusal; it never learns the reason."""

    TYPE_ERROR = "TypeError"  # fetch(): always, whether thrown by the API or a network error
    SYNTAX_ERROR = "SyntaxError"  # XMLHttpRequest: open() and setRequestHeader() with ill-formed arguments
    SECURITY_ERROR = "SecurityError"  # XMLHttpRequest: open() with a forbidden method
    ERROR_EVENT = "error event"  # XMLHttpRequest: status 0 and an error event


@dataclass(frozen=True, slots=True)
class Failure:
    """What one check found: the reason, the header that decided and its value, and what it was about.

    `value` is None where the header is absent. `subject` is what was looked for and not found: the
    origin, the method, the header name, the URL.
    """

    reason: Reason
    subject: str | None = None
    header: str | None = None
    value: str | None = None

    @classmethod
    def of(cls, reason: Reason, headers: Headers, subject: str | None = None) -> Failure:
        """A failure decided by the reason's own header among these."""
        assert reason.header is not None, "this reason is decided by no header"
        return cls(reason, subject, reason.header, get(reason.header, headers))


# What the promise or the error event says though nothing went out; all else of phase "request" is thrown by the API.
_AFTER_THE_CALL = frozenset(
    {Reason.BAD_PORT, Reason.MODE_SAME_ORIGIN, Reason.NO_CORS_NEEDS_FOLLOW, Reason.STREAM_OVER_HTTP_ONE}
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Script reads nothing, and why.

    `hop` counts the redirects followed before. `also` lists what would have refused the same answer
    as well: an engine that checks in another order names one of those.
    """

    failure: Failure
    phase: Phase
    hop: int
    seen_as: SeenAs
    also: tuple[Reason, ...] = ()

    @property
    def reason(self) -> Reason:
        """The first step of the standard that refuses."""
        return self.failure.reason

    @property
    def is_thrown(self) -> bool:
        """Whether the API refuses the call itself, rather than script learning of a fetch that failed."""
        return self.phase is Phase.REQUEST and self.reason not in _AFTER_THE_CALL

    @property
    def where(self) -> str:
        """The phase for people: `preflight`, `actual`, `redirect 2`, `preflight after redirect 1`."""
        if self.phase is Phase.REDIRECT:
            return f"redirect {self.hop + 1}"
        return self.phase.value + (f" after redirect {self.hop}" if self.hop else "")

    @property
    def sentence(self) -> str:
        """The reason's sentence with the particulars of this case."""
        parts = [self.reason.sentence]
        if self.failure.header is not None and self.failure.value is not None:
            parts.append(f"{self.failure.header} was {self.failure.value!r}.")
        if self.failure.subject is not None:
            parts.append(f"Concerned: {self.failure.subject!r}.")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Readable:
    """Script gets a response, filtered: status and headers as it reads them.

    `headers` are lower-case, sorted and combined, as iteration over `response.headers` gives them.
    An opaque response has status 0, no headers and no URL.
    """

    type: ResponseType
    status: int = 0
    headers: Headers = ()
    url: str = ""
    redirected: bool = False

    @property
    def header_names(self) -> tuple[str, ...]:
        """The exact readable header names, lower-case and sorted."""
        return tuple(name for name, _ in self.headers)
