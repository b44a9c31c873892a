"""What a Rich Text file is made of: stories of blocks, fonts with their code pages, and styles."""

from __future__ import annotations

import codecs
import re
from dataclasses import replace

from source.formats.office.blocks import OfficeBlock, with_boxes
from source.formats.office.styles import Look, named, symbol

_CODE_PAGES = {
    0: "cp1252", 77: "mac_roman", 78: "cp932", 79: "cp949", 80: "cp936", 81: "cp950", 128: "cp932", 129: "cp949",
    130: "johab", 134: "cp936", 136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255",
    178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_SYMBOL = 2  # the character set of fonts that show pictures in place of letters
NO_FONT = -1
_NUMBERED = {10000: "mac_roman", 10007: "mac_cyrillic", 10029: "mac_latin2", 65001: "utf-8"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Story:
    """Paragraphs and tables one after another: the body, a note, or what stands in a text box.

    `depth`: how many of them it stands in.
    """

    def __init__(self, *, is_note: bool = False, depth: int = 0) -> None:
        self.is_note = is_note
        self.depth = depth
        self.title = ""
        self.boxes: list[OfficeBlock] = []
        self._blocks: list[OfficeBlock] = []
        self._rows: list[list[list[OfficeBlock]]] = []
        self._row: list[list[OfficeBlock]] = []
        self._cell: list[OfficeBlock] = []
        self._parts: list[str] = []
        self._strong = True
        self._marked = False  # the paragraph has a list's mark before it
        self._heads = False  # the table's first row heads its columns

    def add(self, text: str, strong: bool) -> None:
        """More of the paragraph."""
        self._parts.append(text)
        self._strong = self._strong and (strong or text.isspace())

    def mark(self) -> None:
        """The paragraph has the mark of a list before it."""
        self._marked = True

    def head(self) -> None:
        """The row is repeated on each page that the table goes on to."""
        self._heads = self._heads or not self._rows

    def end_paragraph(self, look: Look, in_table: bool) -> None:
        """The paragraph is whole."""
        block = OfficeBlock(
            joined(self._parts),
            level=look.level,
            listed=look.listed or self._marked,
            navigation=look.contents,
            strong=self._strong,
        )
        if look.title and not self.title:
            self.title = " ".join(block.text.split())
        blocks = with_boxes(block, self.boxes)
        self._parts, self._strong, self._marked, self.boxes = [], True, False, []
        if in_table or self._row:
            self._cell.extend(blocks)
        else:
            self._end_table()
            self._blocks.extend(blocks)

    def end_cell(self, look: Look) -> None:
        """The cell is whole."""
        self.end_paragraph(look, in_table=True)
        self._row.append(self._cell)
        self._cell = []

    def end_row(self) -> None:
        """The row is whole."""
        if self._cell:
            self._row.append(self._cell)
        if self._row:
            self._rows.append(self._row)
        self._row, self._cell = [], []

    def finish(self) -> list[OfficeBlock]:
        """All blocks, with those that the file leaves open."""
        self.end_paragraph(Look(), in_table=bool(self._cell))
        self.end_row()
        self._end_table()
        return self._blocks

    def _end_table(self) -> None:
        if self._rows:
            self._blocks.append(OfficeBlock(rows=self._rows, header=self._heads))
        self._rows, self._heads = [], False


class Fonts:
    """The fonts by their numbers: their names, and how the bytes in them are to be read."""

    def __init__(self) -> None:
        self.default = 0
        self._code_page = "cp1252"
        self._charsets: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._defined = 0

    def set_default(self, number: int) -> None:
        """The font of words for which the file names none."""
        self.default = number

    def define(self, number: int) -> None:
        """What follows is about this font."""
        self._defined = number

    def charset(self, number: int) -> None:
        """The character set of the font."""
        self._charsets[self._defined] = number

    def name(self, text: str) -> None:
        """More of the font's name."""
        self._names[self._defined] = self._names.get(self._defined, "") + text

    def code_page(self, name: str) -> None:
        """How bytes are to be read in fonts without a character set of their own."""
        try:
            self._code_page = codecs.lookup(name).name
        except LookupError:
            self._code_page = "cp1252"

    def numbered_page(self, number: int) -> None:
        """The same by the number that Windows has for the code page."""
        self.code_page(_NUMBERED.get(number, f"cp{number}"))

    def decode(self, font: int, data: bytes) -> str:
        """What these bytes show in this font."""
        charset = self._charsets.get(font, 1)
        if charset == _SYMBOL:
            return "".join(self.symbol(font, code) for code in data)
        return data.decode(_CODE_PAGES.get(charset, self._code_page), "replace")

    def symbol(self, font: int, code: int) -> str:
        """What a code shows in this font: itself, if the font does not show pictures."""
        if self._charsets.get(font) != _SYMBOL or code < 0x20:
            return chr(code)
        return symbol(self._names.get(font, "").strip(" ;"), code)


class Sheet:
    """The paragraph styles by their numbers."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._levels: dict[int, int] = {}
        self._looks: dict[int, Look] = {}
        self._defined = 0

    def define(self, number: int) -> None:
        """What follows is about this style."""
        self._defined = number

    def outline(self, level: int) -> None:
        """The outline level of the style, from 0; 9 is body text."""
        self._levels[self._defined] = level

    def name(self, text: str) -> None:
        """More of the style's name."""
        self._names[self._defined] = self._names.get(self._defined, "") + text

    def look(self, number: int) -> Look:
        """What a style says of its paragraphs."""
        if number not in self._looks:
            look = named(self._names.get(number, "").strip(" ;"))
            self._looks[number] = at_level(look, self._levels.get(number))
        return self._looks[number]


def at_level(look: Look, level: int | None) -> Look:
    """The look with the level that is given, if one is, counted from 0; 9 is body text."""
    return look if level is None else replace(look, level=level + 1 if 0 <= level < 9 else 0)


def joined(parts: list[str]) -> str:
    """The parts in one, with the characters that came in two halves, and without control characters."""
    text = "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub("", text)
