"""A case told in full: what was asked, every exchange, what script saw, and what the standard says about it.

For people; secrets are redacted, and bytes that a terminal would obey are written as what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.events import CaseFinished
from harness.observation import PageOutcome, PageResult
from harness.prediction import Prediction
from harness.reports.redaction import redacted, redacted_sentence, redacted_target
from harness.scenario import Outcome, Seen, Step
from harness.wire import TOKEN_PARAMETER, Ending, Exchange, Pairs, without_token

# What browsers send with everything and no CORS decision reads.
_CHATTER = re.compile(
    r"accept|accept-(encoding|language)|connection|host|priority|referer|user-agent|sec-.*|dnt|te|cache-control|pragma",
    re.IGNORECASE,
)
_TOKEN = re.compile(rf"[?&]{TOKEN_PARAMETER}=[\w-]+")
_DEFAULTS = Step("GET", "{api}/")
_SAID = ("credentials", "mode", "redirect", "cache", "referrer_policy", "upload_listener")


def case_lines(result: CaseFinished) -> Iterator[str]:
    """Tell a case, without its verdict."""
    case = result.case
    yield f"{case.scenario.id} · {case.api} · {case.hooks} · from a page on {case.scenario.page} · in {result.engine}"
    for number, step in enumerate(case.scenario.steps, 1):
        yield _line(f"asks {number}", f"{step.method} {step.url}{_manner(step)}")
        author = redacted(step.headers)
        yield from _header_lines(author)
    if not result.observation.exchanges:
        yield _line("wire", "no request arrived")
    for exchange in result.observation.exchanges:
        yield from _exchange_lines(exchange, {name.lower() for step in case.scenario.steps for name, _ in step.headers})
    expected = result.planned.expectation.seen if result.planned else ()
    outcomes = (*result.verdict.outcomes, *[None] * len(result.observation.page))
    for number, page in enumerate(result.observation.page):
        yield _line(f"script {number + 1}", _sight(page, outcomes[number]))
        yield _line("standard", _standard(result.predicted, expected, number))
    for said in result.observation.sayings:
        yield _line("browser", _clean(said))


def verdict_lines(result: CaseFinished) -> Iterator[str]:
    """Tell the verdict of a case: its status, who is to blame, and each difference."""
    verdict = result.verdict
    blame = f" · blame: {verdict.blame}" if verdict.blame else ""
    yield f"{verdict.status.value.upper()}{blame}"
    for difference in verdict.differences:
        yield f"    {_clean(str(difference))}"
    if verdict.cause:
        yield f"    {_clean(verdict.cause)}"


def _line(what: str, said: str) -> str:
    return f"  {what:<10} {said}"


def _manner(step: Step) -> str:
    """Say what of a call is not as by default."""
    said = [f"{name} {getattr(step, name)}" for name in _SAID if getattr(step, name) != getattr(_DEFAULTS, name)]
    body = [] if step.body is None else [f"body {step.body_kind} of {len(step.body)}"]
    return f" ({', '.join([*said, *body])})" if said or body else ""


def _exchange_lines(exchange: Exchange, author: set[str]) -> Iterator[str]:
    target = redacted_target(without_token(exchange.target))
    yield _line(exchange.kind.value, f"{exchange.method} {printable(target)} at {_host(exchange)}")
    yield from _header_lines(_telling(redacted(exchange.request_headers), author))
    ending = "" if exchange.ending is Ending.COMPLETE else f" ({exchange.ending})"
    yield _line("", f"-> {exchange.status or 'no answer'}{ending}")
    yield from _header_lines(redacted(exchange.response_headers))


def _host(exchange: Exchange) -> str:
    return next((value for name, value in exchange.request_headers if name.lower() == "host"), exchange.site)


def _telling(headers: Pairs, author: Iterable[str]) -> Pairs:
    return tuple((name, value) for name, value in headers if name.lower() in author or not _CHATTER.fullmatch(name))


def _header_lines(headers: Pairs) -> Iterator[str]:
    return (_line("", f"     {printable(name)}: {printable(_TOKEN.sub('', value))}") for name, value in headers)


def _sight(page: PageResult, outcome: Outcome | None) -> str:
    said = f"{page.outcome if outcome in (None, Outcome.UNEXPLAINED) else outcome}"
    if page.outcome is PageOutcome.RESPONSE and outcome is Outcome.ALLOWED:
        names = ", ".join(sorted({name for name, _ in page.headers}))
        said += f": status {page.status} and the headers {names or '(none)'}"
    return said + (f": {_clean(page.error)}" if page.error else "")


def _standard(predicted: tuple[Prediction, ...], expected: tuple[Seen, ...], number: int) -> str:
    """Say what the oracle makes of the answers on the wire; where it lost the thread, of those that were meant."""
    told = predicted[number] if number < len(predicted) else None
    if told is not None and told.outcome is not None:
        if not told.reason:
            names = ", ".join(sorted(told.headers)) or "(none)"
            return f"{told.outcome}" + (f": status {told.status} and the headers {names}" if told.status else "")
        return f"{told.outcome}: {told.reason}, {told.where}: {_clean(told.sentence)} ({told.clause})"
    if number < len(expected):
        seen = expected[number]
        return f"{seen.outcome}{f': {seen.reason}' if seen.reason else ''} (if all had been sent as it says)"
    return "nothing"


def _clean(sentence: str) -> str:
    return printable(redacted_sentence(_TOKEN.sub("", sentence)))


def printable(text: str) -> str:
    r"""Return a text with what is no printable character written as `\x0b` is."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
