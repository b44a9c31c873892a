"""Decides which blocks of a page are its content: what trafilatura keeps, completed from the page's structure.

trafilatura is made for articles. Inside the content it drops headings, lists, code and
notes; it treats the headline as separate; and of pages that aren't articles it may keep
almost nothing. The positions of the blocks show what is missing.

It returns text without positions. So each block goes in with its number, in characters
that no page uses in this way; the numbers that come out identify the kept blocks exactly,
in one pass, however their words were changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from source.formats.html.blocks import HtmlBlock, HtmlKind, has_frame

# Braille, because it is printable: trafilatura drops unprintable characters.
_SIGN = "\u28ff"
_DIGITS = str.maketrans("0123456789", "⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊")
_VALUES = str.maketrans("⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊", "0123456789")
_NUMBER = re.compile(f"{_SIGN}([⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊]{{1,9}}){_SIGN}")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # lxml reads them, but does not write them
_MAX_ELEMENTS = 100_000  # for which trafilatura takes about 6 s
_MAX_DEPTH = 256  # its time grows with the square of the depth
_COMPARED = 4000  # up to this many blocks it also tries other extractors; one of them takes quadratic time


def kept_by_trafilatura(root: Any, blocks: Sequence[HtmlBlock]) -> set[int]:
    """The numbers of the blocks that trafilatura keeps; none if the page is too large or it fails.

    `root` (lxml's) is the tree that the blocks came from; it is modified.
    """
    from trafilatura import extract

    if not _is_ordinary(root):
        return set()
    for number, block in enumerate(blocks):
        run = block.longest
        name = "tail" if run.tail else "text"
        text = _UNWRITABLE.sub(" ", getattr(run.node, name))
        at = len(text) - len(text.lstrip())
        setattr(run.node, name, f"{text[:at]}{_SIGN}{str(number).translate(_DIGITS)}{_SIGN}{text[at:]}")
    try:
        # Favour precision: blocks missing inside the content are easily added, surplus ones are hard to remove.
        fast = len(blocks) > _COMPARED
        kept = extract(root, include_comments=False, favor_precision=True, fast=fast) or ""
    except Exception:  # a page may make it raise anything
        return set()
    numbers = {int(number.translate(_VALUES)) for number in _NUMBER.findall(kept)}
    return {number for number in numbers if number < len(blocks)}


def _is_ordinary(root: Any) -> bool:
    from lxml import etree

    depth = elements = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        if depth > _MAX_DEPTH or elements > _MAX_ELEMENTS:
            return False
    return True


_WORD = re.compile(r"\w+")

# Tuned on pages of news and of documentation; the scores hardly change near these values.
_MIN_KEPT = 0.25  # of the text outside links: if less is kept, the page was not understood
_CONTAINER = 0.8  # share of the kept text that lies in the element holding the content
_LINKED = 0.5  # a stretch with a larger share of links is a menu
_SENTENCE = 90  # characters: a block of this length that isn't a menu is prose
_BYLINE = 300  # maximum characters between the headline and the text
_BUTTON = 0.95  # a line with a larger share of links is a button; in "By NAME", the author usually is a link


def content_of(root: Any, blocks: Sequence[HtmlBlock]) -> set[int]:
    """The numbers of the blocks that are content. `root`, the tree that they came from, is modified."""
    names = [_folded(title) for title in titles_of(root)]
    unframed = {number for number, block in enumerate(blocks) if not block.framed}
    found = kept_by_trafilatura(root, blocks)
    kept = _completed(root, blocks, found, names) if found else found
    text = [
        number for number in unframed if blocks[number].kind is not HtmlKind.HEADING and not _is_menu([blocks[number]])
    ]
    if _length(blocks, kept.intersection(text)) <= _MIN_KEPT * _length(blocks, text):
        return unframed
    # What surrounds a page's content leads elsewhere. If nothing that was dropped does, it is content too.
    dropped = [block for number, block in enumerate(blocks) if number not in kept]
    return kept if any(block.framed or block.linked for block in dropped) or has_frame(root) else unframed


def titles_of(root: Any) -> Iterator[str]:
    """The page's own titles, the best first: its `og:title`, its `<title>`."""
    tagged = root.xpath("//meta[@property='og:title']/@content")
    for title in (*tagged, *root.xpath("//title[not(ancestor::svg)]/text()")):
        if words := " ".join(title.split()):
            yield words


def _length(blocks: Sequence[HtmlBlock], numbers: Iterable[int]) -> int:
    return sum(len(blocks[number].text) for number in numbers)


def _completed(root: Any, blocks: Sequence[HtmlBlock], found: set[int], names: Iterable[str]) -> set[int]:
    """The blocks found, without scraps around the content and with the missing blocks inside it."""
    first, last = _extent(root, blocks, found)
    end = _end(blocks, found, last)
    kept = {number for number in found if number < end and (number >= first or not _is_menu([blocks[number]]))}
    # A table of data is content wherever it stands; trafilatura drops those whose cells hold lists.
    kept.update(number for number in range(first, len(blocks)) if _is_data(blocks[number]))
    headline = _headline(blocks, kept, names, first)
    for before, after in pairwise(sorted(kept | {first - 1 if headline is None else headline, end})):
        gap = range(before + 1, after)
        if before == headline and _length(blocks, gap) <= _BYLINE:
            kept.update(_byline(blocks, gap, framed=blocks[headline].framed))
        elif first <= before < after <= last or any(_is_prose(blocks[number]) for number in gap):
            kept.update(_passed_over(blocks, gap))
    return {*kept, *_headings_above(blocks, kept), *([] if headline is None else [headline])}


def _extent(root: Any, blocks: Sequence[HtmlBlock], found: Iterable[int]) -> tuple[int, int]:
    """The first and the last block of the smallest element that contains most of the blocks found."""
    from lxml import etree

    owners = [block.longest.owner for block in blocks]
    weights: Counter[Any] = Counter()
    for number in found:
        weights[owners[number]] += len(blocks[number].text)
    enough = _CONTAINER * weights.total()
    for _, element in etree.iterwalk(root, events=("end",)):
        if weights[element] >= enough:
            break
        if (parent := element.getparent()) is not None:
            weights[parent] += weights[element]
    elements = set(element.iter())
    inside = [number for number, owner in enumerate(owners) if owner in elements]
    return inside[0], inside[-1]


def _end(blocks: Sequence[HtmlBlock], found: Iterable[int], last: int) -> int:
    """The block at which the content ends, `last` or later: before the next menu at the latest."""
    end = last + 1
    for number in sorted(number for number in found if number > last):
        between = blocks[end:number]
        if any(block.framed for block in between) or 2 * sum(_is_menu([block]) for block in between) > len(between):
            break
        end = number + 1
    return end


def _headline(blocks: Sequence[HtmlBlock], kept: set[int], names: Iterable[str], first: int) -> int | None:
    """The page's own headline above the kept blocks: it starts the title, or is an h1, or lies inside the content."""
    if any(blocks[number].level == 1 for number in kept):
        return None
    above = [number for number in range(min(kept)) if blocks[number].kind is HtmlKind.HEADING]
    titles = {number: _folded(blocks[number].text) for number in above}
    named = [number for number in above if titles[number] and any(name.startswith(titles[number]) for name in names)]
    unframed = [number for number in above if not blocks[number].framed]
    highest = [number for number in unframed if blocks[number].level == 1]
    return max(named or highest, default=next((number for number in unframed if number >= first), None))


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _byline(blocks: Sequence[HtmlBlock], gap: Sequence[int], *, framed: bool) -> list[int]:
    """The blocks between the headline and the text that name the author and the date."""
    body = [number for number in gap if blocks[number].kind is not HtmlKind.HEADING]
    lines = [number for number in body if framed or not blocks[number].framed]
    return [number for number in lines if blocks[number].linked <= _BUTTON * len(blocks[number].text)]


def _passed_over(blocks: Sequence[HtmlBlock], gap: Sequence[int]) -> Iterator[int]:
    """The blocks of a gap that aren't menus, and the prose among menus, without headings."""
    for framed, stretch in groupby(gap, key=lambda number: blocks[number].framed):
        body = [number for number in stretch if blocks[number].kind is not HtmlKind.HEADING]
        if not framed:
            menu = _is_menu([blocks[number] for number in body])
            yield from (number for number in body if not menu or _is_prose(blocks[number]))


def _is_menu(blocks: Sequence[HtmlBlock]) -> bool:
    return sum(block.linked for block in blocks) > _LINKED * sum(len(block.text) for block in blocks)


def _is_data(block: HtmlBlock) -> bool:
    return block.kind is HtmlKind.TABLE and not block.framed and not _is_menu([block])


def _is_prose(block: HtmlBlock) -> bool:
    return len(block.text) >= _SENTENCE and not block.framed and not _is_menu([block])


def _headings_above(blocks: Sequence[HtmlBlock], kept: set[int]) -> Iterator[int]:
    """The kept blocks and the headings directly above them, but not above the first."""
    belongs = False
    for number in range(max(kept), min(kept), -1):
        belongs = number in kept or (belongs and blocks[number].kind is HtmlKind.HEADING and not blocks[number].framed)
        if belongs:
            yield number
