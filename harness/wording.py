"""Wording: how each engine words each of the oracle's reasons, and what its words can mean.

A table per engine of patterns, each with the reasons that it is said for; some engines say one sentence for several. A
sentence that no pattern knows means nothing, which is not the same as another reason. Measured, with the builds that
`harness.deviations` names; an exception's message counts as words too. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.oracle import Reason

_METHODS = (Reason.METHOD_NOT_ALLOWED, Reason.METHOD_WILDCARD_WITH_CREDENTIALS)
_HEADERS = (Reason.HEADER_NOT_ALLOWED, Reason.HEADER_WILDCARD_WITH_CREDENTIALS, Reason.AUTHORIZATION_NEEDS_LISTING)
# What is said of a string with a character that is no byte, wherever it stands.
_NOT_BYTES = (Reason.METHOD_NOT_A_TOKEN, Reason.HEADER_NAME_INVALID, Reason.HEADER_VALUE_INVALID)
_CREDENTIALS = (Reason.ALLOW_CREDENTIALS_MISSING, Reason.ALLOW_CREDENTIALS_NOT_TRUE)


@dataclass(frozen=True)
class Phrase:
    """A pattern of an engine's sentences, with the reasons that they can stand for.

    ``vague`` ones are said beside others, or for many things; they count where nothing else was said.
    """

    pattern: re.Pattern[str]
    reasons: frozenset[Reason]
    vague: bool = False

    @property
    def text(self) -> str:
        """The pattern as people read it."""
        return self.pattern.pattern.replace(r"\*", "*").replace(".*", "…")


def _say(pattern: str, *reasons: Reason, vague: bool = False) -> Phrase:
    return Phrase(re.compile(pattern), frozenset(reasons), vague)


PHRASES: dict[str, tuple[Phrase, ...]] = {
    "chromium": (
        # A head that cannot be read counts as one without headers.
        _say("No 'Access-Control-Allow-Origin' header is present", Reason.ALLOW_ORIGIN_MISSING, Reason.NETWORK_FAILURE),
        # A Location with a blank in its host is taken for a URL, and nobody answers there.
        _say("Access to .* at 'http://.*%20", Reason.LOCATION_INVALID, Reason.LOCATION_MULTIPLE),
        # Said for a value with a blank or a comma in it.
        _say("header contains multiple values", Reason.ALLOW_ORIGIN_MULTIPLE, Reason.ALLOW_ORIGIN_MISMATCH),
        _say("-Origin' header contains the invalid value", Reason.ALLOW_ORIGIN_MISMATCH),
        _say("has a value '.*' that is not equal to the supplied origin", Reason.ALLOW_ORIGIN_MISMATCH),
        _say(r"must not be the wildcard '\*'", Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS),
        _say("-Credentials' header in the response is '.*' which must be 'true'", *_CREDENTIALS),
        _say("Redirect is not allowed for a preflight request", Reason.PREFLIGHT_REDIRECT),
        # Said for a redirect without a Location too.
        _say("It does not have HTTP ok status", Reason.PREFLIGHT_STATUS_NOT_OK, Reason.PREFLIGHT_REDIRECT),
        _say("Cannot parse Access-Control-Allow-Methods", Reason.ALLOW_METHODS_MALFORMED),
        _say("Cannot parse Access-Control-Allow-Headers", Reason.ALLOW_HEADERS_MALFORMED),
        _say("Method .* is not allowed by Access-Control-Allow-Methods", *_METHODS),
        _say("Request header field .* is not allowed by Access-Control-Allow-Headers", *_HEADERS),
        _say("ERR_BLOCKED_BY_RESPONSE.NotSameOrigin", Reason.CORP_SAME_ORIGIN),
        _say("ERR_BLOCKED_BY_RESPONSE.NotSameSite", Reason.CORP_SAME_SITE),
        _say("contains a username and password, which is disallowed", Reason.REDIRECT_INCLUDES_CREDENTIALS),
        _say("ERR_INVALID_REDIRECT", Reason.LOCATION_INVALID),
        _say("ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION", Reason.LOCATION_MULTIPLE),
        _say("Cross origin requests are only supported for protocol schemes", Reason.REDIRECT_SCHEME),
        _say("ERR_UNSAFE_REDIRECT", Reason.REDIRECT_SCHEME),
        _say("ERR_TOO_MANY_REDIRECTS", Reason.TOO_MANY_REDIRECTS),
        _say("ERR_UNSAFE_PORT", Reason.BAD_PORT),
        _say("Unsafe attempt to load URL .* from frame", Reason.MODE_SAME_ORIGIN),
        _say('Request mode is "same-origin" but', Reason.MODE_SAME_ORIGIN),
        _say('Request mode is "no-cors" but the redirect mode is not "follow"', Reason.NO_CORS_NEEDS_FOLLOW),
        # A body that is gone is missed before the scheme is looked at, or a host that is none.
        _say("ERR_INVALID_ARGUMENT", Reason.REDIRECT_NEEDS_BODY_AGAIN, Reason.REDIRECT_SCHEME, Reason.LOCATION_INVALID),
        _say("ERR_ALPN_NEGOTIATION_FAILED", Reason.STREAM_OVER_HTTP_ONE),
        _say("ERR_EMPTY_RESPONSE", Reason.NETWORK_FAILURE),
        _say("ERR_INVALID_HTTP_RESPONSE", Reason.NETWORK_FAILURE),
        _say("ERR_CONNECTION", Reason.NETWORK_FAILURE),
        # Said beside the words for most of these, and alone for this one.
        _say("Failed to load resource: net::ERR_FAILED", Reason.REDIRECT_MODE_ERROR, vague=True),
        # Exceptions.
        _say("is not a valid HTTP method", Reason.METHOD_NOT_A_TOKEN),
        _say("HTTP method is unsupported", Reason.METHOD_FORBIDDEN),
        _say("is unsupported in no-cors mode", Reason.METHOD_NOT_ALLOWED_IN_NO_CORS),
        _say("Invalid name", Reason.HEADER_NAME_INVALID),
        _say("is not a valid HTTP header field name", Reason.HEADER_NAME_INVALID),
        _say("Invalid value", Reason.HEADER_VALUE_INVALID),
        _say("is not a valid HTTP header field value", Reason.HEADER_VALUE_INVALID),
        _say("String contains non ISO-8859-1 code point", *_NOT_BYTES),
        _say("Request with GET/HEAD method cannot have body", Reason.BODY_WITH_GET_OR_HEAD),
        _say("If request is made from ReadableStream, mode should be", Reason.STREAM_IN_NO_CORS),
        _say("from a URL that includes credentials", Reason.URL_INCLUDES_CREDENTIALS),
    ),
    "firefox": (
        # A head that cannot be read counts as one without headers.
        _say("CORS header ‘Access-Control-Allow-Origin’ missing", Reason.ALLOW_ORIGIN_MISSING, Reason.NETWORK_FAILURE),
        # Said of a connection too that was closed on each of several tries.
        _say(
            "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed",
            Reason.ALLOW_ORIGIN_MULTIPLE,
            Reason.NETWORK_FAILURE,
        ),
        # Said for a list in one field too.
        _say("-Origin’ does not match", Reason.ALLOW_ORIGIN_MISMATCH, Reason.ALLOW_ORIGIN_MULTIPLE),
        _say("Credential is not supported if", Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS),
        _say("expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’", *_CREDENTIALS),
        _say("CORS request external redirect not allowed", Reason.PREFLIGHT_REDIRECT),
        _say("CORS preflight response did not succeed", Reason.PREFLIGHT_STATUS_NOT_OK, Reason.PREFLIGHT_REDIRECT),
        _say("invalid token ‘.*’ in CORS header ‘Access-Control-Allow-Methods’", Reason.ALLOW_METHODS_MALFORMED),
        _say("invalid token ‘.*’ in CORS header ‘Access-Control-Allow-Headers’", Reason.ALLOW_HEADERS_MALFORMED),
        _say("Did not find method in CORS header", *_METHODS),
        _say("is not allowed according to header ‘Access-Control-Allow-Headers’", *_HEADERS),
        _say(
            "was blocked due to its Cross-Origin-Resource-Policy header",
            Reason.CORP_SAME_ORIGIN,
            Reason.CORP_SAME_SITE,
        ),
        # Said of what a redirect leads to, and before anybody looks at the port.
        _say("Content at .* may not load data from", Reason.MODE_SAME_ORIGIN, Reason.REDIRECT_SCHEME, Reason.BAD_PORT),
        _say("Content at .* may not load or link to", Reason.REDIRECT_SCHEME),
        _say(
            "CORS request did not succeed",
            Reason.NETWORK_FAILURE,
            Reason.REDIRECT_INCLUDES_CREDENTIALS,
            Reason.REDIRECT_SCHEME,
            Reason.LOCATION_INVALID,
            Reason.LOCATION_MULTIPLE,
            Reason.TOO_MANY_REDIRECTS,
            Reason.BAD_PORT,
            vague=True,
        ),
        # Codes, which come beside sentences too.
        _say("NS_ERROR_PORT_ACCESS_NOT_ALLOWED", Reason.BAD_PORT, vague=True),
        _say(
            "NS_ERROR_CORRUPTED_CONTENT",
            Reason.REDIRECT_MODE_ERROR,
            Reason.LOCATION_INVALID,
            Reason.LOCATION_MULTIPLE,
            Reason.REDIRECT_SCHEME,
            vague=True,
        ),
        _say("NS_ERROR_REDIRECT_LOOP", Reason.TOO_MANY_REDIRECTS, vague=True),
        _say("NS_ERROR_DOM_BAD_URI", Reason.REDIRECT_SCHEME, vague=True),
        # Exceptions.
        _say(
            "Invalid request method",
            Reason.METHOD_NOT_A_TOKEN,
            Reason.METHOD_FORBIDDEN,
            Reason.METHOD_NOT_ALLOWED_IN_NO_CORS,
        ),
        _say("SyntaxError: An invalid or illegal string was specified", Reason.METHOD_NOT_A_TOKEN),
        _say("SecurityError: The operation is insecure", Reason.METHOD_FORBIDDEN),
        _say("is an invalid header name", Reason.HEADER_NAME_INVALID),
        _say("is an invalid header value", Reason.HEADER_VALUE_INVALID),
        # XMLHttpRequest says it of values too.
        _say("SyntaxError: Invalid header name", Reason.HEADER_NAME_INVALID, Reason.HEADER_VALUE_INVALID),
        _say("to ByteString because", *_NOT_BYTES),
        _say("HEAD or GET Request cannot have a body", Reason.BODY_WITH_GET_OR_HEAD),
        _say("is an url with embedded credentials", Reason.URL_INCLUDES_CREDENTIALS),
    ),
    "webkit": (
        # Said for no such header too.
        _say(
            "is not allowed by Access-Control-Allow-Origin", Reason.ALLOW_ORIGIN_MISSING, Reason.ALLOW_ORIGIN_MISMATCH
        ),
        _say("Access-Control-Allow-Origin cannot contain more than one origin", Reason.ALLOW_ORIGIN_MULTIPLE),
        _say("Cannot use wildcard in Access-Control-Allow-Origin", Reason.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS),
        _say('Access-Control-Allow-Credentials is not "true"', *_CREDENTIALS),
        _say("Preflight response is not successful", Reason.PREFLIGHT_STATUS_NOT_OK, Reason.PREFLIGHT_REDIRECT),
        _say("Access-Control-Allow-Methods has an invalid value", Reason.ALLOW_METHODS_MALFORMED),
        _say("Access-Control-Allow-Headers has an invalid value", Reason.ALLOW_HEADERS_MALFORMED),
        _say("Method .* is not allowed by Access-Control-Allow-Methods", *_METHODS),
        _say("Request header field .* is not allowed by Access-Control-Allow-Headers", *_HEADERS),
        _say("violates the resource's Cross-Origin-Resource-Policy", Reason.CORP_SAME_ORIGIN, Reason.CORP_SAME_SITE),
        _say("redirection URL .* has credentials", Reason.REDIRECT_INCLUDES_CREDENTIALS),
        # Said for a Location that is no URL too.
        _say("redirection with non CORS scheme", Reason.REDIRECT_SCHEME, Reason.LOCATION_INVALID),
        _say("FTP URLs are disabled", Reason.REDIRECT_SCHEME),
        _say("Load request cancelled", Reason.REDIRECT_SCHEME, Reason.LOCATION_INVALID),
        _say("Redirect was not allowed", Reason.REDIRECT_SCHEME),
        _say("The URL can’t be shown", Reason.LOCATION_INVALID),
        _say("Not allowed to follow a redirection", Reason.REDIRECT_MODE_ERROR),
        _say("cannot follow more than 20 redirections", Reason.TOO_MANY_REDIRECTS),
        _say("Not allowed to use restricted network port", Reason.BAD_PORT),
        _say("Unsafe attempt to load URL .* from origin", Reason.MODE_SAME_ORIGIN),
        _say("Could not parse HTTP response", Reason.NETWORK_FAILURE),
        _say("Connection terminated", Reason.NETWORK_FAILURE),
        # Exceptions.
        _say("Method is not a valid HTTP token", Reason.METHOD_NOT_A_TOKEN),
        _say("Method is forbidden", Reason.METHOD_FORBIDDEN),
        _say("SecurityError: The operation is insecure", Reason.METHOD_FORBIDDEN),
        _say("Method must be GET, POST or HEAD in no-cors mode", Reason.METHOD_NOT_ALLOWED_IN_NO_CORS),
        _say("Invalid header name", Reason.HEADER_NAME_INVALID),
        _say("has invalid value", Reason.HEADER_VALUE_INVALID),
        _say("SyntaxError: The string did not match the expected pattern", *_NOT_BYTES),
        _say("TypeError: Type error", *_NOT_BYTES),
        _say("and cannot have a body", Reason.BODY_WITH_GET_OR_HEAD),
        # Said of every stream, over HTTP/2 too.
        _say("ReadableStream uploading is not supported", Reason.STREAM_OVER_HTTP_ONE),
        _say("URL is not valid or contains user credentials", Reason.URL_INCLUDES_CREDENTIALS),
    ),
}


# The reasons that some engine tells by a bare code, beside a sentence that says less or none.
CODED = frozenset(
    reason.value
    for phrases in PHRASES.values()
    for phrase in phrases
    if phrase.pattern.pattern.startswith("NS_ERROR_")
    for reason in phrase.reasons
)


def phrases_for(engine: str, reason: Reason) -> tuple[Phrase, ...]:
    """Return how an engine words a reason."""
    return tuple(phrase for phrase in PHRASES[engine] if reason in phrase.reasons)


def reasons_in(engine: str, words: Iterable[str]) -> frozenset[str]:
    """Return the oracle's reasons that an engine's sentences can stand for; empty where none of them is known."""
    said = [phrase for sentence in words for phrase in PHRASES.get(engine, ()) if phrase.pattern.search(sentence)]
    telling = [phrase for phrase in said if not phrase.vague] or said
    return frozenset(reason.value for phrase in telling for reason in phrase.reasons)
