"""From the best sentences to quotes: as short as answers the question, one to three sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from index import Store
from qa.answer import DocumentRef, Location, Quote
from qa.ask.answer_type import AnswerType, answer_type
from qa.ask.highlights import Word, clause, highlight, split, without_marker
from qa.ask.sentences import Sentence, Terms
from source import Document, Span

LONGEST = 350  # characters a quote is widened up to; one sentence may be longer
MOST_SENTENCES = 3
# A neighbour whose score, in log-odds, is within this of the best sentence's is taken along.
NEAR = 1.8
MOST_PLACES = 20  # where the same sentence stands; more are not looked up

_OPENS_LIST = re.compile(r"[:：]\s*$")
_LEANS_BACK = re.compile(
    r"(?:he|she|it(?!\s(?:is|was|has been)\s\w+ed\b)|they|his|her|its|their"
    r"|this|these|that|those|such|as a result|for example|therefore|however|also"
    r"|он|она|оно|они|это|этот|эта|эти|его|её|их|поэтому|например|er|sie|es|dies\w*|él|ella|ellos|esto|il|elle|ils)\b",
    re.IGNORECASE,
)

# An answer in these words is one only beside the sentence before.
_STANDS_FOR = re.compile(r"(?:this|that|these|those|it|they|them|he|she|him|her|both|such)", re.IGNORECASE)


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
        quote = _quote(store, document, span, question, sentence, asked)
        taken += [(document.id, span), *((each.document.id, each.span) for each in quote.elsewhere)]
        quotes.append(quote)
    return quotes


def _quote(store: Store, document: Document, span: Span, question: str, sentence: Sentence, asked: Terms) -> Quote:
    return Quote(
        text=document.text[span.start : span.end],
        span=span,
        highlights=_items(store, document, sentence, span) or (_answer(store, document, question, sentence, asked),),
        place=document.place(span.start),
        document=DocumentRef.of(document),
        score=sentence.score,
        elsewhere=tuple(_elsewhere(store, document, sentence.span)),
        boxes=store.boxes(store.document_of(sentence.candidate.passage), span),
        doubts=document.doubts_about(span),
    )


def _elsewhere(store: Store, document: Document, sentence: Span) -> Iterator[Location]:
    """The other places of a sentence."""
    for row, span in store.places_of(document.text[sentence.start : sentence.end], MOST_PLACES):
        other = store.document(row)
        if (other.id, span) != (document.id, sentence):
            yield Location(span, other.place(span.start), DocumentRef.of(other))


def _items(store: Store, document: Document, sentence: Sentence, quote: Span) -> tuple[Span, ...]:
    """The items of the list that the sentence opens, as far as they are quoted; none if it opens none."""
    if not _OPENS_LIST.search(document.text[sentence.span.start : sentence.span.end]):
        return ()
    after = (each for each in store.sentences(sentence.candidate.passage) if each.start >= sentence.span.end)
    return tuple(without_marker(document.text, each) for each in after if each.end <= quote.end)


def _answer(store: Store, document: Document, question: str, sentence: Sentence, asked: Terms) -> Span:
    """The words of the sentence that answer: the reader's, or where it did not read, those of a rule of thumb.

    What says yes or no is not a few words, but the clause they stand in.
    """
    found = _found(store, sentence)
    if not found:
        words = [_word(store, document.text, word, asked) for word in split(document.text, sentence.span)]
        found = highlight(document.text, words, sentence.span, question)
    is_statement = answer_type(question) is AnswerType.STATEMENT
    return clause(document.text, found, sentence.span) if is_statement else found


def _found(store: Store, sentence: Sentence) -> Span | None:
    """Where in the document the words stand that the reader found; None where it did not read."""
    if not sentence.found:
        return None
    start, span = store.span(sentence.candidate.passage).start, sentence.found.span
    return Span(start + span.start, start + span.end)


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
    found = _found(store, sentence)
    points_back = found and _STANDS_FOR.fullmatch(document.text, found.start, found.end)
    if (points_back or _LEANS_BACK.match(text)) and fits(first - 1, last):
        first -= 1
    while _OPENS_LIST.search(text) and fits(first, last + 1):
        last += 1
    for position in sorted((first - 1, last + 1), key=lambda p: -scores.get(p, 0.0)):
        near = scores.get(position, -1.0) >= sentence.score - NEAR
        if near and fits(min(first, position), max(last, position)):
            first, last = min(first, position), max(last, position)
    return Span(sentences[first].start, sentences[last].end)
