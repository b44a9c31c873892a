"""From the best sentences to quotes: one to three sentences, widened only as far as understanding needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from index import Store
from qa.answer import DocumentRef, Location, Quote
from qa.ask.answer_type import AnswerType, answer_type
from qa.ask.highlights import Word, clause, highlight, split, without_marker
from qa.ask.sentences import QuestionTerms, Sentence
from source import Document, Span

LONGEST = 350  # characters that a quote is widened to at most; a single sentence may be longer
MOST_SENTENCES = 3  # in a quote
# A neighbouring sentence is quoted too if its score, in log-odds, is within this of the sentence's.
NEAR = 1.8
MOST_PLACES = 20  # of the same sentence; further ones are not looked up

_OPENS_LIST = re.compile(r"[:：]\s*$")
_REFERS_BACK = re.compile(
    r"(?:he|she|it(?!\s(?:is|was|has been)\s\w+ed\b)|they|his|her|its|their"
    r"|this|these|that|those|such|as a result|for example|therefore|however|also"
    r"|он|она|оно|они|это|этот|эта|эти|его|её|их|поэтому|например|er|sie|es|dies\w*|él|ella|ellos|esto|il|elle|ils)\b",
    re.IGNORECASE,
)

# An answer that is one of these words alone needs the sentence before it.
_PRONOUN = re.compile(r"(?:this|that|these|those|it|they|them|he|she|him|her|both|such)", re.IGNORECASE)


def make_quotes(
    store: Store, question: str, ranked: Sequence[Sentence], terms: QuestionTerms, count: int
) -> list[Quote]:
    """The first `count` quotes that don't overlap, best first. `ranked`: sentences, best first."""
    quotes: list[Quote] = []
    quoted: list[tuple[str, Span]] = []  # with the other places of the same sentences
    for sentence in ranked:
        if len(quotes) == count:
            break
        document = store.document(store.document_of(sentence.candidate.passage))
        if any(id == document.id and span.overlaps(sentence.span) for id, span in quoted):
            continue
        span = _widened(store, document, sentence, ranked)
        if any(id == document.id and other.overlaps(span) for id, other in quoted):
            span = sentence.span
        quote = _quote(store, document, span, question, sentence, terms)
        quoted += [(document.id, span), *((each.document.id, each.span) for each in quote.elsewhere)]
        quotes.append(quote)
    return quotes


def _quote(
    store: Store, document: Document, span: Span, question: str, sentence: Sentence, terms: QuestionTerms
) -> Quote:
    return Quote(
        text=document.text[span.start : span.end],
        span=span,
        highlights=_items(store, document, sentence, span) or (_answer(store, document, question, sentence, terms),),
        place=document.place(span.start),
        document=DocumentRef.of(document),
        score=sentence.score,
        elsewhere=tuple(_elsewhere(store, document, sentence.span)),
        boxes=store.boxes(store.document_of(sentence.candidate.passage), span),
        doubts=document.doubts_about(span),
    )


def _elsewhere(store: Store, document: Document, sentence: Span) -> Iterator[Location]:
    """The other places of the same sentence, white space aside."""
    for row, span in store.places_of(document.text[sentence.start : sentence.end], MOST_PLACES):
        other = store.document(row)
        if (other.id, span) != (document.id, sentence):
            yield Location(span, other.place(span.start), DocumentRef.of(other))


def _items(store: Store, document: Document, sentence: Sentence, quote: Span) -> tuple[Span, ...]:
    """The quoted items of the list that the sentence introduces; none if it doesn't introduce one."""
    if not _OPENS_LIST.search(document.text[sentence.span.start : sentence.span.end]):
        return ()
    after = (each for each in store.sentences(sentence.candidate.passage) if each.start >= sentence.span.end)
    return tuple(without_marker(document.text, each) for each in after if each.end <= quote.end)


def _answer(store: Store, document: Document, question: str, sentence: Sentence, terms: QuestionTerms) -> Span:
    """The words of the sentence that answer: as the reader found them, or by `highlight` if it didn't read.

    A yes-or-no question is answered by the whole clause of these words.
    """
    answer = _read_answer(store, sentence)
    if not answer:
        words = [_word(store, document.text, word, terms) for word in split(document.text, sentence.span)]
        answer = highlight(document.text, words, sentence.span, question)
    is_statement = answer_type(question) is AnswerType.STATEMENT
    return clause(document.text, answer, sentence.span) if is_statement else answer


def _read_answer(store: Store, sentence: Sentence) -> Span | None:
    """The reader's answer in the sentence, as a span of the document; None if it didn't read."""
    if not sentence.answer:
        return None
    start, span = store.span(sentence.candidate.passage).start, sentence.answer.span
    return Span(start + span.start, start + span.end)


def _word(store: Store, text: str, span: Span, terms: QuestionTerms) -> Word:
    word = text[span.start : span.end]
    share = float(terms.shares[store.lexical.contains(word, terms.words)].sum()) if terms.words else 0.0
    return Word(span, share, not store.lexical.content_words(word))


def _widened(store: Store, document: Document, sentence: Sentence, ranked: Sequence[Sentence]) -> Span:
    """The sentence with the neighbours that are needed to understand it."""
    sentences = store.sentences(sentence.candidate.passage)
    first = last = sentence.position
    scores = {s.position: s.score for s in ranked if s.candidate.passage == sentence.candidate.passage}

    def fits(first: int, last: int) -> bool:
        inside = first >= 0 and last < len(sentences) and last - first < MOST_SENTENCES
        return inside and sentences[last].end - sentences[first].start <= LONGEST

    text = document.text[sentence.span.start : sentence.span.end]
    answer = _read_answer(store, sentence)
    is_pronoun = answer and _PRONOUN.fullmatch(document.text, answer.start, answer.end)
    if (is_pronoun or _REFERS_BACK.match(text)) and fits(first - 1, last):
        first -= 1
    while _OPENS_LIST.search(text) and fits(first, last + 1):
        last += 1
    for position in sorted((first - 1, last + 1), key=lambda p: -scores.get(p, 0.0)):
        near = scores.get(position, -1.0) >= sentence.score - NEAR
        if near and fits(min(first, position), max(last, position)):
            first, last = min(first, position), max(last, position)
    return Span(sentences[first].start, sentences[last].end)
