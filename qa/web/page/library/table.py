"""The library's table of documents as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from qa.library import Entry
from qa.web.page.html import button, element, escaped, link, named
from qa.web.page.texts import Texts

ROWS = 50
"""Documents shown at a time."""
_MOST_REMOVED = 500  # removed documents that are listed


def table(entries: Sequence[Entry], first: int, total: int, texts: Texts, *, read_only: bool) -> Markup:
    """Rows `first` up to `first + len(entries)` of `total`, with buttons for the rows before and after."""
    columns = ["", texts.document, texts.format, _noun(texts.pages), _noun(texts.passages), texts.modified, ""]
    head = element("tr", {}, *(element("th", {"scope": "col"}, escaped(name)) for name in columns))
    rows = [_row(entry, texts, read_only) for entry in entries]
    body = element("table", {}, element("thead", {}, head), element("tbody", {}, *rows))
    note = f"{texts.count(total, texts.documents)}. {texts.library_note}" if total else texts.no_rows
    line = element("p", {"class": "note"}, escaped(note))
    return line + body + _pager(first, len(entries), total, texts) if total else line


def left_out(ids: Sequence[str], texts: Texts) -> Markup:
    """The removed documents, each with a button to restore it."""
    if not ids:
        return Markup()
    items = [_left_out(id, texts) for id in ids[:_MOST_REMOVED]]
    more = len(ids) - len(items)
    items += [element("li", {}, escaped(texts.more.format(count=texts.number(more))))] if more else []
    return element(
        "details", {"class": "left-out"}, element("summary", {}, escaped(texts.removed)), element("ul", {}, *items)
    )


def _left_out(id: str, texts: Texts) -> Markup:
    return element("li", {"data-id": id}, named(id, "span"), button("put-back", texts.put_back))


def _noun(forms: str) -> str:
    """The plural of a counted noun, as the head of a column."""
    return forms.split("|")[-1].capitalize()


def _row(entry: Entry, texts: Texts, read_only: bool) -> Markup:
    name = texts.name_of(entry.id, entry.title)
    tick = element("input", {"type": "checkbox", "aria-label": texts.only.format(title=name)})
    read = {"type": "button", "class_": "title", "data_do": "read", "title": texts.read.format(title=name)}
    title = named(entry.title, "button", **read)
    path = link(entry.address, class_="path") if entry.address else named(entry.id, "span", class_="path")
    doubts = [element("span", {"class": "note doubts"}, escaped(texts.doubts(entry.doubts)))] if entry.doubts else []
    cells = [tick, Markup().join([title, path, *doubts]), escaped(entry.format), *_facts(entry, texts)]
    remove = Markup() if read_only else button("remove", texts.remove.format(title=name), "icon")
    columns = [element("td", {}, cell) for cell in (*cells, remove)]
    return element("tr", {"data-id": entry.id, "data-title": entry.title}, *columns)


def _facts(entry: Entry, texts: Texts) -> list[Markup]:
    pages = "–" if entry.pages is None else texts.number(entry.pages)
    modified = texts.date(entry.modified) if entry.modified else "–"
    return [escaped(fact) for fact in (pages, texts.number(entry.passages), modified)]


def _pager(first: int, shown: int, total: int, texts: Texts) -> Markup:
    if shown == total:
        return Markup()
    numbers = {"first": texts.number(first + 1), "last": texts.number(first + shown), "count": texts.number(total)}
    position = element("span", {}, escaped(texts.rows.format(**numbers)))
    previous = button("rows", texts.earlier, "text", data_first=max(0, first - ROWS)) if first else Markup()
    next = button("rows", texts.later, "text", data_first=first + shown) if first + shown < total else Markup()
    return element("p", {"class": "pager"}, previous, position, next)
