"""`report`, `diff`, `--report`, `--baseline` and GitHub's step summary, as a user meets them; browsers are scripted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_documents import FAILED, a_fuzz, a_run, an_audit, run_document
from made_events import finished, whole_run

from harness.cli import main
from harness.engines import Browser, EngineName, Launch
from harness.engines.scripted import ScriptedBrowser

Json = dict[str, Any]
CHOSEN = ("hooks", "-b", "chromium", "-k", "put-json-several*")
BROKEN = (*CHOSEN, "--hooks", "broken:trailing-slash")
SOUND = (*CHOSEN, "--hooks", "published")
FILES = {
    "corsproof.json",
    "corsproof.ndjson",
    "corsproof.junit.xml",
    "corsproof.sarif",
    "corsproof.md",
    "corsproof.txt",
}
SHOP = """
from flask import Flask, request
app = Flask(__name__)

@app.get("/me")
def me():
    return "alice"

@app.after_request
def cors(response):
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    response.headers["Access-Control-Allow-Credentials"] = "true"
    return response
"""


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have a scripted browser start by the name of Chromium, in a folder of the test's own, and nowhere on GitHub."""

    def launch(how: Launch) -> Browser:
        return ScriptedBrowser(EngineName.CHROMIUM, how)

    monkeypatch.setattr("harness.engines.chromium.launch", launch)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


def call(*arguments: str) -> int:
    """Call the command in this process and return its exit code."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def written(name: str, document: Json) -> str:
    """Write a document into the folder of the test; return its name."""
    Path(name).write_text(json.dumps(document), encoding="utf-8")
    return name


def document(folder: str) -> Json:
    """Read the document that a command has written."""
    value: Json = json.loads(Path(folder, "corsproof.json").read_text(encoding="utf-8"))
    return value


@pytest.mark.parametrize("command", ["run", "audit", "fuzz"])
def test_each_command_writes_every_format(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON always, the others as asked; it is the same that --json prints."""
    Path("shop.py").write_text(SHOP, encoding="utf-8")
    given = {"run": SOUND, "audit": ("shop.py", "-b", "chromium"), "fuzz": ("-n", "1", "--seed", "6", "-b", "chromium")}
    code = call(command, *given[command], "--report", "ndjson,junit,sarif,md,text", "--report-dir", "out", "--json")
    assert {path.name for path in Path("out").iterdir()} == FILES
    assert document("out") == json.loads(capsys.readouterr().out)
    assert (document("out")["kind"], document("out")["exit"]) == (command, code)


def test_shards_merged_equal_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Run in two parts and put together, the failures and the totals are those of one run."""
    for folder, shard in {"whole": (), "a": ("--shard", "1/2"), "b": ("--shard", "2/2")}.items():
        assert call("run", *BROKEN, *shard, "--report", "json", "--report-dir", folder) == 1
    capsys.readouterr()
    assert call("report", "merge", "a/corsproof.json", "b/corsproof.json", "-o", "one.json") == 1
    assert capsys.readouterr().out == ""
    whole, one = document("whole"), json.loads(Path("one.json").read_text(encoding="utf-8"))
    assert one["totals"] == whole["totals"]
    keys = [{(row["scenario"], row["api"], row["status"]) for row in each["results"]} for each in (one, whole)]
    assert keys[0] == keys[1]
    assert call("diff", "whole/corsproof.json", "one.json") == 0
    assert capsys.readouterr().out == "nothing changed\n"


def test_a_part_alone_is_not_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is said, and the exit code says that not everything was tested."""
    assert call("run", *SOUND, "--shard", "1/2", "--report", "json", "--report-dir", "a") == 0
    capsys.readouterr()
    assert call("report", "merge", "a/corsproof.json", "--report", "md", "--report-dir", "m") == 4
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "corsproof: shard 2/2 is missing\n")
    assert {path.name for path in Path("m").iterdir()} == {"corsproof.json", "corsproof.md"}


def test_a_baseline_lets_only_what_is_new_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """1 without it, 0 with it, 1 again where more fails than it has."""
    assert call("run", *BROKEN, "--report", "json", "--report-dir", "old") == 1
    assert call("run", *BROKEN, "--baseline", "old/corsproof.json") == 0
    assert capsys.readouterr().out.endswith(
        "in the baseline: 2 of 2; new: 0; nothing new: all of it is in the baseline\n"
    )
    less = document("old")
    less["results"] = [row for row in less["results"] if row["api"] == "fetch"]
    assert call("run", *BROKEN, "--baseline", written("less.json", less)) == 1
    assert "in the baseline: 1 of 2; new: 1" in capsys.readouterr().out


