"""Policies as people declare them: what is refused and how that is said, TOML and back."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.policy import Override, Policy, PolicyError, Problem, compiled, dumps, load, loads

relaxed = settings(deadline=None)
APP = "https://app.example.com"


def problems(**terms: Any) -> tuple[Problem, ...]:
    """Declare a policy for one origin, unless told otherwise, and return all that is said against it."""
    try:
        Policy(**{"origins": (APP,), **terms})
    except PolicyError as error:
        return error.problems
    return ()


# ---- origins ---------------------------------------------------------------------------------------

# What is declared; words of the complaint, and what it tells people to write.
ORIGINS: dict[str, tuple[str, str, str]] = {
    "null": ("null", "anybody's sandboxed page", APP),
    "trailing-slash": (f"{APP}/", "ends with a slash", APP),
    "path": (f"{APP}/app", "has a path", APP),
    "query": (f"{APP}?a", "has a path", APP),
    "fragment": (f"{APP}#a", "has a path", APP),
    "backslash": (f"{APP}\\", "is not how a browser writes it", APP),
    "user-name": ("https://me@app.example.com", "has a user name", APP),
    "upper-case-host": ("https://App.example.com", "is in upper case", APP),
    "upper-case-scheme": ("HTTPS://app.example.com", "is in upper case", APP),
    "default-port": (f"{APP}:443", "writes out the default port", APP),
    "default-port-http": ("http://localhost:80", "writes out the default port", "http://localhost"),
    "leading-zero": (f"{APP}:08443", "is not how a browser writes it", f"{APP}:8443"),
    "escaped": ("https://%61pp.example.com", "is not how a browser writes it", APP),
    "several": ("https://App.example.com:443/", "ends with a slash and is in upper case and writes out", APP),
    "no-scheme": ("app.example.com", "has no scheme", APP),
    "no-scheme-port": ("app.example.com:8443", "has no scheme", f"{APP}:8443"),
    "no-scheme-loopback": ("localhost:3000", "has no scheme", "http://localhost:3000"),
    "no-scheme-slashes": ("//app.example.com/", "has no scheme", APP),
    "empty": ("", "has no scheme", APP),
    "blank": (f" {APP}", "is of the scheme", APP),
    "other-scheme": ("capacitor://localhost", "is of the scheme 'capacitor'", APP),
    "no-host": ("https://", "its host or port is none", APP),
    "bad-host": ("https://a b.example", "its host or port is none", APP),
    "bad-port": (f"{APP}:99999", "its host or port is none", APP),
    "two": (f"{APP}, https://b.example", "its host or port is none", APP),
    "not-ascii": ("https://bücher.example", "is not in ASCII", "https://xn--bcher-kva.example"),
    "not-ascii-at-all": ("https://..ü", "is not in ASCII", "https://xn--….example.com"),
    "pattern-no-scheme": ("*.example.com", "has no scheme", "https://*.example.com"),
    "pattern-of-letters": ("https://*example.com", "whole labels", "https://*.example.com"),
    "pattern-inside-a-label": ("https://app-*.example.com", "whole labels", "https://*.example.com"),
    "pattern-in-the-middle": ("https://app.*.com", "whole labels", "https://*.example.com"),
    "pattern-at-the-end": ("https://app.*", "whole labels", "https://*.example.com"),
    "pattern-doubled": ("https://*.*.example.com", "whole labels", "https://*.example.com"),
    "pattern-of-ports": ("https://app.example.com:*", "whole labels", "https://*.example.com"),
    "pattern-of-schemes": ("*://example.com", "whole labels", "https://*.example.com"),
    "pattern-of-all": ("https://*", "whole labels", "https://*.example.com"),
    "pattern-of-nothing": ("https://*.", "whole labels", "https://*.example.com"),
    "pattern-upper-case": ("https://*.Example.com", "is in upper case", "https://*.example.com"),
    "pattern-slash": ("https://*.example.com/", "ends with a slash", "https://*.example.com"),
    "pattern-port": ("https://*.example.com:443", "writes out the default port", "https://*.example.com"),
    "pattern-address": ("https://*.192.0.2.1", "has no sub-domains", "https://192.0.2.1"),
    "pattern-address-6": ("https://*.[2001:db8::1]", "has no sub-domains", "https://[2001:db8::1]"),
    "pattern-top-level": ("https://*.com", "over 'com', under which anybody", "https://*.example.com"),
    "pattern-suffix": ("https://*.co.uk", "over 'co.uk', under which anybody", "https://*.example.com"),
    "pattern-private-suffix": ("https://*.github.io", "under which anybody", "https://*.example.com"),
    "pattern-above-suffixes": ("https://*.kawasaki.jp", "under which anybody", "https://*.example.com"),
    "pattern-suffix-dot": ("https://*.co.uk.", "under which anybody", "https://*.example.com"),
    "pattern-unknown-suffix": ("https://*.intranet", "under which anybody", "https://*.example.com"),
}


@pytest.mark.parametrize(("origin", "wrong", "instead"), ORIGINS.values(), ids=ORIGINS)
def test_an_origin_is_refused(origin: str, wrong: str, instead: str) -> None:
    """What no browser would write, or what lets too many in, is named, with what to write instead."""
    (problem,) = problems(origins=(APP, origin))
    assert (problem.where, problem.value) == ("origins[1]", origin)
    assert wrong in problem.wrong
    assert re.findall(r"'(https?://[^']+)'", problem.instead) == [instead]


@pytest.mark.parametrize("instead", sorted({row[2] for row in ORIGINS.values()} - {"https://xn--….example.com"}))
def test_what_is_to_be_written_instead_is_accepted(instead: str) -> None:
    """No advice leads to the next complaint."""
    assert problems(origins=(instead,)) == ()


ACCEPTED = [
    APP,
    "http://localhost",
    "http://localhost:3000",
    "http://127.0.0.1:8000",
    "http://[::1]:8000",
    "https://app.example.com.",
    "https://a_b.example.com",
    "https://xn--bcher-kva.example",
    "http://app.example.com",
    "*",
    "https://*.example.com",
    "https://*.example.co.uk:8443",
    "https://*.city.kawasaki.jp",
    "http://*.localhost:3000",
    "https://*.app.localhost",
    "https://*.corp.intranet",
]


@pytest.mark.parametrize("origin", ACCEPTED)
def test_an_origin_is_accepted(origin: str) -> None:
    """The control: what a browser would write, and patterns over a domain that somebody has."""
    assert problems(origins=(origin,)) == ()


def test_no_origin() -> None:
    """A policy for nobody is a mistake."""
    (problem,) = problems(origins=())
    assert str(problem) == "origins: [] has no origin; name an origin"


def test_any_origin_stands_alone() -> None:
    """`*` covers the others, which were then listed in vain, or the other way round."""
    (problem,) = problems(origins=(APP, "*"))
    assert (problem.where, problem.value) == ("origins[1]", "*")
    assert problem.wrong == "stands beside other origins, which it covers"


# ---- the other settings ----------------------------------------------------------------------------

# The setting and its value; where the complaint stands, the value it names, words of it and of the advice.
SETTINGS: dict[str, tuple[str, Any, str, Any, str, str]] = {
    "lower-case-get": ("methods", ("get",), "methods[0]", "get", "lower case", "'GET'"),
    "lower-case-patch": ("methods", ("GET", "patch"), "methods[1]", "patch", "lower case", "'PATCH'"),
    "mixed-case-put": ("methods", ("Put",), "methods[0]", "Put", "lower case", "'PUT'"),
    "trace": ("methods", ("TRACE",), "methods[0]", "TRACE", "forbidden", "leave it out"),
    "track-in-lower-case": ("methods", ("track",), "methods[0]", "track", "forbidden", "leave it out"),
    "no-token": ("methods", ("P UT",), "methods[0]", "P UT", "no method", "token"),
    "a-list-in-one": ("methods", ("GET, PUT",), "methods[0]", "GET, PUT", "no method", "token"),
    "no-method": ("methods", (), "methods", [], "has no method", "name a method"),
    "a-text-for-a-list": ("methods", "PUT", "methods", "PUT", "is no list", "['PUT']"),
    "a-number": ("methods", ("PUT", 3), "methods[1]", 3, "is no text", "quotes"),
    "cookie": ("request_headers", ("Cookie",), "request_headers[0]", "Cookie", "forbidden", "leave it out"),
    "sec": ("request_headers", ("Sec-Fetch-Mode",), "request_headers[0]", "Sec-Fetch-Mode", "forbidden", "leave"),
    "proxy": ("request_headers", ("proxy-x",), "request_headers[0]", "proxy-x", "forbidden", "leave it out"),
    "header-no-token": ("request_headers", ("X A",), "request_headers[0]", "X A", "no header name", "token"),
    "set-cookie": ("exposed_headers", ("Set-Cookie",), "exposed_headers[0]", "Set-Cookie", "kept from", "leave"),
    "exposed-no-token": ("exposed_headers", ("",), "exposed_headers[0]", "", "no header name", "token"),
    "negative": ("max_age", -1, "max_age", -1, "negative", "0"),
    "too-long": ("max_age", 86_401, "max_age", 86_401, "more than any browser keeps", "86400"),
    "in-words": ("max_age", "1 hour", "max_age", "1 hour", "no whole number", "600"),
    "true-is-no-number": ("max_age", True, "max_age", True, "no whole number", "600"),
    "credentials-in-words": ("credentials", "true", "credentials", "true", "neither true nor false", "true or false"),
    "http-in-words": ("allow_plain_http", 1, "allow_plain_http", 1, "neither true nor false", "true or false"),
    "overrides-no-list": ("overrides", "a", "overrides", "a", "no list", "Override"),
    "override-no-override": ("overrides", ({},), "overrides[0]", {}, "not one endpoint or one path", "either"),
    "override-a-text": ("overrides", ("a",), "overrides[0]", "a", "no override", "Override"),
}


@pytest.mark.parametrize(("setting", "value", "where", "named", "wrong", "instead"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_is_refused(setting: str, value: Any, where: str, named: Any, wrong: str, instead: str) -> None:
    """Each mistake is named by its place and value, with what to write instead."""
    problem = problems(**{setting: value})[0]
    assert (problem.where, problem.value) == (where, named)
    assert wrong in problem.wrong
    assert instead in problem.instead


@pytest.mark.parametrize(
    "terms",
    [
        {"methods": ("GET", "CHECKIN", "checkin", "*")},
        {"request_headers": ("*", "Authorization", "X-HTTP-Method-Override")},
        {"exposed_headers": ("*", "X-Total-Count")},
        {"max_age": 0},
        {"max_age": 86_400},
        {"credentials": True},
        {"origins": [APP], "methods": ["GET"], "overrides": []},
    ],
    ids=str,
)
def test_a_setting_is_accepted(terms: dict[str, Any]) -> None:
    """The control: methods of one's own, wildcards without credentials, the ends of the range, lists for tuples."""
    assert problems(**terms) == ()


