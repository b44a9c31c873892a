"""reStructuredText: the text is the file itself; lines to blocks, as docutils defines them."""

from source.rst.document import EXTRACTOR, read_rst

__all__ = ["EXTRACTOR", "read_rst"]
