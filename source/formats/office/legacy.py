"""Files of Office up to 2003 (.doc, .xls, .ppt): LibreOffice converts them before they are read.

`source.sandbox.convert` does so, as a parser process writes no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from source.document import Document
from source.errors import ExtraMissing
from source.untrusted_text import isolated

EXTRACTOR = "legacy/1"

MODERN: Mapping[str, str] = MappingProxyType(
    {".doc": ".docx", ".dot": ".docx", ".xls": ".xlsx", ".xlt": ".xlsx", ".ppt": ".pptx", ".pps": ".pptx"}
)
"""The ending of an old format → that of the one into which such files are converted."""


def read_legacy(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Raises ExtraMissing: a file inside a mail or an archive isn't converted."""
    raise ExtraMissing(f"{isolated(path or id)} is in an old format of Office. Save it in today's format.")
