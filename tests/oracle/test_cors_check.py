"""The CORS check, byte for byte."""

from __future__ import annotations

import pytest
from scenes import PAGE

from harness.oracle import Credentials, Failure, Headers, Reason, cors_check

PLAIN = (Credentials.OMIT, Credentials.SAME_ORIGIN)
WITH = (Credentials.INCLUDE,)
ALL = PLAIN + WITH
R = Reason


def acao(*values: str) -> Headers:
    """Access-Control-Allow-Origin, one field per value."""
    return tuple(("Access-Control-Allow-Origin", value) for value in values)


def acac(*values: str) -> Headers:
    """The page allowed, and Access-Control-Allow-Credentials, one field per value."""
    return (*acao(PAGE), *(("access-control-allow-credentials", value) for value in values))


@pytest.mark.parametrize(
    ("origin", "modes", "headers", "reason"),
    [
        pytest.param(PAGE, PLAIN, acao("*"), None, id="wildcard"),
        pytest.param(PAGE, PLAIN, acao(PAGE), None, id="exact"),
        pytest.param(PAGE, PLAIN, (("ACCESS-CONTROL-ALLOW-ORIGIN", PAGE),), None, id="case of the name"),
        pytest.param("null", PLAIN, acao("null"), None, id="null"),
        pytest.param("null", PLAIN, acao("*"), None, id="wildcard for null"),
        pytest.param(PAGE, WITH, acac("true"), None, id="credentials"),
        pytest.param(PAGE, PLAIN, acac("nonsense"), None, id="credentials header without credentials"),
        pytest.param(PAGE, ALL, (), R.ALLOW_ORIGIN_MISSING, id="missing"),
        pytest.param(PAGE, WITH, acao("*"), R.ALLOW_ORIGIN_WILDCARD_WITH_CREDENTIALS, id="wildcard, credentials"),
        pytest.param(PAGE, ALL, acao(PAGE, PAGE), R.ALLOW_ORIGIN_MULTIPLE, id="twice the same"),
        pytest.param(PAGE, ALL, acao(PAGE, "http://b.test"), R.ALLOW_ORIGIN_MULTIPLE, id="two fields"),
        pytest.param(PAGE, ALL, acao(f"{PAGE},http://b.test"), R.ALLOW_ORIGIN_MULTIPLE, id="a list"),
        pytest.param(PAGE, ALL, acao("*", "*"), R.ALLOW_ORIGIN_MULTIPLE, id="two wildcards"),
        pytest.param(PAGE, ALL, acao(""), R.ALLOW_ORIGIN_MISMATCH, id="empty"),
        pytest.param(PAGE, ALL, acao("null"), R.ALLOW_ORIGIN_MISMATCH, id="null for a page"),
        pytest.param("null", ALL, acao("Null"), R.ALLOW_ORIGIN_MISMATCH, id="null in another case"),
        pytest.param(PAGE, ALL, acao(f"{PAGE}/"), R.ALLOW_ORIGIN_MISMATCH, id="trailing slash"),
        pytest.param(PAGE, ALL, acao(PAGE.upper()), R.ALLOW_ORIGIN_MISMATCH, id="upper case"),
        pytest.param(PAGE, ALL, acao("http://*.test:8000"), R.ALLOW_ORIGIN_MISMATCH, id="pattern"),
        pytest.param(PAGE, ALL, acao(f"{PAGE} http://b.test"), R.ALLOW_ORIGIN_MISMATCH, id="list with a blank"),
        pytest.param(PAGE, WITH, acac(), R.ALLOW_CREDENTIALS_MISSING, id="credentials header missing"),
        pytest.param(PAGE, WITH, acac("True"), R.ALLOW_CREDENTIALS_NOT_TRUE, id="True"),
        pytest.param(PAGE, WITH, acac(""), R.ALLOW_CREDENTIALS_NOT_TRUE, id="credentials header empty"),
        pytest.param(PAGE, WITH, acac("true", "true"), R.ALLOW_CREDENTIALS_NOT_TRUE, id="true twice"),
    ],
)
def test_cors_check(origin: str, modes: tuple[Credentials, ...], headers: Headers, reason: Reason | None) -> None:
    """The check passes or names the step that refuses."""
    for credentials in modes:
        failure = cors_check(origin, credentials, headers)
        assert (failure and failure.reason) == reason


def test_the_failure_quotes_what_decided() -> None:
    """A failure says which header, which value, and what was wanted."""
    assert cors_check(PAGE, Credentials.OMIT, acao("x", "y")) == Failure(
        Reason.ALLOW_ORIGIN_MULTIPLE, PAGE, "Access-Control-Allow-Origin", "x, y"
    )
    assert cors_check(PAGE, Credentials.INCLUDE, acac("no")) == Failure(
        Reason.ALLOW_CREDENTIALS_NOT_TRUE, "true", "Access-Control-Allow-Credentials", "no"
    )
