"""Workers, and the order of the tests: what takes long begins first, so that no worker ends long after the other."""

from __future__ import annotations

import os

import pytest

LONGEST = ("conformance", "versions", "audit", "plugin")  # folders whose tests with browsers take minutes


def pytest_xdist_auto_num_workers() -> int:
    """Take a worker more than there are processors: tests wait for browsers now and then."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort files with tests in browsers before others; workers take a file after the other (`--dist=loadfile`)."""

    def place(item: pytest.Item) -> int:
        if item.get_closest_marker("browser") is None:
            return len(LONGEST) + 1
        folder = item.path.parent.name
        return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)

    items.sort(key=place)
