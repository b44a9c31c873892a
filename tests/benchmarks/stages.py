"""Each stage of retrieval side by side on the same questions: does it earn its cost?

    python tests/benchmarks/stages.py EVAL_DIR... [--most N]

Each directory holds `passages.jsonl` and `questions.jsonl`. Prints a Markdown
table of hit@1, hit@5 and MRR of documents over the answerable questions, with
95% bootstrap intervals, and the median time that the stage adds to a question.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qa
from index import build
from qa.ask.conversation import ContextualQuestion
from qa.ask.retrieve import POOL, Query, best_matches, candidates, first_stage, make_queries, rescale
from qa.evaluation.metrics import bootstrap, hit_at, reciprocal_rank
from qa.evaluation.questions import Question, read_questions

Ranking = Callable[[qa.Book, list[Query]], Sequence[int]]
_RRF = 60  # the constant of Cormack et al. 2009


def by_vector(book: qa.Book, wanted: list[Query]) -> Sequence[int]:
    return [int(row) for row in book.store.vectors.nearest(wanted[0].encoded.vector, POOL)[0]]


def by_words(book: qa.Book, wanted: list[Query]) -> Sequence[int]:
    rows = book.store.lexical.search(wanted[0].text, POOL)
    return [int(row) for row in rows[np.argsort(-book.store.lexical.scores(wanted[0].text, rows), kind="stable")]]


def by_reciprocal_rank(book: qa.Book, wanted: list[Query]) -> Sequence[int]:
    scores: dict[int, float] = {}
    for ranking in (by_vector(book, wanted), by_words(book, wanted)):
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + 1 / (_RRF + rank)
    return sorted(scores, key=lambda row: -scores[row])


def by_fusion(book: qa.Book, wanted: list[Query]) -> Sequence[int]:
    pool, fused = first_stage(book.store, wanted)
    return [int(row) for row in pool[np.argsort(-fused, kind="stable")]]


def by_late_interaction(book: qa.Book, wanted: list[Query]) -> Sequence[int]:
    pool = np.array(by_fusion(book, wanted)[:30])
    parts = book.store.tokens(pool).cosines(wanted[0].encoded.tokens)
    late = rescale(np.array([best_matches(part).mean() for part in parts], np.float32))
    return [int(row) for row in pool[np.argsort(-late, kind="stable")]]


def shipped(book: qa.Book, wanted: list[Query]) -> Sequence[int]:
    return [candidate.passage for candidate in candidates(book.store, wanted)]


STAGES: dict[str, Ranking] = {
    "vector (MiniLM)": by_vector,
    "words (BM25)": by_words,
    "reciprocal rank fusion": by_reciprocal_rank,
    "min-max fusion": by_fusion,
    "late interaction on the fused 30": by_late_interaction,
    "late interaction + fusion (shipped)": shipped,
}


def judge(book: qa.Book, questions: Sequence[Question], stage: Ranking) -> list[str]:
    """The cells of a stage's row."""
    relevance, times = [], []
    for question in questions:
        wanted = make_queries(ContextualQuestion(question.question), book.encoder)
        started = time.perf_counter()
        rows = stage(book, wanted)
        times.append(1000 * (time.perf_counter() - started))
        ids = list(dict.fromkeys(book.store.passage(row).document_id for row in rows))
        relevance.append([id in question.gold_passage_ids for id in ids])
    cells = [
        interval(np.array([hit_at(relevant, 1) for relevant in relevance])),
        interval(np.array([hit_at(relevant, 5) for relevant in relevance])),
        interval(np.array([reciprocal_rank(relevant) for relevant in relevance])),
    ]
    return [*cells, f"{np.median(times):.1f}"]


def interval(values: NDArray[np.float64]) -> str:
    low, high = bootstrap(lambda drawn: float(values[drawn].mean()), len(values))
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=5000, help="questions of each set")
    arguments = parser.parse_args()
    print("| set | stage | hit@1 | hit@5 | MRR | ms |\n| --- | --- | --- | --- | --- | --- |")
    for folder in arguments.sets:
        questions = [q for q in read_questions(folder / "questions.jsonl") if q.answerable and q.gold_passage_ids]
        random.Random(0).shuffle(questions)
        chosen = questions[: arguments.most]
        with tempfile.TemporaryDirectory() as scratch:
            build(Path(scratch), [folder / "passages.jsonl"])
            book = qa.load(scratch)
            for name, stage in STAGES.items():
                row = [f"{folder.name} (n {len(chosen)})", name, *judge(book, chosen, stage)]
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
