"""PDF: the text of each page in reading order, and the box of every character.

Pages are parsed with PDFium. The white space between words and lines is added, because
pages have none. A word that is divided at the end of a line keeps its hyphen.
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
from source.formats.imprint import properties
from source.formats.pdf.blocks import BlockKind, PdfBlock, blocks, body_size, continues, set_levels
from source.formats.pdf.forms import draw_annotations, show_fields
from source.formats.pdf.headers_footers import headers_and_footers
from source.formats.pdf.lines import Page, PdfLine, read_page
from source.formats.pdf.ocr import recognise
from source.formats.pdf.order import is_disordered
from source.formats.registry import OCR
from source.limits import check_growth
from source.places import Corners
from source.spans import Span
from source.untrusted_text import isolated

EXTRACTOR = "pdf/3"

_MARKED = {
    BlockKind.CONTENTS: RegionKind.NAVIGATION,
    BlockKind.FURNITURE: RegionKind.FURNITURE,
}
_NO_TITLE = re.compile(
    r"untitled|microsoft (?:word|powerpoint|excel)|\.(?:docx?|tex|dvi|indd|pdf|rtf|qxd|pptx?)\b", re.I
)
_METADATA = ("Title", "Author", "CreationDate")
_LARGE = 1.25  # of the text's font size: a heading of this size on the first page is the title
_SINGLE = 0.25  # of a page's lines, of one letter each
_MIN_SINGLE = 10  # lines
_MIN_UNIDENTIFIED = 10  # characters
_UNIDENTIFIED, _UNIDENTIFIED_PAGE = 0.05, 0.5  # of a page's characters: it is doubtful, and it is read by OCR instead
_TAIL = 2048  # last bytes of a complete file, which contain its end mark


def read_pdf(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "", ocr: str = "") -> Document:
    """Extracts a Document from a PDF. Raises Encrypted, Damaged, or SourceEmpty if no page has text.

    `ocr`: Tesseract's languages ("eng+rus"), to recognise text on pages without any.
    """
    shown_as = path or id
    pages, own = _read(data, shown_as, ocr)
    if not any(page.lines for page in pages):
        raise SourceEmpty(
            f"{isolated(shown_as)} is a scan without text. Rebuild with OCR (such as --ocr eng) to recognise it."
        )
    extractor = f"{EXTRACTOR} {OCR}{ocr}" if ocr else EXTRACTOR
    document = _Assembly(pages, len(data), shown_as).document(
        id, _title(own["Title"]) or title, path, sha256, extractor
    )
    document = replace(document, stated=properties([own["Author"]], own["CreationDate"]))
    cut_off = b"%%EOF" not in data[-_TAIL:]
    return replace(document, doubts=(Doubt(DoubtKind.TRUNCATED), *document.doubts)) if cut_off else document


def _read(data: bytes, shown_as: str, ocr: str) -> tuple[list[Page], dict[str, str]]:
    """The file's pages, and what its metadata says."""
    import pypdfium2

    pages: list[Page] = []
    characters = 0
    try:
        with pypdfium2.PdfDocument(data) as file:
            show_fields(file)
            for number in range(len(file)):
                page, ticks = draw_annotations(file, number)
                parsed = read_page(page, ticks)
                pages.append(_with_recognised(parsed, recognise(page, ocr)) if ocr and _needs_ocr(parsed) else parsed)
                page.close()
                characters += sum(len(line.text) for line in pages[-1].lines)
                check_growth(characters, len(data), shown_as)  # pages may be one and the same object
            return pages, {name: file.get_metadata_value(name) for name in _METADATA}
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Encrypted(f"{isolated(shown_as)} is password-protected. Add an unprotected copy.") from error
        raise Damaged(f"{isolated(shown_as)} is damaged or not a PDF. Try saving it again.") from error


def _needs_ocr(page: Page) -> bool:
    return not page.lines or page.scan or _is_unidentified(page, _UNIDENTIFIED_PAGE)


def _is_unidentified(page: Page, share: float) -> bool:
    """Whether at least this share of a page's characters are of fonts that don't say which characters they are."""
    characters = sum(len(line.text) for line in page.lines)
    return page.unidentified >= max(_MIN_UNIDENTIFIED, share * characters)


def _with_recognised(page: Page, recognised: Page) -> Page:
    """What was recognised on a page, and its own lines above and below that."""
    if not page.scan or not recognised.lines:
        return recognised if recognised.lines or not page.lines else page
    own = [line for line in page.lines if line.corners.any()]
    new = [line for line in recognised.lines if not any(_overlap(line, each) for each in own)]
    first = min((line.baseline for line in new), default=0.0)
    above, below = ([line for line in own if (line.baseline <= first) is so] for so in (True, False))
    return replace(recognised, lines=[*above, *new, *below])


