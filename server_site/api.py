"""The resources: every verb, errors, redirects, a slow answer. No CORS here; a hook set puts it around or in front.

Stateless, because several browsers ask the same questions side by side and each must get the same answer:
PUT, PATCH and DELETE answer as if done and store nothing. Bodies hold no date and nothing random.
"""

import threading
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import quote

from flask import Flask, Response, abort, jsonify, request, session
from flask.typing import ResponseReturnValue

from server_site.access import TOKEN_USER, access, current_user
from server_site.view import View, marked

EVERY_VERB = ("GET", "POST", "PUT", "PATCH", "DELETE", "CHECKIN")
ITEM_IDS = tuple("123456789")
REDIRECT_CODES = (301, 302, 303, 307, 308)
LONGEST_WAIT_MS = 10_000
SCENARIO_PARAMETER = "corsproof"


def register(app: Flask, wrap: Callable[[View], View]) -> None:
    """Give the app every route; `wrap`, the hook set's own layer, stands outside the mark and the access decorator."""
    for rule, endpoint, view, methods in ROUTES:
        app.add_url_rule(rule, endpoint, wrap(marked(endpoint, view)), methods=methods)


def items() -> ResponseReturnValue:
    """List the items, or answer as if one more had been made."""
    if request.method == "POST":
        return jsonify(created=_sent()), 201
    return jsonify(items=[_item(item_id) for item_id in ITEM_IDS])


def item(item_id: str) -> ResponseReturnValue:
    """Show one item, or answer as if it had been changed, removed or checked in."""
    if item_id not in ITEM_IDS:
        abort(404, "unknown item")
    match request.method:
        case "PUT" | "PATCH":
            return jsonify(id=item_id, stored=_sent())
        case "DELETE":
            return "", 204
        case "CHECKIN":
            return jsonify(id=item_id, checked_in=True)
    return jsonify(_item(item_id))


def echo() -> ResponseReturnValue:
    """Say what arrived: method, body, content type, X- headers, and whether there was an Authorization (not which)."""
    return jsonify(
        method=request.environ["REQUEST_METHOD"],  # as sent: request.method is upper-cased
        body=request.get_data(as_text=True),
        content_type=request.headers.get("Content-Type"),
        headers={name.lower(): value for name, value in request.headers if name.lower().startswith("x-")},
        authorization="Authorization" in request.headers,
    )


def text() -> ResponseReturnValue:
    """Answer plain text: the text sent, or some. Every verb but GET and POST is a wrong method here."""
    body = request.get_data(as_text=True) if request.method == "POST" else "plain text"
    return Response(body, mimetype="text/plain")


def folder() -> ResponseReturnValue:
    """Answer at the end of a trailing-slash rule: `/folder` is redirected here by Flask's routing."""
    return jsonify(folder=request.path)


@access
def me() -> ResponseReturnValue:
    """Show the verified user, or answer as if changed."""
    user = current_user()
    seen = {"user": user.name, "proved_by": user.proved_by}
    return jsonify(seen | {"stored": _sent()} if request.method == "PUT" else seen)


def login() -> ResponseReturnValue:
    """Start a session."""
    session["user"] = TOKEN_USER
    return jsonify(user=TOKEN_USER)


def logout() -> ResponseReturnValue:
    """End the session."""
    session.clear()
    return jsonify(user=None)


def error() -> NoReturn:
    """Fail as a programming error does."""
    raise RuntimeError("/error fails on purpose")


def redirect(code: int) -> ResponseReturnValue:
    """Answer the redirect asked for, its Location just as given (relative stays relative) plus the scenario's id."""
    if code not in REDIRECT_CODES:
        abort(404, "not a redirect code")
    target = request.args.get("to")
    if target is None or "\r" in target or "\n" in target:
        abort(400, "`to` is missing or not one line")
    return Response(status=code, headers={"Location": _with_scenario(target)})


def slow() -> ResponseReturnValue:
    """Answer after `ms` milliseconds."""
    wait_ms = min(max(request.args.get("ms", 0, type=int), 0), LONGEST_WAIT_MS)
    threading.Event().wait(wait_ms / 1000)
    return jsonify(waited_ms=wait_ms)


def exposed() -> ResponseReturnValue:
    """Answer with headers of every kind: safelisted, custom, and one that no script may read."""
    response = jsonify(total=42)
    response.headers["X-Total-Count"] = "42"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = "en"
    response.set_cookie("seen", "1")
    return response


ROUTES: tuple[tuple[str, str, View, tuple[str, ...]], ...] = (
    ("/items", "items", items, ("GET", "POST")),
    ("/items/<item_id>", "item", item, ("GET", "PUT", "PATCH", "DELETE", "CHECKIN")),
    ("/echo", "echo", echo, EVERY_VERB),
    ("/text", "text", text, ("GET", "POST")),
    ("/folder/", "folder", folder, EVERY_VERB),
    ("/me", "me", me, ("GET", "PUT")),
    ("/login", "login", login, ("POST",)),
    ("/logout", "logout", logout, ("POST",)),
    ("/error", "error", error, EVERY_VERB),
    ("/redirect/<int:code>", "redirect", redirect, EVERY_VERB),
    ("/slow", "slow", slow, ("GET", "PUT")),
    ("/exposed", "exposed", exposed, ("GET",)),
)


def _item(item_id: str) -> dict[str, str]:
    return {"id": item_id, "name": f"item {item_id}"}


def _sent() -> object:
    """Read the body: parsed where it claims to be JSON and is, else as text."""
    parsed = request.get_json(silent=True)
    return request.get_data(as_text=True) if parsed is None else parsed


def _with_scenario(target: str) -> str:
    """Carry the id over to the target; a reference without path and query keeps the query of the URL it stands in."""
    scenario = request.args.get(SCENARIO_PARAMETER)
    address, hash_sign, fragment = target.partition("#")
    if scenario is None or not address:
        return target
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{SCENARIO_PARAMETER}={quote(scenario, safe='')}{hash_sign}{fragment}"
