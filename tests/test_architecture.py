"""The import rules and bans of DESIGN 4 and 2.4, read off the sources; what checks is tested on a bad sample."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("harness", "client_site", "server_site")
DOORS = ("harness.cli", "harness.commands", "harness.pytest_plugin")
BANNED_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "base", "types"})
INTERCEPTION = (
    ".route(",
    ".fulfill(",
    "route_from_har",
    "extra_http_headers",
    "set_extra_http_headers",
    "bypass_csp",
    "disable-web-security",
    "http_credentials",
    "addInterception",
    "setInterceptionEnabled",
)
# What may be said, and why.
TALK = {"harness.doctor": ["disable-web-security"]}  # a sentence that advises against the flag


def sources() -> dict[str, str]:
    """Return the source of every module of ours by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


def imports(source: str, module: str = "", *, package: bool = False) -> set[str]:
    """Return the dotted names that a source imports anywhere in it; of ``from a import b`` both ``a`` and ``a.b``."""
    found = set()
    parent = module if package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                origin = importlib.util.resolve_name("." * node.level + origin, parent)
            found |= {origin, *(f"{origin}.{alias.name}" for alias in node.names)}
    return found


def within(name: str, *packages: str) -> bool:
    """Tell whether a dotted name is one of the packages or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def reachable(module: str, graph: Mapping[str, set[str]]) -> set[str]:
    """Return every module of ours that importing one may load, through whatever others."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        for name in graph[waiting.pop()] & graph.keys():
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def spoken_code(source: str) -> str:
    """Return a source without comments and docstrings; strings that the code uses stay."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def interceptions(source: str) -> list[str]:
    """Return the words of interception that the code of a source speaks."""
    code = spoken_code(source)
    return [word for word in INTERCEPTION if word in code]


SOURCES = sources()
GRAPH = {
    name: imports(source, name, package=(ROOT / Path(*name.split(".")) / "__init__.py").exists())
    for name, source in SOURCES.items()
}


def of(*packages: str) -> list[str]:
    """Return our modules inside these packages."""
    return [name for name in SOURCES if within(name, *packages)]


def test_the_oracle_imports_nothing_of_ours() -> None:
    """The oracle stands alone: each of its modules imports nothing of ours but others of them."""
    ours = {name for module in of("harness.oracle") for name in GRAPH[module] if within(name, *PACKAGES)}
    assert {name for name in ours if not within(name, "harness.oracle")} - {"harness"} == set()


PURE = (
    "verdict",
    "deriving",
    "scenario",
    "plan",
    "observation",
    "prediction",
    "literal",
    "places",
    "foresight",
    "views",
    "wording",
    "vectors",
)


@pytest.mark.parametrize("module", [f"harness.{name}" for name in PURE])
def test_pure_modules(module: str) -> None:
    """The verdict, and what it is made of, reaches neither engines nor reports nor a socket, nor through others."""
    loaded = reachable(module, GRAPH) | {module}
    foreign = {name for one in loaded for name in GRAPH[one]}
    banned = ("harness.engines", "harness.reports", "harness.sites", "harness.runner", "harness.live")
    assert {name for name in foreign if within(name, *banned)} == set()
    assert {name for name in foreign if within(name, "socket", "asyncio", "httpx", "playwright", "flask")} == set()


@pytest.mark.parametrize("module", of("harness.reports"))
def test_reports_know_no_runner(module: str) -> None:
    """A report eats events: it imports no runner, no live page, no ground."""
    banned = ("harness.runner", "harness.live", "harness.ground", "harness.sites")
    assert {name for name in GRAPH[module] if within(name, *banned)} == set()
    assert "harness.runner" not in reachable(module, GRAPH)


def test_playwright_is_imported_by_engines_only() -> None:
    """Nothing but the engines knows the driver."""
    importing = [name for name, names in GRAPH.items() if any(within(each, "playwright") for each in names)]
    assert importing
    assert [name for name in importing if not within(name, "harness.engines")] == []


def test_nothing_imports_the_doors() -> None:
    """The command line and the pytest plugin are the ends of the pipeline: nothing of ours imports them."""
    importing = {name for name, names in GRAPH.items() if any(within(each, *DOORS) for each in names)}
    assert {name for name in importing if not within(name, *DOORS)} == set()


def test_only_the_doors_put_things_together() -> None:
    """Who runs does not report, and who reports does not run, but for the doors."""
    both = {
        name
        for name, names in GRAPH.items()
        if any(within(each, "harness.runner", "harness.live") for each in names)
        and any(within(each, "harness.reports", "server_site") for each in names)
    }
    assert {name for name in both if not within(name, *DOORS)} == set()


def test_the_subject_is_chosen_by_the_doors() -> None:
    """What is measured does not sit in the measurement: only a door imports the API site."""
    importing = {name for name in of("harness") if any(within(each, "server_site") for each in GRAPH[name])}
    assert {name for name in importing if not within(name, *DOORS)} == set()


@pytest.mark.parametrize("module", of("client_site", "server_site"))
def test_sites_know_nothing_of_the_harness(module: str) -> None:
    """Both sites stand without the harness, and without one another; but there is one policy, and hooks enforce it."""
    other = "server_site" if within(module, "client_site") else "client_site"
    foreign = {name for name in GRAPH[module] if within(name, "harness", other)}
    if module == "server_site.hooks.hardened":
        foreign = {name for name in foreign if not within(name, "harness.policy")} - {"harness"}
    assert foreign == set()


def test_the_policy_is_light() -> None:
    """What an application takes in with the hooks: the policy's own modules, the oracle, the errors, and one list."""
    loaded = reachable("harness.policy", GRAPH) | {"harness.policy"}
    own = {"harness.policy", "harness.objections", "harness.grants", "harness.origins", "harness.errors", "harness"}
    assert {name for name in loaded if not within(name, "harness.oracle")} <= own
    foreign = {name.partition(".")[0] for name in (loaded - {"harness"}) for name in GRAPH[name]} - {"harness"}
    assert foreign - sys.stdlib_module_names == {"publicsuffixlist"}


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_names(module: str) -> None:
    """A shared thing gets a noun: no drawer is called what it is not."""
    assert BANNED_NAMES & set(module.split(".")) == set()


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_contracts(module: str) -> None:
    """Every module opens with its contract."""
    contract = ast.get_docstring(ast.parse(SOURCES[module]))
    assert contract, f"{module} has no docstring"
    assert contract[0].isupper() or contract.startswith("corsproof")
    assert len(contract) >= 40


