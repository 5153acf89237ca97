"""The words in which the rows of this suite are written: how each hook set answers, exchange by exchange.

`published`, `decorator`, `hardened` and `bare` (no CORS at all) each make the crossings of that hook set; `everywhere`
writes the common row. Restates `server_site`, on purpose: an expectation that asked the application would expect its
faults.
"""

from __future__ import annotations

from harness.scenario import Crossing, Expectation, Outcome, Scenario, Seen, Step
from harness.wire import Pairs

PAGE = "{page}"
JSON = (("Content-Type", "application/json"),)
TEXT = (("Content-Type", "text/plain"),)
BODY = frozenset({"content-type", "content-length"})
NO_BODY = frozenset({"content-type"})
BLOCKED = Seen(Outcome.BLOCKED)

# What a rule of the API lets the decorator allow.
ITEM = "CHECKIN, DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
EVERY = "CHECKIN, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
GET_POST = "GET, HEAD, OPTIONS, POST"
GET_PUT = "GET, HEAD, OPTIONS, PUT"
GET_ONLY = "GET, HEAD, OPTIONS"


def read(status: int = 200, headers: frozenset[str] = BODY) -> Seen:
    """Script reads a response."""
    return Seen(Outcome.ALLOWED, status, headers)


def asks(method: str = "", headers: str = "", *, origin: str = PAGE, also: tuple[str, ...] = ()) -> Pairs:
    """Write the headers of a request: its origin, what a preflight asks for, and which secrets are present."""
    pairs = [("origin", origin)] if origin else []
    pairs += [("access-control-request-method", method)] if method else []
    pairs += [("access-control-request-headers", headers)] if headers else []
    return (*pairs, *((name, "present") for name in also))


def marked(view: str, *vary: str) -> Pairs:
    """Write the mark of a view that has run, and its Vary."""
    return (*((("x-served-by", view),) if view else ()), *(("vary", value) for value in vary))


class published:  # noqa: N801 - reads as a word of a row
    """The hooks as published: everything that asks is allowed, for ten seconds."""

    @staticmethod
    def preflight(path: str, method: str, headers: str = "", *, origin: str = PAGE) -> Crossing:
        """Allow the asking origin, the asked method and, if any were asked, the asked headers."""
        grant = [
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", method),
            ("access-control-max-age", "10"),
        ]
        grant += [("access-control-allow-headers", headers)] if headers else []
        return Crossing("OPTIONS", path, 200, asks(method, headers, origin=origin), tuple(grant))

    @staticmethod
    def actual(
        method: str,
        path: str,
        status: int | None = 200,
        view: str = "",
        *,
        origin: str = PAGE,
        also: tuple[str, ...] = (),
        vary: tuple[str, ...] = (),
    ) -> Crossing:
        """Allow the asking origin on any answer."""
        grant = ("access-control-allow-origin", origin)
        return Crossing(method, path, status, asks(origin=origin, also=also), (grant, *marked(view, *vary)))


class decorator:  # noqa: N801
    """The per-view decorator: `*`, the methods of the rule, a fixed list of headers."""

    HEADERS = "Content-Type, Authorization, X-Requested-With"

    @classmethod
    def grant(cls, allow: str) -> Pairs:
        """Write what every answer of a decorated view carries."""
        return (
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", allow),
            ("access-control-max-age", "21600"),
            ("access-control-allow-headers", cls.HEADERS),
        )

    @classmethod
    def preflight(cls, path: str, method: str, headers: str = "", *, allow: str, origin: str = PAGE) -> Crossing:
        """Answer a preflight to a view."""
        return Crossing("OPTIONS", path, 200, asks(method, headers, origin=origin), cls.grant(allow))

    @classmethod
    def actual(
        cls,
        method: str,
        path: str,
        status: int | None = 200,
        view: str = "",
        *,
        allow: str,
        origin: str = PAGE,
        also: tuple[str, ...] = (),
        vary: tuple[str, ...] = (),
    ) -> Crossing:
        """Answer from a view that returned."""
        asked = asks(origin=origin, also=also)
        return Crossing(method, path, status, asked, (*cls.grant(allow), *marked(view, *vary)))


