"""What CORS libraries make of one policy, seen by pages in browsers: `python -m compatibility.middlewares`.

Writes `docs/middlewares.md`: libraries by capabilities, and a sentence for what is not as the policy has it. What is
asked of all of them is derived from the policy. Imports the harness, the applications of `tests/apps`, the hook sets.
"""

from __future__ import annotations

import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from flask import Flask

from harness import deriving, engines
from harness.audit.relay import Relay
from harness.audit.routes import Route
from harness.engines import EngineChoice, EngineName
from harness.events import CaseFinished, EngineReady, Event, HarnessFault
from harness.ground import Ground
from harness.oracle import Reason
from harness.policy import Policy, dumps
from harness.runner import Launcher, Order, run
from harness.scenario import Expectation, Outcome, Scenario
from harness.sites import Sites
from harness.tally import Exit, Tally
from harness.verdict import UNTESTED, Blame, Difference, Status
from harness.wire import Kind, Wire, values
from server_site.hooks import published
from server_site.hooks.decorator import crossdomain
from server_site.view import View
from tests import apps
from tests.apps import APPS, App, Interface
from tests.apps.flask_routes import create_bare_app

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "middlewares.md"
OTHER = "https://admin.example.com"  # of two origins, so that an answer has something to vary by
POLICY = replace(apps.POLICY, origins=(*apps.POLICY.origins, OTHER), methods=(*apps.POLICY.methods, "OPTIONS"))
ROUTES = (
    Route("/headers", ("GET",)),
    Route("/items", ("POST",)),
    Route("/items/1", ("GET", "PUT", "PATCH", "DELETE")),
)
LATER_MS = 6000  # after which no browser remembers a preflight that says nothing of max-age: that is 5 seconds
SHOWN = 3  # requests that are named where more have the same result


