"""The redirect modes: error takes a redirect for an error, manual shows that there was one, follow follows."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    OPAQUE,
    OPAQUE_REDIRECT,
    Hop,
    Topic,
    answer,
    blocked,
    credentials,
    methods,
    origin,
    reads,
    simple,
    step,
    to,
    unsent,
)
from harness.catalog.browsers.ways import STATUSES, leads, onward, open_to, unreached
from harness.oracle import Reason

TOPIC = Topic("redirect-modes")
ERROR = blocked(Reason.REDIRECT_MODE_ERROR)
MISSING = blocked(Reason.ALLOW_ORIGIN_MISSING)
GRANT = open_to("{page}", methods("PUT"))

# ---- error and manual --------------------------------------------------------------------------------

for mode, what, seen in (("error", "an error", ERROR), ("manual", "opaque", OPAQUE_REDIRECT)):
    for status in STATUSES:
        TOPIC.row(
            f"redirect-modes-{mode}-{status}",
            f"in mode {mode} a {status} is {what}",
            step(redirect=mode),
            (Hop(onward("{api}/b", status=status)), unreached("{api}/b")),
            seen,
        )
    TOPIC.row(
        f"redirect-modes-{mode}-without-location",
        f"in mode {mode} a 302 is {what}, even without a Location",
        step(redirect=mode),
        simple(open_to("{page}", status=302)),
        seen,
    )
    for name, summary, method, target in (
        ("post", "a POST's", "POST", "{api}/b"),
        ("head", "a HEAD's", "HEAD", "{api}/b"),
        ("api2", "one to a third origin", "GET", "{api2}/b"),
        ("home-again", "one home", "GET", "{page}/b"),
    ):
        hops = (Hop(onward(target)), unreached(target))
        full = f"in mode {mode} a 302 is {what}: {summary}"
        TOPIC.row(f"redirect-modes-{mode}-{name}", full, step(method, redirect=mode), hops, seen)
    TOPIC.row(
        f"redirect-modes-{mode}-home",
        f"in mode {mode} a redirect at home is {what}",
        step(url="{page}/1", redirect=mode),
        (*leads("{page}/2"), unreached("{page}/2")),
        seen,
    )
    TOPIC.row(
        f"redirect-modes-{mode}-put",
        f"in mode {mode} a redirect behind a preflight is {what}",
        step("PUT", redirect=mode),
        (Hop(onward("{api}/b", status=307), asks="", preflight=GRANT), unreached("{api}/b")),
        seen,
    )
    TOPIC.row(
        f"redirect-modes-{mode}-shut",
        f"in mode {mode} a redirect must pass the check first",
        step(redirect=mode),
        (Hop(answer(to("{page}/b"), status=302)), unreached("{page}/b")),
        MISSING,
    )
    TOPIC.row(
        f"redirect-modes-{mode}-include",
        f"in mode {mode} a redirect needs true where credentials are included",
        step(redirect=mode, credentials="include"),
        (Hop(answer(origin(), to("{api}/b"), status=302)), unreached("{api}/b")),
        blocked(Reason.ALLOW_CREDENTIALS_MISSING),
    )
    TOPIC.row(
        f"redirect-modes-{mode}-include-true",
        f"in mode {mode} a redirect with true is {what} where credentials are included",
        step(redirect=mode, credentials="include"),
        (Hop(answer(origin(), credentials(), to("{api}/b"), status=302)), unreached("{api}/b")),
        seen,
    )
    for status in (200, 300, 404):
        TOPIC.row(
            f"redirect-modes-{mode}-not-{status}",
            f"in mode {mode} a {status} is read as ever",
            step(redirect=mode),
            simple(open_to("{page}", status=status)),
            reads(status=status),
        )
    TOPIC.row(
        f"redirect-modes-{mode}-no-cors",
        f"mode no-cors does not go to another origin in mode {mode}",
        step(mode="no-cors", redirect=mode),
        unsent(),
        blocked(Reason.NO_CORS_NEEDS_FOLLOW),
    )
    TOPIC.row(
        f"redirect-modes-{mode}-no-cors-post",
        f"a POST of mode no-cors does not go to another origin in mode {mode}",
        step("POST", mode="no-cors", redirect=mode),
        unsent(),
        blocked(Reason.NO_CORS_NEEDS_FOLLOW),
    )
    for other in ("no-cors", "same-origin"):
        TOPIC.row(
            f"redirect-modes-{mode}-{other}-home",
            f"mode {other} at home: in mode {mode} a redirect is {what}",
            step(url="{page}/1", mode=other, redirect=mode),
            (*leads("{page}/2"), unreached("{page}/2")),
            seen,
        )

# ---- manual does not even look where a redirect leads -----------------------------------------------------

for name, summary, *locations in (
    ("not-a-url", "to what is no URL", ("Location", "http://[")),
    ("data", "to data:", ("Location", "data:,hi")),
    ("two", "to two URLs", to("{api}/b"), to("{api}/c")),
    ("userinfo", "to a URL with a user name", to("{api|user:pass@}/b")),
):
    TOPIC.row(
        f"redirect-modes-manual-{name}",
        f"in mode manual a redirect {summary} is opaque",
        step(redirect="manual"),
        (Hop(open_to("{page}", *locations, status=302)), unreached("{api}/b")),
        OPAQUE_REDIRECT,
    )

# ---- follow ------------------------------------------------------------------------------------------

for name, summary, target in (
    ("no-cors", "mode no-cors follows within a foreign origin, without an Origin", "{api}/b"),
    ("no-cors-api2", "mode no-cors follows to a third origin", "{api2}/b"),
    ("no-cors-home", "mode no-cors stays opaque at home behind a foreign redirect", "{page}/b"),
):
    hops = (Hop(answer(to(target), status=302), origin=""), Hop(answer(), target, origin=""))
    TOPIC.row(f"redirect-modes-follow-{name}", summary, step(mode="no-cors"), hops, OPAQUE)

TOPIC.row(
    "redirect-modes-follow-no-cors-303-home",
    "mode no-cors stays opaque at home behind a 303",
    step(mode="no-cors"),
    (Hop(answer(to("{page}/b"), status=303), origin=""), Hop(answer(), "{page}/b", origin="")),
    OPAQUE,
)
TOPIC.row(
    "redirect-modes-follow-no-cors-out",
    "mode no-cors turns opaque where it leaves home",
    step(url="{page}/1", mode="no-cors"),
    (*leads("{api}/2"), Hop(answer(), "{api}/2", origin="")),
    OPAQUE,
)
TOPIC.row(
    "redirect-modes-follow-no-cors-at-home",
    "mode no-cors at home is read, redirected or not",
    step(url="{page}/1", mode="no-cors"),
    (*leads("{page}/2"), Hop(answer(), "{page}/2", origin="")),
    reads(),
)

SCENARIOS = TOPIC.scenarios