def _title(own: str) -> str:
    """The title in the file's metadata; empty if it doesn't look like one."""
    own = " ".join(own.split())
    return "" if len(own) < 3 or _NO_TITLE.search(own) or not any(char.isalpha() for char in own) else own


class _Assembly:
    """Assembles the text of all pages, and records the span of every block in it."""

    def __init__(self, pages: Sequence[Page], size: int, shown_as: str) -> None:
        self._pages = pages
        self._body = body_size(pages)
        self._builder = TextBuilder(size, shown_as)
        self._placed: list[tuple[Span, PdfBlock]] = []
        self._pending: list[PdfBlock] = []  # headers and footers to be added before the next paragraph
        self._last: BlockKind | None = None

    def document(self, id: str, title: str, path: str, sha256: str, extractor: str) -> Document:
        furniture = headers_and_footers(self._pages)
        pages = [blocks(page, lines, self._body) for page, lines in zip(self._pages, furniture, strict=True)]
        set_levels([block for block in chain(*pages) if block.kind is BlockKind.HEADING])
        for before, after in pairwise(pages):
            last = [block for block in before if block.kind is not BlockKind.FURNITURE]
            if last and after:
                after[0].continues = continues(after[0], last[-1])
        for page, page_blocks in zip(self._pages, pages, strict=True):
            self._add_page(page, page_blocks)
        self._add_pending()
        title = self._headline(pages[0]) or title or id
        document = self._builder.build(id=id, title=title, path=path, sha256=sha256, extractor=extractor)
        return replace(document, corners=self._corners(len(document.text)))

    def _corners(self, length: int) -> Corners:
        """The corners of every character; 0 for the white space between lines."""
        corners = np.zeros((length, 4), np.uint16)
        for span, block in self._placed:
            start = span.start
            for line in block.lines:
                corners[start : start + len(line.text)] = line.corners
                start += len(line.text) + 1
        return corners

    def _headline(self, first: Sequence[PdfBlock]) -> str:
        """The largest heading on the first page; empty unless it is in a large font."""
        headings = [block for block in first if block.kind is BlockKind.HEADING]
        largest = max(headings, key=lambda block: block.lines[0].size, default=None)
        return " ".join(largest.text.split()) if largest and largest.lines[0].size > _LARGE * self._body else ""

    def _add_page(self, page: Page, page_blocks: Sequence[PdfBlock]) -> None:
        if not (page_blocks and page_blocks[0].continues):
            self._add_pending()
        self._builder.page()
        for doubt in _doubts(page, self._builder.pages):
            self._builder.doubt(doubt)
        furniture = [block for block in page_blocks if block.kind is BlockKind.FURNITURE]
        self._pending += [block for block in furniture if _is_above(block, page)]
        for block in page_blocks:
            if block.kind is not BlockKind.FURNITURE:
                if not block.continues:
                    self._add_pending()
                self._add(block)
        self._pending += [block for block in furniture if not _is_above(block, page)]

    def _add_pending(self) -> None:
        """Adds the pending headers and footers: between paragraphs, and never within a sentence."""
        pending, self._pending = self._pending, []
        for block in pending:
            self._add(block)

    def _add(self, block: PdfBlock) -> None:
        text = "\n".join(line.text for line in block.lines)
        if block.continues:
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
    """The doubts about a page that show in its layout."""
    if (page.scan or not page.lines) and not page.blank:
        yield Doubt(DoubtKind.NO_TEXT, number)
    if _is_unidentified(page, _UNIDENTIFIED):
        yield Doubt(DoubtKind.UNIDENTIFIED, number, page.unidentified)
    if page.recognised:
        yield Doubt(DoubtKind.RECOGNISED, number)
    single = sum(len(line.text) == 1 and line.text.isalpha() for line in page.lines)
    if single >= max(_MIN_SINGLE, _SINGLE * len(page.lines)):
        yield Doubt(DoubtKind.SPACED_WORDS, number, single)
    if is_disordered(page.disorder, len(page.lines)):
        yield Doubt(DoubtKind.READING_ORDER, number, page.disorder)


def _overlap(one: PdfLine, other: PdfLine) -> bool:
    """Whether most of a line lies within the extent of another one."""
    first, second = (
        np.concatenate([known[:, :2].min(axis=0), known[:, 2:].max(axis=0)]).astype(np.int64)
        for known in (line.corners[line.corners.any(axis=1)] for line in (one, other))
    )
    shared = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    return bool((shared > 0).all() and 2 * shared.prod() > (first[2:] - first[:2]).prod())


def _is_above(block: PdfBlock, page: Page) -> bool:
    """Whether a block is a header and precedes the page's text; footers and marginal text follow it."""
    line = block.lines[0]
    return line.upright and 2 * line.baseline < page.height
