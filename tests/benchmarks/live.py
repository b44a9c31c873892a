"""Readers ask without a pause while the index is built again and again under them.

    python tests/benchmarks/live.py [--readers N] [--builds N] [--passages N] [--scratch DIR]

Each reader is a process of its own with one open book. First they ask while nothing is built, then
beside processes that only compute, one a core: what an answer waits for there is the machine. Then
through the builds, one a second, each of which changes what the right answer is. An answer must be
that of a version that was current while it was asked for, never older and never of two. Told are the
median and the longest answer of each, over all readers, and how many generations they saw.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np

import qa
from source import cores

_QUESTION = "When was the Zorblax bridge opened?"
_WORDS = [
    "keeper",
    "ship",
    "harbour",
    "north",
    "storm",
    "lamp",
    "garden",
    "river",
    "village",
    "mountain",
    "old",
    "quiet",
    "red",
    "small",
]
_FIRST = 1000  # the year that version 0 says
_ALONE = 20.0  # seconds


def write(sources: Path, version: int, passages: int) -> None:
    """The changing document, and the others once."""
    sources.mkdir(exist_ok=True)
    text = f"The Zorblax bridge was opened in {_FIRST + version}. It crosses the river near the old mill."
    (sources / "bridge.txt").write_text(text)
    if version == 0:
        drawn = random.Random(0)
        with (sources / "others.jsonl").open("w") as file:
            for number in range(passages):
                words = " ".join(drawn.choice(_WORDS) for _ in range(40))
                file.write(json.dumps({"id": str(number), "text": f"The {words} {number}."}) + "\n")


def read(root: Path, begin: Event, end: Event, results: Any) -> None:
    """Asks until it is over; puts the times, the years and the errors into `results`."""
    book = qa.load(root)
    book.ask(_QUESTION)
    begin.wait()
    asked = []
    while not end.is_set():
        started = time.time()
        try:
            answer = book.ask(_QUESTION)
            found = re.findall(r"opened in (\d+)", (answer.quotes or answer.nearest)[0].text)
            year = int(found[0]) if len(found) == 1 else None
        except Exception as error:  # whatever it is, it counts
            year = None
            print(f"a reader failed: {error!r}", flush=True)
        asked.append((started, time.time(), year))
    results.put(asked)


def spell(root: Path, readers: int, work: Any) -> tuple[list[tuple[float, float, int | None]], list[tuple[float, int]]]:
    """What the readers asked while `work` went on, and what `work` gave."""
    context = multiprocessing.get_context("spawn")
    begin, end, results = context.Event(), context.Event(), context.Queue()
    processes = [context.Process(target=read, args=(root, begin, end, results)) for _ in range(readers)]
    for process in processes:
        process.start()
    time.sleep(5 + readers / 2)  # all have loaded
    begin.set()
    done = work()
    end.set()
    asked = [each for _ in processes for each in results.get()]
    for process in processes:
        process.join()
    return asked, done


def spin() -> None:
    """Computes, and nothing else."""
    while True:
        sum(range(10_000))


def told(name: str, asked: list[tuple[float, float, int | None]]) -> str:
    """The times of the answers in a sentence."""
    times = 1000 * np.array([ended - started for started, ended, _ in asked])
    median, p99, longest = np.percentile(times, (50, 99, 100))
    return (
        f"{name}: {len(times):,} answers, p50 {median:.0f} ms, p99 {p99:.0f} ms ({p99 / median:.1f} x), "
        f"longest {longest:.0f} ms ({longest / median:.1f} x)"
    )


def check(asked: list[tuple[float, float, int | None]], built: list[tuple[float, int]]) -> int:
    """How many versions were seen. `built`: when each was current at the latest."""
    seen = set()
    for started, ended, year in asked:
        assert year is not None, "an answer was wrong"
        oldest = max((version for when, version in built if when < started), default=0)
        newest = max((version for when, version in built if when < ended), default=0) + 1
        assert oldest <= year - _FIRST <= newest, f"version {year - _FIRST} where {oldest} to {newest} was right"
        seen.add(year)
    return len(seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--builds", type=int, default=50)
    parser.add_argument("--passages", type=int, default=1000, help="others, that do not change")
    parser.add_argument("--scratch", type=Path, help="where the index is built")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        root, sources = Path(scratch) / "index", Path(scratch) / "sources"
        write(sources, 0, arguments.passages)
        qa.rebuild(root, [sources])

        def builds() -> list[tuple[float, int]]:
            built = []
            for version in range(1, arguments.builds + 1):
                write(sources, version, arguments.passages)
                started = time.time()
                qa.rebuild(root, [sources])
                built.append((time.time(), version))
                time.sleep(max(0.0, 1 - (time.time() - started)))
            return built

        def rest() -> list[tuple[float, int]]:
            time.sleep(_ALONE)
            return []

        def compute() -> list[tuple[float, int]]:
            busy = [multiprocessing.get_context("spawn").Process(target=spin) for _ in range(cores())]
            for process in busy:
                process.start()
            rest()
            for process in busy:
                process.kill()
            return []

        for name, work in (("nothing is built", rest), ("busy neighbours", compute)):
            asked, _ = spell(root, arguments.readers, work)
            print(told(name, asked), flush=True)
        asked, built = spell(root, arguments.readers, builds)
        print(told(f"{arguments.builds} builds", asked))
        print(f"0 errors, 0 wrong answers; {check(asked, built)} of {arguments.builds + 1} versions were seen")


if __name__ == "__main__":
    main()
