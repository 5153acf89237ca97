"""Deviations: each rule makes its engine's story another one than the standard's, and records cover exactly their case.

A story is what a server and script see, written down: `?PUT x-a > PUT > 200` is a preflight, the request itself and the
status that script reads. `GET x=1` tells the header that a case is about, ` | ` stands between requests that share a
preflight cache, and the last word of a request that failed is the reason. `GET credentials` may have cookies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import pytest
from scenes import ALLOW_PAGE, API, OTHER, PAGE, URL, asks, leads_to, says

from harness import oracle
from harness.deviations import RULES, Deviation, Rule, find, model, rules_for
from harness.oracle import (
    STANDARD,
    BodyKind,
    CacheMode,
    Credentials,
    Exchange,
    Headers,
    Kind,
    Mode,
    Prediction,
    PreflightCache,
    Readable,
    Redirect,
    ReferrerPolicy,
    Request,
    ResponseType,
    Rules,
    WireRequest,
    WireResponse,
    predict,
)
from harness.oracle.headers import contains, get
from harness.scenario import Api, Expectation

HOME = f"{PAGE}/home"
ALLOW_ORIGIN = "Access-Control-Allow-Origin"


# ---- telling stories -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One request, the answers that are not simply generous, and the time."""

    request: Request
    preflight: WireResponse | None = None
    pages: Mapping[str, WireResponse] = field(default_factory=dict)
    at: float = 0.0

    def serve(self, request: WireRequest) -> WireResponse:
        """Answer; whatever says nothing of its own about the origin allows the one that asks."""
        if request.kind is Kind.PREFLIGHT:
            answer = self.preflight or WireResponse(204, _as_asked(request))
        else:
            answer = self.pages.get(request.url, WireResponse(200))
        if contains(ALLOW_ORIGIN, answer.headers):
            return answer
        allow = ((ALLOW_ORIGIN, request.origin or "*"), ("Access-Control-Allow-Credentials", "true"))
        return replace(answer, headers=(*answer.headers, *allow))


def _as_asked(request: WireRequest) -> Headers:
    asked = (
        ("Access-Control-Allow-Methods", request.requested_method),
        ("Access-Control-Allow-Headers", request.requested_headers),
    )
    return tuple((name, value) for name, value in asked if value is not None)


@dataclass(frozen=True)
class Case:
    """What is asked for, what follows by the standard and by the rule; both with the rules ``beside`` in place."""

    steps: tuple[Step, ...]
    standard: str
    instead: str
    shown: str = ""
    beside: tuple[str, ...] = ()

    def told(self, rules: Rules) -> str:
        """Tell the story of these rules."""
        cache, parts = PreflightCache(), []
        for step in self.steps:
            prediction = predict(step.request, step.serve, cache=cache, now=step.at, rules=rules)
            parts.append(self._part(prediction))
            cache = prediction.cache
        return " | ".join(parts)

    def _part(self, prediction: Prediction) -> str:
        runs = [(word, len([*same])) for word, same in groupby(map(self._word, prediction.exchanges))]
        outcome = prediction.outcome
        if isinstance(outcome, Readable):
            plain = outcome.type in (ResponseType.BASIC, ResponseType.CORS)
            end = str(outcome.status) if plain else outcome.type.value
        else:
            end = outcome.reason.value
        return " > ".join([*(word if times == 1 else f"{word} x{times}" for word, times in runs), end])

    def _word(self, exchange: Exchange) -> str:
        request = exchange.request
        parts = [request.method]
        if request.kind is Kind.PREFLIGHT:
            parts = [f"?{request.requested_method}", request.requested_headers or ""]
        value = get(self.shown, request.headers) if self.shown else None
        if self.shown == "credentials" and request.credentials:
            parts.append("credentials")
        if value is not None:
            parts.append(f"{self.shown}={'page' if value == PAGE else value}")
        return " ".join(filter(None, parts))


# ---- what is asked for -----------------------------------------------------------------------------


def sends(*headers: tuple[str, str], method: str = "GET", url: str = URL, **more: Any) -> Request:
    """A request with these headers."""
    return asks(url, method=method, headers=headers, **more)


def to(location: str, status: int = 307) -> WireResponse:
    """A redirect."""
    return leads_to(location, status, allow=())


def offers(*headers: tuple[str, str]) -> WireResponse:
    """An answer to a preflight that offers this much."""
    return WireResponse(204, headers)


def once(request: Request, preflight: WireResponse | None = None, **pages: Any) -> tuple[Step, ...]:
    """A single request."""
    return (Step(request, preflight, **pages),)


def twice(request: Request, preflight: WireResponse | None = None, **pages: Any) -> tuple[Step, ...]:
    """The same request two times, with the cache of the first."""
    return once(request, preflight, **pages) * 2


