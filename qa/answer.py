"""What a question becomes: hits, quotes and answers. All offsets are the document's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from index import Passage
from source import Box, Document, Doubt, Place, Span


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query; rank 1 is the best. Scores compare within one query only."""

    passage: Passage
    score: float
    rank: int
    document: DocumentRef


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Which file a quote stands in: enough to prove it again."""

    id: str
    title: str
    path: str
    sha256: str
    extractor: str

    @classmethod
    def of(cls, document: Document) -> DocumentRef:
        return cls(document.id, document.title, document.path, document.sha256, document.extractor)


@dataclass(frozen=True, slots=True)
class Location:
    """Where the same words stand again, but for white space."""

    span: Span
    place: Place
    document: DocumentRef


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a document: `document.text[span.start:span.end] == text`, always.

    `highlights` are spans of the document inside `span`; `score` is the
    relevance by which quotes of one answer are ordered. `elsewhere`: where else
    the sentence with the answer stands. `boxes`: around its lines, page by page,
    where the format has pages and the place of every letter is known. `doubts`:
    why its document or page may not be read as it shows.
    """

    text: str
    span: Span
    highlights: tuple[Span, ...]
    place: Place
    document: DocumentRef
    score: float
    elsewhere: tuple[Location, ...] = ()
    boxes: tuple[Box, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def text_of(self, highlight: Span) -> str:
        """The words of one of the highlights."""
        return self.text[highlight.start - self.span.start : highlight.end - self.span.start]


@dataclass(frozen=True, slots=True)
class Answer:
    """Quotes that answer, or none and the `nearest` misses.

    `confidence` is the probability that the first quote answers the question;
    `searched_for` is the question as understood in the conversation.
    """

    question: str
    answered: bool
    confidence: float
    quotes: tuple[Quote, ...]
    nearest: tuple[Quote, ...]
    searched_for: str


def quote_json(quote: Quote) -> dict[str, Any]:
    """The fields of a quote as plain JSON values; `elsewhere`, `boxes` and `doubts` only if there are any."""
    fields = {
        "text": quote.text,
        "start": quote.span.start,
        "end": quote.span.end,
        "highlights": [{"start": span.start, "end": span.end} for span in quote.highlights],
        "document": document_json(quote.document),
        "place": place_json(quote.place),
        "score": round(quote.score, 4),
    }
    more = {
        "elsewhere": [_location_json(each) for each in quote.elsewhere],
        "boxes": [{name: round(value, 5) for name, value in asdict(box).items()} for box in quote.boxes],
        "doubts": [asdict(doubt) for doubt in quote.doubts],
    }
    return {**fields, **{name: values for name, values in more.items() if values}}


def _location_json(location: Location) -> dict[str, Any]:
    return {
        "start": location.span.start,
        "end": location.span.end,
        "document": document_json(location.document),
        "place": place_json(location.place),
    }


def place_json(place: Place) -> dict[str, Any]:
    """The fields of a place as plain JSON values."""
    return {"page": place.page, "heading": list(place.heading), "paragraph": place.paragraph, "line": place.line}


def answer_json(answer: Answer) -> dict[str, Any]:
    """The object that `qa ask --json` prints and `/ask` returns."""
    return {
        "question": answer.question,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "searched_for": answer.searched_for,
        "quotes": [quote_json(quote) for quote in answer.quotes],
        "nearest": [quote_json(quote) for quote in answer.nearest],
    }


def hits_json(query: str, hits: list[Hit]) -> dict[str, Any]:
    """The object that `qa retrieve --json` prints and `/retrieve` returns."""
    return {
        "query": query,
        "hits": [
            {
                "rank": hit.rank,
                "score": round(hit.score, 4),
                "text": hit.passage.text,
                "start": hit.passage.span.start,
                "end": hit.passage.span.end,
                "document": document_json(hit.document),
            }
            for hit in hits
        ],
    }


def document_json(document: DocumentRef) -> dict[str, str]:
    """The fields of a document reference as plain JSON values."""
    return {
        "id": document.id,
        "title": document.title,
        "path": document.path,
        "sha256": document.sha256,
        "extractor": document.extractor,
    }
