"""Turns: a few requests run at once, and the clients that wait are served in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from qa.web.http.turns import Turns


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as pool:  # after browser tests, this thread has an event loop
        pool.submit(asyncio.run, coroutine).result()


def test_a_client_with_one_request_does_not_wait_for_all_of_anothers() -> None:
    """Attack: so many requests of one client that every other waits for all of them."""
    served: list[str] = []

    async def ask(turns: Turns, client: str, may: asyncio.Event) -> None:
        async with turns.slot(client):
            await may.wait()
            served.append(client)

    async def crowd() -> None:
        turns, may = Turns(1), asyncio.Event()
        clients = [*["greedy"] * 50, "a", "b", "a"]
        asking = [asyncio.create_task(ask(turns, client, may)) for client in clients]
        await asyncio.sleep(0)
        assert (turns.waiting("greedy"), turns.waiting("a")) == (49, 2)
        may.set()
        await asyncio.gather(*asking)

    run(crowd())
    assert served[:7] == ["greedy", "greedy", "a", "b", "greedy", "a", "greedy"]
    assert len(served) == 53


def test_a_request_that_is_cancelled_takes_no_slot() -> None:
    async def cancel() -> None:
        turns = Turns(1)

        async def wait() -> None:
            async with turns.slot("a"):
                pass

        async with turns.slot("b"):
            waiting = [asyncio.create_task(wait()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()  # while it waits
            await asyncio.sleep(0)
        waiting[1].cancel()  # its turn has come, but it has not run
        await asyncio.gather(*waiting, return_exceptions=True)
        assert [each.cancelled() for each in waiting] == [True, True, False]
        async with asyncio.timeout(5), turns.slot("c"):
            pass

    run(cancel())
