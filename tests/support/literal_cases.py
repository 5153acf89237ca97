"""The cases of the suite `browsers`, and origins that no site has, for tests that need no browser."""

from __future__ import annotations

from harness import catalog, plan
from harness.plan import Case
from harness.scenario import LITERAL


class FixedOrigins:
    """Origins as a run has them: loopback, a port for each role, over the page's scheme."""

    def page_origin(self, page: str) -> str:
        """Return the page's origin."""
        return "null" if page == "null" else self.page_url(page)

    def page_url(self, page: str) -> str:
        """Return the origin of the page's document."""
        return f"{'http://localhost' if page == 'null' else page}:41111"

    def api_origin(self, api: str, page: str) -> str:
        """Return the API's origin."""
        return f"{_scheme(page)}://localhost:42222"

    def other_api_origin(self, api: str, page: str) -> str:
        """Return the API's other origin."""
        return f"{_scheme(page)}://localhost:43333"

    def cross_api_origin(self, api: str, page: str) -> str:
        """Return the API's origin on another site."""
        return f"{_scheme(page)}://127.0.0.1:42222"

    def http_2_origin(self) -> str:
        """Return the origin that speaks HTTP/2."""
        return "https://localhost:44444"


def _scheme(page: str) -> str:
    return "https" if page.startswith("https:") else "http"


ORIGINS = FixedOrigins()


def every_case() -> list[Case]:
    """Return every case of the suite, through every interface."""
    return list(plan.cases(catalog.load("browsers"), [LITERAL]))
