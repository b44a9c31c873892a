"""The blocks that a browser lays a page out in: headings, paragraphs, items, lines and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from source.builder import TextBuilder
from source.document import RegionKind


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    LINES = "lines"  # preformatted
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Run:
    """Text that stands in one place of the tree: an element's `text`, or its `tail`."""

    text: str
    node: Any
    tail: bool
    linked: bool

    @property
    def owner(self) -> Any:
        """The element that it stands in."""
        return self.node.getparent() if self.tail else self.node


@dataclass(frozen=True, slots=True)
class Block:
    """A block, and the runs that it is made of.

    `framed`: whether it lies in an element in which pages keep their menus, banners and
    footers. `level`: a heading's. `rows`: a table's; the first heads the columns if `header`.
    """

    kind: Kind
    text: str
    runs: tuple[Run, ...] = field(repr=False)
    framed: bool = False
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    header: bool = False

    @property
    def longest(self) -> Run:
        """The longest of its runs."""
        return max(self.runs, key=lambda run: len(run.text.strip()))

    @property
    def linked(self) -> int:
        """How many of its characters are links."""
        return sum(len(run.text.strip()) for run in self.runs if run.linked)

    def put_into(self, builder: TextBuilder, *, content: bool) -> None:
        """Adds it to a text; what is no content is marked as navigation."""
        if not content:
            builder.marked(self.text, RegionKind.NAVIGATION)
        elif self.kind is Kind.HEADING:
            builder.heading(self.text, self.level)
        elif self.kind is Kind.TABLE:
            builder.table(self.rows, header=self.header)
        elif self.kind is Kind.LINES:
            first, *others = self.text.split("\n")
            builder.paragraph(first)
            for line in others:
                builder.item(line)
        elif self.kind is Kind.ITEM:
            builder.item(self.text)
        else:
            builder.paragraph(self.text)
