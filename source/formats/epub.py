"""EPUB: the documents of the book's spine in reading order, each extracted like an HTML page.

The package document lists the parts and their order; nothing outside the archive is
read. Parts outside the main reading order (`linear="no"`) come last. A chapter whose name
stands only in the table of contents (its own heading is a picture, or none) has it as a heading.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any
from urllib.parse import unquote

from source.archive import Archive
from source.builder import TextBuilder
from source.document import Document, Doubt, DoubtKind
from source.errors import Damaged, Encrypted, SourceEmpty, SourceError
from source.formats.html.blocks import HtmlBlock, HtmlKind, blocks_of
from source.formats.html.extractor import decode_html, parse_html
from source.formats.imprint import properties
from source.places import shortened
from source.untrusted_text import isolated

EXTRACTOR = "epub/4"

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


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the table of contents. `anchor`: the id of the element in the part; empty for its beginning."""

    anchor: str
    title: str
    level: int


_Contents = Mapping[str, Sequence[_Entry]]
"""The entries of the table of contents for each part, by the part's name."""
_MAX_LEVEL = 9
_MOST_NAMES = 1000  # of one part
_LEAST_LETTERS = 4  # of a heading that is a part of a title


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
    parts = _Parts(builder, shown_as)
    folder = posixpath.dirname(package_name)
    contents = _contents(archive, package, folder)
    for part in _spine(package, folder):
        if part is None or part.name not in archive:
            missing += 1
            continue
        text, replaced = decode_html(archive.read(part.name), shown_as)
        undecodable += replaced
        entries = () if part.navigation else contents.get(part.name, ())
        words += parts.add(text, entries, content=not part.navigation)
    if not words:
        raise SourceEmpty(f"{isolated(shown_as)} contains no text.")
    for kind, count in ((DoubtKind.TRUNCATED, missing), (DoubtKind.UNDECODABLE, undecodable)):
        if count:
            builder.doubt(Doubt(kind, count=count))
    stated = properties(_metadata(package, "creator"), next(iter(_metadata(package, "date")), ""))
    own_title = " ".join((package.findtext(".//{*}metadata//{http://purl.org/dc/elements/1.1/}title") or "").split())
    return builder.build(
        id=id,
        extractor=EXTRACTOR,
        title=own_title or builder.first_heading or title,
        path=path,
        sha256=sha256,
        stated=stated,
    )


def _metadata(package: Any, name: str) -> list[str]:
    """The values of an element of the Dublin Core in the package's metadata."""
    return [
        each.text or "" for each in package.iterfind(f".//{{*}}metadata//{{http://purl.org/dc/elements/1.1/}}{name}")
    ]


class _Parts:
    """Adds the parts of a book to its text."""

    def __init__(self, builder: TextBuilder, shown_as: str) -> None:
        self._builder, self._shown_as = builder, shown_as
        self._named = False  # whether a name from the contents was added

    def add(self, text: str, entries: Sequence[_Entry], *, content: bool) -> bool:
        """Adds a part and returns whether it has text; it may be blank or an image. `entries`: that point to it."""
        try:
            root = parse_html(text, self._shown_as)
        except SourceEmpty:
            return False
        blocks = blocks_of(root)
        names = _names(root, blocks, entries) if entries and blocks else {}
        deeper = 0
        if self._named and entries and 0 not in names:  # its own heading ends what was named before
            levels = [block.level for block in blocks if block.kind is HtmlKind.HEADING]
            deeper = min(0, entries[0].level - min(levels, default=0))
        for number, block in enumerate(blocks):
            for entry in names.get(number, ()):
                self._builder.name(entry.title, entry.level)
                self._named, deeper = True, entry.level
            moved = replace(block, level=block.level + deeper) if block.kind is HtmlKind.HEADING else block
            moved.put_into(self._builder, content=content)
        return any(char.isalnum() for block in blocks for char in block.text)


def _names(root: Any, blocks: Sequence[HtmlBlock], entries: Sequence[_Entry]) -> dict[int, list[_Entry]]:
    """The entries that name what no heading of the part does, by the number of the block at which they point."""
    own = {_folded(block.text) for block in blocks if block.kind is HtmlKind.HEADING}
    order = {element: number for number, element in enumerate(root.iter())}
    anchors = {element.get("id") or element.get("name"): number for element, number in order.items()}
    ends = list(accumulate((order[block.runs[-1].node] for block in blocks), max))
    found: dict[int, list[_Entry]] = defaultdict(list)
    for entry in entries[:_MOST_NAMES]:
        at = bisect_left(ends, anchors.get(entry.anchor, 0)) if entry.anchor else 0
        if at < len(blocks) and not _stands_in(own, _folded(entry.title)):
            found[at].append(entry)
    return found


def _stands_in(headings: Collection[str], title: str) -> bool:
    """Whether a heading has a title in it, or is how the title begins or ends ("1. Sails" for "Sails")."""
    ends = (end for size in range(_LEAST_LETTERS, len(title) + 1) for end in (title[:size], title[-size:]))
    return any(end in headings for end in ends) or any(title in heading for heading in headings)


def _folded(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _contents(archive: Archive, package: Any, folder: str) -> _Contents:
    """The table of contents: the navigation document's (EPUB 3) or else the NCX's (EPUB 2); empty if neither works."""
    items = package.findall("./{*}manifest/{*}item")
    navigation = [item for item in items if "nav" in item.get("properties", "").split()]
    for item in [*navigation, *(item for item in items if item.get("media-type") == "application/x-dtbncx+xml")]:
        name = _inside(folder, item.get("href", ""))
        with suppress(SourceError):
            text, _ = decode_html(archive.read(name), name)
            found = _entries(parse_html(text, name), posixpath.dirname(name))
            if found:
                return found
    return {}


def _entries(root: Any, folder: str) -> _Contents:
    """The entries of a table of contents: links in lists, or an NCX's `navPoint`s."""
    from lxml import etree

    marked = (nav for nav in root.iter("nav") if "toc" in nav.get("epub:type", "").split())
    table = next(marked, next(root.iter("navmap", "nav"), None))
    if table is None:
        return {}
    found: dict[str, dict[str, _Entry]] = defaultdict(dict)
    level, label = 0, ""
    for event, element in etree.iterwalk(table, events=("start", "end")):
        if element.tag in {"ol", "navpoint"}:
            level += 1 if event == "start" else -1
        elif event == "start" and element.tag == "navlabel":
            label = "".join(element.itertext())
        elif event == "start" and element.tag in {"a", "content"}:
            target = element.get("href") or element.get("src") or ""
            title = " ".join(("".join(element.itertext()) if element.tag == "a" else label).split())
            part, anchor = _inside(folder, target), unquote(target.partition("#")[2])
            if title and target:
                found[part].setdefault(anchor, _Entry(anchor, shortened(title), min(max(1, level), _MAX_LEVEL)))
    return {part: list(entries.values()) for part, entries in found.items()}


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
