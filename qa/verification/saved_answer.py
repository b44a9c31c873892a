"""Reads a saved answer from JSON. Its claims about the documents are checked elsewhere (`verify`, `requote`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from qa.answer import DocumentRef
from source import Box, Span, is_unicode

_FAR = 1e9  # no score or share of a page comes near it

_T = TypeVar("_T")


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


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """The fields written by `answer_json`. Its quotes are still JSON; `saved_quote` reads each."""

    question: str
    answered: bool
    confidence: float
    quotes: tuple[object, ...]
    nearest: tuple[object, ...]
    searched_for: str


def saved_quote(record: object) -> SavedQuote:
    """A quote from its JSON object. Raises ValueError for anything else."""
    return _read(_quote, record)


def saved_answer(record: object) -> SavedAnswer:
    """An answer from its JSON object. Raises ValueError for anything else."""
    return _read(_answer, record)


def saved_quotes(record: object) -> list[SavedQuote]:
    """All quotes of an answer, or of a `{"conversation": [answer, …]}`. Raises ValueError for anything else."""
    return _read(_quotes, record)


def _read(reader: Callable[[Any], _T], record: object) -> _T:
    try:
        return reader(record)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("this is no saved answer") from error


def _quotes(record: Any) -> list[SavedQuote]:
    answers = _list(record["conversation"]) if "conversation" in record else [record]
    return [_quote(quote) for answer in answers for quote in _list(answer["quotes"]) + _list(answer.get("nearest", []))]


def _answer(record: Any) -> SavedAnswer:
    if not isinstance(record["answered"], bool):
        raise TypeError("it is answered or it is not")
    return SavedAnswer(
        question=_string(record["question"]),
        answered=record["answered"],
        confidence=min(1.0, max(0.0, _number(record["confidence"]))),
        quotes=tuple(_list(record["quotes"])),
        nearest=tuple(_list(record["nearest"])),
        searched_for=_string(record["searched_for"]),
    )


def _quote(record: Any) -> SavedQuote:
    return SavedQuote(
        text=_string(record["text"]),
        at=_place(record),
        highlights=tuple(map(_span, _list(record["highlights"]))),
        score=_number(record.get("score", 0)),
        elsewhere=tuple(map(_place, _list(record.get("elsewhere", [])))),
        boxes=tuple(map(_box, _list(record.get("boxes", [])))),
    )


def _place(record: Any) -> SavedPlace:
    document = record["document"]
    id, path, sha256 = (_string(document[name]) for name in ("id", "path", "sha256"))
    title, extractor = (_string(document.get(name, "")) for name in ("title", "extractor"))
    return SavedPlace(_span(record), DocumentRef(id, title, path, sha256, extractor))


def _box(record: Any) -> Box:
    left, top, right, bottom = (_number(record[side]) for side in ("left", "top", "right", "bottom"))
    return Box(_integer(record["page"]), left, top, right, bottom)


def _span(record: Any) -> Span:
    return Span(_integer(record["start"]), _integer(record["end"]))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("several are written as a list, one too")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str) or not is_unicode(value):
        raise TypeError("a text is a string that can be printed")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("offsets and pages are whole numbers")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_FAR < value < _FAR:
        raise TypeError("this is a number within reason")
    return float(value)
