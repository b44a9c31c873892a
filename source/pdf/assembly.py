"""PDF: the words of each page in the page's own order, and the box of every character.

Read with PDFium. The white space between words and lines is ours, as the page has none;
a word that is divided at a line's end keeps its hyphen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np

from source.boxes import Corners
from source.document import Document, Doubt, DoubtKind, Region, RegionKind
from source.errors import Damaged, Encrypted, SourceEmpty
from source.pdf.blocks import Block, BlockKind, blocks, body_size, goes_on_over, goes_up, set_levels
from source.pdf.furniture import furniture
from source.pdf.page import Line, Page, read_page
from source.pdf.recognise import recognise
from source.places import Heading, Places
from source.spans import Span

EXTRACTOR = "pdf/1"
OCR = "tesseract/"
"""What an extractor is called after whose text is recognised; the languages follow."""

_KINDS = {
    BlockKind.HEADING: RegionKind.HEADING,
    BlockKind.CONTENTS: RegionKind.NAVIGATION,
    BlockKind.FURNITURE: RegionKind.FURNITURE,
}
_NO_TITLE = re.compile(
    r"untitled|microsoft (?:word|powerpoint|excel)|\.(?:docx?|tex|dvi|indd|pdf|rtf|qxd|pptx?)\b", re.I
)
_LARGE = 1.25  # of the text's font size: so large a heading on the first page is the title
_DISORDER = 0.1  # of a page's lines
_LEAST_DISORDER = 4  # lines
_TAIL = 2048  # bytes in which the end mark of a whole file stands


def read_pdf(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "", ocr: str = "") -> Document:
    """A Document of a PDF. Raises Encrypted, Damaged, or SourceEmpty when no page has text.

    `ocr`: Tesseract's languages ("eng+rus"), to recognise the text of pages that have none.
    """
    shown_as = path or id
    pages, own_title = _read(data, shown_as, ocr)
    if not any(page.lines for page in pages):
        raise SourceEmpty(
            f"{shown_as} holds no text, only pictures of it; build with --ocr and the language's code to recognise it."
        )
    doubts = [] if b"%%EOF" in data[-_TAIL:] else [Doubt(DoubtKind.TRUNCATED)]
    document = _Assembly(pages, doubts).document(id, _title(own_title) or title, path, sha256)
    return replace(document, extractor=f"{EXTRACTOR} {OCR}{ocr}") if ocr else document


def _read(data: bytes, shown_as: str, ocr: str) -> tuple[list[Page], str]:
    """The pages, and the title in the file's metadata."""
    import pypdfium2

    pages = []
    try:
        with pypdfium2.PdfDocument(data) as file:
            for number in range(len(file)):
                page = file[number]
                read = read_page(page)
                pages.append(recognise(page, ocr) if ocr and not read.lines else read)
                page.close()
            return pages, file.get_metadata_value("Title")
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Encrypted(f"{shown_as} is protected by a password; save a copy without one.") from error
        raise Damaged(f"{shown_as} is damaged, or no PDF; save it again.") from error


def _title(own: str) -> str:
    """The title in the file's metadata, if it looks like one."""
    own = " ".join(own.split())
    return "" if len(own) < 3 or _NO_TITLE.search(own) or not any(char.isalpha() for char in own) else own


