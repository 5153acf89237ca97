"""Origins as a policy names them: exactly, or by a pattern for everything below one domain.

An origin is what the project's own parser (`harness.oracle.urls`) takes it for, and is compared as text or label by
label: no regular expression is anywhere near. Imports that parser alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_lowercase, digits

from harness.oracle.urls import DEFAULT_PORTS, Url, parse_url

ANY = "*"
BELOW = "*."  # how the host of a pattern begins

# 253 characters of host, the longer scheme and a port: what is longer is no origin, and need not be parsed to say so.
_LONGEST = len("https://") + 253 + len(":65535")
_IN_A_LABEL = frozenset(ascii_lowercase + digits + "-_")


def parse_origin(text: str) -> Url | None:
    """Read an http(s) origin that is written exactly as a browser writes it; None for anything else, `null` too."""
    if len(text) > _LONGEST:
        return None
    url = parse_url(text)
    return url if url is not None and url.scheme in DEFAULT_PORTS and url.origin == text else None


def is_loopback(host: str) -> bool:
    """Tell whether a host (as `Url` has it) is this machine: no network is between a page there and the browser."""
    if host in ("localhost", "[::1]") or host.endswith(".localhost"):
        return True
    return host.startswith("127.") and host.rpartition(".")[2].isdigit()  # the parser lets no other host end so


@dataclass(frozen=True, slots=True)
class OriginPattern:
    """`https://*.example.com`: every origin with that scheme and port whose host is one or more labels below `domain`.

    Neither the domain itself nor a host that merely ends in the same letters (`evilexample.com`) matches.
    """

    scheme: str
    domain: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> OriginPattern | None:
        """Read a pattern; None for what is none."""
        scheme, separator, rest = text.partition("://")
        if not rest.startswith(BELOW):
            return None
        url = parse_origin(f"{scheme}{separator}{rest.removeprefix(BELOW)}")
        return None if url is None else cls(url.scheme, url.host, url.port)

    def matches(self, origin: Url) -> bool:
        """Tell whether an origin is one of these; labels have nothing but letters, digits, hyphens and underscores."""
        if (origin.scheme, origin.port) != (self.scheme, self.port):
            return False
        below = origin.host.removesuffix(f".{self.domain}")
        if below == origin.host:
            return False
        return all(label and _IN_A_LABEL.issuperset(label) for label in below.split("."))