# ---- the libraries ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """One library with the policy in its words.

    ``make`` returns a WSGI or ASGI application that works until the stack is left; ``about`` says what it is, and which
    parts of the policy it has no words for.
    """

    about: str
    distributions: tuple[str, ...]
    make: Callable[[ExitStack], Any]

    @property
    def versions(self) -> str:
        """The installed versions of what decides."""
        return ", ".join(f"{name} {version(name)}" for name in self.distributions)


def _framework(name: str, about: str) -> Subject:
    return Subject(about, APPS[name].distributions, partial(_application, APPS[name]))


def _application(app: App, stack: ExitStack) -> Any:
    if app.interface is not Interface.URL:
        return app.create(POLICY)
    sites = stack.enter_context(Sites(Wire()))
    return Relay(stack.enter_context(app.served(sites, POLICY)))


def _published(_: ExitStack) -> Flask:
    app = create_bare_app("published")
    published.install(app)
    return app


def _decorated(_: ExitStack) -> Flask:
    """Add every view once more, with the decorator on it: Flask asks a view for OPTIONS when it is added."""
    bare, app = create_bare_app("bare"), Flask("decorated", static_folder=None)
    wrap = crossdomain(POLICY.origins[0], POLICY.request_headers, POLICY.max_age or 0)
    for rule in bare.url_map.iter_rules():
        if rule.endpoint != "static":
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            view = cast(View, bare.view_functions[rule.endpoint])
            app.add_url_rule(rule.rule, rule.endpoint, wrap(view), methods=methods)
    return app


SUBJECTS: Mapping[str, Subject] = {
    "hardened": _framework("flask", "This project's `server_site.hooks.hardened` on Flask"),
    "published": Subject(
        "Two hooks for Flask as an old article has them (`server_site.hooks.published`); they allow whoever asks, and "
        "have no words for any part of a policy",
        ("flask", "werkzeug"),
        _published,
    ),
    "decorator": Subject(
        "A decorator on each Flask view (`server_site.hooks.decorator`); it has words for one origin, which is here "
        "the first, and none for methods, credentials or exposed headers. It answers every origin alike, so that a "
        "missing `Vary: Origin` does no harm",
        ("flask", "werkzeug"),
        _decorated,
    ),
    "flask-cors": _framework("flask-cors", "Flask-CORS on the whole app"),
    "starlette": _framework("starlette", "Starlette's own `CORSMiddleware`"),
    "fastapi": _framework("fastapi", "FastAPI with the `CORSMiddleware` of Starlette, as its documentation adds it"),
    "django": _framework("django", "Django with django-cors-headers"),
    "falcon": _framework(
        "falcon", "Falcon's own `CORSMiddleware`, which has no words for methods, request headers or max-age"
    ),
    "quart": _framework("quart", "Quart with quart-cors on the whole app"),
    "litestar": _framework("litestar", "Litestar's own `CORSConfig`"),
    "aiohttp": _framework("aiohttp", "aiohttp with aiohttp-cors on every route"),
    "sanic": _framework("sanic", "Sanic with the CORS of Sanic Extensions"),
}


# ---- the capabilities ------------------------------------------------------------------------------


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


def capabilities(policy: Policy = POLICY) -> dict[str, Capability]:
    """Return what is asked: what is derived from the policy, then what users meet beyond it. By name, in order."""
    grouped = defaultdict[tuple[str, bool], list[Scenario]](list)
    for scenario in deriving.derive(policy, ROUTES, active=True):
        grouped[scenario.family, _expected(scenario) is Outcome.ALLOWED].append(scenario)
    found = {key: Capability(*told, tuple(grouped.pop(key))) for key, told in _DERIVED.items()}
    assert not grouped, f"nobody says what {sorted(grouped)} mean"
    named = {f"{family}-{'allowed' if allowed else 'refused'}": one for (family, allowed), one in found.items()}
    strangers = [one for one in found["neighbour", False].scenarios if one.page == deriving.STRANGER]
    return named | _beyond(partial(_trusted, policy), strangers)


def _beyond(trusted: Callable[..., Scenario], strangers: Iterable[Scenario]) -> dict[str, Capability]:
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
            _other_max_age,
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
    return next(one for one in scenarios if (one.page, one.steps[0].method, *_headers(one)) == wanted)


def _headers(scenario: Scenario) -> list[str]:
    return [name for name, _ in scenario.steps[0].headers]


def _twice(scenario: Scenario) -> Scenario:
    """Make the request again when a preflight without max-age is forgotten; it must not have another preflight."""
    (step,), expected = scenario.steps, _expectation(scenario)
    again = Expectation(expected.seen * 2, (*expected.wire, expected.wire[-1]))
    return replace(scenario, steps=(step, replace(step, after_ms=LATER_MS)), expect={deriving.POLICY: again})


def _varying(scenario: Scenario, by: str) -> Scenario:
    expected = _expectation(scenario)
    wire = (replace(expected.wire[0], varies=frozenset({by})),)
    return replace(scenario, expect={deriving.POLICY: replace(expected, wire=wire)})


def _expectation(scenario: Scenario) -> Expectation:
    expected = scenario.expect[deriving.POLICY]
    assert expected is not None, "derived expectations are written out"
    return expected


def _expected(scenario: Scenario) -> Outcome:
    return _expectation(scenario).seen[0].outcome


def _other_status(wanted: int, event: CaseFinished) -> str:
    status = event.observation.page[0].status
    return "" if status == wanted else f"answered {status}, not {wanted}."


def _other_max_age(event: CaseFinished) -> str:
    answers = [one.response_headers for one in event.observation.exchanges if one.kind is Kind.PREFLIGHT]
    told = values(answers[0], "access-control-max-age")
    return "" if told == (str(POLICY.max_age),) else f"the preflight's max-age is {' and '.join(told) or 'not there'}."


def _no_allow(event: CaseFinished) -> str:
    answer = event.observation.exchanges[-1]
    if values(answer.response_headers, "allow"):
        return ""
    return f"answered {answer.status} without `Allow`, which is not the framework's own answer."


# ---- the measurement -------------------------------------------------------------------------------


class Mark(str, Enum):
    """What a cell says."""

    YES = "✓"
    NO = "✗"
    UNKNOWN = "?"

    __str__ = str.__str__


@dataclass(frozen=True)
class Finding:
    """What one engine found of one library's capability; ``instead`` is a sentence where it is not there."""

    mark: Mark
    instead: str = ""


@dataclass(frozen=True)
class Measured:
    """Findings by library, capability and engine; the engines with their versions."""

    findings: Mapping[tuple[str, str, str], Finding]
    engines: Mapping[str, str]
    tally: Tally
    faults: tuple[str, ...] = ()


