"""Targets as users name them: what is loaded, and what they read where it cannot be."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from harness.audit.target import Target, Trouble, check_reachable, load, trouble_of
from harness.errors import TargetFault, UsageError
from harness.sites import Sites
from harness.wire import Wire

WSGI = """
def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"wsgi"]
"""
ASGI = """
async def asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"asgi"})
"""
FLASK = """
import flask

app = flask.Flask(__name__)
"""


@pytest.fixture(autouse=True)
def importing(tmp_path: Path) -> Iterator[None]:
    """Leave the interpreter as it was: what a target put on the path, and the modules of the test."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name, module in tuple(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def write(folder: Path, **sources: str) -> None:
    """Write modules into a folder."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")


HOLDER = f"{WSGI}\nclass holder:\n    inner = type('Inner', (), {{'app': staticmethod(wsgi)}})\n"
LOADED = {
    "a-flask-app": (FLASK, "{}:app", "flask.app.Flask"),
    "a-function-of-wsgi": (WSGI, "{}:wsgi", "function wsgi"),
    "a-function-of-asgi": (ASGI, "{}:asgi", "function asgi"),
    "a-dotted-attribute": (HOLDER, "{}:holder.inner.app", "function wsgi"),
    "a-factory-called": (f"{WSGI}\ndef make(): return wsgi", "{}:make()", "function wsgi"),
    "a-factory-that-nobody-called": (f"{WSGI}\ndef make(config=None): return wsgi", "{}:make", "function wsgi"),
    "an-application-behind-a-wrapper": (f"{WSGI}\ndef any(*args): return wsgi(*args)", "{}:any", "function any"),
}


@pytest.mark.parametrize(("source", "text", "kind"), LOADED.values(), ids=LOADED)
def test_module_and_attribute(tmp_path: Path, source: str, text: str, kind: str) -> None:
    """A module's attribute is loaded from ``app_dir``, which stays on the path for what is imported later."""
    write(tmp_path, some_target=source)
    target = load(text.format("some_target"), app_dir=tmp_path)
    assert kind in f"{type(target.app).__module__}.{type(target.app).__name__} {target.app!r}"
    assert (target.name, target.is_in_process, target.url) == (text.format("some_target"), True, None)
    assert str(tmp_path) in sys.path


