"""Where an engine leaves the standard in this suite, measured (the build is named), and what it does instead."""

from __future__ import annotations

from harness.catalog.hooks.redirects import tainted_put, tainted_put_under_policy
from harness.catalog.hooks.rows import EVERY, everywhere
from harness.deviations import Deviation
from harness.scenario import Api

HEADER_ASKED_TWICE = everywhere("GET", "/echo", "echo", EVERY, asked="x-a,x-a", unlisted=True)

DEVIATIONS = (
    *(
        Deviation(
            engine="firefox",
            scenario="redirect-put-to-another-origin",
            hooks=hooks,
            why="Firefox's preflight after a redirect to another origin names the page, not null (153.7.0 ESR)",
            link="https://fetch.spec.whatwg.org/#append-a-request-origin-header",
            instead=instead,
            rule="firefox-preflight-names-page-origin",
        )
        for hooks, instead in (
            ("published", tainted_put("{page}")),
            ("hardened", tainted_put_under_policy("{page}")),
        )
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
            rule="firefox-header-asked-twice",
        )
        for hooks, instead in HEADER_ASKED_TWICE.items()
    ),
)
