"""Where an engine leaves the standard in this suite, measured (the build is named), and what it does instead."""

from __future__ import annotations

from harness.catalog.hooks.redirects import tainted_put
from harness.catalog.hooks.rows import EVERY, everywhere
from harness.deviations import Deviation
from harness.scenario import Api

HEADER_ASKED_TWICE = everywhere("GET", "/echo", "echo", EVERY, asked="x-a,x-a", refused_by_decorator=True)

DEVIATIONS = (
    Deviation(
        engine="firefox",
        scenario="redirect-put-to-another-origin",
        hooks="published",
        why="Firefox's preflight after a redirect to another origin names the page's origin, not null (153.7.0 ESR)",
        link="https://fetch.spec.whatwg.org/#append-a-request-origin-header",
        instead=tainted_put("{page}"),
    ),
    *(
        Deviation(
            engine="firefox",
            scenario="header-twice",
            hooks=hooks,
            why="Firefox's fetch() asks twice for a header that was given twice (153.7.0 ESR)",
            link="https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names",
            instead=instead,
            api=Api.FETCH,
        )
        for hooks, instead in HEADER_ASKED_TWICE.items()
    ),
)
