"""Every reason why script does not get to read a response, in one enum.

Each reason carries the clause of the standard, a sentence for people, the phases in which it can
turn up, and the header that decides. The finer reasons inside one step (a list where one origin
must be) are this project's; the standard only says "failure" there.
"""

from __future__ import annotations

from enum import Enum, StrEnum

_FETCH = "https://fetch.spec.whatwg.org/"
_ACAO = "Access-Control-Allow-Origin"
_ACAC = "Access-Control-Allow-Credentials"
_ACAM = "Access-Control-Allow-Methods"
_ACAH = "Access-Control-Allow-Headers"
_CORP = "Cross-Origin-Resource-Policy"


class Phase(StrEnum):
    """Where in the life of a request it was refused."""

    REQUEST = "request"  # nothing was sent
    PREFLIGHT = "preflight"  # the answer to an OPTIONS
    ACTUAL = "actual"  # the request itself, or the answer to it
    REDIRECT = "redirect"  # following a redirect


_EITHER = (Phase.PREFLIGHT, Phase.ACTUAL)


class Reason(Enum):
    """Why a response is not shared; the value is the name that reports use."""

    # The API refuses before anything is sent.
    METHOD_NOT_A_TOKEN = (
        "method-not-a-token", "#concept-method", (Phase.REQUEST,), None,
        "The method is not an HTTP token.",
    )  # fmt: skip
    METHOD_FORBIDDEN = (
        "method-forbidden", "#forbidden-method", (Phase.REQUEST,), None,
        "CONNECT, TRACE and TRACK are closed to script.",
    )  # fmt: skip
    METHOD_NOT_ALLOWED_IN_NO_CORS = (
        "method-not-allowed-in-no-cors", "#dom-request step 32.1", (Phase.REQUEST,), None,
        "Mode no-cors only has GET, HEAD and POST.",
    )  # fmt: skip
    HEADER_NAME_INVALID = (
        "header-name-invalid", "#headers-validate step 1", (Phase.REQUEST,), None,
        "The name of a request header is not an HTTP token.",
    )  # fmt: skip
    HEADER_VALUE_INVALID = (
        "header-value-invalid", "#headers-validate step 1", (Phase.REQUEST,), None,
        "The value of a request header holds NUL, CR, LF or something that is not a byte.",
    )  # fmt: skip
    BODY_WITH_GET_OR_HEAD = (
        "body-with-get-or-head", "#dom-request step 35", (Phase.REQUEST,), None,
        "fetch() takes no body with GET or HEAD.",
    )  # fmt: skip
    STREAM_IN_NO_CORS = (
        "stream-in-no-cors", "#dom-request step 39.2", (Phase.REQUEST,), None,
        "Mode no-cors takes no stream as a body.",
    )  # fmt: skip
    URL_INCLUDES_CREDENTIALS = (
        "url-includes-credentials", "#dom-request step 5.3", (Phase.REQUEST,), None,
        "fetch() takes no URL with a user name or a password.",
    )  # fmt: skip

    # Main fetch refuses the URL, at once or behind a redirect.
    BAD_PORT = (
        "bad-port", "#main-fetch step 7", (Phase.REQUEST, Phase.REDIRECT), "Location",
        "Browsers do not speak HTTP to this port.",
    )  # fmt: skip
    MODE_SAME_ORIGIN = (
        "mode-same-origin", "#main-fetch step 12", (Phase.REQUEST, Phase.REDIRECT), "Location",
        "Mode same-origin does not go to another origin.",
    )  # fmt: skip
    NO_CORS_NEEDS_FOLLOW = (
        "no-cors-needs-follow", "#main-fetch step 12", (Phase.REQUEST,), None,
        "Mode no-cors goes to another origin only with redirect mode follow.",
    )  # fmt: skip

    # The connection refuses the request.
    STREAM_OVER_HTTP_ONE = (
        "stream-over-http-one", "#http-network-fetch step 8.3", (Phase.REQUEST, Phase.ACTUAL), None,
        "A stream as a body does not go out over an HTTP/1 connection.",
    )  # fmt: skip

    # No answer.
    NETWORK_FAILURE = (
        "network-failure", "#http-network-fetch", _EITHER, None,
        "The server gave no answer that is HTTP.",
    )  # fmt: skip

    # The CORS check, on the answer to a preflight or to the request itself.
    ALLOW_ORIGIN_MISSING = (
        "allow-origin-missing", "#cors-check step 2", _EITHER, _ACAO,
        "The response has no Access-Control-Allow-Origin.",
    )  # fmt: skip
    ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS = (
        "allow-origin-wildcard-with-credentials", "#cors-check step 3", _EITHER, _ACAO,
        "Access-Control-Allow-Origin is *, which does not count for a request with credentials.",
    )  # fmt: skip
    ALLOW_ORIGIN_MULTIPLE = (
        "allow-origin-multiple", "#cors-check step 4", _EITHER, _ACAO,
        "Access-Control-Allow-Origin has several values; it must be one origin, or *.",
    )  # fmt: skip
    ALLOW_ORIGIN_MISMATCH = (
        "allow-origin-mismatch", "#cors-check step 4", _EITHER, _ACAO,
        "Access-Control-Allow-Origin is not, byte for byte, the origin of the request.",
    )  # fmt: skip
    ALLOW_CREDENTIALS_MISSING = (
        "allow-credentials-missing", "#cors-check step 8", _EITHER, _ACAC,
        "The request has credentials, and the response has no Access-Control-Allow-Credentials.",
    )  # fmt: skip
    ALLOW_CREDENTIALS_NOT_TRUE = (
        "allow-credentials-not-true", "#cors-check step 7", _EITHER, _ACAC,
        "The request has credentials, and Access-Control-Allow-Credentials is not exactly true.",
    )  # fmt: skip

    # The answer to a preflight.
    PREFLIGHT_REDIRECT = (
        "preflight-redirect", "#cors-preflight-fetch step 7", (Phase.PREFLIGHT,), None,
        "The preflight was answered by a redirect; a preflight follows none.",
    )  # fmt: skip
    PREFLIGHT_STATUS_NOT_OK = (
        "preflight-status-not-ok", "#cors-preflight-fetch step 7", (Phase.PREFLIGHT,), None,
        "The preflight was answered with a status outside 200 to 299.",
    )  # fmt: skip
    ALLOW_METHODS_MALFORMED = (
        "allow-methods-malformed", "#cors-preflight-fetch step 7.3", (Phase.PREFLIGHT,), _ACAM,
        "Access-Control-Allow-Methods is not a list of methods.",
    )  # fmt: skip
    ALLOW_HEADERS_MALFORMED = (
        "allow-headers-malformed", "#cors-preflight-fetch step 7.3", (Phase.PREFLIGHT,), _ACAH,
        "Access-Control-Allow-Headers is not a list of header names.",
    )  # fmt: skip
    METHOD_NOT_ALLOWED = (
        "method-not-allowed", "#cors-preflight-fetch step 7.5", (Phase.PREFLIGHT,), _ACAM,
        "Access-Control-Allow-Methods does not list the method, in exactly its case.",
    )  # fmt: skip
    METHOD_WILDCARD_WITH_CREDENTIALS = (
        "method-wildcard-with-credentials", "#cors-preflight-fetch step 7.5", (Phase.PREFLIGHT,), _ACAM,
        "Access-Control-Allow-Methods has *, which does not count for a request with credentials.",
    )  # fmt: skip
    AUTHORIZATION_NEEDS_LISTING = (
        "authorization-needs-listing", "#cors-preflight-fetch step 7.6", (Phase.PREFLIGHT,), _ACAH,
        "Authorization must be listed by name in Access-Control-Allow-Headers; * does not cover it.",
    )  # fmt: skip
    HEADER_NOT_ALLOWED = (
        "header-not-allowed", "#cors-preflight-fetch step 7.7", (Phase.PREFLIGHT,), _ACAH,
        "Access-Control-Allow-Headers does not list a header of the request.",
    )  # fmt: skip
    HEADER_WILDCARD_WITH_CREDENTIALS = (
        "header-wildcard-with-credentials", "#cors-preflight-fetch step 7.7", (Phase.PREFLIGHT,), _ACAH,
        "Access-Control-Allow-Headers has *, which does not count for a request with credentials.",
    )  # fmt: skip

    # Responses of mode no-cors.
    CORP_SAME_ORIGIN = (
        "corp-same-origin", "#cross-origin-resource-policy-internal-check step 5", (Phase.ACTUAL,), _CORP,
        "Cross-Origin-Resource-Policy keeps the response to its own origin.",
    )  # fmt: skip
    CORP_SAME_SITE = (
        "corp-same-site", "#cross-origin-resource-policy-internal-check step 5", (Phase.ACTUAL,), _CORP,
        "Cross-Origin-Resource-Policy keeps the response to its own site.",
    )  # fmt: skip

    # Redirects.
    REDIRECT_MODE_ERROR = (
        "redirect-mode-error", "#http-fetch step 6.3", (Phase.REDIRECT,), None,
        "Redirect mode error takes any redirect for an error.",
    )  # fmt: skip
    LOCATION_MULTIPLE = (
        "location-multiple", "#http-redirect-fetch step 5", (Phase.REDIRECT,), "Location",
        "The redirect has several Location headers.",
    )  # fmt: skip
    LOCATION_INVALID = (
        "location-invalid", "#http-redirect-fetch step 5", (Phase.REDIRECT,), "Location",
        "The Location of the redirect is not a URL.",
    )  # fmt: skip
    REDIRECT_SCHEME = (
        "redirect-scheme", "#http-redirect-fetch step 6", (Phase.REDIRECT,), "Location",
        "The redirect leads to a URL that is neither http nor https.",
    )  # fmt: skip
    TOO_MANY_REDIRECTS = (
        "too-many-redirects", "#http-redirect-fetch step 7", (Phase.REDIRECT,), "Location",
        "After 20 redirects no further one is followed.",
    )  # fmt: skip
    REDIRECT_INCLUDES_CREDENTIALS = (
        "redirect-includes-credentials", "#http-redirect-fetch steps 9 and 10", (Phase.REDIRECT,), "Location",
        "The redirect leads to a URL with a user name or a password.",
    )  # fmt: skip
    REDIRECT_NEEDS_BODY_AGAIN = (
        "redirect-needs-body-again", "#http-redirect-fetch step 11", (Phase.REDIRECT,), None,
        "The redirect wants the body again, and the body was a stream.",
    )  # fmt: skip

    clause: str
    phases: tuple[Phase, ...]
    header: str | None
    sentence: str

    def __new__(cls, slug: str, clause: str, phases: tuple[Phase, ...], header: str | None, sentence: str) -> Reason:
        """Spread the rows above over named attributes; `clause` is an anchor, mostly with a step number."""
        reason = object.__new__(cls)
        reason._value_ = slug
        reason.clause = clause
        reason.phases = phases
        reason.header = header
        reason.sentence = sentence
        return reason

    @classmethod
    def named(cls, slug: str) -> Reason:
        """The reason with this name, as reports and command lines write it."""
        return {reason.value: reason for reason in cls}[slug]

    @property
    def link(self) -> str:
        """The clause in the standard, to click on."""
        return _FETCH + self.clause.split(" ")[0]
