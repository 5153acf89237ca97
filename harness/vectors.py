"""Vector files: cases of the CORS protocol as JSON, read into scenarios, and what they claim held against the oracle.

The format is that of web-platform-tests facts retold: single exchanges, redirect chains and preflight-cache sequences,
each with what is asked, what is answered, and what must follow. Reads no scenario of ours and starts no browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from harness import deviations, oracle
from harness.errors import UsageError
from harness.foresight import foretell, seen_of
from harness.literal import Answer, Role, Rule, Script
from harness.plan import Planned
from harness.prediction import Prediction, told_by
from harness.scenario import BOTH, LITERAL, Api, Scenario, Step
from harness.verdict import Blame, Difference, Status, Verdict
from harness.wire import Kind, Pairs

ENGINE = "oracle"  # the name under which the oracle's own results are told
_ADDED = frozenset({"content-length", "cache-control"})  # a server may add these, and script may read them
_PLACES = {
    "origin": "{home}",
    "api": "{api}",
    "ORIGIN": "{home|upper}",
    "SCHEME-UPPER": "{home|upper-scheme}",
    "host": "{home|host}",
    "hostname": "{home|hostname}",
}
_PLACEHOLDER = re.compile(r"\{([A-Za-z-]+)(\|[^{}]*)?\}")
_ROLES = {"page": ("{home}", Role.PAGE), "api": ("{api}", Role.API), "api2": ("{api2}", Role.API2)}

NO_PREFLIGHT = Answer(501)  # the format's own answer to a preflight that none should be


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a case does and claims: a member that is not known here would be left out in silence."""


class _Loose(msgspec.Struct, frozen=True):
    """What a case tells about itself: more of it is welcome."""


_Header = Annotated[list[str], msgspec.Meta(min_length=2, max_length=2)]


class _Response(_Strict, frozen=True):
    status: int
    headers: list[_Header] = []


class _Request(_Strict, frozen=True):
    method: str = "GET"
    headers: list[_Header] = []
    credentials: Literal["omit", "same-origin", "include"] = "same-origin"
    mode: Literal["cors", "no-cors", "same-origin"] = "cors"
    origin: Literal["{origin}", "null"] = "{origin}"
    redirect: Literal["follow", "error", "manual"] = "follow"
    cache: str = "default"
    body: str | None = None
    api: Literal["fetch", "xhr"] | None = None
    upload_listener: bool = False
    force_preflight: bool = False


class _HopClaim(_Strict, frozen=True):
    preflight_sent: bool | msgspec.UnsetType = msgspec.UNSET
    actual_sent: bool | msgspec.UnsetType = msgspec.UNSET
    origin_header: str | msgspec.UnsetType | None = msgspec.UNSET
    preflight_origin_header: str | msgspec.UnsetType | None = msgspec.UNSET
    method: str | msgspec.UnsetType = msgspec.UNSET
    present: list[str] = []
    absent: list[str] = []


class _Claim(_HopClaim, frozen=True):
    script_sees: Literal["response", "network-error"] | msgspec.UnsetType = msgspec.UNSET
    response_type: Literal["basic", "cors", "opaque", "opaqueredirect"] | msgspec.UnsetType = msgspec.UNSET
    readable_headers: list[str] | msgspec.UnsetType = msgspec.UNSET
    status: int | msgspec.UnsetType = msgspec.UNSET
    acrh: str | msgspec.UnsetType | None = msgspec.UNSET
    hops: list[_HopClaim] = []
    reason: str = ""


class _Case(_Loose, frozen=True):
    id: str
    group: str = "vectors"
    note: str = ""


class _Single(_Case, frozen=True, kw_only=True):
    request: _Request
    actual_response: _Response
    preflight_response: _Response | None = None
    expected: _Claim = _Claim()
    site: Literal["same-site", "cross-site"] = "same-site"
    body_len: int = 0


class _Hop(_Strict, frozen=True):
    at: Literal["page", "api", "api2"]
    response: _Response
    preflight_response: _Response | None = None


class _Chain(_Case, frozen=True, kw_only=True):
    request: _Request
    hops: Annotated[list[_Hop], msgspec.Meta(min_length=1)]
    expected: _Claim = _Claim()


class _CacheStep(_Strict, frozen=True):
    method: str = "GET"
    headers: list[_Header] = []
    credentials: Literal["omit", "same-origin", "include"] = "same-origin"
    cache: str = "default"
    body: str | None = None
    wait_before_s: float = 0.0
    preflight_response: _Response | None = None
    actual_response: _Response | None = None
    expected: _Claim = _Claim()


class _Sequence(_Case, frozen=True, kw_only=True):
    preflight_response: _Response
    actual_response: _Response
    steps: Annotated[list[_CacheStep], msgspec.Meta(min_length=1)]


class _File(_Loose, frozen=True):
    vectors: list[Any] = []
    redirect_vectors: list[Any] = []
    cache_vectors: list[Any] = []


