"""Where Chromium leaves the standard, measured with 156.0.8078.79 and 156.0.8078.108.

Each rule wraps those above it: what says which headers are unsafe comes first.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from harness.deviations.departures import (
    authorization_covered,
    cache_bypassed,
    cache_kept,
    cache_replaced,
    conditional_as_reload,
    credentials_kept,
    equal_locations_joined,
    forced_method_listed,
    forced_preflight_remembered,
    headers_joined,
    is_address,
    is_conditional,
    large_ranges_unsafe,
    negative_max_age,
    opaque_not_cached,
    opaque_origin_shown,
    userinfo_not_cached,
    userinfo_not_inherited,
)
from harness.deviations.remembering import first_method, remembering
from harness.deviations.rule import Rule
from harness.oracle import (
    Api,
    BodyKind,
    CacheMode,
    Failure,
    Mode,
    PreflightCache,
    Readable,
    Reason,
    Redirect,
    Request,
    Rules,
    WireRequest,
    WireResponse,
)
from harness.oracle.cache import CacheEntry, CacheEntryMatch
from harness.oracle.flight import Flight, Tainting, serialize_request_origin
from harness.oracle.grammar import byte_lowercase
from harness.oracle.headers import delete, get, get_all, set_value
from harness.oracle.urls import OPAQUE_ORIGIN, Url, same_origin

ENGINE = "chromium"

_BYPASSING = (CacheMode.NO_STORE, CacheMode.RELOAD, CacheMode.NO_CACHE)
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_WHOLE = re.compile(r"[0-9]+")
_SAFE_TOO = {
    "device-memory": _DECIMAL,
    "downlink": _DECIMAL,
    "dpr": _DECIMAL,
    "ect": re.compile(r"slow-2g|2g|3g|4g"),
    "intervention": re.compile(r".*"),
    "rtt": _WHOLE,
    "save-data": re.compile(r"on", re.IGNORECASE),
    "viewport-width": _WHOLE,
    "width": _WHOLE,
}
_DROPPED = _SAFE_TOO.keys() - {"intervention", "save-data"}
_BLANK = re.compile(" |%20")
_RANGE = re.compile(
    r"[ \t]*bytes[ \t]*=[ \t,]*(?:\+?0*([0-9]{1,19}))?[ \t]*-[ \t]*(?:\+?0*([0-9]{1,19}))?[ \t,]*", re.IGNORECASE
)
_LARGEST = 2**63 - 1
_CHARSET = re.compile(r'(charset=)("?)[^";,\s]+("?)', re.IGNORECASE)


def _hints_safelisted(rules: Rules) -> Rules:
    def is_safelisted_request_header(name: str, value: str) -> bool:
        grammar = _SAFE_TOO.get(byte_lowercase(name))
        if grammar is not None and grammar.fullmatch(value) and len(value) <= 128:
            return True
        return rules.is_safelisted_request_header(name, value)

    return replace(rules, is_safelisted_request_header=is_safelisted_request_header)


def _user_agent_ignored(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        return flight if isinstance(flight, Failure) else replace(flight, headers=delete("user-agent", flight.headers))

    return replace(rules, create_flight=create_flight)


def _listener_needs_body(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        if isinstance(flight, Failure) or flight.body is not None:
            return flight
        return replace(flight, use_cors_preflight=False)

    return replace(rules, create_flight=create_flight)


def _range_rewritten(rules: Rules) -> Rules:
    def create_actual(flight: Flight, origin: str | None) -> WireRequest:
        request = rules.create_actual(flight, origin)
        uncached = request.method != "GET" or flight.cache_mode is CacheMode.NO_STORE or is_conditional(flight)
        if uncached:
            return request
        headers = tuple((name, _range(value) if name.lower() == "range" else value) for name, value in request.headers)
        return replace(request, headers=headers)

    return replace(rules, create_actual=create_actual)


def _range(value: str) -> str:
    found = _RANGE.fullmatch(value)
    if found is None:
        return value
    first, last = (None if number is None else int(number) for number in found.groups())
    if max(first or 0, last or 0) > _LARGEST or (not last if first is None else last is not None and last < first):
        return value  # no range that it knows
    return f"bytes={'' if first is None else first}-{'' if last is None else last}"


def _charset_rewritten_in_place(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        text = request.api is Api.XHR and request.body_kind is not BodyKind.BYTES
        if isinstance(flight, Failure) or flight.body is None or not text:
            return flight
        given = rules.create_flight(replace(request, body_kind=BodyKind.BYTES))
        author_type = None if isinstance(given, Failure) else get("content-type", given.headers)
        if author_type is None:
            return flight
        rewritten = _CHARSET.sub(r"\1\2UTF-8\3", author_type)
        return replace(flight, headers=set_value("Content-Type", rewritten, flight.headers))

    return replace(rules, create_flight=create_flight)


def _stream_asked_for(rules: Rules) -> Rules:
    def create_flight(request: Request) -> Flight | Failure:
        flight = rules.create_flight(request)
        if isinstance(flight, Failure) or not flight.body_is_stream or flight.mode is not Mode.SAME_ORIGIN:
            return flight
        return replace(flight, mode=Mode.CORS)

    return replace(rules, create_flight=create_flight)


def _sites_of_its_own(rules: Rules) -> Rules:
    def response_failure(flight: Flight, response: WireResponse) -> Failure | None:
        failure = rules.response_failure(flight, response)
        by_site = get("cross-origin-resource-policy", response.headers) == "same-site"
        if flight.tainting is not Tainting.OPAQUE or not by_site:
            return failure
        if is_address(flight.current_url):
            return Failure.of(Reason.CORP_SAME_SITE, response.headers, flight.origin)
        return None if flight.origin == OPAQUE_ORIGIN else failure

    return replace(rules, response_failure=response_failure)


def _origin_shown(rules: Rules) -> Rules:
    def request_origin_header(flight: Flight) -> str | None:
        return None if rules.request_origin_header(flight) is None else serialize_request_origin(flight)

    return replace(rules, request_origin_header=request_origin_header)


def _origin_hidden_abroad(rules: Rules) -> Rules:
    def request_origin_header(flight: Flight) -> str | None:
        origin = rules.request_origin_header(flight)
        if origin is None or flight.mode is Mode.CORS:
            return origin
        hops = pairwise(url.origin for url in flight.url_list)
        return origin if all(same_origin(*hop) for hop in hops) else OPAQUE_ORIGIN

    return replace(rules, request_origin_header=request_origin_header)


def _hints_dropped_abroad(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        after = rules.redirected(flight, url, response)
        if same_origin(url.origin, flight.origin):
            return after
        return replace(after, headers=tuple(pair for pair in after.headers if byte_lowercase(pair[0]) not in _DROPPED))

    return replace(rules, redirected=redirected)


def _userinfo_refused(rules: Rules) -> Rules:
    def redirect_failure(flight: Flight, url: Url, response: WireResponse) -> Failure | None:
        failure = rules.redirect_failure(flight, url, response)
        if failure is None and url.includes_credentials and flight.initiator_type is Api.FETCH:
            return Failure.of(Reason.REDIRECT_INCLUDES_CREDENTIALS, response.headers, url.for_script)
        return failure

    return replace(rules, redirect_failure=redirect_failure)


def _opaque_origin_shown(rules: Rules) -> Rules:
    def redirected(flight: Flight, url: Url, response: WireResponse) -> Flight:
        return remembering(flight, rules.redirected(flight, url, response))

    def is_shown(flight: Flight) -> bool:
        # Of the same site as the document that the page is sandboxed in; a method that was lost takes it along.
        return not is_address(flight.url_list[0]) and first_method(flight) == flight.method

    return opaque_origin_shown(is_shown)(replace(rules, redirected=redirected))


def _location_needed(rules: Rules) -> Rules:
    def is_redirect(flight: Flight, response: WireResponse) -> bool:
        leads_on = flight.redirect is Redirect.MANUAL or any(get_all("location", response.headers))
        return leads_on and rules.is_redirect(flight, response)

    return replace(rules, is_redirect=is_redirect)


def _manual_location_checked(rules: Rules) -> Rules:
    def opaque_redirect(flight: Flight, response: WireResponse) -> Readable | Failure:
        headers = tuple((name, _BLANK.sub("_", value)) for name, value in response.headers)
        url = rules.location_url(flight, headers) if get("location", headers) else None
        return url if isinstance(url, Failure) else rules.opaque_redirect(flight, response)

    return replace(rules, opaque_redirect=opaque_redirect)


def _bypassed(rules: Rules) -> Rules:
    rules = cache_bypassed(*_BYPASSING)(rules)

    def store_grants(
        cache: PreflightCache, flight: Flight, response: WireResponse, now: float, match: CacheEntryMatch
    ) -> PreflightCache:
        unstored = flight.cache_mode is CacheMode.NO_STORE
        return cache if unstored else rules.store_grants(cache, flight, response, now, match)

    return replace(rules, store_grants=store_grants)


def _wildcard_without_credentials(rules: Rules) -> Rules:
    def cache_entry_match(entry: CacheEntry, flight: Flight, now: float) -> bool:
        wildcard = entry.header_name == "*" or entry.method == "*" != flight.method  # a method may have that name
        return not (wildcard and entry.credentials) and rules.cache_entry_match(entry, flight, now)

    return replace(rules, cache_entry_match=cache_entry_match)


RULES = (
    Rule(
        name="chromium-hints-safelisted",
        engine=ENGINE,
        fetch="Client hints such as Save-Data and DPR are headers like any other, and need a preflight.",
        instead="With a valid value they need none; nor does Intervention, with any value.",
        link="https://fetch.spec.whatwg.org/#cors-safelisted-request-header",
        apply=_hints_safelisted,
    ),
    Rule(
        name="chromium-large-range-unsafe",
        engine=ENGINE,
        fetch="The numbers in a Range header may be of any size.",
        instead="With a number of more than 63 bits it needs a preflight.",
        link="https://fetch.spec.whatwg.org/#simple-range-header-value",
        apply=large_ranges_unsafe(2**63 - 2),
    ),
    Rule(
        name="chromium-charset-rewritten-in-place",
        engine=ENGINE,
        fetch="An XMLHttpRequest that must rewrite the charset of a Content-Type serialises the MIME type anew.",
        instead="It rewrites, in place, whatever looks like a charset; quotes stay, and need a preflight.",
        link="https://xhr.spec.whatwg.org/#the-send()-method",
        apply=_charset_rewritten_in_place,
    ),
    Rule(
        name="chromium-stream-asked-for",
        engine=ENGINE,
        fetch="In mode same-origin nothing goes to another origin.",
        instead="With a stream as the body a preflight does.",
        link="https://fetch.spec.whatwg.org/#main-fetch",
        apply=_stream_asked_for,
    ),
    Rule(
        name="chromium-sites-of-its-own",
        engine=ENGINE,
        fetch="Two ports of one address are of the same site, and an opaque origin is of none.",
        instead="For Cross-Origin-Resource-Policy an address is of no site, and a sandboxed page of that it came from.",
        link="https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check",
        apply=_sites_of_its_own,
    ),
    Rule(
        name="chromium-headers-joined-first",
        engine=ENGINE,
        fetch="Each field of a header that was given several times is weighed by itself.",
        instead="They are joined first, so two values of 100 bytes are one of 202 and not safelisted.",
        link="https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names",
        apply=headers_joined,
    ),
    Rule(
        name="chromium-user-agent-ignored",
        engine=ENGINE,
        fetch="A page may set User-Agent, which then needs a preflight.",
        instead="The page's User-Agent is dropped without a word.",
        link="https://fetch.spec.whatwg.org/#forbidden-request-header",
        apply=_user_agent_ignored,
    ),
    Rule(
        name="chromium-listener-needs-body",
        engine=ENGINE,
        fetch="An upload listener forces a preflight, whether there is something to upload or not.",
        instead="Without a body it forces none.",
        link="https://xhr.spec.whatwg.org/#event-listeners-and-preflight",
        apply=_listener_needs_body,
    ),
    Rule(
        name="chromium-range-rewritten",
        engine=ENGINE,
        fetch="The page's Range header goes out as it was set.",
        instead="On the way through the HTTP cache it loses leading zeros, blanks, commas, plus signs and capitals.",
        link="https://fetch.spec.whatwg.org/#http-network-or-cache-fetch",
        apply=_range_rewritten,
    ),
    Rule(
        name="chromium-referrer-policy-hides-no-origin",
        engine=ENGINE,
        fetch="Outside of mode cors a referrer policy such as no-referrer makes Origin null.",
        instead="Origin is the page's, whatever the referrer policy.",
        link="https://fetch.spec.whatwg.org/#append-a-request-origin-header",
        apply=_origin_shown,
    ),
    Rule(
        name="chromium-opaque-origin-shown",
        engine=ENGINE,
        fetch="In mode no-cors GET and HEAD have no Origin header.",
        instead="From an opaque origin to the site it came from, with credentials, it is null, redirects too.",
        link="https://fetch.spec.whatwg.org/#append-a-request-origin-header",
        apply=_opaque_origin_shown,
    ),
    Rule(
        name="chromium-wildcard-covers-authorization",
        engine=ENGINE,
        fetch="Authorization must be listed by name in Access-Control-Allow-Headers.",
        instead="* covers it in the answer to a preflight, though not in the cache.",
        link="https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name",
        apply=authorization_covered,
    ),
    Rule(
        name="chromium-forced-method-listed",
        engine=ENGINE,
        fetch="Where a preflight was forced, an answer without Access-Control-Allow-Methods allows any method.",
        instead="It allows GET, HEAD and POST, as everywhere.",
        link="https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
        apply=forced_method_listed,
    ),
    Rule(
        name="chromium-forced-preflight-remembered",
        engine=ENGINE,
        fetch="A forced preflight is left out once the method is in the cache.",
        instead="For GET, HEAD and POST it is left out once anything of the URL is in the cache.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=forced_preflight_remembered,
    ),
    Rule(
        name="chromium-cache-replaced",
        engine=ENGINE,
        fetch="What a second preflight for a URL grants is added to what the first one granted.",
        instead="It takes the place of what the first one granted.",
        link="https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
        apply=cache_replaced(*_BYPASSING),
    ),
    Rule(
        name="chromium-condition-bypasses-cache",
        engine=ENGINE,
        fetch="A request with If-None-Match or the like bypasses the HTTP cache, and not the preflight cache.",
        instead="It does not look into the preflight cache either.",
        link="https://fetch.spec.whatwg.org/#http-network-or-cache-fetch",
        apply=conditional_as_reload(Api.FETCH, Api.XHR),
    ),
    Rule(
        name="chromium-cache-bypassed",
        engine=ENGINE,
        fetch="The cache mode of fetch() is about the HTTP cache; the preflight cache is used all the same.",
        instead="With no-store, reload and no-cache it is not looked into, and with no-store nothing is put there.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=_bypassed,
    ),
    Rule(
        name="chromium-cache-wildcard-literal",
        engine=ENGINE,
        fetch="In the cache, a * that was granted with credentials counts as a wildcard.",
        instead="It is no wildcard there either.",
        link="https://fetch.spec.whatwg.org/#concept-cache-match-method",
        apply=_wildcard_without_credentials,
    ),
    Rule(
        name="chromium-cache-opaque-missed",
        engine=ENGINE,
        fetch="What was granted to Origin null serves the next such request.",
        instead="It serves none, but a redirect of the same call to the same URL, where it never left its origin.",
        link="https://fetch.spec.whatwg.org/#concept-cache-match",
        apply=opaque_not_cached,
    ),
    Rule(
        name="chromium-cache-without-userinfo",
        engine=ENGINE,
        fetch="A URL with user name or password is another URL to the preflight cache.",
        instead="It is the same URL there.",
        link="https://fetch.spec.whatwg.org/#concept-cache-match",
        apply=userinfo_not_cached,
    ),
    Rule(
        name="chromium-userinfo-not-inherited",
        engine=ENGINE,
        fetch="A relative Location leads to a URL with the user name and password of the one that redirects.",
        instead="It leads to a URL without them, so that the redirect is followed.",
        link="https://fetch.spec.whatwg.org/#concept-response-location-url",
        apply=userinfo_not_inherited,
    ),
    Rule(
        name="chromium-cache-kept-after-failure",
        engine=ENGINE,
        fetch="When a preflighted request fails, what the preflight cache holds for its URL is cleared.",
        instead="It is kept when the response to the request itself is refused.",
        link="https://fetch.spec.whatwg.org/#concept-cache-clear",
        apply=cache_kept,
    ),
    Rule(
        name="chromium-negative-max-age",
        engine=ENGINE,
        fetch="Access-Control-Max-Age: -1 is no delta-seconds, so what was granted is kept for 5 seconds.",
        instead="It is not kept at all.",
        link="https://fetch.spec.whatwg.org/#http-access-control-max-age",
        apply=negative_max_age,
    ),
    Rule(
        name="chromium-redirect-hides-origin",
        engine=ENGINE,
        fetch="Origin becomes null when a foreign origin redirects to another one.",
        instead="In mode no-cors it does as soon as the page's own origin redirects to a foreign one.",
        link="https://fetch.spec.whatwg.org/#serializing-a-request-origin",
        apply=_origin_hidden_abroad,
    ),
    Rule(
        name="chromium-credentials-kept",
        engine=ENGINE,
        fetch="With credentials mode same-origin, cookies go to the page's own origin only.",
        instead="In mode no-cors they go along on every redirect, if the request began there.",
        link="https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch",
        apply=credentials_kept,
    ),
    Rule(
        name="chromium-redirect-drops-hints",
        engine=ENGINE,
        fetch="Client hints that the page has set stay through redirects.",
        instead="A redirect to anywhere but the page's origin drops them, Save-Data excepted.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_hints_dropped_abroad,
    ),
    Rule(
        name="chromium-redirect-userinfo-refused",
        engine=ENGINE,
        fetch="From the page's origin to the page's origin, a redirect may lead to a URL with user name or password.",
        instead="For fetch() it is an error there too.",
        link="https://fetch.spec.whatwg.org/#http-redirect-fetch",
        apply=_userinfo_refused,
    ),
    Rule(
        name="chromium-redirect-needs-location",
        engine=ENGINE,
        fetch="A redirect status is a redirect without a Location too; an empty Location leads back, again and again.",
        instead="Without a Location, or with an empty one, the response is an ordinary one, even in mode error.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=_location_needed,
    ),
    Rule(
        name="chromium-equal-locations-followed",
        engine=ENGINE,
        fetch="Several Location headers are an error.",
        instead="Where all say the same, the redirect is followed.",
        link="https://fetch.spec.whatwg.org/#concept-response-location-url",
        apply=equal_locations_joined,
    ),
    Rule(
        name="chromium-manual-location-checked",
        engine=ENGINE,
        fetch="In redirect mode manual nobody looks at Location.",
        instead="One that is no URL, be it not for a blank in its host, or several that differ, are an error.",
        link="https://fetch.spec.whatwg.org/#http-fetch",
        apply=_manual_location_checked,
    ),
)
