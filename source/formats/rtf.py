"""Rich Text Format (.rtf): paragraphs, lists, tables and headings in their order, then the notes.

It is our own parser, after Microsoft's specification 1.9.1, because the available
libraries (such as striprtf) return a single string: it includes hidden and deleted
words, lacks text boxes and notes, and doesn't distinguish paragraphs from table rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from source.document import Document, Doubt, DoubtKind
from source.formats.office.blocks import Merge, OfficeBlock, OfficeBuilder, not_of_type, own_title, refuse_compound
from source.formats.office.styles import OfficeStyle
from source.formats.rtf_parts import NO_FONT, FontTable, Story, StyleSheet, at_level, joined

TOKEN = re.compile(
    r"\\(?:(?P<word>[a-zA-Z]{1,32})(?P<value>-?\d{1,10})? ?|'(?P<hex>[0-9a-fA-F]{2})|(?P<symbol>[^a-zA-Z]))"
    r"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
SYMBOLS = {"{": "{", "}": "}", "\\": "\\", "~": " ", "_": "-"}
CHARACTERS = {
    "tab": "\t", "line": "\n", "lbr": "\n", "page": "\n", "column": "\n", "emdash": "—", "endash": "–", "bullet": "•",
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_LEFT_OUT = {
    "pict", "objdata", "objclass", "objname", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr",
    "footerf", "colortbl", "filetbl", "fldinst", "xe", "tc", "txe", "rxe", "bkmkstart", "bkmkend", "nonesttables",
    "sp", "shprslt", "listtext", "pntext", "listtable", "listoverridetable",
}  # fmt: skip
ENTERED = {"shpinst", "do"}  # groups marked as ignorable that are parsed nevertheless: they hold text boxes
CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}


class RtfState(NamedTuple):
    """The state that applies up to the end of a group."""

    group: str = ""  # what its text is, if not the document's: "fonts", "styles", "info", "title", or "out" (ignored)
    font: int | None = None
    hidden: bool = False
    deleted: bool = False
    bold: bool = False
    fallbacks: int = 1  # characters after each \\u for programs that don't support it
    in_table: bool = False
    style: int = 0
    level: int | None = None
    listed: bool = False


CHANGES: dict[str, Callable[[RtfState, int | None], RtfState]] = {
    "pard": lambda state, _: state._replace(in_table=False, style=0, level=None, listed=False),
    "plain": lambda state, _: state._replace(font=None, hidden=False, deleted=False, bold=False),
    "intbl": lambda state, value: state._replace(in_table=value != 0),
    "s": lambda state, value: state._replace(style=value or 0),
    "outlinelevel": lambda state, value: state._replace(level=value),
    "ls": lambda state, value: state._replace(listed=bool(value)),
    "f": lambda state, value: state._replace(font=value),
    "v": lambda state, value: state._replace(hidden=value != 0),
    "deleted": lambda state, value: state._replace(deleted=value != 0),
    "b": lambda state, value: state._replace(bold=value != 0),
    "uc": lambda state, value: state._replace(fallbacks=1 if value is None else max(value, 0)),
    "fonttbl": lambda state, _: state._replace(group="fonts"),
    "stylesheet": lambda state, _: state._replace(group="styles"),
    "info": lambda state, _: state._replace(group="info"),
    "title": lambda state, _: state._replace(group="title") if state.group == "info" else state,
    **dict.fromkeys(_LEFT_OUT, lambda state, _: state._replace(group="out")),
}


EXTRACTOR = "rtf/3"

_MAX_DEPTH = 20  # nested text boxes: their blocks are passed up from each to the one around it


def read_rtf(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a Rich Text file. Raises Damaged, Encrypted or SourceEmpty."""
    shown_as = path or id
    refuse_compound(data, shown_as, ".rtf")
    text = data.decode("latin-1").removeprefix("ï»¿").lstrip()
    if not text.startswith("{\\rtf"):
        raise not_of_type(shown_as, ".rtf")
    parser = _RtfParser()
    is_whole = parser.read(text)
    builder = OfficeBuilder(len(data), shown_as)
    builder.add(parser.body.finish())
    if parser.notes:
        builder.end_headings()
        builder.add(parser.notes)
    if not is_whole:
        builder.doubt(Doubt(DoubtKind.TRUNCATED))
    own = own_title(joined(parser.title)) or parser.body.title or builder.first_heading
    return builder.build(id=id, extractor=EXTRACTOR, title=own or title, path=path, sha256=sha256)