X_A, X_B = ("X-A", "1"), ("X-B", "1")
TEXT = ("Content-Type", "text/plain")
JSON = ("Content-Type", "application/json")
AUTHORIZATION = ("Authorization", "x")
METHODS, NAMES, MAX_AGE = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"
ANY_NAME = offers((NAMES, "*"))
INCLUDE: dict[str, Any] = {"credentials": Credentials.INCLUDE}
LISTENS: dict[str, Any] = {"api": oracle.Api.XHR, "upload_listener": True}
STREAM: dict[str, Any] = {"method": "POST", "body": b"x", "body_kind": BodyKind.STREAM}
BYTES: dict[str, Any] = {"body": b"x", "body_kind": BodyKind.BYTES}
NO_CORS: dict[str, Any] = {"mode": Mode.NO_CORS}
ERROR: dict[str, Any] = {"redirect": Redirect.ERROR}
MANUAL: dict[str, Any] = {"redirect": Redirect.MANUAL}
RELOAD: dict[str, Any] = {"cache": CacheMode.RELOAD}
PUT, DELETE = sends(method="PUT"), sends(method="DELETE")
HUGE = ("Range", f"bytes={2**64}-")
REFUSED = says(allow=((ALLOW_ORIGIN, OTHER),))
TRUE = ("Access-Control-Allow-Credentials", "true")
QUOTED = once(sends(("Content-Type", 'text/plain;charset="a"'), method="POST", body=b"x", api=oracle.Api.XHR))
CHALLENGE = WireResponse(401, (("WWW-Authenticate", "Basic"),))
NO_LOCATION = WireResponse(302)
TWO_LOCATIONS = WireResponse(302, (("Location", "/x"), ("Location", "/x")))
EMPTY_LOCATIONS = WireResponse(302, (("Location", ""), ("Location", "")))
OTHER_LOCATIONS = WireResponse(302, (("Location", "/x"), ("Location", "/y")))

TO_OTHER = Step(PUT, pages={URL: to(f"{OTHER}/")})

