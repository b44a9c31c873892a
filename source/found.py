"""What is known of a document before it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from source.document import Document
from source.files import SourceFile
from source.formats import format_of
from source.plain import EXTRACTOR

Known = Callable[[bytes], str | None]
"""From a document's fingerprint to the id of the document that is known by it, or None."""


@dataclass(frozen=True, slots=True)
class Found:
    """A document among the sources; `document` is None where it is known already.

    `fingerprint`: 16 bytes for what it was read from, as what, and by which reader.
    """

    id: str
    fingerprint: bytes
    document: Document | None


def reader_of(file: SourceFile, ocr: str) -> str:
    """What reads a file, with its version; for each line of a collection too."""
    if file.is_collection:
        return EXTRACTOR
    format = format_of(file.path.suffix)
    assert format, file
    return f"{format.extractor} {ocr if format.ocr else ''}"


def fingerprint(*facts: str) -> bytes:
    """16 bytes for what a document is read from."""
    return hashlib.blake2b("\0".join(facts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def sha256_of(path: Path) -> str | None:
    """The SHA-256 of a file; None if it cannot be read."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
