"""The sound hook sets, endpoint by endpoint: exact status, CORS header lines and mark of every kind of answer.

Also here: OPTIONS and views under `published`, and the names that `create_app` takes.
"""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from harness.policy import PolicyError
from server_site import BROKEN, HOOK_SETS, create_app
from server_site.hooks import hook_set, published
from server_site.hooks.decorator import crossdomain

Ask = Callable[..., TestResponse]
Lines = dict[str, list[str]]
Cors = Callable[[TestResponse], Lines]

ORIGIN = "https://page.example"
ASKED = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"}
ASKED_HEADERS = ASKED | {"Access-Control-Request-Headers": "content-type,x-one"}
FROM_PAGE = {"Origin": ORIGIN}
NO_ORIGIN: dict[str, str] = {}

SILENT: Lines = {}
READABLE = {"Allow-Origin": [ORIGIN]}
LEAVE = {"Allow-Origin": [ORIGIN], "Allow-Methods": ["PUT"], "Max-Age": ["10"]}
LEAVE_HEADERS = LEAVE | {"Allow-Headers": ["content-type,x-one"]}
LET_IN = READABLE | {"Allow-Credentials": ["true"]}
GRANT = LET_IN | {
    "Allow-Methods": ["GET, HEAD, POST, PUT, PATCH, DELETE, CHECKIN, OPTIONS"],
    "Allow-Headers": ["Content-Type, Authorization, X-Requested-With"],
    "Max-Age": ["600"],
}


def crossing(methods: str) -> Lines:
    """List what the per-view decorator puts on everything a view of these methods returns."""
    return {
        "Allow-Origin": ["*"],
        "Allow-Methods": [methods],
        "Max-Age": ["21600"],
        "Allow-Headers": ["Content-Type, Authorization, X-Requested-With"],
    }