def measure(
    subjects: Mapping[str, Subject],
    asked: Mapping[str, Capability],
    choices: Sequence[EngineChoice],
    launcher: Launcher = engines.launch,
) -> Measured:
    """Ask everything of every library in every engine."""
    scenarios = [replace(one, family=name) for name, capability in asked.items() for one in capability.scenarios]
    tally, results = Tally(), defaultdict[tuple[str, str, str], list[CaseFinished]](list)
    ready: dict[str, str] = {}
    faults: list[str] = []
    with ExitStack() as stack:
        made = {name: subject.make(stack) for name, subject in subjects.items()}
        apis = {name: partial(lambda app: app, app) for name, app in made.items()}
        ground = stack.enter_context(Ground(apis, at_loopback=True))
        for scenario in scenarios:
            ground.add_page(scenario.page)
        cases = tuple(case for name in subjects for case in deriving.cases(scenarios, name))
        for event in run(Order(cases, tuple(choices), launcher=launcher), ground):
            tally(event)
            _take(event, results, ready, faults)
    names = [choice.name.value for choice in choices]
    keys = [(subject, name, engine) for subject in subjects for name in asked for engine in names]
    findings = {key: _finding(asked[key[1]], results[key]) for key in keys}
    return Measured(findings, {name: ready[name] for name in names if name in ready}, tally, tuple(faults))


def _take(
    event: Event, results: dict[tuple[str, str, str], list[CaseFinished]], ready: dict[str, str], faults: list[str]
) -> None:
    match event:
        case CaseFinished():
            results[event.case.hooks, event.case.scenario.family, event.engine].append(event)
        case EngineReady():
            ready[event.engine] = event.info.version
        case HarnessFault():
            faults.append(event.cause)


def _finding(capability: Capability, events: Sequence[CaseFinished]) -> Finding:
    """Return what the events come to; those with the same result are told together."""
    if len(events) < len(capability.scenarios):
        return Finding(Mark.UNKNOWN, "Not everything was asked.")
    untested = [event for event in events if event.verdict.status in UNTESTED or event.verdict.status is Status.SKIPPED]
    if untested:
        return Finding(Mark.UNKNOWN, _told((event, _untested(event)) for event in untested))
    wrong = [(event, instead) for event in events if (instead := _instead(event) or capability.lacking(event))]
    return Finding(Mark.NO, _told(wrong)) if wrong else Finding(Mark.YES)


def _untested(event: CaseFinished) -> str:
    return f"{event.verdict.status}, {event.verdict.cause}."


def _instead(event: CaseFinished) -> str:
    """Return what happened in place of what was expected; empty where it happened."""
    verdict, expected = event.verdict, _expectation(event.case.scenario)
    if verdict.status is not Status.FAIL:
        return ""
    for seen, outcome, prediction in zip(expected.seen, verdict.outcomes, event.predicted, strict=True):
        if (seen.outcome, outcome) == (Outcome.BLOCKED, Outcome.ALLOWED):
            return "let through, but should not be."
        if (seen.outcome, outcome) == (Outcome.ALLOWED, Outcome.BLOCKED):
            status, why = event.observation.exchanges[-1].status, Reason.named(prediction.reason).sentence
            if prediction.where == "preflight":
                return f"the preflight is answered {status} and fails. {why}"
            return f"answered {status}, which the page cannot read. {why}"
    requests = [one for one in verdict.differences if one.where == "wire"]
    told = ", and ".join(map(_difference, requests or verdict.differences))
    return f"{told}." if verdict.blame is Blame.APPLICATION else f"{told} (the {verdict.blame}'s doing)."


_PHRASES = {
    "answers.vary": "`Vary` lacks {expected} (it is: {observed})",
    "readable_headers": "script reads {observed}; by the policy it reads {expected}",
    "wire": "there are {observed} requests, and not {expected}",
}


def _difference(one: Difference) -> str:
    phrases = (phrase for end, phrase in _PHRASES.items() if one.where.endswith(end))
    phrase = next(phrases, "{where} is {observed}, and not {expected}")
    return phrase.format(where=one.where, observed=one.observed, expected=one.expected)


def _told(results: Iterable[tuple[CaseFinished, str]]) -> str:
    grouped = defaultdict[str, list[str]](list)
    for event, result in results:
        grouped[result].append(_request(event.case.scenario))
    return " ".join(f"{_listing(requests)}: {result}" for result, requests in grouped.items())


def _request(scenario: Scenario) -> str:
    step = scenario.steps[0]
    what = f"{step.method} {step.url.removeprefix('{api}')}"
    what += f" with {', '.join(_headers(scenario))}" if step.headers else ""
    what += " with credentials" if step.credentials == "include" else ""
    return f"`{what}`" if scenario.page == POLICY.origins[0] else f"`{what}` from `{scenario.page}`"


