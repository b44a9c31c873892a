"""Text put together from blocks, for formats whose files are not text themselves.

>>> builder = TextBuilder()
>>> builder.heading("Ships", 1)
>>> builder.paragraph("Two sail.")
>>> builder.table([["Name", "Sails"], ["Erik", "3"]], header=True)
>>> document = builder.build(id="a.docx", extractor="docx/1")
>>> document.text
'Ships\\n\\nTwo sail.\\n\\nName\\tSails\\nErik\\t3'
>>> document.place(document.text.index("Erik")).heading
('Ships', 'Name | Sails')
"""

from __future__ import annotations

from collections.abc import Sequence

from source.document import Document, Doubt, Region, RegionKind
from source.places import Heading, Places
from source.spans import Span

HEADER_LEVEL = 99
"""The level of a table's header row: below every other heading."""


class TextBuilder:
    """Takes the blocks of a document in reading order. Blocks without a word are left out.

    The words are the file's own; between blocks stands white space, which is not.
    What adds a block says where it stands in the text; None if it was left out.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._paragraphs: list[Span] = []
        self._headings: list[Heading] = []
        self._regions: list[Region] = []
        self._pages: list[int] = []
        self._page_name = "page"
        self._doubts: list[Doubt] = []

    def heading(self, text: str, level: int) -> Span | None:
        """A heading; level 1 is the highest."""
        if span := self._add(text):
            self._headings.append(Heading(span.start, level, " ".join(text.split())))
            self._regions.append(Region(span, RegionKind.HEADING))
        return span

    def paragraph(self, text: str) -> Span | None:
        """A paragraph of its own."""
        if span := self._add(text):
            self._paragraphs.append(span)
        return span

    def more(self, text: str) -> Span | None:
        """More of the last paragraph, which was the last block, on a line of its own."""
        if span := self._add(text, "\n"):
            self._paragraphs.append(Span(self._paragraphs.pop().start, span.end))
        return span

    def item(self, text: str) -> Span | None:
        """A list's item, or a line: a paragraph with no blank line before it."""
        if span := self._add(text, "\n"):
            self._paragraphs.append(span)
        return span

    def marked(self, text: str, kind: RegionKind) -> Span | None:
        """A block that is not quoted, or only if its kind says so."""
        if span := self.paragraph(text):
            self._regions.append(Region(span, kind))
        return span

    def table(self, rows: Sequence[Sequence[str]], *, header: bool) -> None:
        """Rows of cells, a line each, with a tab between cells; the first row heads the columns if `header`."""
        first: Heading | None = None
        for number, row in enumerate(rows):
            cells = [" ".join(cell.split()) for cell in row]
            span = self._add("\t".join(cells), "\n" if number else "\n\n")
            if span is None:
                continue
            self._paragraphs.append(span)
            if header and number == 0 and len(rows) > 1:
                first = Heading(span.end, HEADER_LEVEL, " | ".join(cell for cell in cells if cell))
        if first:
            self._headings.append(Heading(first.start, first.level, first.title, self._length))

    def page(self, name: str = "page") -> None:
        """The next page begins; `name` is what the format calls it ("slide")."""
        self._pages.append(self._length)
        self._page_name = name

    def doubt(self, doubt: Doubt) -> None:
        """Something that makes the text doubtful."""
        self._doubts.append(doubt)

    @property
    def pages(self) -> int:
        """The pages begun so far."""
        return len(self._pages)

    @property
    def first_heading(self) -> str:
        """The first heading's words; empty if there is none yet."""
        return self._headings[0].title if self._headings else ""

    def build(self, *, id: str, extractor: str, title: str = "", path: str = "", sha256: str = "") -> Document:
        """The document. `title`: empty for its first heading, or else its id."""
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
        )

    def _add(self, text: str, gap: str = "\n\n") -> Span | None:
        indent = text[: len(text) - len(text.lstrip(" \t"))]  # of a line of code; empty cells before a row's first
        text = text.strip()
        if not text:
            return None
        if self._length:
            self._parts.append(gap + indent)
            self._length += len(gap + indent)
        span = Span(self._length, self._length + len(text))
        self._parts.append(text)
        self._length = span.end
        return span
