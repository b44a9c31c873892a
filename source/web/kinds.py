"""Which kind of file a server sent: from what it says, from the address, and from the bytes themselves.

The bytes have the last word where they can only be one thing. Otherwise the server's type
counts or, where that says little ("text/plain" of a Markdown file), the ending of the
address (after the MIME Sniffing standard, which never turns plain text into a page).
"""

from __future__ import annotations

import re

from source.errors import NotFetched
from source.formats.office.legacy import MODERN
from source.formats.registry import SUFFIXES, supported
from source.untrusted_text import isolated

SAMPLE = 1024
"""Bytes of a file that show its kind."""
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_ENDINGS = {
    "text/html": ".html", "application/xhtml+xml": ".xhtml", "application/pdf": ".pdf", "application/x-pdf": ".pdf",
    "text/markdown": ".md", "text/x-markdown": ".md", "text/x-rst": ".rst", "text/csv": ".csv",
    "text/tab-separated-values": ".tsv", "application/rtf": ".rtf", "text/rtf": ".rtf",
    "application/jsonl": ".jsonl", "application/x-ndjson": ".jsonl", "application/epub+zip": ".epub",
    f"{_OFFICE}.wordprocessingml.document": ".docx", f"{_OFFICE}.presentationml.presentation": ".pptx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx", f"{_OPEN}.text": ".odt", f"{_OPEN}.presentation": ".odp",
    f"{_OPEN}.spreadsheet": ".ods", "application/msword": ".doc", "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt", "application/zip": ".zip", "application/json": ".json",
    "image/png": ".png", "image/jpeg": ".jpg", "image/tiff": ".tiff", "image/webp": ".webp",
    "message/rfc822": ".eml", "application/vnd.ms-outlook": ".msg", "application/mbox": ".mbox", "text/vtt": ".vtt",
    "application/x-subrip": ".srt", "application/x-ipynb+json": ".ipynb", "application/x-tex": ".tex",
    "text/x-tex": ".tex", "text/org": ".org",
}  # fmt: skip
"""Media types and the endings of their files, whether or not these are read."""
_UNSAID = ("", "application/octet-stream", "binary/octet-stream")
_XML = ("application/xml", "text/xml")
_ZIPPED = (
    ".docx", ".docm", ".dotx", ".dotm", ".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".xlsx", ".xlsm", ".xltx", ".xltm",
    ".odt", ".ott", ".odp", ".otp", ".ods", ".ots", ".epub",
)  # fmt: skip
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # starts the files of Office up to 2003, and of Outlook
_COMPOUNDS = (*MODERN, ".msg")
_SHOWN = (".pdf", ".rtf", ".zip", *_ZIPPED, *_COMPOUNDS)
"""The endings of files whose first bytes say so."""
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--(?:[^-]|-(?!->))*-->\s*)*<(?:!doctype\s+html|html)\b", re.I
)
_MEMBER = 30  # bytes before the name of an archive's first file, "mimetype" in EPUB and OpenDocument; the type follows


def ending_of(media_type: str, ending: str, start: bytes) -> str:
    """The ending for a file with this media type, at an address with this ending ("" if none), that starts so.

    >>> ending_of("text/html", "", b"%PDF-1.7"), ending_of("text/plain", ".md", b"# A"), ending_of("", "", b"A")
    ('.pdf', '.md', '.txt')

    Raises NotFetched if it isn't read, or isn't what the server says.
    """
    announced = _ENDINGS.get(media_type, "")
    shown = _shown_by(start, announced, ending)
    kind = shown or announced or _guessed(media_type, ending, start)
    if kind not in SUFFIXES:
        what = isolated(media_type or kind) or "of an unknown kind"
        raise NotFetched(f"is {what}, which is not read. Supported: {supported()}.")
    if kind in _SHOWN and not shown:
        what = "is a web page, perhaps one that asks to log in" if _PAGE.match(start) else "is none"
        raise NotFetched(f"should be a {kind} file but {what}. Download it in a browser and add the file.")
    return kind


def _shown_by(start: bytes, announced: str, ending: str) -> str:
    """The ending of what the bytes can only be; empty if they leave it open."""
    if start.lstrip().startswith(b"%PDF-") or (b"%PDF-" in start and ".pdf" in (announced, ending)):
        return ".pdf"
    if start.startswith(b"{\\rtf"):
        return ".rtf"
    if start.startswith(b"PK\x03\x04"):
        member = start[_MEMBER:].decode("latin-1")
        stated = (kind for media_type, kind in _ENDINGS.items() if member.startswith(f"mimetype{media_type}"))
        kinds = (MODERN.get(kind, kind) for kind in (*stated, announced, ending))
        return next((kind for kind in kinds if kind in _ZIPPED), ".zip")
    if start.startswith(_COMPOUND):
        return next((kind for kind in (announced, ending) if kind in _COMPOUNDS), "")
    return ""


def _guessed(media_type: str, ending: str, start: bytes) -> str:
    """The ending for a type that says little; empty for one that names a kind which isn't known."""
    is_page = _PAGE.match(start) is not None
    if media_type in _XML:
        return ".html" if is_page else ""
    if media_type == "text/plain":
        return ending or ".txt"
    if media_type in _UNSAID:
        return ending or (".html" if is_page else "" if b"\0" in start else ".txt")
    return ""