class _Assembly:
    """Puts the text of all pages together, and notes where everything stands."""

    def __init__(self, pages: Sequence[Page], doubts: list[Doubt]) -> None:
        self._pages = pages
        self._doubts = doubts
        self._body = body_size(pages)
        self._parts: list[str] = []
        self._corners: list[Corners] = []
        self._length = 0
        self._paragraphs: list[Span] = []
        self._regions: list[Region] = []
        self._headings: list[Heading] = []
        self._starts: list[int] = []
        self._aside: list[Block] = []  # furniture that waits for a place between paragraphs
        self._rows = 0  # of the table that the last block is of

    def document(self, id: str, title: str, path: str, sha256: str) -> Document:
        aside = furniture(self._pages)
        pages = [blocks(page, lines, self._body) for page, lines in zip(self._pages, aside, strict=True)]
        set_levels([block for block in chain(*pages) if block.kind is BlockKind.HEADING])
        for before, after in pairwise(pages):
            last = [block for block in before if block.kind is not BlockKind.FURNITURE]
            if last and after:
                after[0].goes_on = goes_on_over(last[-1], after[0])
        for number, (page, found) in enumerate(zip(self._pages, pages, strict=True), start=1):
            self._add_page(number, page, found)
        self._add_aside()
        return Document(
            id=id,
            title=self._headline(pages[0]) or title or id,
            path=path,
            sha256=sha256,
            extractor=EXTRACTOR,
            text="".join(self._parts),
            regions=tuple(sorted(self._regions, key=lambda region: region.span)),
            places=Places(tuple(self._paragraphs), tuple(self._headings), tuple(self._starts), own_lines=False),
            doubts=tuple(self._doubts),
            corners=np.concatenate(self._corners),
        )

    def _headline(self, first: Sequence[Block]) -> str:
        """The largest heading of the first page, if it is large."""
        headings = [block for block in first if block.kind is BlockKind.HEADING]
        largest = max(headings, key=lambda block: block.lines[0].size, default=None)
        return " ".join(largest.text.split()) if largest and largest.lines[0].size > _LARGE * self._body else ""

    def _add_page(self, number: int, page: Page, found: Sequence[Block]) -> None:
        if not (found and found[0].goes_on):
            self._add_aside()
        self._starts.append(self._length)
        if not page.lines and not page.blank:
            self._doubts.append(Doubt(DoubtKind.NO_TEXT, number))
        if page.recognised:
            self._doubts.append(Doubt(DoubtKind.RECOGNISED, number))
        disorder = sum(1 for _ in goes_up(page))
        if disorder >= max(_LEAST_DISORDER, _DISORDER * len(page.lines)):
            self._doubts.append(Doubt(DoubtKind.READING_ORDER, number, disorder))
        aside = [block for block in found if block.kind is BlockKind.FURNITURE]
        self._aside += [block for block in aside if _is_above(block, page)]
        for block in found:
            if block.kind is not BlockKind.FURNITURE:
                self._add_block(block)
        self._aside += [block for block in aside if not _is_above(block, page)]

    def _add_block(self, block: Block) -> None:
        if block.goes_on and self._paragraphs:
            start = self._paragraphs.pop().start
            self._add_lines(block.lines, "\n")
            self._paragraphs.append(Span(start, self._length))
            return
        self._add_aside()
        self._add_new(block)

    def _add_aside(self) -> None:
        """The furniture that has not had its turn: it stands before a new paragraph, and never within a sentence."""
        aside, self._aside = self._aside, []
        for block in aside:
            self._add_new(block)

    def _add_new(self, block: Block) -> None:
        row = block.kind is BlockKind.ROW
        self._add_lines(block.lines, "\n" if row and self._rows else "\n\n")
        span = Span(self._length - sum(len(line.text) + 1 for line in block.lines) + 1, self._length)
        self._rows = self._rows + 1 if row else 0
        if block.kind is BlockKind.HEADING:
            self._headings.append(Heading(span.start, block.level, " ".join(block.text.split())))
        else:
            self._paragraphs.append(span)
        if kind := _KINDS.get(block.kind):
            self._regions.append(Region(span, kind))

    def _add_lines(self, lines: Sequence[Line], gap: str) -> None:
        for line in lines:
            if self._length:
                self._append(gap, np.zeros((len(gap), 4), np.uint16))
            self._append(line.text, line.corners)
            gap = "\n"

    def _append(self, text: str, corners: Corners) -> None:
        self._parts.append(text)
        self._corners.append(corners)
        self._length += len(text)


def _is_above(block: Block, page: Page) -> bool:
    """Whether it is a header, and stands before the page's text; a footer and what stands in the margin come after."""
    line = block.lines[0]
    return line.upright and 2 * line.baseline < page.height
