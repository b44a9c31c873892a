"""Shares the queue of calls among clients, who are served in turn.

Gradio's queue takes the calls in the order of their arrival, and keeps the body of each until it has been answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cachetools import LRUCache

from qa.web.http.config import MEGABYTE
from qa.web.http.rate_limit import client_of

_MAX_HELD = 16 * MEGABYTE  # bytes of the bodies of all calls that wait or run; half of them one client's
_SMALL = 2**13  # bytes; a body up to this size is accepted even then
_MAX_SESSIONS = 2000  # as Gradio has it


def share_queue(app: Any) -> None:
    """Gives each client half of the places of a kind in the queue of these Blocks, and serves the clients in turn.

    The bytes in the queue have a limit, too. A client with one call waits for at most one of each other client, besides
    those that are running.
    """
    queue = app._queue
    queue.pending_messages_per_session = _Messages(_MAX_SESSIONS)
    push = queue.push

    async def shared(body: Any, request: Any, username: str | None) -> Any:
        client, request.state.held = client_of(request.scope), len(await request.body())
        endpoint = app.fns.get(body.fn_index)
        kind = queue.event_queue_per_concurrency_id.get(endpoint and endpoint.concurrency_id)
        of_client = sum(client_of(call.request.scope) == client for call in kind.queue) if kind else 0
        if of_client >= queue.max_size // 4 or _is_full(queue, client, request.state.held):
            return False, "Too many of your calls are waiting.", "queue_full"
        pushed = await push(body, request, username)
        for kind in queue.event_queue_per_concurrency_id.values():
            _take_turns(kind.queue)
        return pushed

    queue.push = shared


def _is_full(queue: Any, client: str, size: int) -> bool:
    """Whether another body of this size would exceed the limits."""
    held = Counter[str]()
    for call in _calls(queue):
        held[client_of(call.request.scope)] += call.request.state.held
    return size > _SMALL and (held.total() + size > _MAX_HELD or held[client] + size > _MAX_HELD // 2)


def _calls(queue: Any) -> Iterator[Any]:
    """All calls that wait or run."""
    for kind in queue.event_queue_per_concurrency_id.values():
        yield from kind.queue
    for running in queue.active_jobs:
        yield from running or ()


def _take_turns(calls: list[Any]) -> None:
    """Sorts calls so that the first of each client come first, then the second of each, and so on."""
    seen = Counter[str]()
    turns = {}
    for call in calls:
        client = client_of(call.request.scope)
        turns[call] = seen[client]
        seen[client] += 1
    calls.sort(key=turns.__getitem__)


class _Messages(LRUCache[str, Any]):
    """The messages of each session. Gradio deletes those of a session that is gone, fails, and leaves a task behind."""

    def __delitem__(self, session: str) -> None:
        if session in self:
            super().__delitem__(session)
