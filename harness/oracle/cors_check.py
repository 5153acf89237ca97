"""The CORS check: may this response be shared with this origin?

https://fetch.spec.whatwg.org/#cors-check
"""

from __future__ import annotations

from harness.oracle.headers import Headers, get
from harness.oracle.outcome import Failure
from harness.oracle.reasons import Reason
from harness.oracle.request import Credentials

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_WILDCARD = "*"


def cors_check(origin: str, credentials: Credentials, headers: Headers) -> Failure | None:
    """#concept-cors-check for a serialised request origin (`null` included). None is success.

    No list, no pattern, no case folding, no trailing slash: two byte sequences are equal or not.
    """
    allowed = get(_ALLOW_ORIGIN, headers)  # step 1
    if allowed is None:  # step 2: absent, which is not the value `null`
        return Failure.of(Reason.ALLOW_ORIGIN_MISSING, headers, origin)
    if credentials is not Credentials.INCLUDE and allowed == _WILDCARD:  # step 3
        return None
    if allowed != origin:  # step 4
        return Failure.of(_why_not_this_origin(allowed), headers, origin)
    if credentials is not Credentials.INCLUDE:  # step 5
        return None
    answer = get(_ALLOW_CREDENTIALS, headers)  # step 6
    if answer == "true":  # step 7: exactly these bytes, so neither `True` nor `true, true`
        return None
    missing = answer is None
    reason = Reason.ALLOW_CREDENTIALS_MISSING if missing else Reason.ALLOW_CREDENTIALS_NOT_TRUE
    return Failure.of(reason, headers, "true")  # step 8


def _why_not_this_origin(allowed: str) -> Reason:
    """Step 4 only says "failure"; people, and engines, tell three mistakes apart."""
    if allowed == _WILDCARD:
        return Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS
    if "," in allowed:  # a list, or several fields: `get` has joined them
        return Reason.ALLOW_ORIGIN_MULTIPLE
    return Reason.ALLOW_ORIGIN_MISMATCH
