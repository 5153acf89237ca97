"""Events made by hand, as a run would tell them, for tests of whatever eats events."""

from __future__ import annotations

from dataclasses import replace

from harness import catalog, plan
from harness.engines import EngineInfo, EngineName
from harness.events import CanariesSung, CaseFinished, EngineReady, Event, RunFinished, RunStarted
from harness.observation import Observation, PageOutcome, PageResult
from harness.plan import Places
from harness.prediction import predict
from harness.scenario import Api, Crossing, Outcome, Scenario
from harness.verdict import Verdict, View, judge
from harness.wire import TOKEN_PARAMETER, Ending, Exchange, Kind, Pairs

INFO = EngineInfo(EngineName.CHROMIUM, "1.2.3", "cdp", "/opt/chromium", ("--flag",))
SCENARIOS = {scenario.id: scenario for scenario in catalog.load("hooks")}
_PAGE = {
    Outcome.ALLOWED: PageOutcome.RESPONSE,
    Outcome.OPAQUE: PageOutcome.RESPONSE,
    Outcome.BLOCKED: PageOutcome.NETWORK_ERROR,
    Outcome.ABORTED: PageOutcome.ABORTED,
}


class FixedOrigins:
    """Origins that no site has."""

    def places(self, api: str, page: str) -> Places:
        """Return the page's origin, that of its document, and those of the API."""
        home, cross = "http://localhost:1111", "http://127.0.0.1:2222"
        ours = (("page", "null" if page == "null" else home), ("home", home))
        return (*ours, ("api", "http://localhost:2222"), ("api2", cross), ("cross", cross))

    def http_2_origin(self) -> str:
        """Return the origin that speaks HTTP/2."""
        return "https://localhost:3333"


def finished(
    scenario: str | Scenario,
    hooks: str = "published",
    engine: str = "chromium",
    api: Api = Api.FETCH,
    *,
    reason: str = "",
    verdict: Verdict | None = None,
    answered: Pairs = (),
) -> CaseFinished:
    """Return the result of a case that went as expected, with more response headers, or another verdict, if given."""
    chosen = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
    planned = plan.plan(plan.Case(chosen, hooks, api, hooks), FixedOrigins())
    page = tuple(
        PageResult(
            step=index,
            origin=planned.origin,
            outcome=_PAGE[seen.outcome],
            type="opaque" if seen.outcome is Outcome.OPAQUE else "cors",
            status=seen.status,
            headers=tuple((name, "x") for name in sorted(seen.headers)),
            duration_ms=1.5,
        )
        for index, seen in enumerate(planned.expectation.seen)
    )
    author = chosen.steps[0].headers
    exchanges = tuple(
        _exchange(crossing, planned.token, hooks, answered, author) for crossing in planned.expectation.wire
    )
    observation = Observation(page, exchanges, (reason,) if reason else ())
    view = View(planned.expectation, predict(planned, page, exchanges))
    judged = verdict or judge(view, observation, origin=planned.origin)
    return CaseFinished(engine, planned.case, judged, planned, observation, view.predicted)


def _exchange(crossing: Crossing, token: str, site: str, answered: Pairs, author: Pairs) -> Exchange:
    joint = "&" if "?" in crossing.path else "?"
    target = f"{crossing.path}{joint}{TOKEN_PARAMETER}={token}"
    answers = (("content-type", "text/plain"), ("content-length", "2"), *crossing.answers, *answered)
    given = author if crossing.kind is Kind.ACTUAL else ()
    asks = (("host", "localhost:2222"), ("accept", "*/*"), *given, *crossing.asks)
    return Exchange(site, token, crossing.method, target, asks, crossing.status or 200, answers, ending=Ending.COMPLETE)


def whole_run(*results: CaseFinished, interrupted: bool = False, failures: tuple[str, ...] = ()) -> list[Event]:
    """Return the events of a run on Chromium and whatever engines the results name."""
    engines = tuple(dict.fromkeys(["chromium", *(result.engine for result in results)]))
    infos = {name.value: replace(INFO, name=name) for name in EngineName}
    ready = [EngineReady(engine, infos.get(engine, INFO)) for engine in engines]
    sung = [CanariesSung(engine, "http://localhost", 4, failures) for engine in engines]
    return [RunStarted(engines, len(results)), *ready, *sung, *results, RunFinished(interrupted, 1.25)]
