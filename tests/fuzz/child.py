"""The process that reads the inputs: one that may crash, hang or run out of memory alone.

Inputs are a function of the target, the seed number and their number, so that nothing but
the number of the input at hand, which is in a file that both processes map, need be told.
"""

from __future__ import annotations

import faulthandler
import json
import mmap
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from fuzz.finding import Finding, Target
from fuzz.targets import make

MEMORY = 4 << 30  # bytes of address space, as a worker has
_GROWN = 1 << 20  # KB that one input may add to the most that was ever resident
_HANGS = 5  # times as long as an input may take, it is killed
_TOLD = 1000  # inputs, after which it is told how far it came
_NUMBER = 8  # bytes


@dataclass(frozen=True, slots=True)
class Task:
    """`first` to `last`: the numbers of the inputs. `until`: the time to stop at.

    `counter`: the file with the number at hand. `died`: how the process before ended at `first`, if it did.
    """

    target: str
    folder: str | None
    seed: int
    first: int
    last: int
    until: float
    counter: str
    died: str = ""


def drawn(target: Target, name: str, seed: int, number: int) -> bytes:
    """The input of a number."""
    return target.draw(Random(f"{name} {seed} {number}"))


def main() -> None:
    """Does one task. Each finding is a line of JSON; `done` says how far it came, and `ended` that this is all."""
    task = Task(**json.loads(sys.argv[1]))
    out, sys.stdout = sys.stdout, sys.stderr
    target = make(task.target, Path(task.folder) if task.folder else None)
    limit()
    faulthandler.register(signal.SIGPROF, chain=True)  # says where it hung before it ends
    with Path(task.counter).open("r+b") as file, mmap.mmap(file.fileno(), _NUMBER) as counter:
        number = task.first
        if task.died:
            _tell(
                out, Finding(f"the process died: {task.died}", task.died), drawn(target, task.target, task.seed, number)
            )
            number += 1
        while number < task.last and time.time() < task.until:
            counter[:] = number.to_bytes(_NUMBER, "little")
            data = drawn(target, task.target, task.seed, number)
            with _ended(_HANGS * target.seconds):
                finding = tried(target, data)
            if finding:
                _tell(out, finding, data)
            number += 1
            if number % _TOLD == 0:
                print(json.dumps({"done": number}), file=out, flush=True)
    print(json.dumps({"done": number, "ended": True}), file=out, flush=True)


def limit() -> None:
    """So much memory and no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def tried(target: Target, data: bytes) -> Finding | None:
    """What is found with an input."""
    before = _most_resident()
    finding, taken = _timed(target, data)
    if finding is None and taken > target.seconds:
        taken = min(taken, _timed(target, data)[1])  # once more: the first may have loaded what it needs
        if taken > target.seconds:
            return Finding(f"slow: {type(target).__name__}", f"{taken:.1f} seconds")
    grown = _most_resident() - before
    return Finding("large", f"{grown >> 10} MB more") if finding is None and grown > _GROWN else finding


def _most_resident() -> int:
    """KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextmanager
def _ended(seconds: float) -> Iterator[None]:
    """Ends the process, wherever it is, after so many seconds of its own time, or if it waits for ever."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 60 + 20 * seconds)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)


def _timed(target: Target, data: bytes) -> tuple[Finding | None, float]:
    start = time.process_time()
    try:
        target.check(data)
        return None, time.process_time() - start
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of Rust is no Exception
        return Finding.of(error), time.process_time() - start


def _tell(out: Any, finding: Finding, data: bytes) -> None:
    print(json.dumps({**asdict(finding), "input": data.hex()}), file=out, flush=True)


if __name__ == "__main__":
    main()
