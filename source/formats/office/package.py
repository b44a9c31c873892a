"""Word and PowerPoint files as packages of parts (ECMA-376 part 2), and the charts and diagrams in them.

Elements and attributes are identified by their names without the namespace, because
the two variants of these files ("transitional" and "strict") differ only in that.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from source.archive import MAX_UNPACKED, Archive
from source.document import Stated
from source.formats.imprint import properties
from source.formats.office.blocks import (
    OfficeBlock,
    attribute,
    child,
    children,
    not_of_type,
    own_title,
    refuse_compound,
    tag,
)


class Package:
    """The parts of a package, members of its `archive`, and the relations between them.

    `root`: the expected name of the main part's root element. `ending`: the file
    extension, for errors. `most`: bytes of all parts together. Raises Damaged,
    Encrypted or TooLarge.
    """

    def __init__(self, data: bytes, shown_as: str, *, root: str, ending: str, most: int = MAX_UNPACKED) -> None:
        refuse_compound(data, shown_as, ending)
        self.shown_as = shown_as
        self.archive = Archive(data, shown_as, most)
        self._relations: dict[str, dict[str, tuple[str, str]]] = {}
        main = self.related("", "officeDocument")
        if not main or tag(self.xml(main)) != root:
            raise not_of_type(shown_as, ending)
        self.main: str = main

    def xml(self, part: str) -> Any:
        """The root element of a part. Raises Damaged if the part is missing or broken."""
        return self.archive.xml(part)

    def bytes(self, part: str) -> bytes:
        """The content of a part. Raises Damaged if the part is missing or broken."""
        return self.archive.read(part)

    def optional(self, part: str) -> Any:
        """The root element of a part; None if the part is missing."""
        return self.archive.xml(part) if part in self.archive else None

    def related(self, part: str, kind: str) -> str:
        """The name of the first part related to `part` as its `kind` ("styles", "notesSlide"); empty if none is."""
        return next((name for each, name in self.relations(part).values() if each == kind), "")

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """The kind and name of each part related to `part`, by the id of the relation."""
        if part not in self._relations:
            folder, name = posixpath.split(part)
            self._relations[part] = dict(self._read_relations(folder, posixpath.join(folder, "_rels", f"{name}.rels")))
        return self._relations[part]

    def title(self) -> str:
        """The title in the file's properties; empty if there is none, or only a program's default."""
        title = child(self.optional(self.related("", "core-properties")), "title")
        return "" if title is None else own_title(title.text)

    def stated(self) -> tuple[Stated, ...]:
        """What the file's properties state: its author, and when it was created."""
        own = self.optional(self.related("", "core-properties"))
        found = {tag(each): each.text for each in children(own)}
        return properties([found.get("creator")], found.get("created") or found.get("modified"), found.get("version"))

    def drawn(self, part: str, element: Any) -> Iterator[OfficeBlock]:
        """The text of the chart or diagram (SmartArt) that an element of `part` refers to; none for others."""
        kind, name = self.relations(part).get(referred(element, "dm" if tag(element) == "relIds" else "id"), ("", ""))
        if kind == "chart":
            yield from _chart(self.xml(name))
        elif kind == "diagramData":
            yield from _diagram(self.xml(name))

    def _read_relations(self, folder: str, name: str) -> Iterator[tuple[str, tuple[str, str]]]:
        for each in children(self.optional(name)):
            if attribute(each, "TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attribute(each, "Target")))
                yield attribute(each, "Id"), (posixpath.basename(attribute(each, "Type")), target.lstrip("/"))


def referred(element: Any, name: str = "id") -> str:
    """The id of the relation that an element refers to (`r:id`, not the element's own `id`)."""
    return next((value for key, value in element.attrib.items() if key.endswith(f"/relationships}}{name}")), "")


def chosen(alternatives: Any) -> Any:
    """The preferred one of alternative contents, which a file offers to newer and older programs."""
    choice = child(alternatives, "Choice")
    return child(alternatives, "Fallback") if choice is None else choice


def drawing_text(body: Any) -> Iterator[str]:
    """The paragraphs of a DrawingML text, each with its line breaks."""
    for paragraph in children(body):
        if tag(paragraph) == "p":
            yield "".join(_runs(paragraph))


def _runs(element: Any) -> Iterator[str]:
    for each in element:
        name = tag(each)
        if name == "t":
            yield each.text or ""
        elif name == "br":
            yield "\n"
        elif name != "Fallback":  # of a formula: an image, or the same text again
            yield from _runs(each)


def _diagram(root: Any) -> Iterator[OfficeBlock]:
    for point in children(child(root, "ptLst")):
        for text in drawing_text(child(point, "t")):
            yield OfficeBlock(text, listed=True)


def _chart(root: Any) -> Iterator[OfficeBlock]:
    """The titles of a chart and its axes, and the names of its series and categories, without the numbers."""
    names: dict[str, None] = {}
    for each in root.iter("{*}rich", "{*}strCache", "{*}multiLvlStrCache"):
        words = drawing_text(each) if tag(each) == "rich" else (value.text or "" for value in each.iter("{*}v"))
        names.update(dict.fromkeys(words))  # without repeats: each series repeats the names of all categories
    for name in names:
        yield OfficeBlock(name, listed=True)
