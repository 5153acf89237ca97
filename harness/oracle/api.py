"""From what a page asks for to the request that travels: what fetch() and XMLHttpRequest do first.

Both refuse some things on their own, before any network: those are failures of phase "request".
Fetch: https://fetch.spec.whatwg.org/#dom-request, XMLHttpRequest: https://xhr.spec.whatwg.org/
"""

from __future__ import annotations

from harness.oracle.classify import (
    is_forbidden_method,
    is_forbidden_request_header,
    is_no_cors_safelisted_request_header,
    is_safelisted_method,
    normalize_method,
)
from harness.oracle.flight import Flight
from harness.oracle.grammar import HTTP_WHITESPACE, is_byte_string, is_header_value, is_token
from harness.oracle.headers import Headers, append, combine, contains, get, set_value
from harness.oracle.mime import parse_mime_type, serialize_mime_type
from harness.oracle.outcome import Failure, SeenAs
from harness.oracle.reasons import Reason
from harness.oracle.request import Api, BodyKind, Mode, Request

# #concept-bodyinit-extract step 10: the type that comes with the body.
_DEFAULT_TYPES = {
    BodyKind.TEXT: "text/plain;charset=UTF-8",
    BodyKind.URLENCODED: "application/x-www-form-urlencoded;charset=UTF-8",
}
_XHR_THROWS = {Reason.METHOD_FORBIDDEN: SeenAs.SECURITY_ERROR}


def create_flight(request: Request) -> Flight | Failure:
    """The request that the API hands to #concept-fetch, or why it does not."""
    made = _construct_request(request) if request.api is Api.FETCH else _open_and_send(request)
    if isinstance(made, Failure):
        return made
    method, headers, body = made
    # #concept-fetch step 12 comes before main fetch, so the default Accept counts among the headers.
    # Accept-Language (step 13) is left to the user agent, and here it is left out.
    if not contains("accept", headers):
        headers = append("Accept", "*/*", headers)
    streams = body is not None and request.body_kind is BodyKind.STREAM
    return Flight(
        method=method,
        url_list=(request.parsed_url,),
        origin=request.origin,
        headers=headers,
        body=body,
        body_is_stream=streams,
        mode=request.mode,
        credentials=request.credentials,
        redirect=request.redirect,
        referrer_policy=request.referrer_policy,
        use_cors_preflight=streams or request.upload_listener,
        cache_mode=request.cache,
        initiator_type=request.api,
    )


def seen_as(api: Api, reason: Reason) -> SeenAs:
    """What a call throws that the API refuses. open() and setRequestHeader() throw as their steps say."""
    return SeenAs.TYPE_ERROR if api is Api.FETCH else _XHR_THROWS.get(reason, SeenAs.SYNTAX_ERROR)


def _construct_request(request: Request) -> tuple[str, Headers, bytes | None] | Failure:
    """#dom-request: the constructor that fetch() runs."""
    failure = _check_bytes(request)  # Web IDL, before step 1
    if failure:
        return failure
    if request.parsed_url.includes_credentials:  # step 5.3
        return Failure(Reason.URL_INCLUDES_CREDENTIALS, subject=request.url)
    failure = _check_method(request.method)  # step 25.2
    if failure:
        return failure
    method = normalize_method(request.method)  # step 25.3
    if request.mode is Mode.NO_CORS and not is_safelisted_method(method):  # step 32.1
        return Failure(Reason.METHOD_NOT_ALLOWED_IN_NO_CORS, subject=method)
    headers = _fill_headers(request)  # step 33
    if isinstance(headers, Failure):
        return headers
    if request.body is None:
        return method, headers, None
    if method in ("GET", "HEAD"):  # step 35
        return Failure(Reason.BODY_WITH_GET_OR_HEAD, subject=method)
    default_type = _DEFAULT_TYPES.get(request.body_kind)
    if default_type and not contains("content-type", headers):  # step 37.4
        headers = append("Content-Type", default_type, headers)
    if request.body_kind is BodyKind.STREAM and request.mode is Mode.NO_CORS:  # step 39.2
        return Failure(Reason.STREAM_IN_NO_CORS, subject=method)
    return method, headers, request.body


def _open_and_send(request: Request) -> tuple[str, Headers, bytes | None] | Failure:
    """XMLHttpRequest: open(), setRequestHeader() for each header, send()."""
    failure = _check_method(request.method)  # open() steps 2 and 3
    if failure:
        return failure
    method = normalize_method(request.method)  # open() step 4
    headers: Headers = ()
    for name, raw in request.headers:
        value = raw.strip(HTTP_WHITESPACE)  # setRequestHeader() step 3
        failure = _check_header(name, value)  # step 4
        if failure:
            return failure
        if not is_forbidden_request_header(name, value):  # step 5
            headers = combine(name, value, headers)  # step 6, where fetch() appends
    if request.body is None or method in ("GET", "HEAD"):  # send() step 3: such a body is ignored
        return method, headers, None
    return method, _xhr_content_type(request.body_kind, headers), request.body


def _xhr_content_type(kind: BodyKind, headers: Headers) -> Headers:
    """send() steps 4.5 and 4.6: a charset that the author claims for text is overwritten."""
    default_type = _DEFAULT_TYPES.get(kind)
    if default_type is None:
        return headers
    author_type = get("content-type", headers)
    if author_type is None:
        return append("Content-Type", default_type, headers)
    mime_type = parse_mime_type(author_type)
    if mime_type is None or mime_type.parameter("charset", "utf-8").lower() == "utf-8":
        return headers
    return set_value("Content-Type", serialize_mime_type(mime_type.with_parameter("charset", "UTF-8")), headers)


def _check_bytes(request: Request) -> Failure | None:
    """https://webidl.spec.whatwg.org/#js-ByteString for each member of #requestinit, in the order of their names."""
    for name, value in request.headers:
        if not is_byte_string(name):
            return Failure(Reason.HEADER_NAME_INVALID, subject=name)
        if not is_byte_string(value):
            return Failure(Reason.HEADER_VALUE_INVALID, subject=name)
    return None if is_byte_string(request.method) else Failure(Reason.METHOD_NOT_A_TOKEN, subject=request.method)


def _check_method(method: str) -> Failure | None:
    if not is_token(method):
        return Failure(Reason.METHOD_NOT_A_TOKEN, subject=method)
    if is_forbidden_method(method):
        return Failure(Reason.METHOD_FORBIDDEN, subject=method)
    return None


def _check_header(name: str, value: str) -> Failure | None:
    """#headers-validate step 1; `value` is normalised already."""
    if not is_token(name):
        return Failure(Reason.HEADER_NAME_INVALID, subject=name)
    if not is_header_value(value):
        return Failure(Reason.HEADER_VALUE_INVALID, subject=name)
    return None


def _fill_headers(request: Request) -> Headers | Failure:
    """#concept-headers-fill with guard "request" or "request-no-cors"."""
    headers: Headers = ()
    for name, raw in request.headers:
        value = raw.strip(HTTP_WHITESPACE)  # #concept-headers-append step 1
        failure = _check_header(name, value)  # step 2
        if failure:
            return failure
        if _passes_guard(request.mode, name, value, headers):
            headers = append(name, value, headers)  # step 4
    return headers


def _passes_guard(mode: Mode, name: str, value: str, headers: Headers) -> bool:
    """#concept-headers-append steps 2 and 3: what does not pass is dropped without a word."""
    if mode is not Mode.NO_CORS:
        return not is_forbidden_request_header(name, value)
    present = get(name, headers)
    combined = value if present is None else f"{present}, {value}"
    return is_no_cors_safelisted_request_header(name, combined)
