"""PDF: glyphs to lines, lines to blocks, blocks to a Document; pictures of pages, and text off pictures."""

from source.pdf.assembly import EXTRACTOR, read_pdf
from source.pdf.picture import draw_page
from source.pdf.recognise import check_languages

__all__ = ["EXTRACTOR", "check_languages", "draw_page", "read_pdf"]
