"""URLs and origins as CORS sees them, also where they are relative or odd."""

from __future__ import annotations

import pytest

from harness.oracle.ports import BAD_PORTS, is_blocked_due_to_a_bad_port
from harness.oracle.urls import (
    Url,
    is_serialized_origin,
    parse_url,
    same_origin,
    schemelessly_same_site,
)

BASE = "http://u:p@host.test:81/dir/page?q#f"


def parsed(text: str, base: str | None = None) -> Url:
    """A URL that must parse."""
    url = parse_url(text, parsed(base) if base else None)
    assert url is not None
    return url


@pytest.mark.parametrize(
    ("text", "origin", "rest"),
    [
        pytest.param("http://host.test", "http://host.test", "/", id="no path"),
        pytest.param("HTTP://HOST.Test/A", "http://host.test", "/A", id="case of scheme and host"),
        pytest.param("http://host.test:80/", "http://host.test", "/", id="default port"),
        pytest.param("http://host.test:/", "http://host.test", "/", id="empty port"),
        pytest.param("https://host.test:443/", "https://host.test", "/", id="default port of https"),
        pytest.param("https://host.test:80/", "https://host.test:80", "/", id="default port of the other scheme"),
        pytest.param("http://host.test:08080/", "http://host.test:8080", "/", id="leading zeros of a port"),
        pytest.param("http://host.test:0/", "http://host.test:0", "/", id="port zero"),
        pytest.param("http://host.test:65535/", "http://host.test:65535", "/", id="highest port"),
        pytest.param(" \n http://ho\tst.te\nst/ \x01", "http://host.test", "/", id="blanks and newlines are dropped"),
        pytest.param("http:\\\\host.test\\a\\b", "http://host.test", "/a/b", id="backslashes"),
        pytest.param("http:host.test/a", "http://host.test", "/a", id="no slashes without a base"),
        pytest.param("http:////host.test/a", "http://host.test", "/a", id="more slashes than needed"),
        pytest.param("http://host.test/a/./b/../c", "http://host.test", "/a/c", id="dot segments"),
        pytest.param("http://host.test/a/%2E%2e/c", "http://host.test", "/c", id="encoded dot segments"),
        pytest.param("http://host.test/a/..", "http://host.test", "/", id="dot segment at the end"),
        pytest.param("http://host.test/a/.", "http://host.test", "/a/", id="single dot at the end"),
        pytest.param("http://host.test/../../a", "http://host.test", "/a", id="not above the root"),
        pytest.param("http://host.test/a.b/%41", "http://host.test", "/a.b/%41", id="dots and escapes stay"),
        pytest.param("http://host.test/a//b", "http://host.test", "/a//b", id="empty segments stay"),
        pytest.param('http://host.test/ "<>`{}', "http://host.test", "/%20%22%3C%3E%60%7B%7D", id="path is encoded"),
        pytest.param("http://host.test/a!", "http://host.test", "/a!", id="an exclamation mark at the end"),
        pytest.param("http://host.test/a|b'c", "http://host.test", "/a|b'c", id="not all of it"),
        pytest.param("http://host.test/\xe9", "http://host.test", "/%E9", id="bytes are encoded as they are"),
        pytest.param("http://host.test?a b'\\", "http://host.test", "/?a%20b%27\\", id="query is encoded otherwise"),
        pytest.param("http://host.test/?", "http://host.test", "/?", id="an empty query is a query"),
        pytest.param("http://host.test/a?b?c#d#e", "http://host.test", "/a?b?c", id="fragment is cut off"),
        pytest.param("http://a@b@host.test/", "http://host.test", "/", id="the last at sign ends the userinfo"),
        pytest.param("http://127.0.0.1/", "http://127.0.0.1", "/", id="IPv4"),
        pytest.param("http://[0:0::1]:9/", "http://[::1]:9", "/", id="IPv6 is shortened"),
        pytest.param("http://[2001:DB8::A]/", "http://[2001:db8::a]", "/", id="IPv6 in lower case"),
        pytest.param('http://a"`{}b/', 'http://a"`{}b', "/", id="odd characters that a host may have"),
        pytest.param("http://ho%73t.test/", "http://host.test", "/", id="escapes in a host are undone"),
        pytest.param("http://1.test/", "http://1.test", "/", id="a number that is not the last label"),
        pytest.param("http://x1/", "http://x1", "/", id="digits in the last label"),
    ],
)
def test_absolute(text: str, origin: str, rest: str) -> None:
    """Absolute URLs come out as a browser would send them."""
    url = parsed(text)
    assert (url.origin, url.on_the_wire) == (origin, origin + rest)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty without a base"),
        pytest.param("/a", id="relative without a base"),
        pytest.param("http://", id="no host"),
        pytest.param("http:///", id="no host, but slashes"),
        pytest.param("http://u@/", id="no host, but userinfo"),
        pytest.param("http://[::ffff:1.2.3.4]/", id="IPv4 inside IPv6"),
        pytest.param("http://[fe80::1%lo]/", id="IPv6 with a bare zone"),
        pytest.param("http://host.test:65536/", id="port too large"),
        pytest.param("http://host.test:123456/", id="port too long"),
        pytest.param("http://host.test:8a/", id="port not a number"),
        pytest.param("http://ho st/", id="blank in the host"),
        pytest.param("http://ho%00st/", id="NUL in the host"),
        pytest.param("http://h\xf6st/", id="host not in ASCII"),
        pytest.param("http://host^/", id="forbidden character in the host"),
        pytest.param("http://1.2.3/", id="IPv4 with three numbers"),
        pytest.param("http://256.1.1.1/", id="IPv4 out of range"),
        pytest.param("http://a.0x1/", id="hexadecimal last label"),
        pytest.param("http://a.1./", id="number and a dot last"),
        pytest.param("http://[::1/", id="IPv6 not closed"),
        pytest.param("http://[::g]/", id="IPv6 with nonsense"),
        pytest.param("http://[fe80::1%25lo]/", id="IPv6 with a zone"),
        pytest.param("http://[::1]x/", id="text behind IPv6"),
        pytest.param("http://a]b/", id="stray bracket"),
    ],
)
def test_failure(text: str) -> None:
    """These are no URLs, or outside the stated limits."""
    assert parse_url(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "http://host.test:81/dir/page?q", id="empty: the same URL"),
        pytest.param("#x", "http://host.test:81/dir/page?q", id="fragment only"),
        pytest.param("?x", "http://host.test:81/dir/page?x", id="query only"),
        pytest.param("?", "http://host.test:81/dir/page?", id="empty query"),
        pytest.param("x", "http://host.test:81/dir/x", id="sibling"),
        pytest.param("../x", "http://host.test:81/x", id="up"),
        pytest.param("/x", "http://host.test:81/x", id="path"),
        pytest.param("\\x", "http://host.test:81/x", id="path with a backslash"),
        pytest.param("//other.test/x", "http://other.test/x", id="host"),
        pytest.param("\\/other.test/x", "http://other.test/x", id="host with a backslash"),
        pytest.param("http:x", "http://host.test:81/dir/x", id="scheme of the base, relative"),
        pytest.param("http:/x", "http://host.test:81/x", id="scheme of the base, path"),
        pytest.param("http:\\\\other.test", "http://other.test/", id="scheme of the base, host"),
        pytest.param("x:81/y", None, id="what looks like a scheme is one"),
        pytest.param("//", None, id="host missing"),
    ],
)
def test_relative(text: str, expected: str | None) -> None:
    """References resolve against the URL that redirects."""
    url = parse_url(text, parsed(BASE))
    assert (url.on_the_wire if url and url.scheme == "http" else None) == expected


