"""Vector files: how each kind of case is read, and every claim held against the oracle, met and not met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from literal_cases import ORIGINS

from harness import plan
from harness.errors import UsageError
from harness.literal import Answer, Role, Rule
from harness.plan import Case
from harness.scenario import BOTH, LITERAL, Api, Outcome, Scenario
from harness.vectors import NO_PREFLIGHT, Vector, by_the_oracle, load
from harness.verdict import Blame, Status, Verdict
from harness.wire import Kind

Json = dict[str, Any]
PAGE = "http://localhost:41111"
HERE = ["Access-Control-Allow-Origin", "{origin}"]
ANY = ["Access-Control-Allow-Origin", "*"]
OPEN: Json = {"status": 200, "headers": [HERE, ["Content-Type", "text/plain"], ["X-A", "1"]]}
SHUT: Json = {"status": 200}
GRANT: Json = {
    "status": 204,
    "headers": [HERE, ["Access-Control-Allow-Methods", "PUT"], ["Access-Control-Allow-Headers", "x-a, x-b"]],
}
PUT: Json = {"method": "PUT", "headers": [["X-B", "1"], ["X-A", "2"]]}


def single(name: str = "single", **more: Any) -> Json:
    """Write a single exchange, an open GET unless told otherwise."""
    return {"id": name, "request": {}, "actual_response": OPEN, **more}


def hop(at: str, *headers: list[str], status: int = 302, **more: Any) -> Json:
    """Write a hop that leads on."""
    return {"at": at, "response": {"status": status, "headers": [*headers, ["Location", "{next}"]]}, **more}


def chain(name: str = "chain", *hops: Json, **more: Any) -> Json:
    """Write a redirect chain, by default from the page over the API to its other origin."""
    last = {"at": "api2", "response": {"status": 200, "headers": [ANY]}}
    return {"id": name, "request": {}, "hops": list(hops or (hop("page"), hop("api", ANY), last)), **more}


def sequence(name: str = "sequence", *steps: Json, **more: Any) -> Json:
    """Write steps behind one preflight cache, by default the same PUT twice."""
    kept = {"status": 204, "headers": [*GRANT["headers"], ["Access-Control-Max-Age", "10"]]}
    told = {"id": name, "preflight_response": kept, "actual_response": OPEN, "steps": list(steps or ({**PUT},) * 2)}
    return {**told, **more}


def written(tmp_path: Path, **groups: Any) -> Path:
    """Write a file of vectors."""
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"meta": {"anything": "goes"}, **groups}), encoding="utf-8")
    return path


def read(tmp_path: Path, case: Json) -> Vector:
    """Read one case from a file of its own."""
    kind = "redirect_vectors" if "hops" in case else "cache_vectors" if "steps" in case else "vectors"
    (vector,) = load(written(tmp_path, **{kind: [case]}))
    return vector


def rules(scenario: Scenario) -> list[Rule]:
    """Return every rule of every turn."""
    return [rule for script in scenario.turns for rule in script.rules]


def answers(scenario: Scenario, kind: Kind = Kind.ACTUAL) -> list[Answer]:
    """Return the answers to requests of a kind, in the order of the rules."""
    found = [answer for rule in rules(scenario) if rule.kind is kind for answer in rule.answers]
    assert all(isinstance(answer, Answer) for answer in found)
    return [answer for answer in found if isinstance(answer, Answer)]


# ---- reading ---------------------------------------------------------------------------------------


def test_a_single_exchange(tmp_path: Path) -> None:
    """What is asked and answered is a scenario of literal answers, and what follows is left to the oracle."""
    request = {**PUT, "credentials": "include", "body": "text"}
    case = single("acao-1", group="origins", request=request, preflight_response=GRANT, body_len=3)
    scenario = read(tmp_path, case).scenario
    assert (scenario.id, scenario.family, scenario.page) == ("acao-1", "origins", "http://localhost")
    assert dict(scenario.expect) == {LITERAL: None}
    (step,) = scenario.steps
    assert (step.method, step.url, step.body, step.credentials) == ("PUT", "{api}/a", "text", "include")
    assert step.headers == (("X-B", "1"), ("X-A", "2"))
    assert [(rule.kind, rule.path, rule.role) for rule in rules(scenario)] == [
        (Kind.PREFLIGHT, "/a", Role.API),
        (Kind.ACTUAL, "/a", Role.API),
    ]
    (preflight,), (actual,) = answers(scenario, Kind.PREFLIGHT), answers(scenario)
    assert (preflight.status, preflight.headers[0]) == (204, ("Access-Control-Allow-Origin", "{home}"))
    assert (actual.status, actual.body) == (200, b"xxx")


def test_a_preflight_that_none_should_be(tmp_path: Path) -> None:
    """Where the file names no answer to it, the server refuses it."""
    assert answers(read(tmp_path, single()).scenario, Kind.PREFLIGHT) == [NO_PREFLIGHT]


def test_the_place_and_the_page(tmp_path: Path) -> None:
    """A target on another site, and a page without an origin."""
    scenario = read(tmp_path, single(site="cross-site", request={"origin": "null"})).scenario
    assert (scenario.steps[0].url, scenario.page) == ("{cross}/a", "null")


PLACEHOLDERS = {
    "{origin}": "{home}",
    "{ORIGIN}": "{home|upper}",
    "{SCHEME-UPPER}": "{home|upper-scheme}",
    "{host}": "{home|host}",
    "http://{hostname}:1": "http://{home|hostname}:1",
    "{api}, {origin}": "{api}, {home}",
    "plain": "plain",
    '{"json": 1}': '{"json": 1}',
}


@pytest.mark.parametrize(("theirs", "ours"), PLACEHOLDERS.items(), ids=PLACEHOLDERS)
def test_placeholders(theirs: str, ours: str, tmp_path: Path) -> None:
    """Those of the format are put as ours; other text stays."""
    case = single(actual_response={"status": 200, "headers": [["X", theirs], ["X", theirs]]})
    (answer,) = answers(read(tmp_path, case).scenario)
    assert answer.headers == (("X", ours), ("X", ours))


APIS: dict[str, tuple[Json, tuple[Api, ...]]] = {
    "plain": ({}, BOTH),
    "named-fetch": ({"api": "fetch"}, (Api.FETCH,)),
    "named-xhr": ({"api": "xhr"}, (Api.XHR,)),
    "upload-listener": ({"method": "POST", "body": "a", "upload_listener": True}, (Api.XHR,)),
    "force-preflight": ({"method": "POST", "body": "a", "force_preflight": True}, (Api.XHR,)),
    "omit": ({"credentials": "omit"}, (Api.FETCH,)),
    "include": ({"credentials": "include"}, BOTH),
    "mode": ({"mode": "no-cors"}, (Api.FETCH,)),
    "redirect": ({"redirect": "manual"}, (Api.FETCH,)),
    "cache": ({"cache": "no-store"}, (Api.FETCH,)),
}


@pytest.mark.parametrize(("request_", "apis"), APIS.values(), ids=APIS)
def test_interfaces(request_: Json, apis: tuple[Api, ...], tmp_path: Path) -> None:
    """A case goes through every interface that can ask so, or through the one that it names."""
    scenario = read(tmp_path, single(request=request_)).scenario
    assert scenario.apis == apis
    assert scenario.steps[0].upload_listener is ("body" in request_)


def test_a_chain(tmp_path: Path) -> None:
    """Each hop has its URL and its server, and leads to the next one with the case's token."""
    leads_on = hop("api", ANY, preflight_response=GRANT)
    leads_on["response"]["headers"][-1] = ["Location", "{next|user:word@}"]
    scenario = read(tmp_path, chain("c", hop("page"), leads_on, {"at": "api2", "response": OPEN})).scenario
    assert scenario.steps[0].url == "{home}/hop0"
    assert [(rule.kind, rule.path, rule.role) for rule in rules(scenario)] == [
        (kind, f"/hop{number}", role)
        for number, role in enumerate((Role.PAGE, Role.API, Role.API2))
        for kind in (Kind.PREFLIGHT, Kind.ACTUAL)
    ]
    first, second, third = answers(scenario)
    assert dict(first.headers)["Location"] == "{api}/hop1?{token}"
    assert dict(second.headers)["Location"] == "{api2|user:word@}/hop2?{token}"
    assert "Location" not in dict(third.headers)
    assert [answer.status for answer in answers(scenario, Kind.PREFLIGHT)] == [501, 204, 501]


