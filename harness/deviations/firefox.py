"""Where Firefox leaves the standard, measured with 153.7.0 ESR.

Each rule wraps those above it: what says which headers are unsafe comes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce
from itertools import takewhile

from harness.deviations.departures import (
    authorization_covered,
    cache_bypassed,
    conditional_as_reload,
    dropped_without_cors,
    equal_locations_joined,
    forced_method_listed,
    forced_preflight_remembered,
    is_address,
    large_ranges_unsafe,
    max_age_as_zero,
    opaque_origin_shown,
)
from harness.deviations.remembering import BODY_HEADERS, Remembering, first_headers, remembering
from harness.deviations.rule import Rule
from harness.oracle import (
    Api,
    BodyKind,
    CacheMode,
    Credentials,
    Failure,
    PreflightCache,
    Readable,
    Reason,
    Refusal,
    Request,
    Rules,
    WireRequest,
    WireResponse,
)
from harness.oracle.cache import CacheEntry, CacheEntryMatch
from harness.oracle.classify import Safelist, is_safelisted_method
from harness.oracle.flight import Flight, Tainting
from harness.oracle.grammar import byte_lowercase, get_decode_and_split, is_token
from harness.oracle.headers import contains, delete, first_spelling, get, get_all, set_value
from harness.oracle.network import asks_for_url_credentials
from harness.oracle.redirect import becomes_get
from harness.oracle.urls import Url, same_origin

ENGINE = "firefox"

_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_EXPOSE_HEADERS = "Access-Control-Expose-Headers"
_SINGLETONS = (
    *("authorization", "content-disposition", "content-type", "from", "if-modified-since", "if-unmodified-since"),
    *("location", "max-forwards", "user-agent"),
)
_CHARSET = re.compile(r"(?<=charset=)(\"[^\"]*\"|[^;\s]*)", re.IGNORECASE)
_DIGITS_OR_NOTHING = re.compile(r"[0-9]*")
_OF_THE_CORS_CHECK = frozenset(
    {
        Reason.ALLOW_ORIGIN_MISSING,
        Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
        Reason.ALLOW_ORIGIN_MULTIPLE,
        Reason.ALLOW_ORIGIN_MISMATCH,
        Reason.ALLOW_CREDENTIALS_MISSING,
        Reason.ALLOW_CREDENTIALS_NOT_TRUE,
    }
)


def _high_bytes_unsafe(rules: Rules) -> Rules:
    def is_safelisted_request_header(name: str, value: str) -> bool:
        return value.isascii() and rules.is_safelisted_request_header(name, value)

    create_flight = dropped_without_cors(rules, is_safelisted_request_header)
    return replace(rules, is_safelisted_request_header=is_safelisted_request_header, create_flight=create_flight)


def _types_split(rules: Rules) -> Rules:
    def is_safelisted_request_header(name: str, value: str) -> bool:
        safelisted = rules.is_safelisted_request_header(name, value)
        if not safelisted or byte_lowercase(name) != "content-type":
            return safelisted
        return len(get_decode_and_split(value)) == 1

    create_flight = dropped_without_cors(rules, is_safelisted_request_header)
    return replace(rules, is_safelisted_request_header=is_safelisted_request_header, create_flight=create_flight)


def _no_total(rules: Rules) -> Rules:
    def unsafe_request_header_names(flight: Flight, is_safelisted: Safelist) -> tuple[str, ...]:
        names = rules.unsafe_request_header_names(flight, is_safelisted)
        return tuple(name for name in names if _times_unsafe(name, flight, is_safelisted))

    return replace(rules, unsafe_request_header_names=unsafe_request_header_names)


def _asked_as_often_as_given(rules: Rules) -> Rules:
    def unsafe_request_header_names(flight: Flight, is_safelisted: Safelist) -> tuple[str, ...]:
        names = rules.unsafe_request_header_names(flight, is_safelisted)
        return tuple(name for name in names for _ in range(max(1, _times_unsafe(name, flight, is_safelisted))))

    return replace(rules, unsafe_request_header_names=unsafe_request_header_names)


def _times_unsafe(name: str, flight: Flight, is_safelisted: Safelist) -> int:
    """How many fields of that name are unsafe by themselves."""
    return sum(byte_lowercase(other) == name and not is_safelisted(other, value) for other, value in flight.headers)


def _charset_in_place(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        parameters = request.api is Api.XHR and request.body_kind is BodyKind.URLENCODED
        if not parameters or isinstance(flight, Failure):
            return flight
        given = rules.create_flight(replace(request, body_kind=BodyKind.BYTES))
        if isinstance(given, Failure):
            return flight
        author_type, sent = get("content-type", given.headers), get("content-type", flight.headers)
        if author_type is None or author_type == sent:
            return flight
        return replace(flight, headers=set_value("Content-Type", _CHARSET.sub("UTF-8", author_type), flight.headers))

    return replace(rules, create_flight=create_flight)


def _charset_rewritten_late(rules: Rules) -> Rules:
    def unsafe_request_header_names(flight: Flight, is_safelisted: Safelist) -> tuple[str, ...]:
        return rules.unsafe_request_header_names(_with_author_type(flight), is_safelisted)

    create_flight = _remembering_author_type(rules)
    return replace(rules, create_flight=create_flight, unsafe_request_header_names=unsafe_request_header_names)


def _remembering_author_type(rules: Rules) -> Callable[[Request], Flight | Failure]:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        if request.api is not Api.XHR or isinstance(flight, Failure) or _author_type(flight) is not None:
            return flight
        given = rules.create_flight(replace(request, body_kind=BodyKind.BYTES))  # which have no type of their own
        author_type = None if isinstance(given, Failure) else get("content-type", given.headers)
        return flight if author_type is None else replace(remembering(flight, flight), author_type=author_type)

    return create_flight


def _author_type(flight: Flight) -> str | None:
    return flight.author_type if isinstance(flight, Remembering) else None


def _with_author_type(flight: Flight) -> Flight:
    author_type = _author_type(flight)
    if author_type is None or not contains("content-type", flight.headers):
        return flight
    return replace(flight, headers=set_value("Content-Type", author_type, flight.headers))


def _is_at_one_origin_of_home(flight: Flight) -> bool:
    """Of the same site as the document that the page is sandboxed in, and never redirected to another origin."""
    first = flight.url_list[0]
    return not is_address(first) and all(url.origin == first.origin for url in flight.url_list)


def _stream_as_text(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        if request.body_kind is BodyKind.STREAM and request.body is not None:
            request = replace(request, body=b"[object ReadableStream]", body_kind=BodyKind.TEXT)
        return rules.create_flight(request)

    return replace(rules, create_flight=create_flight)


def _one_value_sent(rules: Rules) -> Rules:
    def create_actual(flight: Flight, origin: str | None) -> WireRequest:
        request = rules.create_actual(flight, origin)
        for name in _SINGLETONS:
            values = get_all(name, request.headers)
            if len(values) > 1:
                first = name == "content-type" and request.body is not None and request.hop == 0
                kept = (first_spelling(name, request.headers), values[0 if first else -1])
                request = replace(request, headers=(*delete(name, request.headers), kept))
        return request

    return replace(rules, create_actual=create_actual)


def _empty_value_lost(rules: Rules) -> Rules:
    def create_actual(flight: Flight, origin: str | None) -> WireRequest:
        request = rules.create_actual(flight, origin)
        for name in {byte_lowercase(name) for name, _ in request.headers}:
            values = get_all(name, request.headers)
            if len(values) > 1 and "" in values:
                request = replace(request, headers=set_value(name, reduce(_merged, values), request.headers))
        return request

    return replace(rules, create_actual=create_actual)


def _merged(before: str, value: str) -> str:
    return f"{before}, {value}" if before and value else value


def _url_credentials_sent(rules: Rules) -> Rules:
    def is_authenticated(flight: Flight, response: WireResponse) -> bool:
        return asks_for_url_credentials(flight, response) and not contains("authorization", flight.headers)

    return replace(rules, is_authenticated=is_authenticated)


# ---- the preflight cache ---------------------------------------------------------------------------


def _wildcard_missed(rules: Rules) -> Rules:
    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        def by_name(entry: CacheEntry, flight: Flight, now: float) -> bool:
            return not _is_wildcard(entry, flight) and match(entry, flight, now)

        stored = rules.store_grants(cache, flight, response, now, by_name)
        # The answer is remembered; what is left of a wildcard grants nothing.
        lost = (_is_wildcard(entry, flight) for entry in stored.entries)
        entries = (
            replace(entry, method=None, header_name=None) if gone else entry
            for entry, gone in zip(stored.entries, lost, strict=True)
        )
        return replace(stored, entries=tuple(entries))

    def cache_entry_match(entry: CacheEntry, flight: Flight, now: float) -> bool:
        return not _is_wildcard(entry, flight) and rules.cache_entry_match(entry, flight, now)

    return replace(rules, store_grants=store_grants, cache_entry_match=cache_entry_match)


def _is_wildcard(entry: CacheEntry, flight: Flight) -> bool:
    return entry.header_name == "*" or entry.method == "*" != flight.method  # a method may have that name


def _include_kept_apart(rules: Rules) -> Rules:
    def cache_entry_match(entry: CacheEntry, flight: Flight, now: float) -> bool:
        same = entry.credentials is (flight.credentials is Credentials.INCLUDE)
        return same and rules.cache_entry_match(entry, flight, now)

    return replace(rules, cache_entry_match=cache_entry_match)


def _head_missed(rules: Rules) -> Rules:
    def is_preflight_due(
        flight: Flight, unsafe_names: tuple[str, ...], cache: PreflightCache, now: float, match: CacheEntryMatch
    ) -> bool:
        missed = flight.method == "HEAD" and not cache.has_method("HEAD", flight, now, match)
        return missed or rules.is_preflight_due(flight, unsafe_names, cache, now, match)

    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        # Only what the answer lists is kept, and not what was asked because a preflight was forced.
        asked = replace(flight, use_cors_preflight=False) if flight.method == "HEAD" else flight
        return rules.store_grants(cache, asked, response, now, match)

    return replace(rules, is_preflight_due=is_preflight_due, store_grants=store_grants)


def _renewed_from_now(rules: Rules) -> Rules:
    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        fresh = rules.store_grants(replace(cache, entries=()), flight, response, now, match).entries
        fresh = tuple(entry for entry in fresh if entry.is_alive(now))
        renewed = set(map(_granted, fresh))
        kept = tuple(entry for entry in cache.entries if entry.is_alive(now) and _granted(entry) not in renewed)
        return replace(cache, entries=kept + fresh)

    return replace(rules, store_grants=store_grants)


def _granted(entry: CacheEntry) -> tuple[str, Url, bool, str | None, str | None]:
    name = entry.header_name
    return entry.origin, entry.url, entry.credentials, entry.method, None if name is None else byte_lowercase(name)


def _cleared_by_any_failure(rules: Rules) -> Rules:
    def cache_after_failure(cache: PreflightCache, flight: Flight, refusal: Refusal, _: bool) -> PreflightCache:
        return rules.cache_after_failure(cache, flight, refusal, refusal.reason is not Reason.REDIRECT_MODE_ERROR)

    return replace(rules, cache_after_failure=cache_after_failure)


# ---- redirects -------------------------------------------------------------------------------------


def _preflights_after_redirect(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        first = replace(flight, headers=first_headers(flight))
        by_header = bool(rules.unsafe_request_header_names(first, rules.is_safelisted_request_header))
        by_method = flight.tainting is Tainting.CORS and not is_safelisted_method(flight.method)
        after = remembering(flight, rules.redirected(flight, url, response))
        return replace(after, use_cors_preflight=after.use_cors_preflight or by_header or by_method)

    def unsafe_request_header_names(flight: Flight, is_safelisted: Safelist) -> tuple[str, ...]:
        first = replace(flight, headers=first_headers(flight))
        gone = flight.gone if isinstance(flight, Remembering) else frozenset()
        return tuple(name for name in rules.unsafe_request_header_names(first, is_safelisted) if name not in gone)

    return replace(rules, redirected=redirected, unsafe_request_header_names=unsafe_request_header_names)


def _headers_return(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = remembering(flight, rules.redirected(flight, url, response))
        gone = after.gone - BODY_HEADERS  # whether those are taken away depends on the first method, not on the last
        if becomes_get(response.status, after.first_method):
            gone |= BODY_HEADERS
        by_author = flight.initiator_type is Api.FETCH or _author_type(flight) is not None
        if not by_author and not contains("content-type", after.headers):
            gone |= {"content-type"}
        headers = tuple(pair for pair in after.first_headers if byte_lowercase(pair[0]) not in gone)
        return _with_author_type(replace(after, headers=headers))

    return replace(rules, create_flight=_remembering_author_type(rules), redirected=redirected)


def _page_origin_in_preflights(rules: Rules) -> Rules:
    """As if each preflight, and what the cache keeps of it, were for a request that was never redirected."""

    def create_preflight(flight: Flight, unsafe_names: tuple[str, ...]) -> WireRequest:
        return replace(rules.create_preflight(_untainted(flight), unsafe_names), hop=flight.redirect_count)

    def preflight_failures(flight: Flight, unsafe_names: tuple[str, ...], response: WireResponse) -> Iterable[Failure]:
        # To the page's own origin it is a request like any other of the page, and no CORS check is made.
        home = same_origin(flight.current_url.origin, flight.origin)
        failures = rules.preflight_failures(_untainted(flight), unsafe_names, response)
        return (failure for failure in failures if not home or failure.reason not in _OF_THE_CORS_CHECK)

    def is_preflight_due(
        flight: Flight, unsafe_names: tuple[str, ...], cache: PreflightCache, now: float, match: CacheEntryMatch
    ) -> bool:
        return rules.is_preflight_due(_untainted(flight), unsafe_names, cache, now, match)

    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        return rules.store_grants(cache, _untainted(flight), response, now, match)

    def cache_after_failure(cache: PreflightCache, flight: Flight, refusal: Refusal, tried: bool) -> PreflightCache:
        return rules.cache_after_failure(cache, _untainted(flight), refusal, tried)

    return replace(
        rules,
        create_preflight=create_preflight,
        preflight_failures=preflight_failures,
        is_preflight_due=is_preflight_due,
        store_grants=store_grants,
        cache_after_failure=cache_after_failure,
    )


def _untainted(flight: Flight) -> Flight:
    return replace(flight, url_list=flight.url_list[-1:])


def _empty_credentials_skipped(rules: Rules) -> Rules:
    def response_failure(flight: Flight, response: WireResponse) -> Failure | None:
        return rules.response_failure(flight, _with_said_credentials(response))

    def preflight_failures(flight: Flight, unsafe_names: tuple[str, ...], response: WireResponse) -> Iterable[Failure]:
        return rules.preflight_failures(flight, unsafe_names, _with_said_credentials(response))

    return replace(rules, response_failure=response_failure, preflight_failures=preflight_failures)


def _with_said_credentials(response: WireResponse) -> WireResponse:
    """The response with the one Access-Control-Allow-Credentials that says something, where just one does."""
    said = [value for value in get_all(_ALLOW_CREDENTIALS, response.headers) if value]
    if len(said) != 1:
        return response
    return replace(response, headers=set_value(_ALLOW_CREDENTIALS, said[0], response.headers))


def _wildcard_exposes_first(rules: Rules) -> Rules:
    def filter_response(flight: Flight, response: WireResponse) -> Readable:
        values = get_all(_EXPOSE_HEADERS, response.headers)
        names = (part.strip(" \t") for value in values for part in value.split(","))
        tokens = takewhile(lambda name: not name or is_token(name), names)
        anonymous = flight.credentials is not Credentials.INCLUDE
        if flight.initiator_type is Api.FETCH and anonymous and "*" in tokens:
            response = replace(response, headers=set_value(_EXPOSE_HEADERS, "*", response.headers))
        return rules.filter_response(flight, response)

    return replace(rules, filter_response=filter_response)


def _manual_location_counted(rules: Rules) -> Rules:
    def opaque_redirect(flight: Flight, response: WireResponse) -> Readable | Failure:
        if len(set(get_all("location", response.headers))) > 1:
            return Failure.of(Reason.LOCATION_MULTIPLE, response.headers)
        return rules.opaque_redirect(flight, response)

    return replace(rules, opaque_redirect=opaque_redirect)


RULES = (
    Rule(
        name="firefox-high-bytes-unsafe",
        engine=ENGINE,
        fetch="Bytes from 0x80 on, as in an Accept header, are safe.",
        instead="They are unsafe, and the header needs a preflight.",
        link="https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte",
        apply=_high_bytes_unsafe,
    ),
    Rule(
        name="firefox-large-range-unsafe",
        engine=ENGINE,
        fetch="The numbers in a Range header may be of any size.",
        instead="With a number of more than 64 bits it needs a preflight.",
        link="https://fetch.spec.whatwg.org/#simple-range-header-value",
        apply=large_ranges_unsafe(2**64 - 1),
    ),
    Rule(
        name="firefox-types-split",
        engine=ENGINE,
        fetch="A Content-Type is one MIME type, and a comma in its parameters is nothing special.",
        instead="Outside of quotes it begins another type, and two types are not safe.",
        link="https://fetch.spec.whatwg.org/#cors-safelisted-request-header",
        apply=_types_split,
    ),
    Rule(
        name="firefox-no-total-limit",
        engine=ENGINE,
        fetch="Safelisted headers with more than 1,024 bytes of values together are unsafe, all of them.",
        instead="Each is weighed by itself, and nothing is added up.",
        link="https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names",
        apply=_no_total,
    ),
    Rule(
        name="firefox-header-asked-twice",
        engine=ENGINE,
        fetch="Access-Control-Request-Headers names a header once, however often it was given.",
        instead="fetch() names it once for each time.",
        link="https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names",
        apply=_asked_as_often_as_given,
    ),
    Rule(
        name="firefox-charset-in-place",
        engine=ENGINE,
        fetch="A Content-Type whose charset an XMLHttpRequest rewrites is serialized anew, without blanks.",
        instead="With URLSearchParams only the value of charset is another one; all else stays as the page wrote it.",
        link="https://xhr.spec.whatwg.org/#the-send()-method",
        apply=_charset_in_place,
    ),
    Rule(
        name="firefox-charset-rewritten-late",
        engine=ENGINE,
        fetch="A Content-Type whose charset an XMLHttpRequest has rewritten is weighed as it goes out.",
        instead="It is weighed as the page gave it.",
        link="https://xhr.spec.whatwg.org/#the-send()-method",
        apply=_charset_rewritten_late,
    ),
    Rule(
        name="firefox-stream-as-text",
        engine=ENGINE,
        fetch="A ReadableStream as a body is streamed, behind a preflight, and not over HTTP/1.",
        instead="It is the text [object ReadableStream], of type text/plain and without a preflight.",
        link="https://fetch.spec.whatwg.org/#bodyinit-unions",
        apply=_stream_as_text,
    ),
    Rule(
        name="firefox-one-value-sent",
        engine=ENGINE,
        fetch="A header that was given several times to fetch() goes out with all its values.",
        instead="The last goes out of Authorization and others, of a body's Content-Type the first until redirected.",
        link="https://fetch.spec.whatwg.org/#concept-header-list-append",
        apply=_one_value_sent,
    ),
    Rule(
        name="firefox-url-credentials-sent",
        engine=ENGINE,
        fetch="User name and password in the URL given to open() answer no 401 of another origin.",
        instead="They do, whatever the credentials mode; and nowhere do they where the page has set Authorization.",
        link="https://fetch.spec.whatwg.org/#http-network-or-cache-fetch",
        apply=_url_credentials_sent,
    ),
    Rule(
        name="firefox-empty-value-lost",
        engine=ENGINE,
        fetch="A header that was given several times goes out with all its values, be some of them empty.",
        instead="An empty value takes the place of those before it, and the next one takes its place.",
        link="https://fetch.spec.whatwg.org/#concept-header-list-get",
        apply=_empty_value_lost,
    ),
    Rule(
        name="firefox-opaque-origin-shown",
        engine=ENGINE,
        fetch="In mode no-cors GET and HEAD have no Origin header.",
        instead="From an opaque origin to the site it came from, with credentials, it is null until redirected away.",
        link="https://fetch.spec.whatwg.org/#append-a-request-origin-header",
        apply=opaque_origin_shown(_is_at_one_origin_of_home),
    ),
    Rule(
        name="firefox-wildcard-covers-authorization",
        engine=ENGINE,
        fetch="Authorization must be listed by name in Access-Control-Allow-Headers.",
        instead="* covers it.",
        link="https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name",
        apply=authorization_covered,
    ),
    Rule(
        name="firefox-empty-credentials-skipped",
        engine=ENGINE,
        fetch="Two Access-Control-Allow-Credentials are never true, be one of them empty.",
        instead="An empty one does not count.",
        link="https://fetch.spec.whatwg.org/#concept-cors-check",
        apply=_empty_credentials_skipped,
    ),
    Rule(
        name="firefox-wildcard-exposes-first",
        engine=ENGINE,
        fetch="An Access-Control-Expose-Headers that breaks the grammar exposes nothing.",
        instead="For fetch() a * before the break exposes everything.",
        link="https://fetch.spec.whatwg.org/#main-fetch",
        apply=_wildcard_exposes_first,
    ),
    Rule(
        name="firefox-forced-method-listed",
        engine=ENGINE,
        fetch="Where a preflight was forced, an answer without Access-Control-Allow-Methods allows any method.",
        instead="It allows GET, HEAD and POST, as everywhere.",
        link="https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
        apply=forced_method_listed,
    ),
    Rule(
        name="firefox-forced-preflight-remembered",
        engine=ENGINE,
        fetch="A forced preflight is left out once the method is in the cache.",
        instead="For GET and POST it is left out once anything of the URL is in the cache.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=forced_preflight_remembered,
    ),
    Rule(
        name="firefox-cache-wildcard-missed",
        engine=ENGINE,
        fetch="A * that a preflight granted serves later requests from the cache.",
        instead="It serves none: only what was granted by name is found there.",
        link="https://fetch.spec.whatwg.org/#concept-cache-match-header",
        apply=_wildcard_missed,
    ),
    Rule(
        name="firefox-cache-credentials-apart",
        engine=ENGINE,
        fetch="What was granted with credentials also serves requests without.",
        instead="It serves requests with credentials only.",
        link="https://fetch.spec.whatwg.org/#concept-cache-match",
        apply=_include_kept_apart,
    ),
    Rule(
        name="firefox-cache-head-missed",
        engine=ENGINE,
        fetch="HEAD is a safelisted method, so a header that was granted is enough for it.",
        instead="HEAD must have been granted by name, or it is preflighted again.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=_head_missed,
    ),
    Rule(
        name="firefox-cache-renewed-from-now",
        engine=ENGINE,
        fetch="What is granted again has its max-age set anew, and its age counts from when it was first stored.",
        instead="Its age counts from the new answer.",
        link="https://fetch.spec.whatwg.org/#cors-preflight-cache",
        apply=_renewed_from_now,
    ),
    Rule(
        name="firefox-malformed-max-age",
        engine=ENGINE,
        fetch="An Access-Control-Max-Age that is no delta-seconds (abc, -1, a list) counts as absent: 5 seconds.",
        instead="Nothing is kept; only where there is no value it is 5 seconds.",
        link="https://fetch.spec.whatwg.org/#http-access-control-max-age",
        apply=max_age_as_zero(lambda value: _DIGITS_OR_NOTHING.fullmatch(value) is None),
    ),
    Rule(
        name="firefox-condition-bypasses-cache",
        engine=ENGINE,
        fetch="A request with If-None-Match or the like bypasses the HTTP cache, and not the preflight cache.",
        instead="Through fetch() it does not look into the preflight cache either.",
        link="https://fetch.spec.whatwg.org/#http-network-or-cache-fetch",
        apply=conditional_as_reload(Api.FETCH),
    ),
    Rule(
        name="firefox-cache-bypassed",
        engine=ENGINE,
        fetch="The cache mode of fetch() is about the HTTP cache; the preflight cache is used all the same.",
        instead="With no-store and reload it is not looked into.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=cache_bypassed(CacheMode.NO_STORE, CacheMode.RELOAD),
    ),
    Rule(
        name="firefox-cache-cleared-by-any-failure",
        engine=ENGINE,
        fetch="What the preflight cache holds for a URL is cleared when a preflighted request to it fails.",
        instead="Any cross-origin request that fails clears it, unless it met a redirect in redirect mode error.",
        link="https://fetch.spec.whatwg.org/#concept-cache-clear",
        apply=_cleared_by_any_failure,
    ),
    Rule(
        name="firefox-preflights-after-redirect",
        engine=ENGINE,
        fetch="Behind a redirect, a preflight is made if the request as it is then needs one.",
        instead="It is made if the request ever needed one, and asks for all first headers that this redirect leaves.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_preflights_after_redirect,
    ),
    Rule(
        name="firefox-headers-return",
        engine=ENGINE,
        fetch="A redirect takes Authorization, or what describes the body, away for good; a rewritten charset stays.",
        instead="A later one that would leave it brings it back (Authorization abroad, too), and a charset as given.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_headers_return,
    ),
    Rule(
        name="firefox-preflight-names-page-origin",
        engine=ENGINE,
        fetch="Once a foreign origin has redirected to another one, preflights have Origin null, as the request has.",
        instead="They have the page's origin, which their answer must allow, except at that origin itself.",
        link="https://fetch.spec.whatwg.org/#serializing-a-request-origin",
        apply=_page_origin_in_preflights,
    ),
    Rule(
        name="firefox-equal-locations-followed",
        engine=ENGINE,
        fetch="Several Location headers are an error.",
        instead="Where all say the same, the redirect is followed.",
        link="https://fetch.spec.whatwg.org/#concept-response-location-url",
        apply=equal_locations_joined,
    ),
    Rule(
        name="firefox-manual-location-counted",
        engine=ENGINE,
        fetch="In redirect mode manual nobody looks at Location.",
        instead="Several that differ are an error.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=_manual_location_counted,
    ),
)
