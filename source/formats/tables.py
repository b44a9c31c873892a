"""Tables: rows of cells that may span columns and rows, the head of their columns, and what holds for several rows.

>>> rows = placed([[Cell("Year", rows=2), Cell("Visitors", columns=2)], [Cell("Adults"), Cell("Children")],
...                [Cell("2031", rows=2), Cell("310"), Cell("40")], [Cell("298"), Cell("35")]])
>>> rows[3].text
'298\\t35'
>>> head_height(rows), head_title(rows[:2])
(2, 'Year | Visitors Adults | Visitors Children')
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from source.places import GROUP_LEVEL, Heading

NUMBER = re.compile(r"[^\w\s]*\d[\d\W]*(?:[a-z]{1,3}|e[-+]?\d+)?", re.IGNORECASE)
"""What a cell with a number matches whole; or a date, a price, "12 km"."""
YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_WIDEST_GAP = 20  # tabs between two cells, however many empty ones there are
_LONGEST_TITLE = 200  # characters of a head's title
_LONGEST_VALUE = 120  # characters that a heading has of a cell; a longer one that spans all columns is no title
_MOST_COLUMNS = 1000  # that a cell spans
_MOST_COVERED = 2_000_000  # positions in and below cells; beyond them, cells are read as if they spanned one row
_MOST_OPEN = 16  # cells beside each other that span the same row

MOST_SPANS = 200_000
"""Cells that are headings of a document; of further ones it is not known what they span."""
Merged = Mapping[int, tuple[int, int]]
"""Column (from 0) of a cell that spans others → how many columns and rows it spans."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as files write it: not where it stands, only how many columns and rows it spans."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: the text of each filled cell by its column, from 0, and the cells that span several columns or rows."""

    cells: Mapping[int, str]
    merged: Merged = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Its cells, with a tab for each step from one column to the next."""
        columns = sorted(self.cells)
        return self.cells[columns[0]] + "".join(
            "\t" * min(column - before, _WIDEST_GAP) + self.cells[column] for before, column in pairwise(columns)
        )

    def indent(self, first: int = 0) -> str:
        """The tabs before the first filled cell, in a table whose columns begin with `first`."""
        return "\t" * min(min(self.cells) - first, _WIDEST_GAP)

    def values(self, first: int, width: int) -> list[str]:
        """The text of each of the columns; that of a cell that spans several is in each of them."""
        found, spanning, end = [], "", 0
        for column in range(first, first + width):
            text = self.cells.get(column, "")
            if column in self.merged:
                spanning, end = text, column + self.merged[column][0]
            found.append(text or (spanning if column < end else ""))
        return found


def placed(rows: Iterable[Sequence[Cell]]) -> list[TableRow]:
    """The rows with each cell in its column: the first that is free, as no cell of a row above spans it.

    Columns in which no cell begins are left out: programs define many more than they show.
    """
    found: list[tuple[dict[int, str], dict[int, tuple[int, int]]]] = []
    covered: dict[int, int] = {}  # column → the row after the last that a cell from above spans
    begun: set[int] = set()
    allowed = _MOST_COVERED
    for number, row in enumerate(rows):
        covered = {column: end for column, end in covered.items() if end > number} if allowed > 0 else {}
        allowed -= len(covered)
        cells: dict[int, str] = {}
        merged: dict[int, tuple[int, int]] = {}
        column = 0
        for cell in row:
            while column in covered:
                column += 1
            columns = max(1, min(cell.columns, _MOST_COLUMNS))
            down = cell.rows if (allowed := allowed - columns) > 0 else 1
            if cell.text:
                cells[column] = cell.text
            if columns > 1 or down > 1:
                merged[column] = columns, down
            if down > 1:
                covered.update(dict.fromkeys(range(column, column + columns), number + down))
            begun.add(column)
            column += columns
        found.append((cells, merged))
    return _without_columns_between(found, sorted(begun))


def _without_columns_between(
    rows: Iterable[tuple[dict[int, str], dict[int, tuple[int, int]]]], begun: Sequence[int]
) -> list[TableRow]:
    """The rows with their columns numbered anew: only those count in which a cell begins."""
    numbers = {column: number for number, column in enumerate(begun)}

    def width(column: int, columns: int) -> int:
        return max(1, bisect_left(begun, column + columns) - numbers[column])

    return [
        TableRow(
            {numbers[column]: text for column, text in cells.items()},
            {numbers[column]: (width(column, columns), down) for column, (columns, down) in merged.items()},
        )
        for cells, merged in rows
    ]


def spans_all(row: TableRow, first: int, width: int) -> bool:
    """Whether a row is one cell across all columns of its table: the title of what is below it, or a note."""
    return width > 1 and list(row.cells) == [first] and row.merged.get(first, (1, 1))[0] >= width


def is_title(text: str) -> bool:
    """Whether the only cell of a row names what is below it: it is short, and no sentence."""
    return len(text) <= _LONGEST_VALUE and not text.endswith((".", ":", "!", "?"))


def head_height(rows: Sequence[TableRow], least: int = 1) -> int:
    """How many rows name the columns, from the first on: `least`, and those that go on below names of several columns.

    At least one row remains below the head.
    """
    height = least
    while height + 1 < len(rows) and _goes_on(rows[height - 1], rows[height]):
        height += 1
    return min(height, len(rows) - 1)


