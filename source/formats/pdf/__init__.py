"""PDF: glyphs to lines, lines to blocks, blocks to a Document; pictures of pages, and text off pictures."""

from source.formats.pdf.extractor import EXTRACTOR, read_pdf
from source.formats.pdf.ocr import check_languages
from source.formats.pdf.render import draw_page

__all__ = ["EXTRACTOR", "check_languages", "draw_page", "read_pdf"]
