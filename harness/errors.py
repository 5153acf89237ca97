"""The kinds of trouble, kept apart by type: misuse, no browser, a browser that died, a target or a site that failed.

A disagreement about CORS is never an exception: it is a verdict. Each class carries the exit code of DESIGN 7 and, in
``hint``, what to do next. Imports nothing.
"""

from __future__ import annotations


class CorsproofError(Exception):
    """Anything that corsproof says no to. ``hint`` tells what to do about it."""

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}; {self.hint}" if self.hint else message


class UsageError(CorsproofError):
    """The caller asked for something that does not exist or cannot be."""

    exit_code = 2


class BrowserUnavailable(CorsproofError):
    """An engine cannot be used at all: not installed, does not start, does not open a page."""

    exit_code = 3


class CanaryFailed(CorsproofError):
    """A browser gave a wrong answer to a question whose answer is known: nothing it says can be believed."""

    exit_code = 3


class BrowserCrashed(CorsproofError):
    """A browser that worked died, or stopped answering."""

    exit_code = 4


class SiteFault(CorsproofError):
    """A local site, or the application in it, could not be served."""

    exit_code = 4


class TargetFault(CorsproofError):
    """The target of an audit could not be imported, made or reached."""

    exit_code = 4
