"""The results of a question: hits, quotes and answers, and their JSON. All offsets are in the document's text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from index import Passage, Store
from source import Box, Document, DocumentFacts, Doubt, Place, Span


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query. `rank`: 1 is the best. `score`: comparable only within one query."""

    passage: Passage
    score: float
    rank: int
    document: DocumentRef


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A reference to a document that is sufficient to verify a quote from it.

    `date`: the document's, in ISO form, as precise as it is known; empty if it isn't.
    `address` and `fetched`: of a copy of a web page, where it came from and when; else empty.
    """

    id: str
    title: str
    path: str
    sha256: str
    extractor: str
    date: str = ""
    address: str = ""
    fetched: str = ""

    @classmethod
    def of(cls, document: Document | DocumentFacts) -> DocumentRef:
        return cls(**{field.name: getattr(document, field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Location:
    """Another place of the same words, white space aside."""

    span: Span
    place: Place
    document: DocumentRef


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim quote: `document.text[span.start:span.end] == text`, always.

    `highlights`: the spans (of the document, inside `span`) that answer. `score`:
    the relevance by which the quotes of one answer are ordered. `elsewhere`: other
    places of the sentence with the answer. `boxes`: around its lines, page by page,
    if the format has pages and the position of every letter is known. `doubts`: why
    the text of its document or page may differ from what the original shows. `more`:
    how many items of the quoted list follow the quote.
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
    more: int = 0

    @classmethod
    def of(cls, store: Store, row: int, span: Span, highlights: tuple[Span, ...], score: float) -> Quote:
        """The quote of a span of the document in this row, with its place, boxes and doubts."""
        document = store.document(row)
        return cls(
            text=document.text[span.start : span.end],
            span=span,
            highlights=highlights,
            place=document.place(span.start),
            document=DocumentRef.of(document),
            score=score,
            boxes=store.boxes(row, span),
            doubts=document.doubts_about(span),
        )

    def text_of(self, highlight: Span) -> str:
        """The text of one of the highlights."""
        return self.text[highlight.start - self.span.start : highlight.end - self.span.start]


class State(StrEnum):
    """How far a question is answered: by a quote, perhaps by one of the closest passages, or by nothing found."""

    ANSWERED = "answered"
    UNSURE = "unsure"
    NOTHING = "nothing found"


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a document and does not stand in its text, so that it can't be quoted.

    `name`: "author", "date" (in ISO form), "version", "title", "pages", "words" or, of all documents together
    (`document` is None), "documents", their number.
    """

    document: DocumentRef | None
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The quotes that answer a question, or none and the closest passages as `nearest`.

    `confidence`: the probability that the first quote answers the question.
    `searched_for`: the question as it was understood, with its context from the
    conversation. `facts`: what answers a question about the documents themselves, as far
    as it isn't quoted. `remark`: what is to be said instead of an answer, if it isn't a
    question about the documents: "greeting", "thanks", "help" or "instruction".
    """

    question: str
    state: State
    confidence: float
    quotes: tuple[Quote, ...]
    nearest: tuple[Quote, ...]
    searched_for: str
    facts: tuple[Fact, ...] = ()
    remark: str = ""

    @property
    def answered(self) -> bool:
        """Whether `quotes` or `facts` answer the question."""
        return self.state is State.ANSWERED


def quote_json(quote: Quote) -> dict[str, Any]:
    """A quote as a JSON object; `elsewhere`, `boxes`, `doubts` and `more` are left out if empty."""
    fields = {
        "text": quote.text,
        "start": quote.span.start,
        "end": quote.span.end,
        "highlights": [{"start": span.start, "end": span.end} for span in quote.highlights],
        "document": document_json(quote.document),
        "place": place_json(quote.place),
        "score": round(quote.score, 4),
    }
    optional = {
        "elsewhere": [_location_json(each) for each in quote.elsewhere],
        "boxes": [{name: round(value, 5) for name, value in asdict(box).items()} for box in quote.boxes],
        "doubts": [asdict(doubt) for doubt in quote.doubts],
        "more": quote.more,
    }
    return {**fields, **{name: values for name, values in optional.items() if values}}


def _location_json(location: Location) -> dict[str, Any]:
    return {
        "start": location.span.start,
        "end": location.span.end,
        "document": document_json(location.document),
        "place": place_json(location.place),
    }


def place_json(place: Place) -> dict[str, Any]:
    """A place as a JSON object; `label` is left out if the format doesn't name its paragraphs."""
    label = {"label": f"{place.label_name} {place.label}"} if place.label else {}
    own = {"page": place.page, "heading": list(place.heading), "paragraph": place.paragraph, "line": place.line}
    return {**own, **label}


def answer_json(answer: Answer) -> dict[str, Any]:
    """The object that `qa ask --json` prints and `/ask` returns; `facts` and `remark` are left out if empty."""
    fields = {
        "question": answer.question,
        "answered": answer.answered,
        "state": answer.state.value,
        "confidence": round(answer.confidence, 4),
        "searched_for": answer.searched_for,
        "quotes": [quote_json(quote) for quote in answer.quotes],
        "nearest": [quote_json(quote) for quote in answer.nearest],
    }
    optional = {"facts": list(map(_fact_json, answer.facts)), "remark": answer.remark}
    return {**fields, **{name: value for name, value in optional.items() if value}}


def _fact_json(fact: Fact) -> dict[str, Any]:
    document = {"document": document_json(fact.document)} if fact.document else {}
    return {**document, "name": fact.name, "value": fact.value}


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
    """A document reference as a JSON object; `date`, `address` and `fetched` are left out if empty."""
    optional = ("date", "address", "fetched")
    return {name: value for name, value in asdict(document).items() if value or name not in optional}
