"""How these tests ask the API: Flask's test client, one app per question, no browser and no socket.

`ask` sends one request to a fresh app; `cors` reads the CORS header lines off an answer, doubled ones kept.
"""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server_site import create_app


@pytest.fixture
def ask() -> Callable[..., TestResponse]:
    """Send one request to the API behind the named hook set."""

    def send(hooks: str, method: str, url: str, headers: dict[str, str] | None = None, **kwargs: Any) -> TestResponse:
        app = create_app(hooks, origins=["https://page.example"])
        return app.test_client().open(url, method=method, headers=headers, **kwargs)

    return send


@pytest.fixture
def cors() -> Callable[[TestResponse], dict[str, list[str]]]:
    """Read every Access-Control- header off an answer: its name without the prefix, and the values of its lines."""

    def lines(response: TestResponse) -> dict[str, list[str]]:
        names = {name for name in response.headers.keys() if name.startswith("Access-Control-")}  # noqa: SIM118
        return {name.removeprefix("Access-Control-"): response.headers.getlist(name) for name in names}

    return lines