# By the name of a rule, or by what follows the engine in it where several engines do the same.
CASES: dict[str, Case] = {
    # ---- several engines ----
    "large-range-unsafe": Case(once(sends(HUGE)), "GET > 200", "?GET range > GET > 200"),
    "headers-joined-first": Case(
        once(sends(*[("Accept-Language", "a" * 100)] * 2)), "GET > 200", "?GET accept-language > GET > 200"
    ),
    "wildcard-covers-authorization": Case(
        once(sends(AUTHORIZATION), ANY_NAME),
        "?GET authorization > authorization-needs-listing",
        "?GET authorization > GET > 200",
    ),
    "forced-method-listed": Case(
        once(sends(method="PUT", **BYTES, **LISTENS), offers()), "?PUT > PUT > 200", "?PUT > method-not-allowed"
    ),
    "forced-preflight-remembered": Case(
        (Step(sends(X_A)), Step(sends(method="POST", **BYTES, **LISTENS))),
        "?GET x-a > GET > 200 | ?POST > POST > 200",
        "?GET x-a > GET > 200 | POST > 200",
    ),
    "cache-replaced": Case(
        (Step(PUT), Step(DELETE), Step(PUT)),
        "?PUT > PUT > 200 | ?DELETE > DELETE > 200 | PUT > 200",
        "?PUT > PUT > 200 | ?DELETE > DELETE > 200 | ?PUT > PUT > 200",
    ),
    "condition-bypasses-cache": Case(
        twice(sends(("If-None-Match", "x"))),
        "?GET if-none-match > GET > 200 | GET > 200",
        "?GET if-none-match > GET > 200 | ?GET if-none-match > GET > 200",
        beside=("cache-bypassed",),
    ),
    "cache-bypassed": Case(
        twice(sends(method="PUT", **RELOAD)), "?PUT > PUT > 200 | PUT > 200", "?PUT > PUT > 200 | ?PUT > PUT > 200"
    ),
    "cache-wildcard-literal": Case(
        (Step(sends(X_A, **INCLUDE), offers((NAMES, "x-a, *"))), Step(sends(X_B, **INCLUDE))),
        "?GET x-a > GET > 200 | GET > 200",
        "?GET x-a > GET > 200 | ?GET x-b > GET > 200",
    ),
    "cache-tainted-missed": Case(
        (TO_OTHER, replace(TO_OTHER, at=1)),
        "?PUT > PUT > ?PUT > PUT > 200 | PUT x2 > 200",
        "?PUT > PUT > ?PUT > PUT > 200 | PUT > ?PUT > PUT > 200",
    ),
    "cache-kept-after-failure": Case(
        (Step(PUT), Step(PUT, pages={URL: REFUSED}), Step(PUT)),
        "?PUT > PUT > 200 | PUT > allow-origin-mismatch | ?PUT > PUT > 200",
        "?PUT > PUT > 200 | PUT > allow-origin-mismatch | PUT > 200",
    ),
    "credentials-kept": Case(
        once(sends(url=HOME, **NO_CORS), pages={HOME: to(URL)}),
        "GET credentials > GET > opaque",
        "GET credentials x2 > opaque",
        shown="credentials",
    ),
    "negative-max-age": Case(
        twice(PUT, offers((METHODS, "PUT"), (MAX_AGE, "-1"))),
        "?PUT > PUT > 200 | PUT > 200",
        "?PUT > PUT > 200 | ?PUT > PUT > 200",
    ),
    "equal-locations-followed": Case(
        once(sends(), pages={URL: TWO_LOCATIONS}), "GET > location-multiple", "GET x2 > 200"
    ),
    "cache-without-userinfo": Case(
        (Step(asks("http://u:p@api.test:9000/item", method="PUT", api=oracle.Api.XHR)), Step(PUT)),
        "?PUT > PUT > 200 | ?PUT > PUT > 200",
        "?PUT > PUT > 200 | PUT > 200",
    ),
    "userinfo-not-inherited": Case(
        once(asks("http://u:p@api.test:9000/item", api=oracle.Api.XHR), pages={URL: to("/x")}),
        "GET > redirect-includes-credentials",
        "GET x2 > 200",
    ),
    "opaque-origin-shown": Case(
        once(asks("http://localhost:9000/", origin="null", **INCLUDE, **NO_CORS)),
        "GET > opaque",
        "GET origin=null > opaque",
        shown="origin",
    ),
    # ---- chromium ----
    "chromium-charset-rewritten-in-place": Case(QUOTED, "POST > 200", "?POST content-type > POST > 200"),
    "chromium-stream-asked-for": Case(
        once(sends(mode=Mode.SAME_ORIGIN, **STREAM)), "mode-same-origin", "?POST > stream-over-http-one"
    ),
    "chromium-sites-of-its-own": Case(
        once(
            asks("http://127.0.0.1:9000/", origin="http://127.0.0.1:8000", **NO_CORS),
            pages={"http://127.0.0.1:9000/": WireResponse(200, (("Cross-Origin-Resource-Policy", "same-site"),))},
        ),
        "GET > opaque",
        "GET > corp-same-site",
    ),
    "chromium-cache-opaque-missed": Case(
        twice(sends(method="PUT", origin="null")),
        "?PUT > PUT > 200 | PUT > 200",
        "?PUT > PUT > 200 | ?PUT > PUT > 200",
    ),
    "chromium-hints-safelisted": Case(once(sends(("DPR", "2.0"))), "?GET dpr > GET > 200", "GET > 200"),
    "chromium-user-agent-ignored": Case(
        once(sends(("User-Agent", "x"))), "?GET user-agent > GET user-agent=x > 200", "GET > 200", shown="user-agent"
    ),
    "chromium-listener-needs-body": Case(once(sends(method="POST", **LISTENS)), "?POST > POST > 200", "POST > 200"),
    "chromium-range-rewritten": Case(
        once(sends(("Range", "Bytes=007-009"))),
        "?GET range > GET range=Bytes=007-009 > 200",
        "?GET range > GET range=bytes=7-9 > 200",
        shown="range",
    ),
    "chromium-referrer-policy-hides-no-origin": Case(
        once(sends(method="POST", referrer_policy=ReferrerPolicy.NO_REFERRER, **NO_CORS)),
        "POST origin=null > opaque",
        "POST origin=page > opaque",
        shown="origin",
    ),
    "chromium-redirect-hides-origin": Case(
        once(sends(method="POST", url=HOME, **NO_CORS), pages={HOME: to(URL)}),
        "POST origin=page x2 > opaque",
        "POST origin=page > POST origin=null > opaque",
        shown="origin",
    ),
    "chromium-redirect-drops-hints": Case(
        once(sends(("DPR", "2")), pages={URL: to("/x")}),
        "?GET dpr > GET dpr=2 > ?GET dpr > GET dpr=2 > 200",
        "?GET dpr > GET dpr=2 > GET > 200",
        shown="dpr",
    ),
    "chromium-redirect-userinfo-refused": Case(
        once(sends(url=HOME), pages={HOME: to("http://u:p@app.test:8000/x")}),
        "GET x2 > 200",
        "GET > redirect-includes-credentials",
    ),
    "chromium-redirect-needs-location": Case(
        once(sends(**ERROR), pages={URL: NO_LOCATION}), "GET > redirect-mode-error", "GET > 302"
    ),
    "chromium-manual-location-checked": Case(
        once(sends(**MANUAL), pages={URL: to("http://[")}), "GET > opaqueredirect", "GET > location-invalid"
    ),
    # ---- firefox ----
    "firefox-charset-in-place": Case(
        once(
            sends(
                ("Content-Type", "text/plain; charset=UTF-16"),
                method="POST",
                body=b"x",
                body_kind=oracle.BodyKind.URLENCODED,
                api=oracle.Api.XHR,
            )
        ),
        "POST content-type=text/plain;charset=UTF-8 > 200",
        "POST content-type=text/plain; charset=UTF-8 > 200",
        shown="content-type",
    ),
    "firefox-charset-rewritten-late": Case(QUOTED, "POST > 200", "?POST content-type > POST > 200"),
    "firefox-types-split": Case(
        once(sends(("Content-Type", "text/plain;a=b, text/plain"), method="POST", **BYTES)),
        "POST > 200",
        "?POST content-type > POST > 200",
    ),
    "firefox-empty-value-lost": Case(
        once(sends(("X-A", ""), ("X-A", "a"))),
        "?GET x-a > GET x-a=, a > 200",
        "?GET x-a > GET x-a=a > 200",
        shown="x-a",
    ),
    "firefox-empty-credentials-skipped": Case(
        once(sends(**INCLUDE), pages={URL: says(200, TRUE, (TRUE[0], ""))}),
        "GET > allow-credentials-not-true",
        "GET > 200",
    ),
    "firefox-high-bytes-unsafe": Case(once(sends(("Accept", "\xe9"))), "GET > 200", "?GET accept > GET > 200"),
    "firefox-no-total-limit": Case(once(sends(*[("Accept", "a" * 114)] * 9)), "?GET accept > GET > 200", "GET > 200"),
    "firefox-header-asked-twice": Case(
        once(sends(X_A, X_A, X_B)), "?GET x-a,x-b > GET > 200", "?GET x-a,x-a,x-b > GET > 200"
    ),
    "firefox-stream-as-text": Case(
        once(sends(**STREAM)),
        "?POST > stream-over-http-one",
        "POST content-type=text/plain;charset=UTF-8 > 200",
        shown="content-type",
    ),
    "firefox-one-value-sent": Case(
        once(sends(("From", "a"), ("From", "b"))),
        "?GET from > GET from=a, b > 200",
        "?GET from > GET from=b > 200",
        shown="from",
    ),
    "firefox-url-credentials-sent": Case(
        once(asks("http://u:p@api.test:9000/item", api=oracle.Api.XHR), pages={URL: CHALLENGE}),
        "GET > 401",
        "GET > GET authorization=Basic dTpw > 401",
        shown="authorization",
    ),
    "firefox-cache-wildcard-missed": Case(
        twice(sends(X_A), ANY_NAME), "?GET x-a > GET > 200 | GET > 200", "?GET x-a > GET > 200 | ?GET x-a > GET > 200"
    ),
    "firefox-cache-credentials-apart": Case(
        (Step(sends(method="PUT", **INCLUDE)), Step(PUT)),
        "?PUT > PUT > 200 | PUT > 200",
        "?PUT > PUT > 200 | ?PUT > PUT > 200",
    ),
    "firefox-cache-head-missed": Case(
        (Step(sends(X_A)), Step(sends(X_A, method="HEAD"))),
        "?GET x-a > GET > 200 | HEAD > 200",
        "?GET x-a > GET > 200 | ?HEAD x-a > HEAD > 200",
    ),
    "firefox-cache-renewed-from-now": Case(
        (
            Step(PUT, offers((METHODS, "PUT"), (MAX_AGE, "10"))),
            Step(DELETE, offers((METHODS, "PUT, DELETE"), (MAX_AGE, "10")), at=6.0),
            Step(PUT, at=12.0),
        ),
        "?PUT > PUT > 200 | ?DELETE > DELETE > 200 | ?PUT > PUT > 200",
        "?PUT > PUT > 200 | ?DELETE > DELETE > 200 | PUT > 200",
    ),
    "firefox-malformed-max-age": Case(
        twice(PUT, offers((METHODS, "PUT"), (MAX_AGE, "soon"))),
        "?PUT > PUT > 200 | PUT > 200",
        "?PUT > PUT > 200 | ?PUT > PUT > 200",
    ),
    "firefox-cache-cleared-by-any-failure": Case(
        (Step(PUT), Step(sends(), pages={URL: REFUSED}), Step(PUT)),
        "?PUT > PUT > 200 | GET > allow-origin-mismatch | PUT > 200",
        "?PUT > PUT > 200 | GET > allow-origin-mismatch | ?PUT > PUT > 200",
    ),
    "firefox-preflights-after-redirect": Case(
        once(sends(JSON, method="POST", url=HOME, **BYTES), pages={HOME: to(URL, 301)}),
        "POST > GET > 200",
        "POST > ?GET > GET > 200",
    ),
    "firefox-headers-return": Case(
        once(sends(AUTHORIZATION, url=HOME), pages={HOME: to(URL), URL: to("/x")}),
        "GET authorization=x > GET x2 > 200",
        "GET authorization=x > GET > ?GET authorization > GET authorization=x > 200",
        shown="authorization",
    ),
    "firefox-preflight-names-page-origin": Case(
        once(PUT, pages={URL: to(f"{OTHER}/")}),
        "?PUT origin=page > PUT origin=page > ?PUT origin=null > PUT origin=null > 200",
        "?PUT origin=page > PUT origin=page > ?PUT origin=page > PUT origin=null > 200",
        shown="origin",
    ),
    "firefox-manual-location-counted": Case(
        once(sends(**MANUAL), pages={URL: OTHER_LOCATIONS}), "GET > opaqueredirect", "GET > location-multiple"
    ),
    # ---- webkit ----
    "webkit-empty-form-as-given": Case(
        once(
            sends(
                ("Content-Type", "text/plain;charset=a"),
                method="POST",
                body=b"",
                body_kind=oracle.BodyKind.URLENCODED,
                api=oracle.Api.XHR,
            )
        ),
        "POST content-type=text/plain;charset=UTF-8 > 200",
        "POST content-type=text/plain;charset=a > 200",
        shown="content-type",
    ),
    "webkit-type-without-body": Case(
        once(sends(api=oracle.Api.XHR, body=b"a=b", body_kind=BodyKind.URLENCODED)),
        "GET > 200",
        "GET content-type=application/x-www-form-urlencoded;charset=UTF-8 > 200",
        shown="content-type",
    ),
    "webkit-any-redirection-followed": Case(once(sends(), pages={URL: to("/x", 399)}), "GET > 399", "GET x2 > 200"),
    "webkit-range-lenient": Case(once(sends(("Range", "BYTES=+0-1"))), "?GET range > GET > 200", "GET > 200"),
    "webkit-stream-refused": Case(once(sends(**STREAM)), "?POST > stream-over-http-one", "stream-over-http-one"),
    "webkit-high-bytes-as-utf8": Case(
        once(sends(("X-A", "\xe9"), url=HOME)), "GET x-a=\xe9 > 200", "GET x-a=\xc3\xa9 > 200", shown="x-a"
    ),
    "webkit-cache-refused-stored": Case(
        (Step(sends(X_A, method="PUT"), offers((NAMES, "x-a"))), Step(sends(X_A))),
        "?PUT x-a > method-not-allowed | ?GET x-a > GET > 200",
        "?PUT x-a > method-not-allowed | GET > 200",
        beside=("cache-kept-after-failure",),
    ),
    "webkit-first-headers-asked-for": Case(
        once(sends(JSON, method="POST", url=HOME, **BYTES), pages={HOME: to(URL, 301)}),
        "POST > GET > 200",
        "POST > ?GET content-type > GET > 200",
    ),
    "webkit-headers-return": Case(
        once(sends(JSON, method="POST", url=HOME, **BYTES), pages={HOME: to(URL, 301), URL: to("/x")}),
        "POST content-type=application/json > GET x2 > 200",
        "POST content-type=application/json > GET > ?GET content-type > GET content-type=application/json > 200",
        shown="content-type",
    ),
    "webkit-type-returns": Case(
        once(sends(JSON, method="POST", url=HOME, **BYTES), pages={HOME: to("/x", 301), f"{PAGE}/x": to("/y")}),
        "POST content-type=application/json > GET x2 > 200",
        "POST content-type=application/json > GET > GET content-type=application/json > 200",
        shown="content-type",
    ),
    "webkit-user-agent-lost": Case(
        once(sends(("User-Agent", "x"), url=HOME), pages={HOME: to("/x")}),
        "GET user-agent=x x2 > 200",
        "GET user-agent=x > GET > 200",
        shown="user-agent",
    ),
    "webkit-origin-stays": Case(
        once(sends(method="POST", url=HOME), pages={HOME: to("/x", 301)}),
        "POST origin=page > GET > 200",
        "POST origin=page > GET origin=page > 200",
        shown="origin",
    ),
    "webkit-redirect-abroad-needs-credentials": Case(
        once(sends(url=HOME), pages={HOME: to(URL), URL: leads_to("/x", allow=ALLOW_PAGE)}),
        "GET x3 > 200",
        "GET x2 > allow-credentials-missing",
    ),
    "webkit-userinfo-refused-late": Case(
        once(sends(method="PUT", url=HOME), pages={HOME: to("http://u:p@api.test:9000/item")}),
        "PUT > redirect-includes-credentials",
        "PUT > ?PUT > redirect-includes-credentials",
    ),
    "webkit-redirect-error-needs-location": Case(
        once(sends(**ERROR), pages={URL: NO_LOCATION}), "GET > redirect-mode-error", "GET > 302"
    ),
    "webkit-empty-location-invalid": Case(
        once(sends(), pages={URL: to("")}), "GET x21 > too-many-redirects", "GET > location-invalid"
    ),
    "webkit-locations-joined": Case(
        once(sends(), pages={URL: OTHER_LOCATIONS}), "GET > location-multiple", "GET x2 > 200"
    ),
    "webkit-delete-becomes-get": Case(
        once(DELETE, pages={URL: to(f"{OTHER}/")}),
        "?DELETE > DELETE > ?DELETE > DELETE > 200",
        "?DELETE > DELETE > GET > 200",
    ),
}
BY_NAME = {rule.name: rule for rule in RULES}
OF_THE_FILTER = {"firefox-wildcard-exposes-first"}  # which stories do not tell
OF_THE_WALK = [rule for rule in RULES if rule.name not in OF_THE_FILTER]


