"""Checks that every quote of a saved answer or chat is still at its place in the source files."""

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
from source import OCR, Document, Span, UsageError, boxes_of, isolated, paths, scan

_WORDS = 3  # of an n-gram
_MOST = 200  # n-grams of a quote, and occurrences of each
_ENOUGH = 0.5  # share of the quote's n-grams that must occur close together
_WINDOW = 1.5  # how close: within this many times the quote's length


def find_moved(text: str, quote: str) -> Span | None:
    """The span of the same words in `text`, white space aside; None if they aren't there."""
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
    """The span in `text` with most of a quote's word trigrams close together; None if there are too few."""
    ngrams = list(dict.fromkeys(islice(_ngrams(quote), _MOST)))
    places = sorted((match.start(), match.end(), ngram) for ngram in ngrams for match in _occurrences(text, ngram))
    near: Counter[str] = Counter()
    first, most, best = 0, 0, range(0)
    for last, (start, _, ngram) in enumerate(places):
        near[ngram] += 1
        while places[first][0] + int(_WINDOW * len(quote)) <= start:
            gone = places[first][2]
            near[gone] -= 1
            if not near[gone]:
                del near[gone]
            first += 1
        if len(near) > most:
            most, best = len(near), range(first, last + 1)
    if not best or most < _ENOUGH * len(ngrams):
        return None
    return Span(places[best[0]][0], max(places[each][1] for each in best))


def _ngrams(quote: str) -> Iterator[str]:
    """Patterns of the quote's words, three in a row."""
    words = re.findall(r"\w+", quote)
    for i in range(max(1, len(words) - _WORDS + 1)):
        if ngram := words[i : i + _WORDS]:
            yield r"\W+".join(map(re.escape, ngram))


def _occurrences(text: str, ngram: str) -> list[re.Match[str]]:
    return list(islice(re.finditer(rf"\b{ngram}\b", text), _MOST))


_SAME_BOX = 1e-4  # tolerance, as a share of the page: an answer has five digits


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one quote. `document`: its id. `reason`: why it was verified or not, in a few words."""

    document: str
    text: str
    verified: bool
    reason: str


def verify(answer: Path, sources: Sequence[str | Path] = ()) -> list[Verdict]:
    """The verdict on every quote of an answer that `qa ask --json` wrote, or of an exported chat.

    The documents are read from `sources` or, without any, from the paths that the
    quotes name. Raises UsageError if the file is neither an answer nor a chat.
    """
    quotes = _quotes(answer)
    ocr = _languages(quotes)
    if given := paths(sources, "sources"):
        documents = {document.id: document for document in scan(given, ocr).documents()} if quotes else {}
        return [_verdict(quote, documents.get(quote.at.document.id)) for quote in quotes]
    files = sorted({quote.at.document.path for quote in quotes})
    named = {(path, document.id): document for path in files for document in scan([path], ocr).documents()}
    return [_verdict(quote, _named(named, quote.at.document)) for quote in quotes]


def _languages(quotes: Sequence[SavedQuote]) -> str:
    """The OCR languages that the quoted documents were read with; "" if none was."""
    all_languages = (quote.at.document.extractor.partition(OCR)[2] for quote in quotes)
    return next((languages for languages in all_languages if languages), "")


def _named(documents: dict[tuple[str, str], Document], reference: DocumentRef) -> Document | None:
    """The document at that path. Its id starts with the file's name if it was read alone, not with its folder."""
    path, id = reference.path, reference.id
    name = Path(path).name
    _, found, member = f"/{id}/".partition(f"/{name}/")
    return documents.get((path, id)) or documents.get((path, f"{name}/{member}".rstrip("/") if found else name))


def _quotes(path: Path) -> list[SavedQuote]:
    try:
        quotes = saved_quotes(json.loads(path.read_text("utf-8")))
        if any(Path(quote.at.document.path).is_dir() for quote in quotes):
            raise ValueError("a quote names a folder")  # a hostile answer could have the whole disk read
    except FileNotFoundError as error:
        raise UsageError(f"No such file: {isolated(path)}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{isolated(path)} isn't a saved answer. Save one with `python -m qa ask --json`, or export a chat "
            "from the page."
        ) from error
    return quotes


def _verdict(quote: SavedQuote, document: Document | None) -> Verdict:
    problem = _problem(quote, document)
    id = quote.at.document.id
    if problem is None and document and document.sha256 != quote.at.document.sha256:
        return Verdict(id, quote.text, True, "found, though the file has changed elsewhere")
    return Verdict(id, quote.text, problem is None, problem or "found")


def _problem(quote: SavedQuote, document: Document | None) -> str | None:
    """What is wrong with a quote; None if nothing is."""
    start, end = quote.at.span.start, quote.at.span.end
    if document is None:
        return "the document is not among the sources"
    if not 0 <= start <= end <= len(document.text) or document.text[start:end] != quote.text:
        return f"not found there: {_whereabouts(quote.text, document)}"
    if not all(start <= span.start <= span.end <= end for span in quote.highlights):
        return "a highlight is outside the quote"
    if not _boxes_hold(quote, document):
        return "its boxes don't match its words on the page"
    return None


def _whereabouts(text: str, document: Document) -> str:
    """What became of a text that isn't at its place in the document."""
    if span := find_moved(document.text, text):
        return f"it moved to {document.place(span.start).numbers}, from {span.start:,} to {span.end:,}"
    if span := find_changed(document.text, text):
        now = " ".join(document.text[span.start : span.end].split())
        return f"it changed, at {document.place(span.start).numbers}, to “{now}”"
    return "it is gone"


def _boxes_hold(quote: SavedQuote, document: Document) -> bool:
    """Whether the boxes of a quote, if it has any, match its words."""
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