def test_a_chain_that_leads_nowhere(tmp_path: Path) -> None:
    """The last hop may lead on too: to a URL of the same server at which no rule answers."""
    (answer,) = answers(read(tmp_path, chain("c", hop("api", ANY))).scenario)
    assert dict(answer.headers)["Location"] == "{api}/hop1?{token}"


def test_a_sequence(tmp_path: Path) -> None:
    """Steps wait as told, counted from the beginning; where all are answered alike, there is one script."""
    scenario = read(tmp_path, sequence("s", {**PUT}, {**PUT, "wait_before_s": 1.5}, {"wait_before_s": 2})).scenario
    assert [step.after_ms for step in scenario.steps] == [0, 1500, 3500]
    assert [step.method for step in scenario.steps] == ["PUT", "PUT", "GET"]
    assert len(scenario.turns) == 1


def test_a_sequence_with_answers_of_its_own(tmp_path: Path) -> None:
    """A step may be answered otherwise, at the preflight or at the request: then each has a script."""
    steps = ({**PUT}, {**PUT, "actual_response": SHUT}, {**PUT, "preflight_response": {"status": 403}})
    scenario = read(tmp_path, sequence("s", *steps)).scenario
    assert len(scenario.turns) == 3
    assert [answer.status for answer in answers(scenario, Kind.PREFLIGHT)] == [204, 204, 403]
    assert [len(answer.headers) for answer in answers(scenario)] == [3, 0, 3]


