"""PowerPoint presentations (.pptx): each slide is a page, with its title as a heading, followed by its notes.

It is our own code because python-pptx drops diagrams and content that a slide holds
in two versions, and loads every picture into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from source.document import Document, Doubt, DoubtKind
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
)
from source.formats.office.package import Package, chosen, drawing_text, referred

EXTRACTOR = "pptx/4"

_TITLES = {"title", "ctrTitle"}
_FURNITURE = {"sldNum", "dt", "ftr", "hdr"}
_PROPERTIES = {"sp": "nvSpPr", "grpSp": "nvGrpSpPr", "graphicFrame": "nvGraphicFramePr"}
_SAME_LINE = 0.5  # of the first shape's height: a shape that starts above this is beside it


def read_pptx(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a presentation. Raises Damaged, Encrypted, TooLarge or SourceEmpty."""
    package = Package(data, path or id, root="presentation", ending=".pptx")
    builder = OfficeBuilder(len(data), path or id)
    slides = _Slides(package)
    for slide in slides.parts():
        builder.page("slide")
        builder.end_headings()
        blocks = slides.blocks(slide)
        if slides.is_picture(slide, blocks):
            builder.doubt(Doubt(DoubtKind.NO_TEXT, builder.pages))
        builder.add([*blocks, *slides.notes(slide)])
    own = package.title() or builder.first_heading
    stated = package.stated()
    return builder.build(id=id, extractor=EXTRACTOR, title=own or title, path=path, sha256=sha256, stated=stated)


@dataclass(slots=True)
class _Shape:
    """A shape that contains text, and its position (in English Metric Units)."""

    blocks: list[OfficeBlock]
    top: int = 0
    left: int = 0
    height: int = 0


_Frame = tuple[int, int, int]
"""Top, left and height, in English Metric Units."""


class _Slides:
    """The blocks of a presentation's slides and their notes."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._frames: dict[str, dict[str, _Frame]] = {}
        self._noted: set[str] = set()  # parts of notes that were read

    def parts(self) -> Iterator[str]:
        """The names of the slides' parts in the order of the show, including hidden slides; each once."""
        seen: set[str] = set()  # repeats, which PowerPoint refuses, could make a small file huge
        relations = self._package.relations(self._package.main)
        for each in children(child(self._package.xml(self._package.main), "sldIdLst")):
            kind, name = relations.get(referred(each), ("", ""))
            if kind == "slide" and name not in seen:
                seen.add(name)
                yield name

    def blocks(self, slide: str) -> list[OfficeBlock]:
        """The title of a slide, then its other content in reading order."""
        tree = child(self._package.xml(slide), "cSld", "spTree")
        titles = [shape for shape in _shapes(tree) if _placeholder(shape)[0] in _TITLES]
        heading = " ".join(text for title in titles for text in drawing_text(child(title, "txBody")))
        rest = [shape for shape in _shapes(tree) if _placeholder(shape)[0] not in _TITLES | _FURNITURE]
        return [OfficeBlock(" ".join(heading.split()), level=1), *self._in_order(slide, rest)]

    def is_picture(self, slide: str, blocks: Iterable[OfficeBlock]) -> bool:
        """Whether a slide shows a picture and has no text."""
        if any(block.text or block.rows for block in blocks):
            return False
        return any(tag(each) == "pic" for each in self._package.xml(slide).iter())

    def notes(self, slide: str) -> Iterator[OfficeBlock]:
        """The speaker notes of a slide; none if they were another slide's."""
        name = self._package.related(slide, "notesSlide")
        page = None if name in self._noted else self._package.optional(name)
        self._noted.add(name)
        for shape in _shapes(child(page, "cSld", "spTree")):
            if _placeholder(shape)[0] == "body":
                yield from map(OfficeBlock, drawing_text(child(shape, "txBody")))

    def _in_order(self, slide: str, shapes: Iterable[Any]) -> Iterator[OfficeBlock]:
        """The blocks of the shapes from top to bottom, and from left to right if they are side by side."""
        placed = [_Shape(list(self._content(slide, each)), *self._frame(slide, each)) for each in shapes]
        line: list[_Shape] = []
        for shape in sorted((each for each in placed if each.blocks), key=lambda each: (each.top, each.left)):
            if line and shape.top >= line[0].top + _SAME_LINE * line[0].height:
                yield from _side_by_side(line)
                line = []
            line.append(shape)
        yield from _side_by_side(line)

    def _content(self, slide: str, shape: Any) -> Iterator[OfficeBlock]:
        kind = tag(shape)
        if kind == "grpSp":
            yield from self._in_order(slide, _shapes(shape))
        elif kind == "sp":
            yield from _paragraphs(shape)
        else:
            for each in children(child(shape, "graphic", "graphicData")):
                yield from [_table(each)] if tag(each) == "tbl" else self._package.drawn(slide, each)

    def _frame(self, slide: str, shape: Any) -> _Frame:
        """The frame of a shape: its own, or else that of its placeholder in the layout or the master."""
        if frame := _own_frame(shape):
            return frame
        kind, index = _placeholder(shape)
        layout = self._package.related(slide, "slideLayout")
        master = self._package.related(layout, "slideMaster")
        laid_out = self._placeholders(layout)
        return laid_out.get(index) or laid_out.get(kind) or self._placeholders(master).get("body") or (0, 0, 0)

    def _placeholders(self, part: str) -> dict[str, _Frame]:
        """The frames of the placeholders of a layout or a master, by their numbers and kinds."""
        if part not in self._frames:
            frames: dict[str, _Frame] = {}
            for shape in _shapes(child(self._package.optional(part), "cSld", "spTree")):
                if frame := _own_frame(shape):
                    frames.update(dict.fromkeys(_placeholder(shape), frame))
            self._frames[part] = frames
        return self._frames[part]


