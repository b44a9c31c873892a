"""How fast it is: build, start and question, side by side with sentence-transformers in one run.

    python tests/benchmarks/speed.py EVAL_DIR... [--most N] [--questions N]

The passages of the sets become one collection. Printed are: passages a second
of a whole build, and of sentence-transformers' own `encode` at its defaults over
the same texts and weights (rounds of both, one after the other; medians); the
start of `python -m qa ask`; questions, retrieval alone and answered in full, on
a quiet machine and beside a process that keeps one core busy; resident memory.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import qa
from index import DEFAULT_INDEX, build
from index.encoder.identity import model_folder
from index.settings import DEFAULT_MODEL

_ROUNDS = 3
_ENCODED = 600  # texts in a round of the comparison of the encoders


def collection(folders: Sequence[Path], most: int, target: Path) -> None:
    """The passages of all sets in one file, their ids made unique."""
    lines = [
        {**json.loads(line), "id": f"{folder.name}/{number}"}
        for folder in folders
        for number, line in enumerate((folder / "passages.jsonl").open(encoding="utf-8"))
    ]
    random.Random(0).shuffle(lines)
    target.write_text("".join(json.dumps(line) + "\n" for line in lines[:most]), "utf-8")


def drawn(folders: Sequence[Path], count: int) -> list[str]:
    """Questions of all sets, the same ones each time."""
    lines = [line for folder in folders for line in (folder / "questions.jsonl").open(encoding="utf-8")]
    return [json.loads(line)["question"] for line in random.Random(0).sample(lines, count)]


def compare_encoders(texts: Sequence[str]) -> tuple[float, float]:
    """Texts a second: ours, and sentence-transformers' at its defaults; medians of rounds that take turns."""
    from sentence_transformers import SentenceTransformer

    from index.encoder.load import load_encoder

    theirs = SentenceTransformer(str(model_folder(DEFAULT_MODEL)), device="cpu")
    ours = load_encoder(DEFAULT_MODEL)
    our_seconds, their_seconds = [], []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        list(ours.encode(texts))
        between = time.perf_counter()
        theirs.encode(list(texts))
        our_seconds.append(between - started)
        their_seconds.append(time.perf_counter() - between)
    return len(texts) / float(np.median(our_seconds)), len(texts) / float(np.median(their_seconds))


def ask_all(run: Callable[[str], object], questions: Sequence[str]) -> str:
    """Median and 95th percentile of the milliseconds that `run` takes."""
    for question in questions[:5]:
        run(question)
    times = []
    for question in questions:
        started = time.perf_counter()
        run(question)
        times.append(1000 * (time.perf_counter() - started))
    return f"{np.percentile(times, 50):.1f} / {np.percentile(times, 95):.1f} ms"


def _spin() -> None:
    while True:
        pass


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Another process that never rests."""
    process = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    process.start()
    time.sleep(1)
    try:
        yield
    finally:
        process.kill()


def start(index: Path, question: str) -> float:
    """Seconds from the command to its answer, the median of five."""
    command = [sys.executable, "-m", "qa", "ask", question, "--index", str(index)]
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return float(np.median(times))


def row(name: str, value: str) -> None:
    print(f"| {name} | {value} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=10_000, help="documents of the collection")
    parser.add_argument("--questions", type=int, default=300)
    arguments = parser.parse_args()
    questions = drawn(arguments.sets, arguments.questions)
    with tempfile.TemporaryDirectory() as scratch:
        source, index = Path(scratch) / "all.jsonl", Path(scratch) / DEFAULT_INDEX
        collection(arguments.sets, arguments.most, source)
        started = time.perf_counter()
        report = build(index, [source])
        seconds = time.perf_counter() - started
        row("passages", f"{report.passages:,} of {report.documents:,} documents")
        row("build", f"{seconds:.0f} s, {report.passages / seconds:.0f} passages a second")
        row("index on disk", f"{sum(file.stat().st_size for file in index.rglob('*') if file.is_file()) / 1e6:.0f} MB")
        row("resident memory of the build, peak", _peak())
        row("`python -m qa ask`, cold start", f"{start(index, questions[0]):.2f} s")
        book = qa.load(index)
        row("retrieval, p50 / p95", ask_all(book.retrieve, questions))
        row("answer in full, p50 / p95", ask_all(book.ask, questions))
        with busy_neighbour():
            row("retrieval beside a busy neighbour, p50 / p95", ask_all(book.retrieve, questions))
            row("answer in full beside a busy neighbour, p50 / p95", ask_all(book.ask, questions))
        texts = [book.store.passage(number).text for number in range(min(len(book.store), _ENCODED))]
        ours, theirs = compare_encoders(texts)
        row("encoding, passages a second", f"{ours:.0f}; sentence-transformers {theirs:.0f}: {ours / theirs:.1f}×")


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"


if __name__ == "__main__":
    main()
