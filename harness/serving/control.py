"""What the hands-on page can have done (`client_site.Control`): the bench, the visits and the matrix put together.

Nothing here listens: `client_site.create_hands_on` makes the endpoints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from client_site import Refusal
from harness import catalog
from harness.ground import Ground
from harness.serving import gallery
from harness.serving.bench import Bench
from harness.serving.matrix import matrix
from harness.serving.visits import Visits

Json = dict[str, Any]
LOOPBACK_PAGES = ("http://localhost", "http://127.0.0.1", "http://app.localhost", "null")
HOST_PAGES = ("http://localhost", "null")  # with --host


class Desk:
    """The control of one server. ``apis`` are names and what they are; ``documents`` are those of runs, by label."""

    def __init__(
        self,
        ground: Ground,
        apis: Mapping[str, str],
        bench: Bench,
        visits: Visits,
        pages: Sequence[str],
        documents: Mapping[str, Json],
    ) -> None:
        self._ground = ground
        self._apis = apis
        self._bench = bench
        self._visits = visits
        self._pages = tuple(pages)
        self._documents = documents

    def choices(self) -> Json:
        """Return what can be chosen."""
        rows = [row for row in gallery.ROWS if row.script or row.hooks in self._apis]
        rows = [row for row in rows if row.page in self._pages]
        return {
            "apis": [{"name": name, "summary": summary} for name, summary in self._apis.items()],
            "canned": [{"name": row.api, "summary": row.title} for row in rows if row.script],
            "pages": [
                {"page": page, "origin": self._ground.page_origin(page), "url": self._ground.page_url(page)}
                for page in self._pages
            ],
            "gallery": [_row(row) for row in rows],
            "suites": list(catalog.SUITES),
        }

    def open(self, page: str) -> Json:
        """Open a page for a frame."""
        if page not in self._pages:
            raise Refusal(f"there is no page {page!r}")
        return self._bench.open(page)

    def fire(self, asked: Json) -> Json:
        """Fire a request, and explain it."""
        try:
            return self._bench.fire(asked)
        except (KeyError, TypeError, ValueError) as error:
            raise Refusal(f"the request is not complete: {error!r}") from error

    def start(self, asked: Json, user_agent: str) -> Json:
        """Begin to run the catalogue in the browser that asks."""
        suites, reachable = (list(map(str, asked.get(name) or ())) for name in ("suites", "reachable"))
        return {"go": self._visits.start(suites, str(asked.get("keep") or ""), reachable, user_agent)}

    def stop(self) -> None:
        """End the run."""
        self._visits.stop()

    def status(self) -> Json:
        """Return how far the run is, and the matrix."""
        visit = self._visits.visit
        run = None if visit is None else vars(visit)
        own = [label for label, document in self._documents.items() if any(map(_is_visitor, document["engines"]))]
        return {"run": run, "matrix": matrix(self._documents.values()), "documents": own}

    def document(self, label: str) -> str:
        """Return the document of a browser's run."""
        if label not in self._documents:
            raise Refusal(f"there is no document of {label!r}")
        return json.dumps(self._documents[label], indent=1, ensure_ascii=False)


def _is_visitor(engine: Json) -> bool:
    return "user_agent" in engine


def _row(row: gallery.Failure) -> Json:
    step = row.step
    return {
        "id": row.id,
        "title": row.title,
        "story": row.story,
        "page": row.page,
        "api": row.api,
        "interface": "fetch",
        "method": step.method,
        "path": step.url.removeprefix("{api}"),
        "headers": [list(pair) for pair in step.headers],
        "body": step.body,
        "credentials": step.credentials,
        "before": [f"{one.method} {one.url.removeprefix('{api}')}" for one in row.before],
    }
