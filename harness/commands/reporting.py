"""What a command does with its document: reports in files, JSON on stdout, what GitHub Actions shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

Json = dict[str, Any]


@dataclass(frozen=True)
class Reporting:
    """What is wanted of a command, checked before it measures anything.

    ``baseline`` is a document of before: only what it has not makes a command fail.
    """

    formats: tuple[str, ...]
    folder: Path
    as_json: bool
    baseline: Json | None = None

    @classmethod
    def of(
        cls, reports: str | None, folder: Path, *, as_json: bool, baseline: Path | None = None, kind: str = "run"
    ) -> Reporting:
        """Check the options; raise `UsageError` for an unknown format, a folder or a baseline that cannot be used."""
        from harness.errors import UsageError
        from harness.reports import formats

        names = formats.named(reports)
        held = None
        if baseline is not None:
            from harness.reports.reading import read

            held = read(baseline)
            if held["kind"] != kind:
                hint = f"give a document of corsproof {kind}"
                raise UsageError(f"the baseline {baseline} is a document of corsproof {held['kind']}", hint=hint)
        if names:
            formats.prepare(folder)
        return cls(names, folder, as_json, held)

    @property
    def wants_document(self) -> bool:
        """Whether anybody reads the document; collecting it takes time, and room for all its results."""
        on_github = os.environ.get("GITHUB_STEP_SUMMARY") or os.environ.get("GITHUB_ACTIONS") == "true"
        return bool(self.as_json or self.formats or self.baseline is not None or on_github)

    def held(self, document: Json) -> Json:
        """Return a document with what the baseline has of it marked."""
        if self.baseline is None:
            return document
        from harness.reports.comparing import held

        return held(document, self.baseline)

    def deliver(self, document: Json, tell: Callable[[], None] = lambda: None) -> int:
        """Print and write a document; ``tell`` prints it for people. Return its exit code."""
        from harness.reports import formats
        from harness.reports.document import as_text

        if self.as_json:
            click.echo(as_text(document))
        else:
            tell()
        try:
            if self.formats:
                formats.write(document, self.formats, self.folder)
        finally:
            _tell_github(document, silent=self.as_json)
        return int(document["exit"])


def _tell_github(document: Json, *, silent: bool) -> None:
    """Append to the summary of a step of GitHub Actions, and annotate, where the environment asks for it."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append_summary(document, Path(path))
    if os.environ.get("GITHUB_ACTIONS") == "true" and not silent:
        from harness.reports.github import commands

        for line in commands(document):
            click.echo(line)


def _append_summary(document: Json, path: Path) -> None:
    from harness.reports import github, markdown

    try:
        room = github.SUMMARY_LIMIT - (path.stat().st_size if path.exists() else 0)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(github.summary(markdown.render(document), room))
    except OSError as error:
        click.echo(f"corsproof: GITHUB_STEP_SUMMARY cannot be written: {path}: {error.strerror}", err=True)
