"""PDF: the words of each page in the page's own order, and the box of every character.

Read with PDFium. The white space between words and lines is ours, as the page has none;
a word that is divided at a line's end keeps its hyphen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np

from source.builder import TextBuilder
from source.document import Document, Doubt, DoubtKind, RegionKind
from source.errors import Damaged, Encrypted, SourceEmpty
from source.formats.pdf.blocks import BlockKind, PdfBlock, blocks, body_size, goes_on, rises, set_levels
from source.formats.pdf.headers_footers import headers_and_footers
from source.formats.pdf.lines import Page, read_page
from source.formats.pdf.ocr import recognise
from source.formats.registry import OCR
from source.places import Corners
from source.spans import Span

EXTRACTOR = "pdf/1"

_MARKED = {
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
    extractor = f"{EXTRACTOR} {OCR}{ocr}" if ocr else EXTRACTOR
    document = _Assembly(pages).document(id, _title(own_title) or title, path, sha256, extractor)
    cut_off = b"%%EOF" not in data[-_TAIL:]
    return replace(document, doubts=(Doubt(DoubtKind.TRUNCATED), *document.doubts)) if cut_off else document


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

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self._body = body_size(pages)
        self._builder = TextBuilder()
        self._placed: list[tuple[Span, PdfBlock]] = []
        self._aside: list[PdfBlock] = []  # headers and footers that wait for a place between paragraphs
        self._last: BlockKind | None = None

    def document(self, id: str, title: str, path: str, sha256: str, extractor: str) -> Document:
        aside = headers_and_footers(self._pages)
        pages = [blocks(page, lines, self._body) for page, lines in zip(self._pages, aside, strict=True)]
        set_levels([block for block in chain(*pages) if block.kind is BlockKind.HEADING])
        for before, after in pairwise(pages):
            last = [block for block in before if block.kind is not BlockKind.FURNITURE]
            if last and after:
                after[0].goes_on = goes_on(last[-1], after[0])
        for page, found in zip(self._pages, pages, strict=True):
            self._add_page(page, found)
        self._add_aside()
        title = self._headline(pages[0]) or title or id
        document = self._builder.build(id=id, title=title, path=path, sha256=sha256, extractor=extractor)
        return replace(document, corners=self._corners(len(document.text)))

    def _corners(self, length: int) -> Corners:
        """Those of every character; the white space between lines has none."""
        corners = np.zeros((length, 4), np.uint16)
        for span, block in self._placed:
            start = span.start
            for line in block.lines:
                corners[start : start + len(line.text)] = line.corners
                start += len(line.text) + 1
        return corners

    def _headline(self, first: Sequence[PdfBlock]) -> str:
        """The largest heading of the first page, if it is large."""
        headings = [block for block in first if block.kind is BlockKind.HEADING]
        largest = max(headings, key=lambda block: block.lines[0].size, default=None)
        return " ".join(largest.text.split()) if largest and largest.lines[0].size > _LARGE * self._body else ""

    def _add_page(self, page: Page, found: Sequence[PdfBlock]) -> None:
        if not (found and found[0].goes_on):
            self._add_aside()
        self._builder.page()
        for doubt in _doubts(page, self._builder.pages):
            self._builder.doubt(doubt)
        aside = [block for block in found if block.kind is BlockKind.FURNITURE]
        self._aside += [block for block in aside if _is_above(block, page)]
        for block in found:
            if block.kind is not BlockKind.FURNITURE:
                if not block.goes_on:
                    self._add_aside()
                self._add(block)
        self._aside += [block for block in aside if not _is_above(block, page)]

    def _add_aside(self) -> None:
        """Headers and footers that wait for their turn: before a new paragraph, and never within a sentence."""
        aside, self._aside = self._aside, []
        for block in aside:
            self._add(block)

    def _add(self, block: PdfBlock) -> None:
        text = "\n".join(line.text for line in block.lines)
        if block.goes_on:
            span = self._builder.more(text)
        elif block.kind is BlockKind.HEADING:
            span = self._builder.heading(text, block.level)
        elif block.kind in _MARKED:
            span = self._builder.marked(text, _MARKED[block.kind])
        elif block.kind is self._last is BlockKind.ROW:
            span = self._builder.item(text)
        else:
            span = self._builder.paragraph(text)
        if span:
            self._placed.append((span, block))
        self._last = block.kind


def _doubts(page: Page, number: int) -> Iterator[Doubt]:
    """What speaks against a page."""
    if not page.lines and not page.blank:
        yield Doubt(DoubtKind.NO_TEXT, number)
    if page.recognised:
        yield Doubt(DoubtKind.RECOGNISED, number)
    disorder = rises(page)
    if disorder >= max(_LEAST_DISORDER, _DISORDER * len(page.lines)):
        yield Doubt(DoubtKind.READING_ORDER, number, disorder)


def _is_above(block: PdfBlock, page: Page) -> bool:
    """Whether it is a header, and stands before the page's text; a footer and what stands in the margin come after."""
    line = block.lines[0]
    return line.upright and 2 * line.baseline < page.height
