"""The preflight cache: what is kept, for whom, for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from scenes import URL, flies

from harness.oracle import Credentials, Failure, Phase, PreflightCache, Reason, Refusal, SeenAs
from harness.oracle.cache import CacheEntry, cache_after_failure, cache_before_preflight

EMPTY = PreflightCache()
INCLUDE = Credentials.INCLUDE


def filled(now: float = 0.0, max_age: int = 10, limit: int | None = None, **more: Any) -> PreflightCache:
    """A cache with the method PUT and the header X-A for one request."""
    return PreflightCache(max_age_limit=limit).store(flies(**more), now, max_age, ["PUT"], ["X-A"])


def hits(cache: PreflightCache, now: float = 1.0, **more: Any) -> tuple[bool, bool]:
    """Whether PUT and x-a are in the cache for one request."""
    flight = flies(**more)
    return cache.has_method("PUT", flight, now), cache.has_header_name("x-a", flight, now)


def test_an_empty_cache_has_nothing() -> None:
    """Nothing is granted that was not stored."""
    assert hits(EMPTY) == (False, False)


@pytest.mark.parametrize(
    ("stored", "asked", "expected"),
    [
        pytest.param({}, {}, True, id="same"),
        pytest.param({}, {"method": "DELETE"}, True, id="the request's own method is no key"),
        pytest.param({}, {"origin": "http://b.test"}, False, id="another origin"),
        pytest.param({"origin": "null"}, {"origin": "null"}, True, id="opaque origins share"),
        pytest.param({}, {"url": f"{URL}?q"}, False, id="another query"),
        pytest.param({}, {"url": f"{URL}#f"}, False, id="another fragment is another URL"),
        pytest.param({}, {"credentials": INCLUDE}, False, id="made without credentials, used with"),
        pytest.param({"credentials": INCLUDE}, {}, True, id="made with credentials, used without"),
        pytest.param({"credentials": INCLUDE}, {"credentials": INCLUDE}, True, id="with credentials both times"),
        pytest.param({}, {"credentials": Credentials.OMIT}, True, id="omit and same-origin are alike"),
    ],
)
def test_key(stored: dict[str, Any], asked: dict[str, Any], expected: bool) -> None:
    """Entries belong to an origin, a URL and a credentials mode."""
    assert hits(filled(**stored), **asked) == (expected, expected)


@pytest.mark.parametrize(
    ("max_age", "limit", "now", "alive"),
    [
        pytest.param(10, None, 0.0, True, id="at once"),
        pytest.param(10, None, 9.9, True, id="shortly before"),
        pytest.param(10, None, 10.0, False, id="exactly then"),
        pytest.param(0, None, 0.0, False, id="zero never lives"),
        pytest.param(600, 5, 4.9, True, id="below the limit"),
        pytest.param(600, 5, 5.0, False, id="cut to the limit"),
        pytest.param(3, 5, 3.0, False, id="the limit does not lengthen"),
        pytest.param(600, 0, 0.0, False, id="a limit of zero"),
    ],
)
def test_age(max_age: int, limit: int | None, now: float, alive: bool) -> None:
    """Entries live for max-age, or for the limit if that is shorter."""
    assert hits(filled(max_age=max_age, limit=limit), now) == (alive, alive)


def test_a_negative_limit_is_a_mistake() -> None:
    """A limit below zero makes no sense."""
    with pytest.raises(ValueError, match="-1"):
        PreflightCache(max_age_limit=-1)


def test_methods_and_names_are_apart() -> None:
    """A method entry grants no header and the other way round; case counts for methods only."""
    cache = EMPTY.store(flies(), 0.0, 10, ["X-A"], ["PUT"])
    assert hits(cache) == (False, False)
    assert cache.has_header_name("put", flies(), 1.0)
    assert not cache.has_method("x-a", flies(), 1.0)


def test_wildcards() -> None:
    """A stored `*` grants every method, and every header but Authorization."""
    cache = EMPTY.store(flies(), 0.0, 10, ["*"], ["*"])
    assert hits(cache) == (True, True)
    assert not cache.has_header_name("Authorization", flies(), 1.0)
    assert EMPTY.store(flies(), 0.0, 10, [], ["authorization"]).has_header_name("Authorization", flies(), 1.0)


def test_storing_adds_and_keeps_the_old() -> None:
    """A second preflight adds entries to those of the first."""
    cache = EMPTY.store(flies(), 0.0, 10, ["PUT"], []).store(flies(), 0.0, 10, ["PATCH"], ["X-A"])
    assert hits(cache) == (True, True)
    assert cache.has_method("PATCH", flies(), 1.0)
    assert len(cache.entries) == 3


def test_storing_again_renews_without_doubling() -> None:
    """An entry that is there gets the new max-age, counted from when it was first stored."""
    cache = filled(now=0.0, max_age=10).store(flies(), 4.0, 6, ["PUT"], ["x-a"])
    assert [(entry.stored, entry.max_age) for entry in cache.entries] == [(0.0, 6), (0.0, 6)]
    assert hits(cache, 5.9) == (True, True)
    assert hits(cache, 6.0) == (False, False)


def test_renewing_reaches_every_matching_entry() -> None:
    """A wildcard entry matches what is stored beside it, so it is renewed as well."""
    cache = EMPTY.store(flies(), 0.0, 10, ["*"], ["*"]).store(flies(), 0.0, 20, ["PUT"], ["X-A", "Authorization"])
    assert [(entry.method, entry.header_name, entry.max_age) for entry in cache.entries] == [
        ("*", None, 20),
        (None, "*", 20),
        (None, "Authorization", 20),
    ]


def test_storing_leaves_the_entries_of_others_alone() -> None:
    """Entries of another origin, URL or credentials mode are neither renewed nor taken for a match."""
    with_credentials: dict[str, Any] = {"credentials": INCLUDE}
    for more in ({"origin": "http://b.test"}, {"url": f"{URL}2"}, with_credentials):
        cache = filled().store(flies(**more), 0.0, 99, ["PUT"], ["X-A"])
        assert [entry.max_age for entry in cache.entries] == [10, 10, 99, 99]
    renewed = filled(**with_credentials).store(flies(), 0.0, 99, ["PUT"], ["X-A"])
    assert [(entry.max_age, entry.credentials) for entry in renewed.entries] == [(99, True), (99, True)]


def test_expired_entries_are_dropped_not_renewed() -> None:
    """What has expired is gone when something is stored, and its successor starts anew."""
    cache = filled(now=0.0, max_age=10).store(flies(), 10.0, 10, ["PUT"], [])
    assert cache.entries == (
        CacheEntry("http://app.test:8000", flies().current_url, 10, credentials=False, stored=10.0, method="PUT"),
    )


@pytest.mark.parametrize(
    ("more", "left"),
    [
        pytest.param({}, 0, id="same"),
        pytest.param({"credentials": INCLUDE}, 0, id="whatever the credentials"),
        pytest.param({"origin": "http://b.test"}, 2, id="another origin"),
        pytest.param({"url": f"{URL}2"}, 2, id="another URL"),
    ],
)
def test_clear(more: dict[str, Any], left: int) -> None:
    """Clearing takes all entries of one origin at one URL, and no other."""
    assert len(filled(limit=7).clear(flies(**more)).entries) == left
    assert filled(limit=7).clear(flies(**more)).max_age_limit == 7


@pytest.mark.parametrize(("makes_preflight", "left"), [(True, 0), (False, 2)])
def test_cache_after_failure(makes_preflight: bool, left: int) -> None:
    """What fails is forgotten where it was a matter of preflights, whatever made it fail."""
    refusal = Refusal(Failure(Reason.NETWORK_FAILURE), Phase.ACTUAL, 0, SeenAs.TYPE_ERROR)
    assert len(cache_after_failure(filled(), flies(), refusal, makes_preflight).entries) == left


def test_cache_before_preflight() -> None:
    """That a preflight is made says nothing about what is there."""
    assert cache_before_preflight(filled(), flies()) == filled()


def test_caches_are_values() -> None:
    """Storing does not change the cache it was asked of."""
    cache = filled()
    cache.store(flies(), 0.0, 99, ["PUT", "PATCH"], [])
    assert cache == filled()
    assert replace(cache, entries=()) == EMPTY
