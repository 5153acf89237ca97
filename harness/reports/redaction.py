"""Secrets stay out of every report: header values and tokens in URLs that authorise somebody."""

from __future__ import annotations

import re

from harness.wire import Pairs

HIDDEN = "[redacted]"
_NAMES = re.compile(
    r"^(proxy-)?authorization$|^(set-)?cookie2?$|token|secret|password|api[-_]?key|[-_]key$|^key$", re.IGNORECASE
)

_QUERY = re.compile(r"\?[^\s'\"‘’“”)]+")


def is_secret(name: str) -> bool:
    """Tell whether the values of a header or parameter of this name are secret."""
    return _NAMES.search(name) is not None


def redacted(headers: Pairs) -> Pairs:
    """Return header pairs with secret values hidden."""
    return tuple((name, HIDDEN if is_secret(name) else value) for name, value in headers)


def redacted_target(target: str) -> str:
    """Return a path and query with secret parameters hidden."""
    path, mark, query = target.partition("?")
    return path + mark + "&".join(_redacted_parameter(part) for part in query.split("&"))


def redacted_sentence(sentence: str) -> str:
    """Return a sentence of a browser or an application with the secret parameters of its URLs hidden."""
    return _QUERY.sub(lambda query: redacted_target(query.group(0)), sentence)


def _redacted_parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    return f"{name}={HIDDEN}" if equals and is_secret(name) else part