def test_the_current_directory_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ``app_dir`` modules are looked for where the user is."""
    write(tmp_path, here_target=WSGI)
    monkeypatch.chdir(tmp_path)
    assert load("here_target:wsgi").app.__name__ == "wsgi"


FILES = {
    "app-first": (f"{FLASK}\napplication = create_app = None", "", "Flask"),
    "then-application": (f"{WSGI}\napplication = wsgi", "", "function"),
    "then-create_app": (f"{WSGI}\ndef create_app(debug=False): return wsgi", "", "function"),
    "then-make_app": (f"{WSGI}\ndef make_app(): return wsgi", "", "function"),
    "what-is-called-app-and-is-none": (f"{WSGI}\nimport json as app\napplication = wsgi", "", "function"),
    "an-attribute": (WSGI, ":wsgi", "function"),
    "a-factory": (f"{WSGI}\ndef made(): return wsgi", ":made()", "function"),
}


@pytest.mark.parametrize(("source", "attribute", "kind"), FILES.values(), ids=FILES)
def test_file(tmp_path: Path, source: str, attribute: str, kind: str) -> None:
    """A file is loaded by its path; without an attribute the usual names are tried in their order."""
    write(tmp_path, server=source)
    assert type(load(f"{tmp_path}/server.py{attribute}").app).__name__ == kind


def test_file_in_a_package(tmp_path: Path) -> None:
    """A file in a package is imported by its dotted name, so that its relative imports work."""
    (tmp_path / "shop" / "web").mkdir(parents=True)
    write(tmp_path / "shop", __init__="", wsgi_part=WSGI)
    write(tmp_path / "shop" / "web", __init__="", main="from ..wsgi_part import wsgi as app")
    assert load(str(tmp_path / "shop" / "web" / "main.py")).app.__module__ == "shop.wsgi_part"


def test_files_of_one_name(tmp_path: Path) -> None:
    """Two files of one name are two targets, and one with the name of a known module is itself."""
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, json=f"{WSGI}\napp = wsgi\nplace = {folder!r}")
    places = [sys.modules[load(f"{tmp_path}/{one}/json.py").app.__module__].__file__ for one in ("first", "second")]
    assert places == [f"{tmp_path}/first/json.py", f"{tmp_path}/second/json.py"]


def test_factory_option(tmp_path: Path) -> None:
    """With ``factory`` the attribute is called, and a file without one is searched for factories only."""
    write(tmp_path, made_target=f"{WSGI}\napp = 1\ndef other(*options): return wsgi\ncreate_app = other")
    assert load("made_target:other", factory=True, app_dir=tmp_path).app.__name__ == "wsgi"
    assert load(f"{tmp_path}/made_target.py", factory=True).app.__name__ == "wsgi"
    # Negative control: without the option a function of any arguments is the application itself.
    assert load("made_target:other", app_dir=tmp_path).app.__name__ == "other"


URLS = {
    "http://localhost:8000": "",
    "https://api.example.com/v1/": "/v1",
    "HTTP://localhost/": "",
}


@pytest.mark.parametrize(("url", "prefix"), URLS.items())
def test_url(url: str, prefix: str) -> None:
    """A URL is a server that the user runs, with or without a path below which it lives."""
    target = load(url)
    assert (target.url, target.app, target.is_in_process, target.prefix) == (url, None, False, prefix)


def test_neither_nor() -> None:
    """A target is an application or a URL: neither and both cannot be made."""
    with pytest.raises(ValueError, match="one of the two"):
        Target("nothing")
    with pytest.raises(ValueError, match="one of the two"):
        Target("both", app=load, url="http://localhost")


HINT = "a target is a URL (http://localhost:8000), module:app, module:factory(), or a file (app.py, app.py:app)"
MISUSE = {
    "no-scheme": ("", "localhost:5000", f"'localhost:5000' is no target; {HINT}"),
    "no-attribute": ("", "wrong_target", f"'wrong_target' is no target; {HINT}"),
    "another-scheme": ("", "ftp://localhost", f"'ftp://localhost' is no target; {HINT}"),
    "a-url-without-host": (
        "",
        "http://:80",
        "'http://:80' is no URL of a server; write it so: https://api.example.com/v1",
    ),
    "a-url-with-a-bad-port": (
        "",
        "http://a:x",
        "'http://a:x' is no URL of a server; write it so: https://api.example.com/v1",
    ),
    "a-url-with-a-password": (
        "",
        "http://me:secret@localhost",
        "the URL of a target has no user and password; send them with --header",
    ),
    "a-url-with-a-query": (
        "",
        "http://localhost/?a=1",
        "'http://localhost/?a=1': a target has no query and no fragment; name what is asked with --path",
    ),
    "a-misspelt-attribute": (
        FLASK,
        "wrong_target:ap",
        "wrong_target:ap: the module wrong_target has no 'ap'; did you mean app?",
    ),
    "an-attribute-like-no-other": (
        FLASK + WSGI,
        "wrong_target:zzz",
        "wrong_target:zzz: the module wrong_target has no 'zzz'; what looks like an application there: app, wsgi",
    ),
    "a-misspelt-inner-attribute": (
        FLASK,
        "wrong_target:app.confg",
        "wrong_target:app.confg: an object of flask.app.Flask has no 'confg'; did you mean config or make_config?",
    ),
    "a-string": (
        "app = 'x'",
        "wrong_target:app",
        "wrong_target:app is an object of builtins.str, no WSGI or ASGI application; "
        "what runs under a server of its own is audited by its URL: start it and give that",
    ),
    "a-class": (
        "import flask",
        "wrong_target:flask.Flask",
        "wrong_target:flask.Flask is the class flask.app.Flask, no WSGI or ASGI application; "
        "call it in a small file (app = create_app(...)) and name that file",
    ),
    "a-module": (
        "import json",
        "wrong_target:json",
        "wrong_target:json is the module json, no WSGI or ASGI application; "
        "what runs under a server of its own is audited by its URL: start it and give that",
    ),
    "a-function-of-one-argument": (
        "def create(config): return 1",
        "wrong_target:create",
        "wrong_target:create is the function create(config), no WSGI or ASGI application; "
        "call it in a small file (app = create_app(...)) and name that file",
    ),
    "a-factory-that-needs-something": (
        "def create(config): return 1",
        "wrong_target:create()",
        "wrong_target:create() is the function create(config), which cannot be called without arguments; "
        "call it in a small file (app = create_app(...)) and name that file",
    ),
    "a-factory-that-forgets": (
        "def create(): pass",
        "wrong_target:create()",
        "wrong_target:create() is None, no WSGI or ASGI application; "
        "what runs under a server of its own is audited by its URL: start it and give that",
    ),
}


@pytest.mark.parametrize(("source", "text", "message"), MISUSE.values(), ids=MISUSE)
def test_misuse(tmp_path: Path, source: str, text: str, message: str) -> None:
    """What does not exist or is no application is a matter of usage: exit 2, what it is, and what to do."""
    write(tmp_path, wrong_target=source)
    with pytest.raises(UsageError) as refused:
        load(text, app_dir=tmp_path)
    assert str(refused.value) == message
    assert refused.value.exit_code == 2


def test_file_without_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with none of the usual names is told what in it looks like an application."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, odd="from wsgiref.simple_server import demo_app\n" + WSGI, empty="x = 1")
    looked = "none of app, application, create_app, make_app in it is an application"
    with pytest.raises(UsageError) as refused:
        load("odd.py")
    assert str(refused.value) == f"odd.py: {looked}; what looks like an application there: wsgi"
    with pytest.raises(UsageError) as refused:
        load("empty.py")
    assert str(refused.value) == f"empty.py: {looked}; nothing there looks like one"
    with pytest.raises(UsageError) as refused:
        load("gone.py")
    assert str(refused.value) == f"gone.py: there is no file gone.py; paths are seen from {tmp_path}"


BROKEN = "import settings_of_broken\n"
SETTINGS = "def port():\n    return int('eighty')\n\nPORT = port()\n"
OWN_TRACEBACK = """\
{name}: importing it failed:
Traceback (most recent call last):
  File "{folder}/broken.py", line 1, in <module>
    import settings_of_broken
  File "{folder}/settings_of_broken.py", line 4, in <module>
    PORT = port()
           ^^^^^^
  File "{folder}/settings_of_broken.py", line 2, in port
    return int('eighty')
           ^^^^^^^^^^^^^
