"""Rich Text: its words in one pass, and the paragraphs, rows and notes that they make."""

from source.formats.rtf.extractor import EXTRACTOR, read_rtf

__all__ = ["EXTRACTOR", "read_rtf"]