SUMMARIES: dict[str, tuple[Json, str]] = {
    "reason": ({"expected": {"reason": "because"}, "note": "note"}, "because"),
    "note": ({"note": "note"}, "note"),
    "id": ({}, "single"),
}


@pytest.mark.parametrize(("more", "summary"), SUMMARIES.values(), ids=SUMMARIES)
def test_summaries(more: Json, summary: str, tmp_path: Path) -> None:
    """A case is called by its reason, its note or its id; it may tell more about itself than is read."""
    case = single(**more, source="somewhere", measured={"anything": "goes"})
    assert read(tmp_path, case).scenario.summary == summary


def test_all_kinds_in_one_file(tmp_path: Path) -> None:
    """Cases come in the order of their kinds and of the file."""
    path = written(
        tmp_path,
        cache_vectors=[sequence("e")],
        redirect_vectors=[chain("c"), chain("d")],
        vectors=[single("b"), single("a")],
    )
    assert [vector.scenario.id for vector in load(path)] == ["b", "a", "c", "d", "e"]


# ---- files that cannot be read ---------------------------------------------------------------------

MISTAKES: dict[str, tuple[Json, str]] = {
    "no-id": ({"request": {}, "actual_response": OPEN}, "`id`"),
    "blank-in-the-id": (single("a b"), "'a b' is not printable ASCII"),
    "no-answer": ({"id": "x", "request": {}}, "actual_response"),
    "unknown-member-of-the-request": (single(request={"methud": "PUT"}), "methud"),
    "unknown-member-of-the-answer": (single(actual_response={"status": 200, "body": "x"}), "unknown field `body`"),
    "unknown-claim": (single(expected={"script_see": "response"}), "script_see"),
    "unknown-sight": (single(expected={"script_sees": "respnse"}), "respnse"),
    "unknown-type": (single(expected={"response_type": "error"}), "'error'"),
    "unknown-claim-of-a-hop": (chain(expected={"hops": [{"sent": True}]}), "sent"),
    "unknown-place": (chain("c", hop("elsewhere")), "elsewhere"),
    "no-hops": ({"id": "x", "request": {}, "hops": []}, "length"),
    "no-steps": (sequence(steps=[]), "length"),
    "unknown-member-of-a-step": (sequence("s", {"wait": 1}), "wait"),
    "header-without-value": (single(actual_response={"status": 200, "headers": [["X"]]}), "length"),
    "header-of-three": (single(request={"headers": [["X", "1", "2"]]}), "length"),
    "status-is-text": (single(actual_response={"status": "200"}), "Expected `int`"),
    "status-of-two-digits": (single(actual_response={"status": 99}), "status 99 is no final status"),
    "line-break": (single(actual_response={"status": 200, "headers": [["X", "a\nb"]]}), "line break"),
    "unknown-placeholder": (
        single(actual_response={"status": 200, "headers": [["X", "{page}"]]}),
        "placeholder '{page}' is none of origin, api,",
    ),
    "varied-placeholder": (
        single(actual_response={"status": 200, "headers": [["X", "{origin|upper}"]]}),
        "placeholder '{origin|upper}' is none of",
    ),
    "unknown-mode": (single(request={"mode": "navigate"}), "navigate"),
    "unknown-cache": (single(request={"cache": "only-if-cached"}), "only-if-cached"),
    "what-xhr-cannot": (single(request={"api": "xhr", "mode": "no-cors"}), "XMLHttpRequest has no such"),
    "what-a-page-cannot-say": (
        chain("c", {"at": "page", "response": {"status": 200, "headers": [["A", "\0"]]}}),
        "the page's own server cannot say",
    ),
    "no-object": ({}, "id"),
}


