"""How the index grows: build, questions, memory, disk and recall from a thousand passages to a million.

    python tests/benchmarks/growth.py [--sizes N ...] [--scratch DIR]

Linux only. The texts are sentences from the strings (docstrings, mostly) of every
installed package, some 300,000 real ones, which any machine that runs this project
has; beyond them, halves of two of them are put together. A few give two passages,
or none. Everything else is real: the whole build, the encoder, the questions (the
first words of sentences that were held out). *answer* asks again what *retrieval*
has asked, when blocks are checked already; *of all cores*: what one costs them.
*recall@10*: the share of the ten nearest passages, by comparison with every vector,
that the vector search has among its ten best; copies count alike. *own memory* is
what the process holds for itself, *mapped* the files it has in memory: the libraries'
code (60 MB), and the index's, which the system shares between processes and takes
back when it needs room.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
from package_texts import sentences, texts

import qa
from qa.ask.retrieve import POOL

_QUESTIONS = 200
_WORDS_ASKED = 10
_NEAREST = 10
_CHUNK = 1 << 16


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
    }
    used = time.process_time()
    cells["answer p50 / p95, ms"] = _times(book.ask, questions)
    cells["of all cores, ms"] = f"{1000 * (time.process_time() - used) / len(questions):.0f}"
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


def built(size: int, real: Sequence[str], scratch: Path) -> tuple[Path, dict[str, str]]:
    """An index of `size` texts, and the cells that its build gives. What stands there from an earlier run is used."""
    folder = scratch / f"{size}"
    source, index, told = (folder / name for name in ("texts.jsonl", "index", "build.json"))
    if not told.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with source.open("w", encoding="utf-8") as file:
            for number, text in enumerate(texts(real, size)):
                file.write(json.dumps({"id": str(number), "text": text}) + "\n")
        seconds, peak = build(source, index)
        cells = {"build, s": f"{seconds:.0f}", "texts/s": f"{size / seconds:.0f}", "build's memory, MB": f"{peak:.0f}"}
        told.write_text(json.dumps({"texts": f"{size:,}", **cells, "disk, MB": disk(index)}), "utf-8")
    cells = json.loads(told.read_text("utf-8"))
    return index, cells


def disk(folder: Path) -> str:
    """MB of a folder's files."""
    return f"{sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()) / 1e6:.0f}"


def measured(index: str | Path, questions: Sequence[str], scratch: Path) -> dict[str, str]:
    """`measure` in a process of its own."""
    asked = scratch / "questions.json"
    asked.write_text(json.dumps(questions), "utf-8")
    command = [sys.executable, __file__, "--measure", str(index), str(asked)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    cells: dict[str, str] = json.loads(ran.stdout)
    return cells


def asked_and_indexed(scratch: Path) -> tuple[list[str], list[str]]:
    """The questions, and the sentences for the texts: those of an earlier run, whatever was installed since."""
    kept = scratch / "sentences.json"
    if not kept.exists():
        kept.write_text(json.dumps(sentences()), "utf-8")
    real = json.loads(kept.read_text("utf-8"))
    questions = [" ".join(sentence.split()[:_WORDS_ASKED]) for sentence in real[:_QUESTIONS]]
    return [each for each in questions if any(map(str.isalpha, each))], real[_QUESTIONS:]


@contextmanager
def scratch_in(given: Path | None) -> Iterator[Path]:
    """The folder to build in: the given one, where it stays, or one that goes."""
    with nullcontext(given) if given else tempfile.TemporaryDirectory() as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        yield Path(folder).absolute()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000], metavar="N")
    parser.add_argument(
        "--scratch",
        type=Path,
        help="where the indexes are built, stay, and are found the next time (a million passages: 20 GB)",
    )
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        index, asked = arguments.measure
        print(json.dumps(measure(index, json.loads(Path(asked).read_text("utf-8")))))
        return
    with scratch_in(arguments.scratch) as scratch:
        questions, kept = asked_and_indexed(scratch)
        print(f"{len(kept):,} real sentences", file=sys.stderr)
        for number, size in enumerate(arguments.sizes):
            index, cells = built(size, kept, scratch)
            cells |= measured(index, questions, scratch)
            if not number:
                print(f"| {' | '.join(cells)} |\n|{' --- |' * len(cells)}")
            print(f"| {' | '.join(cells.values())} |", flush=True)


if __name__ == "__main__":
    main()
