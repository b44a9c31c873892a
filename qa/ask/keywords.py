"""Answers keywords with evidence: the passages about them, as whole sentences or a short paragraph, best first.

Keywords ask for what the documents say about a subject, not for one answer. So the reader has no say: the search
alone ranks better (of 250 questions turned into keywords, the right passage is first for .77 instead of .73), and the
decision is by how well the words are met in the passage and the headings above it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index import Store
from qa.answer import Location, Quote
from qa.ask.highlights import split
from qa.ask.retrieve import Candidate, best_matches
from qa.ask.sentences import QuestionTerms
from source import Document, Span

LONGEST = 600  # characters that a sentence is widened to within its paragraph
# Log-odds that a passage is about the keywords, by round numbers: the shares of their weight and of their meaning met.
_WORDS, _ENOUGH_WORDS = 4.0, 0.6
_MEANING, _ENOUGH_MEANING = 10.0, 0.65
_LEAST_SHARE = 0.6  # of the best passage's words: passages with fewer are not shown
_SHARE_WEIGHT = 0.5  # of the words met, beside the search's score, in the order of the passages


@dataclass(frozen=True, slots=True)
class _Met:
    """A candidate, and the share of the keywords, weighted by rarity, in it and the headings above it."""

    candidate: Candidate
    share: float


def evidence(
    store: Store, candidates: Sequence[Candidate], terms: QuestionTerms, count: int, least: float
) -> tuple[float, list[Quote]]:
    """The probability that the first quote is about the keywords, and the first `count` quotes that don't overlap.

    `least`: the probability of a quote that has any of the words: it is worth a look.
    """
    found = [_Met(each, _share(store, each, terms)) for each in candidates]
    found.sort(key=lambda each: -each.candidate.score - _SHARE_WEIGHT * each.share)
    probability = max(_probability(found[0]), least if found[0].share else 0.0)
    return probability, _quotes(store, found, terms, count)


def _probability(best: _Met) -> float:
    """The probability, in 0..1, that a passage is about the keywords. Words that are all met need no likeness."""
    meaning = max(best.share, float(best_matches(best.candidate.similarities[0]).mean()))
    odds = _WORDS * (best.share - _ENOUGH_WORDS) + _MEANING * (meaning - _ENOUGH_MEANING)
    return 1 / (1 + math.exp(-odds))


def _quotes(store: Store, found: Sequence[_Met], terms: QuestionTerms, count: int) -> list[Quote]:
    quotes: dict[str, Quote] = {}  # by their words, white space aside
    for each in found:
        if each.share < _LEAST_SHARE * found[0].share:
            continue
        quote = _quote(store, each.candidate, terms)
        words = " ".join(quote.text.split())
        if same := quotes.get(words):
            place = Location(quote.span, quote.place, quote.document)
            quotes[words] = replace(same, elsewhere=(*same.elsewhere, place))
        elif len(quotes) < count and not any(_overlap(quote, other) for other in quotes.values()):
            quotes[words] = quote
    return list(quotes.values())


def _overlap(one: Quote, other: Quote) -> bool:
    return one.document.id == other.document.id and one.span.overlaps(other.span)


def _share(store: Store, candidate: Candidate, terms: QuestionTerms) -> float:
    text = store.context(candidate.passage) + store.passage(candidate.passage).text
    return float(terms.shares[store.lexical.contains(text, terms.words)].sum())


def _quote(store: Store, candidate: Candidate, terms: QuestionTerms) -> Quote:
    document = _document(store, candidate)
    sentences = store.sentences(candidate.passage)
    best = max(range(len(sentences)), key=lambda number: _weight(store, document, sentences[number], terms))
    span = _paragraph(document.text, sentences, best)
    highlights = tuple(_matching(store, document.text, span, terms)) or (sentences[best],)
    return Quote.of(store, store.document_of(candidate.passage), span, highlights, candidate.score)


def _document(store: Store, candidate: Candidate) -> Document:
    return store.document(store.document_of(candidate.passage))


def _weight(store: Store, document: Document, sentence: Span, terms: QuestionTerms) -> float:
    text = document.text[sentence.start : sentence.end]
    return float(terms.shares[store.lexical.contains(text, terms.words)].sum())


def _paragraph(text: str, sentences: Sequence[Span], best: int) -> Span:
    """The sentence with those after and before it in its paragraph, as far as they fit."""
    first = last = best
    while last + 1 < len(sentences) and _joins(text, sentences, first, last + 1, last):
        last += 1
    while first > 0 and _joins(text, sentences, first - 1, last, first - 1):
        first -= 1
    return Span(sentences[first].start, sentences[last].end)


def _joins(text: str, sentences: Sequence[Span], first: int, last: int, gap: int) -> bool:
    """Whether the sentences `first` to `last` fit in a quote, and no paragraph ends after the sentence `gap`."""
    between = text[sentences[gap].end : sentences[gap + 1].start]
    return between.count("\n") < 2 and sentences[last].end - sentences[first].start <= LONGEST


def _matching(store: Store, text: str, span: Span, terms: QuestionTerms) -> Iterator[Span]:
    """The words of the span that are keywords; those that only a space parts are one."""
    run: Span | None = None
    for word in split(text, span):
        if not store.lexical.contains(text[word.start : word.end], terms.words).any():
            continue
        if run and text[run.end : word.start] == " ":
            run = Span(run.start, word.end)
            continue
        if run:
            yield run
        run = word
    if run:
        yield run
