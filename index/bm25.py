"""BM25 (Robertson & Zaragoza 2009, in Lucene's variant) and `Lexical`, the interface of every index that uses it.

The formula is our own code, so that the folder and the LanceDB index share one scorer, and so that any passage can
be scored for a question, not only the hits of a lexical search.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.text.analyzer import is_identifier, query_words, split_words, stems
from index.types import Rows, Scores

# Lucene's defaults. They matter little here, because passages have similar lengths.
_K1 = 1.2
_B = 0.75
ONCE = 1 / (1 + _K1)
"""The score of a term with an idf of 1 that occurs once in a passage of average length."""
CONTEXT_COUNT = 2
"""How many occurrences in the passage a term counts as that is in its context (its document's title, its headings)."""

Array = NDArray[Any]


def idf(frequency: Array, passages: int) -> Array:
    """(n,): the inverse document frequency of terms that occur in `frequency` of `passages` passages."""
    return np.asarray(np.log1p((passages - frequency + 0.5) / (frequency + 0.5)))


def length_norm(lengths: Array, mean: float) -> Array:
    """(n,): the length normalisation of passages with `lengths` terms; `mean`: the average length."""
    return np.asarray(_K1 * (1 - _B + _B * lengths / max(mean, 1e-9)))


def occurrences(counts: Array) -> Array:
    """(n,): the occurrences that terms score for; `counts`: (n, 2), in the passage and in its context.

    A context counts once however often it repeats a term, and not for the passage's length: its words are the same in
    every passage below a heading, and a long heading says nothing about how long the passage is.
    """
    return np.asarray(counts[:, 0] + CONTEXT_COUNT * (counts[:, 1] > 0))


def scores(idf: Array, count: Array, length_norm: Array) -> Scores:
    """(n,): the BM25 scores of passages for a term that occurs `count` times in them."""
    return np.asarray(idf * count / (count + length_norm), np.float32)


class Lexical(ABC):
    """A lexical index: BM25 scores of passages, and the statistics of words in the collection.

    `count`: the number of passages. `languages`: those of the documents. `stopwords`: words without content.
    """

    def __init__(self, *, count: int, languages: Sequence[str], stopwords: Iterable[str]) -> None:
        self._count = count
        self._languages = tuple(sorted(set(languages)))
        self.stopwords = frozenset(stopwords)

    @abstractmethod
    def search(self, query: str, count: int, among: Rows | None = None) -> Rows:
        """The passages with the highest scores above 0, at most `count`, unordered; restricted to `among`, if given."""

    @abstractmethod
    def scores(self, query: str, rows: Rows) -> Scores:
        """(n,): the BM25 score of each of these passages; 0 for one that has no word of the query."""

    @abstractmethod
    def frequencies(self, terms: Sequence[str]) -> list[int]:
        """How many passages contain each of these terms."""

    @abstractmethod
    def found_in(self, words: Sequence[str], rows: Rows) -> NDArray[np.bool_]:
        """(words, rows): whether each of these passages, or its context, has each word, compared by stem."""

    def content_words(self, query: str) -> list[str]:
        """The words of the query, folded, without stop words and repeats; with the identifiers in it.

        Words that only hyphens join, such as "mid-1990s", are an identifier if a passage has it as such; otherwise its
        words are enough.
        """
        words = dict.fromkeys(word for word in split_words(query) if word not in self.stopwords)
        hyphenated = [word for word in words if is_identifier(word) and word.replace("-", "").isalnum()]
        if hyphenated:
            known = zip(hyphenated, self.frequencies(hyphenated), strict=True)
            unknown = {word for word, frequency in known if not frequency and not word.startswith("-")}
            return [word for word in words if word not in unknown]
        return list(words)

    def idf(self, words: Sequence[str]) -> Scores:
        """(n,): the inverse document frequency of each word; highest for a word that no passage has."""
        stems = [self._stems(word) for word in words]
        found = iter(self.frequencies([stem for each in stems for stem in each]))
        most = [max((next(found) for _ in each), default=0) for each in stems]
        return idf(np.array(most, np.float32), self._count).astype(np.float32)

    def rarity(self, words: Sequence[str]) -> Scores:
        """(n,): the inverse document frequency of each word as a share of that of a word that no passage has."""
        return np.asarray(self.idf(words) / idf(np.zeros(1, np.float32), self._count), np.float32)

    def identifiers(self, words: Iterable[str]) -> set[str]:
        """Those of the content words that are identifiers."""
        return set(filter(is_identifier, words))

    def contains(self, text: str, words: Sequence[str]) -> NDArray[np.bool_]:
        """(n,): whether `text` contains each word, compared by stem."""
        terms = set(query_words(text, self._languages))
        return np.array([not terms.isdisjoint(self._stems(word)) for word in words], bool)

    def _terms(self, query: str) -> dict[str, int]:
        """The terms of the query, with their number of occurrences in it."""
        return Counter(query_words(query, self._languages))

    def _stems(self, word: str) -> tuple[str, ...]:
        """The terms that a folded word is looked up by: its stem in each language of the documents."""
        return stems(word, self._languages)
