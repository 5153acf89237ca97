"""Where a Location leads: user names and passwords in it, schemes, URLs that are none, several of them, none at all."""

from __future__ import annotations

from harness.catalog.browsers.rows import OPAQUE, Hop, Topic, answer, blocked, methods, origin, plain, reads, step, to
from harness.catalog.browsers.ways import STATUSES, leads, onward, open_to, unreached
from harness.oracle import Reason

TOPIC = Topic("redirect-targets")
WITH_USERINFO = blocked(Reason.REDIRECT_INCLUDES_CREDENTIALS)
INVALID = blocked(Reason.LOCATION_INVALID)
SCHEME = blocked(Reason.REDIRECT_SCHEME)


def location(value: str) -> tuple[str, str]:
    """A Location as it stands, without a token."""
    return "Location", value


def from_api(*headers: tuple[str, str], status: int = 302) -> Hop:
    """An answer of the API with this status that the page may read, or follow."""
    return Hop(open_to("{page}", *headers, status=status))


# ---- user names and passwords ----------------------------------------------------------------------

WAYS = (
    ("page-api", "out of the page's origin", "{page}/1", "{api", "{page}"),
    ("api-page", "home", "{api}/1", "{page", "null"),
    ("api-api", "within a foreign origin", "{api}/1", "{api", "{page}"),
    ("api-api2", "to a third origin", "{api}/1", "{api2", "null"),
)

for form, what, userinfo in (
    ("both", "a user name and a password", "user:password@"),
    ("name", "a user name with an empty password", "user:@"),
    ("word", "a password alone", ":password@"),
):
    for name, where, begin, place, _ in WAYS:
        location_url = f"{place}|{userinfo}}}/2"
        first = leads(location_url)[0] if begin == "{page}/1" else Hop(onward(location_url), begin)
        TOPIC.row(
            f"redirect-targets-{form}-{name}",
            f"{what} in a redirect {where} ends it",
            step(url=begin),
            (first, unreached(f"{place}}}/2")),
            WITH_USERINFO,
        )

for form, what, userinfo in (("colon", "a colon and an @", ":@"), ("at", "an @", "@")):
    for name, where, begin, place, there in WAYS:
        location_url = f"{place}|{userinfo}}}/2"
        first = leads(location_url)[0] if begin == "{page}/1" else Hop(onward(location_url), begin)
        TOPIC.row(
            f"redirect-targets-{form}-{name}",
            f"{what} in a redirect {where} is no user name",
            step(url=begin),
            (first, Hop(open_to(there), f"{place}}}/2", origin=there)),
            reads(),
        )

for form, what, userinfo in (
    ("both", "both", "foo:bar@"),
    ("name", "a user name", "foo@"),
    ("word", "a password", ":bar@"),
):
    TOPIC.row(
        f"redirect-targets-{form}-page-page",
        f"at home a redirect with {what} is followed",
        step(url="{page}/1"),
        (*leads(f"{{page|{userinfo}}}/2"), Hop(answer(), "{page}/2", origin="")),
        reads(),
    )

TOPIC.row(
    "redirect-targets-both-put",
    "behind a preflight a user name in a redirect ends it",
    step("PUT"),
    (
        Hop(onward("{api|user:pass@}/b", status=307), asks="", preflight=open_to("{page}", methods("PUT"))),
        unreached("{api}/b"),
    ),
    WITH_USERINFO,
)
TOPIC.row(
    "redirect-targets-both-second",
    "a user name in a second redirect ends it",
    step(),
    (Hop(onward("{api}/b")), Hop(onward("{api|user:pass@}/c"), "{api}/b"), unreached("{api}/c")),
    WITH_USERINFO,
)
TOPIC.row(
    "redirect-targets-both-no-cors",
    "in mode no-cors a redirect out with a user name is followed",
    step(url="{page}/1", mode="no-cors"),
    (*leads("{api|user:pass@}/2"), Hop(answer(), "{api}/2", origin="")),
    OPAQUE,
)
TOPIC.row(
    "redirect-targets-both-no-cors-third",
    "in mode no-cors a redirect to a third origin with a user name is followed",
    step(mode="no-cors"),
    (Hop(answer(to("{api2|user:pass@}/b"), status=302), origin=""), Hop(answer(), "{api2}/b", origin="")),
    OPAQUE,
)
TOPIC.row(
    "redirect-targets-both-same-origin",
    "in mode same-origin a redirect at home with a user name is followed",
    step(url="{page}/1", mode="same-origin"),
    (*leads("{page|user:pass@}/2"), Hop(answer(), "{page}/2", origin="")),
    reads(),
)

