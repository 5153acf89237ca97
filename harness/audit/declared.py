"""What an application itself declares about CORS, read off its hooks or its middleware; nothing is asked of it.

Known are the hardened hooks (their whole policy), Flask-CORS and Starlette's CORSMiddleware (the exact origins). As in
`routes`, frameworks are known by their shape and never imported. What is configured in another way tells nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.audit.routes import layers
from harness.origins import parse_origin
from harness.policy import Policy


@dataclass(frozen=True)
class Declared:
    """Exact origins that an application lets in, who says so, and the whole policy where it is known."""

    origins: tuple[str, ...] = ()
    source: str = ""
    policy: Policy | None = None


def declared(app: Any) -> Declared:
    """Return what an application, or what its middlewares wrap, declares; nothing where it cannot be told."""
    for layer in layers(app):
        if policy := _hardened(layer):
            return Declared(_exact(policy.origins), "the policy of its hooks", policy)
        for source, look in (("Flask-CORS", _flask_cors), ("CORSMiddleware", _starlette)):
            if origins := _exact(look(layer)):
                return Declared(origins, source)
    return Declared()


def _exact(origins: Iterable[object]) -> tuple[str, ...]:
    """Return what is the origin of a page, each once: no pattern, no `null`."""
    texts = (one for one in origins if isinstance(one, str) and "*" not in one and parse_origin(one) is not None)
    return tuple(dict.fromkeys(texts))


def _hardened(app: Any) -> Policy | None:
    extensions = getattr(app, "extensions", None)
    kept = extensions.values() if isinstance(extensions, dict) else ()
    policies = (getattr(one, "policy", None) for one in kept)
    return next((policy for policy in policies if isinstance(policy, Policy)), None)


def _flask_cors(app: Any) -> Iterator[object]:
    """Yield the origins that Flask-CORS has in the closure of its after_request function."""
    hooks = getattr(app, "after_request_funcs", None)
    for hook in hooks.get(None, ()) if isinstance(hooks, dict) else ():
        if getattr(hook, "__module__", "").partition(".")[0] == "flask_cors":
            for _, options in inspect.getclosurevars(hook).nonlocals.get("resources", ()):
                yield from _listed(options.get("origins") if isinstance(options, dict) else options.origins)


def _starlette(app: Any) -> Iterator[object]:
    """Yield the origins of a CORSMiddleware that is to be put around an application, or that stands around it."""
    if type(app).__name__ == "CORSMiddleware":
        yield from _listed(getattr(app, "allow_origins", None))
    waiting = getattr(app, "user_middleware", None)
    for middleware in waiting if isinstance(waiting, list) else ():
        if getattr(getattr(middleware, "cls", None), "__name__", "") == "CORSMiddleware":
            yield from _listed(getattr(middleware, "kwargs", {}).get("allow_origins"))


def _listed(origins: object) -> Iterable[object]:
    return origins if isinstance(origins, list | tuple | set | frozenset) else (origins,)
