"""OpenDocument presentations (.odp): each slide is a page, with its title as a heading, followed by its notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from source.archive import Archive
from source.document import Document, Doubt, DoubtKind
from source.formats.office.blocks import OfficeBlock, OfficeBuilder, attribute, child, children, tag, tidy
from source.formats.office.odt import OdtWalker, opened
from source.formats.office.opendocument import meta_of, stated_of, title_of

EXTRACTOR = "odp/1"

_FURNITURE = {"header", "footer", "date-time", "page-number"}
_LEFT_OUT = {"notes", "forms", "annotation", "animations", "par"}
_LENGTH = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)(cm|mm|in|pt|px)?")
_MILLIMETRES = {"cm": 10.0, "mm": 1.0, "in": 25.4, "pt": 25.4 / 72, "px": 25.4 / 96, None: 1.0}
_SAME_LINE = 5.0  # millimetres: frames whose tops are this close are side by side


def read_odp(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a presentation. Raises Damaged, Encrypted, TooLarge or SourceEmpty."""
    shown_as = path or id
    archive = Archive(data, shown_as)
    body, walker = opened(archive, "presentation", ".odp", shown_as)
    builder = OfficeBuilder(len(data), shown_as)
    for slide in (each for each in children(body) if tag(each) == "page"):
        builder.page("slide")
        builder.end_headings()
        blocks = list(_slide(slide, walker))
        if not any(block.text or block.rows for block in blocks) and _is_picture(slide):
            builder.doubt(Doubt(DoubtKind.NO_TEXT, builder.pages))
        builder.add([*blocks, *_notes(slide, walker)])
    meta = meta_of(archive)
    own, stated = title_of(meta) or builder.first_heading or title, stated_of(meta)
    return builder.build(id=id, extractor=EXTRACTOR, title=own, path=path, sha256=sha256, stated=stated)


def _slide(slide: Any, walker: OdtWalker) -> Iterator[OfficeBlock]:
    """The title of a slide, then its other content from top to bottom."""
    shapes = [each for each in children(slide) if tag(each) not in _LEFT_OUT and _role(each) not in _FURNITURE]
    titles = [each for each in shapes if _role(each) == "title"]
    heading = " ".join(tidy(block.text) for title in titles for block in walker.blocks([title]))
    yield OfficeBlock(" ".join(heading.split()), level=1)
    placed = sorted((each for each in shapes if each not in titles), key=_place)
    for shape in placed:
        yield from walker.blocks([shape])


def _role(shape: Any) -> str:
    """What a frame is for, by the slide's layout; empty for any other shape."""
    return next((value for key, value in shape.attrib.items() if key.endswith(":presentation:1.0}class")), "")


def _place(shape: Any) -> tuple[float, float]:
    top, left = (_millimetres(attribute(shape, name)) for name in "yx")
    return top // _SAME_LINE, left


def _millimetres(length: str) -> float:
    found = _LENGTH.match(length)
    return float(found[1]) * _MILLIMETRES[found[2]] if found else 0.0


def _is_picture(slide: Any) -> bool:
    return any(tag(each) == "image" for each in slide.iter())


def _notes(slide: Any, walker: OdtWalker) -> Iterator[OfficeBlock]:
    for shape in children(child(slide, "notes")):
        if tag(shape) == "frame" and _role(shape) in ("notes", ""):
            yield from walker.blocks([shape])
