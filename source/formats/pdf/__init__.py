"""PDF: glyphs to lines, lines to blocks, blocks to a Document; and OCR for pages that are images."""

from source.formats.pdf.extractor import EXTRACTOR, read_pdf
from source.formats.pdf.ocr import check_languages

__all__ = ["EXTRACTOR", "check_languages", "read_pdf"]
