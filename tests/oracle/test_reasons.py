"""Every reason of the enum is complete, and each has a smallest scene in which it decides."""

from __future__ import annotations

import re
from typing import Any

import pytest
from scenes import (
    ALLOW_ANY,
    ALLOW_CREDENTIALS,
    ALLOW_PAGE,
    asks,
    grants,
    in_order,
    leads_to,
    methods,
    names,
    says,
)

from harness.oracle import (
    Answer,
    BodyKind,
    Connection,
    Credentials,
    Headers,
    Mode,
    NetworkFailure,
    Reason,
    Redirect,
    Refusal,
    WireResponse,
    predict,
)

R = Reason
PUT: dict[str, Any] = {"method": "PUT"}
X_A: dict[str, Any] = {"headers": (("X-A", "1"),)}
AUTHORIZATION: dict[str, Any] = {"headers": (("Authorization", "1"),)}
INCLUDE: dict[str, Any] = {"credentials": Credentials.INCLUDE}
NO_CORS: dict[str, Any] = {"mode": Mode.NO_CORS}
STREAM: dict[str, Any] = {"method": "POST", "body": b"x", "body_kind": BodyKind.STREAM}


def corp(value: str) -> WireResponse:
    """A response with Cross-Origin-Resource-Policy."""
    return WireResponse(200, (("Cross-Origin-Resource-Policy", value),))


def credentials(value: str) -> Headers:
    """The page allowed, and Access-Control-Allow-Credentials with this value."""
    return (*ALLOW_PAGE, ("Access-Control-Allow-Credentials", value))


# What the page asks for, and the answers that follow; the last one is repeated.
SCENES: dict[Reason, tuple[dict[str, Any], list[Answer]]] = {
    R.METHOD_NOT_A_TOKEN: ({"method": "A B"}, [says()]),
    R.METHOD_FORBIDDEN: ({"method": "TRACE"}, [says()]),
    R.METHOD_NOT_ALLOWED_IN_NO_CORS: (NO_CORS | PUT, [says()]),
    R.HEADER_NAME_INVALID: ({"headers": (("A B", "1"),)}, [says()]),
    R.HEADER_VALUE_INVALID: ({"headers": (("A", "\0"),)}, [says()]),
    R.BODY_WITH_GET_OR_HEAD: ({"body": b"x"}, [says()]),
    R.STREAM_IN_NO_CORS: (NO_CORS | STREAM, [says()]),
    R.URL_INCLUDES_CREDENTIALS: ({"url": "http://u@api.test/"}, [says()]),
    R.BAD_PORT: ({"url": "http://api.test:25/"}, [says()]),
    R.MODE_SAME_ORIGIN: ({"mode": Mode.SAME_ORIGIN}, [says()]),
    R.NO_CORS_NEEDS_FOLLOW: (NO_CORS | {"redirect": Redirect.MANUAL}, [says()]),
    R.NETWORK_FAILURE: ({}, [NetworkFailure()]),
    R.ALLOW_ORIGIN_MISSING: ({}, [says(allow=())]),
    R.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS: (INCLUDE, [says(allow=ALLOW_ANY)]),
    R.ALLOW_ORIGIN_MULTIPLE: ({}, [says(allow=ALLOW_PAGE + ALLOW_PAGE)]),
    R.ALLOW_ORIGIN_MISMATCH: ({"origin": "http://b.test"}, [says()]),
    R.ALLOW_CREDENTIALS_MISSING: (INCLUDE, [says()]),
    R.ALLOW_CREDENTIALS_NOT_TRUE: (INCLUDE, [says(allow=credentials("1"))]),
    R.PREFLIGHT_REDIRECT: (PUT, [grants(methods("PUT"), status=302)]),
    R.PREFLIGHT_STATUS_NOT_OK: (PUT, [grants(methods("PUT"), status=404)]),
    R.ALLOW_METHODS_MALFORMED: (PUT, [grants(methods("("))]),
    R.ALLOW_HEADERS_MALFORMED: (X_A, [grants(names("("))]),
    R.METHOD_NOT_ALLOWED: (PUT, [grants()]),
    R.METHOD_WILDCARD_WITH_CREDENTIALS: (PUT | INCLUDE, [grants(methods("*"), allow=ALLOW_CREDENTIALS)]),
    R.AUTHORIZATION_NEEDS_LISTING: (AUTHORIZATION, [grants(names("*"))]),
    R.HEADER_NOT_ALLOWED: (X_A, [grants()]),
    R.HEADER_WILDCARD_WITH_CREDENTIALS: (X_A | INCLUDE, [grants(names("*"), allow=ALLOW_CREDENTIALS)]),
    R.CORP_SAME_ORIGIN: (NO_CORS, [corp("same-origin")]),
    R.CORP_SAME_SITE: (NO_CORS | {"origin": "null"}, [corp("same-site")]),
    R.REDIRECT_MODE_ERROR: ({"redirect": Redirect.ERROR}, [leads_to("/x")]),
    R.LOCATION_MULTIPLE: ({}, [says(302, ("Location", "/x"), ("Location", "/x"))]),
    R.LOCATION_INVALID: ({}, [leads_to("http://[")]),
    R.REDIRECT_SCHEME: ({}, [leads_to("data:,x")]),
    R.TOO_MANY_REDIRECTS: ({}, [leads_to("/x")]),
    R.REDIRECT_INCLUDES_CREDENTIALS: ({}, [leads_to("http://u@api.test/")]),
    R.REDIRECT_NEEDS_BODY_AGAIN: (STREAM, [grants(), leads_to("/x", 307)]),
    R.STREAM_OVER_HTTP_ONE: (STREAM, [grants()]),
}

CONNECTIONS = {R.STREAM_OVER_HTTP_ONE: Connection.HTTP_1}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_decides_its_scene(reason: Reason) -> None:
    """Each reason can be reached, and in its scene it is the only one."""
    more, answers = SCENES[reason]
    connection = CONNECTIONS.get(reason, Connection.HTTP_2)
    outcome = predict(asks(**more), in_order(*answers), connect=lambda _: connection).outcome
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.also) == (reason, ())
    assert outcome.phase in reason.phases
    assert outcome.failure.header in (None, reason.header)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_complete(reason: Reason) -> None:
    """A reason has a kebab-case name, an anchor, phases and one sentence, and is found by its name."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.value)
    assert reason.value.replace("-", "_").upper() == reason.name
    assert re.fullmatch(r"#[a-z0-9-]+( steps? [0-9.]+( and [0-9]+)?)?", reason.clause)
    assert reason.link == "https://fetch.spec.whatwg.org/" + reason.clause.split()[0]
    assert reason.phases
    assert re.fullmatch(r"[A-Za-z][^\n]*\.", reason.sentence)
    assert Reason.named(reason.value) is reason


def test_sentences_are_all_different() -> None:
    """No two reasons say the same."""
    assert len({reason.sentence for reason in Reason}) == len(Reason)
