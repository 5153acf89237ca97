"""Objections to a declared policy: everything that is wrong with it, each with the value, its place and what to write.

Nothing here raises: whoever declares a policy is told all of it at once. Knows the shape of a declaration only by the
names of its settings; imports the oracle's lists, `harness.origins` and, for patterns alone, the public suffix list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.oracle.classify import is_forbidden_method, is_forbidden_request_header
from harness.oracle.grammar import is_token
from harness.oracle.urls import DEFAULT_PORTS, OPAQUE_ORIGIN, Url, parse_url
from harness.origins import ANY, BELOW, is_loopback, parse_origin

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Firefox keeps a preflight for a day at most, Chromium for two hours, WebKit for ten minutes (measured). Nobody keeps
# it for longer: who writes more has mistaken the unit, or believes what does not happen.
LONGEST_MAX_AGE = 86_400

STANDARD_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "TRACK"})
HIDDEN_HEADERS = frozenset({"set-cookie", "set-cookie2"})  # #forbidden-response-header-name

LISTS = ("origins", "methods", "request_headers", "exposed_headers")
FLAGS = ("credentials", "allow_plain_http")

EXAMPLE = "https://app.example.com"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it stands, the value, what is wrong with it, and what to write instead."""

    where: str
    value: object
    wrong: str
    instead: str

    def __str__(self) -> str:
        return f"{self.where}: {self.value!r} {self.wrong}; {self.instead}"


Complaint = tuple[str, str]  # what is wrong, and what to write instead


def objections(terms: Mapping[str, Any], overrides: Any) -> Iterator[Problem]:
    """Yield every problem of the terms (settings by name), and of the overrides (mappings of theirs) over them."""
    yield from _own(terms, "")
    yield from _together(terms, terms.keys(), "")
    if not isinstance(overrides, tuple):
        yield Problem("overrides", overrides, "is no list of overrides", "write one Override for each endpoint or path")
        return
    seen: dict[tuple[str, object], int] = {}
    for index, override in enumerate(overrides):
        place = f"overrides[{index}]."
        if not isinstance(override, Mapping):
            yield Problem(place[:-1], override, "is no override", "write Override(endpoint=…, …)")
            continue
        yield from _target(override, place, seen, index)
        own = {name: value for name, value in override.items() if name in terms and value is not None}
        yield from _own(own, place)
        if override.get("closed") is True:
            yield from _closed(own, place)
        else:
            yield from _together({**terms, **own}, own.keys(), place)


def _target(
    override: Mapping[str, Any], place: str, seen: dict[tuple[str, object], int], index: int
) -> Iterator[Problem]:
    """An override is for one endpoint or one path, that has no other, and says something about it."""
    given = {name: override.get(name) for name in ("endpoint", "path") if override.get(name) is not None}
    if len(given) != 1:
        yield Problem(place[:-1], given, "names not one endpoint or one path", "give either endpoint or path")
    for name, value in given.items():
        if not isinstance(value, str) or not value:
            yield Problem(f"{place}{name}", value, "is no name", "write what Flask calls it, such as 'items'")
        elif name == "path" and not value.startswith("/"):
            yield Problem(f"{place}{name}", value, "begins with no slash", f"write {'/' + value!r}, as in the route")
        elif (earlier := seen.setdefault((name, value), index)) != index:
            other = f"overrides[{earlier}]"
            yield Problem(f"{place}{name}", value, f"has an override already, {other}", "put both into one")
    if not isinstance(closed := override.get("closed", False), bool):
        yield Problem(f"{place}closed", closed, "is neither true nor false", "write true or false")
    settings = [value for name, value in override.items() if name not in ("endpoint", "path", "closed")]
    if not closed and all(value is None for value in settings):
        yield Problem(place[:-1], given, "overrides nothing", "give it a setting, or closed = true")


def _closed(own: Mapping[str, Any], place: str) -> Iterator[Problem]:
    for name, value in own.items():
        yield Problem(f"{place}{name}", value, "stands beside closed = true, which lets nobody in", "leave one out")


# ---- each setting by itself ------------------------------------------------------------------------


def _own(terms: Mapping[str, Any], place: str) -> Iterator[Problem]:
    checks: dict[str, Callable[[str], Complaint | None]] = {
        "origins": _about_origin,
        "methods": _about_method,
        "request_headers": _about_request_header,
        "exposed_headers": _about_exposed_header,
    }
    for name in LISTS:
        if name in terms:
            yield from _listed(terms[name], f"{place}{name}", checks[name])
    for name in FLAGS:
        if name in terms and not isinstance(terms[name], bool):
            yield Problem(f"{place}{name}", terms[name], "is neither true nor false", "write true or false")
    if terms.get("max_age") is not None:
        yield from _about_max_age(terms["max_age"], f"{place}max_age")


