"""Doubts about a document, in words."""

from __future__ import annotations

from collections.abc import Iterable

from source.document import Doubt, DoubtKind

_SHOWN = 12  # pages, or ranges of them


def told(doubts: Iterable[Doubt]) -> list[str]:
    """A line for each kind of doubt: what it is, how often, and on which pages.

    >>> told([Doubt(DoubtKind.NO_TEXT, 3), Doubt(DoubtKind.NO_TEXT, 4), Doubt(DoubtKind.CONTROL, None, 2)])
    ['no text: pages 3–4', 'control characters: 2']
    """
    kinds: dict[DoubtKind, list[Doubt]] = {}
    for doubt in doubts:
        kinds.setdefault(doubt.kind, []).append(doubt)
    return [_told(kind, each) for kind, each in kinds.items()]


def _told(kind: DoubtKind, doubts: list[Doubt]) -> str:
    count = sum(doubt.count for doubt in doubts)
    often = [f"{count:,}"] if count > len(doubts) else []
    pages = sorted({doubt.page for doubt in doubts if doubt.page is not None})
    where = [f"page{'s' * (len(pages) > 1)} {_ranges(pages)}"] if pages else []
    return ": ".join([kind, *([" on ".join([*often, *where])] if often or where else [])])


def _ranges(pages: list[int]) -> str:
    """Whole numbers in order, neighbours as a range."""
    found: list[list[int]] = []
    for page in pages:
        if found and found[-1][1] == page - 1:
            found[-1][1] = page
        else:
            found.append([page, page])
    shown = [f"{first}–{last}" if last > first else str(first) for first, last in found]
    more = [f"and {len(shown) - _SHOWN} more"] if len(shown) > _SHOWN else []
    return ", ".join([*shown[:_SHOWN], *more])
