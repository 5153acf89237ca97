"""Secrets stay out of every report: header values and tokens in URLs that authorise somebody."""

from __future__ import annotations

import re
from typing import Any

from harness.wire import Pairs

HIDDEN = "[redacted]"
_NAMES = re.compile(
    r"^(proxy-)?authorization$|^(set-)?cookie2?$|token|secret|password|api[-_]?key|[-_]key$|^key$", re.IGNORECASE
)
# Of a query or a fragment; a value ends where a sentence that quotes the URL goes on.
_PARAMETER = re.compile(r"(?<=[?&#])([^\s?&#=]+)=[^\s&#'\"‘’“”)]+")


def is_secret(name: str) -> bool:
    """Tell whether the values of a header or parameter of this name are secret."""
    return _NAMES.search(name) is not None


def redacted(headers: Pairs) -> Pairs:
    """Return header pairs with secret values hidden, and secret parameters of the URLs in others."""
    return tuple((name, HIDDEN if is_secret(name) else redacted_sentence(value)) for name, value in headers)


def redacted_target(target: str) -> str:
    """Return a path and query with secret parameters hidden."""
    return redacted_sentence(target)


def redacted_sentence(sentence: str) -> str:
    """Return a sentence of a browser or an application with the secret parameters of its URLs hidden."""
    return _PARAMETER.sub(_redacted_parameter, sentence) if "=" in sentence else sentence


def redacted_json(value: Any) -> Any:
    """Return a JSON value with the secret parameters of every URL in it hidden."""
    match value:
        case str():
            return redacted_sentence(value)
        case dict():
            return {name: redacted_json(member) for name, member in value.items()}
        case list() | tuple():
            return [redacted_json(member) for member in value]
        case _:
            return value


def _redacted_parameter(found: re.Match[str]) -> str:
    return f"{found[1]}={HIDDEN}" if is_secret(found[1]) else found[0]
