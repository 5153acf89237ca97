"""Strangers: the origins that an application might let in by mistake, and which of them it does let in.

Each is a kind of mistake made with a trusted origin (RULES, S01 to S13). Origins are written as browsers write them: a
port, where there is one, stays at the end. Imports the survey and the public suffix list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from string import ascii_lowercase, digits

from harness.audit.sights import Ask, Geometry
from harness.audit.survey import Reply, Survey
from harness.origins import is_loopback, parse_origin
from harness.scenario import Step

SAME_SITE_PAGE = "https://localhost"  # on another port than the application, which is asked at https://localhost
_SPECIAL = ("_", "`", "$", "+", "!", "~")  # of which some browsers load hosts


class Mistake(str, Enum):
    """What lets a stranger in."""

    ANY = "any origin"
    NULL = "null"
    PREFIX = "what begins like a trusted origin"
    SUFFIX = "what ends like a trusted host"
    DOT = "a dot that stands for any letter"
    PART = "what contains a trusted origin, or is a part of one"
    SCHEME = "the trusted host over plain http"
    PORT = "the trusted host on another port"
    SUBDOMAIN = "sub-domains"
    SPECIAL = "a special character behind the trusted host"
    DEVELOPER = "developers' and shared origins"

    __str__ = str.__str__


@dataclass(frozen=True)
class Stranger:
    """An origin that nobody meant to let in; ``trusted`` is the origin it is made of, empty for none."""

    mistake: Mistake
    origin: str
    trusted: str = ""


@dataclass(frozen=True)
class Admission:
    """A stranger that a path lets in: whether with credentials, and the answer that says so."""

    stranger: Stranger
    credentials: bool
    reply: Reply

    @property
    def evidence(self) -> str:
        """The raw headers that let it in."""
        told = [
            f"{name}: {value}"
            for name, value in self.reply.headers
            if name.lower() in ("access-control-allow-origin", "access-control-allow-credentials")
        ]
        return f"GET {self.reply.probe.target} with Origin {self.stranger.origin}: {', '.join(told)}"


def unguessable(survey: Survey) -> tuple[Stranger, ...]:
    """Return two origins that no list can have."""
    return tuple(
        Stranger(Mistake.ANY, f"https://{name}")
        for name in (f"{survey.secret}.attacker.example", f"x{survey.secret}.net")
    )


def admitted(survey: Survey, path: str, *, signed_in: bool = False) -> tuple[Admission, ...]:
    """Return the strangers that a path lets read it, by the headers alone; where it lets in everybody, one for all.

    `*` is no stranger let in by mistake, and not among them. Of one mistake the first stranger found is enough.
    """
    anybody = [_admission(survey, path, one, signed_in) for one in unguessable(survey)]
    found = list(_let_in(survey, path, Stranger(Mistake.NULL, "null"), signed_in))
    if all(anybody):
        return (*filter(None, anybody[:1]), *found)
    for strangers in _suspects(survey, path, signed_in):
        found += [one for stranger in strangers if (one := _admission(survey, path, stranger, signed_in))][:1]
    return tuple(found)


def asks(survey: Survey, admission: Admission, step: Step) -> tuple[Ask, ...]:
    """Return what pages of a stranger should do, from every geometry that it can be in."""
    origin, cross = admission.stranger.origin, Geometry.CROSS_SITE
    geometries = (cross, Geometry.CROSS_SITE_COOKIES) if admission.credentials else (cross,)
    made = tuple(Ask(origin, (step,), geometry) for geometry in geometries)
    near = Ask(SAME_SITE_PAGE, (step,), Geometry.SAME_SITE)
    return (near, *made) if admission.stranger.mistake is Mistake.ANY else made


def _let_in(survey: Survey, path: str, stranger: Stranger, signed_in: bool) -> Iterator[Admission]:
    if one := _admission(survey, path, stranger, signed_in):
        yield one


def _admission(survey: Survey, path: str, stranger: Stranger, signed_in: bool) -> Admission | None:
    reply = survey.get(path, stranger.origin, signed_in=signed_in)
    if reply.allow_origin != stranger.origin or not reply.allows():
        return None
    return Admission(stranger, reply.allows(credentials=True), reply)


def _suspects(survey: Survey, path: str, signed_in: bool) -> Iterator[list[Stranger]]:
    """Yield the strangers of each mistake, the likeliest first, as far as the mistakes before leave them to tell."""
    for trusted in survey.trusted:
        if parse_origin(trusted) is None:
            continue
        below = _below(trusted, survey.secret)
        open_below = any(_admission(survey, path, one, signed_in) for one in below)
        suffix = _suffix(trusted, whole=open_below)
        prefix = _prefix(trusted)
        by_suffix = any(_admission(survey, path, one, signed_in) for one in suffix)
        by_prefix = any(_admission(survey, path, one, signed_in) for one in prefix)
        yield below
        yield suffix
        yield prefix
        yield [] if by_suffix else _dots(trusted)
        yield _parts(trusted)
        yield [] if by_prefix else _special(trusted)
        yield _plain(trusted)
        yield _ports(trusted)
    mine = {*survey.trusted}
    yield [one for one in _developers(survey) if one.origin not in mine]


def _split(origin: str) -> tuple[str, str, str]:
    """Return scheme, host and `:port` (or nothing) of an origin."""
    scheme, _, rest = origin.partition("://")
    host, colon, port = rest.partition(":")
    return scheme, host, colon + port


def _site(host: str) -> str:
    """Return the registrable domain of a host, or the host itself where it has none."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList().privatesuffix(host) or host


