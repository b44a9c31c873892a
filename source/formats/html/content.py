"""Which blocks of a page are its content: what an extractor keeps, completed from the page's own structure.

Extractors are made for articles. Inside the content they pass over headings, lists, code and
notes; the headline they take for something apart; and of pages that are no articles they may
keep next to nothing. All of that can be seen from where the blocks stand.

The extractor is trafilatura. It returns text, not places, so each block goes into it with its number, written in
characters that stand in no page's text as this one does; the numbers that come out name the
blocks it kept, exactly, in one pass, and whatever else it did to their words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from source.formats.html.blocks import HtmlBlock, Kind, has_frame

# Braille, because it is printable: extractors throw away what is not.
_SIGN = "\u28ff"
_DIGITS = str.maketrans("0123456789", "⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊")
_VALUES = str.maketrans("⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊", "0123456789")
_NUMBER = re.compile(f"{_SIGN}([⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊]{{1,9}}){_SIGN}")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # lxml reads them, but does not write them
_MOST_ELEMENTS = 100_000  # the extractor takes about 6 s for as many
_DEEPEST = 256  # its time grows with the square of the depth
_COMPARED = 4000  # blocks up to which it compares itself with others, one of which takes the square of their time


def extracted(root: Any, blocks: Sequence[HtmlBlock]) -> set[int]:
    """The numbers of the blocks that are kept; none if the page is too large or cannot be judged.

    `root` (lxml's) is the tree that the blocks came from; it is used up.
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
        # Precision: what it leaves out inside the content is easily put back, what it takes in besides is not.
        fast = len(blocks) > _COMPARED
        kept = extract(root, include_comments=False, favor_precision=True, fast=fast) or ""
    except Exception:  # whatever a page may do to it
        return set()
    numbers = {int(number.translate(_VALUES)) for number in _NUMBER.findall(kept)}
    return {number for number in numbers if number < len(blocks)}


def _is_ordinary(root: Any) -> bool:
    from lxml import etree

    depth = elements = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        if depth > _DEEPEST or elements > _MOST_ELEMENTS:
            return False
    return True


_WORD = re.compile(r"\w+")

# Found on pages of news and of documentation; the scores hardly move around these values.
_LEAST = 0.25  # of the text that is no links: an extractor that keeps less has not understood the page
_CONTAINER = 0.8  # of what was extracted lies in the element that holds the content
_LINKED = 0.5  # a stretch of which more is links is a menu
_SENTENCE = 90  # characters: a block as long that is no menu is prose
_BYLINE = 300  # characters at most from the headline to the text
_BUTTON = 0.95  # a line of which more is a link is a button; the author of "By NAME" is a link as a rule


def content_of(root: Any, blocks: Sequence[HtmlBlock]) -> set[int]:
    """The numbers of the blocks that are content. `root`, the tree that they came from, is used up."""
    names = [_folded(title) for title in titles_of(root)]
    unframed = {number for number, block in enumerate(blocks) if not block.framed}
    found = extracted(root, blocks)
    kept = _completed(root, blocks, found, names) if found else found
    text = [number for number in unframed if blocks[number].kind is not Kind.HEADING and not _is_menu([blocks[number]])]
    if _length(blocks, kept.intersection(text)) <= _LEAST * _length(blocks, text):
        return unframed
    # What stands around the content of a page leads elsewhere. If nothing that was left out does, it is content too.
    left = [block for number, block in enumerate(blocks) if number not in kept]
    return kept if any(block.framed or block.linked for block in left) or has_frame(root) else unframed


def titles_of(root: Any) -> Iterator[str]:
    """What the page calls itself, the best first: its `og:title`, its `<title>`."""
    tagged = root.xpath("//meta[@property='og:title']/@content")
    for title in (*tagged, *root.xpath("//title[not(ancestor::svg)]/text()")):
        if words := " ".join(title.split()):
            yield words


def _length(blocks: Sequence[HtmlBlock], numbers: Iterable[int]) -> int:
    return sum(len(blocks[number].text) for number in numbers)


def _completed(root: Any, blocks: Sequence[HtmlBlock], found: set[int], names: Iterable[str]) -> set[int]:
    """What was found, less the scraps around the content, and with what was passed over in it."""
    first, last = _extent(root, blocks, found)
    end = _end(blocks, found, last)
    kept = {number for number in found if number < end and (number >= first or not _is_menu([blocks[number]]))}
    headline = _headline(blocks, kept, names, first)
    for before, after in pairwise(sorted(kept | {first - 1 if headline is None else headline, end})):
        gap = range(before + 1, after)
        if before == headline and _length(blocks, gap) <= _BYLINE:
            kept.update(_byline(blocks, gap, framed=blocks[headline].framed))
        elif first <= before < after <= last or any(_is_prose(blocks[number]) for number in gap):
            kept.update(_passed_over(blocks, gap))
    return {*kept, *_heads(blocks, kept), *([] if headline is None else [headline])}


def _extent(root: Any, blocks: Sequence[HtmlBlock], found: Iterable[int]) -> tuple[int, int]:
    """The first and the last block of the smallest element in which most of what was found lies."""
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
    """Where the content ends that begins in the element up to `last`: at the latest where a menu stands."""
    end = last + 1
    for number in sorted(number for number in found if number > last):
        between = blocks[end:number]
        if any(block.framed for block in between) or 2 * sum(_is_menu([block]) for block in between) > len(between):
            break
        end = number + 1
    return end


def _headline(blocks: Sequence[HtmlBlock], kept: set[int], names: Iterable[str], first: int) -> int | None:
    """The heading above what was kept that is the page's own: as its title begins, or an h1, or within the content."""
    if any(blocks[number].level == 1 for number in kept):
        return None
    above = [number for number in range(min(kept)) if blocks[number].kind is Kind.HEADING]
    titles = {number: _folded(blocks[number].text) for number in above}
    named = [number for number in above if titles[number] and any(name.startswith(titles[number]) for name in names)]
    unframed = [number for number in above if not blocks[number].framed]
    highest = [number for number in unframed if blocks[number].level == 1]
    return max(named or highest, default=next((number for number in unframed if number >= first), None))


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _byline(blocks: Sequence[HtmlBlock], gap: Sequence[int], *, framed: bool) -> list[int]:
    """What stands between the headline and the text, if it is short: who wrote it, and when."""
    body = [number for number in gap if blocks[number].kind is not Kind.HEADING]
    lines = [number for number in body if framed or not blocks[number].framed]
    return [number for number in lines if blocks[number].linked <= _BUTTON * len(blocks[number].text)]


def _passed_over(blocks: Sequence[HtmlBlock], gap: Sequence[int]) -> Iterator[int]:
    """The stretches of a gap that are no menus, and prose amid menus, without the headings."""
    for framed, stretch in groupby(gap, key=lambda number: blocks[number].framed):
        body = [number for number in stretch if blocks[number].kind is not Kind.HEADING]
        if not framed:
            menu = _is_menu([blocks[number] for number in body])
            yield from (number for number in body if not menu or _is_prose(blocks[number]))


def _is_menu(blocks: Sequence[HtmlBlock]) -> bool:
    return sum(block.linked for block in blocks) > _LINKED * sum(len(block.text) for block in blocks)


def _is_prose(block: HtmlBlock) -> bool:
    return len(block.text) >= _SENTENCE and not block.framed and not _is_menu([block])


def _heads(blocks: Sequence[HtmlBlock], kept: set[int]) -> Iterator[int]:
    """The headings right above what is kept, none above the first."""
    heads = False
    for number in range(max(kept), min(kept), -1):
        heads = number in kept or (heads and blocks[number].kind is Kind.HEADING and not blocks[number].framed)
        if heads:
            yield number
