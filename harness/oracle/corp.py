"""The cross-origin resource policy check, which guards responses of mode no-cors.

Without an embedder policy (COEP is outside this model) only the response's own header counts.
https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header
"""

from __future__ import annotations

from harness.oracle.headers import Headers, get
from harness.oracle.outcome import Failure
from harness.oracle.reasons import Reason
from harness.oracle.urls import Url, parse_url, same_origin, schemelessly_same_site


def cross_origin_resource_policy_check(origin: str, url: Url, headers: Headers) -> Failure | None:
    """#cross-origin-resource-policy-internal-check. None is "allowed".

    Values are matched in their exact case; anything unknown, a list or a doubled header included,
    is as good as none (step 3).
    """
    policy = get("cross-origin-resource-policy", headers)  # step 2
    if policy == "same-origin" and not same_origin(origin, url.origin):  # step 5
        return Failure.of(Reason.CORP_SAME_ORIGIN, headers, origin)
    if policy == "same-site" and not _is_same_site(origin, url):
        return Failure.of(Reason.CORP_SAME_SITE, headers, origin)
    return None


def _is_same_site(origin: str, url: Url) -> bool:
    """A secure response is not for an insecure page, even one of the same site; the reverse is fine."""
    page = parse_url(origin)
    if page is None:  # an opaque origin is on no site
        return False
    return schemelessly_same_site(page, url) and (page.scheme == "https" or url.scheme != "https")
