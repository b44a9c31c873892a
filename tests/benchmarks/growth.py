"""How the index grows: build, questions, memory, disk and recall from a thousand passages to a million.

    python tests/benchmarks/growth.py [--sizes N ...] [--scratch DIR]

Linux only. The texts are sentences from the strings (docstrings, mostly) of every
installed package, some 300,000 real ones, which any machine that runs this project
has; beyond them, halves of two of them are put together. A few give two passages,
or none. Everything else is real: the whole build, the encoder, the questions (the
first words of sentences that were held out). *answer* asks again what *retrieval*
has asked, when blocks are checked already. *recall@10*: the share of the ten nearest
passages, by comparison with every vector, that the vector search has among its ten
best; copies count alike. *own memory* is what the process holds for itself, *mapped*
the files it has in memory: the libraries' code (60 MB), and the index's, which the
system shares between processes and takes back when it needs room.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

import qa
from qa.retrieve import POOL

_QUESTIONS = 200
_WORDS_ASKED = 10
_NEAREST = 10
_CHUNK = 1 << 16
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z])")
_PARAGRAPH = re.compile(r"\n\s*\n")


def sentences() -> list[str]:
    """Every sentence of six words and more in a string of an installed package, once, shuffled with a fixed seed."""
    found: dict[str, None] = {}
    for path in sorted(Path(sysconfig.get_path("purelib")).rglob("*.py")):
        for string in _strings(path):
            for paragraph in _PARAGRAPH.split(string):
                for sentence in _SENTENCE.split(" ".join(paragraph.split())):
                    if 30 <= len(sentence) <= 300 and len(sentence.split()) >= 6:
                        found[sentence] = None
    shuffled = list(found)
    random.Random(0).shuffle(shuffled)
    return shuffled


def _strings(path: Path) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):  # a package's tests may hold broken code
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.encode("utf-8", "replace").decode()


def texts(real: Sequence[str], count: int) -> Iterator[str]:
    """The real sentences, then halves of two of them, each pair once."""
    yield from real[:count]
    drawn = random.Random(1)
    seen: set[tuple[int, int]] = set()
    while len(seen) < count - len(real):
        pair = drawn.randrange(len(real)), drawn.randrange(len(real))
        if pair not in seen:
            seen.add(pair)
            first, second = (real[each].split() for each in pair)
            yield " ".join([*first[: (len(first) + 1) // 2], *second[len(second) // 2 :]])


def build(source: Path, index: Path) -> tuple[float, float]:
    """Seconds of a whole build, and its peak memory in MB."""
    command = [sys.executable, "-m", "index", "build", str(source), "--index", str(index)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the build of {source} failed; run it by hand: {' '.join(command)}")
    return time.perf_counter() - started, used.ru_maxrss / 1024


def measure(index: str | Path, questions: Sequence[str]) -> dict[str, str]:
    """The cells of a row that an open index gives; to be run in a process of its own, for its memory."""
    started = time.perf_counter()
    book = qa.load(index)
    opened = time.perf_counter() - started
    cells = {
        "open, ms": f"{1000 * opened:.0f}",
        "retrieval p50 / p95, ms": _times(book.retrieve, questions),
        "answer p50 / p95, ms": _times(book.ask, questions),
    }
    own, mapped = _memory()
    cells |= {"own memory, MB": f"{own:.0f}", "mapped, MB": f"{mapped:.0f}"}
    return cells | {f"recall@{_NEAREST}": f"{_recall(book, questions):.3f}"}


def _times(run: Callable[[str], object], questions: Sequence[str]) -> str:
    times = []
    for question in questions:
        started = time.perf_counter()
        run(question)
        times.append(1000 * (time.perf_counter() - started))
    return f"{np.percentile(times, 50):.1f} / {np.percentile(times, 95):.1f}"


def _memory() -> tuple[float, float]:
    """MB of the process's own pages, and of mapped files."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, mapped = (int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
    return own, mapped


def _recall(book: qa.Book, questions: Sequence[str]) -> float:
    asked = np.stack([each.vector for each in book.encoder.encode(questions, query=True)])
    best = np.full((len(asked), _NEAREST), -1.0, np.float32)
    for start in range(0, len(book.store), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(book.store)))
        cosines = np.concatenate([best, asked @ book.store.vectors.of(rows).T], axis=1)
        best = -np.partition(-cosines, _NEAREST - 1, axis=1)[:, :_NEAREST]
    found = 0  # copies tie: what counts is how near, not which of them
    for vector, cosines in zip(asked, best, strict=True):
        _, scores = book.store.vectors.nearest(vector, POOL)
        found += int((scores[:_NEAREST] >= cosines.min() - 1e-6).sum())
    return found / best.size


def row(size: int, real: Sequence[str], questions: Sequence[str], scratch: Path) -> dict[str, str]:
    """Builds an index of `size` texts and measures it."""
    source, index, asked = (scratch / name for name in ("texts.jsonl", "index", "questions.json"))
    with source.open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts(real, size)):
            file.write(json.dumps({"id": str(number), "text": text}) + "\n")
    asked.write_text(json.dumps(questions), "utf-8")
    seconds, peak = build(source, index)
    disk = sum(file.stat().st_size for file in index.rglob("*") if file.is_file())
    ran = subprocess.run(
        [sys.executable, __file__, "--measure", str(index), str(asked)], check=True, capture_output=True, text=True
    )
    cells = {
        "texts": f"{size:,}", "build, s": f"{seconds:.0f}", "texts/s": f"{size / seconds:.0f}",
        "build's memory, MB": f"{peak:.0f}", "disk, MB": f"{disk / 1e6:.0f}",
    }  # fmt: skip
    opened: dict[str, str] = json.loads(ran.stdout)
    return cells | opened


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000], metavar="N")
    parser.add_argument("--scratch", type=Path, help="where the indexes are built (a million passages: 20 GB)")
    parser.add_argument("--measure", type=Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        index, asked = arguments.measure
        print(json.dumps(measure(index, json.loads(asked.read_text("utf-8")))))
        return
    real = sentences()
    held_out, kept = real[:_QUESTIONS], real[_QUESTIONS:]
    questions = [" ".join(sentence.split()[:_WORDS_ASKED]) for sentence in held_out]
    print(f"{len(kept):,} real sentences", file=sys.stderr)
    for number, size in enumerate(arguments.sizes):
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
            cells = row(size, kept, questions, Path(scratch))
        if not number:
            print(f"| {' | '.join(cells)} |\n|{' --- |' * len(cells)}")
        print(f"| {' | '.join(cells.values())} |", flush=True)


if __name__ == "__main__":
    main()
