"""What travels: the requests that the model sends, the answers that it is given, and pairs of both.

A `WireRequest` holds what the standard determines, not all that a browser adds (Host, User-Agent,
Cookie and the like are not the model's business). Answers are what an HTTP parser made of the bytes;
what no parser accepts is a `NetworkFailure`. No sockets here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from harness.oracle.grammar import OWS, is_header_value, is_token
from harness.oracle.headers import Headers, get


class Kind(StrEnum):
    """The two kinds of request in the CORS protocol."""

    PREFLIGHT = "preflight"
    ACTUAL = "actual"


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request that goes out.

    `headers`: the author's that survived, the defaults that the standard names (Accept,
    Content-Type), Origin and Access-Control-Request-*. `credentials`: whether cookies may go with
    it. `hop`: how many redirects led here.
    """

    kind: Kind
    method: str
    url: str
    headers: Headers = ()
    credentials: bool = False
    body: bytes | None = None
    hop: int = 0

    @property
    def origin(self) -> str | None:
        """The Origin header, or None where there is none."""
        return get("origin", self.headers)

    @property
    def requested_method(self) -> str | None:
        """Access-Control-Request-Method; only a preflight has one."""
        return get("access-control-request-method", self.headers)

    @property
    def requested_headers(self) -> str | None:
        """Access-Control-Request-Headers, exactly; None where there is no unsafe header."""
        return get("access-control-request-headers", self.headers)


@dataclass(frozen=True, slots=True)
class WireResponse:
    """One answer. Use `received` for raw fields; this constructor insists on clean ones."""

    status: int
    headers: Headers = ()

    def __post_init__(self) -> None:
        """#concept-status and #concept-header, as the standard has them."""
        if not 0 <= self.status <= 999:
            raise ValueError(f"status {self.status} is not in the range 0 to 999")
        for name, value in self.headers:
            if not is_token(name):
                raise ValueError(f"{name!r} is not a header name")
            if not is_header_value(value):
                raise ValueError(f"{value!r} is not a value of header {name}: see WireResponse.received")

    @classmethod
    @lru_cache(maxsize=1024)  # servers repeat themselves
    def received(cls, status: int, fields: Headers) -> WireResponse | NetworkFailure:
        """From raw fields: blanks round the values are trimmed, as every HTTP parser does.

        RFC 9110 section 5.5: a value with NUL, CR or LF makes the message invalid. A field whose
        name is no token cannot be in a header list, so it is left out.
        """
        headers = tuple((name, value.strip(OWS)) for name, value in fields if is_token(name))
        for name, value in headers:
            if not is_header_value(value):
                return NetworkFailure(f"header {name} holds NUL, CR or LF")
        return cls(status, headers)


@dataclass(frozen=True, slots=True)
class NetworkFailure:
    """No answer that HTTP can read: connection refused or reset, timeout, garbled message."""

    detail: str = ""


Answer: TypeAlias = WireResponse | NetworkFailure
Server: TypeAlias = Callable[[WireRequest], Answer]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of the model and the answer it was given."""

    request: WireRequest
    answer: Answer
