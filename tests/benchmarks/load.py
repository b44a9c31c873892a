"""A crowd of readers and programs asks a server of its own: how long they wait, what is shed, what memory it takes.

    python tests/benchmarks/load.py steady [--users 50] [--minutes 10]
    python tests/benchmarks/load.py soak [--users 5] [--minutes 30] [--rebuild-every 60]
    python tests/benchmarks/load.py overload [--at-once 500]
    python tests/benchmarks/load.py connections [--count 10000]

Each takes `--source PATH` (the shipped article without) and prints a table. A reader thinks for half a second to
two, then asks as the page does, opens a quote, or draws the chat again; one in six asks as a program. "shed" is what
was told to come again (503). All of it goes to 127.0.0.1.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

import qa
from qa.questions import read_questions

sys.path.append(str(Path(__file__).parents[1]))
from qa_fixtures import ARTICLE_QUESTIONS

_ROOT = Path(__file__).parents[2]
_ARTICLE = _ROOT / "source" / "documents" / "valdai-russia-central-asia.txt"
_TIMEOUT = 120.0  # seconds


@dataclass
class Tally:
    """What was asked, how long it took (seconds) and what came."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    shed: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    """Megabytes, second by second."""

    async def time(self, what: str, asked: Awaitable[httpx.Response]) -> Any:
        """Waits for an answer; its JSON, or None if there is none."""
        began = time.perf_counter()
        try:
            response = await asked
        except httpx.HTTPError as error:
            return self._failed(what, type(error).__name__)
        seconds = time.perf_counter() - began
        if response.status_code == 503:
            self.shed[what].append(seconds)
            return None
        self.took[what].append(seconds)
        if response.status_code != 200:
            return self._failed(what, f"{response.status_code} {response.text[:80]}")
        found = response.json() if response.headers["content-type"] == "application/json" else response.text
        if isinstance(found, dict) and "error" in found:
            return self._failed(what, found["error"])
        return found

    def _failed(self, what: str, why: str) -> None:
        self.errors[what] += 1
        self.said[f"{what}: {why}"] += 1

    def print(self, title: str) -> None:
        """The table, in Markdown."""
        print(f"{title}\n")
        print(f"| what | requests | errors | shed | p50 ms | p95 ms | p99 ms |\n|{' --- |' * 7}")
        for what in sorted({*self.took, *self.errors, *self.shed}):
            self._print_row(what, self.took[what], self.errors[what], len(self.shed[what]))
            if self.shed[what]:
                self._print_row(f"{what}: shed", self.shed[what], 0, len(self.shed[what]))
        start, end = self.memory[0], self.memory[-1]
        least, most = min(self.memory), max(self.memory)
        print(f"\nServer memory, MB: start {start:.0f}, end {end:.0f}, least {least:.0f}, most {most:.0f}")
        for why, count in self.said.most_common(5):
            print(f"{count} × {why}")

    def _print_row(self, what: str, took: list[float], errors: int, shed: int) -> None:
        times = np.percentile(np.array(took or [np.nan]) * 1000, [50, 95, 99])
        print(f"| {what} | {' | '.join(f'{number:,.0f}' for number in (len(took), errors, shed, *times))} |")


@dataclass
class Server:
    """A running `python app.py`, and whoever asks it."""

    url: str
    pid: int
    source: Path
    questions: list[str]
    tally: Tally
    client: httpx.AsyncClient

    async def act(self, what: str, action: str, **fields: Any) -> Any:
        """As the page does."""
        data = {"data": {"action": action, "language": "en", **fields}}
        return await self.tally.time(what, self.client.post("/act", json=data))

    async def program(self, question: str) -> None:
        """As `curl` does, in two steps that count as one."""

        async def asked() -> httpx.Response:
            begun = await self.client.post("/gradio_api/call/ask", json={"data": [question, [], []]})
            if begun.status_code != 200:
                return begun
            return await self.client.get(f"/gradio_api/call/ask/{begun.json()['event_id']}")

        await self.tally.time("/ask", asked())

    async def read(self, until: float, number: int) -> None:
        """A reader of the page, or a program, until then."""
        drawn = random.Random(number)
        answers: list[dict[str, Any]] = []
        while True:
            await asyncio.sleep(drawn.uniform(0.5, 2))
            if time.monotonic() > until:
                return
            dice = drawn.random()
            quoted = answers and (answers[-1]["quotes"] or answers[-1]["nearest"])
            if dice < 1 / 6:
                await self.program(drawn.choice(self.questions))
            elif dice < 1 / 3 and quoted:
                await self._open(quoted)
            elif dice < 0.4 and answers:
                await self.act("draw", "draw", answers=answers)
            else:
                history = [each["question"] for each in answers]
                found = await self.act("ask", "ask", question=drawn.choice(self.questions), history=history)
                answers = [*answers[-9:], found["answer"]] if found else answers

    async def _open(self, quotes: list[dict[str, Any]]) -> None:
        opened = await self.act("open", "open", quotes=quotes, at=0)
        if opened:
            named = {"document": opened["document"], "sha256": opened["sha256"], "offset": quotes[0]["start"]}
            await self.act("part", "part", quotes=quotes, **named)

    async def watch_memory(self) -> None:
        """Notes it every second, for ever."""
        while True:
            self.tally.memory.append(self._memory())
            await asyncio.sleep(1)

    def _memory(self) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


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


async def run(server: Server, mode: Callable[[Server, argparse.Namespace], Awaitable[None]], options: Any) -> None:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx.AsyncClient(base_url=server.url, timeout=_TIMEOUT, limits=limits) as server.client:
        await server.act("ask, first", "ask", question=server.questions[0])
        watching = asyncio.create_task(server.watch_memory())
        await asyncio.sleep(0)
        await mode(server, options)
        await asyncio.sleep(1.1)
        watching.cancel()


@contextmanager
def served(source: Path, questions: list[str]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as scratch, socket.socket() as probe:
        sources, index = Path(scratch, "sources"), Path(scratch, "index")
        sources.mkdir()
        (shutil.copytree if source.is_dir() else shutil.copy)(source, sources / source.name)
        qa.rebuild(index, [sources])
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [sys.executable, "app.py", "--port", str(port), "--index", str(index), "--source", str(sources)]
        with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
            assert process.stdout is not None
            assert str(port) in process.stdout.readline()
            try:
                yield Server(f"http://127.0.0.1:{port}", process.pid, sources, questions, Tally(), httpx.AsyncClient())
            finally:
                process.terminate()


def questions_in(path: Path | None) -> list[str]:
    """Those of a file, or those for the shipped article."""
    return [each.question for each in read_questions(path)] if path else ARTICLE_QUESTIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["steady", "soak", "overload", "connections"])
    parser.add_argument("--source", type=Path, default=_ARTICLE)
    parser.add_argument("--questions", type=Path, help="a file as `python -m qa evaluate` reads it")
    parser.add_argument("--users", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--rebuild-every", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--at-once", type=int, default=500)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args()
    options.users = options.users or {"soak": 5}.get(options.mode, 50)
    options.minutes = options.minutes or {"soak": 30}.get(options.mode, 10)
    modes = {"steady": steady, "soak": soak, "overload": overload, "connections": connections}
    with served(options.source, questions_in(options.questions)) as server:
        asyncio.run(run(server, modes[options.mode], options))
    server.tally.print(f"{options.mode}, {options.source.name}")


if __name__ == "__main__":
    main()
