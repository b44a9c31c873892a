"""Ours, as it is in this tree: `python -m index build`, then `retrieve` (passages) or `ask` (quotes)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[4]))  # the tree that is measured is the one this file is in
from protocol import RESULTS, Ask, Result, main


def build(collection: Path, folder: Path, mode: str) -> None:
    """One index serves both modes."""
    from index.__main__ import main as index  # what `python -m index` runs

    sys.exit(index(["build", str(collection), "--index", str(folder)]))


def load(folder: Path, mode: str) -> Ask:
    """Passages as `retrieve` finds them, or the quotes of `ask` (the nearest misses when it abstains)."""
    import qa

    book = qa.load(folder)

    def passages(question: str) -> Sequence[Result]:
        return [Result(hit.document.id, hit.passage.text) for hit in book.retrieve(question, k=RESULTS)]

    def quotes(question: str) -> Sequence[Result]:
        answer = book.ask(question, k=RESULTS)
        return [Result(quote.document.id, quote.text) for quote in answer.quotes or answer.nearest]

    return {"retrieve": passages, "ask": quotes}[mode]


if __name__ == "__main__":
    main(build, load)
