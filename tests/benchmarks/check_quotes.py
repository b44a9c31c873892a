"""Is every quote from real files the words that stand there?

    python tests/benchmarks/check_quotes.py SOURCE... [--questions N]

Every readable file is indexed; every passage, and every quote that answers
questions cut out of random passages, is compared with the file decoded anew.
Prints the counts; the exit status is 1 if one quote differs.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import qa
from index import build
from source import Document, Span, scan
from source.errors import SourceError


def readable(roots: list[Path]) -> Iterator[Path]:
    """The files that can be indexed; the others are named with their reason."""
    for root in roots:
        for file in scan([root]).files:
            try:
                list(scan([file.path]).documents())
            except SourceError as error:
                print(f"refused: {error}")
            else:
                yield file.path


def questions(book: qa.Book, count: int) -> Iterator[str]:
    """Runs of words cut out of random passages."""
    pick = random.Random(0)
    for _ in range(count):
        words = book.store.passage(pick.randrange(len(book.store))).text.split()
        start = pick.randrange(max(1, len(words) - 5))
        if any(char.isalnum() for char in "".join(words[start : start + 8])):
            yield " ".join(words[start : start + 8])[: qa.MAX_QUESTION]


def stands(document: Document, span: Span, text: str) -> bool:
    """Whether `text` is what the document says there, outside all that is not to be quoted."""
    marked = any(span.overlaps(region.span) for region in document.regions if not region.kind.quotable)
    return bool(text) and document.text[span.start : span.end] == text and not marked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--questions", type=int, default=20, help="for each file (default: %(default)s)")
    arguments = parser.parse_args()
    files = quotes = passages = wrong = 0
    for path in readable(arguments.sources):
        files += 1
        fresh = {document.id: document for document in scan([path]).documents()}
        with tempfile.TemporaryDirectory() as scratch:
            build(Path(scratch), [path])
            book = qa.load(scratch)
            for row in range(len(book.store)):
                passage = book.store.passage(row)
                passages += 1
                wrong += not stands(fresh[passage.document_id], passage.span, passage.text)
            for question in questions(book, arguments.questions):
                answer = book.ask(question)
                for quote in answer.quotes + answer.nearest:
                    quotes += 1
                    inside = all(quote.span.start <= h.start <= h.end <= quote.span.end for h in quote.highlights)
                    wrong += not (inside and stands(fresh[quote.document.id], quote.span, quote.text))
    print(f"{files} files, {passages} passages, {quotes} quotes: {wrong} differ from the file.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
