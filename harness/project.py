"""What `corsproof init` writes into a user's project: the text of each file, made of what is known of the application.

Pure: looks at no folder and imports no application. What is not known is a comment that says what to write there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from harness.audit.declared import Declared
from harness.audit.routes import Discovery, Route
from harness.policy import Override, Policy, toml

CONFIGURATION = "corsproof.toml"
TEST = "tests/test_cors.py"
NOX = "noxfile.py"
WORKFLOW = ".github/workflows/cors.yml"
EXAMPLE = "https://app.example.com"


@dataclass(frozen=True)
class Facts:
    """What is known of a project.

    - ``target``: the application as ``module:attribute``, imported from ``app_dir`` as seen from the project
    - ``found``, ``declared``: its routes, and what it says itself about CORS
    - ``requirements``: what pip is told to install so that the application can be imported
    """

    target: str = ""
    app_dir: str = "."
    found: Discovery = field(default_factory=lambda: Discovery(()))
    declared: Declared = field(default_factory=Declared)
    requirements: tuple[str, ...] = ()


def files(facts: Facts) -> dict[str, str]:
    """Return the files by their path in the project."""
    return {CONFIGURATION: configuration(facts), TEST: _TEST, NOX: _NOX + session(facts), WORKFLOW: _workflow(facts)}


# ---- corsproof.toml ---------------------------------------------------------------------------------


def configuration(facts: Facts) -> str:
    """Write corsproof.toml: the settings of `corsproof audit`, and the policy."""
    return "\n".join([*_settings(facts), "", *_policy(facts)]) + "\n"


def _settings(facts: Facts) -> Iterator[str]:
    yield "# How CORS is tested here: `corsproof audit` takes [audit] as its options, and tests/test_cors.py tests what"
    yield "# this file says. The command line and CORSPROOF_... in the environment go before it."
    yield from _setting(
        "browser", ["chromium", "firefox", "webkit"], "Which browsers ask; else all that work.", on=False
    )
    yield ""
    yield "# What is audited: what pages of strangers can do, and what trusted ones can't."
    yield "[audit]"
    target = "The application: module:attribute or module:factory()."
    yield from _setting("target", facts.target or "app:app", target, on=bool(facts.target))
    imported = "The folder that it is imported from."
    yield from _setting("app-dir", facts.app_dir if facts.target else "src", imported, on=facts.app_dir != ".")
    yield from _origins(facts.declared)
    yield from _paths(facts.found)
    login = "A path that signs a user in when a browser visits it, so that what is that user's is at stake too."
    yield from _setting("login", "/login", login, on=False)
    active = "false: no POST, PUT, PATCH or DELETE is sent, not even to an application in process."
    yield from _setting("active", False, active, on=False)
    held = "Hold the application to the policy below, too."
    yield from _setting("policy", CONFIGURATION, held, on=facts.declared.policy is not None)


def _origins(declared: Declared) -> Iterator[str]:
    said = f"taken from {declared.source}" if declared.origins else "for example"
    what = f"Whose pages should get in: scheme, host and port, as browsers send them, without a slash ({said})."
    yield from _setting("origin", declared.origins or (EXAMPLE,), what, on=bool(declared.origins))


def _paths(found: Discovery) -> Iterator[str]:
    if not found.routes:
        what = "What is asked; else the routes that the application tells by itself, which these can't be read from."
        yield from _setting("path", ("/",), what, on=False)
        return
    yield ""
    yield f"# What is asked, from {found.source}, each with its methods. New routes must be added; without this"
    yield "# list all routes that the application has are asked."
    yield "path = ["
    yield from (f"    {toml(route.path)},  # {_told(route)}" for route in found.routes)
    yield from (f"    # left out: {_comment(each)}" for each in found.left_out)
    yield "]"


def _told(route: Route) -> str:
    template = f" ({route.template})" if route.template not in ("", route.path) else ""
    return _comment(f"{' '.join(route.methods)}{template}")


_MEANINGS = {
    "origins": 'Exact, or everything below a domain ("https://*.example.com"), or ["*"] for everybody.',
    "methods": "Every method that pages may use; HEAD comes with GET.",
    "request_headers": "What they may send beyond what forms can.",
    "credentials": "Whether cookies and the like go along.",
    "exposed_headers": "What of the answers they may read beyond what they always may.",
    "max_age": "For how many seconds a preflight counts.",
    "allow_plain_http": "Whether pages on plain http, beyond this machine, may have credentials.",
    "endpoint": "What is otherwise at one endpoint ...",
    "path": "... or path, written as in the route.",
    "closed": "Whether no other origin may do anything there.",
}


def _policy(facts: Facts) -> Iterator[str]:
    known = facts.declared.policy
    yield "# Who may do what from another origin; tests/test_cors.py proves it, at its edges, in browsers. The hooks of"
    yield "# `server_site.hooks.hardened` can take it from here: install(app, load(Path('corsproof.toml')))."
    if known is None:
        yield "# It is not known what is meant: write it down, and take the # away."
    yield "[policy]" if known else "# [policy]"
    policy = known or _guessed(facts)
    for each in fields(Policy):
        value = getattr(policy, each.name)
        if each.name != "overrides":
            unsaid = 600 if value is None else value
            on = known is not None and value is not None
            yield from _setting(_key(each.name), unsaid, _MEANINGS[each.name], on=on)
    for override in policy.overrides:
        yield ""
        yield "# What is otherwise at one place."
        yield "[[policy.overrides]]"
        for each in fields(Override):
            value = getattr(override, each.name)
            if value != each.default:
                yield from _setting(_key(each.name), value, _MEANINGS[each.name])


def _guessed(facts: Facts) -> Policy:
    """Return a policy that could be meant: what the routes have, for the origins that are known."""
    methods = [method for route in facts.found.routes for method in route.methods if method not in _NEVER]
    return Policy(
        origins=facts.declared.origins or (EXAMPLE,),
        methods=tuple(dict.fromkeys(methods)) or ("GET", "POST"),
        request_headers=("Content-Type",),
        max_age=600,
    )


_NEVER = frozenset(
    {"OPTIONS", "TRACE", "TRACK", "CONNECT"}
)  # no policy grants what preflights are, or what is forbidden


def _key(name: str) -> str:
    return name.replace("_", "-")


def _setting(key: str, value: Any, meaning: str, *, on: bool = True) -> Iterator[str]:
    yield ""
    yield f"# {meaning}"
    yield f"{'' if on else '# '}{key} = {toml(tuple(value) if isinstance(value, list) else value)}"


def _comment(text: str) -> str:
    """Return a text as it may stand in a comment of TOML."""
    return "".join(each if each.isprintable() else "?" for each in text)


# ---- tests/test_cors.py -----------------------------------------------------------------------------

_TEST = '''\
"""CORS, shown by pages in real browsers; what is tested stands in corsproof.toml. Made by `corsproof init`.

    pytest tests/test_cors.py --cors-browser all

