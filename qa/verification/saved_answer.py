"""Reads a saved answer from JSON. Its claims about the documents are checked elsewhere (`verify`, `restore`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from index import json_shape
from qa.answer import DocumentRef, State
from qa.ask.lists import MOST_ITEMS
from source import Box, Span


@dataclass(frozen=True, slots=True)
class SavedPlace:
    """A place in a document, as the saved answer claims it."""

    span: Span
    document: DocumentRef


@dataclass(frozen=True, slots=True)
class SavedQuote:
    """The fields written by `quote_json`, except those that follow from the document."""

    text: str
    at: SavedPlace
    highlights: tuple[Span, ...]
    score: float
    elsewhere: tuple[SavedPlace, ...]
    boxes: tuple[Box, ...]
    more: int


@dataclass(frozen=True, slots=True)
class SavedFact:
    """A fact, as the saved answer claims it. `document`: None if it is about all documents."""

    document: DocumentRef | None
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """The fields written by `answer_json`. Its quotes are still JSON; `saved_quote` reads each."""

    question: str
    state: State
    confidence: float
    quotes: tuple[object, ...]
    nearest: tuple[object, ...]
    searched_for: str
    facts: tuple[SavedFact, ...]
    remark: str


_SPAN = {"start": int, "end": int}
_DOCUMENT = {
    "id": json_shape.text,
    "path": json_shape.text,
    "sha256": json_shape.text,
    "title": json_shape.optional(json_shape.text),
    "extractor": json_shape.optional(json_shape.text),
}
_PLACE = {**_SPAN, "document": _DOCUMENT}
_BOX = {"page": int, **dict.fromkeys(("left", "top", "right", "bottom"), json_shape.number)}
_QUOTE = {
    **_PLACE, "text": json_shape.text, "highlights": [_SPAN], "score": json_shape.optional(json_shape.number),
    "elsewhere": json_shape.optional([_PLACE]), "boxes": json_shape.optional([_BOX]),
    "more": json_shape.optional(lambda value: type(value) is int and 0 <= value <= MOST_ITEMS),
}  # fmt: skip
_QUOTES = {"quotes": [_QUOTE], "nearest": json_shape.optional([_QUOTE])}
_FACT = {"name": json_shape.text, "value": json_shape.text, "document": json_shape.optional(_DOCUMENT)}
_CONVERSATION = {"conversation": [_QUOTES]}
_ANSWER = {
    "question": json_shape.text, "answered": bool, "confidence": json_shape.number,
    "quotes": [object], "nearest": [object], "searched_for": json_shape.text,
    "state": json_shape.optional(lambda value: value in list(State)), "facts": json_shape.optional([_FACT]),
    "remark": json_shape.optional(json_shape.text),
}  # fmt: skip


def saved_quote(record: object) -> SavedQuote:
    """A quote from its JSON object. Raises ValueError for anything else."""
    return _quote(_checked(record, _QUOTE))


def saved_answer(record: object) -> SavedAnswer:
    """An answer from its JSON object. Raises ValueError for anything else."""
    answer = _checked(record, _ANSWER)
    return SavedAnswer(
        question=answer["question"],
        state=_state(answer),
        confidence=min(1.0, max(0.0, float(answer["confidence"]))),
        quotes=tuple(answer["quotes"]),
        nearest=tuple(answer["nearest"]),
        searched_for=answer["searched_for"],
        facts=tuple(map(_fact, answer.get("facts", []))),
        remark=answer.get("remark", ""),
    )


def _state(answer: dict[str, Any]) -> State:
    """The state, which earlier versions didn't write. Raises ValueError if it contradicts `answered`."""
    state = State(answer.get("state", State.ANSWERED if answer["answered"] else State.UNSURE))
    if (state is State.ANSWERED) != answer["answered"]:
        raise ValueError("the state contradicts whether it is answered")
    return state


def saved_quotes(record: object) -> list[SavedQuote]:
    """All the quotes of an answer, or of a `{"conversation": [answer, …]}`. Raises ValueError for anything else."""
    if isinstance(record, dict) and "conversation" in record:
        answers = _checked(record, _CONVERSATION)["conversation"]
    else:
        answers = [_checked(record, _QUOTES)]
    return [_quote(quote) for answer in answers for quote in answer["quotes"] + answer.get("nearest", [])]


def _checked(record: object, shape: Any) -> Any:
    if not json_shape.fits(record, shape):
        raise ValueError("not a saved answer")
    return record


def _quote(record: Any) -> SavedQuote:
    return SavedQuote(
        text=record["text"],
        at=_place(record),
        highlights=tuple(map(_span, record["highlights"])),
        score=float(record.get("score", 0)),
        more=record.get("more", 0),
        elsewhere=tuple(map(_place, record.get("elsewhere", []))),
        boxes=tuple(map(_box, record.get("boxes", []))),
    )


def _fact(record: Any) -> SavedFact:
    document = _document(record["document"]) if "document" in record else None
    return SavedFact(document, record["name"], record["value"])


def _place(record: Any) -> SavedPlace:
    return SavedPlace(_span(record), _document(record["document"]))


def _document(record: Any) -> DocumentRef:
    id, path, sha256 = (record[name] for name in ("id", "path", "sha256"))
    title, extractor = (record.get(name, "") for name in ("title", "extractor"))
    return DocumentRef(id, title, path, sha256, extractor)


def _box(record: Any) -> Box:
    left, top, right, bottom = (float(record[side]) for side in ("left", "top", "right", "bottom"))
    return Box(record["page"], left, top, right, bottom)


def _span(record: Any) -> Span:
    return Span(record["start"], record["end"])
