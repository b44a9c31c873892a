"""Styles of Word documents, and symbol fonts: what they mean for paragraphs, words and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from source.formats.office.blocks import attribute, child, children, number, tag

# The characters of the font Symbol for the codes 0x20 to 0x7E and 0xA1 to 0xFE (Adobe's encoding).
_SYMBOLS = {
    0x20: " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    0xA1: "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
    0xF1: "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
}
_IN_SYMBOL = {first + place: char for first, chars in _SYMBOLS.items() for place, char in enumerate(chars)}
# The few characters of Wingdings that Word inserts automatically or that forms use.
_IN_WINGDINGS = {0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0xA7: "▪", 0xA8: "◻", 0xD8: "➢"} | {
    0xDF: "←", 0xE0: "→", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_FONTS = {"symbol": _IN_SYMBOL, "wingdings": _IN_WINGDINGS}


def symbol(font: str, code: int) -> str:
    """The character that `font` shows for a code; a private-use character if it is unknown."""
    return _FONTS.get(font.casefold(), {}).get(code & 0xFF) or chr(0xF000 | code & 0xFF)


# Word writes the English names in every language; other programs write the localised ones.
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|заголовок|標題|标题|見出し|제목|nagłówek|kop|rubrik|overskrift|otsikko"
    r"|nadpis|başlık) ?([1-9])",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"toc (?:\d|heading)|table of figures|contents (?:\d|heading)", re.IGNORECASE)
_MAX_BASES = 20  # a chain of styles each based on the next
_OFF = {"0", "false", "off"}

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class OfficeStyle:
    """The relevant properties of a style, including those inherited from the styles it is based on."""

    title: bool = False  # the document's title
    level: int = 0  # of a heading; 0 if it isn't one
    contents: bool = False  # a line of a table of contents
    listed: bool = False  # an item of a list
    list_id: str = ""  # of the list that numbers its paragraphs
    list_level: str = ""  # in that list
    hidden: bool = False
    bold: bool = False
    heads: bool = False  # a table's first row has a format of its own


class Styles:
    """The styles of a Word document by their ids. `root`: the root of the part that defines them, or None."""

    def __init__(self, root: Any) -> None:
        self._styles = {attribute(each, "styleId"): each for each in children(root) if tag(each) == "style"}
        self._resolved: dict[str, OfficeStyle] = {}

    def __getitem__(self, id: str) -> OfficeStyle:
        if id not in self._resolved:
            bases = list(self._bases(id))
            names = [named(attribute(child(each, "name"), "val")) for each in bases]
            levels = (outline(child(each, "pPr")) for each in bases)
            self._resolved[id] = OfficeStyle(
                title=any(each.title for each in names),
                level=_first(
                    each.level or None if own is None else own for own, each in zip(levels, names, strict=True)
                )
                or 0,
                contents=any(each.contents for each in names),
                listed=_first(listed(child(each, "pPr")) for each in bases) or False,
                list_id=next(filter(None, (_of_list(each, "numId") for each in bases)), ""),
                list_level=next(filter(None, (_of_list(each, "ilvl") for each in bases)), ""),
                hidden=_first(switched(child(each, "rPr"), "vanish") for each in bases) or False,
                bold=_first(switched(child(each, "rPr"), "b") for each in bases) or False,
                heads=any(attribute(part, "type") == "firstRow" for each in bases for part in each),
            )
        return self._resolved[id]

    def _bases(self, id: str) -> Iterator[Any]:
        for _ in range(_MAX_BASES):
            if (style := self._styles.get(id)) is None:
                return
            yield style
            id = attribute(child(style, "basedOn"), "val")


def named(name: str) -> OfficeStyle:
    """The style as far as its name shows it."""
    title = name.casefold() == "title"
    heading = _HEADING.fullmatch(name)
    level = int(heading.group(1)) if heading else int(title)
    return OfficeStyle(title=title, level=level, contents=bool(_CONTENTS.fullmatch(name)))


def outline(properties: Any) -> int | None:
    """The heading level in a paragraph's properties, 0 for body text; None if they don't set one."""
    level = attribute(child(properties, "outlineLvl"), "val")
    if not level.isdecimal():
        return None
    return int(level) + 1 if int(level) < 9 else 0  # 9 is body text


def listed(properties: Any) -> bool | None:
    """Whether a paragraph's properties make it a list item; None if they don't say."""
    number = child(properties, "numPr", "numId")
    return None if number is None else attribute(number, "val") != "0"


def _of_list(style: Any, name: str) -> str:
    return attribute(child(style, "pPr", "numPr", name), "val")


def switched(properties: Any, name: str) -> bool | None:
    """Whether a switch is on in some properties; None if they don't have it."""
    switch = child(properties, name)
    return None if switch is None else attribute(switch, "val") not in _OFF


def has_first_row(properties: Any) -> bool:
    """Whether a table's properties apply the style's format for the first row."""
    look = child(properties, "tblLook")
    first_row = attribute(look, "firstRow")
    return first_row in {"1", "true", "on"} if first_row else bool(number(attribute(look, "val"), 16) & 0x20)


def _first(values: Iterable[_Value | None]) -> _Value | None:
    return next((each for each in values if each is not None), None)
