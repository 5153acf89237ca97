"""The vocabulary: what requests and answers are written with, sound, nearly right and hostile.

Tables only. Sound and odd values stand apart where a permitting exchange must know; where it need not, they are mixed,
because what an oracle or an engine takes one for is the question. Imports nothing of ours.
"""

from __future__ import annotations

AT_LIMIT, OVER_LIMIT = "a" * 128, "a" * 129
CONTROLS = tuple(map(chr, (1, 2, 8, 11, 12, 14, 27, 31, 127)))
UNSAFE = tuple('"():<>?@[\\]{}')

# ---- methods ---------------------------------------------------------------------------------------

SAFE_METHODS = ("GET", "GET", "GET", "GET", "get", "Get", "POST", "POST", "post", "HEAD", "head")
UNSAFE_METHODS = (
    *("PUT", "PUT", "put", "DELETE", "DELETE", "delete", "PATCH", "PATCH", "OPTIONS", "options"),
    *("patch", "Patch", "QUERY", "query", "PROPFIND", "CHICKEN", "x", "*", "null", "GETT", "!#$%&'*+-.^_`|~"),
)
FORBIDDEN_METHODS = ("TRACE", "trace", "CONNECT", "Connect", "TRACK", "track")
NO_METHODS = (
    "",
    "G T",
    " GET",
    "GET ",
    "GET,PUT",
    "G(T",
    "G:T",
    "G/T",
    "P\xdcT",
    "PU\x00T",
    "PUT\n",
    '"GET"',
    "P\u0100T",
)

# ---- request headers -------------------------------------------------------------------------------

TAME_HEADERS = (
    ("Accept", "text/html"),
    ("Accept-Language", "en-GB, de;q=0.5"),
    ("Content-Language", "de"),
    ("Content-Type", "text/plain"),
    ("Content-Type", "application/json"),
    ("Range", "bytes=0-9"),
    ("X-A", "1"),
    ("X-b", ""),
    ("x-long-name-of-a-header", "a, b"),
    ("Authorization", "Bearer abc"),
)
NAMES = (
    *("X-A", "x-a", "X-B", "X-Requested-With", "x", "*", "!#$%&'*+-.^_`|~", "Authorization", "authorization"),
    *("Content_Type", "Accept-Languages", "Last-Event-ID", "Content-Disposition", "If-Match", "X-" + "a" * 200),
    *("Access-Control-Allow-Origin", "Forwarded", "Save-Data", "DPR", "Width", "Downlink", "User-Agent"),
)
CUSTOM_VALUES = ("1", "", "a, b", "\xe9", "a\tb", " padded ", AT_LIMIT, OVER_LIMIT, "\x01", "(", "*", "\xff\xa0")
FORBIDDEN_HEADERS = (
    *(("Cookie", "a=b"), ("Origin", "http://elsewhere.example"), ("Host", "elsewhere.example"), ("Referer", "x")),
    *(("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x-a"), ("DNT", "1")),
    *(("Accept-Charset", "x"), ("accept-encoding", "x"), ("CONNECTION", "x-a"), ("Content-Length", "3"), ("Date", "x")),
    *(("Cookie2", "x"), ("Expect", "x"), ("Keep-Alive", "x"), ("Set-Cookie", "a=b"), ("TE", "x"), ("Trailer", "x-a")),
    *(("Transfer-Encoding", "chunked"), ("Upgrade", "x"), ("Via", "x"), ("Proxy-X", "x"), ("Sec-X", "x"), ("sec-", "")),
    *(("X-HTTP-Method", "TRACE"), ("X-HTTP-Method-Override", "get, track"), ("x-method-override", "\tConnect ")),
)
NEARLY_FORBIDDEN_HEADERS = (
    *(("X-HTTP-Method", "PUT"), ("X-Method-Override", "TRACES"), ("X-HTTP-Method-Override", '"TRACE"')),
    *(
        ("Secx", "1"),
        ("Proxy", "1"),
        ("Cookies", "a=b"),
        ("X-Cookie", "a=b"),
        ("Origins", "x"),
        ("Accept-Datetime", "x"),
    ),
)
VALUES = {
    "Accept": (
        *("*/*", "text/html", "", "a" * 127, AT_LIMIT, OVER_LIMIT, "\xe9", "\x80\xff", "text/html;q=0.9, a/b", "a\tb"),
        *(f"a{byte}b" for byte in (*CONTROLS, *UNSAFE)),
        *(byte for byte in CONTROLS),
    ),
    "Accept-Language": (
        *("en", "de-CH, de;q=0.8, *;q=0.1", "", AT_LIMIT, OVER_LIMIT, "a.b-c=d;e*", "en_GB", "en/GB", "\xe9", "a\tb"),
        *("en+", "en:", 'e"n', "en!", "e'n", "en\x0b", "en|de", "en&de", "en#", "en%20"),
    ),
    "Content-Language": ("en", "", "de, en", AT_LIMIT, OVER_LIMIT, "en_GB", "\xe9", "en\x7f", "en(de)", "a\tb"),
    "Content-Type": (
        *(
            "text/plain",
            "TEXT/Plain",
            "text/plain;charset=utf-8",
            "text/plain; charset=UTF-16",
            "text/plain;",
            "text/plain ;x",
        ),
        *(
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "text/plain;a=b;c",
        ),
        *(
            "application/json",
            "text/html",
            "application/x-www-form-urlencoded, text/plain",
            "text/plain, application/json",
        ),
        *(
            'text/plain;a="b"',
            "text/plain;(",
            "text/plain:",
            "text/ plain",
            "text /plain",
            "text",
            "",
            "/",
            "text/",
            "*/*",
        ),
        *(
            "text/plain\x0b",
            "text/plain;\x0c",
            "text/plain;\xe9",
            "text/plain;charset=\xff",
            "\xa0text/plain",
            "text/plain\t",
        ),
        *("text/plain;" + "a" * 117, "text/plain;" + "a" * 118, "text/plain;charset=iso-8859-1;x=y", "text/plainx"),
        *("multipart/form-dat", "application/x-www-form-urlencoded;charset=\x80", "text/plain;charset", "text/xml"),
    ),
    "Range": (
        *(
            "bytes=0-",
            "bytes=0-9",
            "bytes=9-9",
            "bytes=9-0",
            "bytes=-9",
            "bytes=",
            "bytes=-",
            "Bytes=0-9",
            "bytes =0-9",
        ),
        *(
            "bytes= 0-9",
            "bytes=0 -9",
            "bytes=0-9,20-29",
            "bytes=0-9 ",
            "items=0-9",
            "bytes=+0-9",
            "bytes=0x0-9",
            "bytes:0-9",
        ),
        *("bytes=00-9", "bytes=0-" + "9" * 120, "bytes=0-" + "9" * 121, "bytes=0-\xb2", "0-9", "", "bytes=0--9"),
    ),
}
# Nine headers of 114 bytes are more than 1,024 in all; eight are not.
MANY = 114
NO_NAMES = ("", "X A", " X", "X ", "X:", "X\xdc", "X\x7f", "X\x00", "(X)", "X,Y", 'X"', "X/Y", "X\u0100", "X\n", "{X}")
NO_VALUES = ("a\x00b", "\x00", "a\rb", "a\nb", "a\r\nb", "a\u0100", "\u20ac", "a\r\n b")