@pytest.mark.parametrize(("case", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_case_that_cannot_be_read(case: Json, problem: str, tmp_path: Path) -> None:
    """It is named by its place and its id, with what is wrong; the caller is to mend it."""
    with pytest.raises(UsageError) as raised:
        read(tmp_path, case)
    assert problem in str(raised.value)
    assert "vectors[0] " + case.get("id", "") in str(raised.value)
    assert raised.value.exit_code == 2


def test_several_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """Every case that cannot be read, of every kind, in one error; the sound ones are not named."""
    path = written(
        tmp_path,
        vectors=[single("fine"), single("first", request={"methud": "x"}), 7, single("fine")],
        redirect_vectors=[chain("second", hop("elsewhere")), chain("sound")],
        cache_vectors=[sequence("third", {"wait": 1}), sequence("sound")],
    )
    with pytest.raises(UsageError) as raised:
        load(path)
    said = str(raised.value)
    assert said.startswith(f"{path}: ")
    for part in (
        "vectors[1] first: ",
        "vectors[2] : ",
        "vectors[3] fine: another case has this id",
        "redirect_vectors[0] second: ",
        "cache_vectors[0] third: ",
        "cache_vectors[1] sound: another case has this id",
    ):
        assert part in said
    assert "vectors[0] fine" not in said
    assert "redirect_vectors[1]" not in said


FILES: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "No such file"),
    "no-json": (b"{", "truncated"),
    "no-object": (b"[]", "Expected `object`"),
    "cases-are-no-list": (b'{"vectors": {}}', "Expected `array`"),
    "empty": (b"{}", "has no case"),
    "no-cases": (b'{"vectors": [], "meta": {}}', "has no case"),
    "no-utf-8": (b'{"vectors": ["\xff"]}', "can't decode byte"),
}