Requests that may change something (POST, PUT, PATCH, DELETE) are really sent to the application: give it a database of
its own, or set `active = false` in corsproof.toml.
"""

from pathlib import Path

import pytest

from harness.audit.target import load
from harness.policy import load as load_policy
from harness.settings import configuration

ROOT = Path(__file__).resolve().parents[1]
AUDIT = configuration(ROOT).get("audit", {})  # by the names of parameters: origin is `trusted`, path is `paths`
POLICY = load_policy(ROOT / AUDIT["policy"]) if "policy" in AUDIT else None

pytestmark = pytest.mark.skipif("target" not in AUDIT, reason="corsproof.toml names no application: [audit] target")


@pytest.fixture(scope="session")
def cors_app():
    """The application under test, in this process."""
    folder = ROOT / AUDIT.get("app_dir", ".")
    return load(AUDIT["target"], factory=AUDIT.get("factory", False), app_dir=folder).app


def test_nothing_is_wrong(cors):
    """Strangers' pages can do nothing that they should not, and trusted ones all that they should."""
    findings = cors.audit(
        trusted=AUDIT.get("trusted", ()),
        paths=AUDIT.get("paths", ()),
        login=AUDIT.get("login"),
        active=AUDIT.get("active", True),
    )
    assert not [finding for finding in findings if finding.matters]


@pytest.mark.skipif(POLICY is None, reason="corsproof.toml has no policy yet: [audit] policy, and [policy]")
def test_the_policy_holds(cors):
    """What the policy grants can be done, and what it does not grant can't, at its edges, on all routes."""
    assert all(cors.prove(POLICY, active=AUDIT.get("active", True)))
'''


# ---- noxfile.py and the CI job ----------------------------------------------------------------------

_NOX = '''\
"""Sessions: `nox -s cors` proves the CORS policy in real browsers. Made by `corsproof init`."""

import nox

'''


def session(facts: Facts) -> str:
    """Write the session, for a noxfile that is there already too."""
    arguments = ", ".join(f'"{argument}"' for argument in (*facts.requirements, "corsproof[pytest]"))
    needed = "" if facts.requirements else "    # And what the application needs.\n"
    return f'''
@nox.session
def cors(session):
    """Prove the CORS policy in Chromium, Firefox and WebKit."""
{needed}    session.install({arguments})
    session.run("corsproof", "install")
    session.run("pytest", "{TEST}", "--cors-browser", "all", *session.posargs)
'''


def _workflow(facts: Facts) -> str:
    needed = "" if facts.requirements else "      # And what the application needs.\n"
    return f"""\
# Proves the CORS policy in Chromium, Firefox and WebKit. Made by `corsproof init`.
name: cors

on:
  push:
  pull_request:

permissions:
  contents: read

jobs:
  cors:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.13"
{needed}      - run: python -m pip install {_shell((*facts.requirements, "corsproof[pytest]"))}
      # The libraries that the browsers need, and then those browsers that the machine does not have.
      - run: sudo "$(command -v python)" -m playwright install-deps
      - run: corsproof install
      - run: python -m pytest {TEST} --cors-browser all
"""


def _shell(arguments: Iterable[str]) -> str:
    return " ".join(f"'{argument}'" if "[" in argument else argument for argument in arguments)