ValueError: invalid literal for int() with base 10: 'eighty'"""


@pytest.mark.parametrize("by_file", [False, True], ids=["module", "file"])
def test_import_that_fails(tmp_path: Path, by_file: bool) -> None:
    """A module that raises when it is imported: exit 4, and its own traceback without a frame of ours."""
    write(tmp_path, broken=BROKEN, settings_of_broken=SETTINGS)
    name = f"{tmp_path}/broken.py" if by_file else "broken:app"
    with pytest.raises(TargetFault) as failed:
        load(name, app_dir=tmp_path)
    assert str(failed.value) == OWN_TRACEBACK.format(name=name, folder=tmp_path)
    assert failed.value.exit_code == 4
    with pytest.raises(TargetFault):  # what failed half-way is not taken for loaded
        load(name, app_dir=tmp_path)


FAILING = {
    "its-dependency-is-missing": (
        "import not_installed_here",
        "ModuleNotFoundError: No module named 'not_installed_here'",
    ),
    "it-exits": ("import sys\nsys.exit(3)", "SystemExit: 3"),
    "it-is-no-python": ("def (", "SyntaxError: invalid syntax"),
}


@pytest.mark.parametrize(("source", "last"), FAILING.values(), ids=FAILING)
def test_imports_that_fail_otherwise(tmp_path: Path, source: str, last: str) -> None:
    """Whatever ends an import is told as Python tells it."""
    write(tmp_path, failing_target=source)
    with pytest.raises(TargetFault) as failed:
        load("failing_target:app", app_dir=tmp_path)
    first, *_, end = str(failed.value).splitlines()
    assert (first, end) == ("failing_target:app: importing it failed:", last)
    assert "harness" not in str(failed.value)
    assert "importlib" not in str(failed.value)


def test_module_that_is_not_there(tmp_path: Path) -> None:
    """A module that does not exist has no traceback: the message says where it was looked for."""
    with pytest.raises(TargetFault) as failed:
        load("no_such_target.web:app", app_dir=tmp_path)
    hint = f"--app-dir says where to look besides the installed packages; this one was {tmp_path}"
    assert str(failed.value) == f"no_such_target.web:app: there is no module 'no_such_target'; {hint}"


def test_factory_that_fails(tmp_path: Path) -> None:
    """A factory that raises: exit 4, its own traceback, with the cause that it names."""
    source = "def create_app():\n    try:\n        {}['url']\n    except KeyError as error:\n"
    write(tmp_path, factory_target=source + "        raise RuntimeError('no database') from error\n")
    with pytest.raises(TargetFault) as failed:
        load("factory_target:create_app()", app_dir=tmp_path)
    lines = str(failed.value).splitlines()
    assert lines[0] == "factory_target:create_app(): the factory failed:"
    assert lines[-1] == "RuntimeError: no database"
    assert "KeyError: 'url'" in lines
    assert [line for line in lines if line.startswith("  File")] == [
        f'  File "{tmp_path}/factory_target.py", line 3, in create_app',
        f'  File "{tmp_path}/factory_target.py", line 5, in create_app',
    ]


# ---- servers ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def listening(says: bytes | None = None) -> Iterator[str]:
    """Listen on a port: accept nothing, or say something to the first who comes and close."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        if says is None:
            yield url
            return

        def speak() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65536)
                client.sendall(says)

        speaking = threading.Thread(target=speak)
        speaking.start()
        yield url
        speaking.join(5)


