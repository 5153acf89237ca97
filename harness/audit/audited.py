"""What is audited and what an audit came to: the records between command, audit and report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness import engines
from harness.audit.findings import Finding
from harness.audit.routes import Discovery
from harness.audit.survey import Reply
from harness.audit.target import Target
from harness.engines import Browser, EngineChoice, EngineInfo, EngineName
from harness.errors import CorsproofError, UsageError
from harness.origins import parse_origin
from harness.policy import Policy
from harness.tally import Exit
from harness.wire import Pairs


class NotAudited(CorsproofError):
    """Nothing can be said about a target: it does not answer, or nobody could sign in."""

    exit_code = 4


@dataclass(frozen=True)
class AuditOrder:
    """What is audited, and how.

    - ``trusted``: origins that the target should let in, as browsers write them
    - ``paths``: what to audit; where there are none, what can be found
    - ``active``: whether requests that may change something are sent
    - ``login``: a path that signs a user in when it is visited; ``cookies`` and ``headers`` do the same by hand
    - ``policy``: what the target is held to beside the rules
    - ``verify``: whether the certificate of a server over https must be right
    """

    target: Target
    choices: tuple[EngineChoice, ...]
    trusted: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    active: bool = False
    login: str | None = None
    cookies: Pairs = ()
    headers: Pairs = ()
    policy: Policy | None = None
    verify: bool = True
    headed: bool = False
    required: bool = True
    launcher: Callable[[EngineName, engines.Launch], Browser] = engines.launch

    def __post_init__(self) -> None:
        for origin in self.trusted:
            if parse_origin(origin) is None:
                hint = "write scheme and host, and a port where it is not the default one: https://app.example.com"
                raise UsageError(f"{origin!r} is no origin as browsers write it", hint=hint)


@dataclass(frozen=True)
class Audit:
    """What an audit came to. ``untested`` names what nothing can be said about, one line each."""

    order: AuditOrder
    discovery: Discovery
    findings: tuple[Finding, ...]
    engines: tuple[EngineInfo, ...]
    policy: tuple[Mapping[str, object], ...]
    sent: tuple[Reply, ...] = field(repr=False)
    asked: int
    untested: tuple[str, ...]
    exit: Exit