@dataclass(frozen=True)
class Vector:
    """One case of a file: the scenario, and for each of its steps what the file claims."""

    scenario: Scenario
    claims: tuple[_Claim, ...]


def load(path: Path) -> tuple[Vector, ...]:
    """Read a vector file; raise `UsageError` that names every case that cannot be read, and why."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except (OSError, ValueError) as error:  # msgspec's own errors are ValueErrors
        raise UsageError(f"{path}: {error}", hint="give a JSON file of vectors") from error
    vectors: list[Vector] = []
    problems: list[str] = []
    rows: list[tuple[str, int, type[_Case], Callable[[Any], Vector], Any]] = [
        *(("vectors", index, _Single, _single, row) for index, row in enumerate(file.vectors)),
        *(("redirect_vectors", index, _Chain, _chain, row) for index, row in enumerate(file.redirect_vectors)),
        *(("cache_vectors", index, _Sequence, _sequence, row) for index, row in enumerate(file.cache_vectors)),
    ]
    names: set[str] = set()
    for group, index, kind, make, row in rows:
        try:
            vector = make(msgspec.convert(row, type=kind))
            if vector.scenario.id in names:
                raise ValueError("another case has this id")
        except ValueError as error:
            named = row.get("id", "") if isinstance(row, dict) else ""
            problems.append(f"{group}[{index}] {named}: {error}")
        else:
            names.add(vector.scenario.id)
            vectors.append(vector)
    if problems:
        raise UsageError(f"{path}: " + "; ".join(problems), hint="mend these cases, or leave them out")
    if not vectors:
        raise UsageError(
            f"{path} has no case", hint='they are listed under "vectors", "redirect_vectors" and "cache_vectors"'
        )
    return tuple(vectors)


# ---- reading ---------------------------------------------------------------------------------------


def _single(case: _Single) -> Vector:
    request = case.request
    place = "{cross}" if case.site == "cross-site" else "{api}"
    rules = _rules("/a", Role.API, case.preflight_response, case.actual_response, body=b"x" * case.body_len)
    return _vector(case, request, (_step(request, f"{place}/a"),), (Script(rules),), (case.expected,))


def _chain(case: _Chain) -> Vector:
    rules: list[Rule] = []
    for number, hop in enumerate(case.hops):
        following = case.hops[number + 1].at if number + 1 < len(case.hops) else hop.at
        rules += _rules(
            f"/hop{number}",
            _ROLES[hop.at][1],
            hop.preflight_response,
            hop.response,
            after=(_ROLES[following][0], f"/hop{number + 1}"),
        )
    step = _step(case.request, f"{_ROLES[case.hops[0].at][0]}/hop0")
    return _vector(case, case.request, (step,), (Script(tuple(rules)),), (case.expected,))


def _sequence(case: _Sequence) -> Vector:
    steps, turns, waited = [], [], 0.0
    for one in case.steps:
        waited += one.wait_before_s
        request = _Request(one.method, one.headers, one.credentials, cache=one.cache, body=one.body)
        steps.append(_step(request, "{api}/a", after_ms=round(waited * 1000)))
        preflight, actual = one.preflight_response or case.preflight_response, one.actual_response
        turns.append(Script(_rules("/a", Role.API, preflight, actual or case.actual_response)))
    scripts = tuple(turns) if any(turn != turns[0] for turn in turns) else (turns[0],)
    return _vector(case, _Request(), tuple(steps), scripts, tuple(one.expected for one in case.steps))


def _vector(
    case: _Case, request: _Request, steps: tuple[Step, ...], turns: tuple[Script, ...], claims: tuple[_Claim, ...]
) -> Vector:
    page = "null" if request.origin == "null" else "http://localhost"
    summary = claims[-1].reason or case.note or case.id
    scenario = Scenario(case.id, case.group, summary, steps, {LITERAL: None}, page, _apis(request, steps), turns)
    return Vector(scenario, claims)


def _apis(request: _Request, steps: Sequence[Step]) -> tuple[Api, ...]:
    if request.upload_listener or request.force_preflight:
        return (Api.XHR,)
    if request.api is not None:
        return (Api(request.api),)
    plain = all((step.mode, step.redirect, step.cache) == ("cors", "follow", "default") for step in steps)
    return BOTH if plain and all(step.credentials != "omit" for step in steps) else (Api.FETCH,)


def _step(request: _Request, url: str, *, after_ms: int = 0) -> Step:
    return Step(
        request.method,
        url,
        _pairs(request.headers),
        request.body,
        request.credentials,
        request.mode,
        request.redirect,
        request.cache,
        upload_listener=request.upload_listener or request.force_preflight,
        after_ms=after_ms,
    )


def _rules(
    path: str,
    role: Role,
    preflight: _Response | None,
    actual: _Response,
    *,
    after: tuple[str, str] = ("{api}", "/next"),
    body: bytes = b"",
) -> tuple[Rule, ...]:
    asked = NO_PREFLIGHT if preflight is None else Answer(preflight.status, _filled(preflight.headers, after))
    answered = Answer(actual.status, _filled(actual.headers, after), body)
    return Rule((asked,), Kind.PREFLIGHT, path, role), Rule((answered,), Kind.ACTUAL, path, role)


def _pairs(headers: list[list[str]]) -> Pairs:
    return tuple((name, value) for name, value in headers)


def _filled(headers: list[list[str]], after: tuple[str, str]) -> Pairs:
    """Put our placeholders in the place of the format's."""
    return tuple((name, _PLACEHOLDER.sub(lambda found: _place(found, after), value)) for name, value in headers)