WILDCARDS = {
    "origins": ("browsers refuse it", "name the origins"),
    "methods": ("browsers take it for a name", "name the methods"),
    "request_headers": ("browsers take it for a name", "name the request headers"),
    "exposed_headers": ("browsers take it for a name", "name the exposed headers"),
}


@pytest.mark.parametrize("setting", WILDCARDS)
@pytest.mark.parametrize("credentials", [True, False])
def test_wildcards_do_not_go_with_credentials(setting: str, credentials: bool) -> None:
    """With credentials `*` is refused in every list, at its place; without them it is none."""
    found = problems(**{setting: ("*",)}, credentials=credentials)
    if not credentials:
        assert found == ()
        return
    (problem,) = found
    assert (problem.where, problem.value) == (f"{setting}[0]", "*")
    assert problem.wrong.endswith(WILDCARDS[setting][0])
    assert problem.instead == f"{WILDCARDS[setting][1]}, or say credentials = false"


@pytest.mark.parametrize(
    ("origin", "more", "refused"),
    [
        ("http://app.example.com", {}, True),
        ("http://*.example.com", {}, True),
        ("http://127.example.com", {}, True),
        ("http://localhost.example.com", {}, True),
        ("http://192.168.0.1", {}, True),
        ("http://app.example.com", {"allow_plain_http": True}, False),
        ("http://app.example.com", {"credentials": False}, False),
        ("https://app.example.com", {}, False),
        ("http://localhost:3000", {}, False),
        ("http://127.1.2.3", {}, False),
        ("http://[::1]:1", {}, False),
        ("http://*.localhost", {}, False),
    ],
    ids=str,
)
def test_plain_http_with_credentials(origin: str, more: dict[str, Any], refused: bool) -> None:
    """Pages that anybody on the network can be have no credentials, unless on this machine or where it is allowed."""
    found = problems(**{"origins": (origin,), "credentials": True, **more})
    assert [problem.value for problem in found] == ([origin] if refused else [])
    if refused:
        assert found[0].instead == f"write {origin.replace('http', 'https')!r}, or say allow_plain_http = true"