# ---- URLs ------------------------------------------------------------------------------------------

BAD_PORTS = (1, 7, 22, 25, 53, 110, 143, 465, 2049, 6000, 6667)  # that no engine asks
USERINFO = ("user:word@", "user@", ":word@", "%40:%3A@", "user:@")
# No host with a blank: Chromium asks for it, and nobody but our own proxy answers, which in mode no-cors is a response.
NO_LOCATIONS = (
    *(
        "http://[",
        "http://[::1",
        "http://[::g]/",
        "http://",
        "https://",
        "//",
        "///",
        "http:////",
        "http://?x",
        "http://#x",
    ),
    *("http://local>host/", "http://localhost:99999/", "http://localhost:x/", "http://localhost:-1/", "http://a<b/"),
    *(
        "http://a^b/",
        "http://a|b/",
        "http://a%00b/",
        "http://a%zz/",
        "http://256.1.1.1/",
        "http://:80/",
    ),
    *("http://user@/", "http://user:word@:80/"),
)
SCHEMES = (
    *(
        "data:text/plain,x",
        "ftp://localhost/",
        "file:///etc/hostname",
        "blob:http://localhost/x",
        "about:blank",
        "about:",
    ),
    *("javascript:1", "mailto:a@b.example", "ws://localhost/", "wss://localhost/", "x:", "foo+bar.baz-1:x", "DATA:,x"),
    *("view-source:http://localhost/", "ssh://localhost", "urn:x"),
)

# ---- answers ---------------------------------------------------------------------------------------

