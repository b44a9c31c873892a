"""From the best sentences to quotes: what is quoted around each, which words answer, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from index import Store
from qa.answer import DocumentRef, Location, Quote
from qa.ask.answer_type import AnswerType, answer_type
from qa.ask.extent import Extent, extent_of, read_answer
from qa.ask.highlights import Word, clause, highlight, split
from qa.ask.sentences import QuestionTerms, Sentence
from qa.ask.tables import asked_cell, row_at
from source import Document, Span

MOST_PLACES = 20  # of the same sentence; further ones are not looked up


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
        extent = extent_of(store, document, question, sentence, ranked)
        if any(id == document.id and other.overlaps(extent.span) for id, other in quoted):
            extent = Extent(sentence.span)
        quote = _quote(store, document, extent, question, sentence, terms)
        quoted += [(document.id, extent.span), *((each.document.id, each.span) for each in quote.elsewhere)]
        quotes.append(quote)
    return quotes


def _quote(
    store: Store, document: Document, extent: Extent, question: str, sentence: Sentence, terms: QuestionTerms
) -> Quote:
    answers = extent.items or (_answer(store, document, question, sentence, terms),)
    quote = Quote.of(store, store.document_of(sentence.candidate.passage), extent.span, answers, sentence.score)
    return replace(quote, elsewhere=tuple(_elsewhere(store, document, sentence.span)), more=extent.more)


def _elsewhere(store: Store, document: Document, sentence: Span) -> Iterator[Location]:
    """The other places of the same sentence, white space aside."""
    for row, span in store.places_of(document.text[sentence.start : sentence.end], MOST_PLACES):
        other = store.document(row)
        if (other.id, span) != (document.id, sentence):
            yield Location(span, other.place(span.start), DocumentRef.of(other))


def _answer(store: Store, document: Document, question: str, sentence: Sentence, terms: QuestionTerms) -> Span:
    """The words of the sentence that answer: as the reader found them, or by `highlight` if it didn't read.

    In the row of a table they are those of one cell. A yes-or-no question is answered by the whole clause of the words.
    """
    answer = read_answer(store, sentence)
    if not answer:
        words = [_word(store, document.text, word, terms) for word in split(document.text, sentence.span)]
        answer = highlight(document.text, words, sentence.span, question)
    row = row_at(document, sentence.span)
    cell = row and asked_cell(store, document.text, row, terms, answer)
    if cell and sentence.span.start <= cell.start and cell.end <= sentence.span.end:
        return cell
    is_statement = answer_type(question) is AnswerType.STATEMENT
    return clause(document.text, answer, sentence.span) if is_statement else answer


def _word(store: Store, text: str, span: Span, terms: QuestionTerms) -> Word:
    word = text[span.start : span.end]
    share = float(terms.shares[store.lexical.contains(word, terms.words)].sum()) if terms.words else 0.0
    return Word(span, share, not store.lexical.content_words(word))