def _prefix(trusted: str) -> list[Stranger]:
    scheme, host, port = _split(trusted)
    names = [f"{host}.evil.test", f"x.{_site(host)}.evil.test"]
    return [Stranger(Mistake.PREFIX, f"{scheme}://{name}{port}", trusted) for name in names]


def _suffix(trusted: str, *, whole: bool) -> list[Stranger]:
    """With ``whole`` the whole host is what must not be the end of another: sub-domains are let in by intent."""
    scheme, host, port = _split(trusted)
    site = _site(host)
    names = [f"evil{site}"] if whole or site == host else [f"evil{site}", f"evil{host}"]
    return [Stranger(Mistake.SUFFIX, f"{scheme}://{name}{port}", trusted) for name in names]


def _dots(trusted: str) -> list[Stranger]:
    scheme, host, port = _split(trusted)
    places = [at for at, letter in enumerate(host) if letter == "."]
    return [Stranger(Mistake.DOT, f"{scheme}://{host[:at]}x{host[at + 1 :]}{port}", trusted) for at in places]


def _parts(trusted: str) -> list[Stranger]:
    scheme, host, port = _split(trusted)
    names = [f"evil-{host}-evil.test", f"evil{_site(host)}.evil.test"]
    if host[-2:-1] in ascii_lowercase + digits and host[-2:-1]:
        names.append(host[:-1])
    return [Stranger(Mistake.PART, f"{scheme}://{name}{port}", trusted) for name in names]


def _special(trusted: str) -> list[Stranger]:
    scheme, host, port = _split(trusted)
    return [Stranger(Mistake.SPECIAL, f"{scheme}://{host}{mark}.evil.test{port}", trusted) for mark in _SPECIAL]


def _plain(trusted: str) -> list[Stranger]:
    scheme, host, port = _split(trusted)
    return [Stranger(Mistake.SCHEME, f"http://{host}{port}", trusted)] if scheme == "https" else []


def _ports(trusted: str) -> list[Stranger]:
    scheme, host, port = _split(trusted)
    return [Stranger(Mistake.PORT, f"{scheme}://{host}:{'1234' if port != ':1234' else '1235'}", trusted)]


def _below(trusted: str, secret: str) -> list[Stranger]:
    scheme, host, port = _split(trusted)
    if is_loopback(host):
        return []
    names = dict.fromkeys((f"{secret}.{host}", f"{secret}.{_site(host)}"))
    return [Stranger(Mistake.SUBDOMAIN, f"{scheme}://{name}{port}", trusted) for name in names]


def _developers(survey: Survey) -> list[Stranger]:
    local = [f"http://{host}{port}" for host in ("localhost", "127.0.0.1") for port in ("", ":3000", ":5173", ":8080")]
    shared = [f"https://{survey.secret}.{name}" for name in ("github.io", "ngrok.io", "ngrok-free.app", "netlify.app")]
    shared += ["https://jsfiddle.net", "https://fiddle.jshell.net", "https://codepen.io", "https://cdpn.io"]
    return [Stranger(Mistake.DEVELOPER, origin) for origin in (*local, *shared)]
