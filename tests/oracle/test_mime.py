"""MIME types: what parses, into what, and how it is written again."""

from __future__ import annotations

import pytest

from harness.oracle.mime import MimeType, parse_mime_type, serialize_mime_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("text/plain", "text/plain", id="plain"),
        pytest.param(" \r\n\ttext/plain \r\n\t", "text/plain", id="HTTP whitespace round it"),
        pytest.param("TEXT/Plain", "text/plain", id="case is folded"),
        pytest.param("text/plain;", "text/plain", id="semicolon at the end"),
        pytest.param("text/plain ;charset=x", "text/plain;charset=x", id="blank before the semicolon"),
        pytest.param("text/plain; Charset=X", "text/plain;charset=X", id="parameter name folded, value kept"),
        pytest.param("text/plain;a=1;a=2", "text/plain;a=1", id="the first of a name counts"),
        pytest.param("text/plain;a;b=2", "text/plain;b=2", id="a name without a value"),
        pytest.param("text/plain;a", "text/plain", id="a name without a value at the end"),
        pytest.param("text/plain;a=;b=2", "text/plain;b=2", id="an empty value is skipped"),
        pytest.param("text/plain;a=", "text/plain", id="an empty value at the end"),
        pytest.param("text/plain;=1;b=2", "text/plain;b=2", id="an empty name"),
        pytest.param("text/plain;a b=1;c=2", "text/plain;c=2", id="a name that is no token"),
        pytest.param("text/plain;a=\x01;c=2", "text/plain;c=2", id="a value with a control character"),
        pytest.param("text/plain;a=1 ;b=2", "text/plain;a=1;b=2", id="blank behind a value"),
        pytest.param('text/plain;a="1;2"', 'text/plain;a="1;2"', id="semicolon in quotes"),
        pytest.param('text/plain;a="x"junk;b=2', "text/plain;a=x;b=2", id="junk behind the quotes"),
        pytest.param('text/plain;a="x', "text/plain;a=x", id="unclosed quotes"),
        pytest.param('text/plain;a=""', 'text/plain;a=""', id="empty in quotes is a value"),
        pytest.param('text/plain;a="\\"\\\\"', 'text/plain;a="\\"\\\\"', id="escapes survive a round trip"),
        pytest.param("text/plain;\na=1", "text/plain;a=1", id="newline before a name"),
        pytest.param("text/plain;a=\xff", 'text/plain;a="\xff"', id="high byte in a value"),
        pytest.param("", None, id="empty"),
        pytest.param("text", None, id="no slash"),
        pytest.param("text/", None, id="no subtype"),
        pytest.param("/plain", None, id="no type"),
        pytest.param("text /plain", None, id="blank behind the type"),
        pytest.param("text/ plain", None, id="blank before the subtype"),
        pytest.param(",text/plain", None, id="leading comma"),
        pytest.param("text/plain,text/plain", None, id="a list"),
        pytest.param("text/plain\x0c", None, id="form feed is no HTTP whitespace"),
    ],
)
def test_parse_and_serialize(text: str, expected: str | None) -> None:
    """Parsing and writing again gives the canonical form, or parsing fails."""
    mime_type = parse_mime_type(text)
    assert (mime_type and serialize_mime_type(mime_type)) == expected


def test_parameters() -> None:
    """A parameter can be read, and set in its place."""
    mime_type = MimeType("a", "b", (("x", "1"), ("y", "2")))
    assert (mime_type.essence, mime_type.parameter("x", "-"), mime_type.parameter("z", "-")) == ("a/b", "1", "-")
    assert mime_type.with_parameter("x", "3").parameters == (("x", "3"), ("y", "2"))
    assert mime_type.with_parameter("z", "3").parameters == (("x", "1"), ("y", "2"), ("z", "3"))
