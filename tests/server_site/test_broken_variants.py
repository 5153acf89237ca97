"""The faulty variants: each differs from its sound hooks in exactly the intended way, and in nothing else.

One check compares both answer for answer; held against the sound hooks themselves it finds nothing (its negative
control).
"""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server_site import BROKEN

Ask = Callable[..., TestResponse]

ORIGIN = "https://page.example"
FROM_PAGE = {"Origin": ORIGIN}
ASKED = FROM_PAGE | {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-one"}

PROBES: dict[str, tuple[str, str, dict[str, str]]] = {
    "preflight": ("OPTIONS", "/items/1?corsproof=s1", ASKED),
    "preflight-unknown": ("OPTIONS", "/nowhere", ASKED),
    "options": ("OPTIONS", "/items/1", {}),
    "actual": ("PUT", "/items/1", FROM_PAGE),
    "actual-no-origin": ("PUT", "/items/1", {}),
    "redirect": ("PUT", "/redirect/307?to=/items/1", FROM_PAGE),
    "challenged": ("GET", "/me", FROM_PAGE),
    "unknown": ("PUT", "/nowhere", FROM_PAGE),
    "error": ("GET", "/error", FROM_PAGE),
    "null": ("GET", "/items", {"Origin": "null"}),
    "stranger": ("GET", "/items", {"Origin": "https://stranger.example"}),
}
PREFLIGHTS = ("preflight", "preflight-unknown")
READABLE = ("actual", "redirect", "challenged", "unknown", "error")
STRANGERS = {"null": "null", "stranger": "https://stranger.example"}  # whom `published` lets in as well
ERRORS = ("challenged", "unknown", "error")
COMPARED = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Credentials",
    "Access-Control-Max-Age",
    "Location",
    "WWW-Authenticate",
    "X-Served-By",
    "Allow",
    "Vary",
)

Differences = dict[tuple[str, str], tuple[object, object]]


def each(probes: tuple[str, ...], header: str, before: object, after: object) -> Differences:
    """Write the same difference for several probes."""
    return {(probe, header): (before, after) for probe in probes}


def strangers(
    what: Callable[[str], tuple[list[str], list[str]]], header: str = "Access-Control-Allow-Origin"
) -> Differences:
    """Write what becomes of an answer to those whom the page is not."""
    return {(probe, header): what(origin) for probe, origin in STRANGERS.items()}


def let_in(*probes: str) -> Differences:
    """Write that probes whose origin is refused are let in, by name and with credentials."""
    found: Differences = {}
    for probe in probes:
        found[probe, ACAO] = [], [PROBES[probe][2]["Origin"]]
        found[probe, "Access-Control-Allow-Credentials"] = [], ["true"]
        if probe in PREFLIGHTS:
            found[probe, "status"] = 403, 204
            found[probe, "Access-Control-Allow-Methods"] = [], ["PUT"]
            found[probe, "Access-Control-Allow-Headers"] = [], ["x-one"]
    return found


ACAO = "Access-Control-Allow-Origin"
ASKED_FOR = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
EXPECTED: dict[str, Differences] = {
    "published": {},
    "hardened": {},
    "broken:preflight-404": each(PREFLIGHTS, "status", 200, 404),
    "broken:preflight-401": {
        **each(PREFLIGHTS, "status", 200, 401),
        **each(("options",), "status", 500, 401),
        **each((*PREFLIGHTS, "options"), "WWW-Authenticate", [], ["Bearer"]),
        **each(PREFLIGHTS, ACAO, [ORIGIN], []),
        **each(PREFLIGHTS, "Access-Control-Allow-Methods", ["PUT"], []),
        **each(PREFLIGHTS, "Access-Control-Allow-Headers", ["x-one"], []),
        **each(PREFLIGHTS, "Access-Control-Max-Age", ["10"], []),
        **each(("preflight",), "Allow", ["CHECKIN DELETE GET HEAD OPTIONS PATCH PUT"], []),
        **each((*PREFLIGHTS, "options"), "Vary", [], ["Cookie"]),  # it looks into the session
    },
    "broken:no-allow-origin": {
        **each(READABLE, ACAO, [ORIGIN], []),
        **strangers(lambda origin: ([origin], [])),
    },
    "broken:no-allow-methods": each(PREFLIGHTS, "Access-Control-Allow-Methods", ["PUT"], []),
    "broken:doubled-allow-origin": {
        **each(READABLE, ACAO, [ORIGIN], [ORIGIN, ORIGIN]),
        **strangers(lambda origin: ([origin], [origin, origin])),
    },
    "broken:trailing-slash": {
        **each(PREFLIGHTS + READABLE, ACAO, [ORIGIN], [ORIGIN + "/"]),
        **strangers(lambda origin: ([origin], [origin + "/"])),
    },
    "broken:wildcard-credentials": {
        **each(PREFLIGHTS + READABLE, ACAO, [ORIGIN], ["*"]),
        **strangers(lambda origin: ([origin], ["*"])),
        **each((*PREFLIGHTS, *READABLE, *STRANGERS), "Access-Control-Allow-Credentials", [], ["true"]),
    },
    "broken:origin-list": {
        **each(PREFLIGHTS + READABLE, ACAO, [ORIGIN], [f"{ORIGIN}, https://other.example"]),
        **strangers(lambda origin: ([origin], [f"{origin}, https://other.example"])),
    },
    "broken:preflight-redirect": {
        **each(PREFLIGHTS, "status", 200, 307),
        **each(("preflight",), "Location", [], ["/elsewhere/items/1?corsproof=s1"]),
        **each(("preflight-unknown",), "Location", [], ["/elsewhere/nowhere"]),
    },
    "broken:errors-without-cors": each(ERRORS, ACAO, [ORIGIN], []),
    "broken:closed-in-preflight": {
        # The empty response is what the closed connection drops.
        **each(PREFLIGHTS, ACAO, [ORIGIN], []),
        **each(PREFLIGHTS, "Access-Control-Allow-Methods", ["PUT"], []),
        **each(PREFLIGHTS, "Access-Control-Allow-Headers", ["x-one"], []),
        **each(PREFLIGHTS, "Access-Control-Max-Age", ["10"], []),
        **each(("preflight",), "Allow", ["CHECKIN DELETE GET HEAD OPTIONS PATCH PUT"], []),
    },
    # The preflights of the probes ask for a header that the policy does not list.
    "broken:hardened-reflected": let_in(*PREFLIGHTS, "null", "stranger"),
    "broken:hardened-null": let_in("null"),
    "broken:hardened-echo": let_in(*PREFLIGHTS),
    "broken:hardened-no-vary": {
        **each(PREFLIGHTS, "Vary", [ASKED_FOR], []),
        **each(("options", "actual", "actual-no-origin", "redirect", "unknown", "error"), "Vary", ["Origin"], []),
        **each(tuple(STRANGERS), "Vary", ["Origin"], []),
        # Flask adds this one when it saves the session, after all hooks.
        **each(("challenged",), "Vary", ["Origin, Cookie"], ["Cookie"]),
    },
}