def test_another_scheme_is_never_relative() -> None:
    """Only the scheme of the base itself can be left without slashes."""
    assert parsed("https:x", BASE).on_the_wire == "https://x/"
    assert parsed("https:/x", BASE).on_the_wire == "https://x/"


def test_relative_keeps_userinfo_only_on_the_same_authority() -> None:
    """A relative reference inherits user name and password; a new authority does not."""
    assert parsed("/x", BASE).includes_credentials
    assert not parsed("//host.test:81/x", BASE).includes_credentials


def test_other_schemes_are_kept_as_such() -> None:
    """Of a URL that is not http(s) only the scheme is known, and its origin is opaque."""
    url = parsed("DATA:text/plain,hi")
    assert (url.scheme, url.origin) == ("data", "null")


@pytest.mark.parametrize(
    ("text", "included", "for_script"),
    [
        pytest.param("http://u:p@host.test/#f", True, "http://u:p@host.test/", id="both"),
        pytest.param("http://u:@host.test/", True, "http://u@host.test/", id="name only"),
        pytest.param("http://:p@host.test/", True, "http://:p@host.test/", id="password only"),
        pytest.param("http://:@host.test/", False, "http://host.test/", id="a colon is nothing"),
        pytest.param("http://@host.test/", False, "http://host.test/", id="an at sign is nothing"),
        pytest.param("http://a:b:c@host.test/", True, "http://a:b%3Ac@host.test/", id="the first colon separates"),
        pytest.param("http://u@host.test/?x://y", True, "http://u@host.test/?x://y", id="another URL in the query"),
        pytest.param("http://host.test/?a@b", False, "http://host.test/?a@b", id="an at sign elsewhere"),
    ],
)
def test_userinfo(text: str, included: bool, for_script: str) -> None:
    """Empty userinfo does not count; script sees the rest in response.url."""
    url = parsed(text)
    assert (url.includes_credentials, url.for_script) == (included, for_script)


