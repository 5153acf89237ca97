"""Cross-Origin-Resource-Policy: keeps an answer from mode no-cors, where CORS does not ask; exact words only."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    OPAQUE,
    PATH,
    Topic,
    answer,
    blocked,
    credentials,
    origin,
    reads,
    simple,
    step,
)
from harness.oracle import Reason
from harness.scenario import Step

TOPIC = Topic("resource-policy")
CROSS = "{cross}" + PATH
HERE = "{page}" + PATH


def policy(value: str) -> tuple[str, str]:
    """Cross-Origin-Resource-Policy."""
    return "Cross-Origin-Resource-Policy", value


def no_cors(url: str = "{api}" + PATH, **more: str) -> Step:
    """A GET of mode no-cors, which has no Origin."""
    return step(url=url, mode="no-cors", **more)


# ---- the same site, another origin -----------------------------------------------------------------

for name, summary, headers in (
    ("none", "without a policy an answer is there, and says nothing", []),
    ("open", "Allow-Origin makes the answer no more readable", [origin("*")]),
    ("cross-origin", "cross-origin is for everybody", [policy("cross-origin")]),
    ("same-site", "same-site is for another port of the same host", [policy("same-site")]),
    ("padded", "blanks and tabs around same-site are no part of it", [policy("\t same-site ")]),
    # What is unknown is no policy.
    ("word", "a word that is no policy is none", [policy("same")]),
    ("empty", "an empty value is no policy", [policy("")]),
    ("upper", "SAME-ORIGIN is no policy", [policy("SAME-ORIGIN")]),
    ("capital", "Same-Origin is no policy", [policy("Same-Origin")]),
    ("list-word", "a list that ends in a policy is none", [policy("same, same-origin")]),
    ("list-marks", "a list that begins with a policy is none", [policy("same-origin, <>")]),
    ("list-twice", "a list of the same policy twice is none", [policy("same-origin, same-origin")]),
    ("doubled", "two fields with the same policy are joined to a list", [policy("same-origin"), policy("same-origin")]),
):
    TOPIC.row(f"resource-policy-{name}", summary, no_cors(), simple(answer(*headers), origin=""), OPAQUE)

for name, summary, headers in (
    ("same-origin", "same-origin is not for another port", [policy("same-origin")]),
    ("same-origin-padded", "blanks around same-origin are no part of it", [policy("  same-origin\t")]),
    ("same-origin-open", "Allow-Origin does not open what same-origin shuts", [origin("*"), policy("same-origin")]),
):
    TOPIC.row(
        f"resource-policy-{name}",
        summary,
        no_cors(),
        simple(answer(*headers), origin=""),
        blocked(Reason.CORP_SAME_ORIGIN),
    )

for status in (204, 404, 500):
    TOPIC.row(
        f"resource-policy-{status}",
        f"same-origin shuts an answer of {status} as well",
        no_cors(),
        simple(answer(policy("same-origin"), status=status), origin=""),
        blocked(Reason.CORP_SAME_ORIGIN),
    )
for method, origin_sent in (("HEAD", ""), ("POST", "{page}")):
    TOPIC.row(
        f"resource-policy-{method.lower()}",
        f"same-origin shuts the answer to a {method}, which arrives all the same",
        step(method, mode="no-cors"),
        simple(answer(policy("same-origin")), origin=origin_sent),
        blocked(Reason.CORP_SAME_ORIGIN),
    )
for mode in ("omit", "include"):
    TOPIC.row(
        f"resource-policy-{mode}",
        f"same-origin shuts an answer to credentials mode {mode}",
        no_cors(credentials=mode),
        simple(answer(policy("same-origin"), credentials()), origin=""),
        blocked(Reason.CORP_SAME_ORIGIN),
    )

# ---- another site ----------------------------------------------------------------------------------

TOPIC.row(
    "resource-policy-cross-cross-origin",
    "cross-origin is for other sites as well",
    no_cors(CROSS),
    simple(answer(policy("cross-origin")), url=CROSS, origin=""),
    OPAQUE,
)
for name, value, reason in (
    ("cross-same-site", "same-site", Reason.CORP_SAME_SITE),
    ("cross-same-origin", "same-origin", Reason.CORP_SAME_ORIGIN),
):
    TOPIC.row(
        f"resource-policy-{name}",
        f"{value} is not for another site",
        no_cors(CROSS),
        simple(answer(policy(value)), url=CROSS, origin=""),
        blocked(reason),
    )

# ---- other pages -----------------------------------------------------------------------------------

for name, summary, page, value, reason in (
    (
        "subdomain",
        "a subdomain of localhost is no part of it",
        "http://app.localhost",
        "same-site",
        Reason.CORP_SAME_SITE,
    ),
    ("address", "an address is another site than a name", "http://127.0.0.1", "same-site", Reason.CORP_SAME_SITE),
    ("null-same-site", "a sandboxed frame is on no site", "null", "same-site", Reason.CORP_SAME_SITE),
    ("null-same-origin", "a sandboxed frame has nobody's origin", "null", "same-origin", Reason.CORP_SAME_ORIGIN),
):
    TOPIC.row(
        f"resource-policy-{name}",
        summary,
        no_cors(),
        simple(answer(policy(value)), origin=""),
        blocked(reason),
        page=page,
    )
for name, summary, page, value in (
    ("null-cross-origin", "cross-origin is for sandboxed frames as well", "null", "cross-origin"),
    ("https-same-site", "same-site is for a page and an answer over https", "https://localhost", "same-site"),
):
    TOPIC.row(
        f"resource-policy-{name}", summary, no_cors(), simple(answer(policy(value)), origin=""), OPAQUE, page=page
    )

# ---- it is not asked elsewhere ---------------------------------------------------------------------

TOPIC.row(
    "resource-policy-cors",
    "mode cors does not look at it",
    step(),
    simple(answer(origin(), policy("same-origin"))),
    reads(),
)
TOPIC.row(
    "resource-policy-here",
    "the page's own origin is what same-origin is for",
    no_cors(HERE),
    simple(answer(policy("same-origin")), url=HERE, origin=""),
    reads("cross-origin-resource-policy"),
)

SCENARIOS = TOPIC.scenarios
