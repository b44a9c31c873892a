"""OpenDocument spreadsheets (.ods): the visible sheets, row by row, with what each cell shows.

The file has the text that each cell shows beside its value. Hidden sheets, rows and
columns, comments and drawings are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from source.archive import Archive
from source.document import Document
from source.formats.office.blocks import attribute, children, not_of_type, number, tag
from source.formats.office.opendocument import meta_of, refuse_encrypted, stated_of, title_of
from source.formats.sheets.rows import MOST_COLUMNS, SheetBuilder, SheetRow
from source.formats.sheets.xlsx import MAX_UNPACKED

EXTRACTOR = "ods/1"

_TYPE = "mimetype"
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_HIDDEN = {"collapse", "filter"}
_LEFT_OUT = {"annotation", "shapes"}
_MARKS = {"tab", "line-break", "s"}
_MOST_ROWS = 1 << 21
_MOST_REPEATED = 100  # equal cells beside each other


def read_ods(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from an OpenDocument spreadsheet. Raises Damaged, Encrypted, TooLarge or SourceEmpty."""
    shown_as = path or id
    archive = Archive(data, shown_as, MAX_UNPACKED)
    if _TYPE in archive and not archive.read(_TYPE).startswith(_SPREADSHEET):
        raise not_of_type(shown_as, ".ods")
    refuse_encrypted(archive)
    builder = SheetBuilder(len(data), shown_as)
    for (_, name), rows in groupby(_rows(archive), itemgetter(0, 1)):
        builder.sheet(name, (row for _, _, row in rows))
    meta = meta_of(archive)
    own, stated = title_of(meta) or title, stated_of(meta)
    return builder.build(id=id, extractor=EXTRACTOR, title=own, path=path, sha256=sha256, stated=stated)


def _rows(archive: Archive) -> Iterator[tuple[int, str, SheetRow]]:
    """The visible rows, each with the number and the name of its sheet."""
    hidden_styles: set[str] = set()
    table, sheet = None, 0
    columns, row_number = _Columns(), 1
    for element in archive.elements("content.xml", "style", "table-column", "table-row"):
        if tag(element) == "style":
            if any(attribute(each, "display") == "false" for each in element if tag(each) == "table-properties"):
                hidden_styles.add(attribute(element, "name"))
            continue
        own = next(element.iterancestors("{*}table"), None)
        if own is None or next(element.iterancestors("{*}table-row"), None) is not None:  # of a table in a cell
            continue
        if own is not table:
            table, sheet, columns, row_number = own, sheet + 1, _Columns(), 1
        if tag(element) == "table-column":
            columns.add(element)
            continue
        repeated = _repeated(element, "number-rows-repeated", _MOST_ROWS)
        last = row_number + repeated - 1
        if attribute(own, "style-name") not in hidden_styles and attribute(element, "visibility") not in _HIDDEN:
            yield sheet, attribute(own, "name"), _row(element, row_number, last, columns.hidden)
        row_number = last + 1


class _Columns:
    """The columns of a sheet: `hidden`, the numbers of those that aren't shown."""

    def __init__(self) -> None:
        self._next = 0
        self.hidden: set[int] = set()

    def add(self, element: Any) -> None:
        """Adds the next column, or several equal ones."""
        end = min(self._next + _repeated(element, "number-columns-repeated", MOST_COLUMNS), MOST_COLUMNS)
        if attribute(element, "visibility") in _HIDDEN:
            self.hidden.update(range(self._next, end))
        self._next = end


def _row(element: Any, first: int, last: int, hidden: set[int]) -> SheetRow:
    cells: dict[int, str] = {}
    merged: dict[int, tuple[int, int]] = {}
    column = 0
    for cell in element:
        if tag(cell) not in ("table-cell", "covered-table-cell") or column >= MOST_COLUMNS:
            continue
        repeated = _repeated(cell, "number-columns-repeated", MOST_COLUMNS)
        if tag(cell) == "table-cell" and (text := " ".join("".join(_texts(cell)).split())):
            shown = range(column, min(column + min(repeated, _MOST_REPEATED), MOST_COLUMNS))
            cells.update((at, text) for at in shown if at not in hidden)
            spanned = [_repeated(cell, f"number-{name}-spanned", _MOST_ROWS) for name in ("columns", "rows")]
            if spanned != [1, 1]:
                merged[column] = min(spanned[0], MOST_COLUMNS), spanned[1]
        column += repeated
    return SheetRow(cells, merged, number=first, last=last)


def _repeated(element: Any, name: str, most: int) -> int:
    return max(1, min(number(attribute(element, name)), most))


def _texts(element: Any) -> Iterator[str]:
    """The text that a cell shows, with white space between its paragraphs."""
    for each in children(element):
        name = tag(each)
        if name in _MARKS:
            yield " "
        elif name and name not in _LEFT_OUT:
            yield each.text or ""
            yield from _texts(each)
            yield " " if name == "p" else ""
        yield each.tail or ""
