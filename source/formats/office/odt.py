"""OpenDocument texts (.odt): the body in its own order, then the notes.

It is our own code because odfpy returns headings and paragraphs separately, so that
their order is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from source.archive import Archive
from source.document import Document
from source.formats.office.blocks import (
    Merge,
    MergedCell,
    OfficeBlock,
    OfficeBuilder,
    OfficeCell,
    attribute,
    child,
    children,
    merged,
    not_of_type,
    number,
    tag,
    tidy,
    with_boxes,
)
from source.formats.office.opendocument import meta_of, refuse_encrypted, stated_of, title_of

EXTRACTOR = "odt/3"

_DRAWING = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_LEFT_OUT = {
    "tracked-changes", "annotation", "note", "number", "script", "title", "desc",
    "ruby-text",  # the pronunciation of the word below it
}  # fmt: skip
_INDEXES = {
    "table-of-content", "illustration-index", "table-index", "object-index", "user-index", "alphabetical-index",
}  # fmt: skip
_MARKS = {"s": " ", "tab": "\t", "line-break": "\n"}
_ROWS = {"table-header-rows", "table-rows", "table-row-group"}
_MOST_REPEATED = 64  # equal cells beside each other
_MAX_BASES = 20  # a chain of styles each based on the next


def read_odt(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from an OpenDocument text. Raises Damaged, Encrypted, TooLarge or SourceEmpty."""
    shown_as = path or id
    archive = Archive(data, shown_as)
    body, walker = opened(archive, "text", ".odt", shown_as)
    meta = meta_of(archive)
    builder = OfficeBuilder(len(data), shown_as)
    builder.add(walker.blocks(body))
    if notes := [*walker.footnotes, *walker.endnotes]:
        builder.end_headings()
        builder.add(notes)
    own = title_of(meta) or walker.title or builder.first_heading
    stated = stated_of(meta)
    return builder.build(id=id, extractor=EXTRACTOR, title=own or title, path=path, sha256=sha256, stated=stated)


def opened(archive: Archive, kind: str, suffix: str, shown_as: str) -> tuple[Any, OdtWalker]:
    """The body of an OpenDocument file of this kind ("text", "presentation"), and what walks through its blocks.

    Raises Damaged, Encrypted or TooLarge.
    """
    refuse_encrypted(archive)
    content = archive.xml("content.xml")
    body = child(content, "body", kind)
    if body is None:
        raise not_of_type(shown_as, suffix)
    shared = archive.xml("styles.xml") if "styles.xml" in archive else None
    return body, OdtWalker(OdtStyles([child(shared, "styles"), child(content, "automatic-styles")]))


@dataclass(frozen=True, slots=True)
class _OdtStyle:
    """The relevant properties of a style, including those inherited from the styles it is based on."""

    names: frozenset[str] = frozenset()
    hidden: bool = False
    strong: bool = False


class OdtStyles:
    """The styles of a document by their family ("paragraph", "text") and name."""

    def __init__(self, groups: list[Any]) -> None:
        self._styles = {
            (attribute(style, "family"), attribute(style, "name")): style
            for group in groups
            for style in children(group)
            if tag(style) == "style"
        }
        self._resolved: dict[tuple[str, str], _OdtStyle] = {}

    def style(self, family: str, element: Any) -> _OdtStyle:
        """The style of an element, which is a paragraph or a span of text."""
        key = family, attribute(element, "style-name")
        if key not in self._resolved:
            bases = list(self._bases(*key))
            texts = [child(style, "text-properties") for style in bases]
            names = frozenset(attribute(style, "name") for style in bases)
            weight = next(filter(None, (attribute(text, "font-weight") for text in texts)), "")
            self._resolved[key] = _OdtStyle(
                names=names,
                hidden=next(filter(None, (attribute(text, "display") for text in texts)), "") == "none",
                strong=weight == "bold" or number(weight) >= 600 or "Table_20_Heading" in names,
            )
        return self._resolved[key]

    def _bases(self, family: str, name: str) -> Iterator[Any]:
        for _ in range(_MAX_BASES):
            if (style := self._styles.get((family, name))) is None:
                return
            yield style
            name = attribute(style, "parent-style-name")


