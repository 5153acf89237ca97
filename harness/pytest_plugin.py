"""The pytest plugin: the fixture `cors` asks the application under test from a page in a real browser.

Puts pytest and `harness.prober` together and judges nothing. It is loaded in every pytest run of every project that has
corsproof installed: at load it imports pytest and the standard library only.
"""

from __future__ import annotations

import contextlib
import json as jsonlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from harness.audit.findings import Finding
    from harness.deriving import Route
    from harness.engines import EngineChoice, Selection
    from harness.observation import Observation
    from harness.plan import Planned
    from harness.policy import Policy
    from harness.prober import Prober, Question
    from harness.proof import Proof
    from harness.reports.session import SessionPart
    from harness.result import CorsResult
    from harness.scenario import Step
    from harness.wire import Pairs

SHOWN = 3  # results of a failed test that are told in full
DISBELIEF = "corsproof: a canary failed"
MARK = 'cors(origin="http://localhost", browsers=["chromium", …])'
NO_APP = """corsproof needs the application under test: override the fixture `cors_app`, for example in conftest.py

    @pytest.fixture(scope="session")
    def cors_app():
        return create_app()  # any WSGI or ASGI application
"""

Credentials = Literal["omit", "same-origin", "include"]
HeaderFields = Mapping[str, str] | Iterable[tuple[str, str]]

_asking = pytest.StashKey["Cors"]()
_left_out = pytest.StashKey[dict[str, str]]()
_part = pytest.StashKey["SessionPart"]()
_told = pytest.StashKey[str]()  # what became of the report
_parts = pytest.StashKey[list[dict[str, Any]]]()  # those of other processes


