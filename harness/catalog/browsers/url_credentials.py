"""XMLHttpRequest with a user name and a password in its URL: nobody gets them who has not asked for them.

Only the second try after a 401 has them, and none to another origin (#http-network-or-cache-fetch steps 8.21 and 14);
fetch() takes no such URL at all.
"""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    XHR,
    Hop,
    Topic,
    answer,
    asked,
    blocked,
    methods,
    names,
    origin,
    reads,
    simple,
    step,
    to,
    turned_down,
)
from harness.catalog.browsers.ways import onward, open_to
from harness.oracle import Reason

TOPIC = Topic("url-credentials")
URL = "{api|user:pass@}/a"
READABLE = open_to("{page}")

for mode in ("same-origin", "include"):
    for name, summary, userinfo in (
        ("both", "a user name and a password", "user:pass@"),
        ("name", "a user name", "user@"),
        ("word", "a password", ":pass@"),
        ("empty", "nothing but an @", "@"),
    ):
        TOPIC.row(
            f"url-credentials-{name}-{mode}",
            f"with credentials {mode} {summary} in the URL is not sent",
            step(url=f"{{api|{userinfo}}}/a", credentials=mode),
            simple(READABLE),
            reads(),
            apis=XHR,
        )
    TOPIC.row(
        f"url-credentials-put-{mode}",
        f"with credentials {mode} neither a preflight nor its PUT has what the URL has",
        step("PUT", url=URL, credentials=mode),
        asked("", open_to("{page}", methods("PUT"))),
        reads(),
        apis=XHR,
    )
    TOPIC.row(
        f"url-credentials-home-{mode}",
        f"with credentials {mode} what the URL has is not sent at home",
        step(url="{page|user:pass@}/1", credentials=mode),
        (Hop(answer(), "{page}/1", origin=""),),
        reads(),
        apis=XHR,
    )

# ---- a server that asks for them -----------------------------------------------------------------------

SENT = (("authorization", "present"),)


def challenge(folder: str) -> tuple[str, str]:
    """What asks for a password to one folder: browsers remember it, and must not send it to other rows unasked."""
    return "WWW-Authenticate", f'Basic realm="{folder}"'


def asking(folder: str, sent_origin: str) -> tuple[Hop, ...]:
    """A folder of the page's own site that asks for a password, and the second try."""
    url = f"{{page}}/{folder}/1"
    first = answer(challenge(folder), status=401)
    return Hop(first, url, origin=sent_origin), Hop(answer(), url, origin=sent_origin, also=SENT)


for mode in ("same-origin", "include"):
    TOPIC.row(
        f"url-credentials-asked-home-{mode}",
        f"with credentials {mode} they are sent at home to a server that asks for them",
        step(url=f"{{page|user:pass@}}/{mode}/1", credentials=mode),
        asking(mode, ""),
        reads(),
        apis=XHR,
    )
    TOPIC.row(
        f"url-credentials-asked-{mode}",
        f"with credentials {mode} a foreign server asks for them in vain",
        step(url=URL, credentials=mode),
        simple(open_to("{page}", challenge(mode), status=401)),
        reads(status=401),
        apis=XHR,
    )
TOPIC.row(
    "url-credentials-asked-post",
    "at home a POST is sent a second time with them",
    step("POST", url="{page|user:pass@}/post/1", body="hello"),
    asking("post", "{page}"),
    reads(),
    apis=XHR,
)

# ---- whatever else -------------------------------------------------------------------------------------

TOPIC.row(
    "url-credentials-shut",
    "user name and password open nothing",
    step(url=URL),
    simple(answer()),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
    apis=XHR,
)
TOPIC.row(
    "url-credentials-mode",
    "user name and password make no request with credentials: * opens it",
    step(url=URL),
    simple(answer(origin("*"))),
    reads(),
    apis=XHR,
)
TOPIC.row(
    "url-credentials-authorization",
    "an Authorization of the author's is asked for and sent",
    step("GET", ("Authorization", "Bearer abc"), url=URL),
    asked("authorization", open_to("{page}", names("authorization")), also=(("authorization", "present"),)),
    reads(),
    apis=XHR,
)
TOPIC.row(
    "url-credentials-refused",
    "user name and password pass no preflight that refuses",
    step("PUT", url=URL),
    turned_down("", READABLE),
    blocked(Reason.METHOD_NOT_ALLOWED),
    apis=XHR,
)
TOPIC.row(
    "url-credentials-relative",
    "a Location that is only a path takes user name and password along, which ends it",
    step(url=URL),
    (Hop(onward("/b")), Hop(url="{api}/b", sent=False)),
    blocked(Reason.REDIRECT_INCLUDES_CREDENTIALS),
    apis=XHR,
)
TOPIC.row(
    "url-credentials-absolute",
    "a Location with a host leaves user name and password behind",
    step(url=URL),
    (Hop(onward("{api}/b")), Hop(url="{api}/b")),
    reads(),
    apis=XHR,
)
TOPIC.row(
    "url-credentials-relative-home",
    "at home a Location that is only a path takes user name and password along, and is followed",
    step(url="{page|user:pass@}/1"),
    (Hop(answer(to("/2"), status=302), "{page}/1", origin=""), Hop(answer(), "{page}/2", origin="")),
    reads(),
    apis=XHR,
)

SCENARIOS = TOPIC.scenarios
