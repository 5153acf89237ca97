"""What an application declares by itself: read off real frameworks, and off nothing that only looks like one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask
from flask_cors import CORS
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from harness.audit.declared import Declared, declared
from harness.policy import Policy
from server_site.hooks.hardened import install

TRUSTED = "https://app.example.com"
POLICY = Policy([TRUSTED, "https://*.eu.example.com"], ["GET"], max_age=60)  # type: ignore[arg-type]


def hardened() -> Flask:
    """Install the hooks."""
    app = Flask("app")
    install(app, POLICY)
    return app


def with_flask_cors(**options: Any) -> Flask:
    """Use Flask-CORS."""
    app = Flask("app")
    CORS(app, **options)
    return app


def with_starlette(app: Any) -> Any:
    """Add the middleware."""
    app.add_middleware(CORSMiddleware, allow_origins=[TRUSTED, "null"])
    return app


TOLD: dict[str, tuple[Any, Declared]] = {
    "hardened": (hardened(), Declared((TRUSTED,), "the policy of its hooks", POLICY)),
    "hardened-and-wrapped": (hardened().wsgi_app, Declared((TRUSTED,), "the policy of its hooks", POLICY)),
    "flask-cors": (
        with_flask_cors(origins=[TRUSTED, "http://localhost:3000"]),
        Declared((TRUSTED, "http://localhost:3000"), "Flask-CORS"),
    ),
    "flask-cors-resources": (
        with_flask_cors(resources={"/a": {"origins": TRUSTED}, "/b": {"origins": ["https://b.example"]}}),
        Declared((TRUSTED, "https://b.example"), "Flask-CORS"),
    ),
    "starlette": (with_starlette(Starlette()), Declared((TRUSTED,), "CORSMiddleware")),
    "fastapi": (with_starlette(FastAPI()), Declared((TRUSTED,), "CORSMiddleware")),
    "starlette-around": (CORSMiddleware(Starlette(), allow_origins=(TRUSTED,)), Declared((TRUSTED,), "CORSMiddleware")),
}


@pytest.mark.parametrize(("app", "told"), TOLD.values(), ids=TOLD)
def test_what_is_told(app: Any, told: Declared) -> None:
    """Exact origins, and the policy of hooks that have one."""
    found = declared(app)
    assert sorted(found.origins) == sorted(told.origins)
    assert (found.source, found.policy) == (told.source, told.policy)


NOTHING: dict[str, Any] = {
    "plain": Flask("app"),
    "everybody": with_flask_cors(),
    "expression": with_flask_cors(origins=[re.compile("https://.*"), r"https://.*\\.example\\.com"]),
    "middleware-without-origins": CORSMiddleware(Starlette()),
    "function": lambda environ, start_response: [],
}


@pytest.mark.parametrize("app", NOTHING.values(), ids=NOTHING)
def test_what_is_no_exact_origin_tells_nothing(app: Any) -> None:
    """Neither `*` nor an expression is the origin of a page; an application without CORS has none."""
    assert declared(app) == Declared()
