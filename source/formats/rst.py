"""reStructuredText: the text is the file itself; a line-based parser finds its blocks.

It is our own code because docutils doesn't give the offsets at which lines and
blocks end, which quotes need, and takes about ten times as long.

>>> text = "Ships\\n=====\\n\\n.. note:: Two sail::\\n\\n      Erik\\n\\n.. a comment\\n\\n- A third\\n  lies here.\\n"
>>> document = read_rst(text, id="ships.rst")
>>> [document.text[span.start : span.end] for span in document.quotable()]
['Two sail::', 'Erik', '- A third\\n  lies here.']
>>> document.place(document.text.index("third")).heading
('Ships',)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from source.builder import first_title
from source.document import Document, Region, RegionKind
from source.formats import rst_lines as mark
from source.formats.rst_lines import (
    GRID,
    SIMPLE,
    RstLine,
    block_end,
    inside_end,
    lines_of,
    list_number,
    options_below,
    plain,
)
from source.places import HEADER_LEVEL, Heading, Places
from source.spans import Span

_BORDER = re.compile(r"\+[-=+]+\+|=+(?: +=+)*|-+(?: +-+)*")
_SIMPLE_BORDER = re.compile(r"=+(?: +=+)*")
_COLUMN = re.compile(r"[-=]+")


@dataclass(slots=True)
class RstTable:
    """A table: its borders, and its rows of one or more lines; the first `headed` rows name the columns.

    `end`: the number of the line after it.
    """

    end: int
    rows: list[list[RstLine]] = field(default_factory=list)
    borders: list[RstLine] = field(default_factory=list)
    headed: int = 0


def table_at(lines: Sequence[RstLine], at: int) -> RstTable | None:
    """The table that starts at line number `at`, or None; only that line if the table is never closed."""
    top = lines[at]
    simple = bool(SIMPLE.match(top.words))
    if not (simple or GRID.match(top.words)):
        return None
    table = RstTable(_simple_end(lines, at) if simple else _grid_end(lines, at))
    row: list[RstLine] = []
    for line in lines[at : table.end]:
        if _BORDER.fullmatch(line.words):
            if "=" in line.words and line is not lines[table.end - 1]:
                table.headed = len(table.rows)
            table.borders.append(line)
            row = []
        elif line.words:
            if not row or (simple and line.column <= top.column):  # a line with an empty first cell continues a row
                table.rows.append(row := [])
            row.append(line)
    return table


def header_of(table: RstTable) -> str:
    """The names of the columns; empty if the table has none."""
    top = table.borders[0]
    lines = [" " * (line.column - top.column) + line.words for row in table.rows[: table.headed] for line in row]
    columns = [match.span() for match in _COLUMN.finditer(top.words)]
    if top.words[0] == "=":  # the last column of a simple table has no end
        columns[-1] = (columns[-1][0], max(map(len, lines), default=0))
    names = (plain(" ".join(line[start:end] for line in lines)) for start, end in columns)
    return " | ".join(name for name in names if name)


def _grid_end(lines: Sequence[RstLine], at: int) -> int:
    while lines[at].words[:1] in ("+", "|"):
        at += 1
    return at


def _simple_end(lines: Sequence[RstLine], at: int) -> int:
    """The line after the second border as wide as the top, or the first with a blank line below it."""
    _, column, top = lines[at]
    borders = 0
    for number in range(at + 1, len(lines) - 1):
        line = lines[number]
        if line.column == column and len(line.words) == len(top) and _SIMPLE_BORDER.fullmatch(line.words):
            borders += 1
            if borders == 2 or not lines[number + 1].words:
                return number + 1
    return at + 1


_WORD = re.compile(r"[^\W_]")
_MAX_DEPTH = 20  # lists that start on the same line
_MIN_RULE = 4  # characters, unless the title is shorter


class RstBlocks:
    """The paragraphs, headings and regions of a text, in the order of the text (except for some regions).

    The parser goes down the lines: each step handles the block that starts at line
    number `_at` and moves past it. There is no recursion, because the end of a list or
    a directive doesn't affect the blocks in it; only the ends of code and comments do.
    """

    def __init__(self, text: str) -> None:
        self.paragraphs: list[Span] = []
        self.headings: list[Heading] = []
        self.regions: list[Region] = []
        self._text = text
        self._lines = lines_of(text)
        self._at = 0
        self._styles: list[str] = []
        while self._at < len(self._lines):
            self._block(self._lines[self._at])

    def _block(self, line: RstLine) -> None:
        if not line.words:
            self._at += 1
        elif mark.DOCTEST.match(line.words):
            self._code(block_end(self._lines, self._at))
        elif not (self._section(line) or self._table()):
            self._item(line)

    def _mark(self, start: int, end: int, kind: RegionKind = RegionKind.MARKUP) -> None:
        """Marks the text from an offset to the end of the line before `end`, which is not quoted, and moves on."""
        self.regions.append(Region(Span(start, self._lines[end - 1].end), kind))
        self._at = max(self._at, end)

    def _quote(self, start: int, end: int) -> None:
        if _WORD.search(self._text, start, end):
            self.paragraphs.append(Span(start, end))

    def _code(self, end: int) -> None:
        """Adds the lines up to `end` as code, each a paragraph that can be quoted."""
        for line in self._lines[self._at : end]:
            self._quote(line.start, line.end)
        self._at = max(self._at, end)

    def _section(self, line: RstLine) -> bool:
        """Handles a title above a rule or between two, or a rule alone; returns whether there is one."""
        below, third = self._lines[self._at + 1 : self._at + 3]
        if line.column:
            return False
        if mark.RULE.fullmatch(line.words):
            if below.words and third == RstLine(third.start, 0, line.words) and _fits(line, below):
                self._heading(line, below, line.words[:1] * 2, self._at + 3)
            elif len(line.words) >= _MIN_RULE:
                self._mark(line.start, self._at + 1)
            else:
                return False
            return True
        ruled = mark.RULE.fullmatch(below.words) and not below.column and _fits(below, line)
        if not ruled or mark.UNTITLED.match(line.words):
            return False
        self._heading(line, line, below.words[:1], self._at + 2)
        return True

    def _heading(self, first: RstLine, title: RstLine, style: str, end: int) -> None:
        """Adds a heading; the styles of rules get their levels in the order in which they first occur."""
        if style not in self._styles:
            self._styles.append(style)
        self.headings.append(Heading(first.start, self._styles.index(style) + 1, plain(title.words)))
        self._mark(first.start, end, RegionKind.HEADING)

    def _table(self) -> bool:
        table = table_at(self._lines, self._at)
        if table is None:
            return False
        for border in table.borders:
            self.regions.append(Region(Span(border.start, border.end), RegionKind.MARKUP))
        for row in table.rows:
            self._quote(row[0].start, row[-1].end)
        if names := header_of(table):
            start, end = table.rows[0][0].start, table.rows[-1][-1].end
            self.headings.append(Heading(start, HEADER_LEVEL, names, end))
            self.regions.append(Region(Span(start, table.rows[table.headed - 1][-1].end), RegionKind.HEADING))
        self._at = table.end
        return True

    def _item(self, line: RstLine) -> None:
        """Handles a paragraph or an explicit block (`..`), after the markers of the lists that contain it."""
        body = line
        for _ in range(_MAX_DEPTH):
            marker = mark.BULLET.match(body.words) or list_number(body, self._lines[self._at + 1])
            if not marker:
                break
            body = body.after(marker.end())
        if mark.EXPLICIT.match(body.words):
            self._explicit(body)
        elif mark.ANONYMOUS.match(body.words):
            self._mark(body.start, block_end(self._lines, self._at + 1, body.column))
        else:
            self._paragraph(line.start, body, hanging=not body.words or bool(mark.HANGING.match(body.words)))

    def _paragraph(self, start: int, first: RstLine, *, hanging: bool) -> None:
        """Adds a paragraph: lines in one column; those below the first may be indented (a definition)."""
        last, column, alone = first, first.column, True  # `alone`: there is only the first line so far
        self._at += 1
        while (line := self._lines[self._at]).words:
            if line.column > column and alone:
                joins = not mark.OPENS.match(line.words)
            else:
                joins = line.column == column and not (alone and hanging)
            if not joins:
                break
            last, column, alone = line, line.column, False
            self._at += 1
        if self._text[start : last.end] == "::":
            self.regions.append(Region(Span(start, last.end), RegionKind.MARKUP))
        self._quote(start, last.end)
        if last.words.endswith("::"):
            self._literal(None if alone and hanging else column)

    def _literal(self, column: int | None) -> None:
        """Adds the code after "::": the lines indented beyond `column`, or those in it that start with one sign."""
        at = self._at
        while at < len(self._lines) - 1 and not self._lines[at].words:
            at += 1
        first = self._lines[at]
        if column is None or first.column > column:
            self._code(inside_end(self._lines, at, first.column - 1 if column is None else column))
        elif first.column == column and mark.RULE.match(first.words) and not mark.EXPLICIT.match(first.words):
            while self._lines[at].words[:1] == first.words[0] and self._lines[at].column == column:
                at += 1
            self._code(at)

    def _explicit(self, body: RstLine) -> None:
        """Handles a directive, a footnote, a target, a substitution or a comment."""
        dots = mark.EXPLICIT.match(body.words)
        rest = body.after(dots.end() if dots else 0)
        if directive := mark.DIRECTIVE.match(rest.words):
            self._directive(body, rest, directive[1], rest.after(directive.end()))
        elif mark.FOOTNOTE.match(rest.words):
            self._after_dots(body, rest)
        elif rest.words.startswith("_"):
            self._mark(body.start, block_end(self._lines, self._at + 1, body.column))
        elif not rest.words and not self._lines[self._at + 1].words:  # an empty comment ends at once
            self._mark(body.start, self._at + 1)
        else:
            self._mark(body.start, inside_end(self._lines, self._at + 1, body.column))

    def _after_dots(self, body: RstLine, shown: RstLine) -> None:
        self.regions.append(Region(Span(body.start, shown.start), RegionKind.MARKUP))
        self._paragraph(shown.start, shown._replace(column=body.column), hanging=True)

    def _directive(self, body: RstLine, rest: RstLine, name: str, shown: RstLine) -> None:
        """Handles a directive's argument and options; its content is left to `_block`, except for code."""
        if mark.HIDDEN.fullmatch(name):
            self._mark(body.start, inside_end(self._lines, self._at + 1, body.column))
            return
        first, end = options_below(self._lines, self._at, body.column)
        if mark.SILENT.fullmatch(name) or not shown.words:
            self._mark(body.start, self._at + 1)
        else:
            self._after_dots(body, rest if mark.NAMED.fullmatch(name) else shown)
        if first < end:
            self.regions.append(Region(Span(self._lines[first].start, self._lines[end - 1].end), RegionKind.MARKUP))
            self._at = max(self._at, end) if self._at >= first else self._at
        if mark.CODE.fullmatch(name):
            self._code(inside_end(self._lines, self._at, body.column))


def _fits(rule: RstLine, title: RstLine) -> bool:
    return len(rule.words) >= min(_MIN_RULE, len(title.words))


EXTRACTOR = "rst/2"


def read_rst(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a reStructuredText file; its text is `text`, unchanged. Nothing is included or run."""
    blocks = RstBlocks(text)
    return Document(
        id=id,
        title=first_title(blocks.headings) or title or id,
        path=path,
        sha256=sha256,
        extractor=EXTRACTOR,
        text=text,
        regions=tuple(sorted(blocks.regions, key=lambda region: region.span)),
        places=Places(paragraphs=tuple(blocks.paragraphs), headings=tuple(blocks.headings)),
    )
