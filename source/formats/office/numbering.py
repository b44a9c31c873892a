"""The automatic numbers of a Word document's paragraphs: "2.1", "(b)", "Article IV".

Word stores no number with a paragraph, only the list and the level that it belongs to; the numbers follow from
counting (ECMA-376 part 1, §17.9).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from source.formats.office.blocks import Numbered, attribute, child, children, number, tag
from source.formats.office.styles import OfficeStyle

_DEEPEST = 9  # levels of a list
_LONGEST = 40  # characters of a number, and of its pattern
_LETTERS, _ROMAN = "abcdefghijklmnopqrstuvwxyz", (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST_ROMAN = 3999
_PLACEHOLDER = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of a list: its first number, the format of its numbers and the pattern of what is shown."""

    start: int = 1
    format: str = "decimal"
    pattern: str = ""
    legal: bool = False  # all numbers are shown as decimal ones
    restarts: bool = True  # after a paragraph of a level above


class Numbering:
    """Counts a document's numbered paragraphs. `root`: the root of the part that defines its lists, or None."""

    def __init__(self, root: Any) -> None:
        parts = list(children(root))
        self._lists = {attribute(each, "abstractNumId"): each for each in parts if tag(each) == "abstractNum"}
        self._linked = {
            attribute(link, "val"): id
            for id, each in self._lists.items()
            if (link := child(each, "styleLink")) is not None
        }
        self._uses = {attribute(each, "numId"): each for each in parts if tag(each) == "num"}
        self._levels: dict[str, list[_Level]] = {}
        self._definitions: dict[str, str] = {}
        self._own_levels: dict[str, list[_Level]] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._started: set[str] = set()

    def next(self, properties: Any, style: OfficeStyle) -> Numbered | None:
        """The number of the next paragraph with these properties; None if it has no number, or a bullet."""
        own = child(properties, "numPr")
        id = attribute(child(own, "numId"), "val") or style.list_id
        if id not in self._uses:
            return None
        levels = self._levels_of(id)
        level = min(number(attribute(child(own, "ilvl"), "val") or style.list_level), _DEEPEST - 1)
        shown = levels[level]
        counts = self._count(id, levels, level)
        if shown.format in {"bullet", "none"} or not _PLACEHOLDER.search(shown.pattern):
            return None
        text = _PLACEHOLDER.sub(lambda match: _written(counts, levels, int(match[1]) - 1, shown.legal), shown.pattern)
        clause = any(len(_PLACEHOLDER.findall(each.pattern)) > 1 for each in levels)
        return Numbered(" ".join(text[:_LONGEST].split()), level, clause)

    def _count(self, id: str, levels: list[_Level], level: int) -> list[int | None]:
        """The numbers of all levels at the next paragraph of a level; None for those below that have not begun."""
        counts = self._counts.setdefault(self._list_of(id), [None] * _DEEPEST)
        if id not in self._started:
            self._started.add(id)
            for override in children(self._uses[id]):
                if child(override, "startOverride") is not None:
                    counts[min(number(attribute(override, "ilvl")), _DEEPEST - 1)] = None
        for above in range(level):
            if counts[above] is None:
                counts[above] = levels[above].start
        before = counts[level]
        counts[level] = levels[level].start if before is None else before + 1
        for below in range(level + 1, _DEEPEST):
            if levels[below].restarts:
                counts[below] = None
        return counts

    def _list_of(self, id: str) -> str:
        """The definition of the list that a `num` uses, which may be that of a style."""
        if id not in self._definitions:
            found = attribute(child(self._uses[id], "abstractNumId"), "val")
            link = child(self._lists.get(found), "numStyleLink")
            self._definitions[id] = self._linked.get(attribute(link, "val"), found) if link is not None else found
        return self._definitions[id]

    def _levels_of(self, id: str) -> list[_Level]:
        if id not in self._levels:
            definition = self._list_of(id)
            if definition not in self._own_levels:
                self._own_levels[definition] = _defined([_Level()] * _DEEPEST, children(self._lists.get(definition)))
            self._levels[id] = _defined(self._own_levels[definition], children(self._uses[id]))
        return self._levels[id]


def _defined(levels: list[_Level], elements: Iterable[Any]) -> list[_Level]:
    """The levels with what the elements of a list, or of a use of it, change of them."""
    found = list(levels)
    for each in elements:
        at = min(number(attribute(each, "ilvl")), _DEEPEST - 1)
        if (defined := each if tag(each) == "lvl" else child(each, "lvl")) is not None:
            found[at] = _level(defined)
        if (start := child(each, "startOverride")) is not None:
            found[at] = replace(found[at], start=number(attribute(start, "val")))
    return found


def _level(element: Any) -> _Level:
    format, legal = child(element, "numFmt"), child(element, "isLgl")
    return _Level(
        start=number(attribute(child(element, "start"), "val") or "1"),
        format="decimal" if format is None else attribute(format, "val"),
        pattern=attribute(child(element, "lvlText"), "val")[:_LONGEST],
        legal=legal is not None and attribute(legal, "val") not in {"0", "false", "off"},
        restarts=attribute(child(element, "lvlRestart"), "val") != "0",
    )


def _written(counts: list[int | None], levels: list[_Level], level: int, legal: bool) -> str:
    count, format = counts[level] or 0, "decimal" if legal else levels[level].format
    if format in {"lowerLetter", "upperLetter"} and count > 0:
        text = _LETTERS[(count - 1) % len(_LETTERS)] * min(1 + (count - 1) // len(_LETTERS), _LONGEST)
    elif format in {"lowerRoman", "upperRoman"} and 0 < count <= _MOST_ROMAN:
        text = _roman(count)
    else:
        text = f"{count:02}" if format == "decimalZero" else str(count)
    return text.upper() if format.startswith("upper") else text


def _roman(count: int) -> str:
    text = ""
    for value, sign in _ROMAN:
        text += sign * (count // value)
        count %= value
    return text
