"""HTML pages: turns elements into blocks and finds which of them are the page's content."""

from source.formats.html.extractor import EXTRACTOR, read_html

__all__ = ["EXTRACTOR", "read_html"]
