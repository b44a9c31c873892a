"""An answer that was given before, made again from the documents as they are now.

Who keeps answers elsewhere (the page keeps them in the browser) sends them back
as JSON. Of that only the question, the scores and where the words stand is taken
over, the last when the document bears it out; all else is the document's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from index import LONGEST_PASSAGE
from qa.answer import Answer, DocumentRef, Location, Quote
from qa.ask.conversation import MAX_QUESTION
from qa.ask.quotes import MOST_PLACES
from qa.edition import Edition
from qa.verification.saved_answer import SavedAnswer, SavedPlace, SavedQuote, saved_answer, saved_quote
from source import ChapterVerseError, Document, Span, UsageError

MOST_QUOTES = 20  # of an answer
_MOST_HIGHLIGHTS = 200  # of a quote


class QuoteGone(ChapterVerseError):
    """The documents no longer have a quote where it stood."""


def restore_quote(edition: Edition, record: object) -> Quote:
    """The quote that `quote_json` made `record` of, from the documents of `edition`.

    Other places of it that are no more are left out. Raises QuoteGone when its
    document is not there, has changed or has other words there, and UsageError
    when `record` is no quote.
    """
    try:
        quote = saved_quote(record)
    except ValueError as error:
        raise UsageError("What was sent is not a quote; ask the question again.") from error
    return _again(edition, quote)


def restore_answer(edition: Edition, record: object) -> tuple[Answer, tuple[int, ...]]:
    """The answer that `answer_json` made `record` of, and which of its quotes are gone and left out.

    They are counted from 0 over those that are shown: `quotes` of an answer, else `nearest`. What is no
    quote is gone, too. Raises UsageError when `record` is no answer.
    """
    try:
        saved = saved_answer(record)
    except ValueError as error:
        raise UsageError("What was sent is not an answer; ask the question again.") from error
    _check_size(saved)
    again = [_unless_gone(edition, quote) for quote in (saved.quotes if saved.answered else saved.nearest)]
    stand = tuple(filter(None, again))
    answer = Answer(
        question=saved.question,
        answered=saved.answered,
        confidence=saved.confidence,
        quotes=stand if saved.answered else (),
        nearest=() if saved.answered else stand,
        searched_for=saved.searched_for,
    )
    return answer, tuple(position for position, quote in enumerate(again) if quote is None)


def _check_size(saved: SavedAnswer) -> None:
    if len(saved.quotes) + len(saved.nearest) > MOST_QUOTES:
        raise UsageError(f"The answer has more than {MOST_QUOTES} quotes; ask the question again for fewer.")
    # What is searched for is put together of two questions.
    if max(len(saved.question), len(saved.searched_for)) > 2 * MAX_QUESTION + len(" "):
        raise UsageError(f"The question of the answer is too long; ask it in {MAX_QUESTION:,} characters at most.")


def _unless_gone(edition: Edition, record: object) -> Quote | None:
    try:
        return restore_quote(edition, record)
    except (QuoteGone, UsageError):
        return None


def _again(edition: Edition, quote: SavedQuote) -> Quote:
    if len(quote.highlights) > _MOST_HIGHLIGHTS:
        raise UsageError(f"The quote has more than {_MOST_HIGHLIGHTS} highlights; ask the question again.")
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
        elsewhere=tuple(_elsewhere(edition, text, quote.elsewhere)),
        boxes=edition.boxes(document.id, span),
        doubts=document.doubts_about(span),
    )


def _gone() -> QuoteGone:
    return QuoteGone("The document has changed since this answer was given; ask the question again.")


def _document(edition: Edition, place: SavedPlace) -> Document | None:
    """The document, if it is the one that was quoted and can be quoted there."""
    try:
        document = edition.document(place.document.id)
    except KeyError:
        return None
    same = (document.sha256, document.extractor) == (place.document.sha256, place.document.extractor)
    fits = document.is_quotable(place.span) and len(place.span) <= LONGEST_PASSAGE
    return document if same and fits else None


def _fits(document: Document, span: Span, highlights: Sequence[Span]) -> bool:
    """Whether the highlights lie in the quote, one after another."""
    inside = all(span.start <= each.start <= each.end <= span.end for each in highlights)
    return inside and all(one.end <= other.start for one, other in pairwise(highlights))


def _elsewhere(edition: Edition, text: str, places: Sequence[SavedPlace]) -> Iterator[Location]:
    """Those of the places where a part of the quote stands, white space aside."""
    quoted = " ".join(text.split())
    for place in places[:MOST_PLACES]:
        document = _document(edition, place)
        if document and " ".join(document.text[place.span.start : place.span.end].split()) in quoted:
            yield Location(place.span, document.place(place.span.start), DocumentRef.of(document))
