"""Gradio, and everything that works round it, each with its reason: `from qa.web.api.gradio import gr`.

- It is imported without what takes longest.
- `take_plain_values`: no endpoint takes objects, which Gradio would fetch files for.
- `share`: no program fills the queue, whose results Gradio keeps for ever.
- `PatchedResponses`: two of its responses are not true here.
- `RequestErrors`: requests that its own page would not send are answered 400, not 500.
"""

from __future__ import annotations

import gc
import inspect
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.http.errors import refusal

__all__ = ["RequestErrors", "PatchedResponses", "gr", "share", "take_plain_values"]

_log = logging.getLogger("chapter-verse")

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before it is imported, or it reports to its makers


@contextmanager
def _writing_no_stubs() -> Iterator[None]:
    """Keeps Gradio from parsing the source of each of its 80 components to update the `.pyi` file beside it.

    That serves those who write components. It passes over a class whose source file `inspect` cannot name, so during
    the import, and for Gradio's own classes only, it cannot.
    """
    named = inspect.getfile

    def unnamed(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("not needed")
        return named(thing)

    inspect.getfile = unnamed  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = named


@contextmanager
def _finding_no_mcp() -> Iterator[None]:
    """Hides `mcp` where it is installed: Gradio imports it for a server that is not used here (`qa.web.api.mcp`)."""
    if "mcp" in sys.modules:
        yield
        return
    sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["mcp"]


@contextmanager
def _seeking_no_garbage() -> Iterator[None]:
    """Pauses garbage collection: the hundreds of thousands of new objects are all there to stay.

    The searches take a quarter of what is left of the import. What was imported is set aside from every later one.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


with _writing_no_stubs(), _finding_no_mcp(), _seeking_no_garbage():
    import gradio as gr


_FEW = "This takes {count} values, some of them with defaults; docs/api.md names them."
_OBJECTS = "The values must be texts, numbers or lists of texts; send no objects."


def take_plain_values(app: gr.Blocks) -> None:
    """Refuses values that are not texts, numbers or lists of texts, before they are worked on.

    Gradio would take an object with the marks of a file for one, and fetch it from the address in it; and it prints
    the values of a call that has too few.
    """
    app.validate_inputs = _check


def _check(endpoint: Any, values: Sequence[object]) -> None:
    if len(values) < len(endpoint.inputs):
        raise _usage(_FEW.format(count=len(endpoint.inputs)))
    if not all(_is_plain(value) or (isinstance(value, list) and all(map(_is_plain, value))) for value in values):
        raise _usage(_OBJECTS)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _usage(error: str) -> Exception:
    found: Exception = gr.Error(error, title="UsageError", print_exception=False)
    return found


def share(app: gr.Blocks, undelivered: int) -> None:
    """Bounds what waits in the queue of these Blocks, once it is there.

    `undelivered`: results that nobody has fetched. Gradio keeps them for ever; now the session that has most of
    them, or of two the older one, loses its own to who comes. And no endpoint takes more than half of the places: one
    that takes long, a rebuild, would leave none to the others.
    """
    queue: Any = app._queue
    push = queue.push

    async def bounded(body: Any, request: Any, username: str | None) -> Any:
        waiting = queue.event_queue_per_concurrency_id.get(_concurrency(app, body))
        if waiting is not None and len(waiting.queue) >= queue.max_size // 2:
            return False, "Too many wait for this already.", "queue_full"
        results = queue.pending_event_ids_session
        while sum(map(len, results.values())) >= undelivered:
            await _forget(queue, max(results, key=lambda session: len(results[session])))
        return await push(body, request, username)

    queue.push = bounded


def _concurrency(app: gr.Blocks, body: Any) -> Any:
    endpoint = app.fns.get(body.fn_index)
    return endpoint and endpoint.concurrency_id


async def _forget(queue: Any, session: str) -> None:
    """What a session has asked is not worked on any more, and what came of it is gone."""
    await queue.clean_events(session_hash=session)
    queue.pending_messages_per_session.pop(session, None)
    for event in queue.pending_event_ids_session.pop(session, ()):
        queue.event_ids_to_events.pop(event, None)


_MARK = "c0-3 2-5 5-5v3c-1.5 0-2 .8-2 2h2v7z"
_ICON = (
    "<link rel='icon' href=\"data:image/svg+xml,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    f"%3Crect width='32' height='32' rx='7' fill='%239c2f22'/%3E%3Cpath d='M9 21V14{_MARK}m9 0V14{_MARK}'"
    " fill='%23fff'/%3E%3C/svg%3E\">"
)
_PATCHES = {
    # Under "sse_v3" `gradio_client` (2.7) takes the "path" of a document for a file to download, as servers
    # before Gradio 4.20 meant it, and fails; under "sse_v2.1" it looks for the mark of a real file. The two
    # differ in nothing else but who ends the stream. Only programs read this; the page brings its own.
    "/config": (b'"protocol":"sse_v3"', b'"protocol":"sse_v2.1"'),
    # There is no manifest, and behind a proxy this is not even below the page. Without an icon, a browser
    # asks for one at the same wrong place.
    "/": (b'<link rel="manifest" href="/manifest.json" />', _ICON.encode()),
}


class PatchedResponses:
    """Middleware that replaces one passage in the responses of two paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        patch = _PATCHES.get(scope["path"].rstrip("/") or "/") if scope["type"] == "http" else None
        if patch is None:
            await self._app(scope, receive, send)
            return
        begun: list[Message] = []
        body = bytearray()

        async def send_patched(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                whole = bytes(body).replace(*patch)
                await send(_resized(begun[0], whole))
                await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, send_patched)


def _resized(start: Message, body: bytes) -> Message:
    kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    return {**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]}


class RequestErrors:
    """Middleware that answers 400 where an exception would be 500, with one line in the log and none of what was sent.

    What fails in answering is caught where it is answered, so that only the
    reading of a request is left.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            _log.warning("A request to %.100r cannot be understood (%s).", scope["path"], type(error).__name__)
            said = "That request cannot be understood; docs/api.md says what is served."
            await refusal(400, "BadRequest", said)(scope, receive, send)
