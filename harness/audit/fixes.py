"""What mends a finding, by framework: texts that rules share, and nothing else.

Keys are `flask` (hooks of one's own), `flask-cors`, `starlette` (FastAPI too), `django` (django-cors-headers),
`express` (its cors package) and `nginx`.
"""

from __future__ import annotations

from collections.abc import Mapping

FRAMEWORKS = ("flask", "flask-cors", "starlette", "django", "express", "nginx")


def fix(flask: str, flask_cors: str, starlette: str, django: str, express: str, nginx: str) -> Mapping[str, str]:
    """Make a fix that says something for each framework."""
    return dict(zip(FRAMEWORKS, (flask, flask_cors, starlette, django, express, nginx), strict=True))


EXACT_ORIGINS = fix(
    "compare the whole Origin with a list of exact origins; or install(app, Policy(origins=[…])) of the hardened hooks",
    'CORS(app, origins=["https://app.example.com"]): exact strings; anchor and escape whatever is a regular expression',
    'CORSMiddleware(allow_origins=["https://app.example.com"]); leave allow_origin_regex out, or anchor and escape it',
    'CORS_ALLOWED_ORIGINS = ["https://app.example.com"]; no CORS_ALLOW_ALL_ORIGINS, no loose regular expressions',
    'cors({ origin: ["https://app.example.com"] }): an array of exact strings, not true and not a loose RegExp',
    'map $http_origin $cors { default ""; "https://app.example.com" $http_origin; } and add_header … $cors always',
)
NO_NULL = fix(
    'never answer "null": every sandboxed frame of anybody has that origin',
    'leave "null" out of origins',
    'leave "null" out of allow_origins, and make sure that allow_origin_regex does not match it',
    'leave "null" out of CORS_ALLOWED_ORIGINS and of CORS_ALLOWED_ORIGIN_REGEXES',
    'leave "null" out of origin',
    'leave "null" out of the map of origins',
)
PUBLIC_OR_NOT = fix(
    "keep `*` for what everybody may read anonymously; otherwise compare the Origin with a list",
    'keep origins="*" for public resources only: CORS(app, resources={r"/public/*": {"origins": "*"}})',
    'keep allow_origins=["*"] for an application that is public as a whole; mount it apart from the rest',
    "restrict CORS_URLS_REGEX to what is public when CORS_ALLOW_ALL_ORIGINS is set",
    "use cors() only on the public routes",
    "put add_header Access-Control-Allow-Origin * only into the location that is public",
)
ONE_ORIGIN = fix(
    "set the header once, in one after_request: response.headers[…] = request.headers['Origin'] once it is in the list",
    "let Flask-CORS alone do it, with origins as browsers send them: scheme, lower-case host, no slash",
    "let CORSMiddleware alone do it, not a proxy or a handler too; allow_origins as browsers send them, no slash",
    "let CorsMiddleware alone do it, not a proxy or a view too; CORS_ALLOWED_ORIGINS as browsers send them",
    'use cors() once, not beside res.header(…) or a proxy; origin: ["https://app.example.com"], without a slash',
    "add_header replaces nothing: proxy_hide_header Access-Control-Allow-Origin first, and one value made by a map",
)
ALSO_ON_ERRORS = fix(
    "put the headers on in after_request, which errors pass too; register an errorhandler so that no exception escapes",
    "CORS(app) for the application instead of @cross_origin on views; PROPAGATE_EXCEPTIONS off",
    "make CORSMiddleware the outermost (add it last), and turn exceptions into answers by a handler inside it",
    "put CorsMiddleware first in MIDDLEWARE, before all that can answer by itself",
    "app.use(cors()) before everything that can answer, error handlers and authentication included",
    "add_header … always: without `always` nginx leaves it out of every answer from 400 on",
)
CREDENTIALS = fix(
    "answer the one origin that asked, if it is in the list, and exactly `true`; with `*` leave credentials out",
    "CORS(app, origins=[…], supports_credentials=True) with a list; supports_credentials=False where origins is `*`",
    "CORSMiddleware(allow_origins=[…], allow_credentials=True) with a list; allow_credentials=False for `*`",
    "CORS_ALLOWED_ORIGINS with CORS_ALLOW_CREDENTIALS = True; never with CORS_ALLOW_ALL_ORIGINS",
    'cors({ origin: ["https://app.example.com"], credentials: true }); no credentials for `*`',
    "add_header Access-Control-Allow-Credentials true always; in lower case, beside one origin out of a map",
)
EXPOSE = fix(
    "response.headers['Access-Control-Expose-Headers'] = 'X-Total-Count' on the actual answer; names, not `*`",
    'CORS(app, expose_headers=["X-Total-Count"])',
    'CORSMiddleware(expose_headers=["X-Total-Count"])',
    'CORS_EXPOSE_HEADERS = ["X-Total-Count"]',
    'cors({ exposedHeaders: ["X-Total-Count"] })',
    'add_header Access-Control-Expose-Headers "X-Total-Count" always',
)
SAME_FOR_BOTH = fix(
    "let nothing that runs before the view fail for want of a setting or an Origin; set the headers in after_request",
    "check the origins given to CORS(): strings, lists or compiled patterns, never None; use CORS(app)",
    "check the arguments of CORSMiddleware where the application starts, and leave the answers to it alone",
    "run manage.py check, which reports CORS settings that are none; put CorsMiddleware first",
    "origin as a function must call back (null, false) for a refusal, not (new Error(…)), which becomes a 500",
    "test the location with and without an Origin header; an `if` that rewrites or returns leaves add_header behind",
)
NO_REDIRECT = fix(
    "answer at the URL that pages ask, without a redirect; strict_slashes=False; headers in after_request",
    "use CORS(app), which covers redirects of the router too; link pages to the final URL",
    "CORSMiddleware outermost; link pages to the final URL; run with --proxy-headers behind TLS",
    "CorsMiddleware before CommonMiddleware, so that APPEND_SLASH redirects have the headers; SECURE_PROXY_SSL_HEADER",
    "app.use(cors()) before what redirects; send pages the final URL",
    "add_header … always is for redirects too; proxy_redirect keeps the location on the origin that was asked",
)
CROSS_SITE_COOKIE = fix(
    'SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE = True; or serve page and API below one domain',
    "the cookie is Flask's and not Flask-CORS's: SESSION_COOKIE_SAMESITE = \"None\", SESSION_COOKIE_SECURE = True",
    'SessionMiddleware(same_site="none", https_only=True); set_cookie(samesite="none", secure=True)',
    'SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE = True, likewise for CSRF_COOKIE_…',
    'cookie: { sameSite: "none", secure: true }, and trust proxy behind TLS',
    "proxy_cookie_flags session samesite=none secure; or one domain for page and API, which needs no cross-site cookie",
)
ANSWER_AT_ALL = fix(
    "see the server's log: the request came, and no whole answer left",
    "no setting of Flask-CORS mends it: see the server's log",
    "no setting of CORSMiddleware mends it: see the server's log",
    "no setting of django-cors-headers mends it: see the server's log",
    "no setting of cors() mends it: see the server's log; answer on every path of the handler",
    "see error.log; proxy_read_timeout and keepalive of the upstream",
)
IN_THE_PAGE = fix(*("nothing on the server: it is what the page does that decides",) * 6)