class Cors:
    """What a test asks with: each call is one request of a page in one browser to the application under test.

    Pages stay open between tests, and so do their browser's cookies: a test that logs in should log out, or use an
    application of its own and a page on a name such as ``https://app.example.com``, where each application has its own
    host.
    """

    def __init__(
        self,
        prober: Prober,
        choice: EngineChoice,
        app: Any,
        origin: str,
        *,
        properties: list[tuple[str, object]] | None = None,
        report: bool = False,
    ) -> None:
        self.results: list[CorsResult] = []
        self.failures: list[Proof] = []
        self.disbelief = ""
        self.failed = ""
        self.rows: list[dict[str, Any]] = []
        self.audits: list[dict[str, Any]] = []
        self._properties = [] if properties is None else properties
        self._report = report
        self._info = prober.start(choice) if report else None
        self.origin = origin
        self.engine = choice.name.value
        self._prober = prober
        self._choice = choice
        self._app = app

    def page_origin(self, origin: str | None = None) -> str:
        """Return the origin that script on a page really has: that of loopback has a port that only a run knows."""
        return self._prober.page_origin(origin or self.origin)

    def fetch(
        self,
        method: str,
        path: str,
        *,
        origin: str | None = None,
        headers: HeaderFields = (),
        body: str | None = None,
        json: Any = None,
        credentials: Credentials = "same-origin",
        mode: Literal["cors", "no-cors"] = "cors",
        redirect: Literal["follow", "manual"] = "follow",
        cache: str = "default",
        timeout: float = 8.0,
    ) -> CorsResult:
        """Ask by ``fetch()``; the names are its options. ``origin`` is the page's, or ``"null"``.

        ``json`` sets the body and its content type. Raises `harness.result.NoVerdict` where the request failed for
        another reason than CORS, or had no answer after ``timeout`` seconds.
        """
        from harness.prober import Question
        from harness.scenario import Api

        __tracebackhide__ = True
        options = {"credentials": credentials, "mode": mode, "redirect": redirect, "cache": cache}
        step = _step(method, path, timeout, _content(headers, body, json), options)
        return self._ask(Question(step, Api.FETCH, origin or self.origin))

    def xhr(
        self,
        method: str,
        path: str,
        *,
        origin: str | None = None,
        headers: HeaderFields = (),
        body: str | None = None,
        json: Any = None,
        credentials: Literal["same-origin", "include"] = "same-origin",
        upload_listener: bool = False,
        timeout: float = 8.0,
    ) -> CorsResult:
        """Ask by XMLHttpRequest, as `fetch` does; credentials ``include`` is its ``withCredentials``."""
        from harness.prober import Question
        from harness.scenario import Api

        __tracebackhide__ = True
        options = {"credentials": credentials, "upload_listener": upload_listener}
        step = _step(method, path, timeout, _content(headers, body, json), options)
        return self._ask(Question(step, Api.XHR, origin or self.origin))

    def prove(
        self, policy: Policy, routes: Iterable[Route | str] | None = None, *, active: bool = True
    ) -> tuple[Proof, ...]:
        """Ask all that follows from a policy, at its edges; a proof is true where it went as the policy has it.

            for proof in cors.prove(policy):
                assert proof

        ``routes`` are those that the application tells (Flask's URL map), unless they are given: paths, or what has
        path, methods, endpoint and template (`harness.deriving.Route`). Methods that may change something (POST, PUT …)
        are really asked, unless ``active`` is false. All failures are told with the test's, with both exchanges.
        """
        from harness import deriving
        from harness.errors import UsageError
        from harness.proof import proof_of
        from harness.views import Views

        __tracebackhide__ = True
        scenarios = deriving.derive(policy, _routes(self._app, routes), active=active)
        if not scenarios:
            hint = "give the paths to ask, as `routes`"
            raise UsageError("nothing follows from this policy on these routes", hint=hint)
        views = Views(self.engine, self._prober.start(self._choice).version)
        with self._believing():
            asked = self._prober.ask_all(self._choice, self._app, lambda name: deriving.cases(scenarios, name))
        proofs = tuple(proof_of(planned, observation, views) for planned, observation in asked)
        self.failures += [proof for proof in proofs if not proof]
        for proof, (planned, observation) in zip(proofs, asked, strict=True):
            self._tell(f"{proof.id} in {proof.engine}: {proof.verdict.status}")
            if self._report:
                from harness.reports.session import proven

                self.rows.append(proven(self.engine, planned, observation, proof.verdict))
        return proofs

    def audit(
        self,
        app: Any = None,
        *,
        trusted: Iterable[str] = (),
        paths: Iterable[str] = (),
        login: str | None = None,
        cookies: Mapping[str, str] | None = None,
        headers: HeaderFields = (),
        policy: Policy | None = None,
        active: bool = True,
    ) -> tuple[Finding, ...]:
        """Audit the application under test, or another one, in this engine; the options are those of the command.

        Returns the findings, the gravest first; each says whether it ``matters``, which is more than information.
        Raises `harness.result.NoVerdict` where not everything could be tested. Browsers of its own are started for it.
        """
        from harness.audit.audited import AuditOrder
        from harness.audit.auditing import audit
        from harness.audit.target import Target
        from harness.reports.audit import AuditDocument
        from harness.result import NoVerdict
        from harness.tally import Exit

        __tracebackhide__ = True
        order = AuditOrder(
            Target("cors_app", self._app if app is None else app),
            (self._choice,),
            tuple(trusted),
            tuple(paths),
            active=active,
            login=login,
            cookies=tuple((cookies or {}).items()),
            headers=tuple(headers.items() if isinstance(headers, Mapping) else headers),
            policy=policy,
        )
        document = AuditDocument()
        done = audit(order, feed=document)
        self.audits += [document.value(done)] if self._report else []
        for finding in done.findings:
            self._tell(f"{finding} in {self.engine}")
        if done.exit not in (Exit.AS_EXPECTED, Exit.FINDINGS):
            raise NoVerdict("\n".join(["the audit could not test everything", *done.untested]))
        return done.findings

    def _ask(self, question: Question) -> CorsResult:
        from harness.errors import CorsproofError, UsageError

        __tracebackhide__ = True
        before = len(self.rows)
        try:
            with self._believing():
                result = self._prober.ask(self._choice, self._app, question, self._hear if self._report else None)
        except CorsproofError as error:
            self._tell(str(error).partition("\n")[0])
            if self._report and len(self.rows) == before and not isinstance(error, UsageError):
                from harness.reports.session import APP, lost

                self.rows.append(lost(self.engine, question.case(APP), str(error)))
            raise
        self.results.append(result)
        self._tell(result.title)
        return result

    def _hear(self, planned: Planned, observation: Observation) -> None:
        from harness.reports.session import answered

        self.rows.append(answered(self.engine, planned, observation))

    def _tell(self, said: str) -> None:
        """Have reports of this test, such as JUnit XML, say what came of a question."""
        from harness.reports.redaction import redacted_sentence

        self._properties.append(("cors", redacted_sentence(said)))

    def report_to(self, part: SessionPart, item: pytest.Item) -> None:
        """Put everything that was asked into the report of the session."""
        from harness.reports.repository import place

        name, engine = item.nodeid, self.engine
        for written, bare in ((f"[{engine}]", ""), (f"[{engine}-", "["), (f"-{engine}]", "]")):
            name = name.replace(written, bare)
        path, line, _ = item.location
        source = place(item.config.rootpath / path, None if line is None else line + 1)
        part.add_test(name, self.rows, source=source, failed=self.failed)
        for document in self.audits:
            part.add_audit(document)
        if self._info is not None:
            part.add_engine(self._info, self._prober.canaries(self._choice.name), self.disbelief)

    @contextlib.contextmanager
    def _believing(self) -> Iterator[None]:
        from harness.errors import CanaryFailed

        __tracebackhide__ = True
        try:
            yield
        except CanaryFailed as error:
            self.disbelief = str(error)
            raise


