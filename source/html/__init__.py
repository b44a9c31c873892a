"""Web pages: elements to blocks, and which of them are the page's content."""

from source.html.page import EXTRACTOR, read_html

__all__ = ["EXTRACTOR", "read_html"]
