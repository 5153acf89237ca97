"""Placeholders: names for the origins that only a run knows, and the ways in which a catalogue varies them.

``{page}``, ``{home}``, ``{api}``, ``{api2}``, ``{cross}``, ``{h2}`` stand for origins (``home`` is that of the page's
document, which is another than the page's own where that is ``null``; ``h2`` gives literal answers over HTTP/2),
``{token}`` for the query parameter that ties a URL to its case. Behind a bar an origin is varied: ``{page|upper}``,
``{page|upper-scheme}``, ``{page|host}`` (with the port), ``{page|hostname}``, ``{api|user:word@}`` (with userinfo),
``{api|:6667}`` (another port). Imports nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

ORIGINS = ("page", "home", "api", "api2", "cross", "h2")
_VARIED = r"(?:\|([^{}/\s]*))?"
PLACED = re.compile(rf"\{{(?:{'|'.join(ORIGINS)}){_VARIED}\}}/")
_PLACEHOLDER = re.compile(rf"\{{({'|'.join((*ORIGINS, 'token'))}){_VARIED}\}}")


def fill(template: str, places: Mapping[str, str]) -> str:
    """Put what the places stand for into a template; a name that is not among them stays."""
    return _PLACEHOLDER.sub(lambda found: _place(found, places), template) if "{" in template else template


def mentions(template: str, name: str) -> bool:
    """Tell whether a template has something of this name."""
    return f"{{{name}" in template and any(found[1] == name for found in _PLACEHOLDER.finditer(template))


def _place(found: re.Match[str], places: Mapping[str, str]) -> str:
    name, how = found[1], found[2] or ""
    return found[0] if name not in places else _varied(places[name], how)


def _varied(origin: str, how: str) -> str:
    scheme, _, host = origin.partition("://")
    match how:
        case "":
            return origin
        case "upper":
            return origin.upper()
        case "upper-scheme":
            return f"{scheme.upper()}://{host}"
        case "host":
            return host
        case "hostname":
            return urlsplit(origin).hostname or ""
    if how.endswith("@"):
        return f"{scheme}://{how}{host}"
    if how.startswith(":"):
        return f"{scheme}://{urlsplit(origin).hostname}{how}"
    raise ValueError(f"no placeholder varies an origin by {how!r}")
