"""Finds the cell of a table's row that a question asks for: the one below the head that it names.

>>> text = "Year\\tMonth\\tVisitors\\n2023\\tMarch\\t5,100"
>>> row = row_of(text, Span(20, 36), Span(0, 19), "Year | Month | Visitors")
>>> [(head, text[cell.start : cell.end]) for head, cell in zip(row.heads, row.cells)]
[('Year', '2023'), ('Month', 'March'), ('Visitors', '5,100')]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index import Store
from qa.ask.sentences import QuestionTerms
from source import Document, Span, trim

_LONGEST = 4000  # characters of a row that is divided into cells
# What divides cells; before it, what may hold a delimiter that divides none: in Markdown, and in CSV files.
_DELIMITERS = {
    "\t": re.compile(r"\t"),
    "|": re.compile(r"\\.|\|", re.DOTALL),
    ";": re.compile(r'"(?:[^"]++|"")*+"|;'),
    ",": re.compile(r'"(?:[^"]++|"")*+"|,'),
}
_BETWEEN = " | "  # columns, in the title of a table's head


@dataclass(frozen=True, slots=True)
class HeadedRow:
    """A row of a table: its cells, and the words at the head of each; the last cells may be missing."""

    cells: tuple[Span, ...]
    heads: tuple[str, ...]


def row_at(document: Document, span: Span) -> HeadedRow | None:
    """The row that a sentence is in; None if it isn't below the head of a table."""
    row = _paragraph(document, span.start)
    ends = (each for each in reversed(document.places.headings_at(span.start)) if each.end is not None)
    for heading in ends if row else ():  # the head, or a cell that spans the row
        head = _paragraph(document, heading.start)
        if row and head and not head.overlaps(row) and (found := row_of(document.text, row, head, heading.title)):
            return found
    return None


def row_of(text: str, row: Span, head: Span, title: str) -> HeadedRow | None:
    """The row, divided as the head is; None if it can't be. `title`: the head as a heading."""
    if len(row) > _LONGEST or len(head) > _LONGEST:
        return None
    names = title.split(_BETWEEN)
    for delimiter in _DELIMITERS:
        heads = tuple(text[each.start : each.end] for each in _cells(text, head, delimiter))
        if len(heads) > 1 and sum(map(bool, heads)) >= len(names):
            cells = tuple(_cells(text, row, delimiter))
            return HeadedRow(cells, heads) if len(cells) <= len(heads) else None
    return None


def asked_cell(store: Store, text: str, row: HeadedRow, terms: QuestionTerms, answer: Span) -> Span | None:
    """The cell that answers; None if the question names no column, and the `answer` found in the row is in one cell.

    Words of the question that the row has say which row is meant, so they name no column, and their cells don't answer.
    If the answer reaches over several cells, the first of these that the question doesn't name is meant.
    """
    if not terms.words:
        return None
    met = [store.lexical.contains(text[cell.start : cell.end], terms.words) for cell in row.cells]
    names: NDArray[np.bool_] = np.logical_or.reduce(met)
    free = [cell for cell, own in zip(row.cells, met, strict=True) if len(cell) and not own.any()]
    shares = {
        cell: float(terms.shares[store.lexical.contains(head, terms.words) & ~names].sum())
        for cell, head in zip(row.cells, row.heads, strict=False)
        if cell in free
    }
    best = max(shares.values(), default=0.0)
    named = [cell for cell, share in shares.items() if share == best > 0]
    if len(named) == 1:
        return named[0]
    reached = [cell for cell in row.cells if cell.overlaps(answer)]
    return next((cell for cell in reached if cell in free), None) if len(reached) > 1 else None


def _paragraph(document: Document, offset: int) -> Span | None:
    """The row of a table at an offset, with the empty cells before its first word."""
    number = document.places.paragraph(offset)
    span = document.places.paragraphs[number - 1] if number else None
    if span is None or not span.start <= offset < span.end:
        return None
    before = document.text[max(0, span.start - _LONGEST) : span.start]
    return Span(span.start - (len(before) - len(before.rstrip("\t "))), span.end)


def _cells(text: str, row: Span, delimiter: str) -> Iterator[Span]:
    """The cells without the white space and quotation marks around them; an empty one is an empty span."""
    start, end = row.start, row.end
    if delimiter == "|":  # Markdown has bars at the ends, too
        row = trim(text, row)
        start, end = row.start + text.startswith("|", row.start), row.end - text.endswith("|", row.start + 1, row.end)
    for match in _DELIMITERS[delimiter].finditer(text, start, end):
        if match.group() == delimiter:
            yield _bare(text, Span(start, match.start()))
            start = match.end()
    yield _bare(text, Span(start, end))


def _bare(text: str, cell: Span) -> Span:
    cell = trim(text, cell)
    if len(cell) > 1 and text[cell.start] == text[cell.end - 1] == '"':
        return Span(cell.start + 1, cell.end - 1)
    return cell
