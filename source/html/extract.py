"""Which blocks of a page trafilatura keeps.

An extractor returns text, not places. So each block goes into it with its number, written in
characters that stand in no page's text as this one does; the numbers that come out name the
blocks it kept, exactly, in one pass, and whatever else it did to their words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from source.html.blocks import Block

# Braille, because it is printable: extractors throw away what is not.
_SIGN = "\u28ff"
_DIGITS = str.maketrans("0123456789", "⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊")
_VALUES = str.maketrans("⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊", "0123456789")
_NUMBER = re.compile(f"{_SIGN}([⠚⠁⠃⠉⠙⠑⠋⠛⠓⠊]{{1,9}}){_SIGN}")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # lxml reads them, but does not write them
_MOST_ELEMENTS = 100_000  # the extractor takes about 6 s for as many
_DEEPEST = 256  # its time grows with the square of the depth
_COMPARED = 4000  # blocks up to which it compares itself with others, one of which takes the square of their time


def extracted(root: Any, blocks: Sequence[Block]) -> set[int]:
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
