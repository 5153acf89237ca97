"""What each broken variant of the hooks spoils: the table that its negative controls go by, in whatever engine."""

from __future__ import annotations

IDS = frozenset(
    {
        "get",
        "post-json",
        "put",
        "put-json",
        "unknown-url-put",
        "unknown-url-get",
        "error-get",
        "credentials-include-get",
        "header-unlisted",
        "get-from-null",
        "get-from-http-name",
    }
)
_PREFLIGHTED = frozenset({"put", "put-json", "post-json", "unknown-url-put", "header-unlisted"})
_ERRORS = frozenset({"error-get", "unknown-url-get", "unknown-url-put"})

# Which of these scenarios each variant spoils; it leaves all others alone.
SPOILED = {
    "preflight-404": _PREFLIGHTED,
    "preflight-401": _PREFLIGHTED,
    "no-allow-origin": IDS,
    "no-allow-methods": _PREFLIGHTED,
    "doubled-allow-origin": IDS,
    "trailing-slash": IDS,
    "wildcard-credentials": IDS,
    "origin-list": IDS,
    "preflight-redirect": _PREFLIGHTED,
    "errors-without-cors": _ERRORS,
    "closed-in-preflight": _PREFLIGHTED,
    "hardened-reflected": frozenset({"header-unlisted", "get-from-null", "get-from-http-name"}),
    "hardened-null": frozenset({"get-from-null"}),
    "hardened-echo": frozenset({"header-unlisted"}),
    "hardened-no-vary": IDS,
}
