"""The parts that the extractors of office files share: blocks and tables, titles, white space, XML access.

>>> builder = OfficeBuilder()
>>> builder.add([OfficeBlock("Ships", level=1), OfficeBlock("Two  sail."), OfficeBlock("Erik's,", listed=True)])
>>> builder.build(id="a.docx", extractor="docx/1").text
"Ships\\n\\nTwo sail.\\nErik's,"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, cast

from source.builder import TextBuilder
from source.document import Document, RegionKind, Stated
from source.errors import Damaged, Encrypted, SourceEmpty
from source.formats.tables import Cell, TableRow, column_names, head_height, placed, spans_all, width_of
from source.untrusted_text import isolated

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # starts the files of Office up to 2003, and encrypted ones
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LONGEST_HEADING = 300  # characters: a longer one is a paragraph styled like a heading
_LONGEST_ITEM = 250  # characters: a longer numbered paragraph is a clause, whatever its list
_LONGEST_NAME = 40  # characters of a column's name
_NUMBER = re.compile(r"\W*\d[\d\W]*[^\W\d]{0,3}\W*")  # "1,234.5", "$3.4m", "12 kg", "45 %"
_NO_TITLE = re.compile(
    r"microsoft (?:office )?(?:word|powerpoint)\b.*|word[- ]do[ck]ument|powerpoint.{0,3}pr[eäéè]sentation.*"
    r"|pr[eäéè]sentation powerpoint|презентация powerpoint|документ microsoft word"
    r"|(?:do[ck]umento?|présentation|presentation|untitled|unbenannt|slide|folie|diapositive|слайд|документ)[ -]*\d*"
    r"|.*\.(?:docx?|dotx?|odt|rtf|pptx?|potx?|pdf)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A paragraph's automatic number as it is shown, and its level in its list, from 0.

    `clause`: whether the list numbers clauses ("2.1"), and not just the items of a list.
    """

    text: str
    level: int
    clause: bool


@dataclass(slots=True)
class OfficeBlock:
    """A paragraph, or with `rows` a table, whose cells contain blocks again."""

    text: str = ""
    level: int = 0  # of a heading, from 1; 0 if it isn't one
    listed: bool = False  # an item of a list
    number: Numbered | None = None  # the automatic number
    navigation: bool = False  # a line of a table of contents
    strong: bool = False  # all in bold type
    rows: list[list[OfficeCell]] = field(default_factory=list)
    head: int = 0  # how many rows, from the first on, the file marks as the head


@dataclass(slots=True)
class OfficeCell:
    """A cell of a table: what it contains, and how many columns and rows it spans."""

    blocks: list[OfficeBlock]
    columns: int = 1
    rows: int = 1

    def as_text(self) -> Cell:
        """The cell with all its words in one line."""
        return Cell(" ".join(_words(self.blocks)), self.columns, self.rows)


class Merge(StrEnum):
    """How files mark a cell that continues another one."""

    DOWN = "vMerge"
    ACROSS = "hMerge"


MergedCell = tuple[OfficeCell, Merge | None]
"""A cell, and how it continues the one above or before it, if it does."""


def merged(rows: Iterable[list[MergedCell]]) -> list[list[OfficeCell]]:
    """The rows without the cells that continue others, which span so many more rows and columns."""
    above: dict[int, OfficeCell] = {}  # column → the cell that is there
    found = []
    for row in rows:
        kept: list[OfficeCell] = []
        here: dict[int, OfficeCell] = {}
        column, last = 0, None
        for cell, merge in row:
            if merge is Merge.ACROSS and kept and kept[-1] is last:
                last.columns += cell.columns
            elif merge is Merge.DOWN and column in above:
                above[column].rows += above[column] is not last
                last = above[column]
            else:
                kept.append(cell)
                last = cell
            here[column] = last
            column += cell.columns
        above = here
        found.append(kept)
    return found


class OfficeBuilder(TextBuilder):
    """A TextBuilder that takes OfficeBlocks, and can end headings where a slide or the notes start."""

    def __init__(self, size: int = 0, shown_as: str = "") -> None:
        super().__init__(size, shown_as)
        self._ended = 0

    def add(self, blocks: Iterable[OfficeBlock]) -> None:
        """Adds the blocks, one after another."""
        for block in blocks:
            text = tidy(block.text)
            if block.rows:
                self._add_table(block)
            elif block.navigation:
                self.marked(text, RegionKind.NAVIGATION)
            elif block.level and len(text) <= _LONGEST_HEADING:
                self.heading(text, block.level, block.number.text if block.number else "")
            else:
                span = self.item(text) if block.listed else self.paragraph(text)
                if span and block.number:
                    clause = block.number.clause or len(text) > _LONGEST_ITEM
                    self.number(span, block.number.text, block.number.level, clause=clause)

    def end_headings(self, level: int = 1) -> None:
        """Ends all headings so far of this level or below: they don't apply to the blocks that follow."""
        for number in range(self._ended, len(self._headings)):
            if self._headings[number].end is None and self._headings[number].level >= level:
                self._headings[number] = replace(self._headings[number], end=self._length)
        if level == 1:
            self._ended = len(self._headings)
        self._numbers.clear()

    def build(
        self,
        *,
        id: str,
        extractor: str,
        title: str = "",
        path: str = "",
        sha256: str = "",
        stated: Sequence[Stated] = (),
    ) -> Document:
        """The finished document. Raises SourceEmpty if it has no text."""
        if not self._length:
            raise SourceEmpty(f"{isolated(path or id)} contains no text.")
        return super().build(id=id, extractor=extractor, title=title, path=path, sha256=sha256, stated=stated)

    def _add_table(self, block: OfficeBlock) -> None:
        if _lays_out(block.rows):
            for row in block.rows:
                for cell in row:
                    self.add(cell.blocks)
            return
        rows = placed([each.as_text() for each in row] for row in block.rows)
        self.table(rows, head=block.head or _head(block.rows, rows))