@pytest.mark.parametrize("module", of("harness"))
def test_no_interception(module: str) -> None:
    """Nothing that changes or fakes what is tested is in the code of the harness."""
    assert [word for word in interceptions(SOURCES[module]) if word not in TALK.get(module, [])] == []


def test_no_sleep_for_readiness() -> None:
    """Nothing waits by sleeping: `time.sleep` is in no module and in no test."""
    tests = {str(path): path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("*.py"))}
    mine = Path(__file__).name
    assert [name for name, text in {**SOURCES, **tests}.items() if not name.endswith(mine) and sleeps(text)] == []


def sleeps(source: str) -> bool:
    """Tell whether a source calls `time.sleep`, under whatever name it was imported."""
    return "time.sleep" in imports(source) or "time.sleep(" in spoken_code(source)


# ---- the checks themselves -------------------------------------------------------------------------

BAD = '''"""Says page.route( and bypass_csp in its docstring, which is talk."""
import playwright.sync_api
from harness import runner
from . import secret
from .deeper.still import thing as other

# browser.new_context(http_credentials=...) is a comment

def spoil(page):
    """Fulfils nothing: route.fulfill( is talk too."""
    from harness.reports.console import Summary
    page.route("**", lambda route: route.fulfill(status=200))
    return ["--disable-web-security"]
'''


def test_imports_are_found() -> None:
    """Negative control: imports are found at the top, in functions, relative ones and each imported name."""
    assert imports(BAD, "harness.sample.bad") == {
        "playwright.sync_api",
        "harness",
        "harness.runner",
        "harness.sample",
        "harness.sample.secret",
        "harness.sample.deeper.still",
        "harness.sample.deeper.still.thing",
        "harness.reports.console",
        "harness.reports.console.Summary",
    }
    assert "harness.sample.secret" in imports(BAD, "harness.sample", package=True)


def test_interceptions_are_found() -> None:
    """Negative control: calls and flags are found; docstrings and comments are not taken for code."""
    assert interceptions(BAD) == [".route(", ".fulfill(", "disable-web-security"]


def test_detours_are_found() -> None:
    """Negative control: what is imported through others counts, in circles too."""
    graph = {"a": {"b", "os"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}}
    assert reachable("a", graph) == {"a", "b", "c", "d"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time\ntime.sleep(1)", True),
        ("from time import sleep as nap\nnap(1)", True),
        ("import asyncio\nasyncio.sleep(1)", False),
        ("# time.sleep(1)\n", False),
    ],
)
def test_sleeps_are_found(source: str, found: bool) -> None:
    """Negative control: a sleep is found under any name."""
    assert sleeps(source) is found


def test_a_name_is_no_prefix() -> None:
    """Negative control: a package is not taken for another that begins like it."""
    assert within("harness.reports.json", "harness.reports")
    assert not within("harness.reports_of_old", "harness.reports")


def test_the_sources_are_there() -> None:
    """Negative control: the modules that the rules are about are among those that were read."""
    assert {"harness", "harness.verdict", "harness.runner", "harness.engines.driven"} <= SOURCES.keys()
    assert {"client_site.app", "server_site.api", "harness.catalog.hooks.methods"} <= SOURCES.keys()
    assert "harness.scenario" in GRAPH["harness.verdict"]
