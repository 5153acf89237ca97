"""Methods: simple ones cross without a preflight, all others ask first."""

from __future__ import annotations

from harness.catalog.hooks.rows import (
    BLOCKED,
    BODY,
    EVERY,
    GET_POST,
    ITEM,
    NO_BODY,
    TEXT,
    asks,
    decorator,
    everywhere,
    hardened,
    marked,
    one,
    published,
    read,
    scenario,
)
from harness.scenario import Crossing, Step

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
MULTIPART = (("Content-Type", "multipart/form-data; boundary=x"),)

SCENARIOS = (
    scenario(
        "get",
        "methods",
        "GET is simple: no preflight",
        Step("GET", "{api}/items/1"),
        everywhere("GET", "/items/1", "item", ITEM),
    ),
    scenario(
        "get-list",
        "methods",
        "GET of a collection",
        Step("GET", "{api}/items"),
        everywhere("GET", "/items", "items", GET_POST),
    ),
    scenario(
        "head",
        "methods",
        "HEAD is simple, its headers are readable",
        Step("HEAD", "{api}/items/1"),
        everywhere("HEAD", "/items/1", "item", ITEM),
    ),
    scenario(
        "post-text",
        "methods",
        "POST of text/plain is simple",
        Step("POST", "{api}/items", TEXT, "a"),
        everywhere("POST", "/items", "items", GET_POST, status=201),
    ),
    scenario(
        "post-form",
        "methods",
        "POST of a form is simple",
        Step("POST", "{api}/items", FORM, "a=1"),
        everywhere("POST", "/items", "items", GET_POST, status=201),
    ),
    scenario(
        "post-multipart",
        "methods",
        "POST of multipart/form-data is simple",
        Step("POST", "{api}/items", MULTIPART, "--x--"),
        everywhere("POST", "/items", "items", GET_POST, status=201),
    ),
    scenario(
        "post-without-body",
        "methods",
        "POST without a body is simple",
        Step("POST", "{api}/items"),
        everywhere("POST", "/items", "items", GET_POST, status=201),
    ),
    scenario(
        "post-bare-string",
        "methods",
        "a string body gets text/plain by itself: simple",
        Step("POST", "{api}/items", body="a"),
        everywhere("POST", "/items", "items", GET_POST, status=201),
    ),
    scenario(
        "put",
        "methods",
        "PUT asks first",
        Step("PUT", "{api}/items/1"),
        everywhere("PUT", "/items/1", "item", ITEM, asked=""),
    ),
    scenario(
        "put-text",
        "methods",
        "PUT with a simple body asks for no header",
        Step("PUT", "{api}/items/1", TEXT, "a"),
        everywhere("PUT", "/items/1", "item", ITEM, asked=""),
    ),
    scenario(
        "delete",
        "methods",
        "DELETE asks first",
        Step("DELETE", "{api}/items/1"),
        everywhere("DELETE", "/items/1", "item", ITEM, asked="", status=204, headers=NO_BODY),
    ),
    scenario(
        "patch",
        "methods",
        "PATCH asks first",
        Step("PATCH", "{api}/items/1", TEXT, "a"),
        everywhere("PATCH", "/items/1", "item", ITEM, asked=""),
    ),
    scenario(
        "custom-method",
        "methods",
        "a method of one's own asks first",
        Step("CHECKIN", "{api}/items/1"),
        everywhere("CHECKIN", "/items/1", "item", ITEM, asked=""),
    ),
    scenario(
        "put-lower-case",
        "methods",
        "browsers write put in upper case",
        Step("put", "{api}/items/1"),
        everywhere("PUT", "/items/1", "item", ITEM, asked=""),
    ),
    scenario(
        "patch-lower-case",
        "methods",
        "patch stays in lower case, and a list that says PATCH does not allow it",
        Step("patch", "{api}/echo"),
        everywhere("patch", "/echo", "echo", EVERY, asked="", unlisted=True),
    ),
    scenario(
        "options-by-a-page",
        "methods",
        "OPTIONS from script asks first; the published hooks then fail on it, for want of a header they read unasked",
        Step("OPTIONS", "{api}/items/1"),
        {
            "published": one(
                BLOCKED,
                published.preflight("/items/1", "OPTIONS"),
                Crossing("OPTIONS", "/items/1", 500, asks()),
            ),
            "decorator": one(
                read(200, NO_BODY | BODY),
                decorator.preflight("/items/1", "OPTIONS", allow=ITEM),
                Crossing("OPTIONS", "/items/1", 200, asks(), (*decorator.grant(ITEM), *marked(""))),
            ),
            "hardened": one(
                read(200, NO_BODY | BODY),
                hardened.preflight("/items/1", "OPTIONS"),
                hardened.actual("OPTIONS", "/items/1"),
            ),
        },
    ),
)
