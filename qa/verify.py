"""Does each quote of a saved answer still stand where it says?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.found_again import changed, moved
from source import OCR, Document, Span, UsageError, boxes_of, find

_BOX = ("page", "left", "top", "right", "bottom")
_SAME_BOX = 1e-4  # of the page: an answer gives five digits


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one quote: it `stands`, or `reason` says why not."""

    document: str
    text: str
    stands: bool
    reason: str


def verify(answer: Path, sources: Sequence[str | Path] = ()) -> list[Verdict]:
    """The verdict on every quote of an answer that `qa ask --json` wrote.

    The documents are read again from `sources`, or else from the paths that
    the quotes name. Raises UsageError when the file is no such answer.
    """
    quotes = list(_quotes(answer))
    ocr = _languages(quotes)
    if sources:
        documents = {document.id: document for document in find(sources, ocr).documents()} if quotes else {}
        return [_verdict(quote, documents.get(quote["document"]["id"])) for quote in quotes]
    paths = sorted({quote["document"]["path"] for quote in quotes})
    named = {(path, document.id): document for path in paths for document in find([path], ocr).documents()}
    return [_verdict(quote, _named(named, quote["document"])) for quote in quotes]


def _languages(quotes: Sequence[dict[str, Any]]) -> str:
    """Those of the text that was recognised when the answer was given."""
    found = (quote["document"].get("extractor", "").partition(OCR)[2] for quote in quotes)
    return next((languages for languages in found if languages), "")


def _named(documents: dict[tuple[str, str], Document], reference: dict[str, str]) -> Document | None:
    """The document of that path; a file that is named by itself has its name for an id, whatever the folder gave it."""
    path, id = reference["path"], reference["id"]
    return documents.get((path, id)) or documents.get((path, Path(path).name))


def _quotes(path: Path) -> Iterator[dict[str, Any]]:
    try:
        answer = json.loads(path.read_text("utf-8"))
        for quote in [*answer["quotes"], *answer.get("nearest", [])]:
            spans = [quote, *quote["highlights"]]
            if not all(type(span[end]) is int for span in spans for end in ("start", "end")):
                raise TypeError("offsets are whole numbers")
            if not all(isinstance(quote["document"][key], str) for key in ("id", "path", "sha256")):
                raise TypeError("a document has an id, a path and a sha256")
            if not isinstance(quote["document"].get("extractor", ""), str):
                raise TypeError("an extractor is a name")
            if not all(_is_number(box[name]) for box in quote.get("boxes", []) for name in _BOX):
                raise TypeError("a box has a page and four sides")
            if not isinstance(quote["text"], str):
                raise TypeError("a quote has a text")
            if Path(quote["document"]["path"]).is_dir():  # a hostile answer could have the whole disk read
                raise TypeError("a quote stands in a file")
            f"{quote['text']}{quote['document']['id']}".encode()  # half of a surrogate pair could not be printed
            yield quote
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path} is not an answer; save one with `python -m qa ask --json`.") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _verdict(quote: dict[str, Any], document: Document | None) -> Verdict:
    reason = _complaint(quote, document)
    if reason is None and document and document.sha256 != quote["document"]["sha256"]:
        return Verdict(quote["document"]["id"], quote["text"], True, "it stands, though the file was changed elsewhere")
    return Verdict(quote["document"]["id"], quote["text"], reason is None, reason or "it stands")


def _complaint(quote: dict[str, Any], document: Document | None) -> str | None:
    """What is wrong with a quote; None if it stands."""
    start, end = quote["start"], quote["end"]
    if document is None:
        return "the document is not among the sources"
    if not 0 <= start <= end <= len(document.text) or document.text[start:end] != quote["text"]:
        return f"the document has other words there; {_whereabouts(quote['text'], document)}"
    if not all(start <= span["start"] <= span["end"] <= end for span in quote["highlights"]):
        return "a highlight lies outside the quote"
    if not _boxes_hold(quote, document):
        return "its boxes are not where its words stand on the page"
    return None


def _whereabouts(text: str, document: Document) -> str:
    """What became of words that do not stand where they should."""
    if span := moved(document.text, text):
        return f"it moved to {document.place(span.start).numbers}, from {span.start:,} to {span.end:,}"
    if span := changed(document.text, text):
        now = " ".join(document.text[span.start : span.end].split())
        return f"it changed, at {document.place(span.start).numbers}, to “{now}”"
    return "it is gone"


def _boxes_hold(quote: dict[str, Any], document: Document) -> bool:
    """Whether the boxes that a quote claims, if it does, are those of its words."""
    claimed = quote.get("boxes", [])
    if not claimed:
        return True
    if document.corners is None:
        return False
    span = Span(quote["start"], quote["end"])
    found = boxes_of(document.places, span, document.corners[span.start : span.end], quote["text"])
    return len(found) == len(claimed) and all(
        abs(getattr(box, name) - other[name]) <= _SAME_BOX
        for box, other in zip(found, claimed, strict=True)
        for name in _BOX
    )
