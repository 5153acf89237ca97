"""What engines cannot be asked: cases that need it are skipped, with the reason, and never silently.

One row per gap; an engine without rows can do all that scenarios ask for. `tests/conformance/test_gaps.py` shows that
each is still there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.engines import EngineName
from harness.literal import Answer
from harness.oracle.ports import BAD_PORTS
from harness.origins import is_loopback, parse_origin
from harness.scenario import Api, Scenario

_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BAD_PORT = re.compile(rf"(?:\||//)[^/?#]*:(?:{'|'.join(map(str, sorted(BAD_PORTS)))})(?=[/?#}}]|$)")
_DROPS_THE_BODY = (301, 302, 303)  # of a POST


@dataclass(frozen=True)
class Gap:
    """Something that one engine cannot be asked, and how to tell which cases need it."""

    engine: EngineName
    needs: Callable[[Scenario, Api], bool]
    reason: str


def _streams_beyond_http(scenario: Scenario, api: Api) -> bool:
    streams = any(step.body_kind == "stream" for step in scenario.steps)
    return streams and any(
        status in _DROPS_THE_BODY and _SCHEME.match(location) for status, location in _locations(scenario)
    )


def _xhr_sent_to_bad_port(scenario: Scenario, api: Api) -> bool:
    return api is Api.XHR and any(_BAD_PORT.search(location) for _, location in _locations(scenario))


def _mailed_without_cors(scenario: Scenario, api: Api) -> bool:
    # From a foreign site alone; which one answers is not looked at, for what follows is a browser without a page.
    return any(step.mode == "no-cors" for step in scenario.steps) and any(
        location.lower().startswith("mailto:") for _, location in _locations(scenario)
    )


def _locations(scenario: Scenario) -> Iterator[tuple[int | None, str]]:
    """Yield wherever the answers of a scenario may redirect, with the status."""
    for script in scenario.turns:
        for rule in script.rules:
            for answer in rule.answers:
                if isinstance(answer, Answer):
                    found = (value for name, value in answer.headers if name.lower() == "location")
                    yield from ((answer.number, location) for location in found)


def preflights_twice(engine: str) -> bool:
    """Tell whether an engine may make the first few preflights to a host twice: Firefox does (FACTS 11).

    Of one that is none of ours nobody knows.
    """
    return engine not in (EngineName.CHROMIUM, EngineName.WEBKIT)


def beyond_reach(scenario: Scenario) -> str:
    """Say why a browser of a Playwright server cannot be asked a scenario; an empty string where it can."""
    url = parse_origin("http://localhost" if scenario.page == "null" else scenario.page)
    if url is not None and is_loopback(url.host):
        return ""
    return "a browser of a Playwright server reaches this machine's loopback, and no name that only its proxy knows"


GAPS: tuple[Gap, ...] = (
    Gap(
        EngineName.CHROMIUM,
        _streams_beyond_http,
        "Chromium takes away a page's network for good when a request with a stream is redirected to a scheme that is "
        "not HTTP's (measured with 156: its network service refuses the renderer's message and closes the connection)",
    ),
    Gap(
        EngineName.FIREFOX,
        _xhr_sent_to_bad_port,
        "Firefox tells an XMLHttpRequest nothing at all when it was redirected to a bad port (measured with ESR 153)",
    ),
    Gap(
        EngineName.FIREFOX,
        _mailed_without_cors,
        "Firefox ends a page's process when another site redirects its no-cors request to mailto: (measured with ESR "
        "153: the parent process refuses what it is asked to open)",
    ),
)


def missing(engine: EngineName, scenario: Scenario, api: Api, gaps: tuple[Gap, ...] = GAPS) -> str:
    """Return why an engine cannot be asked a case; an empty string where it can."""
    return next((gap.reason for gap in gaps if gap.engine is engine and gap.needs(scenario, api)), "")
