"""Ways to look for the nearest vectors: how much of the nearest each finds, in what time and room.

    python tests/benchmarks/vector_forms.py [--texts N]

The vectors are those of real sentences (`package_texts.py`), the questions the first words of others. What a
way puts forward is compared again by the exact vectors, as `index/folder/vectors.py` does. One thread.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from package_texts import sentences, texts

from index import FloatMatrix, load_encoder
from index.settings import DEFAULT_MODEL

_QUESTIONS = 300
_WORDS_ASKED = 10
_CELL_SHARE = 8  # one in so many cells is looked into
_TRAINED_ON = 40  # vectors for each cell


def vectors(count: int) -> tuple[FloatMatrix, FloatMatrix]:
    """(texts, dimension), (questions, dimension)."""
    real, encoder = sentences(), load_encoder(DEFAULT_MODEL)
    asked = [" ".join(sentence.split()[:_WORDS_ASKED]) for sentence in real[:_QUESTIONS]]
    questions = np.stack([each.vector for each in encoder.encode(asked, query=True)])
    made = np.empty((count, encoder.dimension), np.float32)
    for row, each in enumerate(encoder.encode(texts(real[_QUESTIONS:], count))):
        made[row] = each.vector
    return made, questions


def built(form: str, made: FloatMatrix) -> tuple[Any, float]:
    """A FAISS index of the vectors, and the seconds it took."""
    started = time.perf_counter()
    index: Any = faiss.index_factory(made.shape[1], form, faiss.METRIC_INNER_PRODUCT)
    index.train(made[: index.nlist * _TRAINED_ON] if hasattr(index, "nlist") else made[: 1 << 16])
    index.add(made)
    if hasattr(index, "nlist"):
        index.nprobe = index.nlist // _CELL_SHARE
    return index, time.perf_counter() - started


def found(index: Any, made: FloatMatrix, questions: FloatMatrix, best: NDArray[np.float32], count: int) -> list[float]:
    """Milliseconds a question, and the shares of the nearest ten and hundred, with `count` compared exactly."""
    shares, started = np.zeros(2), time.perf_counter()
    for question, nearest in zip(questions, best, strict=True):
        _, rows = index.search(question[None], count)
        scores = np.sort(made[rows[0][rows[0] >= 0]] @ question)[::-1]
        shares += [(scores[:most] >= nearest[most - 1] - 1e-6).sum() / most for most in (10, 100)]
    spent = 1000 * (time.perf_counter() - started) / len(questions)
    return [spent, *(shares / len(questions)).tolist()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=200_000, metavar="N")
    count = parser.parse_args().texts
    faiss.omp_set_num_threads(1)
    made, questions = vectors(count)
    best = np.stack([np.sort(made @ question)[::-1][:100] for question in questions])
    cells = 1 << round(np.log2(4 * np.sqrt(count)))
    print("| form | compared exactly | bytes a text | built in, s | a question, ms | of the nearest 10 | of 100 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for form in ("Flat", "RaBitQfs", f"RR{made.shape[1]},RaBitQfs", f"IVF{cells},RaBitQfs"):
        index, seconds = built(form, made)
        size = len(faiss.serialize_index(index)) / count
        for compared in (100,) if form == "Flat" else (400, 800, 1600):
            spent, ten, hundred = found(index, made, questions, best, compared)
            print(
                f"| {form} | {compared} | {size:.0f} | {seconds:.1f} | {spent:.1f} | {ten:.3f} | {hundred:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
