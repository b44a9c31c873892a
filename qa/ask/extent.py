"""Decides how much is quoted around a sentence: as little as understanding needs.

A sentence gets its neighbours where it refers to them, a list is quoted whole with its lead-in, and a section that the
question names by its number is quoted whole, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index import Store
from qa.ask.answer_type import expects_several
from qa.ask.headings import heading_words
from qa.ask.highlights import without_marker
from qa.ask.lists import list_at, opens_list
from qa.ask.sections import is_content_of, reference, section_at
from qa.ask.sentences import Sentence
from source import Document, Span

LONGEST = 350  # characters that a quote is widened to at most; a single sentence, list or section may be longer
MOST_SENTENCES = 3  # in a quote
FOUND = 0.8
"""The least confidence in the only section with the number that a question names, if it asks for all of it.

An estimate, as the sets that the confidence is fitted on have no such questions; measured by
`tests/benchmarks/numbered_sections.py`. Of several sections with this number, each has its share.
"""
# A neighbouring sentence is quoted too if its score, in log-odds, is within this of the sentence's.
NEAR = 3.0

_REFERS_BACK = re.compile(
    r"(?:he|she|it(?!\s(?:is|was|has been)\s\w+ed\b)|they|his|her|its|their"
    r"|this|these|that|those|such|as a result|for example|therefore|however|also"
    r"|он|она|оно|они|это|этот|эта|эти|его|её|их|поэтому|например|er|sie|es|dies\w*|él|ella|ellos|esto|il|elle|ils)\b",
    re.IGNORECASE,
)
# An answer that is one of these words alone needs the sentence before it.
_PRONOUN = re.compile(r"(?:this|that|these|those|it|they|them|he|she|him|her|both|such)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Extent:
    """What is quoted. `items`: what answers, if the sentence doesn't alone. `more`: items of a list left out."""

    span: Span
    items: tuple[Span, ...] = ()
    more: int = 0


def extent_of(
    store: Store,
    document: Document,
    question: str,
    sentence: Sentence,
    ranked: Sequence[Sentence],
) -> Extent:
    """What is quoted around a sentence. `ranked`: all scored sentences."""
    number = reference(question)
    if number and is_content_of(store, document, question, sentence.span):
        section = section_at(document, sentence.span, number)
        if section:
            return Extent(section, (section,))
    return (
        _with_heading(store, document, sentence)
        or _list(document, question, sentence)
        or Extent(_widened(store, document, sentence, ranked))
    )


def in_section(store: Store, question: str, ranked: Sequence[Sentence]) -> tuple[list[Sentence], int]:
    """The sentences, with those first that lie in the section whose content the question asks for by its number.

    Also returns how many sections with this number they lie in.
    """
    number = reference(question)
    if number is None:
        return list(ranked), 0
    sections = [_section_of(store, question, number, each) for each in ranked]
    inside = [each for each, section in zip(ranked, sections, strict=True) if section]
    outside = [each for each, section in zip(ranked, sections, strict=True) if not section]
    return [*inside, *outside], len(set(filter(None, sections)))


def _section_of(store: Store, question: str, number: str, sentence: Sentence) -> tuple[int, Span] | None:
    """The section that a sentence lies in, if the question asks for its content: its document's row, and its span."""
    row = store.document_of(sentence.candidate.passage)
    document = store.document(row)
    section = section_at(document, sentence.span, number)
    return (row, section) if section and is_content_of(store, document, question, sentence.span) else None


def _list(document: Document, question: str, sentence: Sentence) -> Extent | None:
    """The list around the sentence, if the question or the sentence asks for all of it, or if it is short."""
    found = list_at(document, sentence.span)
    if found is None:
        return None
    quoted = found.fitting()
    span = Span(found.start, quoted[-1].end)
    if not document.is_quotable(span) or not (span.start <= sentence.span.start and sentence.span.end <= span.end):
        return None
    if expects_several(question) or opens_list(document.text[sentence.span.start : sentence.span.end]):
        items = tuple(without_marker(document.text, each) for each in quoted)
        return Extent(span, items, len(found.items) - len(quoted))
    return Extent(span) if len(span) <= LONGEST else None


def read_answer(store: Store, sentence: Sentence) -> Span | None:
    """The reader's answer in the sentence, as a span of the document; None if it didn't read."""
    if not sentence.answer:
        return None
    start, span = store.span(sentence.candidate.passage).start, sentence.answer.span
    return Span(start + span.start, start + span.end)


def _with_heading(store: Store, document: Document, sentence: Sentence) -> Extent | None:
    """From the heading that answers to the sentence; None if the sentence answers, or if the heading is far above."""
    if not sentence.headed:
        return None
    row = sentence.candidate.passage
    words = heading_words(document, store.span(row).start, store.context(row), sentence.headed.span)
    span = Span(words.title.start, sentence.span.end) if words else None
    if words is None or span is None or len(span) > 2 * LONGEST or not document.is_quotable(span):
        return None
    return Extent(span, (words.words,))


def _widened(store: Store, document: Document, sentence: Sentence, ranked: Sequence[Sentence]) -> Span:
    """The sentence with the neighbours that are needed to understand it."""
    sentences = store.sentences(sentence.candidate.passage)
    first = last = sentence.position
    scores = {s.position: s.score for s in ranked if s.candidate.passage == sentence.candidate.passage}

    def fits(first: int, last: int) -> bool:
        inside = first >= 0 and last < len(sentences) and last - first < MOST_SENTENCES
        return inside and sentences[last].end - sentences[first].start <= LONGEST

    text = document.text[sentence.span.start : sentence.span.end]
    answer = read_answer(store, sentence)
    is_pronoun = answer and _PRONOUN.fullmatch(document.text, answer.start, answer.end)
    if (is_pronoun or _REFERS_BACK.match(text)) and fits(first - 1, last):
        first -= 1
    while opens_list(text) and fits(first, last + 1):
        last += 1
    for position in sorted((first - 1, last + 1), key=lambda p: -scores.get(p, 0.0)):
        near = scores.get(position, -1.0) >= sentence.score - NEAR
        if near and fits(min(first, position), max(last, position)):
            first, last = min(first, position), max(last, position)
    return Span(sentences[first].start, sentences[last].end)
