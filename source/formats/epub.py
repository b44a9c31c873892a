"""EPUB: the documents of the book's spine in reading order, each extracted like an HTML page.

The package document lists the parts and their order; nothing outside the archive is
read. Parts outside the main reading order (`linear="no"`) come last.
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
from source.untrusted_text import isolated

EXTRACTOR = "epub/3"

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PACKAGE_TYPE = "application/oebps-package+xml"
_FONT_OBFUSCATION = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_PAGE_TYPES = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document"})


@dataclass(frozen=True, slots=True)
class _Part:
    """A document of the spine. `name`: its name in the archive. `navigation`: whether it is the table of contents."""

    name: str
    navigation: bool


def read_epub(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from an EPUB book. Its title: `dc:title`, or its first heading, or `title`.

    Raises Damaged, Encrypted, TooLarge or SourceEmpty.
    """
    shown_as = path or id
    archive = Archive(data, shown_as)
    _refuse_encrypted(archive)
    package_name = _package_name(archive)
    package = archive.xml(package_name)
    builder = TextBuilder(len(data), shown_as)
    undecodable = missing = words = 0
    for part in _spine(package, posixpath.dirname(package_name)):
        if part is None or part.name not in archive:
            missing += 1
            continue
        text, replaced = decode_html(archive.read(part.name), shown_as)
        undecodable += replaced
        words += _add_part(text, builder, shown_as, content=not part.navigation)
    if not words:
        raise SourceEmpty(f"{isolated(shown_as)} contains no text.")
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


def _add_part(text: str, builder: TextBuilder, shown_as: str, *, content: bool) -> bool:
    """Adds a part of the book and returns whether it has text; it may be blank or only an image."""
    try:
        blocks = blocks_of(parse_html(text, shown_as))
    except SourceEmpty:
        return False
    for block in blocks:
        block.put_into(builder, content=content)
    return any(char.isalnum() for block in blocks for char in block.text)


def _refuse_encrypted(archive: Archive) -> None:
    """Raises Encrypted if anything but fonts is encrypted (fonts are only obfuscated, by two known methods)."""
    if _ENCRYPTION not in archive:
        return
    for encrypted in archive.xml(_ENCRYPTION).iterfind(".//{*}EncryptedData"):
        method = encrypted.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in _FONT_OBFUSCATION:
            raise Encrypted(f"{isolated(archive.shown_as)} is copy-protected. Add an unprotected copy.")


def _package_name(archive: Archive) -> str:
    """The archive's name for the package document, which lists the parts of the book."""
    for rootfile in archive.xml(_CONTAINER).iterfind(".//{*}rootfile"):
        if rootfile.get("media-type", _PACKAGE_TYPE) == _PACKAGE_TYPE:
            return _inside("", rootfile.get("full-path", ""))
    raise Damaged(
        f"{isolated(archive.shown_as)} is damaged: {_CONTAINER} names no package document. Try saving it again."
    )


def _spine(package: Any, folder: str) -> Iterator[_Part | None]:
    """The book's parts in reading order, each once; None for a part that the manifest doesn't list."""
    seen: set[str] = set()  # repeats, which EPUB 3.3 (5.7.2) forbids, could make a small book huge
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
    """The archive's name for the target of a link from `folder`; `..` cannot lead out of the archive."""
    path = posixpath.normpath(posixpath.join("/", folder, unquote(href.partition("#")[0])))
    return path.lstrip("/")
