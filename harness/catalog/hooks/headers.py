"""Request headers and content types: which are safelisted, which ask first, and how they are asked for."""

from __future__ import annotations

from harness.catalog.hooks.rows import BODY, EVERY, GET_POST, ITEM, JSON, NO_BODY, TEXT, everywhere, scenario
from harness.scenario import Api, Scenario, Step
from harness.wire import Pairs


def _get(
    name: str,
    summary: str,
    headers: Pairs,
    asked: str | None,
    *,
    unlisted: bool = False,
    also: tuple[str, ...] = (),
) -> Scenario:
    expect = everywhere("GET", "/echo", "echo", EVERY, asked=asked, unlisted=unlisted, also=also)
    return scenario(name, "headers", summary, Step("GET", "{api}/echo", headers), expect)


def _json(name: str, method: str, status: int = 200, headers: frozenset[str] = BODY) -> Scenario:
    path, view, allow = ("/items", "items", GET_POST) if method == "POST" else ("/items/1", "item", ITEM)
    expect = everywhere(method, path, view, allow, asked="content-type", status=status, headers=headers)
    step = Step(method, "{api}" + path, JSON, '{"a": 1}')
    return scenario(name, "headers", f"{method} with JSON asks for content-type", step, expect)


SCENARIOS = (
    _json("post-json", "POST", 201),
    _json("put-json", "PUT"),
    _json("patch-json", "PATCH"),
    _json("delete-json", "DELETE", 204, NO_BODY),
    _json("checkin-json", "CHECKIN"),
    scenario(
        "post-json-charset",
        "headers",
        "a parameter does not make JSON simple",
        Step("POST", "{api}/items", (("Content-Type", "application/json; charset=utf-8"),), "{}"),
        everywhere("POST", "/items", "items", GET_POST, asked="content-type", status=201),
    ),
    scenario(
        "post-text-upper-case",
        "headers",
        "a content type is compared without case",
        Step("POST", "{api}/items", (("Content-Type", "TEXT/PLAIN"),), "a"),
        everywhere("POST", "/items", "items", GET_POST, status=201),
    ),
    scenario(
        "post-xml",
        "headers",
        "XML asks first as JSON does",
        Step("POST", "{api}/items", (("Content-Type", "application/xml"),), "<a/>"),
        everywhere("POST", "/items", "items", GET_POST, asked="content-type", status=201),
    ),
    _get(
        "header-x-requested-with",
        "a custom header asks first",
        (("X-Requested-With", "XMLHttpRequest"),),
        "x-requested-with",
    ),
    _get(
        "header-unlisted",
        "a header that a fixed list lacks",
        (("X-Api-Key", "1"),),
        "x-api-key",
        unlisted=True,
    ),
    _get("header-empty", "an empty value asks too", (("X-Empty", ""),), "x-empty", unlisted=True),
    _get("header-upper-case", "names are asked in lower case", (("X-LOUD", "1"),), "x-loud", unlisted=True),
    _get(
        "headers-several",
        "several are asked at once, sorted, without blanks",
        (("X-C", "3"), ("X-A", "1"), ("X-B", "2")),
        "x-a,x-b,x-c",
        unlisted=True,
    ),
    _get(
        "header-twice",
        "a header set twice is asked for once",
        (("X-A", "1"), ("X-A", "2")),
        "x-a",
        unlisted=True,
    ),
    _get(
        "header-authorization",
        "Authorization asks first",
        (("Authorization", "Bearer letmein"),),
        "authorization",
        also=("authorization",),
    ),
    _get("accept", "Accept is safelisted", (("Accept", "application/json"),), None),
    _get("accept-128-bytes", "128 bytes of Accept are safelisted", (("Accept", "a" * 128),), None),
    _get("accept-129-bytes", "129 bytes are not", (("Accept", "a" * 129),), "accept", unlisted=True),
    _get("accept-unsafe-byte", "nor is a value with a quote", (("Accept", 'a"b'),), "accept", unlisted=True),
    _get(
        "languages",
        "both language headers are safelisted",
        (("Accept-Language", "de"), ("Content-Language", "de")),
        None,
    ),
    _get(
        "accept-language-odd",
        "but not with any byte",
        (("Accept-Language", "de@x"),),
        "accept-language",
        unlisted=True,
    ),
    _get("range", "a simple range is safelisted", (("Range", "bytes=0-99"),), None),
    _get("range-several", "several ranges are not", (("Range", "bytes=0-1,5-6"),), "range", unlisted=True),
    scenario(
        "put-json-several-headers",
        "headers",
        "method, content type and headers are asked together",
        Step("PUT", "{api}/items/1", (*JSON, ("X-B", "2"), ("X-A", "1")), "{}"),
        everywhere("PUT", "/items/1", "item", ITEM, asked="content-type,x-a,x-b", unlisted=True),
    ),
    scenario(
        "put-json-with-token",
        "headers",
        "a token and JSON, as a single-page app sends them",
        Step("PUT", "{api}/items/1", (*JSON, ("Authorization", "Bearer letmein")), "{}"),
        everywhere("PUT", "/items/1", "item", ITEM, asked="authorization,content-type", also=("authorization",)),
    ),
    scenario(
        "upload-listener",
        "headers",
        "a listener for the upload makes even a simple POST ask, though for no header",
        Step("POST", "{api}/items", TEXT, "a", upload_listener=True),
        everywhere("POST", "/items", "items", GET_POST, asked="", status=201),
        apis=(Api.XHR,),
    ),
)