def fault(url: str, deadline: float = 5.0) -> str:
    """Return what the user reads when a URL is asked for."""
    with pytest.raises(TargetFault) as failed:
        check_reachable(Target(url, url=url), deadline=deadline)
    assert failed.value.exit_code == 4
    return str(failed.value)


async def not_found(scope: object, receive: object, send: object) -> None:
    """Answer nothing at all: the server then says 500."""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_refused(host: str) -> None:
    """A port at which nothing listens, at one address and at a name with several."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert fault(f"http://{host}:{port}/v1") == (
        f"http://{host}:{port}/v1 cannot be audited: the connection is refused: nothing listens there; "
        "start the server, or correct the port"
    )


def test_refused_at_every_address() -> None:
    """What anyio raises for a name of several addresses, each of which refuses (one per family on most machines)."""
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = ExceptionGroup("several", [ConnectionRefusedError(111, "no"), ConnectionRefusedError(111, "no")])
    assert trouble_of(error, 1) == (Trouble.REFUSED, "the connection is refused: nothing listens there")


def test_no_such_host() -> None:
    """A name that does not resolve."""
    message = fault("http://nobody.invalid")
    assert message.startswith("http://nobody.invalid cannot be audited: its name does not resolve (")
    assert message.endswith("; correct the name, or see whether this machine can resolve it")


def test_silence() -> None:
    """A server that accepts and never answers."""
    with listening() as url:
        assert fault(url, 0.2) == (
            f"{url} cannot be audited: connected, but no answer within 0.2 s; "
            "see whether the server hangs, or whether a firewall drops what is sent to it"
        )


WORDLESS = {
    "closed": (b"", "the answer broke off or is no HTTP: Server disconnected without sending a response"),
    "no-http": (b"220 mail.example.com ESMTP\r\n\r\n", "the answer broke off or is no HTTP: illegal status line"),
}


@pytest.mark.parametrize(("says", "message"), WORDLESS.values(), ids=WORDLESS)
def test_no_http(says: bytes, message: str) -> None:
    """A server that closes at once, and one that speaks another protocol."""
    with listening(says) as url:
        told = fault(url)
    assert told.startswith(f"{url} cannot be audited: {message}")
    assert told.endswith("; see whether an HTTP server answers there, and whether it wants https:")


TLS_HINT = (
    "SSL_CERT_FILE=ca.pem makes a certificate authority trusted, --insecure does without verification; "
    "a server without TLS has a URL with http:"
)


def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate nobody trusts and a server without TLS are told; unverified or with its CA the first is fine."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with Sites(Wire()) as sites:
        secure, plain = sites.serve(not_found, "secure", tls=True), sites.serve(not_found, "plain")
        untrusted = fault(secure.origin())
        assert untrusted.startswith(f"{secure.origin()} cannot be audited: TLS: ")
        assert "certificate" in untrusted
        assert untrusted.endswith(TLS_HINT)
        url = f"https://localhost:{plain.port}"
        assert fault(url).startswith(f"{url} cannot be audited: TLS: ")
        check_reachable(Target("secure", url=secure.origin()), verify=False)
        sites._authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        check_reachable(Target("secure", url=secure.origin()))
        trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
        assert "TLS: " in fault(secure.origin())


def test_any_answer_will_do() -> None:
    """A server that answers 500 is reachable, and so is every application in this process."""
    with Sites(Wire()) as sites:
        check_reachable(Target("site", url=sites.serve(not_found, "site").origin() + "/v1"))
    check_reachable(Target("in process", app=not_found))