class hardened:  # noqa: N801
    """The hardened hooks: a policy that lists origins, methods and headers, with credentials; the rest is refused."""

    METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, CHECKIN, OPTIONS"
    HEADERS = "Content-Type, Authorization, X-Requested-With"
    ASKED = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

    @staticmethod
    def grant(origin: str = PAGE) -> Pairs:
        """Write what every answer to a page that is let in carries."""
        return (("access-control-allow-origin", origin), ("access-control-allow-credentials", "true"))

    @classmethod
    def preflight(cls, path: str, method: str, headers: str = "", *, origin: str = PAGE) -> Crossing:
        """Grant a preflight what the policy lists."""
        grant = (
            *cls.grant(origin),
            ("access-control-allow-methods", cls.METHODS),
            ("access-control-allow-headers", cls.HEADERS),
            ("access-control-max-age", "600"),
            ("vary", cls.ASKED),
        )
        return Crossing("OPTIONS", path, 204, asks(method, headers, origin=origin), grant)

    @classmethod
    def refused(cls, path: str, method: str, headers: str = "", *, origin: str = PAGE) -> Crossing:
        """Refuse a preflight, and say nothing but that others may be answered otherwise."""
        return Crossing("OPTIONS", path, 403, asks(method, headers, origin=origin), (("vary", cls.ASKED),))

    @classmethod
    def actual(
        cls,
        method: str,
        path: str,
        status: int | None = 200,
        view: str = "",
        *,
        origin: str = PAGE,
        also: tuple[str, ...] = (),
        vary: tuple[str, ...] = (),
        exposed: str = "",
    ) -> Crossing:
        """Answer a page that is let in."""
        expose = (("access-control-expose-headers", exposed),) if exposed else ()
        answers = (*cls.grant(origin), *expose, *cls._marked(view, vary))
        return Crossing(method, path, status, asks(origin=origin, also=also), answers)

    @classmethod
    def foreign(
        cls,
        method: str,
        path: str,
        status: int | None = 200,
        view: str = "",
        *,
        origin: str = PAGE,
        vary: tuple[str, ...] = (),
    ) -> Crossing:
        """Answer a page that is not, or a request without Origin: without permission."""
        return Crossing(method, path, status, asks(origin=origin), cls._marked(view, vary))

    @staticmethod
    def _marked(view: str, vary: tuple[str, ...]) -> Pairs:
        return marked(view, ", ".join(("Origin", *vary)))


class bare:  # noqa: N801
    """No CORS: the hook set `none`, and what escapes the decorator."""

    @staticmethod
    def preflight(path: str, method: str, headers: str = "", status: int = 200, *, origin: str = PAGE) -> Crossing:
        """Answer OPTIONS as Flask does by itself."""
        return Crossing("OPTIONS", path, status, asks(method, headers, origin=origin))

    @staticmethod
    def actual(
        method: str,
        path: str,
        status: int | None = 200,
        view: str = "",
        *,
        origin: str = PAGE,
        also: tuple[str, ...] = (),
        vary: tuple[str, ...] = (),
    ) -> Crossing:
        """Answer without permission."""
        return Crossing(method, path, status, asks(origin=origin, also=also), marked(view, *vary))


def one(seen: Seen, *wire: Crossing) -> Expectation:
    """Expect this of a single step."""
    return Expectation((seen,), wire)


