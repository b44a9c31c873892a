"""Files in, Documents out. A document's text never changes after it is read."""

from source.document import Document, Doubt, DoubtKind, Region, RegionKind, describe
from source.encoding import is_unicode
from source.errors import INTERRUPTED, ChapterVerseError, NotRead, SourceEmpty, SourceError, UsageError, unreadable
from source.files import SHIPPED, SourceFile, document_name, golden_in, numbered, roots_of, shown_as
from source.formats.jsonl import ids_in
from source.formats.registry import OCR, SUFFIXES
from source.places import Box, Corners, Heading, Place, Places, boxes_of
from source.sandbox.page_images import has_pictures, page_picture
from source.sandbox.pool import ParserPool, Parsers, cores
from source.scan import UNREAD, Scan, Scanned, scan
from source.spans import Span
from source.terminal import printable, printable_json, run_command

__all__ = [
    # types
    "Box",
    "Corners",
    "Document",
    "Doubt",
    "DoubtKind",
    "Heading",
    "Place",
    "Places",
    "Region",
    "RegionKind",
    "Span",
    # reading
    "SUFFIXES",
    "SHIPPED",
    "OCR",
    "UNREAD",
    "Scanned",
    "Parsers",
    "Scan",
    "SourceFile",
    "ParserPool",
    "boxes_of",
    "cores",
    "scan",
    "golden_in",
    "has_pictures",
    "ids_in",
    "page_picture",
    "roots_of",
    "shown_as",
    "printable",
    "printable_json",
    "run_command",
    "describe",
    # names and texts from elsewhere
    "document_name",
    "is_unicode",
    "numbered",
    # errors
    "INTERRUPTED",
    "ChapterVerseError",
    "NotRead",
    "SourceEmpty",
    "SourceError",
    "UsageError",
    "unreadable",
]
