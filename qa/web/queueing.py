"""Gradio's queue, whose places and results no single program can have for itself."""

from __future__ import annotations

from typing import Any

from qa.web.quick_import import gr


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