def test_a_baseline_of_findings(capsys: pytest.CaptureFixture[str]) -> None:
    """The same for an audit, whose findings say that they are known."""
    Path("shop.py").write_text(SHOP, encoding="utf-8")
    audit = ("audit", "shop.py", "-b", "chromium")
    assert call(*audit, "--report", "sarif", "--report-dir", "old") == 1
    capsys.readouterr()
    assert call(*audit, "--baseline", "old/corsproof.json", "--report", "sarif", "--report-dir", "new") == 0
    assert "HIGH S01 any-origin-with-credentials (in the baseline) /me: " in capsys.readouterr().out
    sarif = json.loads(Path("new/corsproof.sarif").read_text(encoding="utf-8"))
    [result] = [result for result in sarif["runs"][0]["results"] if result["ruleId"] == "S01"]
    assert result["baselineState"] == "unchanged"
    physical = result["locations"][0]["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]) == ("shop.py", {"startLine": 5})


def test_show_prints_any_format(capsys: pytest.CaptureFixture[str]) -> None:
    """Text unless another one is named."""
    name = written("a.json", a_run())
    begins = {
        "text": "FAIL put",
        "md": "## ",
        "junit": "<?xml",
        "sarif": "{",
        "ndjson": '{"type": "document"',
        "json": "{",
    }
    for form, begin in begins.items():
        assert call("report", "show", name, "--format", form) == 0
        assert capsys.readouterr().out.startswith(begin)
    assert call("report", "show", written("b.json", an_audit())) == 0
    assert capsys.readouterr().out.startswith("HIGH S01 ")


def test_diff_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """What is new makes it 1, in both forms."""
    old = written("old.json", run_document(*whole_run(finished("put"))))
    new = written("new.json", run_document(*whole_run(finished("put", verdict=FAILED))))
    assert call("diff", old, new, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["engine"]) for row in told["new"]] == [("put · published · fetch · chromium", "chromium")]
    assert call("diff", new, old) == 0
    assert capsys.readouterr().out.startswith("Fixed\n    put · published · fetch · chromium: fail")


REFUSED = {
    "a missing file": (("report", "show", "none.json"), "none.json cannot be read: No such file"),
    "no JSON": (("report", "show", "shop.py"), "shop.py is no JSON"),
    "none of ours": (("diff", "other.json", "run.json"), "other.json is no document of corsproof"),
    "of later": (("report", "merge", "later.json"), "later.json is of a later version"),
    "another format": (("report", "show", "run.json", "--format", "pdf"), "valid formats: json, html"),
    "twice": (("report", "merge", "run.json", "run.json"), "a case was run twice"),
    "kinds": (("diff", "run.json", "fuzz.json"), "cannot be compared"),
    "nowhere to write": (("report", "merge", "run.json", "-o", "none/x.json"), "none/x.json cannot be written"),
    "a folder in the way": (("run", "--report", "md", "--report-dir", "shop.py/x"), "no reports can be written to"),
    "no report at all": (("fuzz", "--report", "pdf"), "unknown report 'pdf'"),
    "a missing baseline": (("run", "--baseline", "none.json"), "none.json cannot be read"),
    "a baseline of another": (
        ("run", "--baseline", "fuzz.json"),
        "the baseline fuzz.json is a document of corsproof fuzz",
    ),
    "an audit's baseline": (("audit", "shop.py", "--baseline", "run.json"), "is a document of corsproof run"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, nothing on stdout, no browser, and what is wrong with what."""
    Path("shop.py").write_text(SHOP, encoding="utf-8")
    for name, value in {
        "run": a_run(),
        "fuzz": a_fuzz(),
        "other": {},
        "later": a_run() | {"schema_version": 2},
    }.items():
        written(f"{name}.json", value)
    assert call(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert "ready" not in printed.err


# ---- GitHub -----------------------------------------------------------------------------------------


def test_the_step_summary_is_appended_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is there stays; annotations are printed on GitHub only, and never beside JSON."""
    Path("summary.md").write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert call("run", *BROKEN) == 1
    assert Path("summary.md").read_text(encoding="utf-8").startswith("before\n## ❌ corsproof run: ")
    assert "::error" not in capsys.readouterr().out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert call("run", *BROKEN) == 1
    annotated = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    assert len(annotated) == 1
    assert annotated[0].startswith(
        "::error title=fail%3A put-json-several-headers · broken%3Atrailing-slash · chromium"
    )
    assert call("run", *BROKEN, "--json") == 1
    assert json.loads(capsys.readouterr().out)["exit"] == 1
    assert Path("summary.md").read_text(encoding="utf-8").count("## ❌ corsproof run: ") == 3


def test_a_summary_that_cannot_be_written_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And changes nothing of what was measured."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "none/summary.md")
    assert call("run", *SOUND) == 0
    assert "GITHUB_STEP_SUMMARY cannot be written: none/summary.md: No such file" in capsys.readouterr().err


def test_reports_may_be_set_in_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    """For an audit as for a run."""
    Path("shop.py").write_text(SHOP, encoding="utf-8")
    Path("corsproof.toml").write_text('report = ["md"]\nreport-dir = "mine"\nbrowser = "chromium"\n', encoding="utf-8")
    assert call("audit", "shop.py") == 1
    assert {path.name for path in Path("mine").iterdir()} == {"corsproof.json", "corsproof.md"}
    capsys.readouterr()
