"""Gradio, and every workaround for it, each with its reason: `from qa.web.api.gradio import gr`.

- A quick import: three parts of Gradio's import that nothing here needs are skipped, most of its time.
- `accept_plain_values`: endpoints refuse objects, for which Gradio would fetch files.
- `listening`: Gradio cannot listen on IPv6; and to start, it would send requests to itself, through a proxy if there is
  one.
- A folder of its own: Gradio would not start where another user has created its folder for temporary files.
- `log_errors`: Gradio prints errors, around any limit of the log.
- `describe_api`: Gradio's description of the endpoints would contain the first client's `Host`.
- `PatchedResponses`: two of Gradio's responses are wrong here.
- `RequestErrors`: a request that Gradio's own page would not send is answered 400, not 500.
- `WholePaths`: the path that is routed would not be the one that was checked.
"""

from __future__ import annotations

import gc
import inspect
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep
from traceback import walk_tb
from types import SimpleNamespace
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.errors import refusal

__all__ = [
    "STATIC_FOLDERS", "PatchedResponses", "ProcessCompletedMessage", "RequestErrors", "WholePaths",
    "accept_plain_values", "describe_api", "gr", "listening", "log_errors",
]  # fmt: skip

_log = logging.getLogger("chapter-verse")

# Before the import: Gradio takes settings from the environment, with which the server would not start, or not as it was
# asked to; and it would send usage statistics.
for _name in [name for name in os.environ if name.startswith("GRADIO_")]:
    del os.environ[_name]
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    own = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, own)