def _place(found: re.Match[str], after: tuple[str, str]) -> str:
    if found[1] == "next":
        origin, path = after
        return f"{origin[:-1]}{found[2] or ''}}}{path}?{{token}}"
    if found[1] not in _PLACES or found[2]:
        raise ValueError(f"placeholder {found[0]!r} is none of {', '.join([*_PLACES, 'next'])}")
    return _PLACES[found[1]]


# ---- claims ----------------------------------------------------------------------------------------


def by_the_oracle(vector: Vector, planned: Planned) -> tuple[Verdict, tuple[Prediction, ...]]:
    """Return what the oracle makes of a vector, and whether all that the file claims follows from its answers.

    Where it does only by what web-platform-tests expects against Fetch, the result is `known`.
    """
    told = foretell(planned.unit, planned.turns, planned.places)
    return _judged(vector, planned, told), tuple(map(told_by, told))


def _judged(vector: Vector, planned: Planned, told: Sequence[oracle.Prediction]) -> Verdict:
    differences = _differences(vector, planned, told)
    outcomes = tuple(seen_of(prediction.outcome).outcome for prediction in told)
    if not differences:
        return Verdict(Status.PASS, outcomes)
    disputed = deviations.rules_for("web-platform-tests", "")
    for rule in disputed:
        otherwise = foretell(planned.unit, planned.turns, planned.places, deviations.model((rule,)))
        if not _differences(vector, planned, otherwise):
            cause = f"{rule.name}: {rule.instead} ({rule.link})"
            return Verdict(Status.KNOWN, outcomes, differences, Blame.HARNESS, cause)
    return Verdict(Status.FAIL, outcomes, differences, Blame.HARNESS, "the oracle does not meet what the file claims")


def _differences(vector: Vector, planned: Planned, told: Sequence[oracle.Prediction]) -> tuple[Difference, ...]:
    home = dict(planned.places)["home"]
    return tuple(
        Difference(f"vector[{index}].{what}", _said(claimed), _said(said))
        for index, (claim, prediction) in enumerate(zip(vector.claims, told, strict=True))
        for what, claimed, said in _compared(claim, prediction, home)
        if claimed != said
    )


def _compared(claim: _Claim, prediction: oracle.Prediction, home: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield what is claimed, with its name and what the oracle says."""
    outcome = prediction.outcome
    readable = isinstance(outcome, oracle.Readable)
    sees = "response" if readable else "network-error"
    told: dict[str, Any] = {"script_sees": sees, "response_type": None, "status": None, "readable_headers": None}
    if isinstance(outcome, oracle.Readable):
        claimed = frozenset(claim.readable_headers or ())
        names = frozenset(outcome.header_names) - (_ADDED - claimed)
        told |= {"response_type": outcome.type.value, "status": outcome.status, "readable_headers": sorted(names)}
    else:
        told["readable_headers"] = []
    told["acrh"] = prediction.preflights[0].requested_headers if prediction.preflights else None
    for what, value in told.items():
        wanted = getattr(claim, what)
        if wanted is not msgspec.UNSET:
            yield what, sorted(wanted) if isinstance(wanted, list) else wanted, value
    yield from _compared_hop("", claim, prediction, home, None)
    for number, hop in enumerate(claim.hops):
        yield from _compared_hop(f"hops[{number}].", hop, prediction, home, number)


def _compared_hop(
    prefix: str, claim: _HopClaim, prediction: oracle.Prediction, home: str, hop: int | None
) -> Iterator[tuple[str, Any, Any]]:
    preflight = next((sent for sent in prediction.preflights if hop in (None, sent.hop)), None)
    actual = next((sent for sent in prediction.actuals if hop in (None, sent.hop)), None)
    told = {
        "preflight_sent": preflight is not None,
        "actual_sent": actual is not None,
        "origin_header": actual.origin if actual else None,
        "preflight_origin_header": preflight.origin if preflight else None,
        "method": actual.method if actual else None,
    }
    for what, value in told.items():
        wanted = getattr(claim, what)
        if wanted is not msgspec.UNSET:
            yield prefix + what, wanted.replace("{origin}", home) if isinstance(wanted, str) else wanted, value
    sent = {name.lower() for name, _ in actual.headers} if actual else set()
    for name in claim.present:
        yield f"{prefix}present", name, name if name.lower() in sent else "no such header"
    for name in claim.absent:
        yield f"{prefix}absent", "no such header", name if name.lower() in sent else "no such header"


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)
