"""What a run tells, as it happens. Reporters eat these and know no runner; the stream ends with `RunFinished`."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.engines import EngineInfo
from harness.observation import Observation
from harness.plan import Case, Planned
from harness.prediction import Prediction
from harness.verdict import Verdict


@dataclass(frozen=True)
class PhaseStarted:
    """What is done next, where that is more than one run; a whole line for people."""

    what: str


@dataclass(frozen=True)
class RunStarted:
    """The run knows what it will do: so many cases for each engine named."""

    engines: tuple[str, ...]
    cases: int


@dataclass(frozen=True)
class EngineReady:
    """A browser runs."""

    engine: str
    info: EngineInfo
    relaunch: bool = False


@dataclass(frozen=True)
class EngineUnavailable:
    """An engine cannot be used, and why."""

    engine: str
    cause: str
    hint: str = ""
    required: bool = True


@dataclass(frozen=True)
class EngineLost:
    """A browser died or stopped answering; another one takes its place while ``relaunch`` says so."""

    engine: str
    cause: str
    relaunch: bool


@dataclass(frozen=True)
class CanariesSung:
    """A browser was asked what is known; ``failures`` is empty when it can be believed."""

    engine: str
    page: str
    asked: int
    failures: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """A page has posted results of so many cases more."""

    engine: str
    cases: int


@dataclass(frozen=True)
class CaseFinished:
    """A case has its verdict. ``planned`` is None for a case that was skipped before it was planned."""

    engine: str
    case: Case
    verdict: Verdict
    planned: Planned | None = None
    observation: Observation = field(default_factory=lambda: Observation((), ()))
    predicted: tuple[Prediction, ...] = ()


@dataclass(frozen=True)
class HarnessFault:
    """Something of ours broke; ``detail`` is the traceback."""

    engine: str
    cause: str
    detail: str


@dataclass(frozen=True)
class RunFinished:
    """Nothing more will come."""

    interrupted: bool
    duration_s: float


Event = (
    PhaseStarted
    | RunStarted
    | EngineReady
    | EngineUnavailable
    | EngineLost
    | CanariesSung
    | Progress
    | CaseFinished
    | HarnessFault
    | RunFinished
)
