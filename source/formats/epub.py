"""EPUB: the documents of its spine in reading order, each read as a page of HTML.

The package document says what there is and in which order; nothing outside the archive is
looked at. The parts the book keeps outside its line of reading (`linear="no"`) come last.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from source.archive import Archive
from source.builder import TextBuilder
from source.document import Document, Doubt, DoubtKind
from source.errors import Damaged, Encrypted, SourceEmpty
from source.formats.html.blocks import blocks_of
from source.formats.html.extractor import decode_html, parse_html

EXTRACTOR = "epub/2"

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PACKAGE_TYPE = "application/oebps-package+xml"
_FONT_OBFUSCATION = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_PAGE_TYPES = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document"})


@dataclass(frozen=True, slots=True)
class _Part:
    """A document of the spine: its name in the archive, and whether it is the table of contents."""

    name: str
    navigation: bool


def read_epub(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """A Document of a book. Its title: `dc:title`, or its first heading, or `title`.

    Raises Damaged, Encrypted, TooLarge or SourceEmpty.
    """
    shown_as = path or id
    archive = Archive(data, shown_as)
    _refuse_encrypted(archive)
    package_name = _package_name(archive)
    package = archive.xml(package_name)
    builder = TextBuilder()
    undecodable = missing = words = 0
    for part in _spine(package, posixpath.dirname(package_name)):
        if part is None or part.name not in archive:
            missing += 1
            continue
        text, replaced = decode_html(archive.read(part.name), shown_as)
        undecodable += replaced
        words += _put(text, builder, shown_as, content=not part.navigation)
    if not words:
        raise SourceEmpty(f"{shown_as} holds no text; leave it out, or save it again from where it came.")
    for kind, count in ((DoubtKind.TRUNCATED, missing), (DoubtKind.UNDECODABLE, undecodable)):
        if count:
            builder.doubt(Doubt(kind, count=count))
    own_title = " ".join((package.findtext(".//{*}metadata//{http://purl.org/dc/elements/1.1/}title") or "").split())
    return builder.build(
        id=id,
        extractor=EXTRACTOR,
        title=own_title or builder.first_heading or title,
        path=path,
        sha256=sha256,
    )


def _put(text: str, builder: TextBuilder, shown_as: str, *, content: bool) -> bool:
    """Adds a part of the book; whether it has words. A part may well be blank, or only a picture."""
    try:
        blocks = blocks_of(parse_html(text, shown_as))
    except SourceEmpty:
        return False
    for block in blocks:
        block.put_into(builder, content=content)
    return any(char.isalnum() for block in blocks for char in block.text)


def _refuse_encrypted(archive: Archive) -> None:
    """Raises Encrypted if more than fonts is encrypted (those are merely disguised, by two known ways)."""
    if _ENCRYPTION not in archive:
        return
    for encrypted in archive.xml(_ENCRYPTION).iterfind(".//{*}EncryptedData"):
        method = encrypted.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in _FONT_OBFUSCATION:
            raise Encrypted(f"{archive.shown_as} is protected against copying; add a copy that is not.")


def _package_name(archive: Archive) -> str:
    """Where the package document is, which lists what the book is made of."""
    for rootfile in archive.xml(_CONTAINER).iterfind(".//{*}rootfile"):
        if rootfile.get("media-type", _PACKAGE_TYPE) == _PACKAGE_TYPE:
            return _inside("", rootfile.get("full-path", ""))
    raise Damaged(f"{archive.shown_as} is damaged: {_CONTAINER} names no package document; save it again.")


def _spine(package: Any, folder: str) -> Iterator[_Part | None]:
    """The book's parts in reading order, each once; None for one that is not in its list."""
    seen: set[str] = set()  # the standard forbids repeats (EPUB 3.3, 5.7.2), which would make a small book endless
    manifest = {item.get("id"): item for item in package.iterfind("./{*}manifest/{*}item")}
    references = package.findall("./{*}spine/{*}itemref")
    for reference in sorted(references, key=lambda each: each.get("linear") == "no"):
        item = manifest.get(reference.get("idref"))
        if item is None:
            yield None
        elif item.get("media-type", "").lower() in _PAGE_TYPES:
            part = _Part(_inside(folder, item.get("href", "")), "nav" in item.get("properties", "").split())
            if part.name not in seen:
                seen.add(part.name)
                yield part


def _inside(folder: str, href: str) -> str:
    """The archive's name for a link out of `folder`; `..` does not lead out of the archive."""
    path = posixpath.normpath(posixpath.join("/", folder, unquote(href.partition("#")[0])))
    return path.lstrip("/")
