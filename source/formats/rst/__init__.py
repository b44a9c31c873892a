"""reStructuredText: the text is the file itself; its lines form blocks as docutils defines them."""

from source.formats.rst.extractor import EXTRACTOR, read_rst

__all__ = ["EXTRACTOR", "read_rst"]
