"""The CORS-preflight cache, as a value: storing and clearing give a new cache.

It has no clock; `now` (seconds, any origin) is always passed in. There is no network partition key:
one cache is one browsing context's. https://fetch.spec.whatwg.org/#cors-preflight-cache
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from harness.oracle.classify import NON_WILDCARD_NAMES
from harness.oracle.flight import Flight, serialize_request_origin
from harness.oracle.grammar import byte_lowercase
from harness.oracle.outcome import Refusal
from harness.oracle.request import Credentials
from harness.oracle.urls import Url

_WILDCARD = "*"


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One method or one header name that one origin may use at one URL. The other of the two is None."""

    origin: str
    url: Url
    max_age: int
    credentials: bool
    stored: float
    method: str | None = None
    header_name: str | None = None

    def is_alive(self, now: float) -> bool:
        """Entries must go once max-age has passed since they were stored; 0 is never alive."""
        return now < self.stored + self.max_age

    def matches(self, flight: Flight, now: float) -> bool:
        """#concept-cache-match. What was granted with credentials also serves without, not the other way."""
        return (
            self.url == flight.current_url
            and self.origin == serialize_request_origin(flight)
            and (self.credentials or flight.credentials is not Credentials.INCLUDE)
            and self.is_alive(now)
        )

    def grants_method(self, method: str) -> bool:
        """The part of #concept-cache-match-method about the entry. `*` was stored as it was sent."""
        return self.method in (method, _WILDCARD)

    def grants_header_name(self, name: str) -> bool:
        """The part of #concept-cache-match-header about the entry."""
        if self.header_name == _WILDCARD:
            return byte_lowercase(name) not in NON_WILDCARD_NAMES
        return self.header_name is not None and byte_lowercase(self.header_name) == byte_lowercase(name)


CacheEntryMatch: TypeAlias = Callable[[CacheEntry, Flight, float], bool]


@dataclass(frozen=True, slots=True)
class PreflightCache:
    """All entries, and the limit that the user agent imposes on max-age (None: no limit).

    `match` is always #concept-cache-match, unless it is said to be something else.
    """

    entries: tuple[CacheEntry, ...] = ()
    max_age_limit: int | None = None

    def __post_init__(self) -> None:
        """A negative limit is nonsense; 0 is a cache that forgets at once."""
        if self.max_age_limit is not None and self.max_age_limit < 0:
            raise ValueError(f"max_age_limit {self.max_age_limit} is negative")

    def has_method(self, method: str, flight: Flight, now: float, match: CacheEntryMatch = CacheEntry.matches) -> bool:
        """#concept-cache-match-method."""
        return any(entry.grants_method(method) and match(entry, flight, now) for entry in self.entries)

    def has_header_name(
        self, name: str, flight: Flight, now: float, match: CacheEntryMatch = CacheEntry.matches
    ) -> bool:
        """#concept-cache-match-header."""
        return any(entry.grants_header_name(name) and match(entry, flight, now) for entry in self.entries)

    def store(
        self,
        flight: Flight,
        now: float,
        max_age: int,
        methods: Iterable[str],
        header_names: Iterable[str],
        match: CacheEntryMatch = CacheEntry.matches,
    ) -> PreflightCache:
        """#cors-preflight-fetch steps 7.10 and 7.12 to 7.15: add what is new, renew what is there.

        Renewing sets max-age and leaves the moment of storing alone, as the standard has it.
        """
        if self.max_age_limit is not None:
            max_age = min(max_age, self.max_age_limit)
        entries = [entry for entry in self.entries if entry.is_alive(now)]
        origin, include = serialize_request_origin(flight), flight.credentials is Credentials.INCLUDE
        new = partial(CacheEntry, origin, flight.current_url, max_age, include, now)
        for method in methods:
            hits = [i for i, entry in enumerate(entries) if entry.grants_method(method) and match(entry, flight, now)]
            _renew_or_add(entries, hits, new(method=method))
        for name in header_names:
            hits = [
                i for i, entry in enumerate(entries) if entry.grants_header_name(name) and match(entry, flight, now)
            ]
            _renew_or_add(entries, hits, new(header_name=name))
        return replace(self, entries=tuple(entries))

    def clear(self, flight: Flight) -> PreflightCache:
        """#concept-cache-clear: all entries for this origin at this URL, with or without credentials."""
        origin, url = serialize_request_origin(flight), flight.current_url
        kept = tuple(entry for entry in self.entries if entry.origin != origin or entry.url != url)
        return replace(self, entries=kept)


def cache_after_failure(cache: PreflightCache, flight: Flight, _: Refusal, makes_preflight: bool) -> PreflightCache:
    """#main-fetch step 12: what fails although a preflight was there for it is forgotten, whatever made it fail."""
    return cache.clear(flight) if makes_preflight else cache


def cache_before_preflight(cache: PreflightCache, _: Flight) -> PreflightCache:
    """What the cache holds while a preflight is made: all that it held. No step of the standard touches it."""
    return cache


def _renew_or_add(entries: list[CacheEntry], hits: list[int], new: CacheEntry) -> None:
    for i in hits:
        entries[i] = replace(entries[i], max_age=new.max_age)
    if not hits:
        entries.append(new)
