"""`harness.install` on machines made of tables, and its ways out to the real one. No browser is needed.

A fake machine behaves like the real one at the rim (what commands say was copied from there); nothing is patched.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import install
from harness.engines import EngineName, own
from harness.install import How, Machine, Provision, Ran

CHROMIUM, FIREFOX, WEBKIT = EngineName
REFUSED = Ran(
    1,
    "Downloading WebKit 27.2 (playwright webkit v2370)\x1b[2m from https://cdn.example/webkit.zip\x1b[22m\n"
    "Error: getaddrinfo ENOTFOUND cdn.example\n    at GetAddrInfoReqWrap.onlookupall\n  errno: -3008,\n}\n"
    "Failed to install browsers\nError: Failed to download WebKit 27.2 (playwright webkit v2370), caused by\n",
)
NO_LIBRARY = Ran(127, "/own/x: error while loading shared libraries: libnss3.so: cannot open shared object file\n")
NO_PACKAGE = Ran(100, "Reading package lists...\nE: Unable to locate package chromium\n")
NO_NETWORK = Ran(100, "Err:1 http://deb.example bookworm InRelease\nE: Some index files failed to download.\n")
DEBIAN = {"ID": "debian"}
UBUNTU = {"ID": "ubuntu", "ID_LIKE": "debian"}
MINT = {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}
FEDORA = {"ID": "fedora"}


@dataclass
class Fake:
    """A machine that is not there: what it has, what its commands give, and what was asked of it."""

    own: set[EngineName] = field(default_factory=set)
    system: set[EngineName] = field(default_factory=set)
    xvfb: bool = True
    root: bool = True
    release: dict[str, str] = field(default_factory=lambda: DEBIAN)
    download: Ran = REFUSED
    starts: Ran = field(default_factory=lambda: Ran(0, "Browser 1.0"))
    starts_after_packages: Ran | None = None
    update: Ran = field(default_factory=lambda: Ran(0))
    packages: Ran = field(default_factory=lambda: Ran(0))
    ran: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str], deadline: float) -> Ran:
        """Do what the real command would."""
        assert deadline > 0
        match command:
            case (python, "-m", "playwright", "install", name):
                assert python == sys.executable
                self.ran.append(f"download {name}")
                if not self.download.code:
                    self.own.add(EngineName(name))
                return self.download
            case ("apt-get", *_, "update"):
                self.ran.append("update")
                return self.update
            case ("apt-get", "-o", _, "install", "-y", "--no-install-recommends", *packages):
                self.ran.append(f"packages {' '.join(packages)}")
                if not self.packages.code:
                    self.unpack(packages)
                return self.packages
            case (path, "--headless", "--version"):
                self.ran.append(f"try {path}")
                return self.starts
            case _:
                raise AssertionError(f"nobody runs {command}")

    def unpack(self, packages: Sequence[str]) -> None:
        """Have what the packages bring."""
        self.system |= {name for name in EngineName if set(install.PACKAGES[name]) <= set(packages)}
        self.xvfb = self.xvfb or "xvfb" in packages
        self.starts = self.starts_after_packages or self.starts

    def machine(self) -> Machine:
        """Return this machine as `install` knows machines."""
        return Machine(
            run=self.run,
            is_root=lambda: self.root,
            os_release=lambda: self.release,
            which=lambda name: "/bin/Xvfb" if name == "Xvfb" and self.xvfb else None,
            own=lambda name: f"/own/{name}" if name in self.own else None,
            system=lambda name: f"/system/{name}" if name in self.system else None,
        )


def provide(fake: Fake, *names: EngineName) -> tuple[Provision, ...]:
    """Install on a fake machine; what is said must be what is returned."""
    said: list[str] = []
    provisions = install.install(names, say=said.append, machine=fake.machine())
    assert sorted(said) == sorted(map(str, provisions))
    return provisions


@pytest.mark.parametrize(
    ("fake", "name", "how", "path", "ran"),
    [
        pytest.param(Fake(system={CHROMIUM}), CHROMIUM, How.ALREADY, "/system/chromium", [], id="system"),
        pytest.param(
            Fake(own={FIREFOX}, system={FIREFOX}),
            FIREFOX,
            How.ALREADY,
            "/own/firefox",
            ["try /own/firefox"],
            id="own-goes-before-system",
        ),
        pytest.param(Fake(system={WEBKIT}), WEBKIT, How.ALREADY, "/system/webkit", [], id="gtk-with-xvfb"),
        pytest.param(
            Fake(own={WEBKIT}, xvfb=False),
            WEBKIT,
            How.ALREADY,
            "/own/webkit",
            ["try /own/webkit"],
            id="own-needs-no-xvfb",
        ),
        pytest.param(
            Fake(download=Ran(0)),
            CHROMIUM,
            How.DOWNLOADED,
            "/own/chromium",
            ["download chromium", "try /own/chromium"],
            id="downloaded",
        ),
        pytest.param(
            Fake(),
            FIREFOX,
            How.PACKAGES,
            "/system/firefox",
            ["download firefox", "update", "packages firefox-esr"],
            id="download-refused",
        ),
        pytest.param(
            Fake(system={WEBKIT}, xvfb=False),
            WEBKIT,
            How.PACKAGES,
            "/system/webkit",
            ["download webkit", "update", "packages webkit2gtk-driver xvfb"],
            id="gtk-without-xvfb",
        ),
        pytest.param(
            Fake(update=NO_NETWORK),
            CHROMIUM,
            How.PACKAGES,
            "/system/chromium",
            ["download chromium", "update", "packages chromium"],
            id="stale-index-is-enough",
        ),
        pytest.param(
            Fake(release=MINT),
            CHROMIUM,
            How.PACKAGES,
            "/system/chromium",
            ["download chromium", "update", "packages chromium"],
            id="like-debian",
        ),
        pytest.param(
            Fake(own={CHROMIUM}, starts=NO_LIBRARY, starts_after_packages=Ran(0)),
            CHROMIUM,
            How.PACKAGES,
            "/own/chromium",
            ["try /own/chromium", "try /own/chromium", "update", "packages chromium", "try /own/chromium"],
            id="packages-bring-the-library",
        ),
    ],
)
def test_provided(fake: Fake, name: EngineName, how: How, path: str, ran: list[str]) -> None:
    """An engine comes from the nearest place that has it, and no further one is asked."""
    assert provide(fake, name) == (Provision(name, how, path),)
    assert fake.ran == ran


@pytest.mark.parametrize(
    ("fake", "name", "detail", "mend"),
    [
        pytest.param(
            Fake(root=False),
            CHROMIUM,
            "download: getaddrinfo ENOTFOUND cdn.example; packages: only root may install them",
            "sudo apt-get install -y chromium",
            id="not-root",
        ),
        pytest.param(
            Fake(root=False, system={WEBKIT}, xvfb=False),
            WEBKIT,
            "download: getaddrinfo ENOTFOUND cdn.example; packages: only root may install them",
            "sudo apt-get install -y webkit2gtk-driver xvfb",
            id="gtk-without-xvfb-not-root",
        ),
        pytest.param(
            Fake(release=FEDORA),
            FIREFOX,
            "download: getaddrinfo ENOTFOUND cdn.example; packages: only known for Debian and Ubuntu",
            f"{sys.executable} -m playwright install firefox",
            id="other-distribution",
        ),
        pytest.param(
            Fake(release={}, download=Ran(124, "python did not end within 600 s")),
            FIREFOX,
            "download: python did not end within 600 s; packages: only known for Debian and Ubuntu",
            f"{sys.executable} -m playwright install firefox",
            id="no-os-release-and-a-download-that-hangs",
        ),
        pytest.param(
            Fake(release=UBUNTU, packages=NO_PACKAGE),
            CHROMIUM,
            "download: getaddrinfo ENOTFOUND cdn.example; packages: Unable to locate package chromium",
            f"{sys.executable} -m playwright install --with-deps chromium",
            id="ubuntu-has-no-such-package",
        ),
        pytest.param(
            Fake(update=NO_NETWORK, packages=NO_PACKAGE),
            CHROMIUM,
            "download: getaddrinfo ENOTFOUND cdn.example; "
            "packages: Some index files failed to download.; Unable to locate package chromium",
            "apt-get install -y chromium",
            id="no-network-at-all",
        ),
        pytest.param(
            Fake(update=Ran(127, "apt-get: No such file or directory"), packages=Ran(127, "apt-get: No such file")),
            FIREFOX,
            "download: getaddrinfo ENOTFOUND cdn.example; "
            "packages: apt-get: No such file or directory; apt-get: No such file",
            "apt-get install -y firefox-esr",
            id="no-apt",
        ),
        pytest.param(
            Fake(download=Ran(0), starts=NO_LIBRARY, root=False),
            CHROMIUM,
            "download: /own/chromium does not start: /own/x: error while loading shared libraries: libnss3.so: "
            "cannot open shared object file; packages: only root may install them",
            f"{sys.executable} -m playwright install-deps chromium",
            id="download-lacks-a-library",
        ),
        pytest.param(
            Fake(download=Ran(0), starts=NO_LIBRARY),
            WEBKIT,
            "download: /own/webkit does not start: /own/x: error while loading shared libraries: libnss3.so: "
            "cannot open shared object file; packages: /own/webkit does not start: /own/x: error while loading shared "
            "libraries: libnss3.so: cannot open shared object file",
            f"{sys.executable} -m playwright install-deps webkit",
            id="packages-do-not-bring-the-library",
        ),
        pytest.param(
            Fake(download=Ran(1), root=False),
            CHROMIUM,
            "download: exit code 1, without a word; packages: only root may install them",
            "sudo apt-get install -y chromium",
            id="silent-refusal",
        ),
    ],
)
def test_failed(fake: Fake, name: EngineName, detail: str, mend: str) -> None:
    """Where nothing helps, the causes of both ways are told, and one command that mends it."""
    (provision,) = provide(fake, name)
    assert (provision.how, provision.detail, provision.mend) == (How.FAILED, detail, mend)


def test_packages_of_all_engines_come_in_one_call() -> None:
    """However many engines are missing, the index is fetched once and apt runs once."""
    fake = Fake(system={FIREFOX})
    assert [provision.how for provision in provide(fake, *EngineName)] == [How.PACKAGES, How.ALREADY, How.PACKAGES]
    assert fake.ran[-2:] == ["update", "packages chromium webkit2gtk-driver xvfb"]


def test_second_call_runs_nothing() -> None:
    """What the first call provided the second one finds."""
    fake = Fake()
    provide(fake, *EngineName)
    fake.ran.clear()
    assert {provision.how for provision in provide(fake, *EngineName)} == {How.ALREADY}
    assert fake.ran == []


def test_an_engine_asked_for_twice_is_provided_once() -> None:
    """Doubled names do not double the work."""
    fake = Fake(download=Ran(0))
    assert len(provide(fake, CHROMIUM, CHROMIUM)) == 1
    assert fake.ran.count("download chromium") == 1


def test_lines() -> None:
    """A line says how and where, or why not and what to do."""
    assert str(Provision(CHROMIUM, How.ALREADY, "/bin/chromium")) == "chromium: already there: /bin/chromium"
    failed = Provision(CHROMIUM, How.FAILED, detail="not root", mend="sudo apt-get install -y chromium")
    assert str(failed) == "chromium: failed: not root; to mend it: sudo apt-get install -y chromium"


@pytest.mark.parametrize(
    ("command", "ran"),
    [
        pytest.param(("sh", "-c", "echo out; echo err >&2; exit 3"), Ran(3, "out\nerr\n"), id="both-streams"),
        pytest.param(("sh", "-c", "echo $DEBIAN_FRONTEND"), Ran(0, "noninteractive\n"), id="never-asks"),
        pytest.param(("sh", "-c", "read line || echo nobody"), Ran(0, "nobody\n"), id="no-input"),
        pytest.param(
            ("/nonexistent/apt-get",), Ran(127, "/nonexistent/apt-get: No such file or directory"), id="missing"
        ),
    ],
)
def test_commands_are_really_run(command: Sequence[str], ran: Ran) -> None:
    """A command's words and exit code come back, and a command that is missing is no exception."""
    assert install.this_machine().run(command, 10.0) == ran


