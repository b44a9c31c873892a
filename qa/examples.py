"""Searches to begin with, in the documents' own words.

What a heading or the subject of a sentence says is searched for; it is an
example if what stands below that heading, or the rest of that sentence, is then
quoted in answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import TypeVar

import numpy as np

from index import Store
from qa.answer import Answer
from qa.edition import Edition
from qa.subjects import names, subject
from source import Document, Span

_ASKED = 18  # searches that are tried at the most; each takes some 30 ms
_SPARE = 2  # more than are wanted are found, to choose from
_OPENED = 12  # documents
_PASSAGES = 240  # that are looked through, over all documents
_ALIKE = 0.5  # of the content words of an example: no other one has more of them
_LONGEST_HEADING = 80  # characters
_ENOUGH = 4  # content words; more do not make an example better

_NUMBER = re.compile(r"(?:\d+(?:\.\d+)*\.?|[IVXLC]+\.|第\s*\d+\s*章)\s+")
_MARKS = re.compile(r"[*_`#|<>{}\[\]=\\~\x00-\x1f\ue000-\uf8ff]|://|\.{3}|\w[/.]\w+[/.]\w|(?:\w-\w+){3}")
"""Code, addresses and what a font shows otherwise."""
_QUOTATION = re.compile(r"[\"“”„«»‹›]")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A search, and where in which document the answer to it stands."""

    text: str
    document: str
    answer: Span
    is_name: bool = False


def examples(edition: Edition, most: int = 4) -> list[str]:
    """At most `most` searches that are answered, the surest first, of as many documents as there are.

    The same for the same index. None where the documents have no heading or
    sentence to make one of.
    """
    store = edition.store
    tried = ((each, edition.ask(each.text)) for each in islice(_candidates(store), _ASKED))
    answered = ((each, answer.confidence) for each, answer in tried if _is_answered(store, each, answer))
    sure = dict(islice(answered, most + _SPARE))
    groups: dict[str, tuple[list[_Candidate], list[_Candidate]]] = {}
    for each in sorted(sure, key=lambda each: -sure[each]):
        groups.setdefault(each.document, ([], []))[each.is_name].append(each)
    of_each = [list(_in_turn(group)) for group in groups.values()]
    chosen = _unlike(store, _in_turn(of_each), most)
    return [each.text for each in sorted(chosen, key=lambda each: -sure[each])]


def _in_turn(lists: Sequence[Sequence[_T]]) -> Iterator[_T]:
    """The first of each, then the second of each, and so on."""
    return (each for turn in zip_longest(*lists) for each in turn if each is not None)


def _unlike(store: Store, found: Iterator[_Candidate], most: int) -> list[_Candidate]:
    """The first that are not about the same as one before."""
    chosen: list[_Candidate] = []
    for each in found:
        words = store.lexical.content_words(each.text)
        if len(chosen) < most and all(store.lexical.contains(one.text, words).mean() <= _ALIKE for one in chosen):
            chosen.append(each)
    return chosen


def _is_answered(store: Store, search: _Candidate, answer: Answer) -> bool:
    """Whether the first quote says what the search does not say itself, and says it where it should."""
    if not answer.answered or answer.quotes[0].document.id != search.document:
        return False
    quote, there = answer.quotes[0], search.answer
    marks = [mark for mark in quote.highlights if there.start <= mark.start and mark.end <= there.end]
    said = " ".join(map(quote.text_of, marks))
    new = set(store.lexical.content_words(said)) - set(store.lexical.content_words(search.text))
    return not _MARKS.search(said) and (len(new) > 1 or any(word.isdecimal() for word in new))


def _candidates(store: Store) -> Iterator[_Candidate]:
    rows = _spread(range(store.documents), _OPENED)
    of_each = [_of_document(store, store.document(row), _PASSAGES // len(rows)) for row in rows]
    texts: set[str] = set()
    for each in _in_turn(of_each):
        if each.text not in texts:
            texts.add(each.text)
            yield each


def _of_document(store: Store, document: Document, passages: int) -> list[_Candidate]:
    """Headings, subjects and names in turn, of each kind those first that say most."""
    chosen = _spread(store.passages_of([document.id]).tolist(), passages)
    sentences = [span for passage in chosen for span in store.sentences(passage)]
    kinds = _headings(store, document), _subjects(store, document, sentences), _names(store, document, sentences)
    return list(_in_turn([_best(store, kind) for kind in kinds]))


def _best(store: Store, found: Iterable[_Candidate]) -> list[_Candidate]:
    """Those that say most, from all over the document, then the others; none of a single word."""
    ranked = sorted(((_says(store, each), each) for each in found), key=lambda pair: -pair[0])
    most = [each for score, each in ranked if 1 < score == ranked[0][0]]
    first = _spread(most, _ASKED // 3)
    return [*first, *(each for score, each in ranked if score > 1 and each not in first)][:_ASKED]


def _says(store: Store, search: _Candidate) -> int:
    """How many words of content it has, up to a few; a name counts as one more, and questions come first."""
    words = [word for word in store.lexical.content_words(search.text) if not word.isdecimal()]
    if len(words) < 2:
        return len(words)
    named = not search.text[1:].islower()
    return min(_ENOUGH, len(words)) + named + _ENOUGH * search.text.endswith(("?", "？"))


def _headings(store: Store, document: Document) -> Iterator[_Candidate]:
    headings = document.places.headings
    for heading, after in zip_longest(headings, headings[1:]):
        if len(heading.title) > 2 * _LONGEST_HEADING:
            continue
        text = _NUMBER.sub("", heading.title, 1)
        plain = len(text) <= _LONGEST_HEADING and not _MARKS.search(text) and not _QUOTATION.search(text)
        if heading.end is None and plain and _is_whole(store, text) and text != document.title:
            yield _Candidate(text, document.id, Span(heading.start, after.start if after else len(document.text)))


def _subjects(store: Store, document: Document, sentences: Sequence[Span]) -> Iterator[_Candidate]:
    for span in sentences:
        found = subject(document.text[span.start : span.end], lambda word: bool(store.lexical.content_words(word)))
        if found:
            yield _Candidate(" ".join(found.split()), document.id, Span(span.start + len(found), span.end))


def _names(store: Store, document: Document, sentences: Sequence[Span]) -> Iterator[_Candidate]:
    """Those first that stand most often."""
    texts = (document.text[span.start : span.end] for span in sentences)
    found = Counter(" ".join(name.split()) for text in texts for name in names(text))
    whole = Span(0, len(document.text))
    for name, _ in found.most_common():
        if _is_whole(store, name):
            yield _Candidate(name, document.id, whole, is_name=True)


def _is_whole(store: Store, text: str) -> bool:
    """Whether it ends with a word that has content of its own."""
    return any(store.lexical.content_words(word) for word in text.split()[-1:])


def _spread(items: Sequence[_T], most: int) -> list[_T]:
    """At most so many of them, from the first on, as far apart as can be."""
    if len(items) <= most:
        return list(items)
    return [items[int(i)] for i in np.arange(most) * len(items) / most]
