"""BM25 over words (Robertson & Zaragoza 2009), by bm25s."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from index.words import is_stopword, query_words, split_words, words

# Lucene's defaults; passages are of much the same length, so little hangs on them.
_K1 = 1.2
_B = 0.75


class Lexical:
    """BM25 scores of every passage for a query's words."""

    def __init__(self, model: bm25s.BM25, passages: int, languages: Sequence[str]) -> None:
        self._model = model
        self._passages = passages
        self._languages = languages

    @classmethod
    def build(cls, texts: Sequence[str], languages: Sequence[str]) -> Lexical:
        """The index of `texts`, each in the language of the same row."""
        model = bm25s.BM25(k1=_K1, b=_B)
        # An empty word keeps bm25s from refusing a passage without any.
        terms = [words(text, language) or [""] for text, language in zip(texts, languages, strict=True)]
        model.index(terms, show_progress=False)
        return cls(model, len(texts), sorted(set(languages)))

    @classmethod
    def load(cls, folder: Path, passages: int, languages: Sequence[str]) -> Lexical:
        return cls(bm25s.BM25.load(folder, mmap=True, allow_pickle=False), passages, languages)

    def save(self, folder: Path) -> None:
        self._model.save(folder, show_progress=False, allow_pickle=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """(passages,): the BM25 score of each; all zero when no word of the query occurs."""
        known = [word for word in query_words(query, self._languages) if word in self._model.vocab_dict]
        if not known:
            return np.zeros(self._passages, np.float32)
        return np.asarray(self._model.get_scores(known), np.float32)

    def content_words(self, query: str) -> list[str]:
        """The words of the query that are not stopwords, folded, without repeats."""
        content = [word for word in split_words(query) if not is_stopword(word, self._languages)]
        return list(dict.fromkeys(content))

    def rarity(self, words: Sequence[str]) -> NDArray[np.float32]:
        """(n,): BM25's inverse document frequency of each word; a word no passage has is the rarest."""
        indptr = self._model.scores["indptr"]
        vocabulary = self._model.vocab_dict
        frequency = np.zeros(len(words), np.float32)
        for i, word in enumerate(words):
            columns = [vocabulary[term] for term in query_words(word, self._languages) if term in vocabulary]
            frequency[i] = max((int(indptr[c + 1]) - int(indptr[c]) for c in columns), default=0)
        return np.log1p((self._passages - frequency + 0.5) / (frequency + 0.5))

    def contains(self, text: str, words: Sequence[str]) -> NDArray[np.bool_]:
        """(n,): whether each word, by its stem, stands in `text`."""
        terms = set(query_words(text, self._languages))
        return np.array([not terms.isdisjoint(query_words(word, self._languages)) for word in words], bool)
