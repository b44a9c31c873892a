"""The parts of a Rich Text file: stories of blocks, fonts with their code pages, and styles."""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from itertools import chain, repeat

from source.formats.office.blocks import Merge, MergedCell, OfficeBlock, OfficeCell, merged, with_boxes
from source.formats.office.styles import OfficeStyle, named, symbol

_CODE_PAGES = {
    0: "cp1252", 77: "mac_roman", 78: "cp932", 79: "cp949", 80: "cp936", 81: "cp950", 128: "cp932", 129: "cp949",
    130: "johab", 134: "cp936", 136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255",
    178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_SYMBOL = 2  # the character set of fonts that show symbols in place of letters
NO_FONT = -1
_NUMBERED = {10000: "mac_roman", 10007: "mac_cyrillic", 10029: "mac_latin2", 65001: "utf-8"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Story:
    """A sequence of paragraphs and tables: the body, a note, or the content of a text box.

    `depth`: the number of stories around it. `boxes`: the text boxes beside the open paragraph.
    """

    def __init__(self, *, is_note: bool = False, depth: int = 0) -> None:
        self.is_note = is_note
        self.depth = depth
        self.title = ""
        self.boxes: list[OfficeBlock] = []
        self._blocks: list[OfficeBlock] = []
        self._rows: list[list[MergedCell]] = []
        self._merges: list[Merge | None] = []  # how each cell of the open row continues another one
        self._merge: Merge | None = None  # the same of the next cell that is defined
        self._row: list[OfficeCell] = []
        self._cell: list[OfficeBlock] = []
        self._parts: list[str] = []
        self._strong = True
        self._listed = False  # the paragraph has a list mark before it
        self._head = 0  # how many rows, from the first on, name the table's columns

    def add(self, text: str, strong: bool) -> None:
        """Adds text to the open paragraph."""
        self._parts.append(text)
        self._strong = self._strong and (strong or text.isspace())

    def mark_listed(self) -> None:
        """Notes that the open paragraph has a list mark before it."""
        self._listed = True

    def mark_header(self) -> None:
        """Notes that the open row is repeated on each page of the table, as header rows are."""
        if self._head >= len(self._rows):
            self._head = len(self._rows) + 1

    def begin_cells(self) -> None:
        """Begins the definition of a row's cells."""
        self._merges, self._merge = [], None

    def mark_merged(self, merge: Merge) -> None:
        """Notes that the cell that is defined next continues another one."""
        self._merge = merge

    def define_cell(self) -> None:
        """Ends the definition of a cell."""
        self._merges.append(self._merge)
        self._merge = None

    def end_paragraph(self, style: OfficeStyle, in_table: bool) -> None:
        """Ends the open paragraph, which has this style."""
        block = OfficeBlock(
            joined(self._parts),
            level=style.level,
            listed=style.listed or self._listed,
            navigation=style.contents,
            strong=self._strong,
        )
        if style.title and not self.title:
            self.title = " ".join(block.text.split())
        blocks = with_boxes(block, self.boxes)
        self._parts, self._strong, self._listed, self.boxes = [], True, False, []
        if in_table or self._row:
            self._cell.extend(blocks)
        else:
            self._end_table()
            self._blocks.extend(blocks)

    def end_cell(self, style: OfficeStyle) -> None:
        """Ends the open cell, whose last paragraph has this style."""
        self.end_paragraph(style, in_table=True)
        self._row.append(OfficeCell(self._cell))
        self._cell = []

    def end_row(self) -> None:
        """Ends the open row."""
        if self._cell:
            self._row.append(OfficeCell(self._cell))
        if self._row:
            merges = chain(self._merges, repeat(None))
            rows = zip(self._row, merges, strict=False)
            self._rows.append([(OfficeCell([]) if merge else cell, merge) for cell, merge in rows])
        self._row, self._cell = [], []

    def finish(self) -> list[OfficeBlock]:
        """All blocks, including those that the file leaves open."""
        self.end_paragraph(OfficeStyle(), in_table=bool(self._cell))
        self.end_row()
        self._end_table()
        return self._blocks

    def _end_table(self) -> None:
        if self._rows:
            self._blocks.append(OfficeBlock(rows=merged(self._rows), head=self._head))
        self._rows, self._head = [], 0


class FontTable:
    """The fonts of a file by their numbers: their names, and the encodings of text in them."""

    def __init__(self) -> None:
        self.default = 0
        self._code_page = "cp1252"
        self._charsets: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._defined = 0

    def set_default(self, number: int) -> None:
        """Sets the font of text for which the file names none."""
        self.default = number

    def define(self, number: int) -> None:
        """Starts the definition of this font."""
        self._defined = number

    def charset(self, number: int) -> None:
        """Sets the character set of the font being defined."""
        self._charsets[self._defined] = number

    def name(self, text: str) -> None:
        """Adds text to the name of the font being defined."""
        self._names[self._defined] = self._names.get(self._defined, "") + text

    def code_page(self, name: str) -> None:
        """Sets the encoding of text in fonts without a character set of their own."""
        try:
            self._code_page = codecs.lookup(name).name
        except LookupError:
            self._code_page = "cp1252"

    def numbered_page(self, number: int) -> None:
        """Sets the same encoding by its Windows code page number."""
        self.code_page(_NUMBERED.get(number, f"cp{number}"))

    def decode(self, font: int, data: bytes) -> str:
        """The text that these bytes show in this font."""
        charset = self._charsets.get(font, 1)
        if charset == _SYMBOL:
            return "".join(self.symbol(font, code) for code in data)
        return data.decode(_CODE_PAGES.get(charset, self._code_page), "replace")

    def symbol(self, font: int, code: int) -> str:
        """The character that a code shows in this font: its own, unless it is a font of symbols."""
        if self._charsets.get(font) != _SYMBOL or code < 0x20:
            return chr(code)
        return symbol(self._names.get(font, "").strip(" ;"), code)


class StyleSheet:
    """The paragraph styles of a file by their numbers."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._levels: dict[int, int] = {}
        self._resolved: dict[int, OfficeStyle] = {}
        self._defined = 0

    def define(self, number: int) -> None:
        """Starts the definition of this style."""
        self._defined = number

    def outline(self, level: int) -> None:
        """Sets the outline level, from 0, of the style being defined; 9 is body text."""
        self._levels[self._defined] = level

    def name(self, text: str) -> None:
        """Adds text to the name of the style being defined."""
        self._names[self._defined] = self._names.get(self._defined, "") + text

    def style(self, number: int) -> OfficeStyle:
        """The style with this number."""
        if number not in self._resolved:
            style = named(self._names.get(number, "").strip(" ;"))
            self._resolved[number] = at_level(style, self._levels.get(number))
        return self._resolved[number]


def at_level(style: OfficeStyle, level: int | None) -> OfficeStyle:
    """The style with another outline level, counted from 0 (9 is body text); unchanged if `level` is None."""
    return style if level is None else replace(style, level=level + 1 if 0 <= level < 9 else 0)


def joined(parts: list[str]) -> str:
    """The parts as one text, with surrogate pairs combined and without control characters."""
    text = "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub("", text)
