"""How well sentences chosen from an article summarise it: the shipped method beside LexRank and others.

    python tests/benchmarks/summaries.py SET…

Each SET is a folder with `passages.jsonl` and `questions.jsonl`; the passages of a `doc` are an article. From each
article of at least 8 passages every method chooses four sentences. Printed are the share of the article's questions
whose answer stands in them (per 100 words, too, since long sentences hold more), and ROUGE-1 and ROUGE-2 F1
(Lin 2004) of sentences chosen from the article without its first passage against that passage, its lead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import qa
from index import Store
from index.text.analyzer import split_words
from qa.ask import summary
from qa.ask.summary import SENTENCES, Matrix, centrality, chosen, word_vectors
from source import Span

_LEAST = 8  # passages
Scores = NDArray[np.float64]


def lead(vectors: Matrix, tokens: Matrix) -> Scores:
    return -np.arange(len(vectors), dtype=float)


def centroid(vectors: Matrix, tokens: Matrix) -> Scores:
    return np.asarray(vectors @ vectors.mean(axis=0))


def by_words(vectors: Matrix, tokens: Matrix) -> Scores:
    return lexrank(vectors)


def by_tokens(vectors: Matrix, tokens: Matrix) -> Scores:
    return lexrank(tokens)


def token_centroid(vectors: Matrix, tokens: Matrix) -> Scores:
    return np.asarray(tokens @ tokens.mean(axis=0))


def shipped(vectors: Matrix, tokens: Matrix) -> Scores:
    return centrality(vectors)


def lexrank(vectors: Matrix) -> Scores:
    """The stationary distribution of a random walk over similar sentences (Erkan & Radev 2004, "continuous")."""
    similar = np.clip(vectors @ vectors.T, 0, None)
    walk = similar / np.maximum(similar.sum(axis=1, keepdims=True), 1e-12)
    scores = np.full(len(vectors), 1 / len(vectors))
    for _ in range(30):
        scores = 0.15 / len(vectors) + 0.85 * scores @ walk
    return scores


METHODS: list[Callable[[Matrix, Matrix], Scores]] = [lead, centroid, token_centroid, by_words, by_tokens, shipped]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", type=Path)
    for folder in parser.parse_args().sets:
        _measure(folder)


def _measure(folder: Path) -> None:
    articles: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in (folder / "passages.jsonl").read_text("utf-8").splitlines():
        passage = json.loads(line)
        articles[passage["doc"]].append(passage)
    long = {doc: passages for doc, passages in articles.items() if len(passages) >= _LEAST}
    answers = _answers(folder)
    figures: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as root:
        for drop in (0, 1):
            sources = Path(root) / f"articles{drop}"
            sources.mkdir()
            for number, passages in enumerate(long.values()):
                text = "\n\n".join(each["text"] for each in passages[drop:])
                (sources / f"{number}.txt").write_text(text, "utf-8")
            qa.rebuild(Path(root) / f"index{drop}", [sources])
        whole, rest = (qa.load(Path(root) / f"index{drop}").store for drop in (0, 1))
        for number, passages in enumerate(long.values()):
            found = [answer for each in passages for answer in answers.get(each["id"], [])]
            for method in METHODS:
                text = _summary(whole, f"{number}.txt", method)
                held = np.mean([any(each in text for each in golds) for golds in found]) if found else np.nan
                other = _summary(rest, f"{number}.txt", method)
                rouge = [_rouge(other, passages[0]["text"], size) for size in (1, 2)]
                words = max(len(text.split()), 1)
                figures[method.__name__].append((float(held), 100 * float(held) / words, *rouge))  # type: ignore[arg-type]
    print(f"{folder.name}: {len(long)} articles")
    for name, rows in figures.items():
        held, dense, one, two = np.nanmean(np.array(rows), axis=0)
        print(f"  {name:16} answers held {held:.3f} (per 100 words {dense:.3f})  ROUGE-1 {one:.3f}  ROUGE-2 {two:.3f}")


def _answers(folder: Path) -> dict[str, list[list[str]]]:
    answers: dict[str, list[list[str]]] = defaultdict(list)
    for line in (folder / "questions.jsonl").read_text("utf-8").splitlines():
        question = json.loads(line)
        for passage in question["gold_passage_ids"][:1]:
            if question["answers"]:
                answers[passage].append(question["answers"])
    return answers


def _summary(store: Store, id: str, method: Callable[[Matrix, Matrix], Scores]) -> str:
    row = store.rows.row(id)
    document = store.document(row)
    spans = summary._sentences(store, document, store.passages_in(row))
    vectors = word_vectors(store, [document.text[span.start : span.end] for span in spans])
    scores = method(vectors, _token_means(store, row, spans))
    numbers = chosen(scores, vectors, SENTENCES)
    return " ".join(document.text[spans[each].start : spans[each].end] for each in sorted(numbers))


def _token_means(store: Store, row: int, spans: list[Span]) -> Matrix:
    """(n, dimension): the mean vector of the tokens of each sentence, of unit length."""
    passages = np.array(store.passages_in(row), np.int64)
    tokens = store.tokens(passages)
    starts = np.concatenate(
        [offsets[:, 0] + store.span(int(each)).start for each, offsets in zip(passages, tokens.offsets, strict=True)]
    )
    unit = tokens.vectors * tokens.scales[:, None]
    means = [unit[(starts >= span.start) & (starts < span.end)].sum(axis=0) for span in spans]
    return np.array([mean / max(float(np.linalg.norm(mean)), 1e-9) for mean in means], float)


def _rouge(text: str, reference: str, size: int) -> float:
    ours, theirs = (_grams(each, size) for each in (text, reference))
    both = sum((ours & theirs).values())
    return 2 * both / max(sum(ours.values()) + sum(theirs.values()), 1)


def _grams(text: str, size: int) -> Counter[tuple[str, ...]]:
    words = list(split_words(text))
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


if __name__ == "__main__":
    main()
