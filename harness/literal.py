"""Literal answers: what a server says to a request, byte for byte, and which request it says it to.

Pure records that validate when made, and `Scripts`, the table of them that a server asks and a run fills. They hold
what no well-behaved server would send: doubled fields, NUL, odd status lines, answers that break off. Sockets are
`harness.responder`'s business. Imports only the wire's vocabulary.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from http import HTTPStatus

from harness.wire import TOKEN_PARAMETER, Ending, Kind, Pairs, token_of

_STATUS_LINE = re.compile(rb"HTTP/\d\.\d ([0-9]{1,3})(?![^ \r\n])")
_KEEPING = re.compile(rb"HTTP/1\.1 [2-9][0-9]{2}(?: .*)?", re.DOTALL)
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)\r\n")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TEXT = (("Content-Type", "text/plain"),)
_BODILESS = (204, 304)  # RFC 9110 6.4.1; the answers to HEAD too
_OF_A_CONNECTION = frozenset({"connection", "keep-alive", "proxy-connection", "upgrade"})  # RFC 9113 8.2.2


class Role(str, Enum):
    """The server that a request reaches: the page's own, the API, the same API under another origin, or over HTTP/2."""

    PAGE = "page"
    API = "api"
    API2 = "api2"
    H2 = "h2"

    __str__ = str.__str__


@dataclass(frozen=True, slots=True)
class Departure:
    """What leaves for one request, and what the record says of it; ``stays`` tells whether the connection does."""

    sent: bytes
    status: int | None
    headers: Pairs
    body: bytes
    ending: Ending = Ending.COMPLETE
    stays: bool = False


@dataclass(frozen=True)
class Answer:
    """A status line, ordered field lines and a body.

    ``status`` is a number from 200 to 999, which gets its usual phrase or none, or the whole line where that is to be
    odd. Names and values are latin-1 and hold anything but CR and LF. A right Content-Length is added at the end unless
    the headers have one or a Transfer-Encoding, or ``add_length`` is off. HEAD gets everything but the body. The
    connection is kept where a client can tell where the answer ends, and closed after it elsewhere.
    """

    status: int | bytes
    headers: Pairs = ()
    body: bytes = b""
    add_length: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", tuple((name, value) for name, value in self.headers))
        problems = [*_status_problems(self.status), *(p for pair in self.headers for p in _field_problems(*pair))]
        if self.body and self.number in _BODILESS:
            problems.append(f"a body after status {self.number} would be read as the next answer")
        if problems:
            raise ValueError(f"{'; '.join(problems)} (a Raw answer can say it)")

    @property
    def number(self) -> int | None:
        """The status as a client reads it in the status line; None where there is none."""
        return self.status if isinstance(self.status, int) else _status_in(self.status)

    @property
    def is_well_behaved(self) -> bool:
        """Whether any HTTP server would send it as it is."""
        return (
            isinstance(self.status, int)
            and self._is_delimited
            and "transfer-encoding" not in self._names
            and all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in self.headers)
        )

    @property
    def suits_http_2(self) -> bool:
        """Whether HTTP/2 can say it: no reason phrase, no field of one connection, no blanks round values."""
        stripped = all(value == value.strip(" \t") for _, value in self.headers)
        return self.is_well_behaved and stripped and not _OF_A_CONNECTION & self._names

    @cached_property
    def fields(self) -> Pairs:
        """The headers that leave: those given, and the length that is added."""
        framed = {"content-length", "transfer-encoding"} & self._names
        if framed or not self.add_length or self.number in _BODILESS:
            return self.headers
        return (*self.headers, ("Content-Length", str(len(self.body))))

    @cached_property
    def lines(self) -> tuple[bytes, ...]:
        """The lines of the head, the status line first, each without its CRLF."""
        status = self.status if isinstance(self.status, bytes) else _status_line(self.status)
        return (status, *(f"{name}: {value}".encode("latin-1") for name, value in self.fields))

    def departure(self, method: str) -> Departure:
        """Return what leaves for a request with this method."""
        return self._to_head if method == "HEAD" else self._to_others

    @cached_property
    def _head(self) -> bytes:
        return b"".join(line + b"\r\n" for line in (*self.lines, b""))

    @cached_property
    def _to_head(self) -> Departure:
        return Departure(self._head, self.number, self.fields, b"", stays=self._keeps)

    @cached_property
    def _to_others(self) -> Departure:
        stays = self._keeps and self._is_delimited
        return Departure(self._head + self.body, self.number, self.fields, self.body, stays=stays)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(name.lower() for name, _ in self.headers)

    @property
    def _keeps(self) -> bool:
        said = any(name.lower() == "connection" and "close" in value.lower() for name, value in self.fields)
        return bool(_KEEPING.fullmatch(self.lines[0])) and not said

    @property
    def _is_delimited(self) -> bool:
        """Whether the answer ends where its own fields say (RFC 9112 6.3); any doubt counts as no."""
        lengths = [value for name, value in self.fields if name.lower() == "content-length"]
        codings = [value for name, value in self.fields if name.lower() == "transfer-encoding"]
        if self.number in _BODILESS:
            return not lengths and not codings
        if codings:
            return not lengths and codings == ["chunked"] and _is_chunked(self.body)
        return lengths == [str(len(self.body))]