def _routes(app: Any, given: Iterable[Route | str] | None) -> list[Route]:
    from harness.audit import routes
    from harness.audit.target import Target

    target = Target("cors_app", app)
    if given is None:
        return list(routes.views(target))
    listed = list(given)
    paths = [route for route in listed if isinstance(route, str)]
    named = routes.discover(target, paths=paths).routes if paths else ()
    return [*named, *(route for route in listed if not isinstance(route, str))]


def _content(headers: HeaderFields, body: str | None, json: Any) -> tuple[Pairs, str | None]:
    from harness.errors import UsageError

    pairs = tuple(headers.items() if isinstance(headers, Mapping) else headers)
    if wrong := [given for given in (body or "", *(part for pair in pairs for part in pair)) if type(given) is not str]:
        raise UsageError(f"{wrong[0]!r} is no str", hint="headers and body are text; decode bytes first")
    if json is None:
        return pairs, body
    if body is not None:
        raise UsageError("both body and json are given", hint="give one of them")
    named = any(name.lower() == "content-type" for name, _ in pairs)
    return pairs if named else (*pairs, ("Content-Type", "application/json")), jsonlib.dumps(json)


def _step(
    method: str, path: str, timeout: float, content: tuple[Pairs, str | None], options: Mapping[str, Any]
) -> Step:
    from harness.errors import UsageError
    from harness.scenario import Step

    if not path.startswith("/"):
        raise UsageError(f"path {path!r} does not begin with /", hint="name a path on the application under test")
    try:
        return Step(method, f"{{api}}{path}", *content, deadline_ms=round(timeout * 1000), **options)
    except ValueError as error:
        raise UsageError(str(error)) from error


@pytest.fixture(scope="session")
def cors_app() -> Any:
    """Give the WSGI or ASGI application under test: override this fixture, in any scope."""
    pytest.fail(NO_APP, pytrace=False)


@pytest.fixture(scope="session")
def cors_prober(pytestconfig: pytest.Config) -> Iterator[Prober]:
    """Keep the browsers and sites of this session; a browser starts when a test first needs it."""
    from harness.prober import Prober

    prober = Prober(headed=pytestconfig.getoption("cors_headed"))
    try:
        yield prober
    finally:
        prober.close()


