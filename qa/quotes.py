"""From the best sentences to quotes: as short as answers the question, one to three sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index import Store
from qa.answer import DocumentRef, Quote
from qa.highlights import Word, highlight, split
from qa.sentences import Sentence, Terms
from source import Document, Span

LONGEST = 350  # characters a quote is widened up to; one sentence may be longer
MOST_SENTENCES = 3
# A neighbour that scores within this of the best sentence is taken along.
NEAR = 0.15

_OPENS_LIST = re.compile(r"[:：]\s*$")
_LEANS_BACK = re.compile(
    r"(?:he|she|it(?!\s(?:is|was|has been)\s\w+ed\b)|they|his|her|its|their"
    r"|this|these|that|those|such|as a result|for example|therefore|however|also"
    r"|он|она|оно|они|это|этот|эта|эти|его|её|их|поэтому|например|er|sie|es|dies\w*|él|ella|ellos|esto|il|elle|ils)\b",
    re.IGNORECASE,
)


def make_quotes(store: Store, question: str, ranked: Sequence[Sentence], asked: Terms, count: int) -> list[Quote]:
    """The first `count` quotes that do not overlap, best first."""
    quotes: list[Quote] = []
    taken: list[tuple[str, Span]] = []
    for sentence in ranked:
        if len(quotes) == count:
            break
        document = store.document(store.document_of(sentence.candidate.passage))
        if any(id == document.id and span.overlaps(sentence.span) for id, span in taken):
            continue
        span = _widened(store, document, sentence, ranked)
        if any(id == document.id and other.overlaps(span) for id, other in taken):
            span = sentence.span
        taken.append((document.id, span))
        quotes.append(_quote(store, document, span, question, sentence, asked))
    return quotes


def _quote(store: Store, document: Document, span: Span, question: str, sentence: Sentence, asked: Terms) -> Quote:
    words = [_word(store, document.text, word, asked) for word in split(document.text, sentence.span)]
    return Quote(
        text=document.text[span.start : span.end],
        span=span,
        highlights=(highlight(document.text, words, sentence.span, question),),
        place=document.place(span.start),
        document=DocumentRef.of(document),
        score=sentence.score,
    )


def _word(store: Store, text: str, span: Span, asked: Terms) -> Word:
    word = text[span.start : span.end]
    share = float(asked.shares[store.lexical.contains(word, asked.words)].sum()) if asked.words else 0.0
    return Word(span, share, not store.lexical.content_words(word))


def _widened(store: Store, document: Document, sentence: Sentence, ranked: Sequence[Sentence]) -> Span:
    """The sentence, with the neighbours it cannot be understood without."""
    sentences = store.sentences(sentence.candidate.passage)
    first = last = sentence.position
    scores = {s.position: s.score for s in ranked if s.candidate.passage == sentence.candidate.passage}

    def fits(first: int, last: int) -> bool:
        inside = first >= 0 and last < len(sentences) and last - first < MOST_SENTENCES
        return inside and sentences[last].end - sentences[first].start <= LONGEST

    text = document.text[sentence.span.start : sentence.span.end]
    if _LEANS_BACK.match(text) and fits(first - 1, last):
        first -= 1
    while _OPENS_LIST.search(text) and fits(first, last + 1):
        last += 1
    for position in sorted((first - 1, last + 1), key=lambda p: -scores.get(p, 0.0)):
        near = scores.get(position, -1.0) >= sentence.score - NEAR
        if near and fits(min(first, position), max(last, position)):
            first, last = min(first, position), max(last, position)
    return Span(sentences[first].start, sentences[last].end)