def suffix(rule: Rule) -> str:
    """What follows the engine in a rule's name."""
    return rule.name.removeprefix(f"{rule.engine}-")


def case_of(rule: Rule) -> Case:
    """The case of a rule, of its own or shared."""
    return CASES.get(rule.name) or CASES[suffix(rule)]


def others(rule: Rule, case: Case) -> list[Rule]:
    """The rules beside, of the same engine."""
    return [BY_NAME[f"{rule.engine}-{name}"] for name in case.beside]


# ---- what each rule does ---------------------------------------------------------------------------


@pytest.mark.parametrize("rule", OF_THE_WALK, ids=lambda rule: rule.name)
def test_rule(rule: Rule) -> None:
    """Without the rule the story is the standard's, with it the engine's."""
    case = case_of(rule)
    assert case.told(model(others(rule, case))) == case.standard
    assert case.told(model([rule, *others(rule, case)])) == case.instead


@pytest.mark.parametrize("rule", OF_THE_WALK, ids=lambda rule: rule.name)
def test_rules_compose(rule: Rule) -> None:
    """Among all the others of its engine a rule still makes a difference."""
    case, engine = case_of(rule), [other for other in RULES if other.engine == rule.engine]
    without = [other for other in engine if other is not rule]
    assert case.told(model(engine)) != case.told(model(without))