# ---- overrides -------------------------------------------------------------------------------------

OVERRIDES: dict[str, tuple[dict[str, Any], list[Override], list[tuple[str, Any, str]]]] = {
    "neither": ({}, [Override(max_age=1)], [("overrides[0]", {}, "not one endpoint or one path")]),
    "both": (
        {},
        [Override(endpoint="a", path="/a", max_age=1)],
        [("overrides[0]", {"endpoint": "a", "path": "/a"}, "not one endpoint or one path")],
    ),
    "nothing": ({}, [Override(endpoint="a")], [("overrides[0]", {"endpoint": "a"}, "overrides nothing")]),
    "no-slash": ({}, [Override(path="a", max_age=1)], [("overrides[0].path", "a", "no slash")]),
    "empty-name": ({}, [Override(endpoint="", max_age=1)], [("overrides[0].endpoint", "", "no name")]),
    "twice": (
        {},
        [Override(endpoint="a", max_age=1), Override(endpoint="a", closed=True)],
        [("overrides[1].endpoint", "a", "has an override already, overrides[0]")],
    ),
    "closed-and-open": (
        {},
        [Override(endpoint="a", closed=True, origins=("*",))],
        [("overrides[0].origins", ("*",), "closed = true")],
    ),
    "closed-in-words": (
        {},
        [Override(endpoint="a", closed="yes")],  # type: ignore[arg-type]
        [("overrides[0].closed", "yes", "neither true nor false")],
    ),
    "own-mistake": ({}, [Override(endpoint="a", methods=("get",))], [("overrides[0].methods[0]", "get", "lower case")]),
    "nobody": ({}, [Override(endpoint="a", origins=())], [("overrides[0].origins", [], "has no origin")]),
    "any-origin-over-credentials": (
        {"credentials": True},
        [Override(endpoint="a", origins=("*",))],
        [("overrides[0].origins[0]", "*", "does not go with credentials")],
    ),
    "credentials-over-any-origin": (
        {"origins": ("*",)},
        [Override(endpoint="a", credentials=True)],
        [("overrides[0].credentials", True, "does not go with `*` for origins")],
    ),
    "credentials-over-any-method": (
        {"methods": ("*",)},
        [Override(endpoint="a", credentials=True)],
        [("overrides[0].credentials", True, "does not go with `*` for methods")],
    ),
    "credentials-over-plain-http": (
        {"origins": ("http://app.example.com",)},
        [Override(endpoint="a", credentials=True)],
        [("overrides[0].credentials", "http://app.example.com", "plain http with credentials")],
    ),
    "http-forbidden-again": (
        {"origins": ("http://app.example.com",), "credentials": True, "allow_plain_http": True},
        [Override(endpoint="a", allow_plain_http=False)],
        [("overrides[0].credentials", "http://app.example.com", "plain http with credentials")],
    ),
    "inherited-mistake-is-said-once": (
        {"methods": ("get",), "origins": ("*",), "credentials": True},
        [Override(endpoint="a", max_age=1)],
        [("methods[0]", "get", "lower case"), ("origins[0]", "*", "does not go with credentials")],
    ),
    "inherited-http-is-said-once": (
        {"origins": ("http://app.example.com",), "credentials": True},
        [Override(endpoint="a", methods=("PUT",))],
        [("origins[0]", "http://app.example.com", "plain http with credentials")],
    ),
    "sound": (
        {"credentials": True},
        [
            Override(endpoint="a", origins=("*",), credentials=False),
            Override(path="/b/<int:c>", methods=("PUT",)),
            Override(endpoint="d", closed=True),
        ],
        [],
    ),
}