ITEM = crossing("CHECKIN, DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
EVERY = crossing("CHECKIN, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
TEXT = crossing("GET, HEAD, OPTIONS, POST")
ME = crossing("GET, HEAD, OPTIONS, PUT")

# what is asked: method, URL, request headers; then, by hook set: status, CORS lines, view
Answer = tuple[int, Lines, str | None]
CASES: list[tuple[str, str, str, dict[str, str], dict[str, Answer]]] = [
    (
        "preflight-item",
        *("OPTIONS", "/items/1", ASKED),
        {
            "published": (200, LEAVE, None),
            "decorator": (200, ITEM, None),
            "none": (200, SILENT, None),
            "hardened": (204, GRANT, None),
        },
    ),
    (
        "preflight-item-with-headers",
        *("OPTIONS", "/items/1", ASKED_HEADERS),
        {
            "published": (200, LEAVE_HEADERS, None),
            "decorator": (200, ITEM, None),
            "none": (200, SILENT, None),
            "hardened": (403, SILENT, None),
        },
    ),
    (
        "preflight-item-that-is-not-there",
        *("OPTIONS", "/items/10", ASKED),
        {
            "published": (200, LEAVE, None),
            "decorator": (200, ITEM, None),
            "none": (200, SILENT, None),
            "hardened": (204, GRANT, None),
        },
    ),
    (
        "preflight-unknown-url",
        *("OPTIONS", "/nowhere", ASKED),
        {
            "published": (200, LEAVE, None),
            "decorator": (404, SILENT, None),
            "none": (404, SILENT, None),
            "hardened": (204, GRANT, None),
        },
    ),
    (
        "preflight-wrong-method",
        *("OPTIONS", "/text", ASKED),
        {
            "published": (200, LEAVE, None),
            "decorator": (200, TEXT, None),
            "none": (200, SILENT, None),
            "hardened": (204, GRANT, None),
        },
    ),
    (
        "preflight-slash-redirect",
        *("OPTIONS", "/folder", ASKED),
        {
            "published": (200, LEAVE, None),
            "decorator": (308, SILENT, None),
            "none": (308, SILENT, None),
            "hardened": (204, GRANT, None),
        },
    ),
    (
        "preflight-redirect",
        *("OPTIONS", "/redirect/307?to=/items/1", ASKED),
        {
            "published": (200, LEAVE, None),
            "decorator": (200, EVERY, None),
            "none": (200, SILENT, None),
            "hardened": (204, GRANT, None),
        },
    ),
    (
        "preflight-error",
        *("OPTIONS", "/error", ASKED),
        {
            "published": (200, LEAVE, None),
            "decorator": (200, EVERY, None),
            "none": (200, SILENT, None),
            "hardened": (204, GRANT, None),
        },
    ),
    (
        "preflight-me",
        *("OPTIONS", "/me", ASKED),
        {
            "published": (200, LEAVE, None),
            "decorator": (200, ME, None),
            "none": (200, SILENT, None),
            "hardened": (204, GRANT, None),
        },
    ),
    (
        "options-without-origin",
        *("OPTIONS", "/items/1", {"Access-Control-Request-Method": "PUT"}),
        {
            "published": (500, SILENT, None),
            "decorator": (200, ITEM, None),
            "none": (200, SILENT, None),
            "hardened": (200, SILENT, None),
        },
    ),
    (
        "options-without-request-method",
        *("OPTIONS", "/items/1", FROM_PAGE),
        {
            "published": (500, SILENT, None),
            "decorator": (200, ITEM, None),
            "none": (200, SILENT, None),
            "hardened": (200, LET_IN, None),
        },
    ),
    (
        "actual-item",
        *("PUT", "/items/1", FROM_PAGE),
        {
            "published": (200, READABLE, "item"),
            "decorator": (200, ITEM, "item"),
            "none": (200, SILENT, "item"),
            "hardened": (200, LET_IN, "item"),
        },
    ),
    (
        "actual-without-origin",
        *("PUT", "/items/1", NO_ORIGIN),
        {
            "published": (200, SILENT, "item"),
            "decorator": (200, ITEM, "item"),
            "none": (200, SILENT, "item"),
            "hardened": (200, SILENT, "item"),
        },
    ),
    (
        "actual-from-null",
        *("GET", "/items/1", {"Origin": "null"}),
        {
            "published": (200, {"Allow-Origin": ["null"]}, "item"),
            "decorator": (200, ITEM, "item"),
            "none": (200, SILENT, "item"),
            "hardened": (200, SILENT, "item"),
        },
    ),
    (
        "actual-empty",
        *("DELETE", "/items/1", FROM_PAGE),
        {
            "published": (204, READABLE, "item"),
            "decorator": (204, ITEM, "item"),
            "none": (204, SILENT, "item"),
            "hardened": (204, LET_IN, "item"),
        },
    ),
    (
        "actual-item-that-is-not-there",
        *("PUT", "/items/10", FROM_PAGE),
        {
            "published": (404, READABLE, "item"),
            "decorator": (404, SILENT, "item"),
            "none": (404, SILENT, "item"),
            "hardened": (404, LET_IN, "item"),
        },
    ),
    (
        "actual-unknown-url",
        *("PUT", "/nowhere", FROM_PAGE),
        {
            "published": (404, READABLE, None),
            "decorator": (404, SILENT, None),
            "none": (404, SILENT, None),
            "hardened": (404, LET_IN, None),
        },
    ),
    (
        "actual-wrong-method",
        *("PUT", "/text", FROM_PAGE),
        {
            "published": (405, READABLE, None),
            "decorator": (405, SILENT, None),
            "none": (405, SILENT, None),
            "hardened": (405, LET_IN, None),
        },
    ),
    (
        "actual-error",
        *("GET", "/error", FROM_PAGE),
        {
            "published": (500, READABLE, "error"),
            "decorator": (500, SILENT, "error"),
            "none": (500, SILENT, "error"),
            "hardened": (500, LET_IN, "error"),
        },
    ),
    (
        "actual-challenged",
        *("GET", "/me", FROM_PAGE),
        {
            "published": (401, READABLE, "me"),
            "decorator": (401, ME, "me"),
            "none": (401, SILENT, "me"),
            "hardened": (401, LET_IN, "me"),
        },
    ),
    (
        "actual-redirect",
        *("PUT", "/redirect/307?to=/items/1", FROM_PAGE),
        {
            "published": (307, READABLE, "redirect"),
            "decorator": (307, EVERY, "redirect"),
            "none": (307, SILENT, "redirect"),
            "hardened": (307, LET_IN, "redirect"),
        },
    ),
    (
        "actual-slash-redirect",
        *("PUT", "/folder", FROM_PAGE),
        {
            "published": (308, READABLE, None),
            "decorator": (308, SILENT, None),
            "none": (308, SILENT, None),
            "hardened": (308, LET_IN, None),
        },
    ),
]
ROWS = [
    pytest.param(hooks, method, url, headers, answer, id=f"{hooks}-{name}")
    for name, method, url, headers, answers in CASES
    for hooks, answer in (answers | {"proxy": answers["none"]}).items()
]


@pytest.mark.parametrize(("hooks", "method", "url", "headers", "expected"), ROWS)
def test_answer_is_exact(
    ask: Ask, cors: Cors, hooks: str, method: str, url: str, headers: dict[str, str], expected: Answer
) -> None:
    """Each hook set answers each request with exactly these CORS header lines, from this view or none."""
    answer = ask(hooks, method, url, headers)
    assert (answer.status_code, cors(answer), answer.headers.get("X-Served-By")) == expected


@pytest.mark.parametrize("hooks", [name for name in HOOK_SETS if name != "hardened"])
def test_without_a_policy_there_are_neither_credentials_nor_vary(ask: Ask, hooks: str) -> None:
    """Of the sound hook sets only the hardened one allows credentials, and says that its answers vary by origin."""
    for method, headers in (("OPTIONS", ASKED_HEADERS), ("GET", FROM_PAGE)):
        answer = ask(hooks, method, "/items/1", headers)
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Vary" not in answer.headers


@pytest.mark.parametrize(("hooked", "body"), [(True, b""), (False, b"the view ran")], ids=["published", "control"])
def test_options_never_reaches_a_view_under_published(hooked: bool, body: bytes) -> None:
    """Even a view that takes OPTIONS itself is not asked; without the hooks it is."""
    app = Flask("greedy")
    if hooked:
        published.install(app)
    app.add_url_rule("/greedy", view_func=lambda: "the view ran", endpoint="greedy", methods=["OPTIONS"])
    assert app.test_client().options("/greedy", headers=ASKED).data == body


def test_decorator_says_what_it_is_told(cors: Cors) -> None:
    """Origin, headers and max-age are the decorator's parameters; without headers there is no allow-headers."""
    app = Flask("told")
    app.add_url_rule("/", "told", crossdomain(ORIGIN, headers=(), max_age=1)(lambda: "told"))
    told = cors(app.test_client().get("/"))
    assert told == {"Allow-Origin": [ORIGIN], "Allow-Methods": ["GET, HEAD, OPTIONS"], "Max-Age": ["1"]}


def test_every_hook_set_makes_an_app() -> None:
    """Every listed name is accepted, the broken ones with their prefix."""
    for name in (*HOOK_SETS, *(f"broken:{each}" for each in BROKEN)):
        assert create_app(name, origins=(ORIGIN,)).name == "server_site"
        assert hook_set(name).summary


@pytest.mark.parametrize("name", ["nonsense", "", "broken", "broken:nonsense", "preflight-404"])
def test_unknown_name_lists_the_valid_ones(name: str) -> None:
    """An unknown hook set is refused with itself and every valid name in the message."""
    with pytest.raises(ValueError, match="no hook set") as refusal:
        create_app(name)
    valid = str(refusal.value).partition("valid: ")[2].split(", ")
    assert repr(name) in str(refusal.value)
    assert valid == [*HOOK_SETS, *(f"broken:{each}" for each in BROKEN)]


def test_origins_are_looked_at_by_the_hardened_set_alone() -> None:
    """The others do not even ask for them, so that they may be found out as late as possible."""
    asked: list[str] = []

    def origins() -> Iterator[str]:
        asked.append("asked")
        yield ORIGIN

    for name in HOOK_SETS:
        create_app(name, origins=origins())
    assert asked == ["asked"]


def test_hardened_is_told_of_some_origin() -> None:
    """A policy that lets nobody in is a mistake, and said at once."""
    with pytest.raises(PolicyError, match=r"origins: .* has no origin"):
        create_app("hardened")
