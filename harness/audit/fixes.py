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
