"""Doubts about a document, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from source.document import Doubt, DoubtKind

_SHOWN = 12  # pages, or ranges of them
_ENGLISH: Mapping[str, str] = MappingProxyType({})


def told(doubts: Iterable[Doubt], names: Mapping[str, str] = _ENGLISH) -> list[str]:
    """A line for each kind of doubt: what it is, how often, and on which pages.

    `names`: the words of another language, by the English ones (`DoubtKind`'s, "page", "pages", "on", "and {} more").

    >>> told([Doubt(DoubtKind.NO_TEXT, 3), Doubt(DoubtKind.NO_TEXT, 4), Doubt(DoubtKind.CONTROL, None, 2)])
    ['no text: pages 3–4', 'control characters: 2']
    """
    kinds: dict[DoubtKind, list[Doubt]] = {}
    for doubt in doubts:
        kinds.setdefault(doubt.kind, []).append(doubt)
    return [_told(kind, each, names) for kind, each in kinds.items()]


def _told(kind: DoubtKind, doubts: list[Doubt], names: Mapping[str, str]) -> str:
    count = sum(doubt.count for doubt in doubts)
    often = [f"{count:,}"] if count > len(doubts) else []
    pages = sorted({doubt.page for doubt in doubts if doubt.page is not None})
    page = "pages" if len(pages) > 1 else "page"
    where = [f"{names.get(page, page)} {_ranges(pages, names)}"] if pages else []
    found = f" {names.get('on', 'on')} ".join([*often, *where])
    return ": ".join([names.get(kind, kind), *([found] if found else [])])


def _ranges(pages: list[int], names: Mapping[str, str]) -> str:
    """Whole numbers in order, neighbours as a range."""
    found: list[list[int]] = []
    for page in pages:
        if found and found[-1][1] == page - 1:
            found[-1][1] = page
        else:
            found.append([page, page])
    shown = [f"{first}–{last}" if last > first else str(first) for first, last in found]
    further = names.get("and {} more", "and {} more").format(len(shown) - _SHOWN)
    more = [further] if len(shown) > _SHOWN else []
    return ", ".join([*shown[:_SHOWN], *more])
