"""No answer that is HTTP: the server hangs up, breaks off, or sends what no header may hold. CORS is not to blame."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    Hop,
    Topic,
    answer,
    asked,
    blocked,
    credentials,
    exposed,
    max_age,
    methods,
    names,
    origin,
    simple,
    step,
    to,
    turned_down,
)
from harness.catalog.browsers.ways import leads, onward, open_to, unreached
from harness.literal import Close, CutOff, Literal, Raw
from harness.oracle import Reason

TOPIC = Topic("no-answer")
NOTHING = blocked(Reason.NETWORK_FAILURE)
GRANT = open_to("{page}", methods("PUT"), names("x-a"))

BROKEN: dict[str, tuple[str, Literal]] = {
    "closed": ("hangs up", Close()),
    "nul-allow-origin": ("has NUL in Access-Control-Allow-Origin", answer(origin("*\0"))),
    "nul-header": ("has NUL in some header", open_to("{page}", ("X-A", "a\0b"))),
}

# ---- at the request itself -----------------------------------------------------------------------------

for name, (summary, answered) in BROKEN.items():
    TOPIC.row(f"no-answer-{name}", f"a server that {summary}", step(), simple(answered), NOTHING)
    TOPIC.row(
        f"no-answer-put-{name}",
        f"behind a preflight a server that {summary}",
        step("PUT"),
        asked("", GRANT, answered),
        NOTHING,
    )
    TOPIC.row(
        f"no-answer-preflight-{name}",
        f"at a preflight a server that {summary}",
        step("PUT"),
        turned_down("", answered),
        NOTHING,
    )
    TOPIC.row(
        f"no-answer-redirected-{name}",
        f"behind a redirect a server that {summary}",
        step(),
        (Hop(onward("{api}/b")), Hop(answered, "{api}/b")),
        NOTHING,
    )

for name, summary, answered in (
    ("cut-off", "a server that hangs up within the status line", CutOff(open_to("{page}"), 6)),
    ("garbage", "a server that says what is no HTTP", Raw(b"pony\r\n\r\npony")),
):
    TOPIC.row(f"no-answer-{name}", summary, step(), simple(answered), NOTHING)

for name, summary, request, sent in (
    ("post", "a POST is not answered", step("POST", body="hello"), "{page}"),
    ("head", "a HEAD is not answered", step("HEAD"), "{page}"),
    ("include", "a GET with credentials is not answered", step(credentials="include"), "{page}"),
    ("no-cors", "a GET in mode no-cors is not answered", step(mode="no-cors"), ""),
    ("no-cors-post", "a POST in mode no-cors is not answered", step("POST", mode="no-cors"), "{page}"),
    ("manual", "a GET in redirect mode manual is not answered", step(redirect="manual"), "{page}"),
):
    TOPIC.row(f"no-answer-closed-{name}", summary, request, simple(Close(), origin=sent), NOTHING)

for name, summary, answered in (
    ("nul-second", "NUL in a second Access-Control-Allow-Origin spoils the answer", answer(origin(), origin("\0"))),
    (
        "nul-credentials",
        "NUL where credentials are allowed spoils it",
        answer(origin(), credentials("true\0")),
    ),
    ("nul-exposed", "NUL in what is exposed spoils it", answer(origin(), exposed("x-a\0"))),
    ("nul-type", "NUL in the type spoils it", open_to("{page}", ("Content-Type", "text/\0plain"))),
):
    TOPIC.row(f"no-answer-{name}", summary, step(), simple(answered), NOTHING)

for name, summary, field in (
    ("methods", "the methods", methods("PUT\0")),
    ("headers", "the headers", names("x-a\0")),
    ("max-age", "the time", max_age("10\0")),
):
    TOPIC.row(
        f"no-answer-preflight-nul-{name}",
        f"NUL in {summary} of a preflight's answer spoils it",
        step("PUT"),
        turned_down("", open_to("{page}", methods("PUT"), field)),
        NOTHING,
    )

# ---- at a redirect -----------------------------------------------------------------------------------

for name, summary, *headers in (
    ("location", "NUL in a Location spoils the redirect", origin(), ("Location", "/b\0")),
    ("location-alone", "NUL in a Location spoils a redirect before the check can fail", ("Location", "/b\0")),
    ("allow-origin", "NUL in a redirect's Access-Control-Allow-Origin spoils it", origin("{page}\0"), to("{api}/b")),
):
    hops = (Hop(answer(*headers, status=302)), unreached("{api}/b"))
    TOPIC.row(f"no-answer-redirect-nul-{name}", summary, step(), hops, NOTHING)

TOPIC.row(
    "no-answer-redirect-from-home",
    "behind a redirect at home nobody answers",
    step(url="{page}/1"),
    (*leads("{api}/2"), Hop(Close(), "{api}/2")),
    NOTHING,
)
TOPIC.row(
    "no-answer-redirect-null",
    "at a third origin nobody answers",
    step(),
    (Hop(onward("{api2}/b")), Hop(Close(), "{api2}/b", origin="null")),
    NOTHING,
)
TOPIC.row(
    "no-answer-redirect-preflight",
    "behind a redirect the second preflight is not answered",
    step("PUT"),
    (Hop(onward("{api}/b", status=307), asks="", preflight=GRANT), *turned_down("", Close(), url="{api}/b")),
    NOTHING,
)

SCENARIOS = TOPIC.scenarios
