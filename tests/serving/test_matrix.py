"""The matrix: columns, cells, and what went wrong, out of the documents of runs."""

from __future__ import annotations

from typing import Any

from harness.serving.matrix import NAMED, matrix


def result(engine: str, status: str, scenario: str = "get", cause: str = "", family: str = "methods") -> dict[str, Any]:
    """Return a result as documents have it, as far as the matrix looks."""
    differences = [{"where": "wire[0]", "expected": "1", "observed": "2"}] if status == "fail" else []
    common = {"hooks": "none", "family": family, "api": "fetch", "summary": "a summary"}
    return {
        **common,
        "engine": engine,
        "status": status,
        "scenario": scenario,
        "cause": cause,
        "differences": differences,
    }


def document(*results: dict[str, Any], user_agent: str = "") -> dict[str, Any]:
    """Return the document of a run in the engines of these results."""
    names = dict.fromkeys(one["engine"] for one in results)
    engines = [{"name": name, **({"user_agent": user_agent} if user_agent else {})} for name in names]
    return {"engines": engines, "results": list(results)}


def test_a_visitor_is_a_column_beside_the_engines() -> None:
    """Columns in the order of the documents, each with its user agent; a row for each hook set and family."""
    run = document(result("chromium", "pass"), result("firefox", "known"))
    visit = document(result("Safari 18.2 (iPhone)", "fail"), user_agent="Mozilla/5.0 (iPhone)")
    made = matrix([run, visit])
    assert [column["name"] for column in made["columns"]] == ["chromium", "firefox", "Safari 18.2 (iPhone)"]
    assert made["columns"][2]["user_agent"] == "Mozilla/5.0 (iPhone)"
    cells = [{"pass": 1}, {"known": 1}, {"fail": 1}]
    assert made["rows"] == [{"hooks": "none", "family": "methods", "cells": cells}]


def test_trouble_is_told_once_for_each_cause() -> None:
    """A browser that went away is one trouble and not a thousand; a failure says what differs; skips say why."""
    lost = [result("x", "inconclusive", f"case-{number}", "never asked") for number in range(10)]
    made = matrix([document(*lost, result("x", "fail"), result("x", "skipped", cause="no proxy"), result("x", "pass"))])
    gone, failed = made["troubles"]
    assert gone["what"].count("case-") == NAMED
    assert gone["what"].endswith("and 7 more")
    assert gone["why"] == "never asked"
    assert failed["why"] == "wire[0]: expected 1, observed 2"
    assert made["skipped"] == [{"engine": "x", "cause": "no proxy", "count": 1}]
    assert made["untold"] == 0


def test_no_run_is_no_matrix() -> None:
    """Before any run there is nothing to show."""
    assert matrix([]) == {"columns": [], "rows": [], "troubles": [], "untold": 0, "skipped": []}
