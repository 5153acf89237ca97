"""Guests: the origin from which a page asks for what should work at a path, and the answer that lets it in.

An actual answer, whatever its status: what an origin may read cannot be refused to it by its preflight for a reason.
Imports the survey and `intent`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.audit.intent import inquirers, met
from harness.audit.routes import Route
from harness.audit.sights import Ask, Geometry
from harness.audit.survey import Reply, Survey
from harness.oracle.classify import is_forbidden_method, is_forbidden_request_header
from harness.scenario import Step
from harness.wire import Pairs

SIMPLE = frozenset({"GET", "HEAD", "POST"})  # Fetch, CORS-safelisted method
ALLOW_METHODS, ALLOW_HEADERS = "access-control-allow-methods", "access-control-allow-headers"
_VALUES = {"content-type": "application/json", "authorization": "Bearer corsproof"}
_OFTEN_SAFE = frozenset({"accept", "accept-language", "content-language", "range", "user-agent", "save-data"})
_USUAL = "x-requested-with"


@dataclass(frozen=True)
class Guest:
    """An origin that a path lets read an actual answer, and that answer."""

    origin: str
    geometry: Geometry
    reply: Reply

    @property
    def credentials(self) -> bool:
        """Whether it is let in with credentials."""
        return self.reply.allows(credentials=True)

    def ask(self, method: str, path: str, headers: Pairs = ()) -> Ask:
        """Return what a page on this origin should do: with credentials, where it may."""
        mode = "include" if self.credentials else "omit"
        return Ask(self.origin, (Step(method, f"{{api}}{path}", headers, credentials=mode),), self.geometry)


def guest(survey: Survey, route: Route) -> Guest | None:
    """Return who is let in at a route; None where nobody is, as far as requests that may be sent can tell."""
    geometry = Geometry.TRUSTED if survey.trusted else Geometry.CROSS_SITE
    for origin in inquirers(survey):
        for reply in _actual(survey, route, origin):
            if reply.allows():
                return Guest(origin, geometry, reply)
    return None


def _actual(survey: Survey, route: Route, origin: str) -> Iterator[Reply]:
    yield met(survey, route.path, origin)
    if "GET" not in route.methods and survey.active:
        for method in methods(route):
            yield survey.ask(method, route.path, origin, signed_in=bool(survey.session))


def methods(route: Route) -> tuple[str, ...]:
    """Return the methods of a route that pages may use, those first that no page may use without a preflight."""
    usable = [one for one in route.methods if one != "OPTIONS" and not is_forbidden_method(one)]
    return tuple(sorted(usable, key=lambda one: one in SIMPLE))


def permitted_header(survey: Survey, path: str, guest: Guest) -> tuple[str, str] | None:
    """Return a request header, with a value, that needs a preflight and is granted for GET; None for none known."""
    told = survey.preflight(path, guest.origin, "GET").listed(ALLOW_HEADERS) or ()
    for name in dict.fromkeys((_USUAL, *(one.lower() for one in told), *_VALUES)):
        if name == "*" or name in _OFTEN_SAFE or is_forbidden_request_header(name, ""):
            continue
        if lists(granted(survey, path, guest, "GET", (name,)), ALLOW_HEADERS, name):
            return name, _VALUES.get(name, "corsproof")
    return None


def granted(survey: Survey, path: str, guest: Guest, method: str, names: tuple[str, ...] = ()) -> Reply | None:
    """Return the answer to a guest's preflight, where status and origin are right; its lists are another matter."""
    reply = survey.preflight(path, guest.origin, method, names)
    return reply if reply.ok and reply.allows(credentials=guest.credentials) else None


def lists(reply: Reply | None, header: str, member: str) -> bool:
    """Whether a list header names a member: methods byte for byte, header names in any case."""
    listed = (reply.listed(header) if reply else None) or ()
    return member in listed if header == ALLOW_METHODS else member.lower() in {one.lower() for one in listed}