def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """A missed deadline leaves neither the command nor its child behind."""
    note = tmp_path / "pid"
    begun = time.monotonic()
    ran = install.this_machine().run(("sh", "-c", f"sleep 60 & echo $! >{note}; wait"), 0.3)
    assert ran == Ran(124, "sh did not end within 0.3 s")
    assert time.monotonic() - begun < 5
    end = time.monotonic() + 5  # a process that was killed ends when the kernel comes to it
    while is_running(int(note.read_text())) and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert not is_running(int(note.read_text()))


def is_running(pid: int) -> bool:
    """Tell whether a process runs; one that is dead and not yet reaped by init does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_this_machine_can_be_asked() -> None:
    """The real functions answer in the types that the fake ones do."""
    machine = install.this_machine()
    assert machine.is_root() is (os.geteuid() == 0)
    assert all(isinstance(value, str) for value in machine.os_release().values())
    assert all(isinstance(machine.system(name), str | None) for name in EngineName)


@pytest.fixture
def builds(tmp_path: Path) -> dict[str, Path]:
    """Return the folders that the installed Playwright would unpack its builds to, all of them still missing."""
    package = own._package()
    assert package is not None
    wanted = json.loads((package / "browsers.json").read_text())["browsers"]
    return {one["name"]: tmp_path / f"{one['name'].replace('-', '_')}-{one['revision']}" for one in wanted}


def unpack(build: Path, executable: str) -> None:
    """Make a build as `playwright install` leaves it."""
    build.mkdir()
    (build / own.MARKER).touch()
    (build / executable).parent.mkdir(exist_ok=True)
    (build / executable).touch()


@pytest.mark.parametrize(
    ("name", "executable"),
    [(CHROMIUM, "chrome-linux64/chrome"), (FIREFOX, "firefox/firefox"), (WEBKIT, "pw_run.sh")],
    ids=str,
)
def test_own_build_is_found(name: EngineName, executable: str, builds: dict[str, Path], tmp_path: Path) -> None:
    """A build counts once it is unpacked whole, and is the executable that Playwright would start."""
    place = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    assert own.own_build(name, place) is None
    unpack(builds["chromium-headless-shell"], "chrome-headless-shell-linux64/chrome-headless-shell")
    unpack(builds[name.value], executable)
    assert own.own_build(name, place) == str(builds[name.value] / executable)
    (builds[name.value] / own.MARKER).unlink()
    assert own.own_build(name, place) is None


def test_chromium_without_its_headless_shell_is_not_there(builds: dict[str, Path], tmp_path: Path) -> None:
    """Playwright launches the shell unless headed, so half a Chromium is none."""
    unpack(builds["chromium"], "chrome-linux64/chrome")
    assert own.own_build(CHROMIUM, {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"PLAYWRIGHT_BROWSERS_PATH": "0"}, "/package/.local-browsers", id="beside-the-package"),
        pytest.param({"PLAYWRIGHT_BROWSERS_PATH": "/browsers"}, "/browsers", id="named"),
        pytest.param({"PLAYWRIGHT_BROWSERS_PATH": "b", "INIT_CWD": "/start"}, "/start/b", id="relative"),
        pytest.param({"XDG_CACHE_HOME": "/cache"}, "/cache/ms-playwright", id="xdg"),
        pytest.param({"HOME": "/home/me"}, "/home/me/.cache/ms-playwright", id="home"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep caches elsewhere")
def test_where_builds_are(environ: dict[str, str], expected: str) -> None:
    """Builds are looked for where Playwright looks."""
    assert own._cache(Path("/package"), environ) == Path(expected)


def test_own_build_is_where_playwright_says(tmp_path: Path) -> None:
    """Playwright's dry run names the folder that we look in."""
    command = (sys.executable, "-m", "playwright", "install", "--dry-run", "firefox")
    ran = install.this_machine().run(("env", f"PLAYWRIGHT_BROWSERS_PATH={tmp_path}", *command), 30.0)
    package = own._package()
    assert package is not None
    assert any(f"{tmp_path}/firefox-{revision}" in ran.output for revision in own._revisions(package, "firefox"))
