"""Markdown: its extractor, the HTML in it, and for display the marks that a reader need not see."""

from source.formats.markdown.extractor import EXTRACTOR, read_markdown

__all__ = ["EXTRACTOR", "read_markdown"]
