"""Rich Text Format (.rtf): an extractor that parses a file's tokens in one pass."""

from source.formats.rtf.extractor import EXTRACTOR, read_rtf

__all__ = ["EXTRACTOR", "read_rtf"]
