"""Sessions: `run` and `tests` are what `./dev` calls; `compat`, `lint` and `types` complete the picture."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True

PYPROJECT = nox.project.load_toml("pyproject.toml")
ENGINES = ("chromium", "firefox", "webkit")
FLASKS = {"oldest": ("flask==2.3.*", "werkzeug==2.3.*"), "newest": ("flask",)}


def _group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PYPROJECT, name)


@nox.session
def run(session: nox.Session) -> None:
    """Do the main job: every hook set in all three engines."""
    session.install("-e", ".")
    session.run("corsproof", "install", *ENGINES)
    session.run("corsproof", "run", *(session.posargs or ("hooks", "--browser", "all")))


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, browserless and in browsers."""
    session.install("-e", ".", *_group("test"))
    _run_tests(session)


@nox.session
def everything(session: nox.Session) -> None:
    """Run every test, those too that take long and show what others show: more versions, frameworks and engines."""
    session.install("-e", ".", *_group("test"))
    _run_tests(session, CORSPROOF_EVERYTHING="1")


def _run_tests(session: nox.Session, **env: str) -> None:
    place = Path(session.virtualenv.location).resolve()
    session.run_install("python", "tests/versions/install.py", str(place / "versions"))
    session.run("corsproof", "install", *ENGINES)
    env["CORSPROOF_VERSIONS"] = str(place / "versions")
    # Hundreds of processes import the same modules: they are compiled once, also where that is switched off.
    env |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(place / "bytecode")}
    session.run("pytest", "-n", "auto", *session.posargs, env=env)


@nox.session
@nox.parametrize("flask", list(FLASKS))
@nox.parametrize("engine", ENGINES)
def compat(session: nox.Session, engine: str, flask: str) -> None:
    """Run the suite per engine under the oldest and the newest supported Flask."""
    session.install("-e", ".")
    session.install("--upgrade", *FLASKS[flask])
    session.run("corsproof", "install", engine)
    session.run("corsproof", "run", "hooks", "--browser", engine)


@nox.session
def middlewares(session: nox.Session) -> None:
    """Hold CORS libraries to one policy in all three engines, and write docs/middlewares.md."""
    session.install("-e", ".", *_group("frameworks"))
    session.run("corsproof", "install", *ENGINES)
    session.run("python", "-m", "compatibility.middlewares")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure checks a second: undriven browsers, the naive way, corsproof; writes docs/benchmarks.md."""
    session.install("-e", ".")
    session.run("python", "-m", "benchmarks.throughput", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install(*_group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy strict."""
    session.install("-e", ".", *_group("types"))
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Write the pages that the code itself tells."""
    session.install("-e", ".")
    page = "from harness.audit.rules import NOT_COVERED, RULES; from harness.explain import rules_page"
    write = (
        "from pathlib import Path; Path('docs/rules.md').write_text(rules_page(RULES, NOT_COVERED), encoding='utf-8')"
    )
    session.run("python", "-c", f"{page}; {write}")


@nox.session
def screenshots(session: nox.Session) -> None:
    """Take the pictures in docs/images."""
    session.install("-e", ".")
    session.run("corsproof", "install", *ENGINES)
    session.run("python", "docs/screenshots.py", *session.posargs)


@nox.session
def report_bench(session: nox.Session) -> None:
    """Say how large the HTML report of 20,000 results is, and how fast it opens."""
    session.install("-e", ".")
    session.run("corsproof", "install", "chromium")
    session.run("python", "-m", "benchmarks.report")
