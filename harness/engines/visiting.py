"""A visit: a URL at top level in a browser, so that it holds the cookies of the answer as if its user had been there.

What is opened later in the same browser has them too.
"""

from __future__ import annotations

from harness.engines import Browser
from harness.errors import BrowserCrashed


def visit(browser: Browser, url: str) -> None:
    """Open a URL and close it again; raise `BrowserCrashed` where nothing was shown, whatever the cookies."""
    try:
        page = browser.open(url, lambda cause: None)
    except BrowserCrashed as error:
        hint = "visit a URL whose answer can be shown: no 204, no empty error, no download, no question for a password"
        raise BrowserCrashed(str(error), hint=hint) from error
    page.close()