@pytest.mark.parametrize(("terms", "overrides", "expected"), OVERRIDES.values(), ids=OVERRIDES)
def test_overrides(terms: dict[str, Any], overrides: list[Override], expected: list[tuple[str, Any, str]]) -> None:
    """What is wrong is looked at as it is there, over what is inherited, and said where it is written."""
    found = problems(**terms, overrides=overrides)
    assert [(problem.where, problem.value) for problem in found] == [row[:2] for row in expected]
    assert all(words in problem.wrong for problem, (_, _, words) in zip(found, expected, strict=True))


# ---- all at once -----------------------------------------------------------------------------------

TEN_MISTAKES = """
origins = ["https://app.example.com/", "null", "http://shop.example.com", "https://*.co.uk"]
methods = ["GET", "put"]
request-headers = ["Cookie"]
credentials = true
exposed-headers = ["*"]
max-age = 1000000
colour = "red"

[[overrides]]
endpoint = "status"
origins = ["*"]
"""


def test_ten_mistakes_are_ten_messages() -> None:
    """All problems are in one error: each with its place as the file has it, its value, and what to write instead."""
    with pytest.raises(PolicyError) as raised:
        loads(TEN_MISTAKES)
    assert raised.value.exit_code == 2
    first, *lines = str(raised.value).splitlines()
    assert first == "cors.toml has 10 problems:"
    assert lines == [f"  {problem}" for problem in raised.value.problems]
    assert [(problem.where, problem.value) for problem in raised.value.problems] == [
        ("colour", "red"),
        ("origins[0]", "https://app.example.com/"),
        ("origins[1]", "null"),
        ("origins[3]", "https://*.co.uk"),
        ("methods[1]", "put"),
        ("request-headers[0]", "Cookie"),
        ("max-age", 1_000_000),
        ("exposed-headers[0]", "*"),
        ("origins[2]", "http://shop.example.com"),
        ("overrides[0].origins[0]", "*"),
    ]
    for problem, line in zip(raised.value.problems, lines, strict=True):
        assert repr(problem.value) in line
        assert "; " in line
    assert "allow-plain-http = true" in raised.value.problems[8].instead


