"""The target of an audit, as the user names it: an application taken into this process, or the URL of a server.

An application is imported as its own server would import it; where that fails, what is told is the user's traceback,
without our frames. A server is asked once whether it answers at all, and its silence has a name (`Trouble`), so that
no later silence is taken for CORS. Knows no browser and no rule; imports the errors only.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import re
import socket
import ssl
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness.errors import TargetFault, UsageError

FORMS = "a target is a URL (http://localhost:8000), module:app, module:factory(), or a file (app.py, app.py:app)"
APPLICATIONS = ("app", "application")
FACTORIES = ("create_app", "make_app")
ANSWER_DEADLINE = 10.0  # seconds

_ATTRIBUTE = r":(?P<attribute>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?P<called>\(\))?"
_FILE = re.compile(rf"(?P<file>.+\.py)(?:{_ATTRIBUTE})?")
_MODULE = re.compile(rf"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*){_ATTRIBUTE}")


@dataclass(frozen=True)
class Target:
    """What is audited: ``name`` as the user wrote it, and either a WSGI or ASGI ``app`` or the ``url`` of a server.

    ``file`` is where the application is written, if it was loaded by its name.
    """

    name: str
    app: Any = field(default=None, repr=False)
    url: str | None = None
    file: str | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if (self.app is None) == (self.url is None):
            raise ValueError(f"{self.name}: a target is an application or a URL, one of the two")

    @property
    def is_in_process(self) -> bool:
        """Whether the target is an application that we serve ourselves."""
        return self.url is None

    @property
    def prefix(self) -> str:
        """The path below which a URL target lives, without the last slash; empty for an application."""
        return urlsplit(self.url or "").path.rstrip("/")


# ---- an application ---------------------------------------------------------------------------------


def load(text: str, *, factory: bool = False, app_dir: Path | str | None = None) -> Target:
    """Return the target that ``text`` names: a URL, ``module:attr``, ``module:factory()`` or a ``.py`` file.

    ``factory`` says that the attribute makes the application. One that needs no argument is called even when nobody
    says so, as other tools do: an application needs two arguments or three. A file without an attribute is searched
    for `APPLICATIONS`, then for `FACTORIES`. ``app_dir`` (the current directory) goes on ``sys.path`` and stays there,
    because applications import lazily.

    Raises `UsageError` for what does not exist or is no application, `TargetFault` for what raises.
    """
    if re.match(r"https?://", text, re.IGNORECASE):
        _check_url(text)
        return Target(text, url=text)
    named = _FILE.fullmatch(text) or _MODULE.fullmatch(text)
    if named is None:
        raise UsageError(f"{text!r} is no target", hint=FORMS)
    folder = Path(app_dir or ".").resolve()
    _search(folder)
    parts = named.groupdict()
    module = _file(text, parts["file"]) if "file" in parts else _module(text, parts["module"], folder)
    if parts["attribute"]:
        found = _attribute(text, module, parts["attribute"])
    else:
        found = _usual(text, module, FACTORIES if factory else APPLICATIONS + FACTORIES)
    if factory or parts["called"] or _is_factory(found):
        found = _made(text, found)
    if not _is_application(found):
        raise UsageError(f"{text} is {_what(found)}, no WSGI or ASGI application", hint=_instead(found))
    return Target(text, app=found, file=getattr(module, "__file__", None))


def as_module(text: str, folder: Path) -> tuple[str, Path]:
    """Return a target as ``module:attribute`` and the folder that it is imported from, which else is ``folder``.

    Raises what `load` raises for a file that has no application in it.
    """
    named = _FILE.fullmatch(text)
    if named is None:
        return text, folder
    root, dotted = _place(Path(named["file"]).resolve())
    module = _file(text, named["file"])
    usual = _usual(text, module, APPLICATIONS + FACTORIES) if named["attribute"] is None else None
    attribute = named["attribute"] or next(name for name in APPLICATIONS + FACTORIES if _is(usual, module, name))
    called = "()" if named["called"] or _is_factory(usual) else ""
    return f"{dotted}:{attribute}{called}", root


def _is(found: Any, module: ModuleType, name: str) -> bool:
    return getattr(module, name, None) is found


def _search(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _module(text: str, dotted: str, folder: Path) -> ModuleType:
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{dotted}.".startswith(f"{error.name}."):
            raise _failed(text, "importing it failed", error) from error
        where = f"--app-dir says where to look besides the installed packages; this one was {folder}"
        raise TargetFault(f"{text}: there is no module {error.name!r}", hint=where) from error
    except (Exception, SystemExit) as error:
        raise _failed(text, "importing it failed", error) from error


def _file(text: str, name: str) -> ModuleType:
    """Import a file under the name that its place in a package gives it."""
    path = Path(name).resolve()
    if not path.is_file():
        raise UsageError(f"{text}: there is no file {name}", hint=f"paths are seen from {Path.cwd()}")
    root, dotted = _place(path)
    _search(root)
    if "." in dotted:
        return _module(text, dotted, root)
    known = sys.modules.get(dotted)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    return _executed(text, path, dotted if known is None else f"corsproof target {dotted}")


def _place(path: Path) -> tuple[Path, str]:
    """Return the folder that a file is imported from, and its dotted name there."""
    root, dotted = path.parent, path.stem
    while (root / "__init__.py").exists():
        root, dotted = root.parent, f"{root.name}.{dotted}"
    return root, dotted


def _executed(text: str, path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _failed(text, "importing it failed", error) from error
    return module


def _attribute(text: str, module: ModuleType, dotted: str) -> Any:
    found: Any = module
    for name in dotted.split("."):
        if not hasattr(found, name):
            close = difflib.get_close_matches(name, dir(found))
            hint = f"did you mean {' or '.join(close)}?" if close else _candidates(module)
            raise UsageError(f"{text}: {_what(found)} has no {name!r}", hint=hint)
        found = getattr(found, name)
    return found


def _usual(text: str, module: ModuleType, names: tuple[str, ...]) -> Any:
    for name in names:
        found = getattr(module, name, None)
        if _is_application(found) or _is_factory(found):
            return found
    raise UsageError(f"{text}: none of {', '.join(names)} in it is an application", hint=_candidates(module))


def _candidates(module: ModuleType) -> str:
    """Say what of a module looks like an application: objects, and functions that it defines itself."""
    names = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and _is_application(value)
        and not (inspect.isroutine(value) and getattr(value, "__module__", "") != module.__name__)
    ]
    return f"what looks like an application there: {', '.join(names)}" if names else "nothing there looks like one"


def _made(text: str, factory: Any) -> Any:
    if not _takes(factory, 0):
        raise UsageError(f"{text} is {_what(factory)}, which cannot be called without arguments", hint=_CALL_IT)
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise _failed(text, "the factory failed", error) from error


def _is_factory(thing: Any) -> bool:
    if not _takes(thing, 0):
        return False
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:
        return False
    return not any(each.kind is each.VAR_POSITIONAL for each in parameters)


def _is_application(thing: Any) -> bool:
    """Tell whether a server could call it: with (environ, start_response) or (scope, receive, send)."""
    return callable(thing) and not inspect.isclass(thing) and (_takes(thing, 2) or _takes(thing, 3))


def _takes(thing: Any, count: int) -> bool:
    try:
        inspect.signature(thing).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        return True  # what is written in C may tell no signature
    return True


_CALL_IT = "call it in a small file (app = create_app(...)) and name that file"


def _what(thing: Any) -> str:
    if thing is None:
        return "None"
    if inspect.ismodule(thing):
        return f"the module {thing.__name__}"
    if inspect.isclass(thing):
        return f"the class {thing.__module__}.{thing.__qualname__}"
    if inspect.isfunction(thing):
        return f"the function {thing.__name__}{inspect.signature(thing)}"
    return f"an object of {type(thing).__module__}.{type(thing).__qualname__}"


def _instead(thing: Any) -> str:
    if inspect.isroutine(thing) or inspect.isclass(thing):
        return _CALL_IT
    return "what runs under a server of its own is audited by its URL: start it and give that"


def _failed(text: str, what: str, error: BaseException) -> TargetFault:
    return TargetFault(f"{text}: {what}:\n{_own_traceback(error)}")


def _own_traceback(error: BaseException) -> str:
    """Return a traceback as Python prints it, without our frames and without those of the import machinery."""
    told = traceback.TracebackException.from_exception(error)
    told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if not _is_ours(frame)])
    return "".join(told.format()).rstrip()


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename in (__file__, importlib.__file__) or frame.filename.startswith("<frozen importlib")


# ---- a server ---------------------------------------------------------------------------------------


class Trouble(str, Enum):
    """Why a server gave no answer, or only a part of one."""

    REFUSED = "refused"  # nothing listens there
    NO_SUCH_HOST = "no-such-host"  # the name does not resolve
    TLS = "tls"  # the certificate is not trusted, or the other side speaks no TLS
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # no connection, for another reason
    BROKEN = "broken"  # connected, but what came was no HTTP answer, or not all of it

    __str__ = str.__str__


WHAT_TO_DO = {
    Trouble.REFUSED: "start the server, or correct the port",
    Trouble.NO_SUCH_HOST: "correct the name, or see whether this machine can resolve it",
    Trouble.TLS: "SSL_CERT_FILE=ca.pem makes a certificate authority trusted, --insecure does without verification; "
    "a server without TLS has a URL with http:",
    Trouble.TIMEOUT: "see whether the server hangs, or whether a firewall drops what is sent to it",
    Trouble.UNREACHABLE: "see whether this machine has a way to that address",
    Trouble.BROKEN: "see whether an HTTP server answers there, and whether it wants https:",
}


def check_reachable(target: Target, *, verify: bool = True, deadline: float = ANSWER_DEADLINE) -> None:
    """Ask a URL target once (GET); any answer will do. An application in this process is always at hand.

    Raises `TargetFault` that tells a refused connection, an unknown host, TLS, a timeout and a broken answer apart.
    """
    if target.url is None:
        return
    transport = httpx.HTTPTransport(verify=verify)
    request = httpx.Request("GET", target.url, extensions={"timeout": httpx.Timeout(deadline).as_dict()})
    try:
        with transport:
            transport.handle_request(request).close()
    except httpx.TransportError as error:
        trouble, sentence = trouble_of(error, deadline)
        raise TargetFault(f"{target.url} cannot be audited: {sentence}", hint=WHAT_TO_DO[trouble]) from error


def trouble_of(error: BaseException, deadline: float) -> tuple[Trouble, str]:
    """Return what kind of trouble an error of the HTTP client is, and the same as half a sentence."""
    causes = tuple(_causes(error))
    connecting = isinstance(error, httpx.ConnectError)
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and connecting:
            detail = getattr(cause, "verify_message", "") or (cause.reason or str(cause)).replace("_", " ").lower()
            return Trouble.TLS, f"TLS: {detail}"
        if isinstance(cause, socket.gaierror):
            return Trouble.NO_SUCH_HOST, f"its name does not resolve ({cause.strerror})"
        if isinstance(cause, ConnectionRefusedError):
            return Trouble.REFUSED, "the connection is refused: nothing listens there"
    if isinstance(error, httpx.ConnectTimeout):
        return Trouble.TIMEOUT, f"no connection within {deadline:g} s"
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Trouble.TIMEOUT, f"connected, but no answer within {deadline:g} s"
    said = str(error).rstrip(".") or type(causes[-1]).__name__
    if connecting:
        return Trouble.UNREACHABLE, f"no connection: {said}"
    return Trouble.BROKEN, f"the answer broke off or is no HTTP: {said}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _causes(member)
        error = error.__cause__ or error.__context__


def _check_url(url: str) -> None:
    """Raise `UsageError` for a URL that names no server, or more than a server and a path."""
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{url!r} is no URL of a server", hint="write it so: https://api.example.com/v1")
    if parts.username is not None:
        raise UsageError("the URL of a target has no user and password", hint="send them with --header")
    if parts.query or parts.fragment:
        raise UsageError(f"{url!r}: a target has no query and no fragment", hint="name what is asked with --path")
