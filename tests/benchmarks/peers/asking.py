"""An adapter at work: its index built, and its questions answered one by one."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from environments import PeerFailed, last_words, run
from protocol import OFFLINE, Result
from systems import System

WARM_UP = 5
_PATIENCE = 4 * 3600  # seconds for all questions of a round


class Reply(NamedTuple):
    """What a question got, and the milliseconds it took inside the process."""

    results: list[Result]
    milliseconds: float


class Round(NamedTuple):
    """One process: seconds to its first answer, its replies after the warm-up, its peak memory in MB."""

    cold: float
    replies: list[Reply]
    peak: float


def build(system: System, python: Path, passages: Path, index: Path) -> float:
    """Makes the system's index; the seconds that took, its imports among them. Raises PeerFailed."""
    command = [str(python), str(system.adapter), "build", str(passages), str(index), "--mode", system.built]
    started = time.perf_counter()
    run(command, env=os.environ | OFFLINE, cwd=index.parent)
    return time.perf_counter() - started


def play(system: System, python: Path, index: Path, questions: Sequence[str], warm_up: Sequence[str]) -> Round:
    """One round with a fresh process: warm-up, then the questions. Raises PeerFailed."""
    started = time.perf_counter()
    with _process(system, python, index) as process:
        _ask(process, warm_up[0])
        cold = time.perf_counter() - started
        for question in warm_up[1:]:
            _ask(process, question)
        replies = [_reply(_ask(process, question)) for question in questions]
        assert process.stdin
        process.stdin.close()
        return Round(cold, replies, _read(process)["peak_rss_mb"])


@contextmanager
def _process(system: System, python: Path, index: Path) -> Iterator[subprocess.Popen[str]]:
    """The running adapter; whatever ends its answers too early is told in its own last words."""
    command = [str(python), str(system.adapter), "ask", str(index), "--mode", system.mode]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, encoding="utf-8",
            env=os.environ | OFFLINE, cwd=index.parent,
        )  # fmt: skip
        watch = threading.Timer(_PATIENCE, process.kill)
        watch.start()
        try:
            yield process
        except (EOFError, OSError, ValueError, KeyError) as error:
            process.kill()
            said.seek(0)
            raise PeerFailed(last_words(said.read(), process.wait())) from error
        finally:
            watch.cancel()
            process.kill()
            process.wait()


def _ask(process: subprocess.Popen[str], question: str) -> dict[str, Any]:
    assert process.stdin
    process.stdin.write(json.dumps({"question": question}) + "\n")
    process.stdin.flush()
    return _read(process)


def _read(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise EOFError("the adapter ended")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _reply(answer: dict[str, Any]) -> Reply:
    return Reply([Result(each["id"], each["text"]) for each in answer["results"]], answer["ms"])
