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
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

import qa
from qa.evaluation.questions import read_questions

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).with_name("crowd"))]
from modes import connections, overload, soak, steady
from qa_fixtures import ARTICLE_QUESTIONS
from readers import Server
from tally import Tally

_ROOT = Path(__file__).parents[2]
_ARTICLE = _ROOT / "source" / "documents" / "valdai-russia-central-asia.txt"
_TIMEOUT = 120.0  # seconds


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