def everywhere(
    method: str,
    path: str,
    view: str,
    allow: str,
    *,
    asked: str | None = None,
    status: int = 200,
    headers: frozenset[str] = BODY,
    unlisted: bool = False,
    also: tuple[str, ...] = (),
    trusted: bool = True,
) -> dict[str, Expectation]:
    """Write the row of a request that reaches a view and returns: allowed by the hook sets, blocked without.

    ``asked`` is None for a simple request, else what its preflight asks in Access-Control-Request-Headers; ``unlisted``
    says that lists of methods or headers, as decorator and policy have them, lack what is asked; ``also`` are secrets
    sent; ``trusted`` says whether the policy of the hardened hooks lets the page in.
    """
    seen = read(status, headers)
    grown = [published.actual(method, path, status, view, also=also)]
    fixed = [decorator.actual(method, path, status, view, allow=allow, also=also)]
    none = [bare.actual(method, path, status, view)]
    if asked is not None:
        grown.insert(0, published.preflight(path, method, asked))
        fixed.insert(0, decorator.preflight(path, method, asked, allow=allow))
        none = [bare.preflight(path, method, asked)]
    return {
        "published": one(seen, *grown),
        "decorator": one(BLOCKED, fixed[0]) if unlisted else one(seen, *fixed),
        "none": one(BLOCKED, *none),
        "hardened": _by_policy(method, path, view, seen, asked, also=also, trusted=trusted, listed=not unlisted),
    }


def _by_policy(
    method: str,
    path: str,
    view: str,
    seen: Seen,
    asked: str | None = None,
    *,
    also: tuple[str, ...] = (),
    trusted: bool = True,
    listed: bool = True,
) -> Expectation:
    """Expect what the hardened hooks make of a request: let in by the lists, refused at the preflight, or unread."""
    if asked is not None and not (trusted and listed):
        return one(BLOCKED, hardened.refused(path, method, asked))
    if not trusted:
        return one(BLOCKED, hardened.foreign(method, path, seen.status, view))
    asking = () if asked is None else (hardened.preflight(path, method, asked),)
    return one(seen, *asking, hardened.actual(method, path, seen.status, view, also=also))


def escaping(
    method: str, path: str, status: int, view: str = "", *, asked: str | None = None
) -> dict[str, Expectation]:
    """Write the row of an error in a view: readable as published, without headers and blocked under the decorator."""
    allow = {"error": EVERY, "item": ITEM}[view]
    readable = [published.actual(method, path, status, view)]
    lost = [bare.actual(method, path, status, view)]
    none = lost
    if asked is not None:
        readable.insert(0, published.preflight(path, method, asked))
        lost = [decorator.preflight(path, method, asked, allow=allow), *lost]
        none = [bare.preflight(path, method, asked)]
    return {
        "published": one(read(status), *readable),
        "decorator": one(BLOCKED, *lost),
        "none": one(BLOCKED, *none),
        "hardened": _by_policy(method, path, view, read(status), asked),
    }


def unrouted(
    method: str,
    path: str,
    status: int,
    *,
    asked: str | None = None,
    preflight: int = 200,
    unlisted: bool = False,
    trusted: bool = True,
) -> dict[str, Expectation]:
    """Write the row of an URL that no view answers: readable with hooks for the whole app, blocked without headers.

    ``preflight`` is what Flask's router makes of OPTIONS there; ``unlisted`` and ``trusted`` are as for `everywhere`.
    """
    by_policy = _by_policy(method, path, "", read(status), asked, trusted=trusted, listed=not unlisted)
    if asked is None:
        refused = one(BLOCKED, bare.actual(method, path, status))
        return {
            "published": one(read(status), published.actual(method, path, status)),
            "decorator": refused,
            "none": refused,
            "hardened": by_policy,
        }
    refused = one(BLOCKED, bare.preflight(path, method, asked, preflight))
    wire = (published.preflight(path, method, asked), published.actual(method, path, status))
    return {"published": one(read(status), *wire), "decorator": refused, "none": refused, "hardened": by_policy}


def scenario(
    name: str, family: str, summary: str, step: Step, expect: dict[str, Expectation], **more: object
) -> Scenario:
    """Write a scenario of one step."""
    return Scenario(name, family, summary, (step,), expect, **more)  # type: ignore[arg-type]
