"""Builds a document's text from blocks, for formats whose files are not plain text.

>>> from source.formats.tables import Cell, placed
>>> builder = TextBuilder()
>>> _ = builder.heading("Ships", 1)
>>> _ = builder.paragraph("Two sail.")
>>> builder.table(placed([[Cell("Name"), Cell("Sails")], [Cell("Erik"), Cell("3")]]), head=1)
>>> document = builder.build(id="a.docx", extractor="docx/1")
>>> document.text
'Ships\\n\\nTwo sail.\\n\\nName\\tSails\\nErik\\t3'
>>> document.place(document.text.index("Erik")).heading
('Ships', 'Name | Sails')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from source.document import Document, Doubt, Region, RegionKind, Stated
from source.formats.tables import (
    SpanHeadings,
    TableRow,
    column_names,
    head_height,
    is_title,
    joined_names,
    spans_all,
    width_of,
)
from source.limits import check_growth
from source.places import CLAUSE_LEVEL, HEADER_LEVEL, ITEM_LEVEL, TABLE_LEVEL, Heading, Places
from source.spans import Span


def first_title(headings: Iterable[Heading]) -> str:
    """The title of the first heading that is neither a number nor in a table; empty if there is none."""
    return next((heading.title for heading in headings if heading.level < CLAUSE_LEVEL), "")


class TextBuilder:
    """Collects the blocks of a document in reading order. Blocks without text are dropped.

    The words are the file's; the white space between blocks is added. Each method
    that adds a block returns its span in the text, or None if it was dropped.

    `size`: of the file in bytes, with its name for errors. Adding a block raises TooLarge
    if the text gets far longer than such a file can honestly contain.
    """

    def __init__(self, size: int = 0, shown_as: str = "") -> None:
        self._size, self._shown_as = size, shown_as
        self._parts: list[str] = []
        self._length = 0
        self._paragraphs: list[Span] = []
        self._headings: list[Heading] = []
        self._spans = SpanHeadings(self._headings)
        self._first_heading = ""
        self._names: list[tuple[str, int]] = []  # of what the next block begins
        self._numbers: list[int] = []  # the headings that are the numbers around the last numbered paragraph
        self._regions: list[Region] = []
        self._pages: list[int] = []
        self._page_name = "page"
        self._doubts: list[Doubt] = []

    def heading(self, text: str, level: int, number: str = "") -> Span | None:
        """Adds a heading; level 1 is the highest. `number`: its automatic number, which isn't part of the text."""
        if span := self._add(text):
            title = " ".join(text.split())
            self._first_heading = self._first_heading or title
            self._numbers.clear()
            self._headings.append(Heading(span.start, level, f"{number} {title}".lstrip()))
            self._regions.append(Region(span, RegionKind.HEADING))
        return span

    def name(self, title: str, level: int) -> None:
        """Puts what follows below a heading that doesn't stand in the text."""
        self._names.append((title, level))

    def number(self, span: Span, number: str, depth: int, *, clause: bool) -> None:
        """Gives the paragraph just added its automatic number, and its place in the clauses or items around it.

        `depth`: the level in its list, from 0.
        """
        level = depth + (CLAUSE_LEVEL if clause else ITEM_LEVEL)
        while self._numbers and self._headings[self._numbers[-1]].level >= level:
            self._numbers.pop()
        for at in self._numbers:
            self._headings[at] = replace(self._headings[at], end=span.end)
        self._numbers.append(len(self._headings))
        self._headings.append(Heading(span.start, level, number, span.end))

    def paragraph(self, text: str) -> Span | None:
        """Adds a paragraph."""
        if span := self._add(text):
            self._paragraphs.append(span)
        return span

    def more(self, text: str) -> Span | None:
        """Adds a line to the last paragraph, which must be the last block."""
        if span := self._add(text, "\n"):
            self._paragraphs.append(Span(self._paragraphs.pop().start, span.end))
        return span

    def item(self, text: str) -> Span | None:
        """Adds a list item or a line: a paragraph with no blank line before it."""
        if span := self._add(text, "\n"):
            self._paragraphs.append(span)
        return span

    def marked(self, text: str, kind: RegionKind) -> Span | None:
        """Adds a paragraph as a marked region, which is quoted only if its kind allows it."""
        if span := self.paragraph(text):
            self._regions.append(Region(span, kind))
        return span

    def table(self, rows: Sequence[TableRow], *, head: int) -> None:
        """Adds a table: a line per row, with tabs between cells. The first `head` rows at least name its columns.

        A cell across all columns above them is the table's title, and a cell that spans rows a heading of these.
        """
        filled = [(number, row) for number, row in enumerate(rows) if row.cells]
        width, shown = width_of(row for _, row in filled), [row for _, row in filled]
        titles = next((at for at, row in enumerate(shown) if not spans_all(row, 0, width)), len(shown))
        head = sum(number < head for number, _ in filled) - titles
        below = titles + head_height(shown[titles:], head) if head > 0 else titles
        names = column_names(shown[titles:below], 0, width) if below > titles else []
        self._spans.begin(range(width), names)
        opened: list[int] = []
        for at, (number, row) in enumerate(filled):
            before = self._length
            span = self._add(row.indent() + row.text, "\n" if at else "\n\n") or Span(before, before)
            self._paragraphs.append(span)
            if titles <= at < below:
                self._regions.append(Region(span, RegionKind.HEADING))
            if at == titles and names:
                opened.append(self._open(HEADER_LEVEL, joined_names(names), span.start))
            if at < titles and is_title(row.text):
                opened.append(self._open(TABLE_LEVEL, row.text, span.start))
            elif at >= below:
                self._spans.add(row, number, span.start, before)
        self._spans.end(self._length)
        for each in opened:
            self._headings[each] = replace(self._headings[each], end=self._length)

    def _open(self, level: int, title: str, start: int) -> int:
        self._headings.append(Heading(start, level, title))
        return len(self._headings) - 1

    def page(self, name: str = "page") -> None:
        """Starts the next page; `name` is what the format calls it ("slide")."""
        self._pages.append(self._length)
        self._page_name = name

    def doubt(self, doubt: Doubt) -> None:
        """Records a doubt about the text."""
        self._doubts.append(doubt)

    @property
    def pages(self) -> int:
        """The number of pages started so far."""
        return len(self._pages)

    @property
    def first_heading(self) -> str:
        """The text of the first heading; empty if there is none yet."""
        return self._first_heading

    def build(
        self,
        *,
        id: str,
        extractor: str,
        title: str = "",
        path: str = "",
        sha256: str = "",
        stated: Sequence[Stated] = (),
    ) -> Document:
        """The finished document. Without a `title`, it is titled after its first heading, or else its id.

        `stated`: by the file's properties.
        """
        return Document(
            id=id,
            title=title or self.first_heading or id,
            path=path,
            sha256=sha256,
            extractor=extractor,
            text="".join(self._parts),
            regions=tuple(self._regions),
            places=Places(
                paragraphs=tuple(self._paragraphs),
                headings=tuple(self._headings),
                pages=tuple(self._pages),
                page_name=self._page_name,
                own_lines=False,
            ),
            doubts=tuple(self._doubts),
            stated=tuple(stated),
        )

    def _add(self, text: str, gap: str = "\n\n") -> Span | None:
        indent = text[: len(text) - len(text.lstrip(" \t"))]  # of a line of code, or a row's empty leading cells
        text = text.strip()
        if not text:
            return None
        if self._length:
            self._parts.append(gap + indent)
            self._length += len(gap + indent)
        span = Span(self._length, self._length + len(text))
        self._headings += [Heading(span.start, level, title) for title, level in self._names]
        self._names.clear()
        self._parts.append(text)
        self._length = span.end
        check_growth(self._length, self._size, self._shown_as)
        return span