def _goes_on(above: TableRow, below: TableRow) -> bool:
    """Whether a row goes on with the names in the one above: it has names, and none below one of a single column."""
    grouped = set(_below_several(above.merged))
    if sum(column in grouped for column in below.cells) < 2:
        return False
    if any(NUMBER.fullmatch(text) and not YEAR.fullmatch(text) for text in below.cells.values()):
        return False
    return all(column in grouped or column not in above.cells for column in below.cells)


def column_names(head: Sequence[TableRow], first: int, width: int) -> list[str]:
    """The name of each column, from all rows of the head: "2030 Plan"."""
    names = [""] * width
    for row in head:
        if not spans_all(row, first, width):
            names = [_joined(*pair) for pair in zip(names, row.values(first, width), strict=True)]
    return names


def head_title(head: Sequence[TableRow], first: int = 0, width: int = 0) -> str:
    """The names of as many columns as fit into a heading."""
    return joined_names(column_names(head, first, width or width_of(head)))


def joined_names(names: Iterable[str]) -> str:
    """As many names as fit into a heading; one of several columns beside each other counts once."""
    title = " | ".join(name for name, _ in groupby(filter(None, names)))
    if len(title) <= _LONGEST_TITLE:
        return title
    return title[:_LONGEST_TITLE].rpartition(" | ")[0] or title[:_LONGEST_TITLE]


class SpanHeadings:
    """Adds what holds for several rows of a table to the headings of its document.

    A cell that spans rows is a heading of these, with the name of its column: "Year: 2031". A short cell across all
    columns is one of the rows below it, up to the next such cell.
    """

    def __init__(self, headings: list[Heading]) -> None:
        self._headings = headings
        self._names: Mapping[int, str] = {}
        self._columns = range(0)
        self._open: dict[int, tuple[int, int]] = {}  # column → its heading, and the row after the last it spans
        self._group: int | None = None  # the heading that is a cell across all columns
        self._next_group = ""
        self._left = MOST_SPANS

    def begin(self, columns: range, names: Sequence[str] = ()) -> None:
        """Begins a table with these columns; `names`: theirs, if the table has a head."""
        self._columns = columns
        self._names = dict(zip(columns, names, strict=False))

    def add(self, row: TableRow, number: int, start: int, end: int) -> None:
        """Adds a row, whose text begins at `start`; the text of the row before it ended at `end`."""
        self._close((column for column, (_, last) in self._open.items() if last <= number), end)
        if self._next_group:
            self._heading(GROUP_LEVEL, self._next_group, start)
            self._group, self._next_group = len(self._headings) - 1, ""
        if spans_all(row, self._columns.start, len(self._columns)):
            text = row.cells[self._columns.start]
            self._end_group(end)
            self._next_group = text if is_title(text) and self._left > 0 else ""
            return
        spanning = {
            column: (self._titled(column, row.cells[column]), number + down)
            for column, (_, down) in sorted(row.merged.items())
            if down > 1 and column in row.cells
        }
        if spanning and len(spanning) + len(self._open) <= min(_MOST_OPEN, self._left):
            self._span(spanning, start, end)

    def end(self, end: int) -> None:
        """Ends the table, whose text ends at `end`."""
        self._close(self._open, end)
        self._end_group(end)
        self._next_group = ""

    def _titled(self, column: int, text: str) -> str:
        name = self._names.get(column, "")
        return f"{name}: {text}" if name else text

    def _span(self, spanning: dict[int, tuple[str, int]], start: int, end: int) -> None:
        """Adds headings: column → title, and the row after the last. Those of columns to the right begin anew below."""
        right = {column: found for column, found in self._open.items() if column > min(spanning)}
        self._close((*right, *spanning), end)
        titles = {column: (self._headings[at].title, last) for column, (at, last) in right.items()} | spanning
        for column, (title, last) in sorted(titles.items()):
            self._open[column] = self._heading(GROUP_LEVEL + 1 + column, title, start), last

    def _heading(self, level: int, title: str, start: int) -> int:
        self._left -= 1
        short = title if len(title) <= _LONGEST_VALUE else f"{title[: _LONGEST_VALUE - 1]}…"
        self._headings.append(Heading(start, level, short))
        return len(self._headings) - 1

    def _close(self, columns: Iterable[int], end: int) -> None:
        for column in list(columns):
            if found := self._open.pop(column, None):
                self._headings[found[0]] = replace(self._headings[found[0]], end=end)

    def _end_group(self, end: int) -> None:
        if self._group is not None:
            self._headings[self._group] = replace(self._headings[self._group], end=end)
            self._group = None


def _below_several(merged: Merged) -> Iterator[int]:
    """The columns that cells span which span several of them."""
    reach = 0
    for column in sorted(merged):
        end = column + merged[column][0]
        if merged[column][0] > 1:
            yield from range(max(column, reach), end)
            reach = max(reach, end)


def width_of(rows: Iterable[TableRow]) -> int:
    """How many columns rows have."""
    return max((end for row in rows for end in _ends(row)), default=0)


def _ends(row: TableRow) -> Iterator[int]:
    yield from (column + 1 for column in row.cells)
    yield from (column + columns for column, (columns, _) in row.merged.items())


def _joined(upper: str, lower: str) -> str:
    return upper if upper == lower else f"{upper} {lower}".strip()
