"""What the API of every application here answers, without any framework.

`/items` and `/items/<id>` with all verbs, `/me` for who has the cookie of `/login` or an Authorization header,
`/public`, `/headers`, `/old` (a redirect to `/items`) and `/error` (500). Imports nothing.
"""

from __future__ import annotations

from typing import Any

ITEMS = [{"id": 1, "name": "anvil"}, {"id": 2, "name": "bellows"}]
CREATED = {"id": 3, "name": "crucible"}
PUBLIC = {"status": "open to everybody"}
COUNTED = {"X-Total-Count": "42", "Vary": "Accept-Language"}
COOKIE = "session"
LOGIN = {"Set-Cookie": f"{COOKIE}=of-ada; HttpOnly; Secure; SameSite=None; Path=/"}
SECRET = "ada@example.com"


class PlannedError(Exception):
    """What `/error` raises, and no framework knows."""


def item(number: int) -> dict[str, Any]:
    """Return an item; every number has one."""
    return {"id": number, "name": "anvil"}


def me(session: str | None, authorization: str | None) -> tuple[dict[str, str], int]:
    """Return body and status of `/me` for the values of the cookie and of the header."""
    if session or authorization:
        return {"email": SECRET}, 200
    return {"error": "log in first"}, 401