@pytest.fixture
def cors(request: pytest.FixtureRequest, cors_prober: Prober, cors_app: Any) -> Cors:
    """Ask the application under test (`cors_app`) from a page in a real browser; a test runs once per engine."""
    choice: EngineChoice | None = getattr(request, "param", None)
    if choice is None:
        raise pytest.UsageError("the fixture `cors` needs a browser: name it among the arguments of the test")
    if not callable(cors_app):
        pytest.fail(f"the fixture `cors_app` gave {cors_app!r}, which is no WSGI or ASGI application", pytrace=False)
    _start_or_leave_out(request.config, cors_prober, choice)
    asking = request.node.stash[_asking] = Cors(
        cors_prober,
        choice,
        cors_app,
        _marked(request.node, "origin", "http://localhost"),
        properties=request.node.user_properties,
        report=_part in request.config.stash,
    )
    return asking


def _start_or_leave_out(config: pytest.Config, prober: Prober, choice: EngineChoice) -> None:
    """Start a browser. Where it cannot be used, fail; skip only where it was not named and another one can be used."""
    selection = _selection(config)
    if not (cause := _unusable(prober, choice)):
        return
    if selection.required:
        pytest.fail(cause, pytrace=False)
    causes = [_unusable(prober, other) for other in selection.choices]
    if all(causes):
        pytest.fail("\n".join(["no browser can be used", *causes]), pytrace=False)
    config.stash[_left_out][choice.name.value] = cause
    pytest.skip(cause)


def _unusable(prober: Prober, choice: EngineChoice) -> str:
    """Say why a browser cannot be started, and what mends it; an empty string where it runs."""
    from harness.doctor import diagnose
    from harness.errors import BrowserUnavailable

    try:
        prober.start(choice)
    except BrowserUnavailable as error:
        cause, mend = diagnose(choice.name, str(error))
        return f"{choice.name} cannot be used: {cause}; to mend it: {mend}"
    return ""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; all begin with --cors-, for generic names would clash with other plugins' and crash pytest."""
    group = parser.getgroup("corsproof", "CORS in real browsers (corsproof)")
    group.addoption(
        "--cors-browser",
        action="append",
        default=[],
        metavar="NAME[=PATH]",
        help="chromium, firefox, webkit, all, or auto: every engine that can be used (default); may be given again.",
    )
    group.addoption(
        "--cors-report",
        metavar="FORMAT[,FORMAT]",
        help="Write reports of all that `cors` was asked: json, html, ndjson, junit, sarif, md, text.",
    )
    group.addoption(
        "--cors-report-dir",
        metavar="DIR",
        default="corsproof-report",
        help="Where reports are written (default: corsproof-report).",
    )
    group.addoption("--cors-headed", action="store_true", help="Show the browsers' windows.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark and the watch over canaries, and check the options."""
    from harness.errors import UsageError

    config.addinivalue_line("markers", f"{MARK}: the origin of the page, and the browsers, of a test that uses `cors`")
    config.stash[_left_out] = {}
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_CanaryWatch(), "corsproof-canary-watch")
    if config.getoption("cors_browser"):
        try:
            _selection(config)
        except UsageError as error:
            raise pytest.UsageError(f"--cors-browser: {error}") from error
    if config.getoption("cors_report"):
        _prepare_report(config)


def _prepare_report(config: pytest.Config) -> None:
    from harness.errors import UsageError
    from harness.reports import formats
    from harness.reports.session import SessionPart

    try:
        formats.named(config.getoption("cors_report"))
        if not hasattr(config, "workerinput"):
            formats.prepare(_report_folder(config))
    except UsageError as error:
        raise pytest.UsageError(f"--cors-report: {error}") from error
    config.stash[_part] = SessionPart()
    config.stash[_parts] = []


def _report_folder(config: pytest.Config) -> Path:
    return Path(config.invocation_params.dir, config.getoption("cors_report_dir"))


