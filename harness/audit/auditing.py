"""An audit: a target surveyed, and what the rules suspect shown by pages in every engine.

Puts the rooms of an audit together: survey, rules, asking. Imports no report.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx

from harness.audit.asking import Asking, Sights, see
from harness.audit.audited import Audit, AuditOrder, NotAudited
from harness.audit.control import controlled
from harness.audit.findings import Finding, Rule, Suspicion, concluded, merged
from harness.audit.intent import concerns_cors
from harness.audit.policed import policed
from harness.audit.relay import Relay
from harness.audit.routes import Discovery, Route, discover, sockets
from harness.audit.rules import RULES
from harness.audit.sights import TARGET, Ask, Geometry
from harness.audit.strangers import SAME_SITE_PAGE, unguessable
from harness.audit.survey import TIMEOUT, Reply, Survey
from harness.audit.target import Target
from harness.engines import EngineInfo
from harness.events import EngineReady, Event, PhaseStarted
from harness.ground import Ground
from harness.runner import Interruption
from harness.scenario import Step
from harness.tally import Exit, Tally
from harness.wire import Pairs

SAFELISTED = frozenset({"GET", "HEAD", "POST"})  # Fetch, CORS-safelisted method: no preflight for them alone
GIVE_UP = 3  # paths in a row that do not answer, before any does


def audit(
    order: AuditOrder,
    *,
    feed: Callable[[Event], None] = lambda event: None,
    interruption: Interruption | None = None,
) -> Audit:
    """Audit a target; raise `NotAudited` where nothing can be said about it."""
    tally, infos = Tally(), dict[str, EngineInfo]()

    def eat(event: Event) -> None:
        tally(event)
        feed(event)
        if isinstance(event, EngineReady):
            infos[event.engine] = event.info

    with _in_silence(order.target), Ground({}, at_loopback=True) as ground:
        control = controlled(_application(order), order.cookies)
        ground.add_api(TARGET, lambda: control.app)
        base = ground.api_site(TARGET, "https").origin()
        found = _discovery(order, base)
        feed(PhaseStarted(f"surveying {_counted(found.routes, 'path')} of {order.target.name}"))
        with _survey(order, base, found.routes) as survey:
            silent = _introduce(survey, order.target.name)
            suspicions = tuple(_suspicions(survey)) if concerns_cors(survey) else ()
            asks = (_control(survey), *(ask for _, suspicion in suspicions for ask in suspicion.asks))
            for page in dict.fromkeys(ask.page for ask in asks):
                ground.add_page(page)
            visits = _visits(order, base, control.cookies)
            asking = Asking(order.choices, control.door, visits, order.headed, order.required, order.launcher)
            feed(PhaseStarted(f"asking pages for what shows {_counted(suspicions, 'suspicion')}"))
            sights = see(asks, asking, ground, feed=eat, interruption=interruption)
            findings, doubts = _conclusions(suspicions, sights)
            if order.policy is not None:
                feed(PhaseStarted("asking pages what follows from the policy"))
                held = policed(
                    order.policy,
                    survey.routes,
                    asking,
                    ground,
                    active=order.active,
                    feed=eat,
                    interruption=interruption,
                )
                findings = merged((*findings, *held))
            policy = tuple(_effective(survey))
            sent = tuple(survey.sent)
    untested = (*silent, *doubts)
    code = _exit(tally, findings, untested)
    return Audit(order, found, findings, tuple(infos.values()), policy, sent, len(set(asks)), untested, code)


@contextlib.contextmanager
def _in_silence(target: Target) -> Iterator[None]:
    """Keep the log of an application in this process off the terminal: what is asked of it provokes errors."""
    if target.is_in_process:
        logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _application(order: AuditOrder) -> Any:
    """Return the target as an application, which for a server is the relay to it."""
    if order.target.url is None:
        return order.target.app
    return Relay(order.target.url, verify=order.verify)


def _discovery(order: AuditOrder, base: str) -> Discovery:
    found = discover(order.target, at=base, paths=order.paths, verify=order.verify)
    if found.routes:
        return found
    return replace(found, routes=(Route("/"),), source="no path is known but /: name others with --path")


def _survey(order: AuditOrder, base: str, routes: tuple[Route, ...]) -> Survey:
    session = (*_session(order, base), *order.headers)
    secret = secrets.token_hex(6)
    return Survey(
        base,
        routes,
        trusted=order.trusted,
        active=order.active,
        login=order.login,
        session=session,
        secret=secret,
        address=order.target.url or "",
        sockets=sockets(order.target),
    )


def _session(order: AuditOrder, base: str) -> Pairs:
    """Return the Cookie header of the signed-in user; raise `NotAudited` where the login gives none."""
    cookies = [f"{name}={value}" for name, value in order.cookies]
    if order.login is not None:
        with httpx.Client(verify=False, follow_redirects=True, timeout=TIMEOUT, trust_env=False) as client:
            try:
                reply = client.get(base + order.login)
            except httpx.HTTPError as error:
                raise NotAudited(f"the login {order.login} failed: {error}") from error
        if reply.is_error or not client.cookies:
            why = f"status {reply.status_code}" if reply.is_error else "it sets no cookie"
            hint = "--login names a path that signs a user in when it is visited; or give --cookie"
            raise NotAudited(f"the login {order.login} failed: {why}", hint=hint)
        cookies += [f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar]
    return (("Cookie", "; ".join(cookies)),) if cookies else ()


def _visits(order: AuditOrder, base: str, cookies: str) -> tuple[str, ...]:
    visited = ((cookies,) if order.cookies else ()) + ((order.login,) if order.login else ())
    return tuple(base + path for path in visited)


def _introduce(survey: Survey, name: str) -> tuple[str, ...]:
    """Ask every path once as each kind of page does, and leave out those that do not answer, which are told.

    Raises `NotAudited` where the target does not work at all.
    """
    replies, faults = list[Reply](), list[Reply]()
    for route in survey.routes:
        first = survey.get(route.path, signed_in=bool(survey.session))
        (faults if first.fault else replies).append(first)
        if not replies and len(faults) == min(GIVE_UP, len(survey.routes)):
            told = "; ".join(f"GET {fault.probe.target}: {fault.fault}" for fault in faults)
            raise NotAudited(f"{name} answers nothing: {told}", hint="see whether it runs, and answers at all")
        if not first.fault:
            for origin in (*survey.trusted, unguessable(survey)[0].origin):
                survey.get(route.path, origin, signed_in=bool(survey.session))
                survey.preflight(route.path, origin)
    survey.drop(fault.probe.target for fault in faults)
    if all(reply.status is not None and reply.status >= 500 for reply in replies) and not survey.speaks_cors:
        told = ", ".join(sorted({str(reply.status) for reply in replies}))
        raise NotAudited(
            f"{name} fails on every request: status {told}", hint="mend that first: errors hide its policy"
        )
    return tuple(f"{fault.probe.target}: {fault.fault}" for fault in faults)


def _suspicions(survey: Survey) -> Iterator[tuple[Rule, Suspicion]]:
    for rule in RULES:
        for suspicion in rule.look(survey):
            yield rule, suspicion


def _control(survey: Survey) -> Ask:
    """Return what is asked in any case, so that no audit is green without a browser that could have seen it fail."""
    return Ask(SAME_SITE_PAGE, (Step("GET", f"{{api}}{survey.routes[0].path}", mode="no-cors"),), Geometry.SAME_SITE)


def _conclusions(
    suspicions: Iterable[tuple[Rule, Suspicion]], sights: Sights
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    findings, untested = list[Finding](), list[str]()
    for rule, suspicion in suspicions:
        seen = {engine: [one[ask] for ask in suspicion.asks] for engine, one in sights.items()}
        finding, doubts = concluded(rule, suspicion, seen)
        findings += [finding] if finding else []
        untested += doubts
    return merged(findings), tuple(dict.fromkeys(untested))


def _effective(survey: Survey) -> Iterator[Mapping[str, object]]:
    """Yield what each path answers to trusted pages, to a stranger and to the origin null."""
    for route in survey.routes:
        for origin in (*survey.trusted, unguessable(survey)[0].origin, "null"):
            reply = survey.get(route.path, origin, signed_in=bool(survey.session))
            asked = survey.preflight(route.path, origin)
            yield {
                "path": route.path,
                "origin": origin,
                "readable": reply.allows(),
                "credentials": reply.allows(credentials=True),
                "status": reply.status,
                "preflight": asked.status,
                **{
                    name: (asked if name != "expose_headers" else reply).get(f"access-control-{name.replace('_', '-')}")
                    for name in ("allow_methods", "allow_headers", "max_age", "expose_headers")
                },
                "methods": {method: _granted(survey, route, origin, method) for method in sorted(route.methods)},
            }


def _counted(things: Sequence[object], noun: str) -> str:
    return f"{len(things)} {noun}{'s' if len(things) != 1 else ''}"


def _granted(survey: Survey, route: Route, origin: str, method: str) -> Mapping[str, bool]:
    """Say whether a page on an origin gets to send a method and read the answer, without and with credentials.

    What the answer to anything but GET would say is not tried: it is taken to be as open as that to GET.
    """
    reply = survey.get(route.path, origin, signed_in=bool(survey.session))
    asked = None if method in SAFELISTED else survey.preflight(route.path, origin, method)
    return {
        name: reply.allows(credentials=included) and (asked is None or asked.grants(method, credentials=included))
        for name, included in (("anonymous", False), ("credentials", True))
    }


def _exit(tally: Tally, findings: Iterable[Finding], untested: Iterable[str]) -> Exit:
    if tally.exit in (Exit.INTERRUPTED, Exit.NO_BROWSER, Exit.NOT_TESTED):
        return tally.exit
    if any(untested):
        return Exit.NOT_TESTED
    return Exit.FINDINGS if any(finding.matters for finding in findings) else Exit.AS_EXPECTED