def test_one_mistake_is_one_problem() -> None:
    """The singular has its own word."""
    with pytest.raises(PolicyError, match=r"^policy has 1 problem:\n  origins: "):
        Policy(())


# ---- TOML ------------------------------------------------------------------------------------------

tokens = st.from_regex(r"[A-Za-z][A-Za-z0-9!#$%&'+.^_`|~-]{0,8}", fullmatch=True)
hosts = st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.[a-z][a-z0-9-]{0,8}){0,2}\.example", fullmatch=True)
ports = st.sampled_from(["", ":8080", ":65535"])
exact = st.builds(
    lambda scheme, host, port: scheme + host + port, st.sampled_from(["http://", "https://"]), hosts, ports
)
patterns = exact.map(lambda origin: origin.replace("://", "://*."))
origins = st.one_of(st.lists(exact | patterns, min_size=1, max_size=3), st.just(["*"]))
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
settings_of = {
    "methods": st.lists(
        tokens.map(str.upper).filter(lambda name: name not in ("TRACE", "TRACK", "CONNECT")), min_size=1
    ),
    "request_headers": st.lists(tokens.map("X-{}".format)),
    "exposed_headers": st.lists(tokens.map("X-{}".format)),
    "max_age": st.none() | st.integers(0, 86_400),
    "allow_plain_http": st.booleans(),
}


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    """Draw an override of anything that goes with anything."""
    target = {"endpoint": draw(names)} if draw(st.booleans()) else {"path": "/" + draw(names)}
    if draw(st.booleans()):
        return Override(**target, closed=True)  # type: ignore[arg-type]
    chosen = draw(st.sets(st.sampled_from(sorted(settings_of)), min_size=1))
    given_ = {name: draw(settings_of[name]) for name in chosen} | {"origins": draw(origins)}
    return Override(**target, **given_)  # type: ignore[arg-type]


policies = st.builds(
    lambda origins, credentials, listed, **more: Policy(
        origins=origins,
        credentials=credentials,
        overrides=list({(one.endpoint, one.path): one for one in listed}.values()),  # type: ignore[arg-type]
        **more,
    ),
    origins=origins,
    credentials=st.just(False),
    listed=st.lists(overrides(), max_size=3),
    **settings_of,
) | st.builds(
    Policy,
    origins=st.lists(exact | patterns, min_size=1, max_size=3),
    credentials=st.just(True),
    **{**settings_of, "allow_plain_http": st.just(True)},
)


@relaxed
@given(policies)
def test_a_policy_survives_toml(policy: Policy) -> None:
    """What is declared, written and read again is the same, and so is what it is compiled to."""
    again = loads(dumps(policy))
    assert again == policy
    assert compiled(again) == compiled(policy)


@relaxed
@given(st.text())
def test_a_text_survives_toml(text: str) -> None:
    """Any name, control characters and quotes in it, is read as it was written."""
    policy = Policy((APP,), overrides=(Override(endpoint=text + "a", closed=True),))
    assert loads(dumps(policy)).overrides[0].endpoint == text + "a"


