"""A ReadableStream as a body: it forces a preflight, and then does not go out, because the servers here speak HTTP/1.

Fetch takes such a body over HTTP/2 and later only (#http-network-fetch step 8.3); the preflight is sent before that.
``stream_http_2`` has what goes out.
"""

from __future__ import annotations

from typing import Any

from harness.catalog.browsers.rows import (
    Topic,
    Turn,
    answer,
    asked,
    blocked,
    max_age,
    methods,
    names,
    origin,
    reads,
    refused,
    step,
    turned_down,
    unsent,
)
from harness.catalog.browsers.ways import onward, open_to
from harness.literal import Close
from harness.oracle import Reason
from harness.scenario import Step

TOPIC = Topic("stream-bodies")
READABLE = open_to("{page}")
OVER_HTTP_1 = blocked(Reason.STREAM_OVER_HTTP_ONE)


def streaming(method: str = "POST", *headers: tuple[str, str], body: str = "hello", **more: Any) -> Step:
    """A request whose body is a stream."""
    return step(method, *headers, body=body, body_kind="stream", **more)


# ---- the preflight passes ------------------------------------------------------------------------------

for name, summary, request, asks, *grants in (
    ("post", "a POST is asked for, and no type with it", streaming(), ""),
    ("post-empty", "a stream that ends at once is a stream", streaming(body=""), ""),
    ("post-text-type", "a safe type is not asked for", streaming("POST", ("Content-Type", "text/plain")), ""),
    ("put", "a PUT passes although no method is listed", streaming("PUT"), ""),
    ("patch", "a PATCH passes although no method is listed", streaming("PATCH"), ""),
    ("put-listed", "a PUT that is listed passes", streaming("PUT"), "", methods("PUT")),
    ("post-lists-other", "a list without POST passes a POST", streaming(), "", methods("PUT")),
    ("header", "a custom header is asked for", streaming("POST", ("X-A", "1")), "x-a", names("x-a")),
    (
        "type",
        "an unsafe type is asked for",
        streaming("POST", ("Content-Type", "application/json")),
        "content-type",
        names("content-type"),
    ),
    ("include", "with credentials a POST is asked for", streaming(credentials="include"), ""),
    ("omit", "without credentials a POST is asked for", streaming(credentials="omit"), ""),
    ("redirect-error", "in redirect mode error a POST is asked for", streaming(redirect="error"), ""),
):
    hops = turned_down(asks, open_to("{page}", *grants))
    TOPIC.row(f"stream-bodies-{name}", f"{summary}; then nothing goes out", request, hops, OVER_HTTP_1)

TOPIC.row(
    "stream-bodies-null",
    "from an opaque origin a POST is asked for with null; then nothing goes out",
    streaming(),
    turned_down("", READABLE),
    OVER_HTTP_1,
    page="null",
)
for mode in ("cors", "same-origin"):
    TOPIC.row(
        f"stream-bodies-home-{mode}",
        f"at home in mode {mode} nobody is asked, and nothing goes out",
        streaming(url="{page}/1", mode=mode),
        unsent(url="{page}/1"),
        OVER_HTTP_1,
    )

# ---- the preflight is refused --------------------------------------------------------------------------

for name, summary, request, asks, preflight, reason in (
    ("no-origin", "without an allowed origin", streaming(), "", answer(), Reason.ALLOW_ORIGIN_MISSING),
    ("404", "behind a 404", streaming(), "", open_to("{page}", status=404), Reason.PREFLIGHT_STATUS_NOT_OK),
    ("302", "behind a redirect", streaming(), "", onward("{api}/b"), Reason.PREFLIGHT_REDIRECT),
    (
        "other-method",
        "where a list leaves PUT out",
        streaming("PUT"),
        "",
        open_to("{page}", methods("POST")),
        Reason.METHOD_NOT_ALLOWED,
    ),
    ("header", "without its header", streaming("POST", ("X-A", "1")), "x-a", READABLE, Reason.HEADER_NOT_ALLOWED),
    (
        "include-star",
        "where * is to do with credentials",
        streaming(credentials="include"),
        "",
        answer(origin("*")),
        Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS,
    ),
    ("unanswered", "without an answer", streaming(), "", Close(), Reason.NETWORK_FAILURE),
):
    TOPIC.row(
        f"stream-bodies-refused-{name}",
        f"the preflight is refused {summary}",
        request,
        turned_down(asks, preflight),
        blocked(reason),
    )

# ---- nothing is asked at all -----------------------------------------------------------------------------

for name, summary, request, reason in (
    ("no-cors", "mode no-cors takes no stream", streaming(mode="no-cors"), Reason.STREAM_IN_NO_CORS),
    (
        "no-cors-home",
        "mode no-cors takes no stream at home",
        streaming(url="{page}/1", mode="no-cors"),
        Reason.STREAM_IN_NO_CORS,
    ),
    (
        "no-cors-put",
        "in mode no-cors a PUT is refused for its method before its stream",
        streaming("PUT", mode="no-cors"),
        Reason.METHOD_NOT_ALLOWED_IN_NO_CORS,
    ),
    ("get", "a GET takes no stream", streaming("GET"), Reason.BODY_WITH_GET_OR_HEAD),
    ("head", "a HEAD takes no stream", streaming("HEAD"), Reason.BODY_WITH_GET_OR_HEAD),
):
    TOPIC.row(f"stream-bodies-{name}", summary, request, unsent(url=request.url), refused(reason))

for name, summary, request, reason in (
    ("same-origin", "mode same-origin does not go out with it", streaming(mode="same-origin"), Reason.MODE_SAME_ORIGIN),
    ("bad-port", "a port that nobody may use is not asked", streaming(url="{api|:6667}/a"), Reason.BAD_PORT),
):
    TOPIC.row(f"stream-bodies-{name}", summary, request, unsent(url=request.url), blocked(reason))

# ---- remembered ------------------------------------------------------------------------------------------

GRANTED = open_to("{page}", methods("PUT"), max_age("60"))

TOPIC.sequence(
    "stream-bodies-cached-not",
    "what does not go out clears what its preflight was granted",
    Turn(streaming("PUT"), turned_down("", GRANTED), OVER_HTTP_1),
    Turn(streaming("PUT"), turned_down("", GRANTED), OVER_HTTP_1),
)
TOPIC.sequence(
    "stream-bodies-cached-uses",
    "what is remembered spares its preflight, and is cleared by it",
    Turn(step("PUT"), asked("", GRANTED), reads()),
    Turn(streaming("PUT"), unsent(), OVER_HTTP_1),
    Turn(step("PUT"), asked("", GRANTED), reads()),
)

SCENARIOS = TOPIC.scenarios
