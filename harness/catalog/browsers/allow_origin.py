"""Access-Control-Allow-Origin: one origin, byte for byte, or `*`; nothing else opens an answer."""

from __future__ import annotations

from harness.catalog.browsers.rows import (
    PATH,
    Hop,
    Topic,
    answer,
    asked,
    blocked,
    methods,
    origin,
    reads,
    simple,
    step,
    turned_down,
)
from harness.oracle import Reason

TOPIC = Topic("allow-origin")
HERE = "{page}" + PATH

# ---- what opens ------------------------------------------------------------------------------------

for name, summary, value in (
    ("exact", "the page's origin, byte for byte", "{page}"),
    ("star", "* opens an answer to anybody without credentials", "*"),
    ("padded", "blanks and tabs around a value are no part of it", " {page}   \t "),
    ("blank-before", "a blank before an origin is no part of it", " {page}"),
    ("star-padded", "blanks and tabs around * are no part of it", " \t*\t "),
):
    TOPIC.row(f"allow-origin-{name}", summary, step(), simple(answer(origin(value))), reads())

for name, summary, field in (
    ("name-lower", "the field's name may be in lower case", "access-control-allow-origin"),
    ("name-upper", "the field's name may be in upper case", "ACCESS-CONTROL-ALLOW-ORIGIN"),
):
    TOPIC.row(f"allow-origin-{name}", summary, step(), simple(answer((field, "{page}"))), reads())

for name, summary, page in (
    ("from-subdomain", "a page on a subdomain has all of its name in its origin", "http://app.localhost"),
    ("from-https", "a page over https has its scheme in its origin", "https://localhost"),
):
    TOPIC.row(f"allow-origin-{name}", summary, step(), simple(answer(origin())), reads(), page=page)

TOPIC.row(
    "allow-origin-to-another-site",
    "the page's origin opens an answer of another site as well",
    step(url="{cross}/a"),
    simple(answer(origin()), url="{cross}/a"),
    reads(),
)
TOPIC.row(
    "allow-origin-same-origin",
    "an answer of the page's own origin needs no header",
    step(url=HERE),
    simple(answer(), url=HERE, origin=""),
    reads(),
)

# ---- no such header --------------------------------------------------------------------------------

for name, summary, headers in (
    ("missing", "no header, no reading", ()),
    ("credentials-alone", "Allow-Credentials alone opens nothing", (("Access-Control-Allow-Credentials", "true"),)),
    ("underscores", "underscores are no hyphens", (("Access_Control_Allow_Origin", "*"),)),
    ("timing", "Timing-Allow-Origin is about timing only", (("Timing-Allow-Origin", "*"),)),
):
    TOPIC.row(f"allow-origin-{name}", summary, step(), simple(answer(*headers)), blocked(Reason.ALLOW_ORIGIN_MISSING))

for method in ("HEAD", "POST"):
    TOPIC.row(
        f"allow-origin-missing-{method.lower()}",
        f"a {method} arrives all the same, only its answer stays shut",
        step(method),
        simple(answer()),
        blocked(Reason.ALLOW_ORIGIN_MISSING),
    )

# ---- near misses -----------------------------------------------------------------------------------

for name, summary, value in (
    ("slash", "a trailing slash makes it another value", "{page}/"),
    ("upper", "an origin is compared in its exact case", "{page|upper}"),
    ("upper-scheme", "a scheme in upper case makes it another value", "{page|upper-scheme}"),
    # The scheme.
    ("no-scheme", "host and port alone are no origin", "{page|host}"),
    ("no-scheme-slashes", "host and port behind two slashes are no origin", "//{page|host}"),
    ("no-scheme-colon", "host and port behind a colon and two slashes are no origin", "://{page|host}"),
    ("one-slash", "one slash is not two", "http:/{page|host}"),
    ("two-colons", "two colons are not one", "http:://{page|host}"),
    ("backslashes", "backslashes are no slashes, whatever a URL parser makes of them", "http:\\\\{page|host}"),
    ("ftp", "another scheme is another origin", "ftp://{page|host}"),
    ("https", "https does not stand for http", "https://{page|host}"),
    # The host.
    ("example", "another host is another origin", "http://example.net"),
    ("api", "the API's own origin is not the page's", "{api}"),
    ("address", "an address is not the name that leads to it", "{cross}"),
    ("prefixed", "a host that ends in the page's is another", "http://evil.{page|host}"),
    ("host-fullwidth", "a full-width letter is not the letter, even if a host could be so spelt", "http://\xef\xbd\x8cocalhost"),
    # The port.
    ("no-port", "an origin without its port is that of port 80", "http://{page|hostname}"),
    ("other-port", "another port is another origin", "{page|:8}"),
    ("longer-port", "one digit more is another port", "{page}0"),
    # Behind the port.
    ("question-mark", "a trailing question mark counts", "{page}?"),
    ("hash", "a trailing hash counts", "{page}#"),
    ("hash-encoded", "a trailing hash counts where it is encoded, too", "{page}%23"),
    ("directory", "the URL of a folder is no origin", "{page}/b/"),
    ("url", "the URL of a page is no origin", "{page}/b/c.html"),
    ("suffixed", "a host that begins with the page's is another", "{page}.example.net"),
    # Wildcards that do not exist.
    ("star-host", "no wildcard stands for a part of a host", "*.{page|hostname}"),
    ("star-host-scheme", "no wildcard stands for a part of a host behind a scheme", "http://*.{page|hostname}"),
    ("dot-host", "a leading dot stands for no subdomain", "http://.{page|hostname}"),
    ("star-glued", "a star before an origin spoils it", "*{page}"),
    # Quotes and the like.
    ("star-quoted", "* in single quotes is no star", "'*'"),
    ("star-double-quoted", "* in double quotes is no star", '"*"'),
    ("hyphen", "a hyphen says nothing", "-"),
    ("empty", "an empty value is a value that nobody has", ""),
    # Lists with blanks.
    ("star-blank-origin", "neither of * and an origin counts behind the other", "* {page}"),
    ("star-blank-null", "* does not count before null", "* null"),
    ("null-blank-star", "* does not count behind null", "null *"),
    ("null-blank-origin", "an origin does not count behind null", "null {page}"),
    ("null", "null is not the origin of an ordinary page", "null"),
    # Bytes that look like blanks, and are none.
    ("vt-star", "a vertical tab before * is no blank", "\x0b*"),
    ("ff-star", "a form feed before * is no blank", "\x0c*"),
    ("star-ff", "a form feed behind * is no blank", "*\x0c"),
    ("nbsp-origin", "0xA0 before an origin is no blank", "\xa0{page}"),
    ("origin-nbsp", "0xA0 behind an origin is no blank", "{page}\xa0"),
    ("tab-inside", "a tab inside is kept, where a URL parser drops it", "http://\t{page|host}"),
):  # fmt: skip
    TOPIC.row(
        f"allow-origin-{name}", summary, step(), simple(answer(origin(value))), blocked(Reason.ALLOW_ORIGIN_MISMATCH)
    )

