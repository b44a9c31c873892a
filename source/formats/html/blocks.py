"""Turns a page's elements into blocks as a browser lays them out: headings, paragraphs, items, lines and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile
from typing import Any

from source.builder import TextBuilder
from source.document import RegionKind
from source.formats.tables import Cell, placed

HEADINGS = {f"h{level}": level for level in range(1, 7)}
OPENERS = frozenset({*HEADINGS, "summary", "dt"})
"""Elements that introduce what follows; a button inside one is the text of a heading that unfolds."""
PREFORMATTED = frozenset({"pre", "listing", "xmp", "plaintext"})
ITEMS = frozenset({"li", "dd"})
CONTROLS = frozenset({
    "button", "input", "meter", "output", "progress", "select", "textarea",
})  # fmt: skip

# The block-level elements of the HTML standard's style sheet (§15.3), and those that make up a table.
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "col", "colgroup", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1",
    "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "legend", "li", "listing", "main", "menu",
    "nav", "ol", "optgroup", "option", "p", "plaintext", "pre", "search", "section", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul", "xmp",
})  # fmt: skip
_UNSEEN = frozenset({
    "annotation", "annotation-xml", "applet", "area", "audio", "base", "canvas", "datalist", "embed", "frame",
    "iframe", "link", "meta", "noembed", "noframes", "noscript", "object", "param", "script",
    "source", "style", "svg", "template", "title", "track", "video",
})  # fmt: skip
# The second rendering of a formula, and the edit link beside a wiki's heading, which acts as a button.
_UNSEEN_CLASSES = frozenset({"katex-html", "mw-editsection"})
_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_BOXING = re.compile(r"(?:^|;)\s*display\s*:\s*(?:block|flex|grid|table|list-item)\b", re.IGNORECASE)
_FRAMES = frozenset({"nav", "search"})
_PARTS = frozenset({"aside", "footer", "header"})
_FRAME_ROLES = frozenset({
    "alertdialog", "banner", "complementary", "contentinfo", "dialog", "menu", "menubar", "navigation", "search",
})  # fmt: skip
_LAYOUT_ROLES = frozenset({"presentation", "none"})
_GROUPS = frozenset({
    "caption", "col", "colgroup", "script", "style", "tbody", "template", "tfoot", "thead", "tr",
})  # fmt: skip
_CELLS = frozenset({
    "script", "style", "td", "template", "th",
})  # fmt: skip
_COUNT = re.compile(r"\s{0,9}(\d{1,9})")
_LONGEST_CELL = 120  # words: a longer cell is a part of the page's layout, not data


def is_box(element: Any) -> bool:
    """Whether an element starts on a new line."""
    return element.tag in _BLOCKS or bool(_BOXING.search(element.get("style", "")))


def is_unseen(element: Any) -> bool:
    """Whether an element and everything inside it is invisible on the page."""
    if element.tag in _UNSEEN or (element.tag == "dialog" and element.get("open") is None):
        return True
    if element.get("hidden", "until-found").lower() != "until-found" or _HIDING.search(element.get("style", "")):
        return True
    return not _UNSEEN_CLASSES.isdisjoint(element.get("class", "").split())


def is_main(element: Any) -> bool:
    """Whether the page's author marked an element as holding the content."""
    return element.tag in {"article", "main"} or element.get("role") == "main"


def is_frame(element: Any, *, in_main: bool) -> bool:
    """Whether an element is one in which pages put menus, banners and footers."""
    if element.get("role", "").lower() in _FRAME_ROLES or element.tag in _FRAMES:
        return True
    return element.tag in _PARTS and not in_main  # an article's own header, footer or aside belongs to it


def has_frame(root: Any) -> bool:
    """Whether a page has any element for menus and footers, with or without text in it."""
    return next(root.iter(*_FRAMES, *_PARTS), None) is not None


def data_rows(table: Any) -> list[Any]:
    """The rows of a table that holds data, with its footer last; none if it only lays out the page."""
    if table.get("role", "").lower() in _LAYOUT_ROLES or table.find(".//table") is not None:
        return []
    groups = sorted(table.iterchildren("thead", "tbody", "tr", "tfoot"), key=lambda group: group.tag == "tfoot")
    rows = [row for group in groups for row in (group, *group.iterchildren("tr")) if row.tag == "tr" and cells_of(row)]
    cells = [cell for row in rows for cell in cells_of(row)]
    headed = len(cells) > 1 and any(cell.tag == "th" for cell in cells)
    is_grid = len(rows) > 1 and len(cells) > len(rows)
    return (
        rows if (headed or is_grid) and not _has_strays(table, groups, rows) and not any(map(_is_page, cells)) else []
    )