def ranged(value: str) -> str:
    """Say what follows where this range goes out."""
    return f"GET range=bytes={value} > 200"


UNSTORED = (Step(sends(method="PUT", cache=CacheMode.NO_STORE)), Step(PUT))
STOPPED = (Step(PUT), Step(sends(**ERROR), pages={URL: to("/x")}), Step(PUT))
SUFFIX_RANGE = ("Range", "bytes=-5")
TAINTED_REFUSED = Step(PUT, pages={URL: to(f"{OTHER}/"), f"{OTHER}/": says(allow=((ALLOW_ORIGIN, API),))})


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(
            "chromium-cache-bypassed",
            Case(UNSTORED, "?PUT > PUT > 200 | PUT > 200", "?PUT > PUT > 200 | ?PUT > PUT > 200"),
            id="no-store-stores-nothing",
        ),
        pytest.param(
            "chromium-redirect-userinfo-refused",
            Case(
                once(sends(url=HOME, api=oracle.Api.XHR), pages={HOME: to("http://u:p@app.test:8000/x")}),
                "GET x2 > 200",
                "GET x2 > 200",
            ),
            id="userinfo-of-an-xhr",
        ),
        pytest.param(
            "chromium-range-rewritten",
            Case(once(sends(SUFFIX_RANGE, url=HOME)), "GET range=bytes=-5 > 200", "GET range=bytes=-5 > 200", "range"),
            id="another-range",
        ),
        *(
            pytest.param(
                "chromium-range-rewritten",
                Case(once(sends(("Range", f"bytes={given}"), url=HOME)), ranged(given), ranged(sent), "range"),
                id=f"range-{given[:20]}",
            )
            for given, sent in (
                ("00-9,", "0-9"),
                (",\t00-", "0-"),
                ("-+05", "-5"),
                ("01-01", "1-1"),
                ("09223372036854775807-", "9223372036854775807-"),
                ("09223372036854775808-", "09223372036854775808-"),
                ("09-01", "09-01"),
                ("-00", "-00"),
                ("00-00", "0-0"),
                (f"{'0' * 5000}7-", "7-"),
                (f"0{'7' * 5000}-", f"0{'7' * 5000}-"),
                ("-", "-"),
                ("+-5", "+-5"),
                ("00-1,03-4", "00-1,03-4"),
            )
        ),
        pytest.param(
            "chromium-headers-joined-first",
            Case(once(sends(X_A, method="TRACE")), "method-forbidden", "method-forbidden"),
            id="thrown-before-joined",
        ),
        pytest.param(
            "firefox-header-asked-twice",
            Case(once(sends(X_A, X_A, api=oracle.Api.XHR)), "?GET x-a > GET > 200", "?GET x-a > GET > 200"),
            id="an-xhr-joins-first",
        ),
        pytest.param(
            "firefox-cache-cleared-by-any-failure",
            Case(
                STOPPED,
                "?PUT > PUT > 200 | GET > redirect-mode-error | PUT > 200",
                "?PUT > PUT > 200 | GET > redirect-mode-error | PUT > 200",
            ),
            id="but-not-by-redirect-mode-error",
        ),
        pytest.param(
            "firefox-headers-return",
            Case(
                once(
                    asks(HOME, method="POST", body=b"x", api=oracle.Api.XHR),
                    pages={HOME: to(URL, 301), URL: to("/x")},
                ),
                "POST content-type=text/plain;charset=UTF-8 > GET x2 > 200",
                "POST content-type=text/plain;charset=UTF-8 > GET x2 > 200",
                "content-type",
            ),
            id="the-type-of-an-xhr-body-stays-away",
        ),
        pytest.param(
            "firefox-headers-return",
            Case(
                once(
                    sends(
                        ("Content-Type", "text/plain;charset=UTF-8"),
                        url=HOME,
                        method="POST",
                        body=b"x",
                        api=oracle.Api.XHR,
                    ),
                    pages={HOME: to("/x", 303), f"{PAGE}/x": to("/y", 307)},
                ),
                "POST content-type=text/plain;charset=UTF-8 > GET x2 > 200",
                "POST content-type=text/plain;charset=UTF-8 > GET > GET content-type=text/plain;charset=UTF-8 > 200",
                "content-type",
            ),
            id="the-same-type-given-by-the-page-returns",
        ),
        pytest.param(
            "firefox-headers-return",
            Case(
                once(
                    sends(
                        ("Content-Type", "text/plain;charset=a"),
                        url=HOME,
                        method="POST",
                        body=b"x",
                        api=oracle.Api.XHR,
                    ),
                    pages={HOME: to("/x", 307)},
                ),
                "POST content-type=text/plain;charset=UTF-8 x2 > 200",
                "POST content-type=text/plain;charset=UTF-8 > POST content-type=text/plain;charset=a > 200",
                "content-type",
            ),
            id="a-charset-as-it-was-given",
        ),
        pytest.param(
            "firefox-preflight-names-page-origin",
            Case(
                (TAINTED_REFUSED, TAINTED_REFUSED),
                "?PUT > PUT > ?PUT > PUT > allow-origin-mismatch | PUT > ?PUT > PUT > allow-origin-mismatch",
                "?PUT > PUT > ?PUT > PUT > allow-origin-mismatch | PUT > ?PUT > PUT > allow-origin-mismatch",
            ),
            id="a-failure-clears-what-the-page-was-granted",
        ),
        pytest.param(
            "firefox-preflight-names-page-origin",
            Case(
                once(PUT, WireResponse(204, ((METHODS, "PUT"), (ALLOW_ORIGIN, PAGE))), pages={URL: to(f"{OTHER}/")}),
                "?PUT > PUT > ?PUT > allow-origin-mismatch",
                "?PUT > PUT > ?PUT > PUT > 200",
            ),
            id="and-accepts-it-back",
        ),
        pytest.param(
            "firefox-manual-location-counted",
            Case(once(sends(**MANUAL), pages={URL: TWO_LOCATIONS}), "GET > opaqueredirect", "GET > opaqueredirect"),
            id="equal-locations-are-one",
        ),
        pytest.param(
            "chromium-range-rewritten",
            Case(
                once(sends(("Range", "bytes=00-9"), cache=CacheMode.NO_STORE)),
                "GET range=bytes=00-9 > 200",
                "GET range=bytes=00-9 > 200",
                "range",
            ),
            id="a-range-beside-the-http-cache",
        ),
        pytest.param(
            "chromium-range-rewritten",
            Case(
                once(sends(("Range", "bytes=00-9"), ("If-Range", "x"))),
                "?GET if-range > GET range=bytes=00-9 > 200",
                "?GET if-range > GET range=bytes=00-9 > 200",
                "range",
            ),
            id="a-range-with-a-condition",
        ),
        pytest.param(
            "chromium-redirect-needs-location",
            Case(once(sends(), pages={URL: EMPTY_LOCATIONS}), "GET > location-multiple", "GET > 302"),
            id="nor-are-two-empty-locations-one",
        ),
        pytest.param(
            "chromium-manual-location-checked",
            Case(once(sends(**MANUAL), pages={URL: to("http://a b/")}), "GET > opaqueredirect", "GET > opaqueredirect"),
            id="a-blank-in-a-host",
        ),
        pytest.param(
            "chromium-cache-opaque-missed",
            Case(
                once(sends(method="PUT", origin="null"), pages={URL: to("#")}),
                "?PUT > PUT > ?PUT > PUT x20 > too-many-redirects",
                "?PUT > PUT > ?PUT > PUT x20 > too-many-redirects",
            ),
            id="served-within-a-call",
        ),
        pytest.param(
            "chromium-cache-opaque-missed",
            Case(
                once(PUT, pages={URL: to(f"{OTHER}/"), f"{OTHER}/": to("/")}),
                "?PUT > PUT > ?PUT > PUT x20 > too-many-redirects",
                f"?PUT > PUT{' > ?PUT > PUT' * 20} > too-many-redirects",
            ),
            id="unless-redirects-made-it-opaque",
        ),
        pytest.param(
            "webkit-cache-tainted-missed",
            Case(
                once(PUT, pages={URL: to(f"{OTHER}/"), f"{OTHER}/": to("/")}),
                "?PUT > PUT > ?PUT > PUT x20 > too-many-redirects",
                "?PUT > PUT > ?PUT > PUT x20 > too-many-redirects",
            ),
            id="tainted-but-within-a-call",
        ),
        pytest.param(
            "firefox-high-bytes-unsafe",
            Case(
                once(sends(("Content-Type", "text/plain;\xe9"), method="POST", body=b"x", **NO_CORS)),
                "POST content-type=text/plain;\xe9 > opaque",
                "POST content-type=text/plain;charset=UTF-8 > opaque",
                "content-type",
            ),
            id="dropped-before-the-type-of-the-body",
        ),
        pytest.param(
            "firefox-one-value-sent",
            Case(
                once(sends(TEXT, JSON, method="POST", body=b"x", url=HOME), pages={HOME: to("/x")}),
                "POST content-type=text/plain, application/json x2 > 200",
                "POST content-type=text/plain > POST content-type=application/json > 200",
                "content-type",
            ),
            id="of-types-the-last-once-redirected",
        ),
        pytest.param(
            "firefox-types-split",
            Case(
                once(sends(("Content-Type", "text/plain;"), ("Content-Type", ""), **NO_CORS)),
                "GET content-type=text/plain;,  > opaque",
                "GET content-type=text/plain; > opaque",
                "content-type",
            ),
            id="a-second-type-dropped",
        ),
        pytest.param(
            "firefox-types-split",
            Case(once(sends(("a b", "x"), **NO_CORS)), "header-name-invalid", "header-name-invalid"),
            id="what-is-no-header-is-not-dropped",
        ),
        pytest.param(
            "webkit-credentials-kept",
            Case(
                once(sends(url=API + "/x", **NO_CORS), pages={API + "/x": to(HOME)}),
                "GET x2 > opaque",
                "GET x2 > opaque",
                "credentials",
            ),
            id="not-from-abroad",
        ),
        pytest.param(
            "webkit-type-returns",
            Case(
                once(
                    sends(JSON, method="POST", url=HOME, **BYTES),
                    pages={HOME: to("/x", 301), f"{PAGE}/x": to("/y", 302)},
                ),
                "POST content-type=application/json > GET x2 > 200",
                "POST content-type=application/json > GET x2 > 200",
                "content-type",
            ),
            id="not-by-another-301",
        ),
        pytest.param(
            "webkit-type-returns",
            Case(
                once(
                    sends(TEXT, method="POST", url=HOME, **BYTES, **NO_CORS), pages={HOME: to(URL, 301), URL: to("/y")}
                ),
                "POST content-type=text/plain > GET x2 > opaque",
                "POST content-type=text/plain > GET x2 > opaque",
                "content-type",
            ),
            id="not-once-home-was-left",
        ),
        pytest.param(
            "webkit-locations-joined",
            Case(once(sends(), pages={URL: NO_LOCATION}), "GET > 302", "GET > 302"),
            id="no-location-to-join",
        ),
    ],
)
def test_how_far_a_rule_reaches(name: str, case: Case) -> None:
    """What a rule changes besides, and what it leaves alone."""
    assert case.told(STANDARD) == case.standard
    assert case.told(model([BY_NAME[name]])) == case.instead


