"""What is asked of a CORS library: what its policy promises, and what users meet beyond it, as scenarios of pages.

Everything is derived from the policy (`harness.deriving`). Imports the harness's records; knows no library.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from harness import deriving
from harness.audit.routes import Route
from harness.events import CaseFinished
from harness.policy import Policy
from harness.scenario import Expectation, Outcome, Scenario
from harness.wire import Kind, values

ROUTES = (
    Route("/headers", ("GET",)),
    Route("/items", ("POST",)),
    Route("/items/1", ("GET", "PUT", "PATCH", "DELETE")),
)
LATER_MS = 6000  # after which no browser remembers a preflight that says nothing of max-age: that is 5 seconds


@dataclass(frozen=True)
class Capability:
    """Something that the policy promises, and the requests of pages that show it.

    ``lacking`` says what an answer lacks that pages were let in to, empty for nothing.
    """

    title: str
    means: str
    scenarios: tuple[Scenario, ...]
    lacking: Callable[[CaseFinished], str] = lambda _: ""


_DERIVED = {
    ("origin", True): ("Allowed origins read", "A page on each origin of the policy reads the answer to a GET."),
    ("neighbour", False): (
        "Other origins do not",
        "Pages on origins that merely resemble an allowed one (other scheme, port, prefix, suffix, sub-domain), a "
        "stranger's, and sandboxed frames (`Origin: null`) read nothing.",
    ),
    ("preflight", False): (
        "Others get no preflight",
        "A stranger's page that needs a preflight is refused there already, so that its request is never sent.",
    ),
    ("credentials", True): ("Credentials", "`fetch(…, {credentials: 'include'})` may read, and so may `'omit'`."),
    ("method", True): ("Listed methods", "POST, PUT, PATCH and DELETE go through."),
    ("method", False): (
        "No other methods",
        "A method that the policy does not list, here `CORSPROOF`, is refused at its preflight.",
    ),
    ("header", True): ("Listed request headers", "Each request header of the policy may be sent."),
    ("header", False): (
        "No other headers",
        "A request header that the policy does not list, here `X-Corsproof-Unlisted`, is refused.",
    ),
    ("exposed", True): (
        "Exposed headers",
        "Script reads exactly the response headers of the policy, and those that are always readable.",
    ),
    ("vary", True): (
        "`Vary: Origin`",
        "An answer that depends on the origin says so. Otherwise a cache may give one origin's answer to another.",
    ),
}


def capabilities(policy: Policy) -> dict[str, Capability]:
    """Return what is asked: what is derived from the policy, then what users meet beyond it. By name, in order."""
    grouped = defaultdict[tuple[str, bool], list[Scenario]](list)
    for scenario in deriving.derive(policy, ROUTES, active=True):
        grouped[scenario.family, _expected(scenario) is Outcome.ALLOWED].append(scenario)
    found = {key: Capability(*told, tuple(grouped.pop(key))) for key, told in _DERIVED.items()}
    assert not grouped, f"nobody says what {sorted(grouped)} mean"
    named = {f"{family}-{'allowed' if allowed else 'refused'}": one for (family, allowed), one in found.items()}
    strangers = [one for one in found["neighbour", False].scenarios if one.page == deriving.STRANGER]
    return named | _beyond(policy, strangers)


def _beyond(policy: Policy, strangers: Iterable[Scenario]) -> dict[str, Capability]:
    trusted = partial(_trusted, policy)
    return {
        "vary-refused": Capability(
            "`Vary` if refused",
            "An answer that lets nobody in says `Vary: Origin` too. Otherwise a cache may give it to an allowed page, "
            "which then cannot read it.",
            tuple(_varying(one, "origin") for one in strangers),
        ),
        "vary-kept": Capability(
            "`Vary` kept",
            "What the application itself varies by, here `Accept-Language`, stays in `Vary`.",
            (_varying(trusted("GET", "/headers"), "accept-language"),),
        ),
        "401": _error("401", "GET", "/me", "of who is not logged in", trusted),
        "404": _error("404", "GET", "/nowhere", "for an unknown URL", trusted),
        "405": _error("405", "POST", "/items/1", "for a wrong method", trusted),
        "500": _error("500", "GET", "/error", "after an exception in the application", trusted),
        "unknown": Capability(
            "Preflight, unknown URL",
            "The preflight of a PUT to an unknown URL is granted, so that the page reads 404 and not a network error.",
            (trusted("PUT", "/nowhere"),),
            partial(_other_status, 404),
        ),
        "login": Capability(
            "Preflight, no login",
            "A preflight, which never has credentials, is granted where the request itself needs a login, here by "
            "Authorization.",
            (trusted("GET", "/me", "Authorization"),),
            partial(_other_status, 200),
        ),
        "max-age": Capability(
            "Max-age",
            "The answer to a preflight has the policy's max-age, and the browser asks only once: a request 6 seconds "
            "later, when one without max-age is forgotten, has no preflight.",
            (_twice(trusted("PUT", "/items/1")),),
            partial(_other_max_age, policy.max_age),
        ),
        "head": Capability(
            "HEAD",
            "HEAD is answered where GET is, and readable (a matter of the framework's routing more than of CORS).",
            (trusted("HEAD", "/items"),),
            partial(_other_status, 200),
        ),
        "options": Capability(
            "Real OPTIONS",
            "OPTIONS as a request of its own, no preflight, reaches the framework: its answer, whatever the status, "
            "names the methods in `Allow`, and the page reads it.",
            (trusted("OPTIONS", "/items"),),
            _no_allow,
        ),
    }


def _error(status: str, method: str, path: str, when: str, trusted: Callable[..., Scenario]) -> Capability:
    means = f"The {status} {when} is readable; without CORS headers script sees nothing but a network error."
    return Capability(f"{status} readable", means, (trusted(method, path),), partial(_other_status, int(status)))


def _trusted(policy: Policy, method: str, path: str, header: str = "") -> Scenario:
    """Return the scenario in which the first page of the policy makes this request and reads the answer."""
    wanted = (policy.origins[0], method, *([header] if header else []))
    scenarios = deriving.derive(policy, [Route(path, (method,))], active=True)
    return next(one for one in scenarios if (one.page, one.steps[0].method, *headers_of(one)) == wanted)


def headers_of(scenario: Scenario) -> list[str]:
    """Return the names of the headers that its request has."""
    return [name for name, _ in scenario.steps[0].headers]


def _twice(scenario: Scenario) -> Scenario:
    """Make the request again when a preflight without max-age is forgotten; it must not have another preflight."""
    (step,), expected = scenario.steps, expectation_of(scenario)
    again = Expectation(expected.seen * 2, (*expected.wire, expected.wire[-1]))
    return replace(scenario, steps=(step, replace(step, after_ms=LATER_MS)), expect={deriving.POLICY: again})


def _varying(scenario: Scenario, by: str) -> Scenario:
    expected = expectation_of(scenario)
    wire = (replace(expected.wire[0], varies=frozenset({by})),)
    return replace(scenario, expect={deriving.POLICY: replace(expected, wire=wire)})


def expectation_of(scenario: Scenario) -> Expectation:
    """Return what must follow from a scenario by the policy."""
    expected = scenario.expect[deriving.POLICY]
    assert expected is not None, "derived expectations are written out"
    return expected


def _expected(scenario: Scenario) -> Outcome:
    return expectation_of(scenario).seen[0].outcome


def _other_status(wanted: int, event: CaseFinished) -> str:
    status = event.observation.page[0].status
    return "" if status == wanted else f"answered {status}, not {wanted}."


def _other_max_age(wanted: int | None, event: CaseFinished) -> str:
    answers = [one.response_headers for one in event.observation.exchanges if one.kind is Kind.PREFLIGHT]
    told = values(answers[0], "access-control-max-age")
    return "" if told == (str(wanted),) else f"the preflight's max-age is {' and '.join(told) or 'not there'}."


def _no_allow(event: CaseFinished) -> str:
    answer = event.observation.exchanges[-1]
    if values(answer.response_headers, "allow"):
        return ""
    return f"answered {answer.status} without `Allow`, which is not the framework's own answer."
