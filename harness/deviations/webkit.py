"""Where WebKit leaves the standard, measured with WebKitGTK 2.50.6.

Each rule wraps those above it: what says which headers are unsafe comes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.deviations.departures import (
    authorization_covered,
    authorization_stored,
    cache_kept,
    cache_replaced,
    credentials_kept,
    forced_method_listed,
    forced_preflight_remembered,
    headers_joined,
    large_ranges_unsafe,
    negative_max_age,
    tainted_not_cached,
    userinfo_not_cached,
    userinfo_not_inherited,
)
from harness.deviations.remembering import Remembering, first_headers, remembering
from harness.deviations.rule import Rule
from harness.oracle import (
    Api,
    BodyKind,
    Connect,
    Credentials,
    Failure,
    Headers,
    Mode,
    PreflightCache,
    Reason,
    Redirect,
    Request,
    Rules,
    WireRequest,
    WireResponse,
    cors_check,
)
from harness.oracle.cache import CacheEntry, CacheEntryMatch
from harness.oracle.classify import Safelist, is_safelisted_method
from harness.oracle.flight import Flight, Tainting, serialize_request_origin
from harness.oracle.grammar import byte_lowercase
from harness.oracle.headers import contains, delete, get, set_value
from harness.oracle.urls import Url, same_origin

ENGINE = "webkit"

_RANGE = re.compile(r"bytes=[\v\f]*\+?([0-9]+)[\v\f]*-(?:[\v\f]*\+?([0-9]+)[\v\f]*)?", re.IGNORECASE)
_OF_PARAMETERS = "application/x-www-form-urlencoded;charset=UTF-8"
_REFUSED_BY_LIST = frozenset(
    {
        Reason.METHOD_NOT_ALLOWED,
        Reason.METHOD_WILDCARD_WITH_CREDENTIALS,
        Reason.AUTHORIZATION_NEEDS_LISTING,
        Reason.HEADER_NOT_ALLOWED,
        Reason.HEADER_WILDCARD_WITH_CREDENTIALS,
    }
)


def _range_lenient(rules: Rules) -> Rules:
    def is_safelisted_request_header(name: str, value: str) -> bool:
        if byte_lowercase(name) == "range" and len(value) <= 128 and _is_range(value):
            return True
        return rules.is_safelisted_request_header(name, value)

    return replace(rules, is_safelisted_request_header=is_safelisted_request_header)


def _is_range(value: str) -> bool:
    found = _RANGE.fullmatch(value)
    return found is not None and (not found[2] or int(found[1]) <= int(found[2]))


def _stream_refused(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        streams = request.body_kind is BodyKind.STREAM and request.body is not None
        # Of what the standard refuses itself, only mode no-cors is looked at later than the stream.
        if streams and (isinstance(flight, Flight) or flight.reason is Reason.STREAM_IN_NO_CORS):
            return Failure(Reason.STREAM_OVER_HTTP_ONE, subject=request.method)
        return flight

    return replace(rules, create_flight=create_flight)


def _type_without_body(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        parameters = request.api is Api.XHR and request.body is not None and request.body_kind is BodyKind.URLENCODED
        if isinstance(flight, Failure) or not parameters or contains("content-type", flight.headers):
            return flight
        return replace(flight, headers=(*flight.headers, ("Content-Type", _OF_PARAMETERS)))

    return replace(rules, create_flight=create_flight)


def _empty_form_as_given(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        if request.api is not Api.XHR or request.body_kind is not BodyKind.URLENCODED or request.body != b"":
            return flight
        given = rules.create_flight(replace(request, body_kind=BodyKind.BYTES))  # which have no type of their own
        return flight if isinstance(given, Failure) or not contains("content-type", given.headers) else given

    return replace(rules, create_flight=create_flight)


def _any_3xx_followed(rules: Rules) -> Rules:
    def is_redirect(flight: Flight, response: WireResponse) -> bool:
        more = 308 < response.status < 400 and bool(get("location", response.headers))
        return more or rules.is_redirect(flight, response)

    return replace(rules, is_redirect=is_redirect)


def _high_bytes_as_utf8(rules: Rules) -> Rules:
    def create_actual(flight: Flight, origin: str | None) -> WireRequest:
        request = rules.create_actual(flight, origin)
        headers = tuple((name, value.encode().decode("latin-1")) for name, value in request.headers)
        return replace(request, headers=headers)

    return replace(rules, create_actual=create_actual)


# ---- the preflight and its cache -------------------------------------------------------------------


def _wildcard_covers_authorization(rules: Rules) -> Rules:
    covering = authorization_stored(authorization_covered(rules))

    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        cache = covering.store_grants(cache, flight, response, now, match)
        # What was granted with credentials is a wildcard for requests without, and covers as much for them.
        without = replace(flight, credentials=Credentials.SAME_ORIGIN)
        with_credentials = flight.credentials is Credentials.INCLUDE
        return covering.store_grants(cache, without, response, now, match) if with_credentials else cache

    return replace(covering, store_grants=store_grants)


def _wildcard_for_none_with_credentials(rules: Rules) -> Rules:
    def cache_entry_match(entry: CacheEntry, flight: Flight, now: float) -> bool:
        method = entry.method == "*" != flight.method  # a method may have that name
        wildcard = method or entry.header_name == "*"
        literal = wildcard and flight.credentials is Credentials.INCLUDE
        return not literal and rules.cache_entry_match(entry, flight, now)

    return replace(rules, cache_entry_match=cache_entry_match)


def _refused_stored(rules: Rules) -> Rules:
    def are_grants_stored(failures: Sequence[Failure]) -> bool:
        by_list = all(failure.reason in _REFUSED_BY_LIST for failure in failures)
        return by_list or rules.are_grants_stored(failures)

    return replace(rules, are_grants_stored=are_grants_stored)


# ---- redirects -------------------------------------------------------------------------------------


def _first_headers_asked_for(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        by_method = flight.tainting is Tainting.CORS and not is_safelisted_method(flight.method)
        after = remembering(flight, rules.redirected(flight, url, response))
        return replace(after, use_cors_preflight=after.use_cors_preflight or by_method)

    def unsafe_request_header_names(flight: Flight, is_safelisted: Safelist) -> tuple[str, ...]:
        first = replace(flight, headers=first_headers(flight))
        return rules.unsafe_request_header_names(first, is_safelisted)

    return replace(rules, redirected=redirected, unsafe_request_header_names=unsafe_request_header_names)


def _headers_return(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = remembering(flight, rules.redirected(flight, url, response))
        if not _leads_abroad(flight, url):
            return after
        gone = after.gone if contains("authorization", after.headers) else after.gone | {"authorization"}
        headers = tuple(pair for pair in after.first_headers if byte_lowercase(pair[0]) not in gone)
        return replace(after, headers=headers)

    return replace(rules, redirected=redirected)


def _type_returns(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = remembering(flight, rules.redirected(flight, url, response))
        lost = flight.lost_type if isinstance(flight, Remembering) else None
        if after.method != flight.method:
            lost = get("content-type", flight.headers)
        elif lost and not _leads_abroad(flight, url) and response.status in (307, 308):
            after = replace(after, headers=set_value("Content-Type", lost, after.headers))
        return replace(after, lost_type=None if _departs(flight, url) else lost)

    return replace(rules, redirected=redirected)


def _departs(flight: Flight, url: Url) -> bool:
    """Whether this redirect leaves home without CORS, and credentials are for home: a request of its own follows."""
    without_cors = flight.mode is Mode.NO_CORS and flight.tainting is Tainting.BASIC
    return without_cors and flight.credentials is Credentials.SAME_ORIGIN and not same_origin(url.origin, flight.origin)


def _user_agent_lost(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = remembering(flight, rules.redirected(flight, url, response))
        return after if _leads_abroad(flight, url) else replace(after, headers=delete("user-agent", after.headers))

    return replace(rules, redirected=redirected)


def _leads_abroad(flight: Flight, url: Url) -> bool:
    """Whether the redirected request is one of CORS."""
    home = flight.tainting is Tainting.BASIC and same_origin(url.origin, flight.origin)
    return flight.mode is Mode.CORS and not home


def _origin_stays(rules: Rules) -> Rules:
    def request_origin_header(flight: Flight) -> str | None:
        if not isinstance(flight, Remembering) or flight.tainting is Tainting.CORS:
            return rules.request_origin_header(flight)
        if flight.last_origin is not None:
            return flight.last_origin
        return None if rules.request_origin_header(flight) is None else serialize_request_origin(flight)

    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = remembering(flight, rules.redirected(flight, url, response))
        stays = flight.tainting is not Tainting.CORS and same_origin(flight.current_url.origin, url.origin)
        return replace(after, last_origin=request_origin_header(flight) if stays else None)

    return replace(rules, redirected=redirected, request_origin_header=request_origin_header)


def _delete_becomes_get(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = rules.redirected(flight, url, response)
        abroad = not same_origin(flight.current_url.origin, url.origin)
        return replace(after, method="GET", body=None) if abroad and after.method == "DELETE" else after

    return replace(rules, redirected=redirected)


def _departed_with_credentials(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = remembering(flight, rules.redirected(flight, url, response))
        from_home = same_origin(flight.url_list[0].origin, flight.origin)
        if flight.tainting is not Tainting.CORS or not from_home or flight.credentials is not Credentials.SAME_ORIGIN:
            return after
        failure = cors_check(serialize_request_origin(flight), Credentials.INCLUDE, response.headers)
        return replace(after, refusal=failure or after.refusal)

    return replace(rules, redirected=redirected, connection_failure=_remembered(rules))


def _remembered(rules: Rules) -> Callable[[Flight, Connect], Failure | None]:
    """A connection failure that is the refusal which a redirect left behind: a preflight was made for nothing."""

    def connection_failure(flight: Flight, connect: Connect) -> Failure | None:
        refusal = flight.refusal if isinstance(flight, Remembering) else None
        return refusal or rules.connection_failure(flight, connect)

    return connection_failure


def _userinfo_refused_late(rules: Rules) -> Rules:
    def redirect_failure(flight: Flight, url: Url, response: WireResponse) -> Failure | None:
        failure = rules.redirect_failure(flight, url, response)
        return None if _is_late(flight, failure) else failure

    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = remembering(flight, rules.redirected(flight, url, response))
        failure = rules.redirect_failure(flight, url, response)
        if not _is_late(flight, failure):
            return after
        plain = replace(after.current_url, username="", password="")
        return replace(after, url_list=(*after.url_list[:-1], plain), refusal=failure)

    return replace(
        rules, redirect_failure=redirect_failure, redirected=redirected, connection_failure=_remembered(rules)
    )


def _is_late(flight: Flight, failure: Failure | None) -> bool:
    """Whether the failure shows only once the redirected request was preflighted: where the page's origin redirects."""
    by_userinfo = failure is not None and failure.reason is Reason.REDIRECT_INCLUDES_CREDENTIALS
    return by_userinfo and flight.tainting is Tainting.BASIC


