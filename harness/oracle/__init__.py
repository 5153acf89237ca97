"""The Fetch standard's CORS protocol as an executable model.

`predict` walks one call of a page through every request that it causes and says what script gets,
or exactly why it gets nothing; by the standard, or by `Rules` that somebody put in its place. No
socket, no clock, no I/O; this package imports nothing but the standard library and itself. What
engines do differently does not belong here.
"""

from harness.oracle.cache import PreflightCache
from harness.oracle.cors_check import cors_check
from harness.oracle.exchange import Answer, Exchange, Kind, NetworkFailure, Server, WireRequest, WireResponse
from harness.oracle.filtering import cors_readable
from harness.oracle.headers import Headers
from harness.oracle.network import Connect, Connection
from harness.oracle.outcome import Failure, Readable, Refusal, ResponseType, SeenAs
from harness.oracle.predict import Prediction, predict
from harness.oracle.reasons import Phase, Reason
from harness.oracle.replay import Difference, DifferenceKind, Recorded, Replay, replay
from harness.oracle.request import Api, BodyKind, CacheMode, Credentials, Mode, Redirect, ReferrerPolicy, Request
from harness.oracle.rules import STANDARD, Rules
from harness.oracle.xhr import xhr_events

__all__ = [
    "STANDARD",
    "Answer",
    "Api",
    "BodyKind",
    "CacheMode",
    "Connect",
    "Connection",
    "Credentials",
    "Difference",
    "DifferenceKind",
    "Exchange",
    "Failure",
    "Headers",
    "Kind",
    "Mode",
    "NetworkFailure",
    "Phase",
    "Prediction",
    "PreflightCache",
    "Readable",
    "Reason",
    "Recorded",
    "Redirect",
    "ReferrerPolicy",
    "Refusal",
    "Replay",
    "Request",
    "ResponseType",
    "Rules",
    "SeenAs",
    "Server",
    "WireRequest",
    "WireResponse",
    "cors_check",
    "cors_readable",
    "predict",
    "replay",
    "xhr_events",
]