def _listing(requests: Sequence[str]) -> str:
    more = len(requests) - SHOWN
    return ", ".join(requests[:SHOWN]) + (f" and {more} more" if more > 0 else "")


# ---- the document ----------------------------------------------------------------------------------


def document(subjects: Mapping[str, Subject], asked: Mapping[str, Capability], measured: Measured) -> str:
    """Write the findings as Markdown; the same findings make the same text."""
    versions = " · ".join(f"{name} {told}" for name, told in measured.engines.items())
    parts = [
        _HEAD.format(policy=dumps(POLICY), engines=versions),
        _table(subjects, asked, measured),
        "## What each row means",
        "\n".join(f"- **{one.title}**: {one.means}" for one in asked.values()),
        "## The libraries, and what happens instead",
        *(_section(name, subject, asked, measured) for name, subject in subjects.items()),
    ]
    return "\n\n".join(parts) + "\n"


_HEAD = """\
# CORS libraries compared

The same small API behind the same CORS policy, said to each Python library in the words of its own documentation. Pages
on allowed and on other origins then really ask the API, in the browsers below: a mark is what their script could do,
checked against the requests and answers that were on the wire. Written by `nox -s middlewares`; do not edit.

The policy, to which all are held alike:

```toml
{policy}```

Browsers: {engines}

- ✓ as the policy has it, in every browser
- ✗ not so; below stands what happens instead. Where browsers differ, those that see it are named
- ? not known: the measurement came to nothing, and below stands why

A ✗ in a row that says "other" lets in more than the policy does; in any other row something that should work does not,
or may not behind a cache. It need not be a bug: some libraries do not mean to do what the row asks for, or have no
words for that part of the policy, which their section then says."""


def header(subjects: Iterable[str]) -> str:
    """Return the first line of the table."""
    return _row(["", *subjects])


def _table(subjects: Mapping[str, Subject], asked: Mapping[str, Capability], measured: Measured) -> str:
    lines = [header(subjects), _row(["---", *([":-:"] * len(subjects))])]
    for name, capability in asked.items():
        lines.append(_row([capability.title, *(_cell(_seen(measured, subject, name)) for subject in subjects)]))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _seen(measured: Measured, subject: str, capability: str) -> dict[str, Finding]:
    return {engine: found for (*key, engine), found in measured.findings.items() if key == [subject, capability]}


def _cell(seen: Mapping[str, Finding]) -> str:
    by_mark = defaultdict[Mark, list[str]](list)
    for engine, finding in seen.items():
        by_mark[finding.mark].append(engine)
    if len(by_mark) == 1:
        return str(next(iter(by_mark)))
    return ", ".join(f"{mark} {' '.join(by_mark[mark])}" for mark in Mark if mark is not Mark.YES and mark in by_mark)


def _section(name: str, subject: Subject, asked: Mapping[str, Capability], measured: Measured) -> str:
    lines = [f"### {name}", "", f"{subject.about}. Versions: {subject.versions}.", ""]
    instead = [
        f"- **{capability.title}**: {sentence}"
        for key, capability in asked.items()
        for sentence in _sentences(_seen(measured, name, key))
    ]
    return "\n".join([*lines, *(instead or ["Everything is as the policy has it."])])


def _sentences(seen: Mapping[str, Finding]) -> Iterator[str]:
    by_sentence = defaultdict[str, list[str]](list)
    for engine, finding in seen.items():
        if finding.instead:
            by_sentence[finding.instead].append(engine)
    for sentence, those in by_sentence.items():
        yield sentence if len(those) == len(seen) else f"({', '.join(those)}) {sentence}"


def main() -> int:
    """Measure, write the document, and return the exit code: not 0 where something could not be tested."""
    logging.disable(logging.CRITICAL)  # applications that fail on purpose say so, many times
    asked = capabilities()
    measured = measure(SUBJECTS, asked, tuple(map(EngineChoice, EngineName)))
    for fault in measured.faults:
        sys.stderr.write(f"{fault}\n")
    code = measured.tally.exit
    if code in (Exit.NO_BROWSER, Exit.INTERRUPTED):
        return int(code)
    DOCUMENT.write_text(document(SUBJECTS, asked, measured), encoding="utf-8")
    return 0 if code in (Exit.AS_EXPECTED, Exit.FINDINGS) else int(code)


if __name__ == "__main__":
    sys.exit(main())
