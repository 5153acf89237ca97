"""What mends a finding, by framework: texts that rules share, and nothing else.

Keys are `flask` (hooks of one's own), `flask-cors`, `starlette` (FastAPI too), `django` (django-cors-headers),
`express` (its cors package) and `nginx`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FRAMEWORKS = ("flask", "flask-cors", "starlette", "django", "express", "nginx")


_BY_MODULE = {"flask": ("flask", "flask-cors"), "quart": ("flask",), "django": ("django",)}
_BY_MODULE |= dict.fromkeys(("starlette", "fastapi"), ("starlette",))


def those_for(app: Any) -> tuple[str, ...]:
    """Return the frameworks whose texts suit an application: those of the classes it is made of, or all."""
    roots = (cls.__module__.partition(".")[0] for cls in type(app).__mro__)
    return next((_BY_MODULE[root] for root in roots if root in _BY_MODULE), FRAMEWORKS)


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
VARY = fix(
    'add "Origin" to Vary on every answer, also where no Origin came or it was refused: response.vary.add("Origin")',
    "leave vary_header on; where one origin is configured, add Vary: Origin in an after_request of your own",
    "use a current Starlette (1.0 or newer), whose CORSMiddleware says Vary: Origin on every answer",
    "keep CorsMiddleware above whatever answers, and take django-cors-headers 4.3 or newer",
    'cors() adds Vary for a list of origins; for a single one or a function of your own call res.vary("Origin")',
    "add_header Vary Origin always; beside each add_header Access-Control-Allow-Origin $cors always",
)
VARY_MERGED = fix(
    'response.vary.add("Origin"): add to Vary, never assign it',
    "take a current Flask-CORS, which adds to Vary, and set no Vary of your own after it",
    'headers.add_vary_header("Origin") in middleware of your own, never headers["Vary"] = …',
    'patch_vary_headers(response, ["origin"]), never response["Vary"] = …',
    'res.vary("Origin"), never res.set("Vary", …)',
    "do not proxy_hide_header Vary; add_header adds a line of its own, which is right",
)
MAX_AGE = fix(
    "write whole seconds: Access-Control-Max-Age: 600",
    "max_age=600, or a timedelta of whole seconds",
    "max_age=600",
    "CORS_PREFLIGHT_MAX_AGE = 600",
    "cors({ maxAge: 600 })",
    "add_header Access-Control-Max-Age 600 always",
)
NO_PRIVATE_NETWORK = fix(
    "leave Access-Control-Allow-Private-Network out, or send it to origins of the list only",
    "allow_private_network=False, which is the default from 5.0 on",
    "leave allow_private_network out",
    "CORS_ALLOW_PRIVATE_NETWORK = False, the default",
    "set no Access-Control-Allow-Private-Network of your own",
    "remove the add_header Access-Control-Allow-Private-Network",
)
LISTED = fix(
    "answer preflights with fixed lists of methods and headers, for origins of the list only; echo nothing",
    'methods=["GET", "PUT"], allow_headers=["Content-Type"]: lists, for exact origins',
    'allow_methods=["GET", "PUT"], allow_headers=["Content-Type"]',
    "CORS_ALLOW_METHODS and CORS_ALLOW_HEADERS as lists, for CORS_ALLOWED_ORIGINS",
    'cors({ methods: ["GET", "PUT"], allowedHeaders: ["Content-Type"] }): else it echoes what is asked',
    "add_header Access-Control-Allow-Methods and -Headers with fixed lists, not $http_access_control_request_…",
)
PREFLIGHT_FIRST = fix(
    "answer preflights in the first before_request, before login checks, redirects and routing: install(app, policy)",
    "CORS(app) on the whole application, and let login checks pass request.method == 'OPTIONS'",
    "add CORSMiddleware last, so that it is the outermost, before authentication and redirects",
    "put CorsMiddleware first in MIDDLEWARE, above CommonMiddleware, SecurityMiddleware and authentication",
    'app.use(cors()) before authentication and routes; or app.options("*", cors())',
    "if ($request_method = OPTIONS) { return 204; } in the location, with the headers, above auth_… and return 301",
)
REAL_OPTIONS = fix(
    "treat as preflight only OPTIONS with Origin and Access-Control-Request-Method (headers.get); let others through",
    "automatic_options answers by Flask's own OPTIONS; keep your own before_request from answering it",
    "CORSMiddleware lets an OPTIONS that is no preflight through; do so in middleware of your own too",
    "CorsMiddleware answers preflights only; do so in middleware of your own too",
    "cors({ preflightContinue: true }) where a route answers OPTIONS itself",
    'test $http_access_control_request_method != "" beside the method before return 204',
)
NO_STAR = fix(
    "with credentials name each method and header: `*` is then only a method or header of that name",
    "allow_headers and methods as lists of names, in upper case for methods",
    "allow_methods and allow_headers as lists of names",
    'CORS_ALLOW_METHODS and CORS_ALLOW_HEADERS as lists of names, without "*"',
    "methods and allowedHeaders as lists of names, in upper case for methods",
    "name the methods, in upper case, and the headers instead of *",
)
METHODS = fix(
    "add the method to Access-Control-Allow-Methods; HEAD belongs to GET",
    'methods=[…] with the method, "HEAD" too',
    'allow_methods=[…] with the method, "HEAD" too',
    "CORS_ALLOW_METHODS = (*default_methods, …)",
    "cors({ methods: […] }) with the method",
    "add the method to the add_header Access-Control-Allow-Methods",
)
PHASE = fix(
    "preflights say Allow-Methods, Allow-Headers and Max-Age; the others say Expose-Headers; both say Allow-Origin",
    "let CORS(app) send all of them, and remove those that views set",
    "let CORSMiddleware send all of them, and remove those that endpoints set",
    "let CorsMiddleware send all of them, and remove those that views set",
    "let cors() send all of them: app.use(cors()) covers both, app.options(…, cors()) only preflights",
    "add_header in the branch of OPTIONS and again outside it: a branch with its own add_header inherits none",
)
REMEMBER = fix(
    "response.headers['Access-Control-Max-Age'] = '600' on preflights",
    "CORS(app, max_age=600)",
    "CORSMiddleware(max_age=600), which is its default",
    "CORS_PREFLIGHT_MAX_AGE = 600; its default is a day",
    "cors({ maxAge: 600 })",
    "add_header Access-Control-Max-Age 600 where OPTIONS is answered",
)
ALSO_ON_STREAMS = fix(
    "return a Response with the generator, so that after_request sees it, and no raw WSGI beside it",
    "mount streams inside the application that CORS(app) covers",
    "serve the stream by a route behind CORSMiddleware, outermost; not by a mounted application beside it",
    "StreamingHttpResponse passes CorsMiddleware; a server of its own beside Django does not",
    "app.use(cors()) before the route, and res.flushHeaders() only after it",
    "add_header … always in the location of the stream too, with proxy_buffering off",
)
NO_SIMPLE_WRITES = fix(
    "request.get_json() without force, 415 for other types; refuse foreign Origins on writes, or ask for a CSRF token",
    "Flask-CORS refuses no request: request.get_json() without force, and a CSRF token or SameSite=Lax cookies",
    "FastAPI 0.65.2 or newer; in Starlette refuse what is not application/json before request.json()",
    "keep CsrfViewMiddleware, no @csrf_exempt; JSONParser alone in parser_classes",
    "express.json() with its default type, 415 for others, and a CSRF token; cors() refuses no request",
    "answer 403 to POST where $http_origin is set and not in the map of origins",
)
POLICY_BY_ROUTE = fix(
    "choose the policy by request.endpoint, never by request.path; or install(app, policy)",
    "Flask-CORS 6.0 or newer; @cross_origin on the views, or one policy for the whole application",
    "one CORSMiddleware for each mounted application, instead of a comparison of paths",
    "CORS_URLS_REGEX as narrow as the URL patterns, matched against the decoded path; or a signal handler by view",
    "app.use(cors()) on routers, not by req.url; caseSensitive and strict routing on",
    "put the headers into the location that serves, not into an `if` on $request_uri; merge_slashes on",
)
AUTHENTICATE = fix(
    "authenticate who asks, by session or token; the Origin only says which pages may read the answer",
    "a login check on the view; origins of Flask-CORS are no access control",
    "a dependency that authenticates; allow_origins is no access control",
    "login_required or DRF permissions; CORS_ALLOWED_ORIGINS is no access control",
    "authentication middleware on the route; origin of cors() is no access control",
    "auth_request or auth_jwt; a test of $http_origin is no access control",
)
SOCKET_ORIGINS = fix(
    "compare the Origin of the handshake with the list before it is accepted; or ask for a token in the first message",
    "flask-socketio: cors_allowed_origins=[…]; Flask-CORS does not see WebSockets",
    'compare websocket.headers["origin"] with the list before accept(); CORSMiddleware does not see WebSockets',
    "Channels: OriginValidator or AllowedHostsOriginValidator around the URLRouter",
    "ws: verifyClient, or compare req.headers.origin in the upgrade event; cors() does not see WebSockets",
    "answer 403 in the location of the socket where $http_origin is not in the map of origins",
)
NO_TRACES = fix(
    "debug off; an errorhandler that tells a number and logs the trace",
    "debug off; an errorhandler that tells a number and logs the trace",
    "debug=False; exception handlers that log the trace and do not return it",
    "DEBUG = False",
    "NODE_ENV=production; an error handler that does not send err.stack",
    "proxy_intercept_errors on with error_page of your own; debug off behind it",
)
EXPOSE_LITTLE = fix(
    "leave the header out of Access-Control-Expose-Headers, or expose it to exact origins only; never `*`",
    "expose_headers without it, beside exact origins",
    "expose_headers without it, beside exact allow_origins",
    "CORS_EXPOSE_HEADERS without it, beside exact CORS_ALLOWED_ORIGINS",
    "exposedHeaders without it, beside exact origins",
    "remove it from add_header Access-Control-Expose-Headers",
)
AS_DECLARED = fix(
    "install(app, load(Path('cors.toml'))) of the hardened hooks: the policy itself is then what answers",
    "CORS(app, origins=…, methods=…, allow_headers=…, expose_headers=…, supports_credentials=…) as the policy has them",
    "CORSMiddleware(allow_origins=…, allow_methods=…, allow_headers=…, expose_headers=…, allow_credentials=…) likewise",
    "CORS_ALLOWED_ORIGINS, CORS_ALLOW_METHODS, CORS_ALLOW_HEADERS, CORS_EXPOSE_HEADERS and the others",
    "cors({ origin, methods, allowedHeaders, exposedHeaders, credentials }) as the policy has them",
    "add_header … always for each of the headers that the policy grants, and for no other",
)
