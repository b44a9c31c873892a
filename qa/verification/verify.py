"""Does each quote of a saved answer still stand where it says?"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import accumulate, islice
from pathlib import Path

from qa.answer import DocumentRef
from qa.verification.saved_answer import SavedQuote, saved_quotes
from source import OCR, Document, Span, UsageError, boxes_of, scan

_WORDS = 3  # in a row, that are looked for together
_MOST = 200  # such rows of a quote, and places of each
_ENOUGH = 0.5  # of the quote's rows of words: so many must stand close together
_LONGER = 1.5  # times the quote's length: how close


def find_moved(text: str, quote: str) -> Span | None:
    """Where the same words stand in `text`, white space aside."""
    words = [(match.start(), match[0]) for match in re.finditer(r"\S+", text)]
    sought = " ".join(quote.split())
    found = " ".join(word for _, word in words).find(sought) if sought else -1
    if found < 0:
        return None
    starts = list(accumulate((len(word) + 1 for _, word in words), initial=0))

    def place(at: int) -> int:
        number = bisect_right(starts, at) - 1
        return words[number][0] + at - starts[number]

    return Span(place(found), place(found + len(sought) - 1) + 1)


def find_changed(text: str, quote: str) -> Span | None:
    """Where most of a quote's words stand, in rows of three, close together; None if nowhere."""
    rows = list(dict.fromkeys(islice(_rows(quote), _MOST)))
    places = sorted((match.start(), match.end(), row) for row in rows for match in _occurrences(text, row))
    near: Counter[str] = Counter()
    first, most, best = 0, 0, range(0)
    for last, (start, _, row) in enumerate(places):
        near[row] += 1
        while places[first][0] + int(_LONGER * len(quote)) <= start:
            gone = places[first][2]
            near[gone] -= 1
            if not near[gone]:
                del near[gone]
            first += 1
        if len(near) > most:
            most, best = len(near), range(first, last + 1)
    if not best or most < _ENOUGH * len(rows):
        return None
    return Span(places[best[0]][0], max(places[each][1] for each in best))


def _rows(quote: str) -> Iterator[str]:
    words = re.findall(r"\w+", quote)
    for i in range(max(1, len(words) - _WORDS + 1)):
        if row := words[i : i + _WORDS]:
            yield r"\W+".join(map(re.escape, row))


def _occurrences(text: str, row: str) -> list[re.Match[str]]:
    return list(islice(re.finditer(rf"\b{row}\b", text), _MOST))


_SAME_BOX = 1e-4  # of the page: an answer gives five digits


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one quote: it `stands`, or `reason` says why not."""

    document: str
    text: str
    stands: bool
    reason: str


def verify(answer: Path, sources: Sequence[str | Path] = ()) -> list[Verdict]:
    """The verdict on every quote of an answer that `qa ask --json` wrote, or of a conversation of such answers.

    The documents are read again from `sources`, or else from the paths that
    the quotes name. Raises UsageError when the file is neither.
    """
    quotes = _quotes(answer)
    ocr = _languages(quotes)
    if sources:
        documents = {document.id: document for document in scan(sources, ocr).documents()} if quotes else {}
        return [_verdict(quote, documents.get(quote.at.document.id)) for quote in quotes]
    paths = sorted({quote.at.document.path for quote in quotes})
    named = {(path, document.id): document for path in paths for document in scan([path], ocr).documents()}
    return [_verdict(quote, _named(named, quote.at.document)) for quote in quotes]


def _languages(quotes: Sequence[SavedQuote]) -> str:
    """Those of the text that was recognised when the answer was given."""
    found = (quote.at.document.extractor.partition(OCR)[2] for quote in quotes)
    return next((languages for languages in found if languages), "")


def _named(documents: dict[tuple[str, str], Document], reference: DocumentRef) -> Document | None:
    """The document of that path; a file that is named by itself has its name for an id, whatever the folder gave it."""
    path, id = reference.path, reference.id
    return documents.get((path, id)) or documents.get((path, Path(path).name))


def _quotes(path: Path) -> list[SavedQuote]:
    try:
        quotes = saved_quotes(json.loads(path.read_text("utf-8")))
        if any(Path(quote.at.document.path).is_dir() for quote in quotes):
            raise ValueError("a quote stands in a file")  # a hostile answer could have the whole disk read
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is not an answer; save one with `python -m qa ask --json`, or a conversation from the page."
        ) from error
    return quotes


def _verdict(quote: SavedQuote, document: Document | None) -> Verdict:
    reason = _complaint(quote, document)
    id = quote.at.document.id
    if reason is None and document and document.sha256 != quote.at.document.sha256:
        return Verdict(id, quote.text, True, "it stands, though the file was changed elsewhere")
    return Verdict(id, quote.text, reason is None, reason or "it stands")


def _complaint(quote: SavedQuote, document: Document | None) -> str | None:
    """What is wrong with a quote; None if it stands."""
    start, end = quote.at.span.start, quote.at.span.end
    if document is None:
        return "the document is not among the sources"
    if not 0 <= start <= end <= len(document.text) or document.text[start:end] != quote.text:
        return f"the document has other words there; {_whereabouts(quote.text, document)}"
    if not all(start <= span.start <= span.end <= end for span in quote.highlights):
        return "a highlight lies outside the quote"
    if not _boxes_hold(quote, document):
        return "its boxes are not where its words stand on the page"
    return None


def _whereabouts(text: str, document: Document) -> str:
    """What became of words that do not stand where they should."""
    if span := find_moved(document.text, text):
        return f"it moved to {document.place(span.start).numbers}, from {span.start:,} to {span.end:,}"
    if span := find_changed(document.text, text):
        now = " ".join(document.text[span.start : span.end].split())
        return f"it changed, at {document.place(span.start).numbers}, to “{now}”"
    return "it is gone"


def _boxes_hold(quote: SavedQuote, document: Document) -> bool:
    """Whether the boxes that a quote claims, if it does, are those of its words."""
    if not quote.boxes:
        return True
    if document.corners is None:
        return False
    span = quote.at.span
    found = boxes_of(document.places, span, document.corners[span.start : span.end], quote.text)
    return len(found) == len(quote.boxes) and all(
        abs(here - there) <= _SAME_BOX
        for box, claimed in zip(found, quote.boxes, strict=True)
        for here, there in zip(astuple(box), astuple(claimed), strict=True)
    )
