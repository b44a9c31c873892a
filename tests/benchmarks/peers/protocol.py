"""What every adapter says on its command line and its pipes, so that all are measured alike.

    PEER_adapter.py build PASSAGES.jsonl DIR [--mode MODE]    makes the index of a collection in DIR
    PEER_adapter.py ask DIR [--mode MODE]                     answers questions from it

`ask` reads `{"question"}` objects, one a line, and writes for each
`{"results": [{"id", "text"}], "ms"}`, best first; at the end of its input it
writes `{"peak_rss_mb"}`. Standard library only: adapters run in environments
that hold nothing of this project.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

RESULTS = 10
"""How many results a question gets."""

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}
"""The environment in which no peer reaches for the network or reports on its use."""


class Passage(NamedTuple):
    """A line of the collection."""

    id: str
    title: str
    text: str

    @property
    def whole(self) -> str:
        """What a peer without a documented place for titles is given; BEIR joins the two alike."""
        return f"{self.title}\n{self.text}" if self.title else self.text


class Result(NamedTuple):
    """A text that a peer shows, and the passage it is of."""

    id: str
    text: str


Build = Callable[[Path, Path, str], None]
Ask = Callable[[str], Sequence[Result]]
Load = Callable[[Path, str], Ask]


def read_passages(path: Path) -> list[Passage]:
    """The passages of a `.jsonl` collection, in its order."""
    lines = path.read_text("utf-8").split("\n")  # JSON strings may hold the other line breaks
    records = [json.loads(line) for line in lines if line.strip()]
    return [Passage(record["id"], record.get("title") or "", record["text"]) for record in records]


def main(build: Build, load: Load) -> None:
    """Runs an adapter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build")
    make.add_argument("passages", type=Path)
    for command in (make, commands.add_parser("ask")):
        command.add_argument("index", type=Path, metavar="DIR")
        command.add_argument("--mode", default="dense")
    arguments = parser.parse_args()
    pipe = _own_pipe()
    if arguments.command == "build":
        arguments.index.mkdir(parents=True, exist_ok=True)
        build(arguments.passages, arguments.index, arguments.mode)
    else:
        _answer(load(arguments.index, arguments.mode), pipe)


def _own_pipe() -> TextIO:
    """Standard output for the protocol alone: what a library prints goes to standard error."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return pipe


def _answer(ask: Ask, pipe: TextIO) -> None:
    for line in sys.stdin:
        question = json.loads(line)["question"]
        started = time.perf_counter()
        results = list(ask(question))[:RESULTS]
        milliseconds = 1000 * (time.perf_counter() - started)
        print(json.dumps({"results": [r._asdict() for r in results], "ms": milliseconds}), file=pipe, flush=True)
    unit = 1024**2 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, kilobytes on Linux
    print(json.dumps({"peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit}), file=pipe, flush=True)
