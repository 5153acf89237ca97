"""URLs and origins, as far as CORS can see them: the URL standard for `http` and `https`.

Limits, on purpose: a host that is not ASCII fails (no IDNA); an IPv4 address must be written as four
decimal numbers and not inside IPv6; of a URL with any other scheme only the scheme is kept; without a
list of public suffixes a registrable domain is the last two labels. https://url.spec.whatwg.org/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, unquote

DEFAULT_PORTS = {"http": 80, "https": 443}
OPAQUE_ORIGIN = "null"

_C0_CONTROL_OR_SPACE = "".join(map(chr, range(0x21)))
_TAB_OR_NEWLINE = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_PARTS = re.compile(r"([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_AUTHORITY = re.compile(r"([^/\\?#]*)(.*)", re.DOTALL)
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
_FORBIDDEN_IN_DOMAIN = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|\x7f-\uffff]")
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
_TWO_SLASHES = re.compile(r"[/\\]{2}")

# The percent-encode sets of the URL standard, said the other way round: what `quote` may leave alone.
_PATH_SAFE = "!$%&'()*+,/:;=@[]|"
_QUERY_SAFE = "!$%&()*+,/:;=?@[\\]^`{|}"
_FRAGMENT_SAFE = "!#$%&'()*+,/:;=?@[\\]^{|}"
_USERINFO_SAFE = "!$%&'()*+,"


@dataclass(frozen=True, slots=True)
class Url:
    """A parsed URL. `port` is None for the default port, `query` and `fragment` for none at all."""

    scheme: str
    host: str = ""
    port: int | None = None
    path: str = "/"
    query: str | None = None
    fragment: str | None = None
    username: str = ""
    password: str = ""

    @property
    def origin(self) -> str:
        """The serialised origin of the URL; any scheme but http and https has an opaque one."""
        if self.scheme not in DEFAULT_PORTS:
            return OPAQUE_ORIGIN
        return f"{self.scheme}://{self.host}" + ("" if self.port is None else f":{self.port}")

    @property
    def includes_credentials(self) -> bool:
        """#include-credentials: a user name or a password that is not empty; `@` alone is neither."""
        return bool(self.username or self.password)

    @property
    def on_the_wire(self) -> str:
        """What a server can know: no fragment, no userinfo."""
        return f"{self.origin}{self.path}" + ("" if self.query is None else f"?{self.query}")

    @property
    def for_script(self) -> str:
        """What `response.url` says: the fragment is cut off, userinfo stays."""
        if not self.includes_credentials:
            return self.on_the_wire
        userinfo = self.username + (f":{self.password}" if self.password else "")
        return self.on_the_wire.replace("://", f"://{userinfo}@", 1)


def same_origin(one: str, other: str) -> bool:
    """Two serialised origins; opaque origins are the same as nothing, not even as each other."""
    return one == other != OPAQUE_ORIGIN


@lru_cache(maxsize=4096)
def parse_url(text: str, base: Url | None = None) -> Url | None:
    """#concept-basic-url-parser. `base` is an http(s) URL. None is failure."""
    text = text.strip(_C0_CONTROL_OR_SPACE).translate(_TAB_OR_NEWLINE)
    found = _SCHEME.fullmatch(text)
    if found is None:
        return _parse_relative(text, base) if base is not None else None
    scheme, rest = found[1].lower(), found[2]
    if scheme not in DEFAULT_PORTS:
        return Url(scheme, path="")
    if base is not None and base.scheme == scheme:
        return _parse_relative(rest, base)  # "http:path" is relative where the base has that scheme
    return _parse_authority(scheme, rest.lstrip("/\\"))


def _parse_relative(text: str, base: Url) -> Url | None:
    if _TWO_SLASHES.match(text):
        return _parse_authority(base.scheme, text.lstrip("/\\"))
    path, query, fragment = _split(text)
    if path[:1] not in ("/", ""):
        path = base.path[: base.path.rindex("/") + 1] + path
    elif not path:
        path, query = base.path, base.query if query is None else query
    return _assemble(base.scheme, (base.host, base.port, base.username, base.password), (path, query, fragment))


