"""The page's site: a Flask app that serves the page, its agent script and the same-origin proxy.

It knows nothing of CORS, of scenarios or of browsers; it hands batches of steps to pages and takes their results.
"""

from client_site.app import create_app
from client_site.board import BatchDone, Board, PageDied, Results, Session
from client_site.hands_on import Control, Refusal, create_hands_on
from client_site.tour import Tour

__all__ = [
    "BatchDone",
    "Board",
    "Control",
    "PageDied",
    "Refusal",
    "Results",
    "Session",
    "Tour",
    "create_app",
    "create_hands_on",
]