def _shapes(tree: Any) -> Iterator[Any]:
    """The visible shapes in a slide or a group, from back to front."""
    for each in children(tree):
        if tag(each) == "AlternateContent":
            yield from _shapes(chosen(each))
        elif tag(each) in _PROPERTIES and attribute(child(each, _PROPERTIES[tag(each)], "cNvPr"), "hidden") != "1":
            yield each


def _placeholder(shape: Any) -> tuple[str, str]:
    """The kind and number of the placeholder that a shape fills; empty strings if it fills none."""
    placeholder = child(shape, _PROPERTIES[tag(shape)], "nvPr", "ph")
    return attribute(placeholder, "type"), attribute(placeholder, "idx")


def _own_frame(shape: Any) -> _Frame | None:
    holder = {"sp": "spPr", "grpSp": "grpSpPr"}.get(tag(shape))
    frame = child(shape, holder, "xfrm") if holder else child(shape, "xfrm")
    if (offset := child(frame, "off")) is None:
        return None
    top, left = (number(attribute(offset, name)) for name in "yx")
    return top, left, number(attribute(child(frame, "ext"), "cy"))


def _side_by_side(line: Iterable[_Shape]) -> Iterator[OfficeBlock]:
    for shape in sorted(line, key=lambda each: each.left):
        yield from shape.blocks


def _paragraphs(holder: Any) -> Iterator[OfficeBlock]:
    """The paragraphs in a shape or a cell, as lines of one text."""
    for index, text in enumerate(drawing_text(child(holder, "txBody"))):
        yield OfficeBlock(text, listed=index > 0)


def _table(table: Any) -> OfficeBlock:
    rows = [[_cell(cell) for cell in row if tag(cell) == "tc"] for row in table if tag(row) == "tr"]
    return OfficeBlock(rows=merged(rows), head=int(attribute(child(table, "tblPr"), "firstRow") in {"1", "true"}))


def _cell(cell: Any) -> MergedCell:
    """A cell, and how it continues another one: down rather than across, if the file says both."""
    merge = next((each for each in Merge if attribute(cell, each) in {"1", "true"}), None)
    return OfficeCell([] if merge else list(_paragraphs(cell))), merge