@pytest.mark.parametrize(("content", "problem"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_read(content: bytes | None, problem: str, tmp_path: Path) -> None:
    """It is named, with what is wrong."""
    path = tmp_path / "vectors.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"vectors\.json") as raised:
        load(path)
    assert problem.lower() in str(raised.value).lower()


# ---- claims ----------------------------------------------------------------------------------------


def judged(tmp_path: Path, case: Json) -> Verdict:
    """Hold a case against the oracle, through its first interface."""
    vector = read(tmp_path, case)
    case_ = Case(vector.scenario, LITERAL, vector.scenario.apis[0], LITERAL)
    verdict, predicted = by_the_oracle(vector, plan.plan(case_, ORIGINS))
    assert tuple(prediction.outcome for prediction in predicted) == verdict.outcomes
    return verdict


READ, BLOCKED = single(), single(actual_response=SHUT)
ASKED = single(request=PUT, preflight_response=GRANT)
REFUSED = single(request=PUT, preflight_response={"status": 403})
EXPOSED = single(
    actual_response={"status": 200, "headers": [ANY, ["X-A", "1"], ["Access-Control-Expose-Headers", "x-a"]]}
)
GUESSED = single(request={"mode": "no-cors"}, actual_response=SHUT)
# A case, a claim about it that is met, and one that is not; where the difference is, and what the oracle says there.
CLAIMS: dict[str, tuple[Json, Json, Json, str, str]] = {
    "reads": (READ, {"script_sees": "response"}, {"script_sees": "network-error"}, "script_sees", "response"),
    "blocked": (BLOCKED, {"script_sees": "network-error"}, {"script_sees": "response"}, "script_sees", "network-error"),
    "type": (READ, {"response_type": "cors"}, {"response_type": "basic"}, "response_type", "cors"),
    "opaque": (GUESSED, {"response_type": "opaque"}, {"response_type": "cors"}, "response_type", "opaque"),
    "no-type": (BLOCKED, {}, {"response_type": "cors"}, "response_type", "nothing"),
    "status": (READ, {"status": 200}, {"status": 201}, "status", "200"),
    "no-status": (BLOCKED, {}, {"status": 200}, "status", "nothing"),
    "headers": (
        EXPOSED,
        {"readable_headers": ["x-a"]},
        {"readable_headers": ["x-a", "x-b"]},
        "readable_headers",
        "['x-a']",
    ),
    "headers-that-servers-add": (
        READ,
        {"readable_headers": ["content-type", "content-length"]},
        {"readable_headers": ["content-length"]},
        "readable_headers",
        "['content-length', 'content-type']",
    ),
    "headers-that-servers-may-have-added": (
        READ,
        {"readable_headers": ["content-type"]},
        {"readable_headers": []},
        "readable_headers",
        "['content-type']",
    ),
    "no-headers": (BLOCKED, {"readable_headers": []}, {"readable_headers": ["x-a"]}, "readable_headers", "[]"),
    "asks-for-headers": (ASKED, {"acrh": "x-a,x-b"}, {"acrh": "x-b,x-a"}, "acrh", "x-a,x-b"),
    "asks-for-no-headers": (
        single(request={"method": "PUT"}, preflight_response=GRANT),
        {"acrh": None},
        {"acrh": ""},
        "acrh",
        "nothing",
    ),
    "asks-nothing": (READ, {"acrh": None}, {"acrh": "x-a"}, "acrh", "nothing"),
    "preflight": (ASKED, {"preflight_sent": True}, {"preflight_sent": False}, "preflight_sent", "True"),
    "no-preflight": (READ, {"preflight_sent": False}, {"preflight_sent": True}, "preflight_sent", "False"),
    "sent": (READ, {"actual_sent": True}, {"actual_sent": False}, "actual_sent", "True"),
    "not-sent": (REFUSED, {"actual_sent": False}, {"actual_sent": True}, "actual_sent", "False"),
    "origin": (READ, {"origin_header": "{origin}"}, {"origin_header": "null"}, "origin_header", PAGE),
    "no-origin": (GUESSED, {"origin_header": None}, {"origin_header": "{origin}"}, "origin_header", "nothing"),
    "origin-of-the-preflight": (
        REFUSED,
        {"preflight_origin_header": "{origin}"},
        {"preflight_origin_header": None},
        "preflight_origin_header",
        PAGE,
    ),
    "method": (ASKED, {"method": "PUT"}, {"method": "POST"}, "method", "PUT"),
    "no-method": (REFUSED, {}, {"method": "PUT"}, "method", "nothing"),
    "present": (ASKED, {"present": ["x-a", "X-B"]}, {"present": ["x-c"]}, "present", "no such header"),
    "absent": (ASKED, {"absent": ["x-c"]}, {"absent": ["X-A"]}, "absent", "X-A"),
    "present-where-nothing-was-sent": (REFUSED, {}, {"present": ["x-a"]}, "present", "no such header"),
    "hop": (chain(), {"hops": [{}, {}, {"actual_sent": True}]}, {"hops": [{"actual_sent": False}]}, "hops[0].", ""),
    "origin-of-a-hop": (
        chain(),
        {"hops": [{"origin_header": None}, {"origin_header": "{origin}"}, {"origin_header": "null"}]},
        {"hops": [{}, {}, {"origin_header": "{origin}"}]},
        "hops[2].origin_header",
        "null",
    ),
    "preflight-of-a-hop": (
        chain("c", hop("page", status=307), {"at": "api", "response": OPEN, "preflight_response": GRANT}, request=PUT),
        {"hops": [{"preflight_sent": False}, {"preflight_sent": True, "preflight_origin_header": "{origin}"}]},
        {"hops": [{"preflight_sent": True}]},
        "hops[0].preflight_sent",
        "False",
    ),
    "method-of-a-hop": (
        chain("c", hop("page", status=303), {"at": "page", "response": {"status": 200}}, request={"method": "POST"}),
        {"hops": [{"method": "POST"}, {"method": "GET"}]},
        {"hops": [{}, {"method": "POST"}]},
        "hops[1].method",
        "GET",
    ),
    "headers-of-a-hop": (
        chain(request={"headers": [["Accept", "text/plain"]]}),
        {"hops": [{"present": ["accept"]}, {"absent": ["x-a"]}]},
        {"hops": [{}, {"absent": ["accept"]}]},
        "hops[1].absent",
        "accept",
    ),
    "a-hop-too-many": (
        chain(),
        {"hops": [{}, {}, {}, {"actual_sent": False}]},
        {"hops": [{}, {}, {}, {"actual_sent": True}]},
        "hops[3].actual_sent",
        "False",
    ),
}


@pytest.mark.parametrize(("case", "met", "unmet", "where", "said"), CLAIMS.values(), ids=CLAIMS)
def test_claims(case: Json, met: Json, unmet: Json, where: str, said: str, tmp_path: Path) -> None:
    """A claim that follows from the answers passes; one that does not is a difference, and nobody's but the file's."""
    assert judged(tmp_path, {**case, "expected": met}).status is Status.PASS
    verdict = judged(tmp_path, {**case, "expected": unmet})
    assert (verdict.status, verdict.blame) == (Status.FAIL, Blame.HARNESS)
    (difference,) = verdict.differences
    assert difference.where.startswith(f"vector[0].{where}")
    assert difference.observed == (said or "True")


def test_every_claim_of_a_case_is_held(tmp_path: Path) -> None:
    """All that is not met is told, not only the first."""
    claims = {"script_sees": "network-error", "status": 404, "acrh": "x-a", "hops": [{"method": "PUT"}]}
    where = [difference.where for difference in judged(tmp_path, {**READ, "expected": claims}).differences]
    assert sorted(where) == ["vector[0].acrh", "vector[0].hops[0].method", "vector[0].script_sees", "vector[0].status"]


def test_nothing_is_claimed_of_a_case_that_claims_nothing(tmp_path: Path) -> None:
    """A case without claims passes, with the outcome that the oracle sees."""
    assert judged(tmp_path, READ) == Verdict(Status.PASS, (Outcome.ALLOWED,))
    assert judged(tmp_path, BLOCKED) == Verdict(Status.PASS, (Outcome.BLOCKED,))


def test_each_step_has_its_claims(tmp_path: Path) -> None:
    """The preflight is asked for once, and again when its answer has aged."""

    def steps(*sent: bool) -> tuple[Json, ...]:
        waits = (0, 0, 11)
        return tuple(
            {**PUT, "wait_before_s": wait, "expected": {"preflight_sent": told, "script_sees": "response"}}
            for wait, told in zip(waits, sent, strict=True)
        )

    assert judged(tmp_path, sequence("s", *steps(True, False, True))).status is Status.PASS
    verdict = judged(tmp_path, sequence("s", *steps(True, True, False)))
    assert [difference.where for difference in verdict.differences] == [
        "vector[1].preflight_sent",
        "vector[2].preflight_sent",
    ]


NEGATIVE = {"status": 204, "headers": [*GRANT["headers"], ["Access-Control-Max-Age", "-1"]]}


def test_what_web_platform_tests_expect_against_fetch_is_known(tmp_path: Path) -> None:
    """A claim that only a disputed expectation meets is known, with its name, and what Fetch says instead is told."""
    twice = ({**PUT, "expected": {"preflight_sent": True}},) * 2
    verdict = judged(tmp_path, sequence("s", *twice, preflight_response=NEGATIVE))
    assert (verdict.status, verdict.blame) == (Status.KNOWN, Blame.HARNESS)
    assert verdict.cause.startswith("web-platform-tests-negative-max-age: ")
    assert [difference.where for difference in verdict.differences] == ["vector[1].preflight_sent"]


def test_a_dispute_excuses_nothing_besides(tmp_path: Path) -> None:
    """Negative control: what no rule explains fails, also where part of it is disputed."""
    twice = ({**PUT, "expected": {"preflight_sent": True, "script_sees": "network-error"}},) * 2
    verdict = judged(tmp_path, sequence("s", *twice, preflight_response=NEGATIVE))
    assert (verdict.status, verdict.cause) == (Status.FAIL, "the oracle does not meet what the file claims")
    by_fetch = ({**PUT, "expected": {"preflight_sent": True}}, {**PUT, "expected": {"preflight_sent": False}})
    assert judged(tmp_path, sequence("s", *by_fetch, preflight_response=NEGATIVE)).status is Status.PASS


def test_through_each_interface(tmp_path: Path) -> None:
    """The oracle answers for whichever interface the plan says."""
    vector = read(tmp_path, {**READ, "expected": {"script_sees": "response", "response_type": "cors"}})
    for api in vector.scenario.apis:
        planned = plan.plan(Case(vector.scenario, LITERAL, api, LITERAL), ORIGINS)
        assert by_the_oracle(vector, planned)[0].status is Status.PASS
