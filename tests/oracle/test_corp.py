"""Cross-Origin-Resource-Policy on responses of mode no-cors."""

from __future__ import annotations

import pytest

from harness.oracle import Headers, Reason
from harness.oracle.corp import cross_origin_resource_policy_check
from harness.oracle.urls import parse_url


def corp(*values: str) -> Headers:
    """The header, one field per value."""
    return tuple(("Cross-Origin-Resource-Policy", value) for value in values)


ORIGIN, SITE = Reason.CORP_SAME_ORIGIN, Reason.CORP_SAME_SITE


@pytest.mark.parametrize(
    ("origin", "url", "headers", "reason"),
    [
        pytest.param("http://a.test", "http://b.test/", (), None, id="absent"),
        pytest.param("http://a.test", "http://b.test/", corp("cross-origin"), None, id="cross-origin"),
        pytest.param("http://a.test", "http://b.test/", corp("same-origin"), ORIGIN, id="same-origin"),
        pytest.param("http://a.test", "http://a.test/", corp("same-origin"), None, id="same-origin at home"),
        pytest.param("http://a.test", "http://b.test/", corp("Same-Origin"), None, id="case counts"),
        pytest.param("http://a.test", "http://b.test/", corp("same-origin, same-origin"), None, id="a list"),
        pytest.param("http://a.test", "http://b.test/", corp("same-origin", "same-site"), None, id="two fields"),
        pytest.param("http://a.test", "http://b.test/", corp("same-site"), SITE, id="same-site, another site"),
        pytest.param("http://a.test", "http://a.test:8/", corp("same-site"), None, id="same-site, another port"),
        pytest.param("http://a.x.test", "http://b.x.test/", corp("same-site"), None, id="same-site, sibling"),
        pytest.param("http://a.test", "https://a.test/", corp("same-site"), SITE, id="secure response, plain page"),
        pytest.param("https://a.test", "http://a.test/", corp("same-site"), None, id="plain response, secure page"),
        pytest.param("https://a.test", "https://a.test/", corp("same-site"), None, id="both secure"),
        pytest.param("null", "http://a.test/", corp("same-site"), SITE, id="opaque origin, same-site"),
        pytest.param("null", "http://a.test/", corp("same-origin"), ORIGIN, id="opaque origin, same-origin"),
    ],
)
def test_corp(origin: str, url: str, headers: Headers, reason: Reason | None) -> None:
    """The policy is checked against the page's origin or site."""
    target = parse_url(url)
    assert target is not None
    failure = cross_origin_resource_policy_check(origin, target, headers)
    assert (failure and failure.reason) == reason
    assert not failure or (failure.subject, failure.value) == (origin, headers[0][1])
