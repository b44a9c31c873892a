"""Finds the documents that a question names: "according to the employee handbook", "in the 2021 report".

Words are compared with the titles, file names and dates of all documents, by stem.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from pathlib import PurePosixPath

from index import Store
from index.text.analyzer import fold, query_words
from qa.ask.understand.about import ANY, NOUNS, words_of
from source import DocumentFacts, lazy_property

MOST_NAMED = 20_000
"""Documents of a collection; the names of a larger one are not looked up."""
MOST_MEANT = 5
"""Documents that a phrase may name and still be taken for their name."""
_LANGUAGES = ("de", "en", "es", "fr")  # by which names are stemmed; other scripts show their own
_LONGEST_PHRASE = 10  # words
_TITLE_WORDS = 40  # of a document
_LONGEST = 1000  # characters of a name
_SURE, _CHANGED = 3, 3  # letters that all forms of a word begin with at least; at the end of a stem that may differ

_WORD = re.compile(r"[^\W_]+")
_FILE = re.compile(r"[^\s\"'“”«»,;:()/\\]+\.[a-z]{2,8}\b", re.IGNORECASE)
# The words that introduce a source. Some need a kind of document to follow: "in the lease", not "in the morning".
_SOURCE = re.compile(
    r"\b(?P<surely>according to|as per|per|as stated in|under the terms of"
    r"|laut|gemäß|gemäss|nach angaben de[sr]|selon|d['’]après|según|de acuerdo con|согласно|по данным)\s"
    r"|\b(?P<perhaps>in|under|by|from|of|im|aus dem|dans|en|в|во|из|по)\s"
    r"|\b(?P<loosely>the|our|your|my|this|der|die|das|le|la|el)\s",
    re.IGNORECASE,
)
_DETERMINERS = words_of("determiners")
_ENGLISH_MONTHS = (
    "", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Named:
    """The documents that a question names, by row.

    `only`: whether they are named as the source that shall answer; otherwise they are only preferred.
    """

    rows: tuple[int, ...] = ()
    only: bool = False


class Names:
    """What the documents of a generation may be called by. Read when it is first needed; thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def few(self) -> bool:
        """Whether the collection is small enough for its names to be looked up."""
        return self._store.documents <= MOST_NAMED

    @lazy_property
    def facts(self) -> Sequence[DocumentFacts]:
        """The facts of all documents, by row."""
        return list(self._store.rows.facts(range(self._store.documents)))

    @lazy_property
    def _rows(self) -> dict[str, list[int]]:
        """The rows of the documents whose names contain a word as it is written; or a term, in other letters than ours.

        Stemming takes most of the time, so it waits for what is asked.
        """
        rows: dict[str, list[int]] = {}
        for row, facts in enumerate(self.facts):
            for word in _words_of(facts):
                rows.setdefault(word, []).append(row)
        for word in [each for each in rows if not each.isascii()]:
            for term in _terms(word):
                rows[term] = sorted({*rows.get(term, ()), *rows[word]})
        return rows

    @lazy_property
    def _sorted(self) -> list[str]:
        return sorted(self._rows)

    def of_word(self, word: str) -> frozenset[int]:
        """The documents whose names contain a word, in any form of it."""
        word = fold(word)
        terms = frozenset(_terms(word))
        if not word.isascii():
            return frozenset(row for term in terms for row in self._rows.get(term, ()))
        forms = (each for each in self._from(_beginning(word, terms)) if not terms.isdisjoint(_terms(each)))
        return frozenset(row for form in forms for row in self._rows[form])

    def _from(self, letters: str) -> Iterator[str]:
        """The words of the names that begin with these letters."""
        words = self._sorted
        return takewhile(lambda word: word.startswith(letters), islice(words, bisect_left(words, letters), None))

    def of_phrase(self, phrase: str) -> frozenset[int]:
        """The documents whose names contain all words of a phrase; the kind of document need not be one of them."""
        words = [word for word in map(fold, _WORD.findall(phrase)) if word not in _DETERMINERS]
        found = [self.of_word(word) for word in words if word not in ANY]
        special = [
            rows for word, rows in zip((w for w in words if w not in ANY), found, strict=True) if word not in NOUNS
        ]
        whole = frozenset.intersection(*found) if found else frozenset()
        return whole or (frozenset.intersection(*special) if special else frozenset())

    def of_file(self, name: str) -> frozenset[int]:
        """The documents whose file has this name."""
        sought = fold(name)
        return frozenset(
            row
            for row, facts in enumerate(self.facts)
            if sought in (fold(facts.id), fold(PurePosixPath(facts.path).name))
        )

    def title_words(self, row: int) -> frozenset[str]:
        """The terms of a document's title."""
        return frozenset(term for word in _words(self.facts[row].title) for term in _terms(word)[:1])


