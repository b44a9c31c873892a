"""Word documents (.docx): the body in its own order, then the notes.

It is our own code because the available libraries drop text boxes and nested
tables, return them twice, or add list marks of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

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
    number,
    tag,
    tidy,
    with_boxes,
)
from source.formats.office.chunks import included
from source.formats.office.numbering import Numbering
from source.formats.office.package import Package, chosen, referred
from source.formats.office.styles import OfficeStyle, Styles, has_first_row, listed, outline, switched, symbol

EXTRACTOR = "docx/3"

_WRAPPERS = {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo"}
_LEFT_OUT = {
    "pPr", "rPr", "sdtPr", "del", "moveFrom", "delText", "instrText", "delInstrText",
    "rt",  # the pronunciation of the word below it
}  # fmt: skip
_MARKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_WORD, _DEEPEST = (".docx", ".docm"), 3
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}


def read_docx(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a Word file. Raises Damaged, Encrypted, TooLarge or SourceEmpty."""
    package = Package(data, path or id, root="document", ending=".docx")
    walker = _DocxWalker(package)
    builder = OfficeBuilder(len(data), path or id)
    builder.add(walker.body())
    if notes := list(walker.notes()):
        builder.end_headings()
        builder.add(notes)
    own = package.title() or walker.title or builder.first_heading
    stated = package.stated()
    return builder.build(id=id, extractor=EXTRACTOR, title=own or title, path=path, sha256=sha256, stated=stated)


@dataclass(slots=True)
class _DocxParagraph:
    """A paragraph while it is being walked."""

    style: OfficeStyle
    parts: list[str] = field(default_factory=list)
    strong: bool = True
    fields: list[bool] = field(default_factory=list)  # for each open field: whether its result has started
    boxes: list[OfficeBlock] = field(default_factory=list)

    def add(self, text: str) -> None:
        if all(self.fields):  # otherwise it belongs to a field's instruction
            self.parts.append(text)

    def mark(self, mark: Any) -> None:
        """Handles the mark of a field's start, of its result's start, or of its end."""
        kind = attribute(mark, "fldCharType")
        if kind == "begin":
            self.add(_filled_in(child(mark, "ffData")))
            self.fields.append(False)
        elif self.fields and kind == "separate":
            self.fields[-1] = True
        elif self.fields:
            self.fields.pop()


