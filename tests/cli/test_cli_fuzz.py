"""`fuzz` and `replay` on scripted browsers: what they print, what they leave with, and what they refuse."""

from __future__ import annotations

import json
import os
import signal

import pytest
from deviants import CAUGHT, FOUND_OUT
from fuzzed import NAMES, for_scripted, playing, reasons

from harness import casefile
from harness.catalog import load
from harness.cli import main
from harness.engines import Browser, EngineName, Launch
from harness.engines.scripted import Deviant
from harness.scenario import Scenario

MULTIPLE = "allow-origin-multiple"
CASES = list(for_scripted(1, 200))


@pytest.fixture
def deviant(monkeypatch: pytest.MonkeyPatch) -> list[Deviant | None]:
    """Have scripted browsers start by the name of Chromium, honest unless a deviant is put here."""
    character: list[Deviant | None] = [None]

    def launch(how: Launch) -> Browser:
        return playing(character[0])(EngineName.CHROMIUM, how)

    monkeypatch.setattr("harness.engines.chromium.launch", launch)
    monkeypatch.setattr("harness.fuzzing.generating.scenarios", lambda seed, count: iter(CASES[:count]))
    return character


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Call the command in this process; return its exit code, and what it printed."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out, printed.err


def doubled() -> Scenario:
    """Return a case that a browser that takes the first of doubled fields gets wrong."""
    twice = (case for case in CASES if "allow-origin-twice" in case.summary and len(case.steps) == 1)
    return next(case for case in twice if reasons(case) == {MULTIPLE})


@pytest.mark.usefixtures("deviant")
def test_an_honest_browser_leaves_nothing_unexplained(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, the counts on stdout, progress on stderr, and the command that does the same again."""
    code, out, err = call(capsys, "fuzz", "-n", "30", "--seed", "1", "-b", "chromium")
    assert code == 0, out
    assert out.splitlines()[-1] == "30 cases of seed 1, 0 kinds of disagreement: nothing unexplained"
    assert "corsproof fuzz -n 30 --seed 1" in err
    assert "chromium ready: " in err


@pytest.mark.usefixtures("deviant")
def test_the_document_is_alone_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """With another seed each time, unless one is asked for."""
    seeds = set()
    for _ in range(2):
        code, out, _ = call(capsys, "fuzz", "-n", "3", "-b", "chromium", "--json")
        document = json.loads(out)
        assert (code, document["exit"], document["cases"], document["unexplained"]) == (0, 0, 3, [])
        seeds.add(document["seed"])
    assert len(seeds) == 2


def test_a_deviant_is_told_and_replayed(deviant: list[Deviant | None], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, the smallest case, and a command that shows it: red in the deviant, green in an honest browser."""
    deviant[0] = CAUGHT["takes-the-first-of-doubled"].deviant
    code, out, _ = call(capsys, "fuzz", "-n", "100", "-b", "chromium", "--shrink", "1", "--json")
    assert code == 1
    one = next(one for one in json.loads(out)["unexplained"] if one["shrunk"])
    word = one["replay"].split("'")[1]
    code, out, _ = call(capsys, "replay", word, "-b", "chromium")
    assert code == 1
    assert "FAIL · blame: engine" in out
    assert "  standard   blocked: allow-origin-multiple" in out
    deviant[0] = None
    code, out, _ = call(capsys, "replay", word, "-b", "chromium")
    assert code == 0
    assert "PASS" in out


@pytest.mark.usefixtures("deviant")
def test_replay_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The document of a run, with that case only."""
    code, out, _ = call(capsys, "replay", casefile.to_word(doubled()), "-b", "chromium", "--json")
    document = json.loads(out)
    assert (code, document["exit"]) == (0, 0)
    assert [result["scenario"] for result in document["results"]] == [doubled().id]
    assert document["results"][0]["predicted"]["reason"] == MULTIPLE


@pytest.mark.usefixtures("deviant")
@pytest.mark.parametrize(("suite", "name"), [("hooks", "get"), ("browsers", "allow-origin-exact")])
def test_replay_of_a_scenario(suite: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By its id, under every hook set that it is about, through every interface."""
    code, out, _ = call(capsys, "replay", name, "-b", "chromium", "--json")
    document = json.loads(out)
    assert code == 0, out
    [scenario] = [one for one in load(suite) if one.id == name]
    assert len(document["results"]) == len(scenario.expect) * len(scenario.apis)
    assert {result["scenario"] for result in document["results"]} == {name}


@pytest.mark.usefixtures("deviant")
def test_replay_under_one_hook_set(capsys: pytest.CaptureFixture[str]) -> None:
    """A broken one too, which the scenario does not name; and one that it is not about is refused."""
    code, out, _ = call(capsys, "replay", "get", "-b", "chromium", "--hooks", "broken:trailing-slash", "--json")
    assert code == 1
    assert {result["hooks"] for result in json.loads(out)["results"]} == {"broken:trailing-slash"}
    code, _, err = call(capsys, "replay", "get", "-b", "chromium", "--hooks", "proxy")
    assert (code, "get is not about proxy; it is about published, " in err) == (2, True)


@pytest.mark.usefixtures("deviant")
def test_a_verdict_is_coloured_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """And the words are the same."""
    arguments = ("replay", "allow-origin-exact", "-b", "chromium", "--color")
    _, coloured, _ = call(capsys, *arguments, "always")
    _, plain, _ = call(capsys, *arguments, "never")
    assert "\x1b[32mPASS\x1b[0m" in coloured
    assert "\x1b[" not in plain
    assert "PASS" in plain


def test_a_case_as_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Source that makes the case with all that must follow from it; nothing is run."""
    code, out, _ = call(capsys, "replay", casefile.to_word(doubled()), "--as-row")
    made = eval(out, NAMES)
    assert code == 0
    assert made.steps == doubled().steps
    assert made.expect["literal"].seen[-1].reason == MULTIPLE
    assert ("origin", "{page}") in made.expect["literal"].wire[-1].asks or made.page == "null"


def test_a_browser_that_cannot_be_believed(deviant: list[Deviant | None], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3, and nothing is made smaller."""
    deviant[0] = FOUND_OUT["web-security-off"]
    code, out, err = call(capsys, "fuzz", "-n", "3", "-b", "chromium")
    assert code == 3
    assert out.endswith("no browser that can be believed\n")
    assert "failed its canaries" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fuzz", "-n", "0"], "0 is not in the range"),
        (["fuzz", "--seed", "x"], "'x' is not a valid integer"),
        (["fuzz", "-b", "netscape"], "unknown engine 'netscape'"),
        (["replay"], "Missing argument"),
        (["replay", "case:nonsense"], "this is no case"),
        (["replay", "allow-origin-exakt"], "perhaps allow-origin-exact"),
        (["replay", "zzz"], "there is no scenario 'zzz'"),
        (["replay", "get", "--as-row"], "its row is in the catalogue already"),
    ],
)
def test_a_mistake_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what is valid."""
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_an_interruption_keeps_what_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 130, a whole document, and nothing is made smaller any more."""

    def launch(how: Launch) -> Browser:
        os.kill(os.getpid(), signal.SIGINT)
        return playing()(EngineName.CHROMIUM, how)

    monkeypatch.setattr("harness.engines.chromium.launch", launch)
    code, out, _ = call(capsys, "fuzz", "-n", "3", "-b", "chromium", "--json")
    assert code == json.loads(out)["exit"] == 130
