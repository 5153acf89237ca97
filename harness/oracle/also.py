"""What else would refuse an answer that redirects: engines look at Location, mode and CORS in orders of their own.

None of it changes what follows, for the first refusal decides; it tells which reason an engine may name instead.
https://fetch.spec.whatwg.org/#http-redirect-fetch
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.oracle.exchange import WireResponse
from harness.oracle.flight import Flight
from harness.oracle.outcome import Failure
from harness.oracle.reasons import Reason
from harness.oracle.request import Mode, Redirect
from harness.oracle.rules import Rules
from harness.oracle.urls import Url, same_origin


def redirect_refusals(flight: Flight, response: WireResponse, rules: Rules) -> Iterator[Failure]:
    """All that refuses to follow this answer, in the standard's order; nothing where it does not redirect."""
    if not rules.is_redirect(flight, response):
        return
    if flight.redirect is Redirect.ERROR:
        yield Failure(Reason.REDIRECT_MODE_ERROR, subject=str(response.status))
    url = rules.location_url(flight, response.headers)
    if isinstance(url, Failure):
        yield url
    elif url is not None:
        failure = rules.redirect_failure(flight, url, response)
        if failure:
            yield failure
        yield from url_refusals(flight, url, rules)


def url_refusals(flight: Flight, url: Url, rules: Rules) -> Iterator[Failure]:
    """All that refuses to go to a URL at all (#main-fetch steps 7 and 12)."""
    if rules.is_blocked_due_to_a_bad_port(url):
        yield Failure(Reason.BAD_PORT, subject=url.on_the_wire)
    if same_origin(url.origin, flight.origin):
        return
    if flight.mode is Mode.SAME_ORIGIN:
        yield Failure(Reason.MODE_SAME_ORIGIN, subject=url.origin)
    if flight.mode is Mode.NO_CORS and flight.redirect is not Redirect.FOLLOW:
        yield Failure(Reason.NO_CORS_NEEDS_FOLLOW, subject=flight.redirect.value)