def test_fragment_is_encoded_and_absent_is_not_empty() -> None:
    """A fragment is part of the URL, though it never travels."""
    assert parsed("http://host.test/#a `{").fragment == "a%20%60{"
    assert parsed("http://host.test/#").fragment == ""
    assert parsed("http://host.test/").fragment is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("http://a.test", "http://a.test", True, id="equal"),
        pytest.param("http://a.test", "https://a.test", False, id="scheme"),
        pytest.param("http://a.test", "http://a.test:81", False, id="port"),
        pytest.param("null", "null", False, id="opaque origins"),
    ],
)
def test_same_origin(one: str, other: str, expected: bool) -> None:
    """Origins are the same when they are written alike, opaque ones never."""
    assert same_origin(one, other) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("http://a.test", True, id="http"),
        pytest.param("https://a.test:8443", True, id="port"),
        pytest.param("null", True, id="opaque"),
        pytest.param("http://a.test/", False, id="slash"),
        pytest.param("http://A.test", False, id="upper case"),
        pytest.param("http://a.test:80", False, id="default port"),
        pytest.param("a.test", False, id="no scheme"),
        pytest.param("data:x", False, id="another scheme"),
        pytest.param("", False, id="empty"),
    ],
)
def test_serialized_origin(text: str, expected: bool) -> None:
    """An origin is valid only as a browser would write it."""
    assert is_serialized_origin(text) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("http://localhost:1/", "https://localhost:2/", True, id="same host, other port and scheme"),
        pytest.param("http://a.x.test/", "http://b.x.test/", True, id="siblings"),
        pytest.param("http://x.test/", "http://b.x.test/", True, id="parent"),
        pytest.param("http://b.x.test./", "http://x.test/", True, id="dot at the end"),
        pytest.param("http://x.test/", "http://y.test/", False, id="another domain"),
        pytest.param("http://localhost/", "http://x.localhost/", False, id="a single label has no parent"),
        pytest.param("http://a.1.test/", "http://b.1.test/", True, id="a number before the last label"),
        pytest.param("http://localhost./", "http://localhost/", False, id="a single label and a dot"),
        pytest.param("http://one/", "http://two/", False, id="two single labels"),
        pytest.param("http://127.0.0.1/", "http://127.1.0.1/", False, id="addresses have no site but themselves"),
        pytest.param("http://[1::2.3.4.5]/", "http://[2::2.3.4.5]/", False, id="nor IPv6 addresses"),
        pytest.param("http://1.0.0.1/", "http://x.0.0.1.test/", False, id="address and name"),
    ],
)
def test_schemelessly_same_site(one: str, other: str, expected: bool) -> None:
    """Without a list of public suffixes a site is the last two labels."""
    assert schemelessly_same_site(parsed(one), parsed(other)) is expected
    assert schemelessly_same_site(parsed(other), parsed(one)) is expected


@pytest.mark.parametrize(
    ("text", "blocked"),
    [
        pytest.param("http://a.test:6000/", True, id="x11"),
        pytest.param("https://a.test:22/", True, id="ssh"),
        pytest.param("http://a.test:0/", True, id="zero"),
        pytest.param("http://a.test/", False, id="default"),
        pytest.param("http://a.test:8080/", False, id="unknown"),
    ],
)
def test_bad_port(text: str, blocked: bool) -> None:
    """Ports of other protocols are closed."""
    assert is_blocked_due_to_a_bad_port(parsed(text)) is blocked


def test_the_table_of_bad_ports_is_whole() -> None:
    """No port was lost or mistyped: their number and their sum are those of the standard's table."""
    assert (len(BAD_PORTS), sum(BAD_PORTS)) == (83, 115595)
