"""Provides the browsers that are missing, and touches nothing that is there.

What counts as there: Playwright's own build if it starts (at launch it goes before the system's), else the system's
browser; WebKitGTK's needs Xvfb beside it. What is missing is downloaded by Playwright; where that is refused, root on
Debian or Ubuntu gets the packages. Whatever else goes wrong is a `Provision` with its cause, never an exception. No
browser is launched here (that is `harness.doctor`'s job) and Playwright's driver is not started to look.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from harness.engines import EngineName
from harness.engines.own import own_build

PACKAGES = {
    EngineName.CHROMIUM: ("chromium",),
    EngineName.FIREFOX: ("firefox-esr",),
    EngineName.WEBKIT: ("webkit2gtk-driver", "xvfb"),
}
APT = ("apt-get", "-o", "DPkg::Lock::Timeout=60")
TRIAL_DEADLINE = 15.0  # seconds for a browser to say its version
DOWNLOAD_DEADLINE = 600.0  # seconds for one engine
PACKAGES_DEADLINE = 900.0  # seconds for all of them
KILL_DEADLINE = 5.0  # seconds for a command to end after it was asked to
_PAINT = re.compile(r"\x1b\[[0-9;]*m")


class How(str, Enum):
    """How an engine came to be there, or that it did not."""

    ALREADY = "already there"
    DOWNLOADED = "downloaded by Playwright"
    PACKAGES = "installed from packages"
    FAILED = "failed"

    __str__ = str.__str__


@dataclass(frozen=True)
class Provision:
    """What became of one engine; ``detail`` is the cause of a failure, ``mend`` the one command against it."""

    engine: EngineName
    how: How
    path: str = ""
    detail: str = ""
    mend: str = ""

    def __str__(self) -> str:
        if self.how is How.FAILED:
            return f"{self.engine}: {self.how}: {self.detail}; to mend it: {self.mend}"
        return f"{self.engine}: {self.how}: {self.path}"


@dataclass(frozen=True)
class Ran:
    """A command that was run: its exit code and all that it said."""

    code: int
    output: str = ""


@dataclass(frozen=True)
class Machine:
    """What `install` may know of the machine and do to it.

    ``run`` takes a command and a deadline in seconds and never raises; ``own`` and ``system`` say where Playwright's
    build and the system's browser are.
    """

    run: Callable[[Sequence[str], float], Ran]
    is_root: Callable[[], bool]
    os_release: Callable[[], Mapping[str, str]]
    which: Callable[[str], str | None]
    own: Callable[[EngineName], str | None]
    system: Callable[[EngineName], str | None]


def this_machine() -> Machine:
    """Return the machine we run on."""
    return Machine(_run, _is_root, _os_release, shutil.which, own_build, _system_executable)


def install(
    names: Iterable[EngineName], *, say: Callable[[str], None], machine: Machine | None = None
) -> tuple[Provision, ...]:
    """Provide the engines that are missing; say one line for each, as soon as it is known."""
    machine = machine or this_machine()
    provisions: dict[EngineName, Provision] = {}
    refused: dict[EngineName, str] = {}
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        found = _already(name, machine) or _download(name, machine)
        if isinstance(found, Provision):
            provisions[name] = found
            say(str(found))
        else:
            refused[name] = found
    for provision in _from_packages(refused, machine) if refused else ():
        provisions[provision.engine] = provision
        say(str(provision))
    return tuple(provisions[name] for name in wanted)


def _already(name: EngineName, machine: Machine) -> Provision | None:
    path, _ = _usable(name, machine)
    return Provision(name, How.ALREADY, path) if path else None


def _usable(name: EngineName, machine: Machine) -> tuple[str, str]:
    """Return the path of what a launch would start, or else why there is nothing to start."""
    if own := machine.own(name):
        # Downloaded builds come without the libraries they need; packages bring theirs.
        tried = machine.run((own, "--headless", "--version"), TRIAL_DEADLINE)
        return ("", f"{own} does not start: {_error(tried)}") if tried.code else (own, "")
    system = machine.system(name)
    if system is None:
        return "", "not found"
    if name is EngineName.WEBKIT and machine.which("Xvfb") is None:
        return "", f"{system} needs Xvfb"
    return system, ""


def _download(name: EngineName, machine: Machine) -> Provision | str:
    """Let Playwright download its build; return the reason where that gave nothing usable."""
    if machine.own(name):
        return _usable(name, machine)[1]
    ran = machine.run((sys.executable, "-m", "playwright", "install", name.value), DOWNLOAD_DEADLINE)
    if ran.code:
        return f"download: {_error(ran)}"
    path, trouble = _usable(name, machine)
    if path and path == machine.own(name):
        return Provision(name, How.DOWNLOADED, path)
    return f"download: {trouble or 'nothing came'}"


def _from_packages(refused: Mapping[EngineName, str], machine: Machine) -> Iterable[Provision]:
    """Install the packages of all that is still missing at once, and say of each engine what that gave."""
    trouble = _install_packages([package for name in refused for package in PACKAGES[name]], machine)
    for name, reason in refused.items():
        path, still = _usable(name, machine)
        if path:
            yield Provision(name, How.PACKAGES, path)
        else:
            detail = f"{reason}; packages: {trouble or still}"
            yield Provision(name, How.FAILED, machine.own(name) or "", detail, _mend(name, machine))


def _install_packages(packages: Sequence[str], machine: Machine) -> str:
    """Install packages; return why that was not possible, or nothing."""
    if not _is_debian(machine):
        return "only known for Debian and Ubuntu"
    if not machine.is_root():
        return "only root may install them"
    updated = machine.run((*APT, "update"), PACKAGES_DEADLINE)
    ran = machine.run((*APT, "install", "-y", "--no-install-recommends", *packages), PACKAGES_DEADLINE)
    if not ran.code:
        return ""
    return f"{_error(updated)}; {_error(ran)}" if updated.code else _error(ran)


def _mend(name: EngineName, machine: Machine) -> str:
    """Return the one command that is most likely to provide an engine here."""
    playwright = f"{sys.executable} -m playwright"
    if machine.own(name):
        return f"{playwright} install-deps {name}"
    if _distribution(machine)[:1] == ("debian",):
        sudo = "" if machine.is_root() else "sudo "
        return f"{sudo}apt-get install -y {' '.join(PACKAGES[name])}"
    # Ubuntu's chromium and firefox are snaps.
    return f"{playwright} install {'--with-deps ' if _is_debian(machine) else ''}{name}"


def _is_debian(machine: Machine) -> bool:
    return bool({"debian", "ubuntu"} & set(_distribution(machine)))


def _distribution(machine: Machine) -> tuple[str, ...]:
    """Return what the system calls itself, and then what it says it is like."""
    release = machine.os_release()
    return (release.get("ID", ""), *release.get("ID_LIKE", "").split())


def _error(ran: Ran) -> str:
    """Return the one line that says most: Playwright's first error, else apt's last, else the last line at all."""
    lines = [line.strip() for line in _PAINT.sub("", ran.output).splitlines() if line.strip()]
    errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    complaints = [line.removeprefix("E: ") for line in lines if line.startswith("E: ")]
    return next(iter([*errors[:1], *complaints[-1:], *lines[-1:]]), f"exit code {ran.code}, without a word")


def _run(command: Sequence[str], deadline: float) -> Ran:
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A group of its own: Playwright's downloader is a child of a child, and none may be left behind.
            start_new_session=True,
        )
    except OSError as error:
        return Ran(127, f"{command[0]}: {error.strerror or error}")
    with process:
        try:
            output, _ = process.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            _kill_group(process)
            return Ran(124, f"{command[0]} did not end within {deadline:g} s")
        except BaseException:
            _kill_group(process)
            raise
    return Ran(process.returncode, output.decode(errors="replace"))


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ask a command and all it started to end (apt puts things in order first), and then make it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(KILL_DEADLINE)
        os.killpg(process.pid, signal.SIGKILL)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _os_release() -> Mapping[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _system_executable(name: EngineName) -> str | None:
    module = importlib.import_module(f"harness.engines.{name.value}")
    path: str | None = module.system_executable()
    return path