def _listed(values: Any, where: str, check: Callable[[str], Complaint | None]) -> Iterator[Problem]:
    if not isinstance(values, tuple):
        wanted = [values] if isinstance(values, str) else ["…"]
        yield Problem(where, values, "is no list", f"write {wanted!r}")
        return
    for index, value in enumerate(values):
        complaint = check(value) if isinstance(value, str) else ("is no text", "write it in quotes")
        if complaint:
            yield Problem(f"{where}[{index}]", value, *complaint)


def _about_max_age(value: Any, where: str) -> Iterator[Problem]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield Problem(where, value, "is no whole number of seconds", "write for example 600, or leave it out")
    elif value < 0:
        yield Problem(where, value, "is negative", "write 0 to have every request ask first, or leave it out")
    elif value > LONGEST_MAX_AGE:
        wrong = "is more than any browser keeps (Firefox a day, Chromium two hours, WebKit ten minutes)"
        yield Problem(where, value, wrong, f"write {LONGEST_MAX_AGE} or less")


def _about_method(method: str) -> Complaint | None:
    upper = method.upper()
    if not is_token(method):
        return "is no method", "write a token, such as 'PUT'"
    if is_forbidden_method(method):
        return "is forbidden to script: no page can send it", "leave it out"
    if upper in STANDARD_METHODS and method != upper:
        return "is in lower case, but methods are compared as written", f"write {upper!r}"
    return None


def _about_request_header(name: str) -> Complaint | None:
    if not is_token(name):
        return "is no header name", "write a token, such as 'Content-Type'"
    if is_forbidden_request_header(name, ""):
        return "is forbidden to script: no page can set it, so there is nothing to allow", "leave it out"
    return None


def _about_exposed_header(name: str) -> Complaint | None:
    if not is_token(name):
        return "is no header name", "write a token, such as 'X-Total-Count'"
    if name.lower() in HIDDEN_HEADERS:
        return "is kept from script by every browser, whatever is exposed", "leave it out"
    return None


# ---- origins ---------------------------------------------------------------------------------------


def _about_origin(text: str) -> Complaint | None:
    if ANY in text:
        return None if text == ANY else _about_pattern(text)
    if text == OPAQUE_ORIGIN:
        return "is what anybody's sandboxed page is called", f"name the origin of the page itself: {EXAMPLE!r}"
    return None if parse_origin(text) is not None else _about_spelling(text, "")


def _about_pattern(text: str) -> Complaint | None:
    """Complain about what has a `*` in it and is not simply `*`."""
    scheme, separator, rest = text.partition("://")
    if not separator and text.startswith(BELOW):
        return "has no scheme", f"write {'https://' + text!r}"
    domain = rest.removeprefix(BELOW)
    if domain == rest or ANY in domain or not domain:
        wrong = "has `*` where none can be: it stands for one or more whole labels, in front of a domain"
        rest = rest.strip("*.-")
        pattern = f"{scheme}://{BELOW}{rest}"
        written = pattern if rest and ANY not in rest and not _about_pattern(pattern) else "https://*.example.com"
        return wrong, f"write {written!r}, or list the origins"
    exact = f"{scheme}://{domain}"
    url = parse_origin(exact)
    if url is None:
        return _about_spelling(exact, BELOW)
    if url.host.startswith("[") or url.host.rpartition(".")[2].isdigit():
        return "is a pattern over an address, which has no sub-domains", f"write {exact!r}"
    if not is_loopback(url.host) and _is_public_suffix(url.host):
        wrong = f"is a pattern over {url.host!r}, under which anybody can have a domain"
        return wrong, "name a domain of your own, as in 'https://*.example.com'"
    return None


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # 50 ms, and only patterns need it

    return PublicSuffixList()


def _is_public_suffix(domain: str) -> bool:
    """Tell whether strangers register names below a domain, or, as under `kawasaki.jp`, below those below it."""
    return _suffixes().is_public(domain)


