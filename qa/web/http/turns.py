"""Lets a few requests run at once; the clients that wait are served in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter


class Turns:
    """A number of slots. When one is free, the next client in turn gets it for the oldest of its requests.

    So a client with a single request waits for at most one request of each other client, however many they have sent.
    """

    def __init__(self, slots: int) -> None:
        self.threads = CapacityLimiter(slots)
        """For `run_sync`: as many threads as there are slots."""
        self._free = slots
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """The requests of each client that waits; the client whose turn is next comes first."""

    def waiting(self, client: str) -> int:
        """How many requests of this client are waiting."""
        return len(self._waiting.get(client, ()))

    @asynccontextmanager
    async def slot(self, client: str) -> AsyncIterator[None]:
        """Holds a slot, once it is the client's turn."""
        if self._free:
            self._free -= 1
        else:
            await self._turn(client)
        try:
            yield
        finally:
            self._pass_on()

    async def _turn(self, client: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it had just come
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Gives a slot to the next request, or keeps it free if none is waiting."""
        while self._waiting:
            client = next(iter(self._waiting))
            turns = self._waiting.pop(client)
            turn = turns.popleft()
            if turns:
                self._waiting[client] = turns  # behind all others
            if not turn.cancelled():
                turn.set_result(None)
                return
        self._free += 1
