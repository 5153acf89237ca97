"""`cors.prove`: a policy proven or not, in one call, and what is told of what does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from inner import Project

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / "examples" / "test_policy.py").read_text(encoding="utf-8")


def test_the_example_holds(project: Project) -> None:
    """The file in `examples` passes as it stands."""
    project.tests(EXAMPLE)
    project.run("--cors-browser", "chromium").assert_outcomes(passed=2)


def test_the_example_fails_where_the_app_does_otherwise(project: Project) -> None:
    """Negative control: with one origin forgotten and one method too many, what fails is told, and nothing else is."""
    forgotten = 'install(app, Policy(("https://app.example.com",), methods=("GET", "POST", "DELETE", "PUT"),'
    forgotten += ' request_headers=("Content-Type", "Authorization"), credentials=True,'
    forgotten += ' exposed_headers=("X-Total-Count",), overrides=(Override(endpoint="admin", closed=True),)))'
    assert EXAMPLE.count("install(app, POLICY)") == 1
    project.tests(EXAMPLE.replace("install(app, POLICY)", forgotten))
    result = project.run("--cors-browser", "chromium", "-k", "test_the_policy_holds")
    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "*- corsproof -*",
            "derived-orders-get-from-one-eu-example-com-allowed in chromium: fail",
            "  expected   a page on https://one.eu.example.com may GET /orders",
            "  differs    page?0?.outcome: expected allowed, observed blocked",
            "GET /orders from https://one.eu.example.com in chromium: blocked (actual)",
            "  actual     GET /orders",
            "*origin: https://one.eu.example.com",
            "*-> 200",
            "  browser    Access to fetch at * blocked by CORS policy: *",
            "derived-orders-get-from-two-one-eu-example-com-allowed in chromium: fail",
        ]
    )
    assert sum("in chromium: fail" in line for line in result.outlines) == 2


USES = """
import pytest
from dataclasses import dataclass
from harness.errors import UsageError
from harness.policy import Policy
from harness.proof import Proof

APP = "https://app.example.com"
POLICY = Policy((APP,), methods=("GET", "PUT"))

def test_each_is_told_apart(cors):
    proofs = cors.prove(POLICY, ["/items"])
    assert all(isinstance(proof, Proof) for proof in proofs)
    by_id = {proof.id: proof for proof in proofs}
    assert len(by_id) == len(proofs) > 10
    allowed, stranger = by_id[f"derived-items-get-from-app-example-com-allowed"], by_id[
        "derived-items-get-from-stranger-test-blocked"]
    assert allowed and allowed.passed and allowed.engine == cors.engine
    assert allowed.expected == f"a page on {APP} may GET /items"
    assert "script     read status 200" in allowed.describe() == str(allowed)
    assert not stranger and not stranger.passed
    assert stranger.verdict.blame == "application"
    assert "expected blocked, observed allowed" in stranger.describe()
    assert cors.failures == [proof for proof in proofs if not proof]

def test_methods_of_the_url_map(cors):
    ids = {proof.id for proof in cors.prove(POLICY, ["/items/1"], active=False)}
    assert "derived-items-1-put-from-app-example-com-allowed" not in ids
    active = {proof.id for proof in cors.prove(POLICY, ["/items/1"])}
    assert {"derived-items-1-put-from-app-example-com-allowed",
            "derived-items-1-patch-from-app-example-com-blocked"} <= active

def test_routes_of_ones_own(cors):
    @dataclass(frozen=True)
    class Route:
        path: str
        methods: tuple = ("PUT",)
        endpoint: str | None = None
        template: str | None = None

    (proof,) = [proof for proof in cors.prove(POLICY, [Route("/items/2")]) if "-put-from-app-" in proof.id
                and proof.id.endswith("com-allowed") and "credentials" not in proof.id]
    assert "preflight  OPTIONS /items/2" in proof.describe() and "actual     PUT /items/2" in proof.describe()

def test_nothing_to_prove(cors):
    with pytest.raises(UsageError, match="nothing follows from this policy on these routes; give the paths"):
        cors.prove(POLICY, [])
"""


def test_what_a_proof_says(project: Project) -> None:
    """Each proof has its id, what was expected, what came of it, and both exchanges; no question is no proof."""
    project.app("published")
    project.tests(USES)
    project.run("--cors-browser", "chromium").assert_outcomes(passed=4)


TROUBLE = """
from flask import Flask
from harness.policy import Policy
import pytest

@pytest.fixture
def cors_app():
    app = Flask(__name__)
    app.testing = True  # lets exceptions through
    app.add_url_rule("/raises", view_func=lambda: 1 / 0)
    return app

def test_it(cors):
    proofs = cors.prove(Policy(("https://app.example.com",)), ["/raises"])
    (proof,) = [proof for proof in proofs if proof.id == "derived-raises-get-from-app-example-com-allowed"]
    assert not proof
    assert "the application failed in the actual request: ZeroDivisionError" in proof.describe()
"""


def test_an_application_that_fails_proves_nothing(project: Project) -> None:
    """Negative control: an error of the application is no proof, and its cause is told."""
    project.tests(TROUBLE)
    project.run("--cors-browser", "chromium").assert_outcomes(passed=1)