def _words_of(facts: DocumentFacts) -> set[str]:
    """The words of all that a document may be called by, folded."""
    file = "" if facts.path.endswith(".jsonl") else _stem(facts.path.rpartition("/")[2])
    year, _, rest = facts.date.partition("-")
    month = _ENGLISH_MONTHS[int(rest[:2])] if rest[:2].isdecimal() and 0 < int(rest[:2]) < 13 else ""
    names = (facts.title, file, facts.id.rpartition(".")[0], year, month)
    return set(_WORD.findall(fold(" ".join(name[:_LONGEST] for name in names))))


def _stem(file: str) -> str:
    """A file's name without its ending."""
    stem, _, ending = file.rpartition(".")
    return stem or ending


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text[:_LONGEST]))[:_TITLE_WORDS]


def _beginning(word: str, terms: Iterable[str]) -> str:
    """The letters that a word begins with in all its forms: its stem's, except for a few at the end ("polici")."""
    return word[: max(_SURE, min(map(len, terms)) - _CHANGED)] if word.isalpha() else word


@lru_cache(1 << 15)
def _terms(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*query_words(word, _LANGUAGES), word)))


def named_documents(names: Names, question: str) -> Named:
    """The documents that a question names.

    They are its only sources if it says so, as in "according to …" or "in the … report", if all words of the phrase
    are in their names, and if they are few.
    """
    if not _may_name(question) or not names.few:
        return Named()
    for file in _FILE.findall(question):
        if rows := names.of_file(file):
            return Named(tuple(sorted(rows)), only=True)
    preferred: frozenset[int] = frozenset()
    for how, words in _phrases(question):
        rows, special, complete = _match(names, words, how == "surely")
        if not rows or len(rows) > MOST_MEANT:
            continue
        if complete and special and how != "loosely":
            return Named(tuple(sorted(rows)), only=True)
        preferred = preferred or rows
    return Named(tuple(sorted(preferred)))


def _may_name(question: str) -> bool:
    """Whether a question has a word or a phrase that may introduce a name; a quick look before names are read."""
    words = set(_WORD.findall(question.casefold()))
    surely = (match["surely"] for match in _SOURCE.finditer(question))
    return not words.isdisjoint(NOUNS) or any(surely) or bool(_FILE.search(question))


def _phrases(question: str) -> Iterator[tuple[str, list[str]]]:
    """How sure each introduction of a source is to be one, with the words after it up to the next mark."""
    for match in _SOURCE.finditer(question):
        rest = re.split(r"[,;:?!()\n]|\.\s", question[match.end() : match.end() + 200], maxsplit=1)[0]
        yield match.lastgroup or "", [fold(word) for word in _WORD.findall(rest)[:_LONGEST_PHRASE]]


def _match(names: Names, words: Iterable[str], surely: bool) -> tuple[frozenset[int], bool, bool]:
    """The documents that the first words name, whether they name a kind of document too, and whether all are met.

    Words are taken as long as there is a document with all of them. A phrase that may be no source ends with the
    kind of document, or with the year after it.
    """
    rows: frozenset[int] | None = None
    kind = unmet = False
    determined = False
    matched: set[str] = set()
    for position, word in enumerate(words):
        if word in _DETERMINERS:
            determined = determined or position == 0
            continue
        if kind and not _YEAR.fullmatch(word):
            break
        is_noun, own = word in NOUNS, frozenset[int]() if word in ANY else names.of_word(word)
        both = own if rows is None else rows & own
        if both:
            rows = both
            matched.update(_terms(word))
        elif not is_noun:
            unmet = not kind
            break
        kind = kind or is_noun
    if rows is None or (not surely and not kind):
        return frozenset(), False, False
    whole = determined and all(names.title_words(row) <= matched for row in rows)
    return rows, kind or whole, not unmet or whole
