"""The request modes: same-origin never leaves, no-cors leaves without CORS and says nothing of what it brings back."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    OPAQUE,
    Hop,
    Topic,
    answer,
    blocked,
    credentials,
    origin,
    reads,
    refused,
    simple,
    step,
    to,
)
from harness.catalog.browsers.ways import STATUSES, leads, unreached
from harness.oracle import Reason

TOPIC = Topic("modes")
LEFT = blocked(Reason.MODE_SAME_ORIGIN)
CUSTOM = ("X-A", "1")

# ---- same-origin -------------------------------------------------------------------------------------

for method, sent in (("GET", ""), ("HEAD", ""), ("POST", "{page}"), ("PUT", "{page}")):
    TOPIC.row(
        f"modes-same-origin-{method.lower()}",
        f"same-origin: at home a {method} needs no preflight",
        step(method, CUSTOM, url="{page}/1", mode="same-origin"),
        (Hop(answer(), "{page}/1", origin=sent),),
        reads(),
    )
for name, summary, url, method, headers in (
    ("api", "a GET does not go to another port", "{api}/a", "GET", ()),
    ("cross", "a GET does not go to another host", "{cross}/a", "GET", ()),
    ("api-head", "a HEAD does not go to another port", "{api}/a", "HEAD", ()),
    ("api-post", "a POST does not go to another port", "{api}/a", "POST", ()),
    ("api-put", "a PUT is not even asked for", "{api}/a", "PUT", ()),
    ("api-header", "a custom header is not even asked for", "{api}/a", "GET", (CUSTOM,)),
):
    request = step(method, *headers, url=url, mode="same-origin")
    TOPIC.row(f"modes-same-origin-{name}", f"same-origin: {summary}", request, (unreached(url),), LEFT)

for status in STATUSES:
    TOPIC.row(
        f"modes-same-origin-redirect-{status}",
        f"same-origin: a {status} out is not followed",
        step(url="{page}/1", mode="same-origin"),
        (*leads("{api}/2", status=status), unreached("{api}/2")),
        LEFT,
    )
TOPIC.row(
    "modes-same-origin-redirect-post",
    "same-origin: a 307 of a POST out is not followed",
    step("POST", url="{page}/1", mode="same-origin", body="hello"),
    (Hop(answer(to("{api}/2"), status=307), "{page}/1"), unreached("{api}/2")),
    LEFT,
)
TOPIC.row(
    "modes-same-origin-redirect-home",
    "same-origin: a redirect at home is followed",
    step(url="{page}/1", mode="same-origin"),
    (*leads("{page}/2"), Hop(answer(), "{page}/2", origin="")),
    reads(),
)
TOPIC.row(
    "modes-same-origin-redirect-second",
    "same-origin: of two redirects the one that leaves is not followed",
    step(url="{page}/1", mode="same-origin"),
    (*leads("{page}/2"), Hop(answer(to("{api}/3"), status=302), "{page}/2", origin=""), unreached("{api}/3")),
    LEFT,
)
TOPIC.row(
    "modes-same-origin-null",
    "same-origin: an opaque origin has no home",
    step(mode="same-origin"),
    (unreached("{api}/a"),),
    LEFT,
    page="null",
)

# ---- no-cors: what is sent -----------------------------------------------------------------------------

for name, summary, method, fields, sent in (
    ("get", "a GET has no Origin", "GET", (), ""),
    ("head", "a HEAD has no Origin", "HEAD", (), ""),
    ("post", "a POST has the page's", "POST", (), "{page}"),
    ("post-lower", "post is POST", "post", (), "{page}"),
    ("safe-headers", "safe headers are sent", "GET", (("Accept", "a/b"), ("Accept-Language", "de")), ""),
    ("custom-header", "a custom header is dropped, so nobody is asked", "GET", (CUSTOM,), ""),
    ("authorization", "Authorization is dropped", "GET", (("Authorization", "Bearer abc"),), ""),
    ("range", "Range is dropped, safe or not", "GET", (("Range", "bytes=0-5"),), ""),
    ("long-accept", "an Accept that is too long is dropped", "GET", (("Accept", "a" * 129),), ""),
    ("unsafe-accept", "an Accept with an unsafe byte is dropped", "GET", (("Accept", "("),), ""),
    ("two-accepts", "a second Accept that makes both too long is dropped", "GET", (("Accept", "a" * 100),) * 2, ""),
    ("type", "a safe type is sent", "POST", (("Content-Type", "text/plain"),), "{page}"),
    ("json", "a JSON type is dropped", "POST", (("Content-Type", "application/json"),), "{page}"),
):
    request = step(method, *fields, mode="no-cors", body="hello" if sent else None)
    TOPIC.row(f"modes-no-cors-{name}", f"no-cors: {summary}", request, simple(answer(), origin=sent), OPAQUE)

for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "CHICKEN", "put"):
    name = "put-lower" if method == "put" else method.lower()
    TOPIC.row(
        f"modes-no-cors-{name}",
        f"no-cors: {method} is refused by fetch() itself",
        step(method, mode="no-cors"),
        (unreached("{api}/a"),),
        refused(Reason.METHOD_NOT_ALLOWED_IN_NO_CORS),
    )
TOPIC.row(
    "modes-no-cors-put-home",
    "no-cors: PUT is refused even at home",
    step("PUT", url="{page}/1", mode="no-cors"),
    (unreached("{page}/1"),),
    refused(Reason.METHOD_NOT_ALLOWED_IN_NO_CORS),
)

# ---- no-cors: what comes back ----------------------------------------------------------------------------

for name, summary, answered in (
    ("404", "a 404 is as opaque", answer(status=404)),
    ("500", "a 500 is as opaque", answer(status=500)),
    ("302", "a 302 without a Location is as opaque", answer(status=302)),
    ("open", "what CORS would open stays opaque", answer(origin("*"))),
    ("wrong-origin", "a wrong Access-Control-Allow-Origin does no harm", answer(origin("{api}"))),
):
    TOPIC.row(
        f"modes-no-cors-answer-{name}", f"no-cors: {summary}", step(mode="no-cors"), simple(answered, origin=""), OPAQUE
    )

for mode in ("include", "omit"):
    TOPIC.row(
        f"modes-no-cors-{mode}",
        f"no-cors: with credentials {mode} nothing need be allowed",
        step(mode="no-cors", credentials=mode),
        simple(answer(), origin=""),
        OPAQUE,
    )
for name, summary, url in (("cross", "another site", "{cross}/a"), ("api2", "another port", "{api2}/a")):
    TOPIC.row(
        f"modes-no-cors-{name}",
        f"no-cors: {summary} is as opaque",
        step(url=url, mode="no-cors"),
        simple(answer(), url=url, origin=""),
        OPAQUE,
    )
TOPIC.row(
    "modes-no-cors-home",
    "no-cors: at home everything is read",
    step(url="{page}/1", mode="no-cors"),
    (Hop(answer(CUSTOM), "{page}/1", origin=""),),
    reads("x-a"),
)
TOPIC.row(
    "modes-no-cors-null",
    "no-cors: from an opaque origin a POST has null",
    step("POST", mode="no-cors", body="hello"),
    simple(answer(), origin="null"),
    OPAQUE,
    page="null",
)

# ---- no-cors: redirects ------------------------------------------------------------------------------------

for name, summary, url, second, status, method, then in (
    ("post-kept", "within an origin keeps its Origin", "{api}/a", "{page}", 307, "POST", "POST"),
    ("post-get", "that becomes a GET loses its Origin", "{api}/a", "", 303, "POST", "GET"),
    ("post-api2", "to a third origin gets null", "{api2}/a", "null", 307, "POST", "POST"),
):
    target = url.replace("/a", "/b")
    TOPIC.row(
        f"modes-no-cors-redirect-{name}",
        f"no-cors: a POST redirected {summary}",
        step(method, mode="no-cors", body="hello"),
        (Hop(answer(to(target), status=status)), Hop(answer(), target, method=then, origin=second)),
        OPAQUE,
    )
TOPIC.row(
    "modes-no-cors-redirect-post-out",
    "no-cors: a POST redirected out of home keeps the page's Origin",
    step("POST", url="{page}/1", mode="no-cors", body="hello"),
    (Hop(answer(to("{api}/2"), status=307), "{page}/1"), Hop(answer(), "{api}/2")),
    OPAQUE,
)
TOPIC.row(
    "modes-no-cors-redirect-post-home",
    "no-cors: a POST that is sent home has null as Origin there",
    step("POST", mode="no-cors", body="hello"),
    (Hop(answer(to("{page}/b"), status=307)), Hop(answer(), "{page}/b", origin="null")),
    OPAQUE,
)

# ---- referrer policies -------------------------------------------------------------------------------------

POLICIES = {
    "no-referrer": "null",
    "same-origin": "null",
    "origin": "{page}",
    "strict-origin": "{page}",
    "origin-when-cross-origin": "{page}",
    "strict-origin-when-cross-origin": "{page}",
    "no-referrer-when-downgrade": "{page}",
    "unsafe-url": "{page}",
}
for policy, sent in POLICIES.items():
    whose = "null as" if sent == "null" else "the page's"
    TOPIC.row(
        f"modes-referrer-{policy}",
        f"no-cors: under referrer policy {policy} a POST has {whose} Origin",
        step("POST", mode="no-cors", body="hello", referrer_policy=policy),
        simple(answer(), origin=sent),
        OPAQUE,
    )
for policy in ("no-referrer", "same-origin"):
    TOPIC.row(
        f"modes-referrer-{policy}-cors",
        f"cors: under referrer policy {policy} a POST has the page's Origin all the same",
        step("POST", body="hello", referrer_policy=policy),
        simple(answer(origin())),
        reads(),
    )
for mode in ("no-cors", "same-origin", "cors"):
    for policy in ("no-referrer", "same-origin"):
        hidden = policy == "no-referrer" and mode != "cors"
        whose, sent = ("null as", "null") if hidden else ("the page's", "{page}")
        TOPIC.row(
            f"modes-referrer-{policy}-home-{mode}",
            f"{mode}: under referrer policy {policy} a POST at home has {whose} Origin",
            step("POST", url="{page}/1", mode=mode, body="hello", referrer_policy=policy),
            (Hop(answer(), "{page}/1", origin=sent),),
            reads(),
        )
TOPIC.row(
    "modes-referrer-no-referrer-get",
    "no-cors: under referrer policy no-referrer a GET has no Origin",
    step(mode="no-cors", referrer_policy="no-referrer"),
    simple(answer(), origin=""),
    OPAQUE,
)
for name, summary, said, sent in (
    ("hides", "may hide the Origin from there on", "no-referrer", "null"),
    ("last", "counts by the last policy in it that is known", "origin, no-referrer, pony", "null"),
    ("unknown", "says nothing where nobody knows it", "pony", "{page}"),
):
    TOPIC.row(
        f"modes-referrer-redirect-{name}",
        f"no-cors: a Referrer-Policy at a redirect {summary}",
        step("POST", mode="no-cors", body="hello"),
        (Hop(answer(to("{api}/b"), ("Referrer-Policy", said), status=307)), Hop(answer(), "{api}/b", origin=sent)),
        OPAQUE,
    )
TOPIC.row(
    "modes-referrer-redirect-shows",
    "no-cors: a Referrer-Policy at a redirect may show an Origin that was hidden",
    step("POST", mode="no-cors", body="hello", referrer_policy="no-referrer"),
    (
        Hop(answer(to("{api}/b"), ("Referrer-Policy", "unsafe-url"), status=307), origin="null"),
        Hop(answer(), "{api}/b"),
    ),
    OPAQUE,
)
TOPIC.row(
    "modes-referrer-redirect-cors",
    "cors: a Referrer-Policy at a redirect hides nothing",
    step("POST", body="hello"),
    (
        Hop(answer(origin(), credentials(), to("{api}/b"), ("Referrer-Policy", "no-referrer"), status=307)),
        Hop(url="{api}/b"),
    ),
    reads(),
)

SCENARIOS = TOPIC.scenarios
