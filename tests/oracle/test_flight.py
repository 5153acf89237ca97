"""The request's own questions: its origin, tainted or not, its Origin header, its credentials."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scenes import API, OTHER, PAGE, flies

from harness.oracle import Credentials, Mode, ReferrerPolicy
from harness.oracle.flight import (
    Tainting,
    include_credentials,
    request_origin_header,
    serialize_request_origin,
)
from harness.oracle.urls import Url, parse_url

SECURE_PAGE = "https://app.test"


def urls(*origins: str) -> tuple[Url, ...]:
    """One URL per origin."""
    found = [parse_url(f"{origin}/") for origin in origins]
    return tuple(url for url in found if url)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        pytest.param((API,), PAGE, id="no redirect"),
        pytest.param((PAGE, API), PAGE, id="page to API"),
        pytest.param((PAGE, PAGE, API), PAGE, id="page to page to API"),
        pytest.param((API, API), PAGE, id="API to itself"),
        pytest.param((API, OTHER), "null", id="API to another"),
        pytest.param((API, PAGE), "null", id="API back to the page"),
        pytest.param((PAGE, API, API), PAGE, id="page to API to itself"),
        pytest.param((PAGE, API, PAGE), "null", id="there and back"),
        pytest.param((API, OTHER, OTHER), "null", id="taint stays"),
        pytest.param((PAGE, API, OTHER, PAGE), "null", id="taint stays at home"),
    ],
)
def test_redirect_taint(chain: tuple[str, ...], expected: str) -> None:
    """Once a foreign origin redirects to another, the origin is null for good."""
    assert serialize_request_origin(replace(flies(), url_list=urls(*chain))) == expected


def test_an_opaque_origin_is_tainted_by_any_change_of_origin() -> None:
    """An opaque origin is the same as none, so the first hop is foreign already."""
    assert serialize_request_origin(replace(flies(origin="null"), url_list=urls(API, API))) == "null"
    assert serialize_request_origin(flies(origin="null")) == "null"


@pytest.mark.parametrize(
    ("credentials", "tainting", "expected"),
    [
        pytest.param(Credentials.INCLUDE, Tainting.CORS, True, id="include across origins"),
        pytest.param(Credentials.INCLUDE, Tainting.BASIC, True, id="include at home"),
        pytest.param(Credentials.SAME_ORIGIN, Tainting.BASIC, True, id="same-origin at home"),
        pytest.param(Credentials.SAME_ORIGIN, Tainting.CORS, False, id="same-origin across origins"),
        pytest.param(Credentials.SAME_ORIGIN, Tainting.OPAQUE, False, id="same-origin in no-cors"),
        pytest.param(Credentials.OMIT, Tainting.BASIC, False, id="omit at home"),
        pytest.param(Credentials.OMIT, Tainting.CORS, False, id="omit across origins"),
    ],
)
def test_include_credentials(credentials: Credentials, tainting: Tainting, expected: bool) -> None:
    """Cookies may go with include, and with same-origin as long as nothing foreign was involved."""
    assert include_credentials(flies(tainting, credentials=credentials)) is expected


@pytest.mark.parametrize(
    ("method", "mode", "tainting", "expected"),
    [
        pytest.param("GET", Mode.CORS, Tainting.CORS, PAGE, id="CORS GET"),
        pytest.param("HEAD", Mode.CORS, Tainting.CORS, PAGE, id="CORS HEAD"),
        pytest.param("GET", Mode.CORS, Tainting.BASIC, None, id="GET at home"),
        pytest.param("HEAD", Mode.SAME_ORIGIN, Tainting.BASIC, None, id="HEAD at home"),
        pytest.param("POST", Mode.CORS, Tainting.BASIC, PAGE, id="POST at home"),
        pytest.param("PUT", Mode.SAME_ORIGIN, Tainting.BASIC, PAGE, id="PUT at home"),
        pytest.param("GET", Mode.NO_CORS, Tainting.OPAQUE, None, id="no-cors GET"),
        pytest.param("POST", Mode.NO_CORS, Tainting.OPAQUE, PAGE, id="no-cors POST"),
    ],
)
def test_origin_header(method: str, mode: Mode, tainting: Tainting, expected: str | None) -> None:
    """Origin goes with all CORS requests and with every method but GET and HEAD."""
    assert request_origin_header(flies(tainting, method=method, mode=mode)) == expected


P = ReferrerPolicy
DOWNGRADE = (P.NO_REFERRER_WHEN_DOWNGRADE, P.STRICT_ORIGIN, P.STRICT_ORIGIN_WHEN_CROSS_ORIGIN)
HARMLESS = (P.ORIGIN, P.ORIGIN_WHEN_CROSS_ORIGIN, P.UNSAFE_URL)


@pytest.mark.parametrize(
    ("policies", "page", "target", "hidden"),
    [
        pytest.param((P.NO_REFERRER,), PAGE, PAGE, True, id="no-referrer even at home"),
        pytest.param(DOWNGRADE, SECURE_PAGE, "http://api.test", True, id="downgrade"),
        pytest.param(DOWNGRADE, SECURE_PAGE, "https://api.test", False, id="secure to secure"),
        pytest.param(DOWNGRADE, PAGE, "http://api.test", False, id="insecure to insecure"),
        pytest.param(DOWNGRADE, PAGE, "https://api.test", False, id="upgrade"),
        pytest.param((P.SAME_ORIGIN,), PAGE, API, True, id="same-origin abroad"),
        pytest.param((P.SAME_ORIGIN,), PAGE, PAGE, False, id="same-origin at home"),
        pytest.param(HARMLESS, SECURE_PAGE, "http://api.test", False, id="policies that say nothing of it"),
    ],
)
def test_referrer_policy(policies: tuple[ReferrerPolicy, ...], page: str, target: str, hidden: bool) -> None:
    """Outside mode cors the referrer policy can turn Origin into null; in mode cors it cannot."""
    for policy in policies:
        more = {"origin": page, "url": f"{target}/", "method": "POST", "referrer_policy": policy}
        tainting = Tainting.BASIC if page == target else Tainting.OPAQUE
        mode = Mode.SAME_ORIGIN if page == target else Mode.NO_CORS
        assert request_origin_header(flies(tainting, mode=mode, **more)) == ("null" if hidden else page)
        assert request_origin_header(flies(Tainting.BASIC, **more)) == page
        assert request_origin_header(flies(Tainting.CORS, **more)) == page
