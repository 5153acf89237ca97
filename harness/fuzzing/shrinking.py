"""Shrinking: a case made smaller, part by part, for as long as what is wrong with it stays.

Works on the JSON of `harness.casefile`: takes parts away, or puts plainer ones in their place, and asks about many such
candidates at once, because a page answers two hundred questions as fast as a few. Whether a candidate still shows what
is looked for, the caller says. Pure but for the clock that is handed in.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness import casefile
from harness.errors import UsageError
from harness.scenario import Api, Scenario

ROUND = 120  # candidates that are asked about together

Json = Any
Path = tuple[str | int, ...]
Edit = tuple[tuple[Path, Json], ...]  # what is put where; `_GONE` takes it away
Holds = Callable[[Sequence[Scenario]], Sequence[bool]]

_GONE = object()
_TOLD = re.compile(r"(\{\w+\}/[^?#]*)\?\{token\}.*")  # a Location in its plain form
_NO_STORE = ["Cache-Control", "no-store"]
_METHODS = ("GET", "POST", "PUT")  # the plainest first
_STATUSES = (200, 204, 302)
_APIS = (Api.FETCH.value, Api.XHR.value)


@dataclass(frozen=True)
class Limit:
    """How much may be asked: candidates in all, and until when by the clock."""

    candidates: int
    until: float
    now: Callable[[], float]

    def is_over(self, asked: int) -> bool:
        """Tell whether it is time to be content with what there is."""
        return asked >= self.candidates or self.now() >= self.until


@dataclass(frozen=True)
class Shrunk:
    """The smallest case found, and how many were asked about; ``done`` is false where a limit ended it."""

    scenario: Scenario
    asked: int
    done: bool


def shrink(scenario: Scenario, holds: Holds, limit: Limit) -> Shrunk:
    """Make a case smaller while it ``holds``; nothing is asked twice."""
    now, tried = casefile.to_json(scenario), set[str]()
    while True:
        for edits in _rounds(list(_edits(now))):
            if limit.is_over(len(tried)):
                return Shrunk(casefile.from_json(now), len(tried), done=False)
            kept = _that_hold(now, edits, holds, tried)
            if kept:
                now = _together(now, kept, holds, tried)
                break
        else:
            return Shrunk(casefile.from_json(now), len(tried), done=True)


def _that_hold(now: Json, edits: Sequence[Edit], holds: Holds, tried: set[str]) -> list[tuple[Edit, Json]]:
    """Return which edits make something smaller that still holds."""
    candidates, cases = [], []
    for edit in edits:
        case = _case(_applied(now, edit))
        made = casefile.to_json(case) if case else now
        text = json.dumps(made)
        if case and cost(made) < cost(now) and text not in tried:
            tried.add(text)
            candidates.append((edit, made))
            cases.append(case)
    held = holds(cases) if cases else ()
    return [candidate for candidate, it in zip(candidates, held, strict=True) if it]


def _together(now: Json, kept: list[tuple[Edit, Json]], holds: Holds, tried: set[str]) -> Json:
    """Return all that held done at once, if it still holds, and else the one that came to least."""
    least = min((made for _, made in kept), key=cost)
    both = _that_hold(now, [_merged([edit for edit, _ in kept])], holds, tried) if len(kept) > 1 else []
    return min([least, *(made for _, made in both)], key=cost)


def cost(value: Json) -> tuple[int, int, int]:
    """Return how large a case is: its requests, then its text, then how odd interface, methods and statuses are."""
    methods = [step["method"] for step in value["steps"]]
    apis = value.get("apis", [])
    statuses = [answer["status"] for _, answer in _answers(value)]
    text = json.dumps({**value, "apis": []}, separators=(",", ":"))
    odd = _ranks(_APIS, apis) + _ranks(_METHODS, methods) + _ranks(_STATUSES, statuses)
    return len(value["steps"]), len(text) - sum(map(len, methods)), odd


def _ranks(plain: Sequence[Any], found: Sequence[Any]) -> int:
    return sum(plain.index(one) if one in plain else len(plain) for one in found)


def _rounds(edits: list[Edit]) -> Iterator[list[Edit]]:
    return (edits[at : at + ROUND] for at in range(0, len(edits), ROUND))


def _merged(edits: list[Edit]) -> Edit:
    """Return the edits as one, without those that would touch what another one has touched already."""
    merged: list[tuple[Path, Json]] = []
    for edit in edits:
        if not any(_overlap(path, other) for path, _ in edit for other, _ in merged):
            merged += edit
    return tuple(merged)


def _overlap(path: Path, other: Path) -> bool:
    short = min(len(path), len(other))
    return path[:short] == other[:short]


def _applied(value: Json, edit: Edit) -> Json:
    """Return a copy with an edit made, the last places first, so that the others stay where they are."""
    made = copy.deepcopy(value)
    for path, new in sorted(edit, key=lambda change: _order(change[0]), reverse=True):
        *way, last = path
        inside = made
        for key in way:
            inside = inside[key]
        if new is _GONE:
            del inside[last]
        else:
            inside[last] = new
    return made


def _order(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((key, "") if isinstance(key, int) else (-1, key) for key in path)


def _case(value: Json) -> Scenario | None:
    try:
        return casefile.from_json(value)
    except UsageError:
        return None


# ---- what can be done to a case, the boldest first ---------------------------------------------------


def _edits(value: Json) -> Iterator[Edit]:
    yield from _fewer_steps(value)
    yield from _fewer_hops(value)
    yield from _whole(value)
    for index, step in enumerate(value["steps"]):
        yield from _simpler_step(step, ("steps", index))
    for path, answer in _answers(value):
        yield from _simpler_answer(answer, path, alone=len(value["steps"]) == 1)


def _fewer_steps(value: Json) -> Iterator[Edit]:
    lists = ("steps", "turns") if len(value["turns"]) > 1 else ("steps",)
    if len(value["steps"]) > 1:
        for index in range(len(value["steps"])):
            yield tuple(((name, index), _GONE) for name in lists)


def _fewer_hops(value: Json) -> Iterator[Edit]:
    """Begin where a redirect leads, or lead there at once; drop rules that may not be needed."""
    located = [(path, at, found[1]) for path, at, found in _locations(value)]
    for _, _, url in located:
        for index in range(len(value["steps"])):
            yield ((("steps", index, "url"), url),)
    for path, at, url in located:
        for other, _, further in located:
            if other != path and further != url:
                yield (((*path, "headers", at, 1), f"{further}?{{token}}"),)
    for turn, script in enumerate(value["turns"]):
        for rule in range(len(script["rules"])):
            yield ((("turns", turn, "rules", rule), _GONE),)


def _locations(value: Json) -> Iterator[tuple[Path, int, re.Match[str]]]:
    for path, answer in _answers(value):
        for at, (name, said) in enumerate(answer.get("headers", ())):
            if name.lower() == "location" and (found := _TOLD.fullmatch(said)):
                yield path, at, found


def _whole(value: Json) -> Iterator[Edit]:
    if "page" in value:
        yield ((("page",), _GONE),)
    if value.get("apis") != [Api.FETCH.value]:
        listening = [index for index, step in enumerate(value["steps"]) if step.get("upload_listener")]
        yield ((("apis",), [Api.FETCH.value]), *((("steps", index, "upload_listener"), _GONE) for index in listening))


def _simpler_step(step: Json, path: Path) -> Iterator[Edit]:
    for name in step:
        if name not in ("method", "url"):
            yield (((*path, name), _GONE),)
    for method in _METHODS:
        yield (((*path, "method"), method),)
    if "?" in step["url"]:
        yield (((*path, "url"), step["url"].partition("?")[0]),)
    yield from _simpler_pairs(step.get("headers", ()), (*path, "headers"))
    if step.get("body"):
        yield (((*path, "body"), ""),)


def _answers(value: Json) -> Iterator[tuple[Path, Json]]:
    """Yield each answer that has headers, and its place."""
    for turn, script in enumerate(value["turns"]):
        for rule, said in enumerate(script["rules"]):
            for answer, tagged in enumerate(said["answers"]):
                if "Answer" in tagged:
                    yield ("turns", turn, "rules", rule, "answers", answer, "Answer"), tagged["Answer"]


def _simpler_answer(answer: Json, path: Path, *, alone: bool) -> Iterator[Edit]:
    if "body" in answer:
        yield (((*path, "body"), _GONE),)
    pairs = answer.get("headers", ())
    # What may be stored could be what differs: that is no question here, unless nothing is asked twice.
    kept = () if alone else (_NO_STORE,)
    yield from _simpler_pairs(pairs, (*path, "headers"), kept)
    yield from ((((*path, "status"), status),) for status in _STATUSES if answer["status"] != status)


def _simpler_pairs(pairs: Json, path: Path, kept: Sequence[Json] = ()) -> Iterator[Edit]:
    """Take headers away, many and one at a time, and make their values shorter."""
    free = [index for index, pair in enumerate(pairs) if pair not in kept]
    size = len(free)
    while size:
        for at in range(0, len(free), size):
            yield tuple(((*path, index), _GONE) for index in free[at : at + size])
        size //= 2
    for index in free:
        name, value = pairs[index]
        half = len(value) // 2
        for said in dict.fromkeys(("", "1", "*", value.strip(), value[:half], value[half:], value[1:], value[:-1])):
            if len(said) < len(value):
                yield (((*path, index, 1), said),)
        if len(name) > 3 and not name.lower().startswith("access-control-"):
            yield (((*path, index, 0), "X-A"),)
