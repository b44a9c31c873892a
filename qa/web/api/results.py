"""Bounds the results that no program has fetched yet.

Gradio keeps results forever, as objects that take several times the memory of their JSON. Here they are kept as JSON,
for a while, and have a limit in bytes and in number; a client has half of each, whatever names it gives its sessions.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import Any

from qa.web.api.gradio import ProcessCompletedMessage, gr
from qa.web.http.config import MEGABYTE, Limits
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
        """Drops the oldest results if there is no place for another call of this client; False if that doesn't do."""
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
