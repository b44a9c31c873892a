"""PDF: glyphs to lines, lines to blocks, blocks to a Document; and pictures of pages."""

from source.pdf.assembly import EXTRACTOR, read_pdf
from source.pdf.picture import draw_page

__all__ = ["EXTRACTOR", "draw_page", "read_pdf"]