def _parse_authority(scheme: str, text: str) -> Url | None:
    found = _AUTHORITY.fullmatch(text)
    assert found is not None, "the pattern matches any text"
    userinfo, _, host_and_port = found[1].rpartition("@")
    username, _, password = userinfo.partition(":")
    split = _HOST_AND_PORT.fullmatch(host_and_port)
    host = _parse_host(split[1]) if split else None
    if split is None or host is None:
        return None
    digits = (split[2] or "").lstrip("0")
    if len(digits) > 5 or int(digits or "0") > 65535:
        return None
    port = int(digits or "0") if split[2] else None
    port = None if port == DEFAULT_PORTS[scheme] else port
    where = (host, port, _encode(username, _USERINFO_SAFE), _encode(password, _USERINFO_SAFE))
    return _assemble(scheme, where, _split(found[2]))


def _assemble(scheme: str, where: tuple[str, int | None, str, str], parts: tuple[str, str | None, str | None]) -> Url:
    host, port, username, password = where
    path, query, fragment = parts
    return Url(
        scheme,
        host,
        port,
        _normalise_path(path),
        None if query is None else _encode(query, _QUERY_SAFE),
        None if fragment is None else _encode(fragment, _FRAGMENT_SAFE),
        username,
        password,
    )


def _split(text: str) -> tuple[str, str | None, str | None]:
    found = _PARTS.fullmatch(text)
    assert found is not None, "the pattern matches any text"
    return found[1].replace("\\", "/"), found[2], found[3]


def _encode(text: str, safe: str) -> str:
    # A Location is bytes, not text: each byte from 0x80 on is percent-encoded as it came.
    return quote(text, safe=safe, encoding="latin-1")


def _normalise_path(path: str) -> str:
    """#path-state: dot segments, also written %2e, are resolved; the rest is percent-encoded."""
    segments: list[str] = []
    parts = path.removeprefix("/").split("/")
    for number, part in enumerate(parts, 1):
        plain = part.lower().replace("%2e", ".") if "." in part or "%" in part else ""
        if plain == "..":
            del segments[-1:]
        elif plain != ".":
            segments.append(_encode(part, _PATH_SAFE))
            continue
        if number == len(parts):  # a dot segment at the end leaves a trailing slash
            segments.append("")
    return "/" + "/".join(segments)


def _parse_host(text: str) -> str | None:
    """#concept-host-parser for special schemes."""
    if text.startswith("["):
        return _parse_ipv6(text[1:-1])
    host = unquote(text).lower()
    if not host or _FORBIDDEN_IN_DOMAIN.search(host):
        return None
    if _ENDS_IN_A_NUMBER.fullmatch(host):
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            return None
    return host


def _parse_ipv6(text: str) -> str | None:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return None
    # No zone identifiers in URLs; and Python versions differ in how they write a mapped address.
    return f"[{address}]" if address.scope_id is None and address.ipv4_mapped is None else None


def is_serialized_origin(text: str) -> bool:
    """Whether the text is `null` or an http(s) origin exactly as a browser would write it."""
    url = parse_url(text)
    return text == OPAQUE_ORIGIN or (url is not None and text == url.origin)


def schemelessly_same_site(one: Url, other: Url) -> bool:
    """#schemelessly-same-site for two URLs; see the limit in this file's contract."""
    if one.host == other.host:
        return True
    domain = _registrable_domain(one.host)
    return domain is not None and domain == _registrable_domain(other.host)


def _registrable_domain(host: str) -> str | None:
    labels = host.removesuffix(".").split(".")
    if len(labels) < 2 or labels[-1].isdigit():  # a single label, or an address
        return None
    return ".".join(labels[-2:])
