"""Where in a document a text stands, as a reader would look for it.

Upper and lower case are the same, any white space is as good as any other, a
ligature is its letters, a full-width letter an ordinary one, a curly quotation
mark a straight one, and a word divided at a line's end is whole. Text and query
are folded to one such form, and what is found is carried back.

>>> from source.plain import read_plain
>>> document = read_plain("The in-\\nvisible\\nﬁsh.", id="a.txt")
>>> [document.text[span.start : span.end] for span in find_in(document, "Invisible FISH")]
['in-\\nvisible\\nﬁsh']
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index import Offsets, searchable
from index.searchable import Searchable
from source import Document, Span

_KEPT = 4  # folded texts: who looks for one thing looks for the next in the same document
_PLAIN = str.maketrans("‘’‚‛ʼ“”„‟«»‐‑‒–—−", '\'\'\'\'\'""""""------')
_JOINS = (("\u0300", "\u036f"), ("\u0653", "\u0655"), ("\u1160", "\u11ff"), ("\u3099", "\u309a"))
"""First and last of the marks that make another letter of the one before them."""


@dataclass(frozen=True, slots=True)
class _Folded:
    """`origins`: (characters of `text`,) which character of `whole` each one comes from."""

    text: str
    origins: NDArray[np.int32]
    whole: Searchable


def find_in(document: Document, query: str, most: int = 1000) -> list[Span]:
    """The first `most` places where the query stands, none overlapping another; none for a query of white space.

    Takes linear time, and less for the next query in the same document.
    """
    wanted = _folded(query).text.strip(" ")
    if not wanted:
        return []
    folded = _kept(document.text)
    found: list[Span] = []
    for start, end in folded.whole.back(_occurrences(folded, wanted, most)).tolist():
        if not found or found[-1].end <= start:  # one "ß" is not found twice for "s"
            found.append(Span(start, end))
    return found


def _occurrences(folded: _Folded, wanted: str, most: int) -> Offsets:
    """(n, 2) offsets in the whole text."""
    ends: list[int] = []
    at = folded.text.find(wanted)
    while at >= 0 and len(ends) < most:
        end = at + len(wanted)
        if not _joins(folded.text[end : end + 1]):
            ends.append(end)
        at = folded.text.find(wanted, end)
    after = np.array(ends, np.int64)
    return np.stack([folded.origins[after - len(wanted)], folded.origins[after - 1] + 1], axis=1).astype(np.int64)


def _joins(character: str) -> bool:
    """Whether it makes the letter before it another one: an "e" is not found where "é" stands."""
    return any(first <= character <= last for first, last in _JOINS)


def _folded(text: str) -> _Folded:
    """What each character becomes is found out once for each kind, and looked up for all."""
    whole = searchable(text)
    codes = _codes(whole.text)
    kinds = np.flatnonzero(np.bincount(codes))
    folds = [_fold(chr(code)) for code in kinds]
    number = np.zeros(kinds.max(initial=0) + 1, np.int32)
    number[kinds] = np.arange(len(kinds))
    kind = number[codes]
    lengths = np.array([len(fold) for fold in folds], np.int32)
    origins = np.repeat(np.arange(len(codes), dtype=np.int32), lengths[kind])
    # Where the fold of each character starts among all folds, and how far into it each new character is.
    starts = (np.cumsum(lengths, dtype=np.int32) - lengths)[kind]
    new_starts = np.cumsum(lengths[kind], dtype=np.int32) - lengths[kind]
    new = _codes("".join(folds))[(starts - new_starts)[origins] + np.arange(len(origins), dtype=np.int32)]
    spaces = new == ord(" ")
    once = ~(spaces & np.append(False, spaces[:-1])[: len(new)])  # of a run of white space
    return _Folded(_text(new[once]), origins[once], whole)


_kept = lru_cache(_KEPT)(_folded)


def _fold(character: str) -> str:
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold()).translate(_PLAIN)
    return character if " " in folded else folded  # an accent by itself is taken apart into a space and a mark


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _text(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")