_OF_CLIENTS = {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"}


@contextmanager
def _without_proxies() -> Iterator[None]:
    """Hides proxies and certificates, usable or not, from the clients that Gradio creates and nothing uses."""
    hidden = {name: value for name, value in os.environ.items() if name.lower() in _OF_CLIENTS}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextmanager
def _without_stubs() -> Iterator[None]:
    """Keeps Gradio from parsing the source of each of its 80 components to update the `.pyi` file beside it.

    Only authors of components need these files. Gradio skips a class whose source file `inspect.getfile` does not
    find, so during the import it finds none for Gradio's own classes.
    """
    getfile = inspect.getfile

    def getfile_except_gradio(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("not needed")
        return getfile(thing)

    with _replaced(inspect, "getfile", getfile_except_gradio):
        yield


@contextmanager
def _without_mcp() -> Iterator[None]:
    """Hides the package `mcp` if it is installed: Gradio imports it for a server that `qa.web.api.mcp` replaces.

    With None in `sys.modules` the import fails as if the package were missing, which Gradio allows for.
    """
    if "mcp" in sys.modules:
        yield
        return
    sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["mcp"]


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pauses garbage collection: the import creates hundreds of thousands of objects, and all of them stay.

    Collections take a quarter of the remaining time. Afterwards the objects are frozen: no later collection visits
    them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


with _without_stubs(), _without_mcp(), _without_proxies(), _without_garbage_collection():
    import gradio as gr
    from gradio import blocks, http_server, networking, queueing, routes
    from gradio.server_messages import ProcessCompletedMessage

STATIC_FOLDERS = {"/assets/": Path(routes.BUILD_PATH_LIB), "/static/": Path(routes.STATIC_PATH_LIB)}
"""The folders of the files that Gradio's page loads, by the paths that it loads them from."""


_create_app = routes.App.create_app


def _create_app_alone(*arguments: Any, **options: Any) -> Any:
    """Creates Gradio's app, for which Gradio creates a folder in one that it shares with all users of the machine.

    The server would not start if that were another user's. Only routes that are closed here use it.
    """
    with TemporaryDirectory() as folder, _replaced(routes, "DEFAULT_TEMP_DIR", folder):
        return _create_app(*arguments, **options)


routes.App.create_app = staticmethod(_create_app_alone)


class _Server(http_server.Server):  # type: ignore[misc]
    """A server that starts Gradio's queue itself; Gradio would ask it to, by a request."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        self.blocks.run_startup_events()
        await super().startup(sockets)


@contextmanager
def listening(sockets: list[socket], url: str, configure: Callable[[ASGIApp], uvicorn.Config]) -> Iterator[None]:
    """Makes `Blocks.launch` serve on these sockets as `url`, and send no request."""

    def start(app: Any, server_name: str, server_port: int, **_: object) -> tuple[str, int, str, uvicorn.Server]:
        server: Any = _Server(configure(app))
        server.blocks = app.get_blocks()
        server.thread = Thread(target=server.run, args=(sockets,), name="server", daemon=True)
        server.thread.start()
        while not server.started:
            if not server.thread.is_alive():
                raise RuntimeError("the server could not start")
            sleep(0.001)
        return server_name, server_port, url, server

    with (
        _replaced(http_server, "start_server", start),
        _replaced(blocks, "httpx", SimpleNamespace(get=lambda *_, **__: SimpleNamespace(is_success=True))),
        _replaced(networking, "url_ok", lambda url: True),
    ):
        yield


def log_errors() -> None:
    """Makes Gradio log the errors of endpoints that it would print."""
    queueing.traceback = SimpleNamespace(print_exc=lambda: _log.exception("An endpoint failed."))


def describe_api(app: gr.Blocks) -> None:
    """Sets the description of the endpoints (`/gradio_api/info`), without examples that contain an address."""
    app.app.api_info = app.get_api_info()


_TOO_FEW = "This endpoint needs {count} values, defaults included. docs/api.md lists them."
_NOT_PLAIN = "Values must be strings, numbers or lists of strings, not objects."


def accept_plain_values(app: gr.Blocks) -> None:
    """Makes endpoints refuse values that are not strings, numbers or lists of strings, before they use them.

    Gradio would take an object that looks like its own description of a file for one, and fetch the file from the
    address in it; and it prints the values of a call that has too few of them.
    """
    app.validate_inputs = _check


def _check(endpoint: Any, values: Sequence[object]) -> None:
    if len(values) < len(endpoint.inputs):
        raise _usage(_TOO_FEW.format(count=len(endpoint.inputs)))
    if not all(_is_plain(value) or (isinstance(value, list) and all(map(_is_plain, value))) for value in values):
        raise _usage(_NOT_PLAIN)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _usage(error: str) -> Exception:
    exception: Exception = gr.Error(error, title="UsageError", print_exception=False)
    return exception


_MARK = "c0-3 2-5 5-5v3c-1.5 0-2 .8-2 2h2v7z"
_ICON = (
    "<link rel='icon' href=\"data:image/svg+xml,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    f"%3Crect width='32' height='32' rx='7' fill='%239c2f22'/%3E%3Cpath d='M9 21V14{_MARK}m9 0V14{_MARK}'"
    " fill='%23fff'/%3E%3C/svg%3E\">"
)
_PATCHES = {
    # Under "sse_v3" `gradio_client` (2.7) takes the "path" of a document for a file to download, as servers before
    # Gradio 4.20 meant it, and fails; under "sse_v2.1" it looks for the mark of a real file. Otherwise the two differ
    # only in which side ends the stream. Only programs read this: the page contains its own configuration.
    "/config": {re.compile(rb'"protocol":"sse_v3"'): b'"protocol":"sse_v2.1"'},
    "/": {
        # There is no manifest, and behind a proxy this path is not even below the page. Without an icon, a browser asks
        # for one at the root of the site, too.
        re.compile(rb'<link rel="manifest" href="/manifest\.json" />'): _ICON.encode(),
        # The description of the endpoints, which the page does not need, and which would also be in the login page.
        re.compile(rb"window\.gradio_api_info = [^<]*;</script>"): (
            b'window.gradio_api_info = {"named_endpoints":{},"unnamed_endpoints":{}};</script>'
        ),
    },
}


class PatchedResponses:
    """Middleware that replaces passages in the responses of two paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        patch = _PATCHES.get(scope["path"].rstrip("/") or "/") if scope["type"] == "http" else None
        if patch is None:
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def send_patched(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                patched = bytes(body)
                for passage, replacement in patch.items():
                    patched = passage.sub(replacement, patched, count=1)
                await send(_with_length(start, len(patched)))
                await send({"type": "http.response.body", "body": patched})

        # Gradio fails on a `page` or a `deep_link` that it doesn't know; the page's script reads the query itself.
        await self._app({**scope, "query_string": b""}, receive, send_patched)


def _with_length(start: Message, length: int) -> Message:
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    return {**start, "headers": [*headers, (b"content-length", str(length).encode())]}


class RequestErrors:
    """Middleware that answers 400 where an exception would be 500, and logs a line without the content of the request.

    Gradio fails with a traceback at requests that it cannot read. Errors in answering are caught by the endpoints and
    actions themselves, so only reading the request can fail here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            frame, line = list(walk_tb(error.__traceback__))[-1]
            place = f"{Path(frame.f_code.co_filename).name}:{line}"
            _log.warning("A request to %.100r is invalid (%s in %s).", scope["path"], type(error).__name__, place)
            response = refusal(400, "BadRequest", "Invalid request. docs/api.md lists what this server offers.")
            await response(scope, receive, send)


class WholePaths:
    """Middleware that lets the router see the whole path, which is what every other middleware has judged.

    FastAPI would route a request below the public path as if that had been stripped: with `--root-path /assets/qa`, a
    request for `/assets/qa/act` would pass as a file that needs no login, and act. Only the proxy strips it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "root_path": ""}, receive, send)
