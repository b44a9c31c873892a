"""Markdown: the text is the file itself; markdown-it-py finds its blocks."""

from source.formats.markdown.extractor import EXTRACTOR, read_markdown

__all__ = ["EXTRACTOR", "read_markdown"]