def cells_of(row: Any) -> list[Any]:
    """A row's cells."""
    return list(row.iterchildren("td", "th"))


def _heads_columns(row: Any) -> bool:
    """Whether a row at a table's start holds names of its columns."""
    return row.getparent().tag == "thead" or all(cell.tag == "th" for cell in cells_of(row))


def _spanned(cell: Any, name: str) -> int:
    """How many columns or rows a cell spans, by the rules of browsers; 0 for all rows that follow in its group."""
    found = _COUNT.match(cell.get(name, ""))
    return int(found[1]) if found else 1


def _rows_left(rows: Sequence[Any]) -> list[int]:
    """For each row, how many its group still has, including itself: a cell spans no more."""
    left: list[int] = []
    for row, after in zip(reversed(rows), [None, *reversed(rows)], strict=False):
        same = after is not None and row.getparent() is after.getparent()
        left.append(left[-1] + 1 if same else 1)
    return left[::-1]


def _has_strays(table: Any, groups: Sequence[Any], rows: Sequence[Any]) -> bool:
    """Whether a table holds more than cells in rows, which a browser would move elsewhere."""
    parts = {part.tag for each in (table, *(group for group in groups if group.tag != "tr")) for part in each}
    cells = {cell.tag for row in rows for cell in row}
    texts = [text for each in (table, *groups, *rows) for text in (each.text, *(part.tail for part in each))]
    return not (parts <= _GROUPS and cells <= _CELLS) or any(text and text.strip() for text in texts)


def _is_page(cell: Any) -> bool:
    """Whether a cell holds a part of the page, such as a heading or a long text, rather than data."""
    return next(cell.iter(*HEADINGS, "pre", "article", "section"), None) is not None or (
        len("".join(cell.itertext()).split()) > _LONGEST_CELL
    )


class HtmlKind(StrEnum):
    """The kind of a block."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    LINES = "lines"  # preformatted
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class TextRun:
    """A piece of text in the tree: the `text` of the element `node`, or its `tail`."""

    text: str
    node: Any
    tail: bool
    linked: bool

    @property
    def owner(self) -> Any:
        """The element that contains the text."""
        return self.node.getparent() if self.tail else self.node


@dataclass(frozen=True, slots=True)
class HtmlBlock:
    """A block and the runs of text that it consists of.

    `framed`: whether it lies in an element for menus, banners or footers. `level`: of a
    heading. `rows`: the cells of a table, of which the first `head` rows name the columns.
    """

    kind: HtmlKind
    text: str
    runs: tuple[TextRun, ...] = field(repr=False)
    framed: bool = False
    level: int = 0
    rows: tuple[tuple[Cell, ...], ...] = ()
    head: int = 0

    @property
    def longest(self) -> TextRun:
        """The longest run."""
        return max(self.runs, key=lambda run: len(run.text.strip()))

    @property
    def linked(self) -> int:
        """The number of characters inside links."""
        return sum(len(run.text.strip()) for run in self.runs if run.linked)

    def put_into(self, builder: TextBuilder, *, content: bool) -> None:
        """Adds the block to a text; a block that isn't content is marked as navigation."""
        if not content:
            builder.marked(self.text, RegionKind.NAVIGATION)
        elif self.kind is HtmlKind.HEADING:
            builder.heading(self.text, self.level)
        elif self.kind is HtmlKind.TABLE:
            builder.table(placed(self.rows), head=self.head)
        elif self.kind is HtmlKind.LINES:
            first, *others = self.text.split("\n")
            builder.paragraph(first)
            for line in others:
                builder.item(line)
        elif self.kind is HtmlKind.ITEM:
            builder.item(self.text)
        else:
            builder.paragraph(self.text)


_SPACE = re.compile(r"[ \t\n\r\f]+")  # white space as CSS defines it, without the no-break space
_PERMALINKS = frozenset({"#", "¶", "§", "🔗", "⚓", "\uf0c1"})  # the last: Font Awesome's chain


def blocks_of(root: Any) -> list[HtmlBlock]:
    """The visible blocks of the element `root` (lxml's), in reading order."""
    walker = _BlockWalker()
    walker.over(root)
    return walker.blocks