class _DocxWalker:
    """Walks a document's elements; `title` is the first paragraph in the title style."""

    def __init__(self, package: Package, depth: int = 0) -> None:
        self.title = ""
        self._package = package
        self._depth = depth  # of files in files
        self._parts: set[str] = set()  # that were included
        self._styles = Styles(package.optional(package.related(package.main, "styles")))
        self._numbering = Numbering(package.optional(package.related(package.main, "numbering")))
        self._referred: dict[tuple[str, str], None] = {}
        self._inline: dict[str, Callable[[Any, _DocxParagraph], None]] = {
            "r": self._run,
            "p": self._line_of_drawing,
            "t": lambda each, line: line.add(each.text or ""),
            "fldChar": lambda mark, line: line.mark(mark),
            "sym": lambda mark, line: line.add(symbol(attribute(mark, "font"), number(attribute(mark, "char"), 16))),
            "AlternateContent": lambda each, line: self._walk(chosen(each), line),
            "txbxContent": lambda each, line: line.boxes.extend(self._blocks(each)),
            **dict.fromkeys(_MARKS, lambda each, line: line.add(_MARKS[tag(each)])),
            **dict.fromkeys(_NOTES, self._reference),
            **dict.fromkeys(("chart", "relIds"), self._drawing),
        }

    def body(self) -> Iterator[OfficeBlock]:
        """The blocks of the body."""
        yield from self._blocks(child(self._package.xml(self._package.main), "body"))

    def notes(self) -> Iterator[OfficeBlock]:
        """The blocks of the notes, in the order in which the body refers to them."""
        notes = {
            (kind, attribute(note, "id")): note
            for kind in _NOTES.values()
            for note in children(self._package.optional(self._package.related(self._package.main, kind)))
        }
        for reference in list(self._referred):
            yield from self._blocks(notes.get(reference))

    def _blocks(self, parent: Any) -> Iterator[OfficeBlock]:
        unfinished, boxes = "", []
        for each in _unwrapped(parent):
            if tag(each) == "altChunk":
                yield from [OfficeBlock(unfinished), *self._included(referred(each))]
                unfinished = ""
            elif tag(each) == "tbl":
                yield from [OfficeBlock(unfinished), self._table(each)]
                unfinished = ""
            elif tag(each) == "p":
                block, beside = self._paragraph(each)
                block.text = unfinished + block.text
                boxes += beside
                unfinished = block.text if _joins_next(each) else ""
                if unfinished:
                    continue
                yield from with_boxes(block, boxes)
                boxes = []
        yield from [OfficeBlock(unfinished), *boxes]

    def _included(self, id: str) -> Iterator[OfficeBlock]:
        """The blocks of another file that is a part of the text; of each once, as the same one may be named often."""
        _, part = self._package.relations(self._package.main).get(id, ("", ""))
        if part in self._parts:
            return
        self._parts.add(part)
        if part.lower().endswith(_WORD) and self._depth < _DEEPEST:
            data, name = self._package.bytes(part), f"{self._package.shown_as}/{part}"
            yield from _DocxWalker(Package(data, name, root="document", ending=".docx"), self._depth + 1).body()
        else:
            yield from included(self._package, part)

    def _paragraph(self, paragraph: Any) -> tuple[OfficeBlock, list[OfficeBlock]]:
        """A paragraph and the blocks of the boxes beside it."""
        properties = child(paragraph, "pPr")
        style = self._styles[attribute(child(properties, "pStyle"), "val")]
        line = _DocxParagraph(style)
        self._walk(paragraph, line)
        level, item = outline(properties), listed(properties)
        block = OfficeBlock(
            "".join(line.parts),
            level=style.level if level is None else level,
            listed=style.listed if item is None else item,
            number=self._numbering.next(properties, style),
            navigation=style.contents,
            strong=line.strong,
        )
        if style.title and not self.title:
            self.title = " ".join(tidy(block.text).split())
        return block, line.boxes

    def _table(self, table: Any) -> OfficeBlock:
        kept = [row for row in _unwrapped(table) if tag(row) == "tr" and child(row, "trPr", "del") is None]
        rows = merged(map(self._row, kept))
        properties = child(table, "tblPr")
        shown = self._styles[attribute(child(properties, "tblStyle"), "val")].heads and has_first_row(properties)
        repeated = sum(1 for _ in takewhile(lambda row: switched(child(row, "trPr"), "tblHeader"), kept))
        return OfficeBlock(rows=rows, head=max(int(shown), 0 if repeated == len(kept) else repeated))

    def _row(self, row: Any) -> list[MergedCell]:
        """The cells of a row, and where none are, an empty one."""
        properties = child(row, "trPr")
        before = number(attribute(child(properties, "gridBefore"), "val"))
        found: list[MergedCell] = [(OfficeCell([], before), None)] if before > 0 else []
        for cell in (each for each in _unwrapped(row) if tag(each) == "tc"):
            properties = child(cell, "tcPr")
            columns = max(1, number(attribute(child(properties, "gridSpan"), "val")))
            merge = next((each for each in Merge if _continues(child(properties, each))), None)
            found.append((OfficeCell([] if merge else list(self._blocks(cell)), columns), merge))
        return found

    def _walk(self, element: Any, line: _DocxParagraph) -> None:
        for each in element:
            name = tag(each)
            if inline := self._inline.get(name):
                inline(each, line)
            elif name not in _LEFT_OUT:
                self._walk(each, line)

    def _run(self, run: Any, line: _DocxParagraph) -> None:
        properties = child(run, "rPr")
        style = self._styles[attribute(child(properties, "rStyle"), "val")]
        hidden, bold = switched(properties, "vanish"), switched(properties, "b")
        if (style.hidden or line.style.hidden) if hidden is None else hidden:
            return
        before = len(line.parts)
        self._walk(run, line)
        if not ((style.bold or line.style.bold) if bold is None else bold) and "".join(line.parts[before:]).strip():
            line.strong = False

    def _line_of_drawing(self, paragraph: Any, line: _DocxParagraph) -> None:
        self._walk(paragraph, line)
        line.add("\n")

    def _reference(self, mark: Any, line: _DocxParagraph) -> None:
        self._referred[_NOTES[tag(mark)], attribute(mark, "id")] = None

    def _drawing(self, element: Any, line: _DocxParagraph) -> None:
        line.boxes.extend(self._package.drawn(self._package.main, element))


def _filled_in(field: Any) -> str:
    """What an old form field shows that has no result in the text: a check box, or the choice from a list."""
    if (box := child(field, "checkBox")) is not None:
        own, default = switched(box, "checked"), switched(box, "default")
        return "☒" if (default if own is None else own) else "☐"
    entries = [attribute(each, "val") for each in children(child(field, "ddList")) if tag(each) == "listEntry"]
    chosen_one = attribute(child(field, "ddList", "result"), "val") or attribute(
        child(field, "ddList", "default"), "val"
    )
    return next(iter(entries[number(chosen_one) :][:1]), "")


def _unwrapped(parent: Any) -> Iterator[Any]:
    """The children of an element; those that are mere wrappers (a content control, an insertion) are unwrapped."""
    for each in children(parent):
        if tag(each) in _WRAPPERS:
            yield from _unwrapped(each)
        elif tag(each) == "AlternateContent":
            yield from _unwrapped(chosen(each))
        else:
            yield each


def _joins_next(paragraph: Any) -> bool:
    """Whether a paragraph is shown joined with the next: its end mark is deleted, or it is a drop cap."""
    properties = child(paragraph, "pPr")
    deleted = child(properties, "rPr", "del") is not None
    return deleted or attribute(child(properties, "framePr"), "dropCap") in {"drop", "margin"}


def _continues(merge: Any) -> bool:
    """Whether the mark of a merged cell says that it continues another one."""
    return merge is not None and attribute(merge, "val") != "restart"
