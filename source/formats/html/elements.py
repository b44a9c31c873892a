"""What an HTML element is on the page: a box of its own, unseen, a table of data, or the page's own frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

HEADINGS = {f"h{level}": level for level in range(1, 7)}
OPENERS = frozenset({*HEADINGS, "summary", "dt"})
"""What heads what follows: here a button is the text of a heading that unfolds."""
PREFORMATTED = frozenset({"pre", "listing", "xmp", "plaintext"})
ITEMS = frozenset({"li", "dd"})
CONTROLS = frozenset({
    "button", "input", "meter", "output", "progress", "select", "textarea",
})  # fmt: skip

# Boxes of their own in the HTML standard's style sheet (§15.3), and what lays a table out.
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
# A formula's second rendering, and the link beside a wiki's heading, which is a button in all but name.
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
_LONGEST_CELL = 120  # words: a cell with more is a part of the page, not a datum


def is_box(element: Any) -> bool:
    """Whether it begins on a line of its own."""
    return element.tag in _BLOCKS or bool(_BOXING.search(element.get("style", "")))


def is_unseen(element: Any) -> bool:
    """Whether neither it nor anything in it is text on the page."""
    if element.tag in _UNSEEN or (element.tag == "dialog" and element.get("open") is None):
        return True
    if element.get("hidden", "until-found").lower() != "until-found" or _HIDING.search(element.get("style", "")):
        return True
    return not _UNSEEN_CLASSES.isdisjoint(element.get("class", "").split())


def is_main(element: Any) -> bool:
    """Whether its author says that it holds the content."""
    return element.tag in {"article", "main"} or element.get("role") == "main"


def is_frame(element: Any, *, in_main: bool) -> bool:
    """Whether it is where pages keep their menus, banners and footers."""
    if element.get("role", "").lower() in _FRAME_ROLES or element.tag in _FRAMES:
        return True
    return element.tag in _PARTS and not in_main  # an article's own header, footer or aside is a part of it


def has_frame(root: Any) -> bool:
    """Whether a page has any element for its menus and footers, be there text in it or not."""
    return next(root.iter(*_FRAMES, *_PARTS), None) is not None


def data_rows(table: Any) -> list[Any]:
    """The rows of a table that holds data, its footer's last; none if it only lays the page out."""
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


def heads_columns(row: Any) -> bool:
    """Whether a table's first row names what stands below it."""
    return row.getparent().tag == "thead" or all(cell.tag == "th" for cell in cells_of(row))


def _has_strays(table: Any, groups: Sequence[Any], rows: Sequence[Any]) -> bool:
    """Whether there is more in a table than cells in rows: what a browser would move, or move out."""
    parts = {part.tag for each in (table, *(group for group in groups if group.tag != "tr")) for part in each}
    cells = {cell.tag for row in rows for cell in row}
    texts = [text for each in (table, *groups, *rows) for text in (each.text, *(part.tail for part in each))]
    return not (parts <= _GROUPS and cells <= _CELLS) or any(text and text.strip() for text in texts)


def _is_page(cell: Any) -> bool:
    """Whether a cell holds what a page is made of rather than a datum."""
    return next(cell.iter(*HEADINGS, "pre", "article", "section"), None) is not None or (
        len("".join(cell.itertext()).split()) > _LONGEST_CELL
    )