def _about_spelling(text: str, below: str) -> Complaint:
    """Complain about what is not written as a browser writes it; ``below`` was cut out of a pattern and is put back."""
    if "://" not in text:
        url = parse_url(f"https://{text.lstrip('/')}")
        written = EXAMPLE if url is None else url.origin
        if url is not None and is_loopback(url.host):
            written = f"http{written[5:]}"
        return "has no scheme", f"write {written!r}"
    if not text.isascii():
        return "is not in ASCII, in which browsers write host names", f"write {_in_ascii(text, below)!r}"
    url = parse_url(text)
    scheme = text.partition("://")[0].lower()
    if scheme not in DEFAULT_PORTS:
        return f"is of the scheme {scheme!r}, and pages are on http or https", f"write one such as {EXAMPLE!r}"
    if url is None:
        return "is no origin: its host or port is none", f"write one such as {EXAMPLE!r}"
    wrong = " and ".join(_misspelt(text, url))
    return wrong, f"write {url.origin.replace('://', f'://{below}', 1)!r}"


def _misspelt(text: str, url: Url) -> Iterator[str]:
    """Say in which ways a text is not the origin of the URL that it is."""
    scheme, _, rest = text.partition("://")
    authority = rest.replace("\\", "/").partition("/")[0].partition("?")[0].partition("#")[0]
    bare = url.path == "/" and url.query is None and url.fragment is None
    reasons = {
        "has a user name": "@" in authority,
        "has a path": not bare,
        "ends with a slash": bare and text.endswith("/"),
        "is in upper case": f"{scheme}{authority}" != f"{scheme}{authority}".lower(),
        "writes out the default port": authority.endswith(f":{DEFAULT_PORTS[url.scheme]}"),
    }
    found = [reason for reason, holds in reasons.items() if holds]
    yield from found or ["is not how a browser writes it"]


def _in_ascii(text: str, below: str) -> str:
    scheme, _, rest = text.partition("://")
    try:
        return f"{scheme}://{below}{rest.encode('idna').decode()}"
    except UnicodeError:
        return "https://xn--….example.com"


# ---- settings together -----------------------------------------------------------------------------


def _together(terms: Mapping[str, Any], here: Collection[str], place: str) -> Iterator[Problem]:
    """Yield what settings are only wrong beside one another.

    ``here`` are the settings that are written here; the others are inherited, and have been looked at where they are.
    """
    lists = {name: value for name in LISTS if isinstance(value := terms.get(name), tuple)}
    yield from _too_few_or_too_many({name: lists[name] for name in here if name in lists}, place)
    if terms.get("credentials") is not True:
        return
    for name, values in lists.items():
        if ANY in values and {name, "credentials"} & set(here):
            yield _with_credentials(name, values.index(ANY), here, place)
    if terms.get("allow_plain_http") is not True and {"origins", "credentials", "allow_plain_http"} & set(here):
        yield from _on_plain_http(lists.get("origins", ()), here, place)


def _too_few_or_too_many(lists: Mapping[str, tuple[Any, ...]], place: str) -> Iterator[Problem]:
    for name, wanted in (("origins", "an origin"), ("methods", "a method")):
        if lists.get(name) == ():
            yield Problem(f"{place}{name}", [], f"has no {name[:-1]}", f"name {wanted}")
    origins = lists.get("origins", ())
    if ANY in origins and len(origins) > 1:
        where = f"{place}origins[{origins.index(ANY)}]"
        yield Problem(where, ANY, "stands beside other origins, which it covers", "leave out it or the others")


def _on_plain_http(origins: tuple[Any, ...], here: Collection[str], place: str) -> Iterator[Problem]:
    for index, origin in enumerate(origins):
        if isinstance(origin, str) and _is_open_to_the_network(origin):
            where = f"{place}origins[{index}]" if "origins" in here else f"{place}credentials"
            wrong = "is plain http with credentials: who is on the network can be that page"
            instead = f"write {'https' + origin[4:]!r}, or say allow_plain_http = true"
            yield Problem(where, origin, wrong, instead)


def _with_credentials(name: str, index: int, here: Collection[str], place: str) -> Problem:
    what = name.replace("_", " ")
    instead = f"name the {what}, or say credentials = false"
    if name not in here:
        return Problem(f"{place}credentials", True, f"does not go with `*` for {what}", instead)
    wrong = "is no wildcard with credentials: browsers take it for a name"
    if name == "origins":
        wrong = "does not go with credentials: browsers refuse it"
    return Problem(f"{place}{name}[{index}]", ANY, wrong, instead)


def _is_open_to_the_network(origin: str) -> bool:
    """Tell whether an origin or a pattern is on plain http beyond this machine."""
    scheme, separator, rest = origin.partition("://")
    url = parse_origin(f"{scheme}{separator}{rest.removeprefix(BELOW)}")
    return url is not None and url.scheme == "http" and not is_loopback(url.host)
