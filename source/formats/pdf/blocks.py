"""Groups the lines of pages into blocks: headings, paragraphs, rows of tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from source.formats.pdf.lines import Page, PdfLine

_LEADING = 1.45  # of the font's size: in most texts, the distance between lines is smaller
_LOOSER = 1.3  # of the distance between the previous lines: a larger one starts a paragraph
_INDENT = 0.8  # of the font's size
_OTHER_SIZE = 0.06  # of the font's size
_HEADING_SIZE = 1.12  # of the text's
_LONGEST_HEADING = 200  # characters
_HEADING_LINES = 4
_MAX_LEVELS = 6
_ITEM = re.compile(r"(?:[•●◦▪‣∙·○■□–—*✓➢]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_LEADERS = re.compile(r"(?<![.·…_])(?<![.·…_]\s)(?:[.·…_]\s?){4,}+\s*[\divxlc]++\s*$", re.IGNORECASE)
_END = re.compile(r"[.!?:;。！？：；…][\"'”’»)\]\d]*$")
_CONTINUED = re.compile(r"[^\W\d_]-$")


class BlockKind(Enum):
    """The kind of a block."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    ROW = "row"
    CONTENTS = "contents"  # a line of a table of contents
    FURNITURE = "furniture"


@dataclass(slots=True)
class PdfBlock:
    """Lines that belong together. `level`: of a heading, from 1. `continues`: it continues the block before."""

    kind: BlockKind
    lines: list[PdfLine]
    level: int = 0
    continues: bool = False

    @property
    def text(self) -> str:
        """The text of the block as one line."""
        return " ".join(line.text for line in self.lines)


def body_size(pages: Sequence[Page]) -> float:
    """The most common font size, counted by characters, in points."""
    counts: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            counts[round(line.size, 1)] += len(line.text)
    return counts.most_common(1)[0][0] if counts else 0.0


def blocks(page: Page, furniture: set[int], body: float) -> list[PdfBlock]:
    """The blocks of a page in its order.

    `furniture`: the indices of lines that are headers and footers; each becomes a block
    of its own at the end. `body`: the document's most common font size.
    """
    found: list[PdfBlock] = []
    for i, line in enumerate(page.lines):
        if i in furniture:
            continue
        if found and _belongs(found[-1], line):
            found[-1].lines.append(line)
        else:
            found.append(PdfBlock(_kind_of(line), [line]))
    for block in found:
        if block.kind is BlockKind.PARAGRAPH and _is_heading(block, body):
            block.kind = BlockKind.HEADING
    for before, block in pairwise(found):
        block.continues = continues(block, before)
    return found + [PdfBlock(BlockKind.FURNITURE, [page.lines[i]]) for i in sorted(furniture)]


def _kind_of(line: PdfLine) -> BlockKind:
    if _LEADERS.search(line.text):
        return BlockKind.CONTENTS
    return BlockKind.ROW if line.cells > 1 and not _ITEM.match(line.text) else BlockKind.PARAGRAPH


def _belongs(block: PdfBlock, line: PdfLine) -> bool:
    """Whether a line continues a block, the one of the line before it."""
    last = block.lines[-1]
    if block.kind is not BlockKind.PARAGRAPH or _kind_of(line) is not BlockKind.PARAGRAPH or _ITEM.match(line.text):
        return False
    step = line.baseline - last.baseline
    if line.bold != last.bold and not line.text[:1].islower() and (last.bold or _END.search(last.text)):
        return False
    if abs(line.size - last.size) > _OTHER_SIZE * max(line.size, last.size) or line.angle != last.angle:
        return False
    if not 0 < step <= _leading(block, line) or line.left >= last.right or line.right <= last.left:
        return False
    return not _begins_indented(block, line)


def _leading(block: PdfBlock, line: PdfLine) -> float:
    """The maximum distance to the next line of the same paragraph, in points."""
    steps = [after.baseline - before.baseline for before, after in pairwise(block.lines)]
    return _LOOSER * max(steps) if steps else max(_LEADING * line.size, 1.0) * (1.15 if _open(block) else 1.0)


def _open(block: PdfBlock) -> bool:
    """Whether the block's last line cannot be the last of a paragraph."""
    text = block.lines[-1].text
    return bool(_CONTINUED.search(text)) or not _END.search(text)


def _begins_indented(block: PdfBlock, line: PdfLine) -> bool:
    """Whether the line is indented relative to the ones before it, after a line that ends a sentence."""
    if not _END.search(block.lines[-1].text) or _ITEM.match(block.lines[0].text):
        return False
    left = min(each.left for each in block.lines[1:]) if len(block.lines) > 1 else block.lines[0].left
    return _INDENT * line.size < line.left - left < 6 * line.size


def continues(block: PdfBlock, before: PdfBlock) -> bool:
    """Whether a block continues the paragraph `before`, across a column or a page."""
    if {before.kind, block.kind} != {BlockKind.PARAGRAPH} or _ITEM.match(block.text):
        return False
    last, first = before.lines[-1], block.lines[0]
    if abs(last.size - first.size) > _OTHER_SIZE * max(last.size, first.size) or last.bold != first.bold:
        return False
    text = last.text
    return bool(_CONTINUED.search(text)) or (not _END.search(text) and first.text[:1].islower())


def _is_heading(block: PdfBlock, body: float) -> bool:
    text = block.text
    if len(text) > _LONGEST_HEADING or len(block.lines) > _HEADING_LINES or not any(char.isalpha() for char in text):
        return False
    size = block.lines[0].size
    larger = size >= _HEADING_SIZE * body
    bold = all(line.bold for line in block.lines) and size >= (1 - _OTHER_SIZE) * body
    return (larger or bold) and not (_ITEM.match(text) and not bold) and not text.rstrip().endswith((".", ",", ";"))


def set_levels(headings: Sequence[PdfBlock]) -> None:
    """Sets the levels of headings: the larger the font, the higher; at the same size, bold ones are higher."""
    styles = sorted({_style(block) for block in headings}, reverse=True)
    level = {style: min(number, _MAX_LEVELS) for number, style in enumerate(styles, start=1)}
    for block in headings:
        block.level = level[_style(block)]


def _style(block: PdfBlock) -> tuple[float, bool]:
    return round(block.lines[0].size), block.lines[0].bold
