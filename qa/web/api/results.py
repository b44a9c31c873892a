"""The results of programs' calls: bounds for those that nobody has fetched yet, and how they are fetched.

Gradio keeps results forever, as objects that take several times the memory of their JSON. Here they are kept as JSON,
for a while, and have a limit in bytes and in number; a client has half of each, whatever names it gives its sessions.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from time import monotonic
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.api.gradio import ProcessCompletedMessage, gr
from qa.web.http.config import MEGABYTE, Limits
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import client_of

_LONGEST_SESSION = 100  # characters; Gradio's own names have about 11
_DROPPED = json.dumps({"error": "This result was dropped. Call the endpoint again.", "title": "ResultMissing"}).encode()


def bound_queue(app: gr.Blocks, limits: Limits) -> None:
    """Bounds the queue of these Blocks, which must have been created (`Blocks.queue`), its results and its records.

    Gradio keeps a record of each of the last 10,000 calls, with the name that the client gave its session, and
    summarises them all after every call that fails. Here it keeps none. No kind of call takes more than half of the
    queue: otherwise slow ones, such as rebuilds, would leave no place for the others.
    """
    queue: Any = app._queue
    queue.ANALYTICS_MAX_EVENTS = 0
    calls = _Calls(queue, limits)
    push, send = queue.push, queue.send_message

    async def push_bounded(body: Any, request: Any, username: str | None) -> Any:
        if body.session_hash is not None and not 1 <= len(body.session_hash) <= _LONGEST_SESSION:
            return False, f"A session's name must have 1 to {_LONGEST_SESSION} characters.", "error"
        waiting = queue.event_queue_per_concurrency_id.get(_concurrency_id(app, body))
        if waiting is not None and len(waiting.queue) >= queue.max_size // 2:
            return False, "Too many calls of this kind are waiting.", "queue_full"
        client = client_of(request.scope)
        if not calls.make_room(client):
            return False, "Too many calls of this client are waiting.", "queue_full"
        is_accepted, event, state = await push(body, request, username)
        if is_accepted:
            calls.add(event, client, body.session_hash)
        return is_accepted, event, state

    def send_bounded(event: Any, message: Any) -> None:
        if event.alive and isinstance(message, ProcessCompletedMessage):
            message = calls.completed(event._id, message)
        send(event, message)

    queue.push, queue.send_message = push_bounded, send_bounded


def _concurrency_id(app: gr.Blocks, body: Any) -> Any:
    endpoint = app.fns.get(body.fn_index)
    return endpoint and endpoint.concurrency_id


class _Result(ProcessCompletedMessage):  # type: ignore[misc]
    """A result as JSON, which is decoded when it is sent."""

    encoded: bytes

    def model_dump(self, **_: object) -> dict[str, Any]:
        return {**super().model_dump(exclude={"encoded"}), "output": json.loads(self.encoded)}


@dataclass(slots=True)
class _Call:
    """A call whose result has not been fetched. `ended`: when it was complete; None while it waits or runs."""

    client: str
    session: str
    ended: float | None = None
    result: _Result | None = None

    @property
    def size(self) -> int:
        """The bytes of its result."""
        return len(self.result.encoded) if self.result else 0


class _Calls:
    """The calls whose results have not been fetched, by their ids. Used from the server's event loop only."""

    def __init__(self, queue: Any, limits: Limits) -> None:
        self._queue = queue
        self._most = limits.pending + limits.streams
        self._most_bytes = limits.result_megabytes * MEGABYTE
        self._lifetime = limits.result_lifetime
        self._calls: dict[str, _Call] = {}
        self._timer: asyncio.TimerHandle | None = None

    def make_room(self, client: str) -> bool:
        """Drops the oldest results until this client's next call fits; False if it still doesn't."""
        self._forget()
        is_room = True
        while is_room and sum(call.client == client for call in self._calls.values()) >= (self._most + 1) // 2:
            is_room = self._drop_oldest(Counter([client]))
        while is_room and len(self._calls) >= self._most:
            is_room = self._drop_oldest(Counter(call.client for call in self._calls.values()))
        return is_room

    def add(self, id: str, client: str, session: str) -> None:
        """Adds a call that has been accepted."""
        self._calls[id] = _Call(client, session)
        if not self._timer:
            self._forget_later()

    def completed(self, id: str, message: Any) -> Any:
        """The message with a call's result, as it is kept; drops the oldest results if there are too many bytes."""
        call = self._calls.get(id)
        if not call:
            return message
        encoded = json.dumps(message.output, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
        if len(encoded) > self._most_bytes // 2:
            message.success, encoded = False, _too_large(self._most_bytes // 2)
        self._forget()
        while (sizes := self._sizes())[call.client] + len(encoded) > self._most_bytes // 2:
            self._drop_oldest(Counter({call.client: sizes[call.client]}))
        while (sizes := self._sizes()).total() + len(encoded) > self._most_bytes:
            self._drop_oldest(sizes)
        call.ended = monotonic()
        call.result = _Result(**{**dict(message), "output": {}}, encoded=encoded)
        return call.result

    def _sizes(self) -> Counter[str]:
        sizes = Counter[str]()
        for call in self._calls.values():
            sizes[call.client] += call.size
        return sizes

    def _drop_oldest(self, weights: Counter[str]) -> bool:
        """Drops the oldest result of the client with the largest weight that has one; False if none has."""
        ended = {id: (-weights[call.client], call.ended) for id, call in self._calls.items() if call.ended is not None}
        ended = {id: rank for id, rank in ended.items() if rank[0]}
        if not ended:
            return False
        self._drop(min(ended, key=ended.__getitem__))
        return True

    def _drop(self, id: str) -> None:
        call, queue = self._calls.pop(id), self._queue
        if call.result:  # the session may have others, and the client may still fetch them
            call.result.success, call.result.encoded = False, _DROPPED
        ids = queue.pending_event_ids_session.get(call.session, set())
        ids.discard(id)
        if not ids:
            queue.pending_event_ids_session.pop(call.session, None)
            queue.pending_messages_per_session.pop(call.session, None)

    def _forget(self) -> None:
        """Forgets calls whose results have been fetched, and drops those that nobody has fetched in time."""
        now = monotonic()
        for id, call in list(self._calls.items()):
            if id not in self._queue.pending_event_ids_session.get(call.session, ()):
                del self._calls[id]
            elif call.ended is None and id not in self._queue.event_ids_to_events:
                call.ended = now  # without a result, because its client has gone
            elif call.ended is not None and now - call.ended > self._lifetime:
                self._drop(id)

    def _forget_later(self) -> None:
        def forget() -> None:
            self._timer = None
            self._forget()
            if self._calls:
                self._forget_later()

        self._timer = asyncio.get_running_loop().call_later(self._lifetime / 10, forget)


def _too_large(most: int) -> bytes:
    error = f"The result is larger than {most / MEGABYTE:g} MB. Ask for less at once."
    return json.dumps({"error": error, "title": "ResultTooLarge"}).encode()


_RESULT = re.compile(r"/gradio_api/(?:queue/data|call/(?:v2/)?[^/]+/([^/]+))/?")
_CANCEL = re.compile(r"/gradio_api/cancel/?")


class PendingResults:
    """Middleware that lets a session's results be fetched once at a time, and forgets sessions that have all of theirs.

    Gradio begins a stream for any session or call: for one that has ended it waits until the client has gone, and of
    two of one session each takes messages of the other, and one fails. It keeps every session forever; and for every
    request to cancel a call that has ended, a message. Here, results that don't exist are a 404, a second stream of a
    session is a 409, and a call that has ended is not cancelled.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._fetched = set[str]()  # sessions whose results are being fetched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = f"{scope['method']} {scope['path']}" if scope["type"] == "http" else ""
        if request.startswith("GET ") and (found := _RESULT.fullmatch(scope["path"])):
            await self._fetch(found[1], scope, receive, send)
        elif request.startswith("POST ") and _CANCEL.fullmatch(scope["path"]):
            await self._cancel(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _fetch(self, call: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        queue: Any = scope["app"].get_blocks()._queue
        results = queue.pending_event_ids_session
        session = _session_of(call, results) if call else QueryParams(scope["query_string"]).get("session_hash")
        if session is None or not results.get(session):
            error = "There is no such call, or its result has been fetched or dropped. Call the endpoint again."
            await refusal(404, "ResultMissing", error)(scope, receive, send)
            return
        if session in self._fetched:
            error = "The results of this session are being fetched. Fetch one at a time, or give calls no session_hash."
            await refusal(409, "SessionInUse", error)(scope, receive, send)
            return
        self._fetched.add(session)
        try:
            await self._app(scope, receive, send)
        finally:
            self._fetched.remove(session)
            if not results.get(session):
                results.pop(session, None)
                queue.pending_messages_per_session.pop(session, None)

    async def _cancel(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()  # the whole body: `BodyLimits` has collected it
        queue: Any = scope["app"].get_blocks()._queue
        if _has_ended(message.get("body", b""), queue):
            await JSONResponse({"success": True})(scope, receive, send)
            return
        messages = [message]

        async def receive_again() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, receive_again, send)


def _has_ended(body: bytes, queue: Any) -> bool:
    """Whether a request asks to cancel a call whose result waits for its client."""
    try:
        call = json.loads(body)
        messages = queue.pending_messages_per_session.get(call["session_hash"])
        waiting = () if messages is None else messages._queue
        return any(message.event_id == call["event_id"] and message.msg == "process_completed" for message in waiting)
    except (ValueError, TypeError, KeyError):
        return False  # Gradio says what is wrong with it


def _session_of(call: str, results: Mapping[str, Set[str]]) -> str | None:
    """The session that a call belongs to: one of its own, unless the program named one."""
    return next((session for session, calls in results.items() if call in calls), None)