@dataclass(frozen=True)
class Raw:
    """Any bytes at all, after which the connection closes; for what an `Answer` cannot say.

    That is bare CR and LF, folded lines, bodies after 204, no HTTP. The record cannot guess what clients will read in
    them: its status is that of a readable status line, its body all the bytes, its headers what ``headers`` declares.
    """

    sent: bytes
    headers: Pairs = ()

    def __post_init__(self) -> None:
        if not self.sent:
            raise ValueError("a Raw answer without bytes is a Close")

    def departure(self, method: str) -> Departure:
        """Return what leaves, whatever the method."""
        return Departure(self.sent, _status_in(self.sent), self.headers, self.sent)


@dataclass(frozen=True)
class CutOff:
    """An answer of which only the first ``after`` bytes leave before the connection closes."""

    answer: Answer
    after: int

    def __post_init__(self) -> None:
        whole = len(self.answer.departure("GET").sent)
        if not 0 < self.after < whole:
            raise ValueError(f"{self.after} bytes of {whole} are none, or cut nothing off")

    def departure(self, method: str) -> Departure:
        """Return the beginning that leaves; the record has the fields and the bytes of the body that left whole."""
        whole = self.answer.departure(method)
        if self.after >= len(whole.sent):  # HEAD: what would be cut does not exist
            return Departure(whole.sent, whole.status, whole.headers, b"")
        sent = whole.sent[: self.after]
        head, end, body = sent.partition(b"\r\n\r\n")
        finished = len(self.answer.lines) if end else head.count(b"\r\n")
        status = whole.status if finished else None
        return Departure(sent, status, whole.headers[: max(0, finished - 1)], body, Ending.CUT_OFF)


@dataclass(frozen=True)
class Close:
    """No answer: the connection closes once the request has been read."""

    def departure(self, method: str) -> Departure:
        """Return that nothing leaves."""
        return Departure(b"", None, (), b"", Ending.CLOSED)


Literal = Answer | Raw | CutOff | Close


@dataclass(frozen=True)
class Rule:
    """Which requests get which answers: the first, the second, … and from then on the last.

    ``kind``, ``path`` (as it is in the request, without the query) and ``role`` narrow the rule down. A rule without a
    role is for the API under both its origins: not for the page's server, whose own paths it must not take by accident,
    and not for the one that speaks HTTP/2, which cannot say everything.
    """

    answers: tuple[Literal, ...]
    kind: Kind | None = None
    path: str | None = None
    role: Role | None = None

    def __post_init__(self) -> None:
        problems = [] if self.answers else ["a rule without answers"]
        if self.path is not None and (not self.path.startswith("/") or "?" in self.path):
            problems.append(f"path {self.path!r} is no path")
        if self.role is Role.PAGE:
            odd = [each for each in self.answers if not (isinstance(each, Answer) and each.is_well_behaved)]
            problems += [f"the page's own server cannot say {each!r}" for each in odd]
        if self.role is Role.H2:
            odd = [each for each in self.answers if not (isinstance(each, Answer) and each.suits_http_2)]
            problems += [f"HTTP/2 cannot say {each!r}" for each in odd]
        if problems:
            raise ValueError("; ".join(problems))

    def fits(self, role: Role, kind: Kind, path: str) -> bool:
        """Tell whether this rule answers such a request."""
        here = role is self.role or (self.role is None and role in (Role.API, Role.API2))
        return here and self.kind in (None, kind) and self.path in (None, path)


@dataclass(frozen=True)
class Script:
    """The rules of one token; the first that fits answers."""

    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise ValueError("a script without rules answers nothing")