def with_boxes(block: OfficeBlock, boxes: list[OfficeBlock]) -> list[OfficeBlock]:
    """A paragraph followed by the blocks of the boxes beside it.

    The boxes come first if the paragraph ends with a colon, which introduces the next paragraph.
    """
    announces = tidy(block.text).endswith((":", "："))
    return [*boxes, block] if announces else [block, *boxes]


def tidy(text: str) -> str:
    """The non-blank lines of `text`, with single spaces and without soft hyphens."""
    lines = (" ".join(line.split()) for line in text.replace("\xad", "").split("\n"))
    return "\n".join(line for line in lines if line)


def own_title(title: str | None) -> str:
    """The title in a file's properties; empty if it is only a program's default."""
    title = " ".join((title or "").split())
    return "" if _NO_TITLE.fullmatch(title) else title


def number(text: str, base: int = 10) -> int:
    """The integer in an attribute; 0 if there is none."""
    try:
        return int(text[:12], base)
    except ValueError:
        return 0


def refuse_compound(data: bytes, shown_as: str, ending: str) -> None:
    """Raises Encrypted for an encrypted Office file, and Damaged for one in the old binary format."""
    if data.startswith(_COMPOUND):
        if _ENCRYPTED in data:
            raise Encrypted(f"{isolated(shown_as)} is password-protected. Add an unprotected copy.")
        raise Damaged(
            f"{isolated(shown_as)} is in the old binary Office format. Open it in Office and save it as {ending}."
        )


def not_of_type(shown_as: str, ending: str) -> Damaged:
    """The error for a file that isn't what its extension says."""
    return Damaged(
        f"{isolated(shown_as)} is damaged or not a valid {ending} file. "
        "Open it in the application that created it and save it again."
    )


def tag(element: Any) -> str:
    """The element's name without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Any) -> Iterable[Any]:
    """The children of an element; none if it is None."""
    return () if element is None else cast(Iterable[Any], element)


def child(element: Any, *names: str) -> Any:
    """The first descendant along a path of names: the first such child at each step; None if there is none."""
    for name in names:
        element = next((each for each in children(element) if tag(each) == name), None)
    return element


def attribute(element: Any, name: str) -> str:
    """An attribute's value, whatever its namespace; empty if the element lacks it, or is None."""
    if element is None:
        return ""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _words(blocks: Iterable[OfficeBlock]) -> Iterator[str]:
    """The texts in a cell, including those of the tables in it."""
    for block in blocks:
        if text := tidy(block.text):
            yield text
        for row in block.rows:
            for cell in row:
                yield from _words(cell.blocks)


def _lays_out(rows: Sequence[Sequence[OfficeCell]]) -> bool:
    """Whether a table only lays out text: it has a single column or row, or headings inside its cells."""
    full = [[block for block in cell.blocks if block.rows or block.text.strip()] for row in rows for cell in row]
    several = [cell for cell in full if len(cell) > 1]
    if several and (len(rows) == 1 or any(block.level for cell in several for block in cell)):
        return True
    return all(sum(any(_words(cell.blocks)) for cell in row) <= 1 for row in rows)


def _head(blocks: Sequence[Sequence[OfficeCell]], rows: Sequence[TableRow]) -> int:
    """How many rows, with empty ones, name the columns although the file doesn't mark them as the head.

    They do if they are the only rows in bold type, or if they consist of short texts
    above three or more columns, one of which contains nothing but numbers.
    """
    filled = [at for at, row in enumerate(rows) if row.cells]
    width = width_of(rows)
    shown = [rows[at] for at in filled]
    titles = next((at for at, row in enumerate(shown) if not spans_all(row, 0, width)), 0)
    height = head_height(shown[titles:])
    head, rest = shown[titles : titles + height], shown[titles + height :]
    if not rest or not _are_names([name for name in column_names(head, 0, width) if name]):
        return 0
    strong = [_strong(blocks[at]) for at in filled[titles:]]
    named = not any(strong[height:]) if all(strong[:height]) else _counts_below(rest, width)
    return filled[titles + height - 1] + 1 if named else 0


def _are_names(names: Sequence[str]) -> bool:
    return len(names) > 1 and not any(len(name) > _LONGEST_NAME or _NUMBER.fullmatch(name) for name in names)


def _counts_below(rows: Sequence[TableRow], width: int) -> bool:
    """Whether rows fill three or more columns, and one of these with nothing but numbers."""
    if width < 3 or len(rows) < 2:
        return False
    numbers = ({column for column, text in row.cells.items() if _NUMBER.fullmatch(text)} for row in rows)
    return bool(set.intersection(*numbers))


def _strong(row: Sequence[OfficeCell]) -> bool:
    texts = [block for cell in row for block in cell.blocks if block.text.strip()]
    return bool(texts) and all(block.strong for block in texts)