ORIGINS = (  # what is nearly, or not at all, the origin of a page
    *(
        "{page}/",
        "{page|upper}",
        "{page|upper-scheme}",
        "{page|host}",
        "{page|hostname}",
        "{page|:1}",
        "{page}x",
        "x{page}",
    ),
    *(
        "{page};",
        "{page}#",
        "{page}?",
        "{page} {page}",
        "{page|user@}",
        "{api}",
        "{api2}",
        "{cross}",
        "http://*",
        "http://",
    ),
    *(
        "",
        "true",
        "'{page}'",
        '"{page}"',
        "<{page}>",
        "**",
        "*.localhost",
        "* *",
        "{page}*",
        "{page}.",
        "null/",
        "Null",
    ),
    *("nul", "{page} *", "undefined", "(null)"),
)
HOSTILE_ORIGINS = (  # blanks that are none to HTTP, and bytes beyond ASCII
    *("{page}\x0b", "\x0c{page}", "{page}\xa0", "\xa0{page}", "*\x0b", "\x0c*", "*\xa0", "{page}\x01", "\x7f{page}"),
    *("{page}\x80", "\xef\xbb\xbf{page}", "\x85*", "null\x0b", "\x1f"),
)
LISTS = (
    "{right}, {right}",
    "{right},",
    ",{right}",
    "{right}, *",
    "*, *",
    "*,",
    ", *",
    "{right}, {api}",
    "{api}, {right}",
    ",",
    "{right},\t",
)
PADDINGS = (" {}", "{} ", "\t{}", "{}\t", " \t {} \t ", "      {}")
NOT_TRUE = (
    *("True", "TRUE", "tRue", "false", "1", "yes", "", "true;", "true, true", "true,", ",true", '"true"', "true true"),
    *("true\x0b", "\x0ctrue", "true\xa0", "tru\xe9", "true.", "tru", "*", "true\x01"),
)
MALFORMED = (
    "(",
    "{}, P T",
    "P T",
    "{}; x",
    '"{}"',
    "{},\x0b",
    "{}, \xe9",
    "{}, a/b",
    "{}=1",
    "{}, [x]",
    "{}\x7f",
    "\xa0{}",
    "{}, :",
    "a@b",
)
LIST_FORMS = ("{}", "{},", ",{}", ", ,{} ,,", "x-z, {}", "{}, x-z", "\t{} ,\tx-z", "{},{}", "GET,{},POST", "x-y , {}")
NOT_METHODS = (
    "GET, POST",
    "",
    ",",
    "{lower}",
    "{upper}",
    "{}S",
    "X{}",
    "GET, HEAD, POST, PROPPATCH, MKCOL",
    "{}-",
    "null",
)
NOT_NAMES = (
    "",
    ",",
    "{}s",
    "x{}",
    "x-z",
    "content-typ",
    "{}-",
    "accept, accept-language, content-language",
    "null",
    "x-a-b",
)
MAX_AGES = (
    *(
        "0",
        "60",
        "600",
        "00600",
        "99999999999",
        "9" * 40,
        "-1",
        "",
        "x",
        "60s",
        "+60",
        "6e2",
        "600.0",
        "600, 600",
        " 600 ",
        "\xb2",
    ),
    *("0x100", "-0", "600;", '"600"', "1 0", "\x0b600"),
)
LASTING = ("60", "600", "00600", "99999999999", "7200", " 600\t")
PREFLIGHT_OK = (200, 204, 201, 202, 203, 205, 226, 250, 299)
PREFLIGHT_NOT_OK = (
    300,
    304,
    305,
    306,
    309,
    400,
    403,
    404,
    405,
    409,
    410,
    418,
    429,
    451,
    500,
    501,
    502,
    503,
    504,
    511,
    599,
)
STATUSES = (
    *(200, 200, 201, 202, 203, 204, 205, 226, 299, 300, 305, 306, 309, 400, 403, 404, 405, 410, 418, 429, 451, 500),
    *(501, 502, 503, 504, 511, 599),
)
REDIRECTS = (301, 302, 303, 307, 308)
EXPOSED = (
    *(
        "X-One",
        "x-one, X-Two",
        "*",
        "*, X-One",
        "X-One,",
        ",",
        "",
        "x-on",
        "X-One X-Two",
        "X-One; X-Two",
        "(",
        "\xe9, X-One",
    ),
    *("set-cookie, x-one", "X-One\x0b", "'X-One'", "content-type", "**", " X-One\t, \tX-Two "),
)
EXTRA_FIELDS = (  # a cookie that stayed would be sent in other cases
    *(
        ("X-One", "1"),
        ("x-one", "2"),
        ("X-Two", ""),
        ("X-TWO", "a, b"),
        ("X-One", "\xe9"),
        ("X-One", "\x0b"),
        ("x-one", " 1 "),
    ),
    *(
        ("Content-Language", "de"),
        ("Expires", "0"),
        ("Last-Modified", "x"),
        ("Pragma", "x"),
        ("Set-Cookie", "fuzz=1; Max-Age=0"),
    ),
    *(("Vary", "Origin"), ("Vary", "*"), ("Access-Control-Allow-Origins", "*")),
    *(("Access-Control-Allow-Methods", "*"), ("Access-Control-Allow-Headers", "("), ("X-" + "n" * 100, "a" * 1000)),
    *(("Server", "x"), ("Allow", "GET"), ("Timing-Allow-Origin", "*")),
)
POLICIES = (  # of Cross-Origin-Resource-Policy, that keep nothing out
    *(
        "cross-origin",
        "",
        "Same-Origin",
        "SAME-SITE",
        "same-origin, same-origin",
        "same-site,",
        "same_origin",
        "same-origins",
    ),
    *("same-origin;x", "none", "same-origin\x0b", "\xa0same-site"),
)
REFERRER_POLICIES = (
    *(
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
    ),
    *("strict-origin-when-cross-origin", "unsafe-url"),
)
REFERRER_POLICY_FIELDS = (
    *(
        *REFERRER_POLICIES,
        "no-referrer, x",
        "x",
        "",
        "x, same-origin",
        "origin, no-referrer",
        "No-Referrer",
        "no-referrer;",
    ),
)
CACHE_MODES = ("no-store", "reload", "no-cache", "force-cache")
BODIES = ("", "x", "a=b&c=d", '{"a": 1}', "\xe9", "a" * 3000)
