"""The registry of file formats: which extractor handles which files.

An extractor is the function `read_NAME` in the module NAME below `source.formats`; it
turns a file's content into a Document. To add a format, write its extractor and list
it in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any

from source.document import Document, Doubt, DoubtKind
from source.encoding import decode
from source.errors import SourceEmpty
from source.formats.imprint import with_imprint
from source.limits import check_amounts
from source.quality import doubts_of
from source.untrusted_text import isolated


@dataclass(frozen=True, slots=True)
class Format:
    """A file format and its extractor.

    `name`: what users call it, within its `group`. `module` holds the extractor and its version, EXTRACTOR.
    `library` is the package that parses the files; its version affects offsets too.
    `text`: the extractor gets the decoded text instead of the bytes. `charset`: it takes
    the encoding that the file's server named. `ocr`: it can recognise text in images.
    """

    name: str
    module: str
    suffixes: tuple[str, ...]
    library: str | None = None
    text: bool = False
    charset: bool = False
    ocr: bool = False
    group: str = "documents"

    def read(
        self, data: bytes, *, id: str, title: str, path: str, sha256: str, ocr: str = "", charset: str = ""
    ) -> Document:
        """Extracts the document in a file's bytes. Raises a SourceError.

        `ocr`: Tesseract's languages. `charset`: the encoding that its server named.
        """
        name = self.module.rpartition(".")[2]
        read: Callable[..., Document] = getattr(import_module(f"source.formats.{self.module}"), f"read_{name}")
        content: Any = data
        undecodable = 0
        if self.text:
            content, undecodable = decode(data, path, charset)
            if not content.strip():
                raise SourceEmpty(f"{isolated(path)} is empty.")
        options = {"ocr": ocr} if self.ocr and ocr else {"charset": charset} if self.charset else {}
        document = read(content, id=id, title=title, path=path, sha256=sha256, **options)
        check_amounts(document, len(data), path)
        return with_imprint(replace(document, doubts=_together(document, undecodable)))

    @property
    def extractor(self) -> str:
        """The extractor with its version and its library's; with any other, offsets may differ."""
        return _extractor(self.module, self.library)


def _together(document: Document, undecodable: int) -> tuple[Doubt, ...]:
    """The doubts of the extractor, of the decoding, and of the text, each of which counts a kind only once."""
    own = [*document.doubts, *([Doubt(DoubtKind.UNDECODABLE, count=undecodable)] if undecodable else [])]
    counted = {(doubt.kind, doubt.page) for doubt in own}
    found = doubts_of(document.text, document.places.pages)
    return (*own, *(doubt for doubt in found if (doubt.kind, doubt.page) not in counted))


@cache
def _extractor(module: str, library: str | None) -> str:
    from importlib.metadata import PackageNotFoundError, version  # imported late: asking questions parses no file

    own: str = import_module(f"source.formats.{module}").EXTRACTOR
    try:
        return f"{own} {library}/{version(library)}" if library else own
    except PackageNotFoundError:  # of an extra; the extractor says what to install
        return own


PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
"""The endings of files that are only read with OCR."""
FORMATS = (
    Format("PDF", "pdf", (".pdf",), "pypdfium2", ocr=True),
    Format("Word", "office.docx", (".docx", ".docm", ".dotx", ".dotm"), "lxml"),
    Format("OpenDocument", "office.odt", (".odt", ".ott"), "lxml"),
    Format("Office 97-2003 by LibreOffice", "office.legacy", (".doc", ".dot", ".xls", ".xlt", ".ppt", ".pps")),
    Format("RTF", "rtf", (".rtf",)),
    Format("EPUB", "epub", (".epub",), "lxml"),
    Format("plain text", "plain", (".txt", ".text", ".log", ".json"), text=True),
    Format("Markdown", "markdown", (".md", ".markdown"), "markdown-it-py", text=True),
    Format("reStructuredText", "rst", (".rst",), text=True),
    Format("LaTeX", "markup.tex", (".tex", ".latex"), text=True),
    Format("Org", "markup.org", (".org",), text=True),
    Format("AsciiDoc", "markup.asciidoc", (".adoc", ".asciidoc"), text=True),
    Format("Jupyter", "notebook", (".ipynb",), text=True),
    Format("PowerPoint", "office.pptx", (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx"), "lxml", group="slides"),
    Format("OpenDocument", "office.odp", (".odp", ".otp"), "lxml", group="slides"),
    Format("CSV", "csv", (".csv", ".tsv"), charset=True, group="tables"),
    Format("Excel", "sheets.xlsx", (".xlsx", ".xlsm", ".xltx", ".xltm"), "lxml", group="tables"),
    Format("OpenDocument", "sheets.ods", (".ods", ".ots"), "lxml", group="tables"),
    Format("PNG, JPEG, TIFF, WebP", "image", PICTURES, "pillow", ocr=True, group="pictures"),
    Format("subtitles", "subtitles", (".srt", ".vtt"), text=True, group="recordings"),
    Format("MIME", "mails.eml", (".eml",), group="mails"),
    Format("Outlook", "mails.msg", (".msg",), "olefile", group="mails"),
    Format("HTML", "html", (".html", ".htm", ".xhtml"), "trafilatura", charset=True, group="web pages"),
)
OCR = "tesseract/"
"""Follows an extractor's name, and precedes the languages, if text in images was recognised."""
COLLECTION = ".jsonl"
"""A file with a document in each line."""
MAILS, MAILBOX, ZIP = (".eml", ".msg"), ".mbox", ".zip"
CONTAINERS = (*MAILS, MAILBOX, ZIP)
"""Files that hold several documents: a mail and its attachments, a mailbox, an archive."""
SUFFIXES = tuple(dict.fromkeys((*(suffix for each in FORMATS for suffix in each.suffixes), COLLECTION, *CONTAINERS)))
"""The supported file extensions."""


def supported() -> str:
    """The names of the supported formats by their groups, as error messages list them."""
    groups: dict[str, list[str]] = {}
    for each in FORMATS:
        groups.setdefault(each.group, []).append(each.name)
    groups["mails"].append("mailbox")
    groups["collections"] = ["JSON Lines", "zip"]
    return ", ".join(f"{group} ({', '.join(names)})" for group, names in groups.items())


_BY_SUFFIX = {suffix: each for each in FORMATS for suffix in each.suffixes}


def format_of(suffix: str) -> Format | None:
    """The format of files with this extension; None for a collection or an unsupported extension."""
    return _BY_SUFFIX.get(suffix.lower())
