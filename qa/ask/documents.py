"""Answers questions about the documents, which `qa.ask.understand.about` recognises, from facts and quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from index import Store
from qa.answer import Answer, DocumentRef, Fact, Quote, State
from qa.ask.named import MOST_MEANT, Names
from qa.ask.summary import SENTENCES, central_sentences
from qa.ask.understand.about import ANY, AsksAbout, Aspect, words_of
from source import Document, DocumentFacts, Span, Stated, StatedName, trim

MOST_LISTED = 20
"""Documents that an answer lists by their titles; more are only counted."""
MOST_OPENED = 5
"""Documents whose facts an answer shows."""
_SUMMARISED = 3  # documents; of several, one sentence each
_LONGEST_LINE = 350  # characters of a line that is quoted for what it states

_EMPTY = words_of("empty")


@dataclass(slots=True)
class _Found:
    """What an answer is made of."""

    quotes: list[Quote] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def add(self, store: Store, document: Document, stated: Stated) -> None:
        """Adds a statement: as a quote of its line or, if it doesn't stand in the text to be quoted, as a fact."""
        span = _line(document, stated.span) if stated.span else None
        if span is None or stated.span is None:
            self.facts.append(Fact(DocumentRef.of(document), stated.name.value, stated.value))
        elif any(quote.document.id == document.id and quote.span == span for quote in self.quotes):
            self._mark(document, span, stated.span)
        else:
            self.quotes.append(quoted(store, document, span, (stated.span,)))

    def _mark(self, document: Document, span: Span, highlight: Span) -> None:
        """Highlights one more part of a line that is quoted already."""
        for number, quote in enumerate(self.quotes):
            if quote.document.id == document.id and quote.span == span:
                self.quotes[number] = quoted_again(quote, highlight)


def quoted(store: Store, document: Document, span: Span, highlights: tuple[Span, ...]) -> Quote:
    """A quote of a span."""
    return Quote.of(store, store.rows.row(document.id), span, highlights, 1.0)


def quoted_again(quote: Quote, highlight: Span) -> Quote:
    """The quote with one more highlight, if it doesn't overlap the others."""
    if any(each.overlaps(highlight) for each in quote.highlights):
        return quote
    return replace(quote, highlights=tuple(sorted((*quote.highlights, highlight))))


def _line(document: Document, stated: Span) -> Span | None:
    """The line in which something is stated, or else only its words; None if they may not be quoted."""
    text = document.text
    start = max(text.rfind("\n", 0, stated.start), text.rfind("\r", 0, stated.start)) + 1
    ends = [end for end in (text.find("\n", stated.end), text.find("\r", stated.end)) if end >= 0]
    line = trim(text, Span(start, min(ends, default=len(text))))
    if line and len(line) <= _LONGEST_LINE and document.is_quotable(line):
        return line
    return stated if document.is_quotable(stated) else None


def answer_about(
    store: Store, names: Names, asked: AsksAbout, question: str, selected: Sequence[str], follows: bool
) -> Answer | None:
    """The answer to a question about documents; None if there are no such documents or nothing is known of them.

    `selected`: the ids of the documents that are asked; all if empty. `follows`: whether questions came before.
    """
    scope = [store.rows.row(id) for id in dict.fromkeys(selected)] if selected else range(store.documents)
    meant = _meant(store, names, asked, scope, follows)
    if meant is None:
        return None
    found = _Found()
    _ANSWERS[asked.what](store, names, asked, meant, found)
    if not found.quotes and not found.facts:
        return None
    return Answer(question, State.ANSWERED, 1.0, tuple(found.quotes), (), question, tuple(found.facts))


def _meant(store: Store, names: Names, asked: AsksAbout, scope: Sequence[int], follows: bool) -> Sequence[int] | None:
    """The rows of the documents that a question means, in order; None if there are none of that name."""
    if asked.points and (follows or len(scope) > 1):
        return None
    words = [word for word in asked.subject.split() if word not in _EMPTY]
    if all(word in ANY for word in words):
        return scope
    if len(words) == 1 and len(scope) == 1 and asked.what not in _COLLECTION:
        return scope  # "the report", where there is only one document
    if not names.few:
        return None
    rows = names.of_file(words[-1]) if "." in words[-1] else names.of_phrase(asked.subject)
    among = frozenset(scope) if len(scope) < store.documents else None
    found = sorted(rows if among is None else rows & among)
    return found if found and (len(found) <= MOST_MEANT or asked.what in _COLLECTION) else None


_Answering = Callable[[Store, Names, AsksAbout, Sequence[int], _Found], None]


