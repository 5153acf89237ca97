"""Scenarios derived from a policy: which there are, what they expect, and that sound hooks pass and others do not."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from hasty import hasty

import server_site
from harness import deriving, runner
from harness.deriving import POLICY, LeftOut, derive, left_out
from harness.engines import EngineChoice, EngineName
from harness.events import CanariesSung, CaseFinished
from harness.ground import Ground
from harness.policy import Override, Policy
from harness.reports.document import RunDocument
from harness.scenario import Outcome, Scenario
from harness.verdict import Blame, Status
from server_site.api import ROUTES
from server_site.hooks import api_policy

APP = "https://app.example.com"


@dataclass(frozen=True)
class Route:
    """A route as derivation takes it."""

    path: str
    methods: tuple[str, ...] = ("GET",)
    endpoint: str | None = None
    template: str | None = None


ITEMS = Route("/items", ("GET", "POST", "PATCH"), "items", "/items")


def told(scenarios: tuple[Scenario, ...], *families: str) -> dict[str, str]:
    """Return what is expected by id: the methods on the wire, and what becomes of them."""
    return {
        scenario.id.removeprefix("derived-"): f"{' '.join(one.method for one in expected.wire)}: {seen.outcome}"
        for scenario in scenarios
        if not families or scenario.family in families
        if (expected := scenario.expect[POLICY]) is not None
        for seen in expected.seen
    }


def asked(policy: Policy, *families: str, route: Route = ITEMS, active: bool = False) -> dict[str, str]:
    """Return what is expected at one route."""
    return told(derive(policy, [route], active=active), *families)


def pages(policy: Policy, family: str, route: Route = ITEMS) -> dict[str, str]:
    """Return what pages get that are asked about themselves."""
    scenarios = [scenario for scenario in derive(policy, [route]) if scenario.family == family]
    return {one.page: next(iter(told((one,)).values())) for one in scenarios}


READ, UNREAD, REFUSED = "GET: allowed", "GET: blocked", "OPTIONS: blocked"


# ---- the whole table of a small policy -------------------------------------------------------------

SMALL = Policy((APP,), methods=("GET", "POST"), request_headers=("X-One",), credentials=True)
PASSIVE = {
    "items-get-from-app-example-com-allowed": READ,
    "items-get-from-app-example-com-8444-blocked": UNREAD,
    "items-get-from-http-app-example-com-blocked": UNREAD,
    "items-get-from-app-example-com-evil-test-blocked": UNREAD,
    "items-get-from-appxexample-com-blocked": UNREAD,
    "items-get-from-app-example-com-dot-blocked": UNREAD,
    "items-get-from-sub-app-example-com-blocked": UNREAD,
    "items-get-from-evilapp-example-com-blocked": UNREAD,
    "items-get-from-stranger-test-blocked": UNREAD,
    "items-get-from-null-blocked": UNREAD,
    "items-get-with-x-one-from-stranger-test-blocked": REFUSED,
    "items-get-with-x-one-from-null-blocked": REFUSED,
    "items-get-including-credentials-from-app-example-com-allowed": READ,
    "items-get-omitting-credentials-from-app-example-com-allowed": READ,
    "items-corsproof-from-app-example-com-blocked": REFUSED,
    "items-get-from-app-example-com-exposed-allowed": READ,
    "items-get-with-x-one-from-app-example-com-allowed": "OPTIONS GET: allowed",
    "items-get-with-x-corsproof-unlisted-from-app-example-com-blocked": REFUSED,
}
ACTIVE = {
    "items-post-from-app-example-com-allowed": "POST: allowed",
    "items-patch-from-app-example-com-blocked": REFUSED,
}


def test_the_whole_table() -> None:
    """One origin, one route: what is allowed and what is not, at each edge, and nothing else."""
    assert asked(SMALL) == PASSIVE


def test_active_asks_what_may_change_something() -> None:
    """Methods of the route beyond reading, allowed or not; one of those takes the place of the invented one."""
    invented = "items-corsproof-from-app-example-com-blocked"
    assert asked(SMALL, active=True) == {name: PASSIVE[name] for name in PASSIVE if name != invented} | ACTIVE
    assert [str(one) for one in left_out(SMALL, [ITEMS])] == [
        "POST /items: may change something",
        "PATCH /items: may change something",
    ]
    assert left_out(SMALL, [ITEMS], active=True) == ()


def test_families() -> None:
    """Scenarios are grouped by what they are about."""
    many = replace(SMALL, origins=(APP, "https://other.example.com"))
    counted = Counter(scenario.family for scenario in derive(many, [ITEMS], active=True))
    assert counted == {
        "origin": 2,
        "neighbour": 16,
        "preflight": 2,
        "credentials": 2,
        "vary": 1,
        "method": 2,
        "exposed": 1,
        "header": 2,
    }


# ---- origins ---------------------------------------------------------------------------------------


def test_pattern() -> None:
    """Two origins below a pattern are let in, one and two labels deep; the bare domain and its like are not."""
    policy = Policy(("https://*.example.com",))
    allowed = ("https://one.example.com", "https://two.one.example.com")
    assert pages(policy, "origin") == dict.fromkeys(allowed, READ)
    assert pages(policy, "neighbour") == dict.fromkeys(
        (
            "https://one.example.com:8444",
            "http://one.example.com",
            "https://one.example.com.evil.test",
            "https://onexexample.com",
            "https://one.example.com.",
            "https://example.com",
            "https://evilexample.com",
            "https://stranger.test",
            "null",
        ),
        UNREAD,
    )


def test_a_neighbour_that_is_let_in_is_none() -> None:
    """What another entry of the policy allows is not expected to be refused."""
    policy = Policy((APP, "https://*.app.example.com", "http://app.example.com", f"{APP}:8444"))
    foreign = pages(policy, "neighbour")
    assert "https://evilapp.example.com" in foreign
    assert foreign.keys().isdisjoint({"https://sub.app.example.com", "http://app.example.com", f"{APP}:8444"})
    assert f"{APP}:8445" in foreign


def test_ports_stay() -> None:
    """A port belongs to the origin: it stays at the end of whatever is made of the host."""
    assert "https://app.example.com.evil.test:3000" in pages(Policy((f"{APP}:3000",)), "neighbour")


def test_public() -> None:
    """Everybody is let in, sandboxed frames too, but not with credentials; there are no neighbours."""
    policy = Policy(("*",), methods=("*",), request_headers=("*", "X-One"), exposed_headers=("*",))
    assert pages(policy, "origin") == {"https://stranger.test": READ, "null": READ}
    assert asked(policy, "neighbour", "preflight", "vary") == {}
    assert asked(policy, "credentials") == {
        "items-get-including-credentials-from-stranger-test-blocked": UNREAD,
        "items-get-omitting-credentials-from-stranger-test-allowed": READ,
    }
    assert asked(policy, "method", "header") == {
        "items-corsproof-from-stranger-test-allowed": "OPTIONS CORSPROOF: allowed",
        "items-get-with-x-corsproof-from-stranger-test-allowed": "OPTIONS GET: allowed",
        "items-get-with-x-one-from-stranger-test-allowed": "OPTIONS GET: allowed",
    }


SERVABLE = {
    "https": (APP, True),
    "with-port": (f"{APP}:8443", True),
    "trailing-dot": (f"{APP}.", True),
    "underscore": ("http://a_b.example.com", True),
    "null": ("null", True),
    "loopback-with-port": ("http://localhost:3000", True),
    "below-localhost": ("http://app.localhost:3000", True),
    "address-of-ours": ("http://127.0.0.1:3000", True),
    "loopback-without-port": ("http://localhost", False),
    "other-address-of-ours": ("http://127.0.0.2:3000", False),
    "ipv6": ("http://[::1]:3000", False),
    "address": ("http://192.0.2.1", False),
    "odd-host": ("http://a!b.example.com", False),
}


@pytest.mark.parametrize(("origin", "servable"), SERVABLE.values(), ids=SERVABLE)
def test_servable(origin: str, servable: bool) -> None:
    """What no page can be served at is left out, with a reason."""
    assert (deriving.unservable(origin) == "") is servable


def test_left_out_with_its_reason() -> None:
    """An origin that cannot be served is told; what others may not do is asked all the same."""
    policy = Policy(("http://localhost",))
    taken = "pages on this machine have a port of their own: that of the scheme is not ours to take"
    assert left_out(policy, [Route("/items")]) == (
        LeftOut("the page http://localhost", taken),
        LeftOut("the page http://sub.localhost", taken),
        LeftOut("/items", "no page can be served that is let in there: only refusals are asked"),
    )
    assert set(asked(policy).values()) == {UNREAD, REFUSED}


def test_loopback_has_neighbours_that_can_be_served() -> None:
    """On loopback one port has one scheme; names that merely begin or end like localhost are reached by proxy."""
    assert set(pages(Policy(("http://localhost:3000",)), "neighbour")) == {
        "http://localhost:8444",
        "http://localhost.evil.test:3000",
        "http://sub.localhost:3000",
        "http://evillocalhost:3000",
        "https://stranger.test",
        "null",
    }


# ---- what pages may do -----------------------------------------------------------------------------

HEADERS = {
    "content-type": ("Content-Type", "application/json"),
    "own": ("X-One", "corsproof"),
    "safelisted-as-a-rule": ("Accept-Language", '"corsproof"'),
    "authorization": ("Authorization", "corsproof"),
}


@pytest.mark.parametrize(("name", "value"), HEADERS.values(), ids=HEADERS)
def test_each_header_is_asked_for(name: str, value: str) -> None:
    """A header that the policy lists goes with a value for which a preflight must ask."""
    (scenario, _) = [one for one in derive(Policy((APP,), request_headers=(name,)), [ITEMS]) if one.family == "header"]
    assert scenario.steps[0].headers == ((name, value),)
    expected = scenario.expect[POLICY]
    assert expected is not None
    assert ("access-control-request-headers", name.lower()) in expected.wire[0].asks


def test_methods_that_are_not_allowed() -> None:
    """A simple request is unread, any other is refused at its preflight; OPTIONS is no matter."""
    policy = Policy((APP,), methods=("PUT",))
    route = Route("/x", ("GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"))
    assert asked(policy, "method", route=route, active=True) == {
        "x-get-from-app-example-com-blocked": UNREAD,
        "x-head-from-app-example-com-blocked": "HEAD: blocked",
        "x-post-from-app-example-com-blocked": "POST: blocked",
        "x-delete-from-app-example-com-blocked": REFUSED,
    }
    # The one that is allowed shows who is let in.
    assert asked(policy, "origin", route=route, active=True) == {
        "x-put-from-app-example-com-allowed": "OPTIONS PUT: allowed"
    }


def test_only_what_is_harmless_is_sent_unless_active() -> None:
    """Whatever the policy, nothing that may change something leaves a page, not even in a preflight."""
    routes = [Route(path, ("GET", "HEAD", "POST", "PUT", "CHECKIN", "OPTIONS")) for path in ("/a", "/b/c")]
    for policy in (SMALL, Policy((APP,), methods=("*",)), Policy((APP,), methods=("PUT", "CHECKIN"))):
        scenarios = derive(policy, routes)
        assert {scenario.steps[0].method for scenario in scenarios} <= {*deriving.SAFE, deriving.METHOD}
    assert {scenario.steps[0].method for scenario in derive(SMALL, routes, active=True)} >= {"POST", "PUT", "CHECKIN"}


def test_nothing_to_ask_by() -> None:
    """Where only a changing method is allowed, refusals of origins too must wait for ``active``."""
    route = Route("/login", ("POST",))
    assert asked(SMALL, route=route) == {"login-corsproof-from-app-example-com-blocked": REFUSED}
    unasked = LeftOut("/login", "no method can be asked there that is allowed and changes nothing")
    assert unasked in left_out(SMALL, [route])
    assert asked(SMALL, "origin", route=route, active=True) == {
        "login-post-from-app-example-com-allowed": "POST: allowed"
    }


def test_exposed_headers() -> None:
    """Exactly those that are exposed may be read beyond the safelist; elsewhere the headers stay open."""
    scenarios = derive(replace(SMALL, exposed_headers=("X-Total-Count",)), [ITEMS])
    bounds = {scenario.family: sight(scenario).exposed for scenario in scenarios}
    assert bounds.pop("exposed") == {"x-total-count"}
    assert set(bounds.values()) == {None}


def sight(scenario: Scenario) -> Any:
    """Return what script must see."""
    expected = scenario.expect[POLICY]
    assert expected is not None
    return expected.seen[0]


def test_statuses_stay_open() -> None:
    """What an application answers is its business, and so is where it redirects to."""
    scenarios = derive(SMALL, [ITEMS], active=True)
    assert {sight(scenario).status for scenario in scenarios} == {None}
    assert {scenario.steps[0].redirect for scenario in scenarios} == {"manual"}


# ---- endpoints and paths ---------------------------------------------------------------------------

OVERRIDDEN = replace(
    SMALL,
    overrides=(
        Override(endpoint="status", origins=("*",), credentials=False),
        Override(path="/reports/<int:year>", request_headers=()),
        Override(endpoint="admin", closed=True),
    ),
)
SITE = [
    ITEMS,
    Route("/more", ("GET",), "more", "/more"),
    Route("/status", ("GET",), "status", "/status"),
    Route("/reports/1", ("GET",), "reports", "/reports/<int:year>"),
    Route("/admin", ("GET",), "admin", "/admin"),
]


def test_origins_are_asked_once_per_grant() -> None:
    """Where the same is granted, one route stands for all as to origins; methods and headers are asked at each."""
    scenarios = derive(OVERRIDDEN, SITE)
    counted: dict[str, set[str]] = defaultdict(set)
    for scenario in scenarios:
        counted[scenario.family].add(scenario.steps[0].url.removeprefix("{api}"))
    assert counted["neighbour"] == {"/items", "/reports/1", "/admin"}
    assert counted["origin"] == {"/items", "/status", "/reports/1"}
    assert counted["header"] == counted["exposed"] == {"/items", "/more", "/status", "/reports/1"}


def test_overrides_hold_by_endpoint_and_by_path() -> None:
    """A route has the grant of its endpoint, or of its rule."""
    found = told(derive(OVERRIDDEN, SITE))
    assert found["status-get-from-null-allowed"] == READ
    assert found["status-get-including-credentials-from-stranger-test-blocked"] == UNREAD
    assert found["items-get-with-x-one-from-app-example-com-allowed"] == "OPTIONS GET: allowed"
    assert "reports-1-get-with-x-one-from-app-example-com-allowed" not in found
    assert "reports-1-get-with-x-corsproof-unlisted-from-app-example-com-blocked" in found


def test_closed_to_those_who_are_let_in_elsewhere() -> None:
    """Where nobody is let in, the page that others trust is refused, and so are strangers."""
    found = told(derive(OVERRIDDEN, [SITE[-1]]))
    assert found == {
        "admin-get-from-app-example-com-blocked": UNREAD,
        "admin-get-from-stranger-test-blocked": UNREAD,
        "admin-get-from-null-blocked": UNREAD,
        "admin-get-with-x-corsproof-from-stranger-test-blocked": REFUSED,
        "admin-get-with-x-corsproof-from-null-blocked": REFUSED,
    }


def test_ids_are_apart_and_stable() -> None:
    """Ids are kebab-case, and what would be called the same is numbered; deriving again gives the same."""
    routes = [Route("/a-b"), Route("/a/b"), Route("/")]
    policy = Policy(("https://a-b.example.com", "https://a.b.example.com"), request_headers=("X-A", "X_A"))
    ids = [scenario.id for scenario in derive(policy, routes)]
    assert len(set(ids)) == len(ids)
    assert [one for one in ids if not re.fullmatch(r"derived(-[a-z0-9]+)+", one)] == []
    assert "derived-a-b-get-from-a-b-example-com-allowed-2" in ids
    assert "derived-root-get-with-x-a-from-a-b-example-com-allowed" in ids
    assert ids == [scenario.id for scenario in derive(policy, routes)]


# ---- hooks, sound and broken, in a browser that is none --------------------------------------------

ORIGINS = (APP, "https://*.eu.example.com")
HOOKS = ("hardened", "published", *(f"broken:{name}" for name in server_site.BROKEN if name.startswith("hardened-")))

Results = dict[str, list[CaseFinished]]


@pytest.fixture(scope="module")
def results() -> Results:
    """Ask what follows from the policy of the API of its hooks, and of others, in one run."""
    routes = [
        Route(rule.replace("<item_id>", "1").replace("<int:code>", "302"), methods, endpoint, rule)
        for rule, endpoint, _, methods in ROUTES
    ]
    scenarios = derive(api_policy.policy(ORIGINS), routes, active=True)
    cases = tuple(case for hooks in HOOKS for case in deriving.cases(scenarios, hooks))
    order = runner.Order(cases, (EngineChoice(EngineName.CHROMIUM),), launcher=hasty)
    found: Results = defaultdict(list)
    apis = {hooks: partial(server_site.create_app, hooks, origins=ORIGINS) for hooks in HOOKS}
    with Ground(apis) as ground:
        for event in runner.run(order, ground):
            assert not isinstance(event, CanariesSung) or not event.failures
            if isinstance(event, CaseFinished):
                found[event.case.hooks].append(event)
    assert {len(events) for events in found.values()} == {len(scenarios)}
    return found


def failing(events: list[CaseFinished]) -> dict[str, set[str]]:
    """Return the pages of what failed, by family; there is a verdict for everything, and it blames the application."""
    found: dict[str, set[str]] = defaultdict(set)
    for event in events:
        assert event.verdict.status in (Status.PASS, Status.FAIL), event
        if event.verdict.status is Status.FAIL:
            assert event.verdict.blame is Blame.APPLICATION, event
            found[event.case.scenario.family].add(event.case.scenario.page)
    return found


def test_the_hooks_that_enforce_it_pass(results: Results) -> None:
    """What is derived from the policy is what the hardened hooks do, redirects, errors and overrides included."""
    assert failing(results["hardened"]) == {}
    assert len(results["hardened"]) > 150


FAILING = {
    # by hook set: the families in which something must fail, all others pass
    "published": {"neighbour", "preflight", "credentials", "vary", "method", "header", "exposed"},
    "broken:hardened-reflected": {"neighbour", "preflight", "method", "header"},
    "broken:hardened-null": {"neighbour", "preflight"},
    "broken:hardened-echo": {"preflight", "method", "header"},
    "broken:hardened-no-vary": {"vary"},
}


@pytest.mark.parametrize(("hooks", "families"), FAILING.items(), ids=FAILING)
def test_others_are_caught(hooks: str, families: set[str], results: Results) -> None:
    """Negative control: hooks that let in more, or say less, fail where it matters, and the application is blamed."""
    assert set(failing(results[hooks])) == families


@pytest.mark.parametrize("hooks", ["published", "broken:hardened-reflected"])
def test_every_neighbour_catches_who_reflects(hooks: str, results: Results) -> None:
    """Negative control: each origin that must be kept out is one that notices."""
    neighbours = [event for event in results[hooks] if event.case.scenario.family == "neighbour"]
    assert len(neighbours) > 20
    assert {event.verdict.status for event in neighbours} == {Status.FAIL}
    assert {event.verdict.outcomes for event in neighbours} == {(Outcome.ALLOWED,)}


def test_null_alone_is_caught(results: Results) -> None:
    """Negative control: hooks that let `null` in fail by that page and by no other."""
    assert failing(results["broken:hardened-null"]) == {"neighbour": {"null"}, "preflight": {"null"}}


def test_a_document_says_what_is_left_open(results: Results) -> None:
    """Of an answer that may be any, a report does not say that no header is readable."""
    document = RunDocument()
    for event in results["hardened"]:
        document(event)
    expected = [result["expected"] for result in json.loads(document.text())["results"]]
    said = {(one["outcome"], one["status"], str(one["readable_headers"])) for one in expected}
    assert said == {("allowed", None, "None"), ("blocked", None, "[]")}


def test_every_variant_of_the_hooks_has_its_row() -> None:
    """No variant of the hardened hooks is left without a control."""
    assert set(FAILING) == set(HOOKS) - {"hardened"}
