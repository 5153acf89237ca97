"""Access-Control-Expose-Headers: names that script may read beside the safelisted; `*` without credentials."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    PATH,
    Hop,
    Topic,
    answer,
    asked,
    credentials,
    exposed,
    methods,
    origin,
    reads,
    simple,
    step,
)

TOPIC = Topic("expose-headers")
OWN = (("X-A", "1"), ("X-B", "2"))
COOKIES = (("Set-Cookie", "a=1; Max-Age=0"), ("Set-Cookie2", "a=1; Max-Age=0"))
CORS = ("access-control-allow-origin", "access-control-expose-headers")

# ---- lists -----------------------------------------------------------------------------------------

for name, summary, lists, readable in (
    ("none", "without a list script reads no header of its own kind", [], []),
    ("one", "a name in the list is read", ["X-A"], ["x-a"]),
    ("lower", "names are listed in any case", ["x-a"], ["x-a"]),
    ("two", "two names are read", ["X-A, X-B"], ["x-a", "x-b"]),
    ("leading-comma", "an empty element before a name is skipped", [",x-a"], ["x-a"]),
    ("prefix", "a star behind the beginning of a name is a letter", ["x-*"], []),
    ("empty", "an empty list exposes nothing", [""], []),
    ("fields", "names of two fields count together", ["x-a", "x-b"], ["x-a", "x-b"]),
    ("fields-first", "the first of two fields counts", ["x-a", "no"], ["x-a"]),
    ("fields-last", "the second of two fields counts", ["no", "x-a"], ["x-a"]),
    ("itself", "the list is read where it lists itself", ["Access-Control-Expose-Headers"], [CORS[1]]),
):
    TOPIC.row(
        f"expose-headers-{name}",
        summary,
        step(),
        simple(answer(origin(), *OWN, *map(exposed, lists))),
        reads(*readable),
    )

for field, value in (("Age", "27"), ("Server", "corsproof"), ("Warning", '199 - "Mind the gap"'), ("ETag", '"a"')):
    TOPIC.row(
        f"expose-headers-{field.lower()}",
        f"{field} is read where it is listed",
        step(),
        simple(answer(origin("*"), (field, value), exposed(field))),
        reads(field.lower()),
    )

# ---- what breaks the grammar exposes nothing -------------------------------------------------------

for name, summary, lists in (
    ("blank-between", "two names without a comma void the list", ["x-a x-b"]),
    ("blank-beside", "an element with a blank inside voids the list with the name", ["x-a, no no"]),
    ("quoted-beside", "an element in quotes voids the list with the name", ['"x-a",x-a']),
    ("marks", "an element of marks voids the list with the name", ["x-a,,@#$#%%&^&^*()()11!"]),
    ("vt", "a vertical tab is no blank and voids the list", ["x-a\x0b"]),
    ("ff", "a form feed is no blank and voids the list", ["x-a\x0c"]),
    ("second-field", "a second field that breaks the grammar voids the first", ["x-a", "no no"]),
    ("first-field", "a first field that breaks the grammar voids the second", ["no no", "x-a"]),
    ("star-beside", "an element that breaks the grammar voids * as well", ["*, no no"]),
):
    TOPIC.row(
        f"expose-headers-{name}",
        summary,
        step(),
        simple(answer(origin(), *OWN, ("Content-Language", "en"), *map(exposed, lists))),
        reads("content-language"),
    )

# ---- the wildcard ----------------------------------------------------------------------------------

for name, summary, lists in (
    ("star", "* exposes every header", ["*"]),
    ("star-list", "* counts among others", ["x-c, *"]),
    ("star-field", "* counts in a field of its own", ["x-a", "*"]),
):
    TOPIC.row(
        f"expose-headers-{name}",
        summary,
        step(),
        simple(answer(origin(), *OWN, *map(exposed, lists))),
        reads("x-a", "x-b", *CORS),
    )
for name, summary, lists in (
    ("star-name", "a header called * is one of those that * exposes", ["*"]),
    ("star-cookie", "* exposes no Set-Cookie", ["set-cookie, *"]),
):
    TOPIC.row(
        f"expose-headers-{name}",
        summary,
        step(),
        simple(answer(origin(), ("*", "whoa"), *OWN, *COOKIES, *map(exposed, lists))),
        reads("*", "x-a", "x-b", *CORS),
    )
TOPIC.row(
    "expose-headers-star-doubled",
    "two stars are a token, and no wildcard",
    step(),
    simple(answer(origin(), *OWN, exposed("**"))),
    reads(),
)

INCLUDE = step(credentials="include")
for name, summary, listed, readable in (
    ("include", "with credentials the listed names are read", "x-a", ["x-a"]),
    ("include-star", "with credentials * exposes only a header called *", "*", ["*"]),
    ("include-star-list", "with credentials * does not help the others in the list", "*, x-a", ["*", "x-a"]),
):
    TOPIC.row(
        f"expose-headers-{name}",
        summary,
        INCLUDE,
        simple(answer(origin(), credentials(), *OWN, ("*", "whoa"), exposed(listed))),
        reads(*readable),
    )
TOPIC.row(
    "expose-headers-omit-star",
    "* exposes every header where credentials are omitted",
    step(credentials="omit"),
    simple(answer(origin("*"), *OWN, exposed("*"))),
    reads("x-a", "x-b", *CORS),
)

# ---- never -----------------------------------------------------------------------------------------

for field, value in COOKIES:
    TOPIC.row(
        f"expose-headers-{field.lower()}",
        f"{field} is not read though it is listed",
        step(),
        simple(answer(origin("*"), (field, value), exposed(field))),
        reads(),
    )

# ---- where the list stands -------------------------------------------------------------------------

TOPIC.row(
    "expose-headers-preflight",
    "a list on the answer to a preflight exposes nothing of the other",
    step("PUT"),
    asked("", answer(origin(), methods("PUT"), exposed("x-a")), answer(origin(), *OWN)),
    reads(),
)
TOPIC.row(
    "expose-headers-here",
    "within the page's own origin a list hides nothing",
    step(url="{page}" + PATH),
    (Hop(answer(*OWN, exposed("x-a")), "{page}" + PATH, origin=""),),
    reads("x-a", "x-b", CORS[1]),
)

SCENARIOS = TOPIC.scenarios
