"""What the tests of office formats share: archives, their relations, old files, and what holds for every document."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from source import Document

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
"""An old binary file of Office."""
ENCRYPTED = COMPOUND + "EncryptedPackage".encode("utf-16-le")


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of these members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


def relations(**targets: str) -> str:
    """A relation of each kind to a part; a number after the kind tells the ids apart."""
    each = "".join(
        f'<Relationship Id="{id}" Type="{OFFICE}/{id.rstrip("0123456789")}" Target="{target}"/>'
        for id, target in targets.items()
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'


def check_paragraphs(document: Document) -> None:
    """They lie in order within the text, hold words, and are trimmed."""
    end = 0
    for span in document.places.paragraphs:
        text = document.text[span.start : span.end]
        assert end <= span.start < span.end <= len(document.text)
        assert text and text == text.strip()
        end = span.end
