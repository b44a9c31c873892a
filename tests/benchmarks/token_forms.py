"""How compactly token vectors can be kept before late interaction ranks worse.

    python tests/benchmarks/token_forms.py EVAL_DIR... [--most N]

The passages are encoded once; their float32 token vectors are then rounded in
several ways, and every form ranks the same 30 fused candidates of each question.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import qa
from index import FloatMatrix, build
from index.encoder.protocol import unit
from index.tokens import quantise
from qa.ask.conversation import ContextualQuestion
from qa.ask.retrieve import RERANKED, best_matches, first_stage, make_queries
from qa.evaluation.metrics import hit_at, reciprocal_rank
from qa.evaluation.questions import Question, read_questions

Form = Callable[[FloatMatrix], FloatMatrix]


def projection(dimensions: int, sample: FloatMatrix) -> Form:
    """The first principal components of the collection's own tokens, as signed bytes."""
    _, vectors = np.linalg.eigh(sample.T @ sample)
    basis = np.ascontiguousarray(vectors[:, ::-1][:, :dimensions], np.float32)
    return lambda tokens: restored(unit(tokens @ basis)) @ basis.T


def restored(tokens: FloatMatrix) -> FloatMatrix:
    """Through the bytes and back."""
    quantised, scales = quantise(tokens)
    return quantised.astype(np.float32) * scales[:, None]


def forms(sample: FloatMatrix) -> dict[str, tuple[int, Form]]:
    """Each form's name, its bytes a token, and what it makes of token vectors."""
    size = sample.shape[1]
    return {
        "float32": (4 * size, lambda tokens: tokens),
        "float16": (2 * size, lambda tokens: unit(tokens.astype(np.float16).astype(np.float32))),
        "int8 (shipped)": (size, restored),
        "192 principal components, int8": (192, projection(192, sample)),
        "128 principal components, int8": (128, projection(128, sample)),
        "64 principal components, int8": (64, projection(64, sample)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=300, help="questions of each set")
    arguments = parser.parse_args()
    print("| set | form | bytes a token | hit@1 | hit@5 | MRR |\n| --- | --- | --- | --- | --- | --- |")
    for folder in arguments.sets:
        questions = [q for q in read_questions(folder / "questions.jsonl") if q.answerable and q.gold_passage_ids]
        random.Random(0).shuffle(questions)
        with tempfile.TemporaryDirectory() as scratch:
            build(Path(scratch), [folder / "passages.jsonl"])
            compare(qa.load(scratch), folder.name, questions[: arguments.most])


def compare(book: qa.Book, name: str, questions: list[Question]) -> None:
    texts = [book.store.passage(row).text for row in range(len(book.store))]
    exact = {row: encoded.tokens for row, encoded in enumerate(book.encoder.encode(texts))}
    asked = []
    for question in questions:
        wanted = make_queries(ContextualQuestion(question.question), book.encoder)
        pool, fused = first_stage(book.store, wanted)
        asked.append((wanted[0].encoded.tokens, pool[np.argsort(-fused)][:RERANKED], question.gold_passage_ids))
    for form, (size, change) in forms(np.concatenate(list(exact.values()))[:100_000]).items():
        kept = {row: change(tokens) for row, tokens in exact.items()}
        relevance = []
        for query, pool, gold in asked:
            late = np.array([best_matches(query @ kept[int(row)].T).mean() for row in pool])
            ids = dict.fromkeys(book.store.passage(int(row)).document_id for row in pool[np.argsort(-late)])
            relevance.append([id in gold for id in ids])
        figures = [
            np.mean([hit_at(relevant, 1) for relevant in relevance]),
            np.mean([hit_at(relevant, 5) for relevant in relevance]),
            np.mean([reciprocal_rank(relevant) for relevant in relevance]),
        ]
        cells = [f"{name} (n {len(asked)})", form, str(size), *(f"{figure:.3f}" for figure in figures)]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