def _no_error_without_location(rules: Rules) -> Rules:
    def is_redirect(flight: Flight, response: WireResponse) -> bool:
        stays = flight.redirect is Redirect.ERROR and not get("location", response.headers)
        return not stays and rules.is_redirect(flight, response)

    return replace(rules, is_redirect=is_redirect)


def _locations_joined(rules: Rules) -> Rules:
    def location_url(flight: Flight, headers: Headers) -> Url | Failure | None:
        joined = get("location", headers)
        if joined is not None:
            headers = (*delete("location", headers), ("Location", joined))
        return rules.location_url(flight, headers)

    return replace(rules, location_url=location_url)


def _empty_location_invalid(rules: Rules) -> Rules:
    def location_url(flight: Flight, headers: Headers) -> Url | Failure | None:
        if get("location", headers) == "":
            return Failure.of(Reason.LOCATION_INVALID, headers)
        return rules.location_url(flight, headers)

    return replace(rules, location_url=location_url)


RULES = (
    Rule(
        name="webkit-range-lenient",
        engine=ENGINE,
        fetch="A Range header is safelisted if it is exactly bytes=, digits, a dash and maybe digits.",
        instead="The unit counts in any case; a plus sign, vertical tab or form feed at a number is no obstacle.",
        link="https://fetch.spec.whatwg.org/#simple-range-header-value",
        apply=_range_lenient,
    ),
    Rule(
        name="webkit-large-range-unsafe",
        engine=ENGINE,
        fetch="The numbers in a Range header may be of any size.",
        instead="With a number of more than 64 bits it needs a preflight.",
        link="https://fetch.spec.whatwg.org/#simple-range-header-value",
        apply=large_ranges_unsafe(2**64 - 1),
    ),
    Rule(
        name="webkit-headers-joined-first",
        engine=ENGINE,
        fetch="Each field of a header that was given several times is weighed by itself.",
        instead="They are joined first, so two values of 100 bytes are one of 202 and not safelisted.",
        link="https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names",
        apply=headers_joined,
    ),
    Rule(
        name="webkit-stream-refused",
        engine=ENGINE,
        fetch="A ReadableStream as a body is streamed, behind a preflight, and not over HTTP/1.",
        instead="fetch() refuses it with a NotSupportedError.",
        link="https://fetch.spec.whatwg.org/#bodyinit-unions",
        apply=_stream_refused,
    ),
    Rule(
        name="webkit-high-bytes-as-utf8",
        engine=ENGINE,
        fetch="Bytes from 0x80 on in a header of the page go out as they are.",
        instead="They go out as the characters that they stand for in latin-1, in UTF-8.",
        link="https://fetch.spec.whatwg.org/#concept-header-value",
        apply=_high_bytes_as_utf8,
    ),
    Rule(
        name="webkit-type-without-body",
        engine=ENGINE,
        fetch="An XMLHttpRequest with GET or HEAD drops the body, and says nothing of its type.",
        instead="It says the type of URLSearchParams all the same.",
        link="https://xhr.spec.whatwg.org/#the-send()-method",
        apply=_type_without_body,
    ),
    Rule(
        name="webkit-empty-form-as-given",
        engine=ENGINE,
        fetch="An XMLHttpRequest with a body writes its own charset over the author's, be the body empty.",
        instead="With empty URLSearchParams the Content-Type stays as the page wrote it.",
        link="https://xhr.spec.whatwg.org/#the-send()-method",
        apply=_empty_form_as_given,
    ),
    Rule(
        name="webkit-wildcard-covers-authorization",
        engine=ENGINE,
        fetch="Authorization must be listed by name in Access-Control-Allow-Headers.",
        instead="* covers it.",
        link="https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name",
        apply=_wildcard_covers_authorization,
    ),
    Rule(
        name="webkit-forced-method-listed",
        engine=ENGINE,
        fetch="Where a preflight was forced, an answer without Access-Control-Allow-Methods allows any method.",
        instead="It allows GET, HEAD and POST, as everywhere.",
        link="https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
        apply=forced_method_listed,
    ),
    Rule(
        name="webkit-forced-preflight-remembered",
        engine=ENGINE,
        fetch="A forced preflight is left out once the method is in the cache.",
        instead="For GET, HEAD and POST it is left out once anything of the URL is in the cache.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=forced_preflight_remembered,
    ),
    Rule(
        name="webkit-cache-replaced",
        engine=ENGINE,
        fetch="What a second preflight for a URL grants is added to what the first one granted.",
        instead="It takes the place of what the first one granted.",
        link="https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
        apply=cache_replaced(),
    ),
    Rule(
        name="webkit-cache-refused-stored",
        engine=ENGINE,
        fetch="A preflight that does not allow the request leaves nothing in the cache.",
        instead="What it does allow is kept, and serves other requests.",
        link="https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
        apply=_refused_stored,
    ),
    Rule(
        name="webkit-cache-wildcard-literal",
        engine=ENGINE,
        fetch="In the cache, a * that was granted with credentials counts as a wildcard.",
        instead="For a request with credentials it is none there either.",
        link="https://fetch.spec.whatwg.org/#concept-cache-match-method",
        apply=_wildcard_for_none_with_credentials,
    ),
    Rule(
        name="webkit-cache-tainted-missed",
        engine=ENGINE,
        fetch="What was granted to Origin null behind a redirect serves the next such request.",
        instead="It serves none, but a further redirect of the same call to the same URL.",
        link="https://fetch.spec.whatwg.org/#concept-cache-match",
        apply=tainted_not_cached,
    ),
    Rule(
        name="webkit-cache-without-userinfo",
        engine=ENGINE,
        fetch="A URL with user name or password is another URL to the preflight cache.",
        instead="It is the same URL there.",
        link="https://fetch.spec.whatwg.org/#concept-cache-match",
        apply=userinfo_not_cached,
    ),
    Rule(
        name="webkit-cache-kept-after-failure",
        engine=ENGINE,
        fetch="When a preflighted request fails, what the preflight cache holds for its URL is cleared.",
        instead="It is kept when the response to the request itself is refused.",
        link="https://fetch.spec.whatwg.org/#concept-cache-clear",
        apply=cache_kept,
    ),
    Rule(
        name="webkit-negative-max-age",
        engine=ENGINE,
        fetch="Access-Control-Max-Age: -1 is no delta-seconds, so what was granted is kept for 5 seconds.",
        instead="It is not kept at all.",
        link="https://fetch.spec.whatwg.org/#http-access-control-max-age",
        apply=negative_max_age,
    ),
    Rule(
        name="webkit-userinfo-not-inherited",
        engine=ENGINE,
        fetch="A relative Location leads to a URL with the user name and password of the one that redirects.",
        instead="It leads to a URL without them, so that the redirect is followed.",
        link="https://fetch.spec.whatwg.org/#concept-response-location-url",
        apply=userinfo_not_inherited,
    ),
    Rule(
        name="webkit-any-redirection-followed",
        engine=ENGINE,
        fetch="Of the statuses from 300 on, 301, 302, 303, 307 and 308 are redirects.",
        instead="Those from 309 to 399 with a Location are redirects too.",
        link="https://fetch.spec.whatwg.org/#redirect-status",
        apply=_any_3xx_followed,
    ),
    Rule(
        name="webkit-first-headers-asked-for",
        engine=ENGINE,
        fetch="Behind a redirect, a preflight is made if the request as it is then needs one.",
        instead="It is made if the request ever needed one, and asks for all headers that the request first had.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_first_headers_asked_for,
    ),
    Rule(
        name="webkit-headers-return",
        engine=ENGINE,
        fetch="What a redirect takes away of the headers that describe the body is gone for good.",
        instead="The next redirect brings it back, where it leads to another origin or comes from one.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_headers_return,
    ),
    Rule(
        name="webkit-credentials-kept",
        engine=ENGINE,
        fetch="With credentials mode same-origin, cookies go to the page's own origin only.",
        instead="In mode no-cors they go along on every redirect, if the request began there.",
        link="https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch",
        apply=credentials_kept,
    ),
    Rule(
        name="webkit-type-returns",
        engine=ENGINE,
        fetch="A Content-Type that a redirect has taken away together with the body is gone for good.",
        instead="Outside of CORS a 307 or 308 behind it brings it back, and nothing else of what was taken away.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_type_returns,
    ),
    Rule(
        name="webkit-user-agent-lost",
        engine=ENGINE,
        fetch="A User-Agent that the page has set stays through redirects.",
        instead="Behind a redirect within the page's origin it is gone.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_user_agent_lost,
    ),
    Rule(
        name="webkit-origin-stays",
        engine=ENGINE,
        fetch="Behind a redirect, whether there is an Origin header and which is decided anew.",
        instead="Outside of CORS it stays as it was within an origin, and no referrer policy hides it elsewhere.",
        link="https://fetch.spec.whatwg.org/#append-a-request-origin-header",
        apply=_origin_stays,
    ),
    Rule(
        name="webkit-redirect-abroad-needs-credentials",
        engine=ENGINE,
        fetch="With credentials mode same-origin, a redirect by a foreign origin need not allow credentials.",
        instead="It must, if the request began at the page's origin; else all ends before the next URL is asked.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=_departed_with_credentials,
    ),
    Rule(
        name="webkit-userinfo-refused-late",
        engine=ENGINE,
        fetch="A redirect to a foreign URL with user name or password is an error, and nothing more goes out.",
        instead="Where the page's own origin redirects, the preflight for that URL still goes out.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_userinfo_refused_late,
    ),
    Rule(
        name="webkit-redirect-error-needs-location",
        engine=ENGINE,
        fetch="In redirect mode error a redirect status is an error, with a Location or without.",
        instead="Without a Location, or with an empty one, the response is an ordinary one.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=_no_error_without_location,
    ),
    Rule(
        name="webkit-empty-location-invalid",
        engine=ENGINE,
        fetch="An empty Location leads to the URL that redirected, which is asked again and again.",
        instead="It is an error at once.",
        link="https://fetch.spec.whatwg.org/#concept-response-location-url",
        apply=_empty_location_invalid,
    ),
    Rule(
        name="webkit-locations-joined",
        engine=ENGINE,
        fetch="Several Location headers are an error.",
        instead="They are joined by a comma and taken for one URL.",
        link="https://fetch.spec.whatwg.org/#concept-response-location-url",
        apply=_locations_joined,
    ),
    Rule(
        name="webkit-delete-becomes-get",
        engine=ENGINE,
        fetch="301, 302, 307 and 308 leave DELETE as it is.",
        instead="To another origin it becomes a GET without a body.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_delete_becomes_get,
    ),
)