def _stated(store: Store, names: Names, asked: AsksAbout, rows: Sequence[int], found: _Found) -> None:
    name = StatedName(asked.what.value)
    for document in _documents(store, _with(store, names, rows, name)[:MOST_OPENED]):
        for each in document.stated:
            if each.name is name:
                found.add(store, document, each)


def _with(store: Store, names: Names, rows: Sequence[int], name: StatedName) -> list[int]:
    """Those of the documents that state something; of many, only if there are not too many to look."""
    if len(rows) <= MOST_OPENED:
        return list(rows)
    return [row for row in rows if _value(names.facts[row], name)] if names.few else []


def _value(facts: DocumentFacts, name: StatedName) -> object:
    return {StatedName.AUTHOR: facts.authors, StatedName.DATE: facts.date, StatedName.VERSION: facts.version}[name]


def _documents(store: Store, rows: Sequence[int]) -> Iterator[Document]:
    return (store.document(row) for row in rows)


def _size(store: Store, names: Names, asked: AsksAbout, rows: Sequence[int], found: _Found) -> None:
    """The number of pages and words, or of words alone if there are no pages."""
    for document in _documents(store, rows[:MOST_OPENED]):
        ref, pages = DocumentRef.of(document), len(document.places.pages)
        if pages and asked.what is not Aspect.WORDS:
            found.facts.append(Fact(ref, "pages", str(pages)))
        if not pages or asked.what is not Aspect.PAGES:
            found.facts.append(Fact(ref, "words", _words(document)))


def _title(store: Store, names: Names, asked: AsksAbout, rows: Sequence[int], found: _Found) -> None:
    for facts in store.rows.facts(rows[:MOST_OPENED]):
        found.facts.append(Fact(DocumentRef.of(facts), "title", facts.title))


def _list(store: Store, names: Names, asked: AsksAbout, rows: Sequence[int], found: _Found) -> None:
    """How many there are and, if asked for, the titles of the first."""
    found.facts.append(Fact(None, "documents", str(len(rows))))
    if asked.what is not Aspect.COUNT:
        for facts in store.rows.facts(rows[:MOST_LISTED]):
            found.facts.append(Fact(DocumentRef.of(facts), "title", facts.title))


def _newest(store: Store, names: Names, asked: AsksAbout, rows: Sequence[int], found: _Found) -> None:
    """The document with the latest date, or the earliest, and where it states it."""
    if not names.few:
        return
    dated = [(names.facts[row].date, row) for row in rows if names.facts[row].date]
    if not dated:
        return
    pick = max if asked.what is Aspect.NEWEST else min
    best = pick(date for date, _ in dated)
    for document in _documents(store, [row for date, row in dated if date == best][:MOST_OPENED]):
        found.facts.append(Fact(DocumentRef.of(document), "title", document.title))
        for each in document.stated:
            if each.name is StatedName.DATE:
                found.add(store, document, each)


def holds(document: Document, name: str, value: str) -> bool:
    """Whether a fact about a document is right."""
    values = {
        **{each.value: {one.value for one in document.stated if one.name is each} for each in StatedName},
        "title": {document.title},
        "pages": {str(len(document.places.pages))},
    }
    return value == _words(document) if name == "words" else value in values.get(name, ())


def _words(document: Document) -> str:
    return str(len(document.text.split()))


def _summary(store: Store, names: Names, asked: AsksAbout, rows: Sequence[int], found: _Found) -> None:
    """The title and the most central sentences; of several documents, one sentence of each of the first."""
    if len(rows) > _SUMMARISED:
        found.facts.append(Fact(None, "documents", str(len(rows))))
    most = SENTENCES if len(rows) == 1 else 1
    for row in rows[:_SUMMARISED]:
        document = store.document(row)
        found.facts.append(Fact(DocumentRef.of(document), "title", document.title))
        spans = central_sentences(store, row, most)
        found.quotes += [quoted(store, document, span, ()) for span in spans if document.is_quotable(span)]


_COLLECTION = (Aspect.LIST, Aspect.COUNT, Aspect.NEWEST, Aspect.OLDEST)
_ANSWERS: dict[Aspect, _Answering] = {
    **dict.fromkeys((Aspect.AUTHOR, Aspect.DATE, Aspect.VERSION), _stated),
    **dict.fromkeys((Aspect.PAGES, Aspect.WORDS, Aspect.LENGTH), _size),
    Aspect.TITLE: _title,
    **dict.fromkeys((Aspect.LIST, Aspect.COUNT), _list),
    **dict.fromkeys((Aspect.NEWEST, Aspect.OLDEST), _newest),
    Aspect.SUMMARY: _summary,
}