class _RtfParser:
    """Processes the tokens of one file and collects its body, its notes and its title."""

    def __init__(self) -> None:
        self.body = self._story = Story()
        self.notes: list[OfficeBlock] = []
        self.title: list[str] = []
        self._state = RtfState()
        self._groups: list[tuple[RtfState, Story]] = []  # the open groups around, each with the story of its text
        self._bytes = bytearray()  # text not decoded yet, because a character may take two bytes
        self._fallbacks = 0  # characters to skip
        self._ignorable = False  # the group that starts may be ignored by programs that don't know it
        self._fonts = FontTable()
        self._styles = StyleSheet()
        self._actions: dict[tuple[str, str], Callable[[int], None]] = {
            ("fonts", "f"): self._fonts.define,
            ("fonts", "fcharset"): self._fonts.charset,
            ("styles", "s"): self._styles.define,
            ("styles", "outlinelevel"): self._styles.outline,
            ("", "deff"): self._fonts.set_default,
            ("", "ansicpg"): self._fonts.numbered_page,
            **dict.fromkeys((("", "u"), ("title", "u")), self._unicode),
            ("", "cell"): lambda _: self._story.end_cell(self._style()),
            ("", "row"): lambda _: self._story.end_row(),
            ("", "trhdr"): lambda _: self._story.mark_header(),
            ("", "trowd"): lambda _: self._story.begin_cells(),
            ("", "cellx"): lambda _: self._story.define_cell(),
            ("", "clvmrg"): lambda _: self._story.mark_merged(Merge.DOWN),
            ("", "clmrg"): lambda _: self._story.mark_merged(Merge.ACROSS),
            **dict.fromkeys((("", "par"), ("", "sect"), ("", "nestcell")), lambda _: self._end_paragraph()),
            **dict.fromkeys((("", "listtext"), ("", "pntext")), lambda _: self._story.mark_listed()),
            **dict.fromkeys((("", "shptxt"), ("", "dptxbxtext")), lambda _: self._begin()),
            ("", "footnote"): lambda _: self._begin(is_note=True),
        }

    def read(self, text: str) -> bool:
        """Processes the file's text (one character per byte); returns whether it is complete."""
        position = 0
        while match := TOKEN.match(text, position):
            position = match.end()
            kind = match.lastgroup
            if kind == "text":
                self._plain(match["text"])
            elif kind == "hex":
                self._plain(chr(int(match["hex"], 16)))
            elif kind:
                self._decode()
                position += self._control(match)
                if not self._groups:
                    return True
        self._decode()
        while self._groups:
            self._brace("}")
        return False

    def _control(self, match: re.Match[str]) -> int:
        """Processes a brace, a symbol or a control word; returns how many bytes of binary data follow it."""
        if brace := match["brace"]:
            self._brace(brace)
        elif symbol := match["symbol"]:
            self._symbol(symbol)
        else:
            value = int(match["value"]) if match["value"] else None
            self._word(match["word"], value)
            return max(value or 0, 0) if match["word"] == "bin" else 0
        return 0

    def _plain(self, text: str) -> None:
        skipped = min(self._fallbacks, len(text))
        self._fallbacks -= skipped
        if self._state.group != "out":
            self._bytes += text[skipped:].encode("latin-1")

    def _decode(self) -> None:
        if self._bytes:
            font = NO_FONT if self._state.group == "fonts" else self._font  # a font's name isn't written in that font
            self._emit(self._fonts.decode(font, bytes(self._bytes)))
            self._bytes.clear()

    @property
    def _font(self) -> int:
        return self._fonts.default if self._state.font is None else self._state.font

    def _emit(self, text: str) -> None:
        """Adds decoded text to what the current group belongs to."""
        state = self._state
        if state.group == "fonts":
            self._fonts.name(text)
        elif state.group == "styles":
            self._styles.name(text)
        elif state.group == "title":
            self.title.append(text)
        elif not (state.group or state.hidden or state.deleted):
            self._story.add(text, state.bold)

    def _brace(self, brace: str) -> None:
        self._fallbacks = 0
        self._ignorable = False
        if brace == "{":
            self._groups.append((self._state, self._story))
            return
        ended = self._story
        self._state, self._story = self._groups.pop()
        if ended is not self._story:
            (self.notes if ended.is_note else self._story.boxes).extend(ended.finish())

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._ignorable = True
        elif symbol in "\r\n":
            self._end_paragraph()
        else:
            self._character(SYMBOLS.get(symbol, ""))

    def _character(self, char: str) -> None:
        if self._fallbacks:
            self._fallbacks -= 1
        else:
            self._emit(char)

    def _word(self, word: str, value: int | None) -> None:
        ignored, self._ignorable = self._ignorable and word not in ENTERED, False
        group = self._state.group
        if group == "out":
            return
        if word in CHARACTERS:
            self._character(CHARACTERS[word])
        elif word in CODE_PAGES:
            self._fonts.code_page(CODE_PAGES[word])
        if action := self._actions.get((group, word)):
            action(value or 0)
        change = CHANGES["pict"] if ignored else CHANGES.get(word)
        if change:
            self._state = change(self._state, value)

    def _unicode(self, value: int) -> None:
        self._emit(self._fonts.symbol(self._font, value & 0xFFFF))
        self._fallbacks = self._state.fallbacks

    def _style(self) -> OfficeStyle:
        style = at_level(self._styles.style(self._state.style), self._state.level)
        return replace(style, listed=self._state.listed)

    def _end_paragraph(self) -> None:
        self._story.end_paragraph(self._style(), self._state.in_table)

    def _begin(self, *, is_note: bool = False) -> None:
        """Starts a story of its own with the group: a note or a text box."""
        if self._story.depth < _MAX_DEPTH:
            self._story = Story(is_note=is_note, depth=self._story.depth + 1)
        self._state = CHANGES["pard"](self._state, None)