class _BlockWalker:
    """Collects the blocks in one pass over the elements, without recursion, since pages nest to any depth."""

    def __init__(self) -> None:
        self.blocks: list[HtmlBlock] = []
        self._runs: list[TextRun] = []
        self._levels: list[int] = []  # of the headings that are open
        self._frames = self._mains = self._links = self._openers = self._preformatted = 0
        self._opens_item = False

    def over(self, root: Any) -> None:
        from lxml import etree

        skipped = None
        events = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in events:
            if event == "start":
                if self._enter(element):
                    self._text(element.text, element, tail=False)
                else:
                    skipped = element
                    events.skip_subtree()
                continue
            if event == "end" and element is not skipped:
                self._leave(element)
            if element is not root:
                self._text(element.tail, element, tail=True)
        self._flush()

    def _enter(self, element: Any) -> bool:
        """Enters an element; returns whether its content should be walked too."""
        if is_unseen(element) or self._is_permalink(element):
            return False
        if element.tag in CONTROLS and not (element.tag == "button" and self._openers):
            self._text(" ", element, tail=False)  # the control separates the words around it
            return False
        if is_box(element):
            self._flush()
        if element.tag == "table" and (rows := data_rows(element)):
            self._table(element, rows)
            return False
        if element.tag == "br":
            self._runs.append(TextRun("\n", element, False, False))
        self._count(element, 1)
        self._opens_item = self._opens_item or element.tag in ITEMS
        return True

    def _leave(self, element: Any) -> None:
        if is_box(element):
            self._flush()
        self._count(element, -1)

    def _count(self, element: Any, step: int) -> None:
        """Updates the counts of open elements when one is entered (`step` 1) or left (-1)."""
        tag = element.tag
        if step < 0:
            self._mains -= is_main(element)
        self._frames += step * is_frame(element, in_main=self._mains > 0)
        if step > 0:
            self._mains += is_main(element)
        self._links += step * (tag == "a")
        self._openers += step * (tag in OPENERS)
        self._preformatted += step * (tag in PREFORMATTED)
        if tag in HEADINGS:
            self._levels.append(HEADINGS[tag]) if step > 0 else self._levels.pop()

    def _is_permalink(self, element: Any) -> bool:
        """Whether it is the ¶ or # beside a heading, which is visible only under the pointer."""
        return element.tag == "a" and self._openers > 0 and "".join(element.itertext()).strip() in _PERMALINKS

    def _text(self, text: str | None, node: Any, *, tail: bool) -> None:
        if text:
            shown = text.replace("\r\n", "\n") if self._preformatted else _SPACE.sub(" ", text)
            self._runs.append(TextRun(shown, node, tail, self._links > 0))

    def _flush(self) -> None:
        """Ends the open block."""
        runs, self._runs = self._runs, []
        if self._preformatted:
            self._add(HtmlKind.LINES, "".join(run.text for run in runs).strip("\n"), runs)
            return
        for part in _paragraphs(runs):
            lines = "".join(run.text for run in part).split("\n")
            kind = HtmlKind.HEADING if self._levels else HtmlKind.ITEM if self._opens_item else HtmlKind.PARAGRAPH
            self._add(kind, "\n".join(_SPACE.sub(" ", line).strip(" ") for line in lines).strip("\n"), part)

    def _add(self, kind: HtmlKind, text: str, runs: Sequence[TextRun], **more: Any) -> None:
        if text.strip():
            level = self._levels[-1] if kind is HtmlKind.HEADING else 0
            self.blocks.append(HtmlBlock(kind, text, tuple(runs), framed=self._frames > 0, level=level, **more))
            self._opens_item = False

    def _table(self, table: Any, rows: Sequence[Any]) -> None:
        for caption in table.iterchildren("caption"):
            self._add(HtmlKind.PARAGRAPH, *_in_one_line(caption))
        runs: list[TextRun] = []
        found: list[tuple[Cell, ...]] = []
        for row, left in zip(rows, _rows_left(rows), strict=True):
            cells = []
            for cell in cells_of(row):
                text, own = _in_one_line(cell)
                down = _spanned(cell, "rowspan") or left
                cells.append(Cell(text, _spanned(cell, "colspan"), min(down, left)))
                runs += own
            found.append(tuple(cells))
        shown = "\n".join("\t".join(cell.text for cell in row).strip() for row in found)
        head = sum(1 for _ in takewhile(_heads_columns, rows))
        self._add(HtmlKind.TABLE, shown, runs, rows=tuple(found), head=0 if head == len(rows) else head)


def _in_one_line(element: Any) -> tuple[str, list[TextRun]]:
    """The text of a cell or a caption as one line, and its runs."""
    parts = blocks_of(element)
    return " ".join(" ".join(part.text.split()) for part in parts), [run for part in parts for run in part.runs]


def _paragraphs(runs: Sequence[TextRun]) -> Iterator[list[TextRun]]:
    """The runs grouped into paragraphs, which two or more line breaks in a row separate."""
    part: list[TextRun] = []
    breaks = 0
    for run in runs:
        if run.text == "\n":
            breaks += 1
        elif run.text.strip():
            if breaks > 1:
                yield part
                part = []
            breaks = 0
        part.append(run)
    yield part
