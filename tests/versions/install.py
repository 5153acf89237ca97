"""Installs what `versions.toml` names, each into a folder of its own below the one that is given, several at a time.

Run by the session `tests` of the noxfile, with the Python that will serve them. What is there already is kept.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

VERSIONS = tomllib.loads(Path(__file__).with_name("versions.toml").read_text())["requirements"]
DEADLINE = 300.0  # seconds for one


def install(folder: Path, requirements: list[str]) -> str:
    """Install into a folder; return what went wrong."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
    done = subprocess.run(
        [*command, "--target", str(folder), *requirements], capture_output=True, text=True, timeout=DEADLINE
    )
    return done.stderr if done.returncode else ""


def main(root: Path) -> str:
    """Install all; return what went wrong."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = pool.map(lambda name: (name, install(root / name, VERSIONS[name])), VERSIONS)
        return "\n".join(f"{name}: {fault}" for name, fault in faults if fault)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) or 0)