def test_firefox_preflights_head_again_wherever_it_is_sent_back() -> None:
    """Nobody grants HEAD by name: where a redirect forces a preflight it is not kept as granted either (replayed)."""
    granted = says(200, ("Access-Control-Allow-Headers", "x-a"))
    back = leads_to("")

    def methods(*names: str) -> list[str]:
        seen: list[str] = []

        def serve(request: WireRequest) -> WireResponse:
            seen.append(request.method)
            return granted if request.method == "OPTIONS" or seen.count("HEAD") == 3 else back

        predict(sends(("X-A", "b"), method="HEAD"), serve, rules=model(BY_NAME[name] for name in names))
        return seen

    assert methods() == ["OPTIONS", "HEAD", "HEAD", "HEAD"]
    for names in (["firefox-cache-head-missed"], ["firefox-cache-head-missed", "firefox-preflights-after-redirect"]):
        assert methods(*names) == ["OPTIONS", "HEAD"] * 3


def test_every_case_is_of_a_rule() -> None:
    """The table has no case that nobody asks for."""
    assert CASES.keys() <= {rule.name for rule in RULES} | {suffix(rule) for rule in RULES}


def test_a_wildcard_before_a_break_exposes() -> None:
    """Firefox lets fetch() read all headers for a * that stands before what is no name; not with credentials."""
    answer = says(200, X_A, ("Access-Control-Expose-Headers", "*, no no"))
    firefox = model([BY_NAME["firefox-wildcard-exposes-first"]])

    def readable(rules: Rules, **more: Any) -> tuple[str, ...]:
        outcome = predict(sends(**more), lambda _: answer, rules=rules).outcome
        assert isinstance(outcome, Readable)
        return outcome.header_names

    assert "x-a" not in readable(STANDARD)
    assert "x-a" in readable(firefox)
    assert "x-a" not in readable(firefox, api=oracle.Api.XHR)