for name, summary, page, value in (
    ("subdomain-parent", "the domain above does not open for a subdomain", "http://app.localhost", "http://localhost"),
    (
        "subdomain-star",
        "a star in place of a subdomain does not open for it",
        "http://app.localhost",
        "http://*.localhost",
    ),
    ("address-short", "an address in another spelling is another value", "http://127.0.0.1", "http://127.1"),
    ("https-http", "http does not stand for https", "https://localhost", "http://{page|host}"),
):
    TOPIC.row(
        f"allow-origin-{name}",
        summary,
        step(),
        simple(answer(origin(value))),
        blocked(Reason.ALLOW_ORIGIN_MISMATCH),
        page=page,
    )

# ---- lists and doubled fields ----------------------------------------------------------------------

for name, summary, values in (
    ("list-twice", "a list of the right origin, twice, is no origin", ("{page},{page}",)),
    ("list-other", "a list with the right origin among others is no origin", ("{page}, {api}",)),
    ("list-origin-star", "a list of an origin and * is neither", ("{page}, *",)),
    ("list-star-origin", "a list of * and an origin is neither", ("*, {page}",)),
    ("list-star-comma", "a comma behind * makes it another value", ("*,",)),
    ("doubled", "two fields with the right origin are joined to a list", ("{page}", "{page}")),
    ("doubled-star", "two fields with * are joined to a list", ("*", "*")),
    ("doubled-star-origin", "neither of two different fields is chosen", ("*", "{page}")),
    ("doubled-other-first", "the second of two fields is not chosen", ("{api}", "{page}")),
    ("doubled-empty-star", "an empty field before * counts", ("", "*")),
    ("doubled-star-empty", "an empty field behind * counts", ("*", "")),
):
    TOPIC.row(
        f"allow-origin-{name}",
        summary,
        step(),
        simple(answer(*map(origin, values))),
        blocked(Reason.ALLOW_ORIGIN_MULTIPLE),
    )

# ---- NUL: no HTTP any more -------------------------------------------------------------------------

for name, summary, spoilt in (
    ("nul-behind", "NUL behind an origin spoils the whole answer", [origin("{page}\0")]),
    ("nul-before", "NUL before an origin spoils the whole answer", [origin("\0{page}")]),
    ("nul-star", "NUL before * spoils the whole answer", [origin("\0*")]),
    ("nul-elsewhere", "NUL in any other field spoils the whole answer", [origin(), ("X-A", "a\0b")]),
):
    TOPIC.row(f"allow-origin-{name}", summary, step(), simple(answer(*spoilt)), blocked(Reason.NETWORK_FAILURE))

# ---- behind a preflight ----------------------------------------------------------------------------

PUT = methods("PUT")

for name, summary, preflight in (
    ("preflight", "the answer to a preflight names the page's origin", answer(origin(), PUT)),
    ("preflight-star", "* opens the answer to a preflight as well", answer(origin("*"), PUT)),
):
    TOPIC.row(f"allow-origin-{name}", summary, step("PUT"), asked("", preflight), reads())

for name, summary, preflight, reason in (
    ("preflight-missing", "a preflight without it", answer(PUT), Reason.ALLOW_ORIGIN_MISSING),
    ("preflight-other", "a preflight that names another", answer(origin("{api}"), PUT), Reason.ALLOW_ORIGIN_MISMATCH),
    ("preflight-doubled", "a preflight with two", answer(origin(), origin(), PUT), Reason.ALLOW_ORIGIN_MULTIPLE),
    ("preflight-nul", "a preflight with NUL", answer(origin("{page}\0"), PUT), Reason.NETWORK_FAILURE),
):
    TOPIC.row(
        f"allow-origin-{name}",
        f"{summary} keeps the PUT from being sent",
        step("PUT"),
        turned_down("", preflight),
        blocked(reason),
    )

for name, summary, opening, reason in (
    ("actual-missing", "without it, the answer to a PUT stays shut", (), Reason.ALLOW_ORIGIN_MISSING),
    (
        "actual-other",
        "an answer to a PUT for another stays shut",
        ("http://example.net",),
        Reason.ALLOW_ORIGIN_MISMATCH,
    ),
):
    TOPIC.row(
        f"allow-origin-{name}",
        f"{summary}, though its preflight was open",
        step("PUT"),
        (Hop(answer(*map(origin, opening)), asks="", preflight=answer(origin(), PUT)),),
        blocked(reason),
    )

SCENARIOS = TOPIC.scenarios
