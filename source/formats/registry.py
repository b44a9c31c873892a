"""Which reader takes which file.

A reader turns a file's bytes into a Document: `read_NAME` of the module NAME, which
may lie in a folder with others of its kind. To add a format, write the reader and
name it here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any

from source.document import Document
from source.encoding import decode
from source.errors import SourceEmpty
from source.quality import doubts_of


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    `module` holds its reader and its EXTRACTOR; `library` is the package that parses
    it, whose version decides about offsets too. `apart`: parsed in a process of its
    own, because the parser is large and the file may be hostile. `text`: the reader
    is given the decoded text and not the bytes. `ocr`: it can recognise text in pictures.
    """

    module: str
    suffixes: tuple[str, ...]
    library: str | None = None
    apart: bool = True
    text: bool = False
    ocr: bool = False

    def read(self, data: bytes, *, id: str, title: str, path: str, sha256: str, ocr: str = "") -> Document:
        """The document in a file's bytes. Raises a SourceError. `ocr`: languages of text that may be recognised."""
        name = self.module.rpartition(".")[2]
        read: Callable[..., Document] = getattr(import_module(f"source.formats.{self.module}"), f"read_{name}")
        content: Any = data
        if self.text:
            content = decode(data, path)
            if not content.strip():
                raise SourceEmpty(f"{path} is empty; put text into it or leave it out.")
        options = {"ocr": ocr} if self.ocr and ocr else {}
        document = read(content, id=id, title=title, path=path, sha256=sha256, **options)
        return replace(document, doubts=(*document.doubts, *doubts_of(document.text, document.places.pages)))

    @property
    def extractor(self) -> str:
        """The reader, its version and its library's: with another, offsets may be others."""
        return _extractor(self.module, self.library)


@cache
def _extractor(module: str, library: str | None) -> str:
    from importlib.metadata import version  # not before it is needed: asking reads no file

    own: str = import_module(f"source.formats.{module}").EXTRACTOR
    return f"{own} {library}/{version(library)}" if library else own


FORMATS = (
    Format("plain", (".txt", ".text"), apart=False, text=True),
    Format("markdown", (".md", ".markdown"), "markdown-it-py", text=True),
    Format("pdf", (".pdf",), "pypdfium2", ocr=True),
    Format("html", (".html", ".htm", ".xhtml"), "trafilatura"),
    Format("epub", (".epub",), "lxml"),
    Format("office.docx", (".docx", ".docm"), "lxml"),
    Format("office.odt", (".odt", ".ott"), "lxml"),
    Format("office.pptx", (".pptx", ".pptm", ".ppsx"), "lxml"),
    Format("rtf", (".rtf",)),
    Format("rst", (".rst",), apart=False, text=True),
    Format("csv", (".csv", ".tsv"), apart=False),
)
OCR = "tesseract/"
"""What follows an extractor's name where text in pictures was recognised, before the languages."""
COLLECTION = ".jsonl"
SUFFIXES = (*(suffix for each in FORMATS for suffix in each.suffixes), COLLECTION)
"""The file name endings that are read."""

_BY_SUFFIX = {suffix: each for each in FORMATS for suffix in each.suffixes}


def format_of(suffix: str) -> Format | None:
    """The format of files that end so; None for a collection or an unknown one."""
    return _BY_SUFFIX.get(suffix.lower())
