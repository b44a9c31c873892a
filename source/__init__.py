"""Files in, Documents out. A document's text never changes after it is read."""

from source.document import Document, Region, RegionKind
from source.errors import ChapterVerseError, SourceError, UsageError
from source.places import Heading, Place, Places
from source.reader import FORMATS, SHIPPED, Reading, find
from source.spans import Span

__all__ = [
    # types
    "Document",
    "Heading",
    "Place",
    "Places",
    "Region",
    "RegionKind",
    "Span",
    # reading
    "FORMATS",
    "SHIPPED",
    "Reading",
    "find",
    # errors
    "ChapterVerseError",
    "SourceError",
    "UsageError",
]
