"""Restores a saved answer from the documents as they are now.

Clients that store answers (the page stores them in the browser) send them back as
JSON, which is not trusted. Only the question, the scores and the positions of the
words are taken from it, the positions only if the document has these words there;
everything else comes from the documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from index import LONGEST_PASSAGE
from qa.answer import Answer, DocumentRef, Fact, Location, Quote, State
from qa.ask.conversation import MAX_QUESTION
from qa.ask.documents import holds
from qa.ask.quotes import MOST_PLACES
from qa.ask.understand import REMARKS
from qa.edition import Edition
from qa.verification.saved_answer import SavedAnswer, SavedFact, SavedPlace, SavedQuote, saved_answer, saved_quote
from source import ChapterVerseError, Document, Span, UsageError

MOST_QUOTES = 20  # of an answer
_MOST_HIGHLIGHTS = 200  # of a quote
_MOST_FACTS = 100  # of an answer


class QuoteGone(ChapterVerseError):
    """A quote is no longer at its place in the documents."""


def restore_quote(edition: Edition, record: object) -> Quote:
    """The quote of a `quote_json` object, restored from the documents of `edition`.

    Other places that no longer exist are left out. Raises QuoteGone if the document
    is gone, has changed or has other words there, and UsageError if `record` isn't a
    quote.
    """
    try:
        quote = saved_quote(record)
    except ValueError as error:
        raise UsageError("Invalid quote data. Ask again.") from error
    return _restored(edition, quote)


def restore_answer(edition: Edition, record: object) -> tuple[Answer, tuple[int, ...]]:
    """The answer of an `answer_json` object, and the positions of its quotes that are gone and left out.

    Positions count from 0 in the quotes that are shown: `quotes` if answered, else
    `nearest`. Invalid quotes count as gone. Raises UsageError if `record` isn't an
    answer.
    """
    try:
        saved = saved_answer(record)
    except ValueError as error:
        raise UsageError("Invalid answer data. Ask again.") from error
    _check_size(saved)
    answered = saved.state is State.ANSWERED
    restored = [_restored_or_none(edition, quote) for quote in (saved.quotes if answered else saved.nearest)]
    quotes = tuple(filter(None, restored))
    answer = Answer(
        question=saved.question,
        state=saved.state,
        confidence=saved.confidence,
        quotes=quotes if answered else (),
        nearest=() if answered else quotes,
        searched_for=saved.searched_for,
        facts=tuple(fact for each in saved.facts if (fact := _restored_fact(edition, each))),
        remark=saved.remark if saved.remark in REMARKS else "",
    )
    return answer, tuple(position for position, quote in enumerate(restored) if quote is None)


def _check_size(saved: SavedAnswer) -> None:
    if len(saved.quotes) + len(saved.nearest) > MOST_QUOTES:
        raise UsageError(f"The answer has more than {MOST_QUOTES} quotes. Ask again for fewer.")
    if len(saved.facts) > _MOST_FACTS:
        raise UsageError(f"The answer has more than {_MOST_FACTS} facts. Ask again.")
    # `searched_for` joins two questions.
    if max(len(saved.question), len(saved.searched_for)) > 2 * MAX_QUESTION + len(" "):
        raise UsageError(f"The question of the answer is too long (the limit is {MAX_QUESTION:,} characters).")


def _restored_or_none(edition: Edition, record: object) -> Quote | None:
    try:
        return restore_quote(edition, record)
    except (QuoteGone, UsageError):
        return None


def _restored_fact(edition: Edition, fact: SavedFact) -> Fact | None:
    """The fact, if it still holds."""
    if fact.document is None:
        number = int(fact.value) if fact.name == "documents" and fact.value.isdecimal() and len(fact.value) < 10 else -1
        return Fact(None, fact.name, str(number)) if 0 <= number <= edition.store.documents else None
    try:
        document = edition.document(fact.document.id)
    except KeyError:
        return None
    return Fact(DocumentRef.of(document), fact.name, fact.value) if holds(document, fact.name, fact.value) else None


def _restored(edition: Edition, quote: SavedQuote) -> Quote:
    if len(quote.highlights) > _MOST_HIGHLIGHTS:
        raise UsageError(f"The quote has more than {_MOST_HIGHLIGHTS} highlights. Ask again.")
    span = quote.at.span
    document = _document(edition, quote.at)
    if document is None or not _fits(document, span, quote.highlights):
        raise _gone()
    text = document.text[span.start : span.end]
    if text != quote.text:
        raise _gone()
    return Quote(
        text=text,
        span=span,
        highlights=quote.highlights,
        place=document.place(span.start),
        document=DocumentRef.of(document),
        score=quote.score,
        more=quote.more,
        elsewhere=tuple(_elsewhere(edition, text, quote.elsewhere)),
        boxes=edition.boxes(document.id, span),
        doubts=document.doubts_about(span),
    )


def _gone() -> QuoteGone:
    return QuoteGone("The document has changed or was removed since the answer was given. Ask again.")


def _document(edition: Edition, place: SavedPlace) -> Document | None:
    """The document, if it is unchanged and may be quoted at this place."""
    try:
        document = edition.document(place.document.id)
    except KeyError:
        return None
    same = (document.sha256, document.extractor) == (place.document.sha256, place.document.extractor)
    fits = document.is_quotable(place.span) and len(place.span) <= LONGEST_PASSAGE
    return document if same and fits else None


def _fits(document: Document, span: Span, highlights: Sequence[Span]) -> bool:
    """Whether the highlights are inside the quote, in order and without overlaps."""
    inside = all(span.start <= each.start <= each.end <= span.end for each in highlights)
    return inside and all(one.end <= other.start for one, other in pairwise(highlights))


def _elsewhere(edition: Edition, text: str, places: Sequence[SavedPlace]) -> Iterator[Location]:
    """Those of the places whose text is part of the quote, white space aside."""
    quoted = " ".join(text.split())
    for place in places[:MOST_PLACES]:
        document = _document(edition, place)
        if document and " ".join(document.text[place.span.start : place.span.end].split()) in quoted:
            yield Location(place.span, document.place(place.span.start), DocumentRef.of(document))
