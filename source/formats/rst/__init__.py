"""reStructuredText: the text is the file itself; lines to blocks, as docutils defines them."""

from source.formats.rst.extractor import EXTRACTOR, read_rst

__all__ = ["EXTRACTOR", "read_rst"]