class Connection:
    """Stands for the server's side of a connection: counts how often it was closed."""

    def __init__(self) -> None:
        """Start open."""
        self.closed = 0

    def close(self) -> None:
        """Count."""
        self.closed += 1

    def environ(self) -> dict[str, Any]:
        """Offer the close as corsproof's server does."""
        return {"asgi.scope": {"extensions": {"corsproof.close": self.close}}}


def seen(answer: TestResponse, header: str) -> object:
    """Read what is compared: the status, or the lines of one header (the methods of Allow have no order)."""
    if header == "status":
        return answer.status_code
    lines = answer.headers.getlist(header)
    return [" ".join(sorted(line.split(", "))) for line in lines] if header == "Allow" else lines


def differences(ask: Ask, hooks: str) -> Differences:
    """Ask both hook sets everything and list where the answers differ: the sound one's, then the variant's."""
    found: Differences = {}
    names = ("hardened" if "hardened" in hooks else "published", hooks)
    for probe, request in PROBES.items():
        sound, faulty = (ask(name, *request, environ_overrides=Connection().environ()) for name in names)
        for header in ("status", *COMPARED):
            pair = seen(sound, header), seen(faulty, header)
            if pair[0] != pair[1]:
                found[probe, header] = pair
    return found


@pytest.mark.parametrize("hooks", EXPECTED)
def test_variant_is_wrong_in_one_way(ask: Ask, hooks: str) -> None:
    """The differences from the sound hooks are exactly the intended ones; those have none from themselves."""
    assert differences(ask, hooks) == EXPECTED[hooks]


def test_every_variant_is_held_to_its_sound_hooks() -> None:
    """No variant is left out of the table above."""
    assert set(EXPECTED) - {"published", "hardened"} == {f"broken:{name}" for name in BROKEN}


@pytest.mark.parametrize(("hooks", "lines"), [("published", 1), ("broken:doubled-allow-origin", 2)])
def test_doubled_header_is_two_lines(ask: Ask, hooks: str, lines: int) -> None:
    """The doubled allow-origin leaves the app as two header lines, not as one list."""
    assert ask(hooks, "GET", "/items", FROM_PAGE).headers.getlist(ACAO) == [ORIGIN] * lines


def test_login_check_lets_a_token_pass(ask: Ask) -> None:
    """The misplaced login check is a real one: an OPTIONS with the token would pass, were browsers to send one."""
    answer = ask("broken:preflight-401", "OPTIONS", "/items/1", ASKED | {"Authorization": "Bearer letmein"})
    assert answer.status_code == 200


def test_redirected_preflight_would_be_answered(ask: Ask) -> None:
    """Where the preflight is sent, a follower would find leave."""
    answer = ask("broken:preflight-redirect", "OPTIONS", "/elsewhere/items/1", ASKED)
    assert (answer.status_code, answer.headers[ACAO]) == (200, ORIGIN)


@pytest.mark.parametrize(
    ("hooks", "probe", "closed"),
    [
        pytest.param("broken:closed-in-preflight", "preflight", 1, id="preflight"),
        pytest.param("broken:closed-in-preflight", "actual", 0, id="actual"),
        pytest.param("broken:closed-in-preflight", "options", 0, id="plain-options"),
        pytest.param("published", "preflight", 0, id="control"),
    ],
)
def test_connection_is_closed_in_the_preflight(ask: Ask, hooks: str, probe: str, closed: int) -> None:
    """The connection is closed once in a preflight and in nothing else."""
    connection = Connection()
    ask(hooks, *PROBES[probe], environ_overrides=connection.environ())
    assert connection.closed == closed


@pytest.mark.parametrize(
    "environ",
    [{}, {"asgi.scope": {}}, {"asgi.scope": {"extensions": None}}, {"asgi.scope": {"extensions": {}}}],
    ids=["wsgi", "no-extensions", "null-extensions", "other-server"],
)
def test_server_that_cannot_close_is_named(ask: Ask, caplog: pytest.LogCaptureFixture, environ: dict[str, Any]) -> None:
    """On a server without the extension the preflight is a 500, and the log says which server it takes."""
    with caplog.at_level(logging.ERROR, "server_site"):
        answer = ask("broken:closed-in-preflight", *PROBES["preflight"], environ_overrides=environ)
    assert answer.status_code == 500
    assert "RuntimeError: closed-in-preflight needs a server that can close" in caplog.text