# ---- other schemes -----------------------------------------------------------------------------------

for name, value in (
    ("data", "data:text/plain,hi"),
    ("ftp", "ftp://localhost/b"),
    ("blob", "blob:{page}/b"),
    ("file", "file:///b"),
    ("about", "about:blank"),
    ("javascript", "javascript:0"),
    ("mailto", "mailto:somebody@example.net"),
    ("ws", "ws://{api|host}/b"),
    ("unknown", "pony:b"),
):
    summary = f"a redirect to {name}: is not followed"
    TOPIC.row(f"redirect-targets-scheme-{name}", summary, step(), (from_api(location(value)),), SCHEME)

for name, summary, request, hops in (
    (
        "home",
        "a redirect from home to data: is not followed",
        step(url="{page}/1"),
        (Hop(answer(location("data:,hi"), status=302), "{page}/1", origin=""),),
    ),
    (
        "no-cors",
        "in mode no-cors a redirect to data: is not followed",
        step(mode="no-cors"),
        (Hop(answer(location("data:,hi"), status=302), origin=""),),
    ),
    ("upper", "a redirect to DATA: is not followed", step(), (from_api(location("DATA:,hi")),)),
    (
        "post",
        "a POST that a 303 sends to data: ends there",
        step("POST", body="hello"),
        (from_api(location("data:,hi"), status=303),),
    ),
    (
        "put",
        "a redirect to data: behind a preflight is not followed",
        step("PUT"),
        (
            Hop(
                open_to("{page}", location("data:,hi"), status=307),
                asks="",
                preflight=open_to("{page}", methods("PUT")),
            ),
        ),
    ),
):
    TOPIC.row(f"redirect-targets-scheme-data-{name}", summary, request, hops, SCHEME)

TOPIC.row(
    "redirect-targets-scheme-upper",
    "HTTP: and a host in upper case lead to the same origin",
    step(),
    (Hop(onward("{api|upper}/b")), Hop(url="{api}/b")),
    reads(),
)

# ---- what is no URL ----------------------------------------------------------------------------------

for name, summary, value in (
    ("open-bracket", "a bracket that is never closed", "http://["),
    ("no-address", "brackets around what is no address", "http://[x]/b"),
    ("zone", "an address with a zone", "http://[::1%25lo]/b"),
    ("port-range", "a port beyond 65535", "http://localhost:65536/b"),
    ("port-word", "a port that is no number", "http://localhost:pony/b"),
    ("no-host", "a scheme and two slashes", "http://"),
    ("slashes", "two slashes", "//"),
    ("five-numbers", "an address of five numbers", "http://127.0.0.1.1/b"),
):
    TOPIC.row(f"redirect-targets-invalid-{name}", f"{summary}: no URL", step(), (from_api(location(value)),), INVALID)

TOPIC.row(
    "redirect-targets-invalid-home",
    "at home a redirect to what is no URL ends it",
    step(url="{page}/1"),
    (Hop(answer(location("http://["), status=302), "{page}/1", origin=""),),
    INVALID,
)

# ---- how many Locations ------------------------------------------------------------------------------