def test_no_rules_no_departure() -> None:
    """A model of nothing is the standard itself."""
    assert model(()) is STANDARD
    assert model(rules_for("netscape", "4.0")) is STANDARD


def test_rules_add_up_in_their_order() -> None:
    """Each rule is given what those before it have made."""
    seen: list[Rules] = []

    def marking(rules: Rules) -> Rules:
        seen.append(rules)
        return replace(rules)

    made = model([rule_of(apply=marking), rule_of(apply=marking)])
    assert seen[0] is STANDARD
    assert seen[1] is not STANDARD
    assert made is not seen[1]


# ---- the list --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_is_complete(rule: Rule) -> None:
    """A rule is named after its engine, says both things in a sentence each, and leads to a clause."""
    assert rule.name.startswith(f"{rule.engine}-")
    for sentence in (rule.fetch, rule.instead):
        assert re.fullmatch(r"\S[^\n]*\.", sentence)
    assert rule.link.startswith(("https://fetch.spec.whatwg.org/#", "https://xhr.spec.whatwg.org/#"))


def test_names_are_unique() -> None:
    """A name means one rule."""
    assert len(BY_NAME) == len(RULES)


@pytest.mark.parametrize(
    ("engine", "version"),
    [
        ("chromium", "156.0.8078.108"),
        ("firefox", "153.7.0"),
        ("webkit", "WebKitGTK 2.50.6"),
        ("web-platform-tests", ""),
    ],
)
def test_rules_for(engine: str, version: str) -> None:
    """An engine has its own rules and no others, in the order in which they apply."""
    assert rules_for(engine, version) == tuple(rule for rule in RULES if rule.engine == engine)


