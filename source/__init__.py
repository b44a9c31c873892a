"""Files in, Documents out: scans files, extracts their text, and records the place of every character.

A document's text never changes after it is extracted, so offsets into it stay valid.
"""

from source.interrupts import end_on_interrupt  # first: from here on, Ctrl-C ends a command silently

# isort: split
from source.arguments import pairs, paths, strings
from source.disk import SPARED, lacking
from source.document import Document, Doubt, DoubtKind, Region, RegionKind, Stated, StatedName, describe
from source.document_json import DocumentFacts, dump_document, line_of, load_document, load_facts
from source.encoding import is_unicode
from source.errors import (
    EXHAUSTED,
    ChapterVerseError,
    NotRead,
    SourceEmpty,
    SourceError,
    UsageError,
    reason_of,
    unreadable,
)
from source.files import (
    SHIPPED,
    SourceFile,
    document_name,
    files_in,
    from_here,
    golden_in,
    is_index,
    name_of,
    numbered,
    readable,
    roots_of,
    shown_as,
)
from source.forking import PerProcess, after_fork, at_exit, forked, lazy_property, temporary_folder
from source.formats.jsonl import JsonlLines
from source.formats.registry import OCR, SUFFIXES
from source.places import Box, Corners, Heading, Place, Places, boxes_of
from source.sandbox.collection import ids_in
from source.sandbox.page_images import has_pictures, page_picture
from source.sandbox.pool import ParserPool, Parsers, cores
from source.scan import UNREAD, Scan, Scanned, scan
from source.spans import Span, trim
from source.terminal import CommandParser, run_command
from source.untrusted_text import END_ISOLATE, ISOLATE, isolated, printable, printable_json, undirected
from source.waiting import OnWait, do_nothing, map_in_pool, submit, wait_until

__all__ = [
    # Scan files and extract their documents
    "scan",
    "Scan",
    "Scanned",
    "UNREAD",
    "ParserPool",
    "Parsers",
    "JsonlLines",
    "cores",
    "OnWait",
    "do_nothing",
    "map_in_pool",
    "submit",
    "wait_until",
    # A document: its text, the marked regions of it, and the doubts about it
    "Document",
    "Span",
    "trim",
    "Region",
    "RegionKind",
    "Doubt",
    "DoubtKind",
    "describe",
    "Stated",
    "StatedName",
    # A document as a line of JSON
    "DocumentFacts",
    "dump_document",
    "line_of",
    "load_document",
    "load_facts",
    # Places in a document: pages, headings, boxes on pages, images of pages
    "Place",
    "Places",
    "Heading",
    "Box",
    "Corners",
    "boxes_of",
    "has_pictures",
    "page_picture",
    # Files and their formats
    "SourceFile",
    "SHIPPED",
    "files_in",
    "is_index",
    "name_of",
    "SUFFIXES",
    "OCR",
    "roots_of",
    "shown_as",
    "from_here",
    "golden_in",
    "ids_in",
    "document_name",
    "readable",
    "numbered",
    # Space on a disk
    "SPARED",
    "lacking",
    # Arguments that must be lists
    "strings",
    "paths",
    "pairs",
    # Untrusted text
    "is_unicode",
    "printable",
    "printable_json",
    "undirected",
    "isolated",
    "ISOLATE",
    "END_ISOLATE",
    # Commands
    "CommandParser",
    "run_command",
    "end_on_interrupt",
    # What a fork breaks
    "PerProcess",
    "lazy_property",
    "forked",
    "after_fork",
    "at_exit",
    "temporary_folder",
    # Errors
    "ChapterVerseError",
    "UsageError",
    "SourceError",
    "SourceEmpty",
    "NotRead",
    "EXHAUSTED",
    "reason_of",
    "unreadable",
]