for name, summary, one, other in (
    ("different", "two Locations lead nowhere", "{api}/b", "{api}/c"),
    ("same", "two Locations lead nowhere even where they are the same", "{api}/b", "{api}/b"),
):
    TOPIC.row(
        f"redirect-targets-two-{name}",
        summary,
        step(),
        (from_api(to(one), to(other)), unreached("{api}/b"), unreached("{api}/c")),
        blocked(Reason.LOCATION_MULTIPLE),
    )

for status in STATUSES:
    summary = f"a {status} without a Location is an answer like any other"
    TOPIC.row(f"redirect-targets-none-{status}", summary, step(), (from_api(status=status),), reads(status=status))

TOPIC.row(
    "redirect-targets-none-shut",
    "a 302 without a Location must pass the check",
    step(),
    (Hop(answer(status=302)),),
    blocked(Reason.ALLOW_ORIGIN_MISSING),
)
TOPIC.row(
    "redirect-targets-none-home",
    "at home a 302 without a Location is read whole",
    step(url="{page}/1"),
    (Hop(answer(("X-A", "1"), status=302), "{page}/1", origin=""),),
    reads("x-a", status=302),
)
TOPIC.row(
    "redirect-targets-empty",
    "an empty Location leads to where the request already is",
    step(),
    (from_api(location("")), Hop(open_to("{page}", status=203))),
    reads(status=203),
)
TOPIC.row(
    "redirect-targets-empty-post",
    "behind an empty Location a POST arrives at the same URL as a GET",
    step("POST", body="hello"),
    (from_api(location("")), Hop(open_to("{page}", status=203), method="GET")),
    reads(status=203),
)

for status in (201, 300, 305, 306, 399):
    TOPIC.row(
        f"redirect-targets-status-{status}",
        f"a {status} with a Location is no redirect",
        step(),
        (from_api(to("{api}/b"), status=status), unreached("{api}/b")),
        reads(status=status),
    )
TOPIC.row(
    "redirect-targets-status-304",
    "a 304 with a Location is no redirect",
    step(),
    (Hop(plain(origin(), to("{api}/b"), status=304)), unreached("{api}/b")),
    reads(status=304, bare=True),
)

# ---- relative ones -----------------------------------------------------------------------------------

for name, summary, value, target in (
    ("path", "a path leads within the origin", "/c", "{api}/c"),
    ("name", "a name leads beside the last part of the path", "d", "{api}/a/d"),
    ("dot", "a dot is the folder itself", "./d", "{api}/a/d"),
    ("dots", "two dots lead up", "../d", "{api}/d"),
    ("encoded-dots", "two dots may be written %2e%2E", "%2e%2E/d", "{api}/d"),
    ("many-dots", "no dots lead above the root", "../../../d", "{api}/d"),
    ("query", "a query leads to the same path", "?x=1", "{api}/a/b?x=1"),
    ("scheme", "http: and a name is relative to an http URL", "http:d", "{api}/a/d"),
    ("fragment", "a fragment is not sent", "{api}/c#there", "{api}/c"),
):
    way = (Hop(onward(value), "{api}/a/b"), Hop(url=target))
    TOPIC.row(f"redirect-targets-relative-{name}", summary, step(url="{api}/a/b"), way, reads())

for name, summary, value, target in (
    ("host", "two slashes and a host lead to another origin over the same scheme", "//{api2|host}/c", "{api2}/c"),
    ("host-home", "two slashes and the page's host lead home", "//{page|host}/c", "{page}/c"),
):
    way = (Hop(onward(value)), Hop(open_to("null"), target, origin="null"))
    TOPIC.row(f"redirect-targets-relative-{name}", summary, step(), way, reads())

TOPIC.row(
    "redirect-targets-relative-home",
    "a path leads within the page's origin",
    step(url="{page}/1"),
    (*leads("/2"), Hop(answer(), "{page}/2", origin="")),
    reads(),
)
TOPIC.row(
    "redirect-targets-padded",
    "blanks and tabs around a Location are no part of it",
    step(),
    (from_api(location(" \t{api}/b?{token} \t")), Hop(url="{api}/b")),
    reads(),
)

SCENARIOS = TOPIC.scenarios
