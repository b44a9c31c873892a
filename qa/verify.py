"""Does each quote of a saved answer still stand where it says?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from source import Document, UsageError, find


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
    if sources:
        documents = {document.id: document for document in find(sources).documents()} if quotes else {}
        return [_verdict(quote, documents.get(quote["document"]["id"])) for quote in quotes]
    paths = sorted({quote["document"]["path"] for quote in quotes})
    named = {(path, document.id): document for path in paths for document in find([path]).documents()}
    return [_verdict(quote, _named(named, quote["document"])) for quote in quotes]


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
            if not isinstance(quote["text"], str):
                raise TypeError("a quote has a text")
            if Path(quote["document"]["path"]).is_dir():  # a hostile answer could have the whole disk read
                raise TypeError("a quote stands in a file")
            f"{quote['text']}{quote['document']['id']}".encode()  # half of a surrogate pair could not be printed
            yield quote
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path} is not an answer; save one with `python -m qa ask --json`.") from error


def _verdict(quote: dict[str, Any], document: Document | None) -> Verdict:
    start, end = quote["start"], quote["end"]
    if document is None:
        reason = "the document is not among the sources"
    elif not 0 <= start <= end <= len(document.text) or document.text[start:end] != quote["text"]:
        reason = "the document has other words there"
    elif not all(start <= span["start"] <= span["end"] <= end for span in quote["highlights"]):
        reason = "a highlight lies outside the quote"
    elif document.sha256 != quote["document"]["sha256"]:
        return Verdict(quote["document"]["id"], quote["text"], True, "it stands, though the file was changed elsewhere")
    else:
        return Verdict(quote["document"]["id"], quote["text"], True, "it stands")
    return Verdict(quote["document"]["id"], quote["text"], False, reason)
