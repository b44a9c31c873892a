"""Composes a spreadsheet's text, row by row: a paragraph for each, under the sheet's name and the heads of its columns.

Blank rows divide a sheet into blocks. The head of a block is found by the rules of CSV files, from its first rows; so
a sheet is read as it comes, and only its text is kept in memory.

>>> builder = SheetBuilder()
>>> rows = [SheetRow({0: "Ship", 1: "Sails"}, number=1), SheetRow({0: "Erik", 1: "3"}, number=2)]
>>> builder.sheet("Fleet", iter(rows))
>>> document = builder.build(id="a.xlsx", extractor="xlsx/1")
>>> document.text
'Fleet\\n\\nShip\\tSails\\nErik\\t3'
>>> place = document.place(document.text.index("Erik"))
>>> place.heading, place.numbers
(('Fleet', 'Ship | Sails'), 'cells A2:B2')
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np

from source.builder import first_title
from source.document import Document, Doubt, DoubtKind, Region, RegionKind, Stated
from source.errors import SourceEmpty
from source.formats.csv import first_of_table, is_header, is_unlike
from source.formats.tables import SpanHeadings, TableRow, column_names, head_height, is_title, joined_names, spans_all
from source.limits import check_growth
from source.places import HEADER_LEVEL, Heading, Labels, Places
from source.spans import Span, Spans
from source.untrusted_text import isolated

MOST_COLUMNS = 1 << 14
_SAMPLE = 100  # rows of a block from which its head is guessed
_CAPTION_LEVEL = 2
_PIECE = 1 << 20  # characters that are joined at once


@dataclass(frozen=True, slots=True)
class SheetRow(TableRow):
    """A row with its number, from 1.

    `last`: the number of the last of equal rows that a file writes as one; 0 for a single row.
    """

    number: int = field(kw_only=True)
    last: int = field(default=0, kw_only=True)

    @property
    def end(self) -> int:
        """The number of the row after it."""
        return max(self.number, self.last) + 1

    @property
    def label(self) -> str:
        """Its cells, as a formula names them: "A7:F7"."""
        first = f"{column_name(min(self.cells))}{self.number}"
        last = f"{column_name(max(self.cells))}{self.end - 1}"
        return first if first == last else f"{first}:{last}"


def column_name(number: int) -> str:
    """The letters of a column, from 0.

    >>> column_name(0), column_name(25), column_name(26), column_name(16383)
    ('A', 'Z', 'AA', 'XFD')
    """
    name = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


class SheetBuilder:
    """Collects the sheets of a spreadsheet. `size`: of the file in bytes, with its name for errors."""

    def __init__(self, size: int = 0, shown_as: str = "") -> None:
        self._size, self._shown_as = size, shown_as
        self._pieces: list[str] = []
        self._parts: list[str] = []  # not joined yet
        self._unjoined = self._length = 0
        self._paragraphs = array("i")
        self._labels: list[str] = []
        self._label_pieces: list[str] = []
        self._headings: list[Heading] = []
        self._spans = SpanHeadings(self._headings)
        self._regions: list[Region] = []
        self._doubts: list[Doubt] = []
        self._head = _Head()  # of the last table
        self._left = 0  # the first column of the block

    def sheet(self, name: str, rows: Iterator[SheetRow]) -> None:
        """Adds a sheet; rows without text are dropped, and a sheet without any is left out."""
        rows = (row for row in rows if row.cells)
        if (first := next(rows, None)) is None:
            return
        span = self._add(" ".join(name.split()) or "-", "\n\n")
        self._headings.append(Heading(span.start, 1, " ".join(name.split()) or "-"))
        self._regions.append(Region(span, RegionKind.HEADING))
        self._head = _Head()
        for block in _blocks(chain([first], rows)):
            self._block(block)

    def doubt(self, kind: DoubtKind, count: int) -> None:
        """Records a doubt about the text, if there is any."""
        self._doubts += [Doubt(kind, count=count)] if count else []

    def build(
        self, *, id: str, extractor: str, title: str = "", path: str = "", sha256: str = "",
        stated: Sequence[Stated] = (),
    ) -> Document:  # fmt: skip
        """The finished document, titled after its first sheet if it has no `title`. Raises SourceEmpty."""
        if not self._paragraphs:
            raise SourceEmpty(f"{isolated(self._shown_as or id)} contains no text.")
        self._join()
        text = "".join(self._pieces)
        self._pieces.clear()  # it may be hundreds of megabytes
        return Document(
            id=id,
            title=title or first_title(self._headings) or id,
            path=path,
            sha256=sha256,
            extractor=extractor,
            text=text,
            regions=tuple(self._regions),
            places=Places(
                paragraphs=Spans(np.frombuffer(self._paragraphs, np.int32).reshape(-1, 2)),
                headings=tuple(self._headings),
                own_lines=False,
                labels=Labels("".join(self._label_pieces)),
                label_name="cells",
            ),
            doubts=tuple(self._doubts),
            stated=tuple(stated),
        )

    def _block(self, rows: Iterator[SheetRow]) -> None:
        """Adds rows with no blank one between them: captions, the head, and the rows below it."""
        sample = list(islice(rows, _SAMPLE))
        head = _head(sample)
        self._left = min(min(row.cells) for row in sample)
        opened: list[int] = []
        gap = "\n\n"
        for number, row in enumerate(sample[: head.first]):
            if number == head.first - 1 and _is_caption(row):
                self._open(_CAPTION_LEVEL, row.text, gap)
            self._row(row, gap)
            gap = "\n"
        if head.names:
            opened.append(self._open(HEADER_LEVEL, joined_names(head.names), gap))
            for row in sample[head.first : head.first + head.rows]:
                self._row(row, gap, RegionKind.HEADING if head.certain else None)
                gap = "\n"
            self._head = head
        elif not head.first and _fits(sample, self._head.columns):
            opened.append(self._open(HEADER_LEVEL, joined_names(self._head.names), gap))
        named = self._head if opened else head
        self._body(chain(sample[head.first + head.rows :], rows), named.columns, named.names, gap)
        for at in opened:
            self._end_heading(at)

    def _body(self, rows: Iterable[SheetRow], columns: range, names: Sequence[str], gap: str) -> None:
        """Adds the rows of a table with these columns; `names`: theirs, if it has a head."""
        self._spans.begin(columns, names)
        for row in rows:
            before = self._length
            self._spans.add(row, row.number, self._start(gap), before)
            self._row(row, gap)
            gap = "\n"
        self._spans.end(self._length)

    def _open(self, level: int, title: str, gap: str) -> int:
        """Adds a heading of the rows from the next one on, and returns its position."""
        self._headings.append(Heading(self._start(gap), level, title))
        return len(self._headings) - 1

    def _start(self, gap: str) -> int:
        """Where the next row starts, or its first tab."""
        return self._length + (len(gap) if self._length else 0)

    def _end_heading(self, at: int) -> None:
        heading = self._headings[at]
        self._headings[at] = Heading(heading.start, heading.level, heading.title, self._length)

    def _row(self, row: SheetRow, gap: str, kind: RegionKind | None = None) -> Span:
        span = self._add(row.text, gap + row.indent(self._left))
        self._paragraphs.extend((span.start, span.end))
        self._labels.append(row.label + "\n")
        if kind:
            self._regions.append(Region(span, kind))
        return span

    def _add(self, text: str, gap: str) -> Span:
        if self._length:
            self._parts.append(gap)
            self._length += len(gap)
            self._unjoined += len(gap)
        self._parts.append(text)
        span = Span(self._length, self._length + len(text))
        self._length = span.end
        self._unjoined += len(text)
        if self._unjoined > _PIECE:
            self._join()
            check_growth(self._length, self._size, self._shown_as)
        return span

    def _join(self) -> None:
        """Joins what was added last: millions of short strings take several times the memory of one long one."""
        self._pieces.append("".join(self._parts))
        self._label_pieces.append("".join(self._labels))
        self._parts.clear()
        self._labels.clear()
        self._unjoined = 0


@dataclass(frozen=True, slots=True)
class _Head:
    """The head of a block: the position of its first row, how many rows it has, and the names of the columns."""

    first: int = 0
    rows: int = 0
    names: Sequence[str] = ()
    certain: bool = False  # that it isn't data
    columns: range = range(0)


def _blocks(rows: Iterable[SheetRow]) -> Iterator[Iterator[SheetRow]]:
    """The runs of rows with consecutive numbers; each must be consumed before the next."""
    source = iter(rows)
    pending: list[SheetRow] = list(islice(source, 1))

    def run() -> Iterator[SheetRow]:
        following = pending.pop()
        while True:
            yield following
            row = next(source, None)
            if row is None:
                return
            if row.number != following.end:
                pending.append(row)
                return
            following = row

    while pending:
        yield run()


def _head(sample: Sequence[SheetRow]) -> _Head:
    """The head of the columns, by the rules of CSV files; over merged cells, the names in two rows together."""
    first = min(min(row.cells) for row in sample)
    width = min(max(max(row.cells) for row in sample) - first + 1, MOST_COLUMNS)
    rows = [row.values(first, width) for row in sample]
    at = first_of_table(rows)
    columns = range(first, first + width)
    while at + 1 < len(rows) and spans_all(sample[at], first, width):
        at += 1
    if width > 1 and at + 1 < len(rows):
        height = head_height(sample[at:])
        names = column_names(sample[at : at + height], first, width)
        shown, below = _without_empty(names, rows[at + height :])
        if is_header(shown, below):
            return _Head(at, height, names, is_unlike(below), columns)
    return _Head(_captions(sample), columns=columns)


def _fits(sample: Sequence[SheetRow], columns: range) -> bool:
    """Whether rows continue a table with these columns, after a blank row."""
    return all(min(row.cells) in columns and max(row.cells) in columns and len(row.cells) > 1 for row in sample)


def _without_empty(names: list[str], rows: Sequence[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The names and rows without the columns that are empty in all of these."""
    kept = [at for at, name in enumerate(names) if name or any(row[at] for row in rows)]
    return [names[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _captions(sample: Sequence[SheetRow]) -> int:
    """How many rows at the start of a block without a head are captions: one, alone or above a row of several cells."""
    return int(_is_caption(sample[0]) and (len(sample) == 1 or len(sample[1].cells) > 1))


def _is_caption(row: SheetRow) -> bool:
    """Whether a row is a title of what is below it: a single short cell that isn't a sentence."""
    return len(row.cells) == 1 and is_title(row.text)
