"""Grants: a policy compiled for machines. Which origin, method and header it lets in, and the headers that say so.

Pure: text in, header pairs out. The hooks send these pairs, derived scenarios expect them, audits compare with them.
Imports the oracle's grammar and `harness.origins`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from harness.oracle.classify import NON_WILDCARD_NAMES, is_safelisted_method
from harness.oracle.grammar import OWS, is_token
from harness.oracle.headers import Headers
from harness.origins import ANY, OriginPattern, parse_origin

_ORIGIN = "Origin"
_ASKED = "Access-Control-Request-Method, Access-Control-Request-Headers"


class Refusal(str, Enum):
    """Why a preflight is refused."""

    CLOSED = "closed to other origins"
    ORIGIN = "origin not allowed"
    METHOD = "method not allowed"
    HEADER = "request header not allowed"

    __str__ = str.__str__


@dataclass(frozen=True)
class PreflightAnswer:
    """What a preflight is answered: 204 and what is granted, or 403 and nothing, because of the refusal."""

    status: int
    headers: Headers
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Grant:
    """What pages of other origins may do at one endpoint. Lists are in the order in which they were declared."""

    origins: tuple[str, ...] = ()
    patterns: tuple[OriginPattern, ...] = ()
    public: bool = False
    methods: tuple[str, ...] = ()
    request_headers: tuple[str, ...] = ()
    credentials: bool = False
    exposed_headers: tuple[str, ...] = ()
    max_age: int | None = None
    _exact: frozenset[str] = field(init=False, repr=False, compare=False)
    _names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_exact", frozenset(self.origins))
        object.__setattr__(self, "_names", frozenset(name.lower() for name in self.request_headers))

    @property
    def closed(self) -> bool:
        """Whether no other origin may do anything."""
        return not (self.public or self.origins or self.patterns)

    def allows_origin(self, origin: str | None) -> str | None:
        """Return what Access-Control-Allow-Origin says to this origin, or None where there is to be no such header.

        None stands for a request without an Origin header: it is told `*` too, so that caches hold one answer for all.
        """
        if self.public:
            return ANY
        if origin is None:
            return None
        if origin in self._exact:
            return origin
        url = parse_origin(origin) if self.patterns else None
        return origin if url is not None and any(pattern.matches(url) for pattern in self.patterns) else None

    def allows_method(self, method: str) -> bool:
        """Tell whether pages may use a method; it is compared byte for byte, as Fetch does."""
        return method in self.methods or (ANY in self.methods and is_token(method))

    def allows_headers(self, asked: str | None) -> bool:
        """Tell whether pages may send the headers that a value of Access-Control-Request-Headers names."""
        names = [name for part in (asked or "").split(",") if (name := part.strip(OWS).lower())]
        if ANY not in self._names:
            return self._names.issuperset(names)
        return all(name in self._names or (is_token(name) and name not in NON_WILDCARD_NAMES) for name in names)

    def refusal(self, origin: str | None, method: str, headers: str | None) -> Refusal | None:
        """Return why a preflight is refused, or None for one that is not."""
        if self.closed:
            return Refusal.CLOSED
        if self.allows_origin(origin) is None:
            return Refusal.ORIGIN
        if not self.allows_method(method):
            return Refusal.METHOD
        return None if self.allows_headers(headers) else Refusal.HEADER

    def preflight(
        self, origin: str | None, method: str, headers: str | None, *, debug: bool = False
    ) -> PreflightAnswer:
        """Answer a preflight; the arguments are the values of Origin and of what it asks for.

        With ``debug`` a refusal has status 204 and the headers of the policy itself, which do not allow what was asked,
        so that the browser says what is missing. Where they would allow it to a browser, the refusal stays a 403.
        """
        refusal = self.refusal(origin, method, headers)
        if refusal is None:
            return PreflightAnswer(204, (*self._shared(self.allows_origin(origin)), *self._asked(), *self.vary_asked()))
        if debug and not self._is_beyond_words(refusal, method):
            told = self.allows_origin(origin) or next(iter(self.origins), None)
            return PreflightAnswer(204, (*self._shared(told), *self._asked(cached=False), *self.vary_asked()), refusal)
        return PreflightAnswer(403, self.vary_asked(), refusal)

    def actual(self, origin: str | None, method: str) -> Headers:
        """Return the CORS headers of every other answer, errors included; nothing but Vary where nothing is granted."""
        allowed = self.allows_origin(origin)
        if allowed is None or not self.allows_method(method):
            return self.vary()
        exposed = (("Access-Control-Expose-Headers", ", ".join(self.exposed_headers)),) if self.exposed_headers else ()
        return (*self._shared(allowed), *exposed, *self.vary())

    def vary(self) -> Headers:
        """Return what an answer depends on, as a header."""
        return () if self.public else (("Vary", _ORIGIN),)

    def vary_asked(self) -> Headers:
        """Return what an answer to a preflight depends on, as a header."""
        return (("Vary", _ASKED if self.public else f"{_ORIGIN}, {_ASKED}"),)

    def _shared(self, allowed: str | None) -> Headers:
        origin = (("Access-Control-Allow-Origin", allowed),) if allowed is not None else ()
        return (*origin, ("Access-Control-Allow-Credentials", "true")) if self.credentials else origin

    def _asked(self, *, cached: bool = True) -> Headers:
        found = [("Access-Control-Allow-Methods", ", ".join(self.methods))]
        if self.request_headers:
            found.append(("Access-Control-Allow-Headers", ", ".join(self.request_headers)))
        if cached and self.max_age is not None:
            found.append(("Access-Control-Max-Age", str(self.max_age)))
        return tuple(found)

    def _is_beyond_words(self, refusal: Refusal, method: str) -> bool:
        """Tell whether a browser that is shown the lists would go on, or would not say what is wrong.

        It needs no list for GET, HEAD and POST; beside a `*`, some let Authorization pass without being named.
        """
        match refusal:
            case Refusal.METHOD:
                return is_safelisted_method(method)
            case Refusal.HEADER:
                return ANY in self.request_headers
        return refusal is Refusal.CLOSED


@dataclass(frozen=True)
class CompiledPolicy:
    """The grant of every endpoint: of those with an override by their name, or by the rule that routes to them."""

    default: Grant
    by_endpoint: Mapping[str, Grant]
    by_path: Mapping[str, Grant]

    def of(self, endpoint: str | None, path: str | None) -> Grant:
        """Return the grant of an endpoint, reached by a rule such as `/items/<id>`; both are None for unknown URLs."""
        by_path = self.default if path is None else self.by_path.get(path, self.default)
        return by_path if endpoint is None else self.by_endpoint.get(endpoint, by_path)
