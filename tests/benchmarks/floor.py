"""Where the time of a question goes, and how near each stage is to what this machine can do.

    python tests/benchmarks/floor.py EVAL_DIR... [--most N] [--questions N]

The floor of a stage is the longer of two times: its multiplications at the
machine's peak, and its bytes at the speed at which memory is read. Both are
measured here, in one thread, as the stages run: int8 products by ONNX Runtime and
float32 products by NumPy on large matrices, reading by a dot product over as many
bytes as the stage reads. Stages that are bookkeeping in Python have no floor.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from speed import collection, drawn
from threadpoolctl import threadpool_limits

import qa
from index import build
from index.encoder.identity import model_folder
from index.folder.lexical import StoredLexical
from index.settings import DEFAULT_MODEL
from qa.ask.conversation import ContextualQuestion
from qa.ask.retrieve import RERANKED, Query, first_stage, make_queries
from qa.ask.timings import timed

_SIZE = 1024  # rows and columns of the large matrices
_ROUNDS = 15
_FAR = 1 << 28  # bytes that no cache holds
_PASSAGE = 128  # word pieces


def best(run: Callable[[], object]) -> float:
    """The seconds of the fastest of some runs: a peak is what the machine can do, not what it does on average."""
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def int8_peak() -> float:
    """Operations a second of int8 products (a multiplication and an addition are two)."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).integers(-127, 127, (_SIZE, _SIZE), np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
        "peak",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, [_SIZE, _SIZE])],
        [helper.make_tensor_value_info("c", TensorProto.INT32, [_SIZE, _SIZE])],
        [numpy_helper.from_array(weights, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    given = {"a": np.random.default_rng(1).integers(0, 255, (_SIZE, _SIZE), np.uint8)}
    return float(2 * _SIZE**3 / best(lambda: session.run(None, given)))


def float_peak() -> float:
    """Operations a second of float32 products."""
    a = np.random.default_rng(0).standard_normal((_SIZE, _SIZE), np.float32)
    return float(2 * _SIZE**3 / best(lambda: a @ a))


def reading(size: int) -> float:
    """Seconds to read `size` bytes that were read a moment ago."""
    a = np.ones(max(size // 4, 1), np.float32)
    return best(lambda: np.dot(a, a))


class Pass:
    """What a pass of the model must do: operations and bytes of weights (one each in int8)."""

    def __init__(self) -> None:
        config: dict[str, int] = json.loads((model_folder(DEFAULT_MODEL) / "config.json").read_text("utf-8"))
        self.width, self.layers = config["hidden_size"], config["num_hidden_layers"]
        self.weights = self.layers * (4 * self.width**2 + 2 * self.width * config["intermediate_size"])

    def floor(self, pieces: int, int8: float, float32: float) -> float:
        """Seconds for a text of so many word pieces, the two special ones included."""
        products = 2 * pieces * self.weights / int8
        attention = self.layers * 4 * pieces**2 * self.width / float32
        return max(products + attention, reading(self.weights))


def floors(book: qa.Book, wanted: Query, int8: float, float32: float) -> dict[str, float]:
    """The floor of each stage that has one, in seconds, for one question."""
    store, pieces = book.store, len(wanted.encoded.tokens)
    assert isinstance(store.lexical, StoredLexical)
    vectors = len(store) * book.encoder.dimension
    postings = sum(len(posting.passages) for posting in store.lexical._postings(wanted.text))
    pool, fused = first_stage(store, [wanted])
    tokens = len(store.tokens(pool[np.argsort(-fused)[:RERANKED]]).vectors) * book.encoder.dimension
    return {
        "encoding": Pass().floor(pieces + 2, int8, float32),
        "vectors": max(2 * vectors / float32, reading(4 * vectors)),
        "words": reading(8 * postings),
        "late interaction": max(2 * pieces * tokens / float32, reading(tokens)),
    }


def measure(book: qa.Book, questions: Sequence[str]) -> dict[str, float]:
    """The median seconds of each stage of a full answer."""
    spent: dict[str, list[float]] = {}
    for question in [*questions[:5], *questions]:
        with timed() as stages:
            book.ask(question)
        for name, seconds in stages.items():
            spent.setdefault(name, []).append(seconds)
    return {name: float(np.median(seconds[5:])) for name, seconds in spent.items()}


def passage(book: qa.Book, int8: float, float32: float) -> tuple[float, float]:
    """Seconds that a passage of `_PASSAGE` word pieces takes to encode in one thread, and their floor."""
    text = "ship " * (_PASSAGE - 2)
    times = []
    for _ in range(_ROUNDS * 4):
        started = time.perf_counter()
        list(book.encoder.encode([text], query=True))
        times.append(time.perf_counter() - started)
    return float(np.median(times)), Pass().floor(_PASSAGE, int8, float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=10_000, help="documents of the collection")
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()
    questions = drawn(arguments.sets, arguments.questions)
    with tempfile.TemporaryDirectory() as scratch, threadpool_limits(1):
        collection(arguments.sets, arguments.most, Path(scratch) / "all.jsonl")
        report = build(Path(scratch) / "index", [Path(scratch) / "all.jsonl"])
        book = qa.load(Path(scratch) / "index")
        int8, float32 = int8_peak(), float_peak()
        spent = measure(book, questions)
        asked = [make_queries(ContextualQuestion(question), book.encoder)[0] for question in questions]
        found = [floors(book, each, int8, float32) for each in asked]
        pieces = np.median([len(each.encoded.tokens) + 2 for each in asked])
        print(f"{report.passages:,} passages; a question is {pieces:.0f} word pieces, the two special ones included.")
        print(
            f"In one thread {int8 / 1e9:.0f} G operations/s in int8 and {float32 / 1e9:.0f} in float32; memory beyond"
        )
        print(f"the caches is read at {_FAR / reading(_FAR) / 1e9:.0f} GB/s.\n")
        print("| stage | ms | floor, ms | share |\n| --- | --- | --- | --- |")
        for name, seconds in spent.items():
            floor = float(np.median([each[name] for each in found])) if name in found[0] else None
            share = "– | –" if floor is None else f"{1000 * floor:.2f} | {floor / seconds:.0%}"
            print(f"| {name} | {1000 * seconds:.2f} | {share} |")
        print(f"| all | {1000 * sum(spent.values()):.2f} | – | – |")
        seconds, floor = passage(book, int8, float32)
        name = f"a passage of {_PASSAGE} pieces, encoding"
        print(f"| {name} | {1000 * seconds:.2f} | {1000 * floor:.2f} | {floor / seconds:.0%} |")


if __name__ == "__main__":
    main()