def _selection(config: pytest.Config) -> Selection:
    from harness.engines import Selection

    return Selection.parse(config.getoption("cors_browser"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item per engine of each test that uses `cors`."""
    if "cors" not in metafunc.fixturenames:
        return
    selection = _selection(metafunc.config)
    _check_mark(metafunc.definition)
    wanted = _marked(metafunc.definition, "browsers", [choice.name.value for choice in selection.choices])
    chosen = [choice for choice in selection.choices if choice.name.value in wanted]
    parameters: list[Any] = [pytest.param(choice, id=choice.name.value) for choice in chosen]
    if not chosen:
        why = f"only for {', '.join(wanted)}, which --cors-browser leaves out"
        parameters = [pytest.param(None, id="no-browser", marks=pytest.mark.skip(reason=why))]
    metafunc.parametrize("cors", parameters, indirect=True)


def _check_mark(item: pytest.Item) -> None:
    from harness.engines import EngineName

    for mark in item.iter_markers("cors"):
        if mark.args or not set(mark.kwargs) <= {"origin", "browsers"}:
            raise pytest.Collector.CollectError(f"{item.name}: a mark that is none; write {MARK}")
        if unknown := [name for name in mark.kwargs.get("browsers", ()) if name not in {*EngineName}]:
            valid = ", ".join(EngineName)
            raise pytest.Collector.CollectError(f"{item.name}: unknown browsers {unknown}; valid browsers: {valid}")


def _marked(item: Any, name: str, default: Any) -> Any:
    """Return what the closest mark says of ``name``."""
    return next((mark.kwargs[name] for mark in item.iter_markers("cors") if name in mark.kwargs), default)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell the last results of a failed test; what a report holds travels from the workers of xdist by itself."""
    report = yield
    asking = item.stash.get(_asking, None)
    told: list[CorsResult | Proof] = [] if asking is None else [*asking.results[-SHOWN:], *asking.failures]
    if told and report.failed:
        report.sections.append(("corsproof", "\n\n".join(one.describe() for one in told)))
    if asking is not None and asking.disbelief:
        report.sections.append((DISBELIEF, asking.disbelief))
    if asking is not None and _part in item.config.stash:
        if report.failed:
            asking.failed = f"the test failed in its {report.when}"
        if report.when == "teardown" or asking.disbelief:  # which ends the session
            asking.report_to(item.config.stash[_part], item)
    return report


class _CanaryWatch:
    """Ends the session when a browser cannot be believed: from the process that reports, for a worker cannot."""

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        from harness.errors import CanaryFailed

        for title, text in report.sections:
            if title == DISBELIEF:
                pytest.exit(f"corsproof: {text}", returncode=CanaryFailed.exit_code)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand what a worker of xdist has to tell to the process that reports it, which then writes the reports."""
    config = session.config
    output = getattr(config, "workeroutput", None)
    if output is None:
        _write_report(config, interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
        return
    output["corsproof"] = config.stash[_left_out]
    if _part in config.stash:
        output["corsproof_report"] = jsonlib.dumps(config.stash[_part].value())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of xdist has to tell."""
    output = getattr(node, "workeroutput", {})
    stash = node.config.stash
    stash[_left_out].update(output.get("corsproof", {}))
    if "corsproof_report" in output:
        stash[_parts].append(jsonlib.loads(output["corsproof_report"]))
    elif _part in stash:
        cause = f"the worker {node.gateway.id} ended without telling what was asked in it"
        stash[_part].add_trouble("", "harness-fault", cause, required=True)


def _write_report(config: pytest.Config, *, interrupted: bool) -> None:
    if _part not in config.stash:
        return
    from harness.reports import formats
    from harness.reports.session import whole

    for engine, cause in config.stash[_left_out].items():
        config.stash[_part].add_trouble(engine, "unavailable", cause, required=False)
    document = whole([config.stash[_part].value(), *config.stash[_parts]], interrupted=interrupted)
    names, folder = formats.named(config.getoption("cors_report")), _report_folder(config)
    try:
        paths = formats.write(document, names, folder)
        config.stash[_told] = f"reports of all that cors was asked: {', '.join(map(str, paths))}"
    except formats.NotWritten as error:
        config.stash[_told] = str(error)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which engines were left out, and where reports are: never in silence."""
    if _told in config.stash:
        terminalreporter.section("corsproof")
        terminalreporter.line(config.stash[_told])
    if left_out := config.stash[_left_out]:
        terminalreporter.section("corsproof: not tested in every engine")
        for cause in left_out.values():
            terminalreporter.line(cause)
