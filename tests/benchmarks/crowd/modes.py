"""What a crowd does to a server: it asks steadily, for long, all at once, or only holds connections open."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import resource
import socket
import time

import httpx
from readers import Server


async def steady(server: Server, options: argparse.Namespace) -> None:
    until = time.monotonic() + 60 * options.minutes
    await asyncio.gather(*(server.read(until, number) for number in range(options.users)))


async def soak(server: Server, options: argparse.Namespace) -> None:
    reading = asyncio.create_task(steady(server, options))
    for number in itertools.count():
        done, _ = await asyncio.wait([reading], timeout=options.rebuild_every)
        if done:
            break
        (server.source / "changing.txt").write_text(f"The keeper of the archive has counted {number} rebuilds.\n")
        await server.act("rebuild", "rebuild")
    await reading


async def overload(server: Server, options: argparse.Namespace) -> None:
    async def look() -> None:
        while True:
            await asyncio.sleep(0.1)
            await server.tally.time("health meanwhile", server.client.get("/health"))

    questions = [f"{server.questions[n % len(server.questions)]} ({n})" for n in range(options.at_once)]
    looking = asyncio.create_task(look())
    asked = (server.tally.time("ask, at once", plainly_asked(server.url, question)) for question in questions)
    await asyncio.gather(*asked)
    looking.cancel()
    for number in range(20):
        await server.act("ask, after that", "ask", question=f"{server.questions[0]} (after {number})")


async def plainly_asked(url: str, question: str) -> httpx.Response:
    """As the page asks, by the least that does it: httpx needs milliseconds for each of 500, and would be measured."""
    body = json.dumps({"data": {"action": "ask", "question": question}}).encode()
    head = f"POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    port = int(url.rpartition(":")[2])
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        answer, _, content = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    except OSError as error:
        raise httpx.ReadError(str(error)) from error
    return httpx.Response(int(answer[9:12]), headers={"content-type": "application/json"}, content=content)


async def connections(server: Server, options: argparse.Namespace) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, options.count + 500)), hard))
    port = int(server.url.rpartition(":")[2])
    opened: list[socket.socket] = []
    for _ in range(options.count):
        one = socket.socket()
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", port))
        opened.append(one)
        if len(opened) % 1000 == 0:
            await server.act("ask beside them", "ask", question=server.questions[0])
    for number in range(50):
        await server.act("ask beside all", "ask", question=server.questions[number % len(server.questions)])
    print(f"{len(opened):,} idle connections were opened.\n")
    for one in opened:
        one.close()
