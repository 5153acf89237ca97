"""Strangers: the origins that an application might let in by mistake, and which of them it does let in.

Each is a kind of mistake made with a trusted origin (RULES, S01 to S13). Origins are written as browsers write them: a
port, where there is one, stays at the end. Imports the survey and the public suffix list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import product

from harness.audit.sights import Ask, Geometry
from harness.audit.survey import Reply, Survey
from harness.oracle.urls import Url
from harness.origins import is_loopback, parse_origin
from harness.scenario import Step

SAME_SITE_PAGE = "https://localhost"  # on another port than the application, which is asked at https://localhost
_SPECIAL = ("_", "`", "$", "+", "!", "~")  # of which some browsers load hosts
_LOCAL_PORTS = ("", ":3000", ":4200", ":5000", ":5173", ":8000", ":8080")
_SHARED = ("github.io", "ngrok.io", "ngrok-free.app", "netlify.app", "vercel.app")  # anybody has a name below these
_SHARED_WHOLE = ("https://jsfiddle.net", "https://fiddle.jshell.net", "https://codepen.io", "https://cdpn.io")


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
        asked = "preflight to" if self.reply.probe.is_preflight else "GET"
        return f"{asked} {self.reply.probe.target} with Origin {self.stranger.origin}: {', '.join(told)}"


def unguessable(survey: Survey) -> tuple[Stranger, ...]:
    """Return two origins that no list can have."""
    return tuple(
        Stranger(Mistake.ANY, f"https://{name}")
        for name in (f"{survey.secret}.attacker.example", f"x{survey.secret}.net")
    )


def admitted(survey: Survey, path: str, *, signed_in: bool = False, method: str = "GET") -> tuple[Admission, ...]:
    """Return the strangers that a path lets read it, by the headers alone; where it lets in everybody, one for all.

    `*` is no stranger let in by mistake, and not among them. Of one mistake the first stranger found is enough, and
    what a graver mistake lets in anyway is none of its own: who searches the Origin for a name ignores its port too.
    Other methods than GET are asked about by a preflight, which changes nothing.
    """
    seen = _Admitting(survey, path, signed_in, method)
    anybody = [seen.one(stranger) for stranger in unguessable(survey)]
    found = [*filter(None, [seen.one(Stranger(Mistake.NULL, "null"))])]
    if all(anybody):
        return (*filter(None, anybody[:1]), *found)
    developers = [*filter(None, map(seen.one, _developers(survey)))]
    for origin in survey.trusted:
        if seen.reply(origin).allow_origin is not None:
            found += _by_trusted(seen, origin)
    found += developers[:1]
    for one in developers:
        if (url := parse_origin(one.stranger.origin)) and is_loopback(url.host):
            found += _by_name(seen, url)
    first = {one.stranger.mistake: one for one in reversed(found)}
    return tuple(first[mistake] for mistake in Mistake if mistake in first)


def asks(survey: Survey, admission: Admission, step: Step) -> tuple[Ask, ...]:
    """Return what pages of a stranger should do, from every geometry that it can be in."""
    origin, cross = admission.stranger.origin, Geometry.CROSS_SITE
    url = parse_origin(origin)
    if url is not None and url.host == "localhost":
        return (Ask(origin, (step,), Geometry.SAME_SITE),)
    geometries = (cross, Geometry.CROSS_SITE_COOKIES) if admission.credentials else (cross,)
    made = tuple(Ask(origin, (step,), geometry) for geometry in geometries)
    near = Ask(SAME_SITE_PAGE, (step,), Geometry.SAME_SITE)
    return (near, *made) if admission.stranger.mistake is Mistake.ANY else made


@dataclass(frozen=True)
class _Admitting:
    """Who is let in by one path."""

    survey: Survey
    path: str
    signed_in: bool
    method: str

    def reply(self, origin: str) -> Reply:
        if self.method == "GET":
            return self.survey.get(self.path, origin, signed_in=self.signed_in)
        return self.survey.preflight(self.path, origin, self.method)

    def one(self, stranger: Stranger) -> Admission | None:
        if stranger.origin in self.survey.trusted:
            return None
        reply = self.reply(stranger.origin)
        if reply.allow_origin != stranger.origin or not reply.allows():
            return None
        return Admission(stranger, reply.allows(credentials=True), reply)

    def first(self, strangers: Iterable[Stranger]) -> list[Admission]:
        """Return the first that is let in, if any."""
        return next(([one] for stranger in strangers if (one := self.one(stranger))), [])

    def lets_in_below(self, trusted: Url) -> bool:
        """Whether a sub-domain of the site of a trusted origin is let in that nobody has thought of."""
        return bool(self.first(_named(Mistake.SUBDOMAIN, trusted, (f"{self.survey.secret}.{site_of(trusted.host)}",))))


def _by_trusted(seen: _Admitting, origin: str) -> Iterator[Admission]:
    """Yield who is let in by the mistakes that can be made with one trusted origin."""
    trusted = parse_origin(origin)
    if trusted is None:
        return
    names = list(_by_name(seen, trusted))
    yield from names
    grave = {one.stranger.mistake for one in names}
    if Mistake.PART in grave:
        return
    yield from seen.first(_special(trusted) if Mistake.PREFIX not in grave else ())
    if Mistake.SUFFIX in grave:
        return
    yield from seen.first(_below(trusted, seen.survey.secret))
    yield from seen.first(_dots(trusted, below=seen.lets_in_below(trusted)))
    yield from seen.first(_plain(trusted))
    if Mistake.PREFIX in grave:
        return
    ports = seen.first(_ports(trusted))
    yield from ports
    yield from seen.first(_shorter(trusted) if trusted.port is None or not ports else ())


def _by_name(seen: _Admitting, trusted: Url) -> Iterator[Admission]:
    """Yield who is let in because of the letters in its name: containing the trusted ones, or having them at an end."""
    below = seen.lets_in_below(trusted)
    if parts := seen.first(_parts(trusted, below=below)):
        yield from parts
        return
    yield from seen.first(_suffix(trusted, below=below))
    yield from seen.first(_prefix(trusted))


@cache
def site_of(host: str) -> str:
    """Return the registrable domain of a host, or the host itself where it has none."""
    from publicsuffixlist import PublicSuffixList  # 50 ms

    if host.startswith("[") or host.rpartition(".")[2].isdigit():
        return host
    return PublicSuffixList().privatesuffix(host) or host


def _named(mistake: Mistake, trusted: Url, names: Iterable[str], *, scheme: str = "") -> Iterator[Stranger]:
    """Yield strangers by these hosts, with the scheme and the port of the trusted origin; what is no origin is none."""
    port = "" if trusted.port is None else f":{trusted.port}"
    for name in dict.fromkeys(names):
        origin = f"{scheme or trusted.scheme}://{name}{port}"
        if parse_origin(origin) is not None:
            yield Stranger(mistake, origin, trusted.origin)


def _prefix(trusted: Url) -> Iterator[Stranger]:
    return _named(Mistake.PREFIX, trusted, (f"{trusted.host}.evil.test", f"x.{site_of(trusted.host)}.evil.test"))


def _suffix(trusted: Url, *, below: bool) -> Iterator[Stranger]:
    """Where a sub-domain of the site is let in (``below``), `evilapp.example.com` is merely another one."""
    site = site_of(trusted.host)
    return _named(Mistake.SUFFIX, trusted, (f"evil{site}",) if below else (f"evil{site}", f"evil{trusted.host}"))


def _parts(trusted: Url, *, below: bool) -> Iterator[Stranger]:
    """Where a sub-domain of the site is let in (``below``), `evil-app.example.com…` may merely begin like another."""
    site = site_of(trusted.host)
    return _named(Mistake.PART, trusted, (f"evil-{site if below else trusted.host}-evil.test",))


def _shorter(trusted: Url) -> Iterator[Stranger]:
    """Yield what is a part of the trusted origin, without its last letter: `https://app.example.co`."""
    origin = trusted.origin[:-1]
    if parse_origin(origin) is not None:
        yield Stranger(Mistake.PART, origin, trusted.origin)


def _dots(trusted: Url, *, below: bool) -> Iterator[Stranger]:
    """Where a sub-domain of the site is let in (``below``), dots in front of the site lead to another one."""
    host = trusted.host
    start = len(host) - len(site_of(host)) if below else 0
    places = [at for at, letter in enumerate(host) if letter == "." and at >= start - 1]
    return _named(Mistake.DOT, trusted, (f"{host[:at]}x{host[at + 1 :]}" for at in places))


def _special(trusted: Url) -> Iterator[Stranger]:
    return _named(Mistake.SPECIAL, trusted, (f"{trusted.host}{mark}.evil.test" for mark in _SPECIAL))


def _plain(trusted: Url) -> Iterator[Stranger]:
    if trusted.scheme == "https" and not is_loopback(trusted.host):
        yield from _named(Mistake.SCHEME, trusted, (trusted.host,), scheme="http")


def _ports(trusted: Url) -> Iterator[Stranger]:
    """Yield other ports, among them one that begins like the trusted one."""
    ports = ["1234" if trusted.port != 1234 else "1235", *([f"{trusted.port}0"] if trusted.port else [])]
    for port in ports:
        origin = f"{trusted.scheme}://{trusted.host}:{port}"
        if parse_origin(origin) is not None:
            yield Stranger(Mistake.PORT, origin, trusted.origin)


def _below(trusted: Url, secret: str) -> Iterator[Stranger]:
    if not is_loopback(trusted.host):
        yield from _named(Mistake.SUBDOMAIN, trusted, (f"{secret}.{trusted.host}", f"{secret}.{site_of(trusted.host)}"))


def _developers(survey: Survey) -> Iterator[Stranger]:
    """Yield developers' and shared origins; those of this machine are none where a trusted one is on it."""
    urls = [url for origin in survey.trusted if (url := parse_origin(origin))]
    if not any(is_loopback(url.host) for url in urls):
        for host, port in product(("localhost", "127.0.0.1"), _LOCAL_PORTS):
            yield Stranger(Mistake.DEVELOPER, f"http://{host}{port}")
    for name in _SHARED:
        yield Stranger(Mistake.DEVELOPER, f"https://{survey.secret}.{name}")
    for origin in _SHARED_WHOLE:
        yield Stranger(Mistake.DEVELOPER, origin)
