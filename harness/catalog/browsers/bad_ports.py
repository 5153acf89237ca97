"""Ports that nobody speaks HTTP to: no request is sent to one, be it the first or one behind a redirect."""

from __future__ import annotations

from harness.catalog.browsers.rows import FETCH, Hop, Topic, answer, blocked, methods, step, to
from harness.catalog.browsers.ways import leads, onward, open_to
from harness.oracle import Reason

TOPIC = Topic("bad-ports")
BAD_PORT = blocked(Reason.BAD_PORT)


def nowhere(port: int = 6667) -> Hop:
    """A URL at a bad port."""
    return Hop(url=f"{{api|:{port}}}/a", sent=False)


for port, what in (
    (1, "multiplexer"),
    (22, "secure shell"),
    (25, "mail"),
    (143, "IMAP"),
    (2049, "NFS"),
    (6000, "X11"),
    (6667, "chat"),
    (10080, "backups"),
):
    hop = nowhere(port)
    TOPIC.row(f"bad-ports-{port}", f"port {port} ({what}) is not asked", step(url=hop.url), (hop,), BAD_PORT)

for name, summary, request in (
    ("put", "for a PUT not even a preflight goes to a bad port", step("PUT", url="{api|:6667}/a")),
    ("include", "with credentials nothing goes to a bad port", step(url="{api|:6667}/a", credentials="include")),
    ("no-cors", "mode no-cors does not go to a bad port", step(url="{api|:6667}/a", mode="no-cors")),
    ("manual", "redirect mode manual does not go to a bad port", step(url="{api|:6667}/a", redirect="manual")),
    (
        "no-cors-manual",
        "mode no-cors does not go to a bad port in redirect mode manual either",
        step(url="{api|:6667}/a", mode="no-cors", redirect="manual"),
    ),
    (
        "no-cors-error",
        "mode no-cors does not go to a bad port in redirect mode error either",
        step(url="{api|:6667}/a", mode="no-cors", redirect="error"),
    ),
):
    TOPIC.row(f"bad-ports-{name}", summary, request, (nowhere(),), BAD_PORT)

TOPIC.row(
    "bad-ports-null",
    "from an opaque origin nothing goes to a bad port",
    step(url="{api|:6667}/a"),
    (nowhere(),),
    BAD_PORT,
    page="null",
)
TOPIC.row(
    "bad-ports-https",
    "over https nothing goes to a bad port",
    step(url="{api|:6667}/a"),
    (nowhere(),),
    BAD_PORT,
    page="https://localhost",
)

# ---- behind a redirect -------------------------------------------------------------------------------

TARGET = "{api|:6667}/a"

for name, summary, request, hops in (
    ("page", "a redirect from home to a bad port is not followed", step(url="{page}/1"), leads(TARGET)),
    ("api", "a foreign redirect to a bad port is not followed", step(), (Hop(onward(TARGET)),)),
    (
        "address",
        "a redirect to a bad port of an IPv6 address is not followed",
        step(),
        (Hop(onward("http://[::1]:6667/a")),),
    ),
    (
        "second",
        "a second redirect, to a bad port, is not followed",
        step(url="{page}/1"),
        (*leads("{api}/2"), Hop(onward(TARGET), "{api}/2")),
    ),
    (
        "put",
        "a redirect behind a preflight to a bad port is not followed",
        step("PUT"),
        (Hop(onward(TARGET, status=307), asks="", preflight=open_to("{page}", methods("PUT"))),),
    ),
    (
        "no-cors",
        "in mode no-cors a redirect to a bad port is not followed",
        step(mode="no-cors"),
        (Hop(answer(to(TARGET), status=302), origin=""),),
    ),
):
    # Not through XMLHttpRequest: Firefox (153.7.0 ESR) follows no such redirect either, but never says so to script.
    TOPIC.row(f"bad-ports-redirect-{name}", summary, request, (*hops, nowhere()), BAD_PORT, apis=FETCH)

SCENARIOS = TOPIC.scenarios