def test_toml_has_hyphens_and_leaves_defaults_out() -> None:
    """The file reads as one that people write."""
    policy = Policy(
        (APP,), request_headers=("X-A",), max_age=60, overrides=(Override(path="/<x>", exposed_headers=("X-B",)),)
    )
    assert dumps(policy) == (
        f'origins = ["{APP}"]\nrequest-headers = ["X-A"]\nmax-age = 60\n'
        '\n[[overrides]]\npath = "/<x>"\nexposed-headers = ["X-B"]\n'
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("origins", "cors.toml: Expected '='"),
        ("", "origins: [] has no origin"),
        ("origins = 3", "origins: 3 is no list"),
        (f"origins = ['{APP}']\nrequest_headers = []", "request_headers: [] is of no setting; valid are origins,"),
        (f"origins = ['{APP}']\noverrides = 3", "overrides: 3 is no list"),
        (f"origins = ['{APP}']\noverrides = [3]", "overrides[0]: 3 is no override"),
        (
            f"origins = ['{APP}']\n[[overrides]]\nendpoint = 'a'\nmax_age = 3\nclosed = true",
            "overrides[0].max_age: 3 is of no setting; valid are endpoint,",
        ),
    ],
    ids=["no-toml", "empty", "no-list", "underscore", "overrides", "override", "override-underscore"],
)
def test_a_file_is_refused(text: str, said: str) -> None:
    """What is no TOML, or no policy, is the caller's mistake, and said in the file's own words."""
    with pytest.raises(UsageError) as raised:
        loads(text)
    assert said in str(raised.value)
    assert raised.value.exit_code == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A policy that cannot be read is a mistake with a hint."""
    with pytest.raises(UsageError, match=r"no policy can be read from .*cors\.toml: .*; name a file such as"):
        load(tmp_path / "cors.toml")


def test_a_file_of_other_bytes(tmp_path: Path) -> None:
    """So is one that is no UTF-8."""
    (tmp_path / "cors.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="no policy can be read from"):
        load(tmp_path / "cors.toml")


def test_errors_call_the_file_by_its_name(tmp_path: Path) -> None:
    """With several files one knows which."""
    (tmp_path / "other.toml").write_text("origins = []", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"^other\.toml has 1 problem:"):
        load(tmp_path / "other.toml")


EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "cors.toml"


SECTIONS = {
    "corsproof.toml": "browser = 'chromium'\n[policy]\n{}\n[[policy.overrides]]\nendpoint = 'a'\nclosed = true\n",
    "pyproject.toml": "[tool.corsproof.policy]\n{}\noverrides = [{{endpoint = 'a', closed = true}}]\n",
}


@pytest.mark.parametrize(("name", "text"), SECTIONS.items(), ids=SECTIONS)
def test_a_configuration_file_has_its_policy_in_a_section(name: str, text: str, tmp_path: Path) -> None:
    """What else stands in the file is none of the policy's business; its mistakes are."""
    (tmp_path / name).write_text(text.format("origins = ['https://a.example']"))
    policy = load(tmp_path / name)
    assert policy == Policy(("https://a.example",), overrides=(Override("a", closed=True),))
    (tmp_path / name).write_text(text.format("origins = ['https://a.example']\nmehtods = ['GET']"))
    with pytest.raises(PolicyError, match=f"{name} has 1 problem:\n  mehtods"):
        load(tmp_path / name)


@pytest.mark.parametrize(
    "text", ["", "policy = 3\ntool = 3\n", "[tool]\ncorsproof = 3\n", "origins = ['https://a.example']\n"]
)
@pytest.mark.parametrize("name", SECTIONS)
def test_a_configuration_file_without_a_policy(name: str, text: str, tmp_path: Path) -> None:
    """Says so, and where it should stand."""
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=rf"{name} has no policy; write it below \[(tool\.corsproof\.)?policy\]"):
        load(tmp_path / name)


def test_the_example_is_a_policy() -> None:
    """The file in `examples` loads, and has every setting in it."""
    policy = load(EXAMPLE)
    grant = compiled(policy).default
    assert grant.allows_origin("https://app.example.com")
    assert grant.allows_origin("https://shop.eu.example.com")
    assert compiled(policy).of("status", "/status").public
    assert compiled(policy).of("admin", "/admin").closed
    assert compiled(policy).of(None, "/reports/<int:year>").exposed_headers == ("Content-Disposition",)
    assert loads(dumps(policy)) == policy


def test_a_policy_is_light() -> None:
    """It loads neither Flask nor a browser's driver nor, before there is a pattern, the public suffix list."""
    code = "import sys, harness.policy; print(*sorted(name.partition('.')[0] for name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"flask", "werkzeug", "playwright", "click", "httpx", "uvicorn", "publicsuffixlist"} & set(loaded) == set()
    assert "harness" in loaded
