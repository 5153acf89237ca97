"""A policy in the words of Starlette's CORSMiddleware, which FastAPI hands on."""

from __future__ import annotations

from typing import Any

from harness.policy import Policy


def arguments(policy: Policy) -> dict[str, Any]:
    """Return the middleware's arguments; a policy without max-age leaves it Starlette's default."""
    told = {} if policy.max_age is None else {"max_age": policy.max_age}
    return {
        "allow_origins": policy.origins,
        "allow_methods": policy.methods,
        "allow_headers": policy.request_headers,
        "allow_credentials": policy.credentials,
        "expose_headers": policy.exposed_headers,
        **told,
    }
