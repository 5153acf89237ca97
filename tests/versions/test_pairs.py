"""Old versions of CORS libraries with a known weakness, and the first without it: the audit tells them apart.

The configuration is the same in both; what is wrong is the library. Each pair was asked by hand, too: what an old
version answers otherwise is what its comment says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.audit.audited import AuditOrder
from harness.audit.auditing import audit
from harness.audit.findings import Severity
from harness.audit.target import Target
from harness.engines import EngineChoice, EngineName
from tests.versions.conftest import Served

pytestmark = pytest.mark.browser

APP = "https://app.example.com"
CHROMIUM = (EngineChoice(EngineName.CHROMIUM),)
HIGH, MEDIUM, LOW, INFO = Severity
EXACT = {"allow_origins": [APP], "allow_credentials": True}
STAR = {"allow_origins": ["*"], "allow_methods": ["*"], "allow_headers": ["*"], "allow_credentials": True}
ANYBODY = {"S01": HIGH, "S03": HIGH}  # with credentials, as STAR says


@dataclass(frozen=True)
class Pair:
    """What ``app`` gives under the ``weak`` version at all its ``paths``, and under the ``mended`` one no more.

    - ``both``: what both give, because they are configured so
    - ``options``: the library's own; ``anew``: those of the mended version, where it wants others
    - ``newest``: the newest Python that the versions run on
    """

    app: str
    weak: str
    mended: str
    finds: Mapping[str, Severity]
    options: Mapping[str, Any]
    both: Mapping[str, Severity] = field(default_factory=dict)
    anew: Mapping[str, Any] | None = None
    paths: tuple[str, ...] = ("/me",)
    login: str | None = "/login"
    newest: tuple[int, int] | None = None


PAIRS = {
    # CVE-2024-6221: whoever asks for the private network is granted it, though nobody configured that.
    # Both let in anybody without credentials, by name, unless told otherwise.
    "flask-cors: private network": Pair(
        "on_flask", "flask-cors-4.0.1", "flask-cors-5.0.0", {"S15": LOW}, {}, {"S02": LOW, "S04": LOW}
    ),
    # CVE-2020-25032: the path is compared as it is, encoded once more.
    "flask-cors: encoded path": Pair(
        "on_flask",
        "flask-cors-3.0.8",
        "flask-cors-3.0.9",
        {"S20": HIGH},
        {
            "resources": {r"/private/*": {"origins": [APP]}, r"/*": {"origins": "*"}},
            "supports_credentials": True,
        },
        paths=("/private/me",),
    ),
    # CVE-2024-6866: case is ignored. CVE-2024-6844: a plus is a space. CVE-2024-6839: the longest pattern wins.
    # No answer tells that another pattern was meant for a path, so S20 has nothing to compare: it lets in anybody.
    "flask-cors: which path": Pair(
        "on_flask",
        "flask-cors-5.0.1",
        "flask-cors-6.0.1",
        ANYBODY,
        {
            "resources": {
                r"/open/*": {"origins": "*"},
                r"/a b/*": {"origins": "*"},
                r"/[a-z]+/.{1,40}": {"origins": "*"},
                r"/admin/users": {"origins": [APP]},
            },
            "supports_credentials": True,
        },
        paths=("/OPEN/me", "/a+b/me", "/admin/users"),
    ),
    # starlette#801: a pattern need only match the beginning.
    "starlette: prefix": Pair(
        "on_starlette",
        "starlette-0.13.0",
        "starlette-0.13.1",
        {"S05": HIGH},
        {"allow_origin_regex": r"https://app\.example\.com", "allow_credentials": True},
    ),
    # 0.15.0: who sends a cookie is answered his own origin, which Vary did not say.
    "starlette: no Vary": Pair(
        "on_starlette",
        "starlette-0.14.2",
        "starlette-0.15.0",
        {"S16": LOW},
        STAR,
        {**ANYBODY, "F07": MEDIUM},
    ),
    # starlette#3137: who sends no cookie is answered `*`, with credentials.
    "starlette: star for newcomers": Pair(
        "on_starlette",
        "starlette-0.52.1",
        "starlette-1.0.0",
        {"F07": MEDIUM},
        STAR,
        {**ANYBODY, "F16": MEDIUM},
        paths=("/page",),
    ),
    # 1.7.0: what is refused, or names no origin, did not vary.
    "starlette: no Vary on refusals": Pair(
        "on_starlette", "starlette-1.6.0", "starlette-1.7.0", {"F16": MEDIUM}, EXACT, paths=("/page",)
    ),
    # CVE-2021-32677: JSON is taken from a body that says text/plain.
    "fastapi: text for JSON": Pair(
        "on_fastapi",
        "fastapi-0.65.1",
        "fastapi-0.65.2",
        {"S19": MEDIUM},
        EXACT,
        paths=("/transfers",),
        login=None,
    ),
    # 3.0.0: origins had no scheme; now there is none without.
    "django-cors-headers: scheme": Pair(
        "on_django",
        "django-cors-headers-2.5.3",
        "django-cors-headers-3.0.0",
        {"S09": MEDIUM},
        {"CORS_ORIGIN_WHITELIST": ["app.example.com"], "CORS_ALLOW_CREDENTIALS": True},
        anew={"CORS_ORIGIN_WHITELIST": [APP], "CORS_ALLOW_CREDENTIALS": True},
        newest=(3, 11),
    ),
    # 4.3.0: who is refused was told of credentials.
    "django-cors-headers: credentials for nobody": Pair(
        "on_django",
        "django-cors-headers-4.2.0",
        "django-cors-headers-4.3.0",
        {"S24": INFO},
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_ALLOW_CREDENTIALS": True},
    ),
    # CVE-2026-25478: an exact origin is taken for a pattern.
    "litestar: dot": Pair("on_litestar", "litestar-2.19.0", "litestar-2.20.0", {"S07": HIGH}, EXACT),
    # 25.12.0: an exact origin need only be the beginning, so that several are let in, which Vary did not say.
    # Both allow `*` as request headers unless told otherwise.
    "sanic-ext: prefix": Pair(
        "on_sanic",
        "sanic-ext-24.12.0",
        "sanic-ext-25.12.0",
        {"S05": HIGH, "S16": LOW},
        {"CORS_ORIGINS": APP, "CORS_SUPPORTS_CREDENTIALS": True},
        {"F08": LOW},
    ),
}


# Two of Starlette's, and one of each other library, are always asked: the suite has a limit (`nox -s everything`).
LEFT = {
    "starlette: star for newcomers",
    "starlette: no Vary on refusals",
    "django-cors-headers: credentials for nobody",
    "flask-cors: encoded path",
}
ASKED = {name: one for name, one in PAIRS.items() if name not in LEFT or "CORSPROOF_EVERYTHING" in os.environ}


@pytest.fixture(params=ASKED.values(), ids=list(ASKED))
def pair(request: pytest.FixtureRequest) -> Pair:
    """Return each pair that runs on this Python."""
    found: Pair = request.param
    if found.newest and sys.version_info[:2] > found.newest:
        pytest.skip(f"{found.weak} needs modules of the standard library that this Python has no more")
    return found


def found(pair: Pair, url: str) -> dict[str, tuple[Severity, tuple[str, ...]]]:
    """Audit a server; return severity and paths of what is found, of mere information only what the pair is about."""
    order = AuditOrder(Target(url, url=url), CHROMIUM, (APP,), pair.paths, active=True, login=pair.login)
    done = audit(order)
    assert done.untested == ()
    return {one.rule.id: (one.severity, one.paths) for one in done.findings if one.matters or one.rule.id in pair.finds}


def everywhere(pair: Pair, findings: Mapping[str, Severity]) -> dict[str, tuple[Severity, tuple[str, ...]]]:
    """Return findings at all paths of a pair."""
    return {rule: (severity, pair.paths) for rule, severity in findings.items()}


def test_the_weak_version_is_found_out(pair: Pair, served: Served) -> None:
    """It gives the finding that the pair is about, and nothing else but what its configuration means."""
    with served(pair.weak, pair.app, pair.options) as url:
        assert found(pair, url) == everywhere(pair, {**pair.finds, **pair.both})


def test_the_mended_version_is_not_blamed(pair: Pair, served: Served) -> None:
    """The same application under the next version gives what its configuration means, and no more."""
    with served(pair.mended, pair.app, pair.options if pair.anew is None else pair.anew) as url:
        assert found(pair, url) == everywhere(pair, pair.both)
