"""The tables of reStructuredText: drawn as a grid, or simple ones between rules of `=`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from source.formats.rst.lines import GRID, SIMPLE, Line, plain

_BORDER = re.compile(r"\+[-=+]+\+|=+(?: +=+)*|-+(?: +-+)*")
_SIMPLE_BORDER = re.compile(r"=+(?: +=+)*")
_COLUMN = re.compile(r"[-=]+")


@dataclass(slots=True)
class Table:
    """A table's borders, and its rows (of a line or more); the first `headed` of them name the columns."""

    end: int
    rows: list[list[Line]] = field(default_factory=list)
    borders: list[Line] = field(default_factory=list)
    headed: int = 0


def table_at(lines: Sequence[Line], at: int) -> Table | None:
    """The table that begins at the line number `at`; of one that is never closed, only that line."""
    top = lines[at]
    simple = bool(SIMPLE.match(top.words))
    if not (simple or GRID.match(top.words)):
        return None
    table = Table(_simple_end(lines, at) if simple else _grid_end(lines, at))
    row: list[Line] = []
    for line in lines[at : table.end]:
        if _BORDER.fullmatch(line.words):
            if "=" in line.words and line is not lines[table.end - 1]:
                table.headed = len(table.rows)
            table.borders.append(line)
            row = []
        elif line.words:
            if not row or (simple and line.column <= top.column):  # else its first cell is empty: it goes on
                table.rows.append(row := [])
            row.append(line)
    return table


def header_of(table: Table) -> str:
    """The names of the columns; empty if the table has none."""
    top = table.borders[0]
    lines = [" " * (line.column - top.column) + line.words for row in table.rows[: table.headed] for line in row]
    columns = [match.span() for match in _COLUMN.finditer(top.words)]
    if top.words[0] == "=":  # the last column of a simple table has no end
        columns[-1] = (columns[-1][0], max(map(len, lines), default=0))
    names = (plain(" ".join(line[start:end] for line in lines)) for start, end in columns)
    return " | ".join(name for name in names if name)


def _grid_end(lines: Sequence[Line], at: int) -> int:
    while lines[at].words[:1] in ("+", "|"):
        at += 1
    return at


def _simple_end(lines: Sequence[Line], at: int) -> int:
    """After the second border as wide as the top, or the first with a blank line below."""
    _, column, top = lines[at]
    borders = 0
    for number in range(at + 1, len(lines) - 1):
        line = lines[number]
        if line.column == column and len(line.words) == len(top) and _SIMPLE_BORDER.fullmatch(line.words):
            borders += 1
            if borders == 2 or not lines[number + 1].words:
                return number + 1
    return at + 1
