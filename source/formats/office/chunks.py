"""Word files that contain other files as parts of their text (`w:altChunk`): web pages, mostly.

Report generators and exports write a whole web page into a Word file, which Word converts when it opens it.
"""

from __future__ import annotations

import email
import posixpath
from collections.abc import Iterator
from email import policy

from source.encoding import decode
from source.errors import Damaged, SourceEmpty
from source.formats.html.blocks import HtmlBlock, HtmlKind, blocks_of
from source.formats.html.extractor import decode_html, parse_html
from source.formats.office.blocks import OfficeBlock, OfficeCell
from source.formats.office.package import Package
from source.untrusted_text import isolated

_PAGES = frozenset({".htm", ".html", ".xht", ".xhtml"})
_ARCHIVES = frozenset({".mht", ".mhtml"})


def included(package: Package, part: str) -> Iterator[OfficeBlock]:
    """The blocks of another file that is a part of the package. Raises Damaged if it cannot be read."""
    ending = posixpath.splitext(part)[1].lower()
    if ending in _PAGES:
        yield from _page(package.bytes(part), part)
    elif ending in _ARCHIVES:
        yield from _page(_page_of_archive(package.bytes(part)), part)
    elif ending == ".txt":
        text, _ = decode(package.bytes(part), part)
        yield from map(OfficeBlock, text.splitlines())
    else:
        raise Damaged(
            f"{isolated(package.shown_as)} contains another file as a part of its text ({isolated(part)}). "
            "Open it in Word and save it again."
        )


def _page(data: bytes, part: str) -> Iterator[OfficeBlock]:
    text, _ = decode_html(data, part)
    try:
        blocks = blocks_of(parse_html(text, part))
    except SourceEmpty:
        return
    yield from map(_block, blocks)


def _block(block: HtmlBlock) -> OfficeBlock:
    if block.kind is HtmlKind.TABLE:
        rows = [[OfficeCell([OfficeBlock(cell.text)], cell.columns, cell.rows) for cell in row] for row in block.rows]
        return OfficeBlock(rows=rows, head=block.head)
    return OfficeBlock(block.text, level=block.level, listed=block.kind is HtmlKind.ITEM)


def _page_of_archive(data: bytes) -> bytes:
    """The page in a web archive (MHTML), which is a mail with the page as its first HTML part."""
    for part in email.message_from_bytes(data, policy=policy.compat32).walk():
        if part.get_content_type() == "text/html":
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else b""
    return b""