# ---- what a rule is --------------------------------------------------------------------------------


def rule_of(**more: Any) -> Rule:
    """A rule that changes nothing."""
    nothing: Callable[[Rules], Rules] = lambda rules: rules  # noqa: E731
    plain: dict[str, Any] = {"name": "webkit-x", "engine": "webkit", "fetch": "A.", "instead": "B.", "link": "c"}
    return Rule(**{**plain, "apply": nothing, **more})


@pytest.mark.parametrize(
    ("since", "until", "version", "holds"),
    [
        pytest.param(None, None, "2.50.6", True, id="no-bounds"),
        pytest.param(None, None, "", True, id="no-bounds-no-version"),
        pytest.param("2.50", None, "2.50", True, id="since-is-inclusive"),
        pytest.param("2.50", None, "2.50.0", True, id="zeros-count-nothing"),
        pytest.param("2.50.0", None, "2.50", True, id="nor-in-a-bound"),
        pytest.param("2.50", None, "2.49.9", False, id="before-since"),
        pytest.param("2.9", None, "2.50", True, id="by-number"),
        pytest.param("2.50", None, "2.9", False, id="not-by-letter"),
        pytest.param(None, "2.50", "2.50", False, id="until-is-exclusive"),
        pytest.param(None, "2.50", "2.49.9", True, id="before-until"),
        pytest.param("2.50", "2.52", "2.51.90", True, id="between"),
        pytest.param("2.50", None, "unknown", False, id="unknown-is-before-all"),
        pytest.param("2.50", None, "WebKitGTK 2.50.6 (GTK 4)", True, id="with-words"),
        pytest.param("128", "141", "140.0esr", True, id="with-a-suffix"),
    ],
)
def test_versions(since: str | None, until: str | None, version: str, holds: bool) -> None:
    """Bounds are compared number by number."""
    rule = rule_of(since=since, until=until)
    assert rule.holds_in("webkit", version) is holds
    assert not rule.holds_in("firefox", version)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        pytest.param({"name": "Webkit x"}, "'Webkit x' is not a name", id="name"),
        pytest.param({"since": "soon"}, "webkit-x: 'soon' is not a version", id="since"),
        pytest.param({"until": "2.x"}, "webkit-x: '2.x' is not a version", id="until"),
        pytest.param({"since": "2.50", "until": "2.50.0"}, "no version is from 2.50 on", id="empty"),
    ],
)
def test_refused_when_made(more: dict[str, Any], problem: str) -> None:
    """A rule that no version could have is a mistake."""
    with pytest.raises(ValueError, match=problem):
        rule_of(**more)


# ---- records ---------------------------------------------------------------------------------------

INSTEAD = Expectation((), ())
BOTH = Deviation("firefox", "put", "published", "why", "link", INSTEAD)
ONE = Deviation("firefox", "get", "published", "why", "link", INSTEAD, api=Api.XHR)

RECORDED = {
    "through-any-interface": (("firefox", "put", "published", Api.FETCH), BOTH),
    "through-the-other-too": (("firefox", "put", "published", Api.XHR), BOTH),
    "through-its-interface": (("firefox", "get", "published", Api.XHR), ONE),
    "not-through-the-other": (("firefox", "get", "published", Api.FETCH), None),
    "another-engine": (("webkit", "put", "published", Api.FETCH), None),
    "another-scenario": (("firefox", "put-json", "published", Api.FETCH), None),
    "another-hook-set": (("firefox", "put", "decorator", Api.FETCH), None),
    "a-faulty-variant": (("firefox", "put", "broken:origin-list", Api.FETCH), None),
}


@pytest.mark.parametrize(("case", "expected"), RECORDED.values(), ids=RECORDED)
def test_find(case: tuple[str, str, str, Api], expected: Deviation | None) -> None:
    """A record covers its engine, scenario, hook set and interface, and nothing beside."""
    assert find((ONE, BOTH), *case) is expected


def test_nothing_recorded() -> None:
    """Without records nothing is known."""
    assert find((), "firefox", "put", "published", Api.FETCH) is None


def test_the_first_record_counts() -> None:
    """Where two records cover a case, the first is the one."""
    twin = Deviation("firefox", "put", "published", "twin", "link", INSTEAD, api=Api.FETCH)
    assert find((twin, BOTH), "firefox", "put", "published", Api.FETCH) is twin