@dataclass(slots=True)
class _OdtParagraph:
    """A paragraph while it is being walked."""

    parts: list[str] = field(default_factory=list)
    strong: bool = True
    boxes: list[OfficeBlock] = field(default_factory=list)

    def add(self, text: str | None, strong: bool) -> None:
        if text:
            self.parts.append(text.replace("\n", " "))  # a line break has an element of its own
            self.strong = self.strong and (strong or text.isspace())


class OdtWalker:
    """Walks a document's elements; `title` is the first paragraph in the title style."""

    def __init__(self, styles: OdtStyles) -> None:
        self.title = ""
        self.footnotes: list[OfficeBlock] = []
        self.endnotes: list[OfficeBlock] = []
        self._styles = styles

    def blocks(self, parent: Any) -> Iterator[OfficeBlock]:
        """The blocks in an element that contains paragraphs, directly or in nested elements."""
        for each in children(parent):
            name = tag(each)
            if name in {"p", "h"}:
                yield from self._paragraph(each)
            elif name == "table":
                yield self._table(each)
            elif name in {"list", "numbered-paragraph"}:
                yield from (replace(block, listed=True) for block in self.blocks(each))
            elif name in _INDEXES:
                yield from (replace(block, navigation=True) for block in self.blocks(each))
            elif name not in _LEFT_OUT and not _is_hidden(each):
                yield from self.blocks(each)

    def _paragraph(self, element: Any) -> Iterator[OfficeBlock]:
        """A paragraph or heading, and the blocks of the boxes beside it."""
        style = self._styles.style("paragraph", element)
        if style.hidden or any(tag(each) == "hidden-paragraph" and _is_hidden(each) for each in element):
            return
        line = _OdtParagraph()
        self._walk(element, line, style.strong)
        text = tidy("".join(line.parts))
        titled = "Title" in style.names
        if titled and not self.title:
            self.title = " ".join(text.split())
        level = max(1, min(number(attribute(element, "outline-level")), 10)) if tag(element) == "h" else int(titled)
        block = OfficeBlock(text, level=level, strong=line.strong)
        yield from with_boxes(block, line.boxes)

    def _walk(self, element: Any, line: _OdtParagraph, strong: bool) -> None:
        line.add(element.text, strong)
        for each in element:
            name = tag(each)
            if name in _MARKS:
                line.parts.append(_MARKS[name])
            elif name == "note":
                notes = self.endnotes if attribute(each, "note-class") == "endnote" else self.footnotes
                notes.extend(self.blocks(child(each, "note-body")))
            elif name and each.tag.startswith(_DRAWING):
                line.boxes.extend(self.blocks(each))
            elif name and name not in _LEFT_OUT and not _is_hidden(each):
                style = self._styles.style("text", each)
                if not style.hidden:
                    self._walk(each, line, strong or style.strong)
            line.add(each.tail, strong)

    def _table(self, table: Any) -> OfficeBlock:
        head = child(table, "table-header-rows")
        heads = 0 if head is None else sum(1 for _ in _rows(head))
        return OfficeBlock(rows=merged(map(self._row, _rows(table))), head=heads)

    def _row(self, row: Any) -> list[MergedCell]:
        """The cells of a row. Equal ones that are written as one are one; empty ones are as wide as all."""
        found: list[MergedCell] = []
        across = 0  # how many more columns the last cell spans
        for cell in row:
            repeated = max(1, min(number(attribute(cell, "number-columns-repeated")), _MOST_REPEATED))
            if tag(cell) == "table-cell":
                blocks = list(self.blocks(cell))
                filled = any(block.text or block.rows for block in blocks)
                found.append((OfficeCell(blocks, 1 if filled else repeated), None))
                across = number(attribute(cell, "number-columns-spanned")) - 1
            elif tag(cell) == "covered-table-cell":
                merges = (Merge.ACROSS if at < across else Merge.DOWN for at in range(repeated))
                found += [(OfficeCell([]), merge) for merge in merges]
                across -= repeated
        return found


def _is_hidden(element: Any) -> bool:
    """Whether an element hides its own text or that of its paragraph."""
    return attribute(element, "is-hidden") == "true" or attribute(element, "display") == "none"


def _rows(table: Any) -> Iterator[Any]:
    """The visible rows. A repeated row is returned once, because a file may repeat one millions of times."""
    for each in table:
        if tag(each) in _ROWS:
            yield from _rows(each)
        elif tag(each) == "table-row" and attribute(each, "visibility") not in {"collapse", "filter"}:
            yield each
