"""Excel workbooks (.xlsx): the visible sheets, row by row, with what each cell shows.

A sheet is read twice: what its merged cells cover stands after its rows. Of a formula the
saved result is read. Hidden sheets, rows and columns, comments and charts are left out.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from source.document import Document, DoubtKind
from source.formats.office.blocks import attribute, child, children, number, tag
from source.formats.office.package import Package, referred
from source.formats.sheets.number_format import BUILT_IN, GENERAL, shown
from source.formats.sheets.rows import MOST_COLUMNS, SheetBuilder, SheetRow
from source.formats.tables import MOST_SPANS

EXTRACTOR = "xlsx/1"

MAX_UNPACKED = 8 << 30
"""Bytes of a spreadsheet's members together: the large ones, the sheets, are never in memory whole."""
_END_OF_ROWS = re.compile(rb"</(?:\w{1,40}:)?sheetData\s{0,9}>|<(?:\w{1,40}:)?sheetData\s{0,9}/>")
_MERGED = re.compile(rb"<(?:\w{1,40}:)?mergeCell\s+ref\s*=\s*[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_PIECE = 1 << 20  # bytes
_OVERLAP = 100  # bytes that an end tag may have
_MOST_AFTER_ROWS = 64 << 20  # bytes
_LONGEST_NUMBER = 400  # characters; a longer one isn't a number, and would be kept in a cache
_ON = {"1", "true"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

_Spans = Mapping[int, dict[int, tuple[int, int]]]
"""Row → column → how many columns and rows a merged cell covers."""


def read_xlsx(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a workbook. Raises Damaged, Encrypted, TooLarge or SourceEmpty."""
    shown_as = path or id
    package = Package(data, shown_as, root="workbook", ending=".xlsx", most=MAX_UNPACKED)
    book = _Workbook(package)
    builder = SheetBuilder(len(data), shown_as)
    for name, part in book.sheets():
        builder.sheet(name, book.rows(part))
    builder.doubt(DoubtKind.UNCALCULATED, book.uncalculated)
    own, stated = package.title() or title, package.stated()
    return builder.build(id=id, extractor=EXTRACTOR, title=own, path=path, sha256=sha256, stated=stated)


class _Workbook:
    """The sheets of a workbook, and the texts and formats that they share.

    `uncalculated`: how many formulas without a result were met so far.
    """

    def __init__(self, package: Package) -> None:
        self.uncalculated = 0
        self._package = package
        self._main = package.xml(package.main)
        self._strings = _Strings(package)
        self._formats = _formats(package.optional(package.related(package.main, "styles")))
        self._epoch_1904 = attribute(child(self._main, "workbookPr"), "date1904") in _ON

    def sheets(self) -> Iterator[tuple[str, str]]:
        """The name of each visible sheet, and of its part; a part is read once, however often it is referred to."""
        relations = self._package.relations(self._package.main)
        seen: set[str] = set()
        for each in children(child(self._main, "sheets")):
            kind, part = relations.get(referred(each), ("", ""))
            hidden = attribute(each, "state") in {"hidden", "veryHidden"}
            if kind == "worksheet" and not hidden and part in self._package.archive and part not in seen:
                seen.add(part)
                yield attribute(each, "name"), part

    def rows(self, part: str) -> Iterator[SheetRow]:
        """The visible rows of a sheet."""
        spans = _spans(self._package, part)
        hidden: set[int] = set()
        at = 0
        for element in self._package.archive.elements(part, "col", "row"):
            if tag(element) == "col":
                hidden |= _hidden_columns(element)
                continue
            # A row without a number follows the one before. None may go back, as no program writes it.
            at = max(number(attribute(element, "r")), at + 1)
            if attribute(element, "hidden") not in _ON:
                cells = {column: text for column, text in self._cells(element) if column not in hidden}
                yield SheetRow(cells, spans.get(at, {}), number=at)

    def _cells(self, row: Any) -> Iterator[tuple[int, str]]:
        column = -1
        for cell in row:
            named = _CELL.match(cell.get("r", ""))
            column = _column(named[1]) if named else column + 1
            if column < MOST_COLUMNS and (text := " ".join(self._text(cell).split())):
                yield column, text

    def _text(self, cell: Any) -> str:
        """What a cell shows."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _string(child(cell, "is"))
        element = child(cell, "v")
        value = "" if element is None else element.text or ""
        if kind == "n" and not value and child(cell, "f") is not None:  # written by a program that doesn't calculate
            self.uncalculated += 1
        if kind == "s":
            return self._strings[number(value)]
        if kind == "b":
            return "TRUE" if value.strip() in _ON else "FALSE"
        if kind == "n" and 0 < len(value) <= _LONGEST_NUMBER:
            style = number(cell.get("s", ""))
            return shown(
                value.strip(), self._formats[style] if style < len(self._formats) else GENERAL, self._epoch_1904
            )
        return _unescaped(value)


class _Strings:
    """The texts that cells share, in one text: there may be millions."""

    def __init__(self, package: Package) -> None:
        pieces: list[str] = []
        unjoined: list[str] = []
        self._ends = array("q", [0])
        name = package.related(package.main, "sharedStrings")
        for element in package.archive.elements(name, "si") if name in package.archive else ():
            unjoined.append(_string(element))
            self._ends.append(self._ends[-1] + len(unjoined[-1]))
            if len(unjoined) >= 1 << 14:
                pieces.append("".join(unjoined))
                unjoined.clear()
        self._text = "".join([*pieces, *unjoined])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, at: int) -> str:
        return self._text[self._ends[at] : self._ends[at + 1]] if 0 <= at < len(self) else ""


def _string(element: Any) -> str:
    """A text, whose stretches may have formats of their own; without the pronunciation of its words."""
    parts = []
    for each in children(element):
        if tag(each) == "t":
            parts.append(each.text or "")
        elif tag(each) == "r":
            parts += [part.text or "" for part in each if tag(part) == "t"]
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """The text without the escapes of characters that XML doesn't allow; of these, only white space matters."""
    return (
        _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if int(found[1], 16) > 31 else " ", text)
        if "_x" in text
        else text
    )


def _formats(styles: Any) -> list[str]:
    """The format code of each style of cells."""
    own = {
        number(attribute(each, "numFmtId")): attribute(each, "formatCode")
        for each in children(child(styles, "numFmts"))
    }
    ids = [number(attribute(each, "numFmtId")) for each in children(child(styles, "cellXfs")) if tag(each) == "xf"]
    return [own.get(id) or BUILT_IN.get(id, GENERAL) for id in ids]


def _column(letters: str) -> int:
    found = 0
    for letter in letters:
        found = 26 * found + ord(letter) - ord("A") + 1
    return found - 1


def _hidden_columns(element: Any) -> set[int]:
    first, last = number(attribute(element, "min")) - 1, number(attribute(element, "max"))
    return set(range(max(0, first), min(last, MOST_COLUMNS))) if attribute(element, "hidden") in _ON else set()


def _spans(package: Package, part: str) -> _Spans:
    """What the merged cells of a sheet cover."""
    spans: dict[int, dict[int, tuple[int, int]]] = {}
    for match in islice(_MERGED.finditer(_after_rows(package, part)), MOST_SPANS):
        left, right = _column(match[1].decode()), _column(match[3].decode())
        top, bottom = int(match[2]), int(match[4])
        if left <= right < MOST_COLUMNS and top <= bottom:
            spans.setdefault(top, {})[left] = right - left + 1, bottom - top + 1
    return spans


def _after_rows(package: Package, part: str) -> bytes:
    """The bytes of a sheet after its rows, found without parsing these."""
    with package.archive.opened(part) as file:
        before = b""
        while piece := file.read(_PIECE):
            if found := _END_OF_ROWS.search(window := before + piece):
                return window[found.end() :] + file.read(_MOST_AFTER_ROWS)
            before = window[-_OVERLAP:]
    return b""