def filled(script: Script, fill: Callable[[str], str]) -> Script:
    """Put something into every template of a script: the values of its headers."""

    def pairs(headers: Pairs) -> Pairs:
        return tuple((name, fill(value)) for name, value in headers)

    def answer(one: Literal) -> Literal:
        match one:
            case Answer():
                return replace(one, headers=pairs(one.headers))
            case Raw():
                sent = fill(one.sent.decode("latin-1")).encode("latin-1")
                return replace(one, sent=sent, headers=pairs(one.headers))
            case CutOff():
                return replace(one, answer=replace(one.answer, headers=pairs(one.answer.headers)))
            case Close():
                return one

    return Script(tuple(replace(rule, answers=tuple(map(answer, rule.answers))) for rule in script.rules))


def templates(script: Script) -> Iterator[str]:
    """Yield every template of a script: what `filled` fills."""
    for literal in (answer for rule in script.rules for answer in rule.answers):
        answer = literal.answer if isinstance(literal, CutOff) else literal
        if isinstance(answer, Raw):
            yield answer.sent.decode("latin-1")
        if not isinstance(answer, Close):
            yield from (value for _, value in answer.headers)


class Playing:
    """A script that is being played: how far each of its rules has come."""

    def __init__(self, script: Script) -> None:
        self._rules = script.rules
        self._counts = [0] * len(script.rules)

    def answer(self, role: Role, kind: Kind, path: str) -> Literal | None:
        """Return what to answer to a request, counting it; None where no rule fits."""
        for index, rule in enumerate(self._rules):
            if rule.fits(role, kind, path):
                answer = rule.answers[min(self._counts[index], len(rule.answers) - 1)]
                self._counts[index] += 1
                return answer
        return None


class Scripts:
    """The scripts of all tokens of a run, and how far each has come; safe to use from several threads."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[Script, ...]] = {}
        self._playing: dict[str, Playing] = {}
        self._lock = threading.Lock()

    def put(self, token: str, *turns: Script) -> None:
        """Answer a token's requests by the first of these scripts from now on, each rule from its first answer."""
        if token_of(f"{TOKEN_PARAMETER}={token}".encode()) != token:
            raise ValueError(f"no request can carry the token {token!r}")
        with self._lock:
            self._turns[token] = turns
            self._playing[token] = Playing(turns[0])

    def turn(self, token: str, number: int) -> None:
        """Go on with the ``number``-th script (from 0) of a token, from its beginning; with the only one, as it is."""
        with self._lock:
            turns = self._turns.get(token, ())
            if len(turns) > 1:
                self._playing[token] = Playing(turns[number])

    def drop(self, token: str) -> None:
        """Forget the scripts of a token that has been judged, if there are any."""
        with self._lock:
            self._turns.pop(token, None)
            self._playing.pop(token, None)

    def answer(self, token: str, role: Role, kind: Kind, path: str) -> Literal | None:
        """Return what to answer to a request, counting it; None where no rule fits."""
        with self._lock:
            playing = self._playing.get(token)
            return None if playing is None else playing.answer(role, kind, path)


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}".encode()  # the space stays where the phrase is empty: RFC 9112 4


def _status_in(sent: bytes) -> int | None:
    found = _STATUS_LINE.match(sent)
    return int(found.group(1)) if found else None


def _status_problems(status: int | bytes) -> Iterable[str]:
    if isinstance(status, bytes):
        return [f"line break in the status line {status!r}"] if {0x0A, 0x0D} & set(status) else []
    return [] if 200 <= status <= 999 else [f"status {status} is no final status of three digits"]


def _field_problems(name: str, value: str) -> Iterable[str]:
    if any(character in name + value for character in "\r\n"):
        yield f"line break in the field {name!r}: {value!r}"
    if any(ord(character) > 0xFF for character in name + value):
        yield f"the field {name!r}: {value!r} is not latin-1"
    if ":" in name or name.startswith((" ", "\t")):
        yield f"a client would not read the name {name!r} as it is written"


def _is_chunked(body: bytes) -> bool:
    """Tell whether a body is chunks to its very end (RFC 9112 7.1); extensions and trailers count as doubt."""
    at = 0
    while found := _CHUNK.match(body, at):
        at = found.end() + int(found.group(1), 16)
        if body[at : at + 2] != b"\r\n":
            return False
        at += 2
        if found.group(1).strip(b"0") == b"":
            return at == len(body)
    return False


NO_RULE = Answer(501, _TEXT, b"corsproof: no rule of the script answers this request")
NO_TOKEN = Answer(501, _TEXT, b"corsproof: this request names no scenario")
