"""The cases of the suite `browsers`, and origins that no site has, for tests that need no browser."""

from __future__ import annotations

from harness import catalog, plan
from harness.plan import Case, Places
from harness.scenario import LITERAL


class FixedOrigins:
    """Origins as a run has them: loopback, a port for each role, over the page's scheme."""

    def places(self, api: str, page: str) -> Places:
        """Return the page's origin, that of its document, and those of the API."""
        home = f"{'http://localhost' if page == 'null' else page}:41111"
        scheme = _scheme(page)
        return (
            ("page", "null" if page == "null" else home),
            ("home", home),
            ("api", f"{scheme}://localhost:42222"),
            ("api2", f"{scheme}://localhost:43333"),
            ("cross", f"{scheme}://127.0.0.1:42222"),
        )

    def http_2_origin(self) -> str:
        """Return the origin that speaks HTTP/2."""
        return "https://localhost:44444"


def _scheme(page: str) -> str:
    return "https" if page.startswith("https:") else "http"


ORIGINS = FixedOrigins()


def every_case() -> list[Case]:
    """Return every case of the suite, through every interface."""
    return list(plan.cases(catalog.load("browsers"), [LITERAL]))
