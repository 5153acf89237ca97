"""Literal answers and scripts as records: what may be said, what leaves for it, and which request gets what."""

from __future__ import annotations

import threading

import pytest

from harness.literal import (
    NO_RULE,
    NO_TOKEN,
    Answer,
    Close,
    CutOff,
    Departure,
    Literal,
    Playing,
    Raw,
    Role,
    Rule,
    Script,
    Scripts,
    filled,
    templates,
)
from harness.wire import Ending, Kind, Pairs

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH_0 = ("Content-Length", "0")
LENGTH_2 = ("Content-Length", "2")
TE = ("Transfer-Encoding", "chunked")

HEADS: dict[str, tuple[Answer, bytes]] = {
    "phrase": (Answer(404), b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    "no-known-phrase": (Answer(299), b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"),
    "highest": (Answer(999), b"HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n"),
    "line-without-phrase": (Answer(b"HTTP/1.1 200"), b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
    "odd-line": (Answer(b"HTTP/7.3 abc \xff"), b"HTTP/7.3 abc \xff\r\nContent-Length: 0\r\n\r\n"),
    "empty-line": (Answer(b""), b"\r\nContent-Length: 0\r\n\r\n"),
    "doubled": (Answer(200, (("A", "1"), ("A", "1")), add_length=False), OK + b"A: 1\r\nA: 1\r\n\r\n"),
    "nul-vt-ff": (Answer(200, (("A", "\0*"), ("B", "\v\f")), add_length=False), OK + b"A: \0*\r\nB: \v\f\r\n\r\n"),
    "high-bytes": (Answer(200, (("\xe9", "\x80\xff"),), add_length=False), OK + b"\xe9: \x80\xff\r\n\r\n"),
    "padded": (Answer(200, (("A", "  true\t"),), add_length=False), OK + b"A:   true\t\r\n\r\n"),
    "own-length-first": (Answer(200, (LENGTH_2, ("A", "")), b"ok"), OK + b"Content-Length: 2\r\nA: \r\n\r\nok"),
    "wrong-length": (Answer(200, (("content-length", "9"),), b"ok"), OK + b"content-length: 9\r\n\r\nok"),
    "added-length-last": (Answer(200, (("A", "1"),), b"ok"), OK + b"A: 1\r\nContent-Length: 2\r\n\r\nok"),
    "no-length": (Answer(200, body=b"ok", add_length=False), OK + b"\r\nok"),
    "chunked": (
        Answer(200, (TE,), b"2\r\nok\r\n0\r\n\r\n"),
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ),
    "204": (Answer(204), b"HTTP/1.1 204 No Content\r\n\r\n"),
    "304": (Answer(304, (("ETag", '"a"'),)), b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'),
}


@pytest.mark.parametrize(("answer", "sent"), HEADS.values(), ids=HEADS)
def test_bytes(answer: Answer, sent: bytes) -> None:
    """An answer leaves byte for byte as it was given, with at most a right Content-Length added."""
    departure = answer.departure("GET")
    assert departure.sent == sent
    assert departure.body == answer.body
    assert departure.headers[: len(answer.headers)] == answer.headers
    assert departure.ending is Ending.COMPLETE


@pytest.mark.parametrize("answer", [answer for answer, _ in HEADS.values()], ids=HEADS)
def test_bytes_for_head(answer: Answer) -> None:
    """HEAD gets what GET gets, the length included, but no body."""
    whole, bare = answer.departure("GET"), answer.departure("HEAD")
    assert bare.sent + answer.body == whole.sent
    assert (bare.headers, bare.status, bare.body) == (whole.headers, whole.status, b"")


STATUSES = {
    b"HTTP/1.1 200": 200,
    b"HTTP/1.1 200 Fine \xff": 200,
    b"HTTP/7.3 299 x": 299,
    b"HTTP/1.0 20 x": 20,
    b"HTTP/1.1 000": 0,
    b"HTTP/1.1 2000": None,
    b"HTTP/1.1 abc": None,
    b"HTTP/1.1": None,
    b"": None,
    b"hello": None,
}


@pytest.mark.parametrize(("line", "status"), STATUSES.items(), ids=repr)
def test_status_of_a_line(line: bytes, status: int | None) -> None:
    """The record has the status that stands in the line, as far as one does."""
    assert Answer(line).departure("GET").status == status
    assert Raw(line + b"\r\n").departure("GET").status == status


STAYING: dict[str, tuple[Answer, bool]] = {
    "added-length": (Answer(200, body=b"ok"), True),
    "own-right-length": (Answer(200, (LENGTH_2,), b"ok"), True),
    "204": (Answer(204), True),
    "304": (Answer(304), True),
    "chunked": (Answer(200, (TE,), b"2\r\nok\r\n0\r\n\r\n"), True),
    "chunked-several": (Answer(200, (TE,), b"2\r\nok\r\nA\r\n0123456789\r\n00\r\n\r\n"), True),
    "no-phrase": (Answer(b"HTTP/1.1 200", body=b"ok"), True),
    "wrong-length": (Answer(200, (("Content-Length", "3"),), b"ok"), False),
    "padded-length": (Answer(200, (("Content-Length", "02"),), b"ok"), False),
    "doubled-length": (Answer(200, (LENGTH_2, LENGTH_2), b"ok"), False),
    "no-length": (Answer(200, body=b"ok", add_length=False), False),
    "204-with-length": (Answer(204, (LENGTH_0,)), False),
    "chunked-without-end": (Answer(200, (TE,), b"2\r\nok\r\n"), False),
    "chunked-in-appearance": (Answer(200, (TE,), b"9\r\nok\r\n0\r\n\r\n"), False),
    "chunked-and-more": (Answer(200, (TE,), b"0\r\n\r\n0\r\n\r\n"), False),
    "chunked-and-length": (Answer(200, (TE, LENGTH_2), b"0\r\n\r\n"), False),
    "other-coding": (Answer(200, (("Transfer-Encoding", "gzip"),), b""), False),
    "says-close": (Answer(200, (("Connection", "Close"),)), False),
    "odd-line": (Answer(b"HTTP/7.3 200 OK"), False),
    "http-1.0": (Answer(b"HTTP/1.0 200 OK"), False),
    "interim": (Answer(b"HTTP/1.1 103 Early Hints"), False),
}


@pytest.mark.parametrize(("answer", "stays"), STAYING.values(), ids=STAYING)
def test_keeping_the_connection(answer: Answer, stays: bool) -> None:
    """A connection is kept where nobody can doubt where the answer ends, and nowhere else."""
    assert answer.departure("GET").stays is stays


def test_head_is_delimited_by_nature() -> None:
    """The answer to HEAD ends with its head, whatever length it claims; one that says close is believed."""
    assert Answer(200, (("Content-Length", "9"),), b"ok").departure("HEAD").stays
    assert not Answer(200, (("Connection", "close"),)).departure("HEAD").stays


INVALID: dict[str, tuple[int | bytes, Pairs, bytes, str]] = {
    "status-too-low": (199, (), b"", "status 199"),
    "status-too-high": (1000, (), b"", "status 1000"),
    "cr-in-line": (b"HTTP/1.1 200\rOK", (), b"", "status line"),
    "lf-in-line": (b"HTTP/1.1 200\nOK", (), b"", "status line"),
    "cr-in-value": (200, (("A", "1\r2"),), b"", "line break in the field 'A'"),
    "lf-in-name": (200, (("A\n", "1"),), b"", "line break"),
    "no-latin-1": (200, (("A", "€"),), b"", "not latin-1"),
    "colon-in-name": (200, (("A:B", "1"),), b"", "the name 'A:B'"),
    "folded": (200, ((" A", "1"),), b"", "the name ' A'"),
    "body-of-204": (204, (), b"x", "after status 204"),
    "body-of-304": (b"HTTP/1.1 304 x", (), b"x", "after status 304"),
    "everything": (99, (("A\r", "€"),), b"", r"status 99.*line break.*latin-1.*Raw"),
}


@pytest.mark.parametrize(("status", "headers", "body", "problem"), INVALID.values(), ids=INVALID)
def test_invalid_answers(status: int | bytes, headers: Pairs, body: bytes, problem: str) -> None:
    """What an answer cannot say, or what its record would belie, is refused, every problem at once."""
    with pytest.raises(ValueError, match=problem):
        Answer(status, headers, body)


def test_raw() -> None:
    """Raw bytes leave as they are, for HEAD too; the record has what was declared and all the bytes."""
    sent = b"HTTP/1.1 200 OK\r\nA: 1\r\n folded\nB: 2\r\n\r\nbody"
    expected = Departure(sent, 200, (("A", "1 folded"),), sent)
    assert Raw(sent, (("A", "1 folded"),)).departure("GET") == expected
    assert Raw(sent, (("A", "1 folded"),)).departure("HEAD") == expected
    with pytest.raises(ValueError, match="Close"):
        Raw(b"")


WHOLE = Answer(200, (("A", "1"),), b"body")  # HTTP/1.1 200 OK|A: 1|Content-Length: 4||body
LENGTH_4 = ("Content-Length", "4")
CUTS: dict[str, tuple[int, int | None, Pairs, bytes]] = {
    "in-the-status-line": (5, None, (), b""),
    "after-the-status-line": (17, 200, (), b""),
    "in-a-field": (21, 200, (), b""),
    "after-a-field": (23, 200, (("A", "1"),), b""),
    "before-the-empty-line": (42, 200, (("A", "1"), LENGTH_4), b""),
    "in-the-empty-line": (43, 200, (("A", "1"), LENGTH_4), b""),
    "before-the-body": (44, 200, (("A", "1"), LENGTH_4), b""),
    "in-the-body": (46, 200, (("A", "1"), LENGTH_4), b"bo"),
}


@pytest.mark.parametrize(("after", "status", "headers", "body"), CUTS.values(), ids=CUTS)
def test_cut_off(after: int, status: int | None, headers: Pairs, body: bytes) -> None:
    """Of an answer that is cut off, the record has what left whole."""
    sent = WHOLE.departure("GET").sent[:after]
    assert CutOff(WHOLE, after).departure("GET") == Departure(sent, status, headers, body, Ending.CUT_OFF)


def test_cut_off_of_head() -> None:
    """Where HEAD has nothing that could be cut off, the answer is complete, and the connection closes all the same."""
    departure = CutOff(WHOLE, 46).departure("HEAD")
    assert (departure.sent, departure.ending) == (WHOLE.departure("HEAD").sent, Ending.COMPLETE)
    assert not departure.stays


@pytest.mark.parametrize("after", [-1, 0, 48, 100])
def test_invalid_cuts(after: int) -> None:
    """A cut leaves something, and takes something away."""
    with pytest.raises(ValueError, match="bytes of 48"):
        CutOff(WHOLE, after)


def test_close() -> None:
    """Nothing leaves, and the record says so."""
    assert Close().departure("GET") == Departure(b"", None, (), b"", Ending.CLOSED)


ONE, TWO, THREE = Answer(201), Answer(202), Answer(203)
P, A = Kind.PREFLIGHT, Kind.ACTUAL
FITS: dict[str, tuple[Rule, Role, Kind, str, bool]] = {
    "any": (Rule((ONE,)), Role.API, A, "/x", True),
    "any-but-the-page": (Rule((ONE,)), Role.PAGE, A, "/x", False),
    "any-other-api": (Rule((ONE,)), Role.API2, P, "/x", True),
    "kind": (Rule((ONE,), kind=P), Role.API, P, "/x", True),
    "other-kind": (Rule((ONE,), kind=P), Role.API, A, "/x", False),
    "path": (Rule((ONE,), path="/x"), Role.API, A, "/x", True),
    "other-path": (Rule((ONE,), path="/x"), Role.API, A, "/x/", False),
    "role": (Rule((ONE,), role=Role.API2), Role.API2, A, "/x", True),
    "other-role": (Rule((ONE,), role=Role.API2), Role.API, A, "/x", False),
    "page": (Rule((ONE,), role=Role.PAGE), Role.PAGE, A, "/x", True),
    "any-but-http-2": (Rule((ONE,)), Role.H2, A, "/x", False),
    "http-2": (Rule((ONE,), role=Role.H2), Role.H2, A, "/x", True),
    "http-2-only": (Rule((ONE,), role=Role.H2), Role.API, A, "/x", False),
    "all-three": (Rule((ONE,), kind=A, path="/x", role=Role.API), Role.API, A, "/x", True),
    "two-of-three": (Rule((ONE,), kind=A, path="/x", role=Role.API), Role.API, A, "/y", False),
}


@pytest.mark.parametrize(("rule", "role", "kind", "path", "fits"), FITS.values(), ids=FITS)
def test_which_requests_a_rule_answers(rule: Rule, role: Role, kind: Kind, path: str, fits: bool) -> None:
    """A rule answers by kind, path and role, where it names them; the page's server, and HTTP/2, must be named."""
    scripts = Scripts()
    scripts.put("t", Script((rule,)))
    assert scripts.answer("t", role, kind, path) == (ONE if fits else None)


def test_sequences() -> None:
    """Each rule counts for itself, the first that fits answers, and the last answer repeats."""
    scripts = Scripts()
    scripts.put("t", Script((Rule((ONE, TWO), kind=P), Rule((THREE, ONE)), Rule((TWO,)))))
    asked = [scripts.answer("t", Role.API, kind, "/") for kind in (P, A, P, P, A, A)]
    assert asked == [ONE, THREE, TWO, TWO, ONE, ONE]


def test_put_and_drop() -> None:
    """A new script begins anew, other tokens keep theirs, and a dropped one has none."""
    scripts, script = Scripts(), Script((Rule((ONE, TWO)),))
    for token in ("t", "u"):
        scripts.put(token, script)
        scripts.answer(token, Role.API, A, "/")
    scripts.put("t", script)
    assert scripts.answer("t", Role.API, A, "/") == ONE
    assert scripts.answer("u", Role.API, A, "/") == TWO
    scripts.drop("t")
    scripts.drop("t")
    assert scripts.answer("t", Role.API, A, "/") is None


def test_playing() -> None:
    """A script that is played counts for itself: another playing of it begins anew."""
    script = Script((Rule((ONE, TWO), kind=P), Rule((THREE,), path="/x")))
    first, second = Playing(script), Playing(script)
    assert [first.answer(Role.API, P, "/") for _ in range(3)] == [ONE, TWO, TWO]
    assert first.answer(Role.API, A, "/x") == THREE
    assert first.answer(Role.API, A, "/y") is None
    assert second.answer(Role.API, P, "/") == ONE


def test_turns() -> None:
    """Each turn has its own answers, from their beginning, and the first is played until another one is called."""
    scripts = Scripts()
    scripts.put("t", Script((Rule((ONE, TWO)),)), Script((Rule((THREE, ONE)),)))
    scripts.put("u", Script((Rule((TWO, ONE)),)))
    told: list[Literal | None] = []
    for turn in (None, 0, 1, 1, 0):
        if turn is not None:
            scripts.turn("t", turn)
        told += [scripts.answer("t", Role.API, A, "/") for _ in range(2)]
    assert told == [ONE, TWO, ONE, TWO, THREE, ONE, THREE, ONE, ONE, TWO]
    assert scripts.answer("u", Role.API, A, "/") == TWO
    scripts.put("t", Script((Rule((TWO,)),)))
    assert scripts.answer("t", Role.API, A, "/") == TWO


def test_a_turn_that_is_none() -> None:
    """One turn too many cannot be; the only script goes on in every turn; without scripts a turn changes nothing."""
    scripts = Scripts()
    script = Script((Rule((ONE,)),))
    scripts.put("t", script, script)
    with pytest.raises(IndexError):
        scripts.turn("t", 2)
    scripts.put("t", script)
    scripts.turn("t", 1)
    assert scripts.answer("t", Role.API, A, "/") == ONE
    scripts.drop("t")
    for token in ("t", "nobody"):
        scripts.turn(token, 0)
        assert scripts.answer(token, Role.API, A, "/") is None


TEMPLATE = (("A", "<x>"), ("A", "<x>"), ("<x>", "b<x>"))
FULL = (("A", "full"), ("A", "full"), ("<x>", "bfull"))
FILLED: dict[str, tuple[Literal, Literal]] = {
    "answer": (Answer(200, TEMPLATE, b"<x>"), Answer(200, FULL, b"<x>")),
    "status-line": (Answer(b"HTTP/1.1 200 <x>", TEMPLATE), Answer(b"HTTP/1.1 200 <x>", FULL)),
    "no-length": (Answer(200, TEMPLATE, b"a", add_length=False), Answer(200, FULL, b"a", add_length=False)),
    "raw": (Raw(b"\xff <x>", TEMPLATE), Raw(b"\xff full", FULL)),
    "cut-off": (CutOff(Answer(200, TEMPLATE), 20), CutOff(Answer(200, FULL), 20)),
    "close": (Close(), Close()),
}


@pytest.mark.parametrize(("template", "full"), FILLED.values(), ids=FILLED)
def test_filled(template: Literal, full: Literal) -> None:
    """Values of headers, and raw bytes, are templates; everything else stays, and the template itself too."""
    rule = Rule((template, ONE), kind=P, path="/<x>", role=Role.API2)
    script = Script((rule, Rule((template,))))
    done = filled(script, lambda text: text.replace("<x>", "full"))
    assert done == Script((Rule((full, ONE), kind=P, path="/<x>", role=Role.API2), Rule((full,))))
    assert script.rules[0] is rule
    assert rule.answers == (template, ONE)


@pytest.mark.parametrize("name", FILLED)
def test_templates(name: str) -> None:
    """What is filled is what can be looked at before."""
    template, _ = FILLED[name]
    script, seen = Script((Rule((template, ONE)), Rule((ONE,)))), list[str]()

    def note(text: str) -> str:
        seen.append(text)
        return text

    filled(script, note)
    assert sorted(templates(script)) == sorted(seen)


@pytest.mark.parametrize("value", ["a\nb", "€"], ids=["line-break", "no-latin-1"])
def test_what_is_filled_in_must_be_sayable(value: str) -> None:
    """A value that no answer can have is refused as it is in an answer."""
    with pytest.raises(ValueError, match="the field"):
        filled(Script((Rule((Answer(200, (("A", "<x>"),)),)),)), lambda text: value)


def test_scripts_from_several_threads() -> None:
    """No answer of a sequence is given twice, whoever asks at the same time."""
    scripts = Scripts()
    given: list[Literal | None] = []
    answers = tuple(Answer(200, (("N", str(n)),)) for n in range(400))
    scripts.put("t", Script((Rule(answers),)))

    def ask() -> None:
        given.extend(scripts.answer("t", Role.API, A, "/") for _ in range(100))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id(each) for each in given} == {id(each) for each in answers}


UNSAYABLE: dict[str, Literal] = {
    "raw": Raw(b"x"),
    "close": Close(),
    "cut-off": CutOff(WHOLE, 5),
    "odd-line": Answer(b"HTTP/1.1 200"),
    "nul": Answer(200, (("A", "\0"),)),
    "odd-name": Answer(200, (("A B", ""),)),
    "wrong-length": Answer(200, (LENGTH_2,)),
    "no-length": Answer(200, add_length=False),
    "chunked": Answer(200, (TE,), b"0\r\n\r\n"),
}


@pytest.mark.parametrize("answer", UNSAYABLE.values(), ids=UNSAYABLE)
def test_the_page_says_only_what_servers_say(answer: Literal) -> None:
    """A rule for the page's own server is refused where that server would refuse the answer."""
    with pytest.raises(ValueError, match="page's own server"):
        Rule((ONE, answer), role=Role.PAGE)


UNSAYABLE_OVER_HTTP_2: dict[str, Literal] = {
    **UNSAYABLE,
    "connection": Answer(200, (("Connection", "close"),)),
    "keep-alive": Answer(200, (("keep-alive", "1"),)),
    "upgrade": Answer(200, (("Upgrade", "h2c"),)),
    "blank-before": Answer(200, (("A", " true"),)),
    "blank-behind": Answer(200, (("A", "true\t"),)),
}


@pytest.mark.parametrize("answer", UNSAYABLE_OVER_HTTP_2.values(), ids=UNSAYABLE_OVER_HTTP_2)
def test_over_http_2_only_what_it_can_say(answer: Literal) -> None:
    """A rule for HTTP/2 is refused where HTTP/2 has no way to say the answer; any other server can."""
    with pytest.raises(ValueError, match="HTTP/2 cannot say"):
        Rule((ONE, answer), role=Role.H2)
    Rule((ONE, answer), role=Role.API)


def test_over_http_2_all_else() -> None:
    """Any status and field, doubled or odd, that HTTP has a grammar for."""
    fields = (("X-A", "1"), ("x-a", ""), ("B", "a b\t\xe9"))
    for answer in (Answer(999, fields, b"x"), Answer(204, fields), NO_RULE, NO_TOKEN):
        assert answer.suits_http_2


def test_invalid_rules_and_scripts() -> None:
    """Rules without answers, paths that are none, scripts without rules and tokens that no URL carries are refused."""
    with pytest.raises(ValueError, match=r"without answers; path 'x\?' is no path"):
        Rule((), path="x?")
    with pytest.raises(ValueError, match="without rules"):
        Script(())
    for token in ("", "a b", "a&b", "é"):
        with pytest.raises(ValueError, match="no request can carry"):
            Scripts().put(token, Script((Rule((ONE,)),)))
