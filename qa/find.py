"""Where in a document a text stands, as a reader would look for it.

Upper and lower case are the same, any white space is as good as any other, a
ligature is its letters, a full-width letter an ordinary one, a curly quotation
mark a straight one, and a word divided at a line's end is whole. Text and query
are folded to one such form, and what is found is carried back.

>>> from source.formats.plain import read_plain
>>> document = read_plain("The in-\\nvisible\\nﬁsh.", id="a.txt")
>>> [document.text[span.start : span.end] for span in find_in(document, "Invisible FISH")]
['in-\\nvisible\\nﬁsh']
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np
from cachetools import LRUCache, cached
from numpy.typing import NDArray

from index import Offsets, searchable
from index.normalize import NormalizedText
from source import Document, Span

_KEPT = 8_000_000  # characters of folded texts: who looks for one thing looks for the next in the same document
_FINDS = 4  # kept: the parts of a document are drawn one by one, each with what is found in it
_AT_ONCE = 1 << 17  # characters that are folded
_PLAIN = str.maketrans("‘’‚‛ʼ“”„‟«»‐‑‒–—−", '\'\'\'\'\'""""""------')
_JOINS = (("\u0300", "\u036f"), ("\u0653", "\u0655"), ("\u1160", "\u11ff"), ("\u3099", "\u309a"))
"""First and last of the marks that make another letter of the one before them."""


@dataclass(frozen=True, slots=True)
class _Folded:
    """`steps`: (n, 2) where `text` does not go on as `whole` does: which character of `text`, and of `whole`."""

    text: str
    steps: NDArray[np.int32]
    whole: NormalizedText

    def origins(self, characters: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which character of `whole` each of these characters of `text` comes from."""
        steps = self.steps[np.searchsorted(self.steps[:, 0], characters, "right") - 1]
        return characters + (steps[:, 1] - steps[:, 0])


def find_in(document: Document, query: str, most: int = 1000) -> list[Span]:
    """The first `most` places where the query stands, none overlapping another; none for a query of white space.

    Takes linear time, and less for the next query in the same document.
    """
    return list(_found(document.text, query, most))


@lru_cache(_FINDS)
def _found(text: str, query: str, most: int) -> tuple[Span, ...]:
    wanted = _folded(query).text.strip(" ")
    if not wanted:
        return ()
    folded = _folded_document(text)
    found: list[Span] = []
    for start, end in folded.whole.to_original(_occurrences(folded, wanted, most)).tolist():
        if not found or found[-1].end <= start:  # one "ß" is not found twice for "s"
            found.append(Span(start, end))
    return tuple(found)


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
    return np.stack([folded.origins(after - len(wanted)), folded.origins(after - 1) + 1], axis=1)


def _joins(character: str) -> bool:
    """Whether it makes the letter before it another one: an "e" is not found where "é" stands."""
    return any(first <= character <= last for first, last in _JOINS)


class _Table:
    """What each kind of character that a text has becomes: found out once, and looked up for all."""

    def __init__(self, text: str) -> None:
        kinds = _codes("".join(sorted(set(text))))
        folds = [_fold(chr(code)) for code in kinds]
        self._kind = np.zeros(kinds.max(initial=0) + 1, np.int32)
        self._kind[kinds] = np.arange(len(kinds))
        self._codes = _codes("".join(folds))
        self._lengths = np.array([len(fold) for fold in folds], np.int32)
        self._starts = np.cumsum(self._lengths, dtype=np.int32) - self._lengths  # among the codes

    def fold(self, text: str) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        """What a part of the text becomes, and which of its characters each of these comes from."""
        kind = self._kind[_codes(text)]
        lengths = self._lengths[kind]
        origins = np.repeat(np.arange(len(text), dtype=np.int32), lengths)
        first = np.cumsum(lengths, dtype=np.int32) - lengths  # of what each character becomes
        return self._codes[(self._starts[kind] - first)[origins] + np.arange(len(origins), dtype=np.int32)], origins


def _folded(text: str) -> _Folded:
    whole = searchable(text)
    table = _Table(whole.text)
    parts: list[str] = []
    steps = [np.zeros((1, 2), np.int32)]
    length, last, spaced = 0, -1, False  # of what is folded: how much, from up to where, whether it ends in a space
    for start in range(0, len(whole.text), _AT_ONCE):
        codes, origins = table.fold(whole.text[start : start + _AT_ONCE])
        spaces = codes == ord(" ")
        once = ~(spaces & np.append(spaced, spaces[:-1]))  # of a run of white space
        parts.append(_text(codes[once]))
        kept = origins[once] + np.int32(start)
        away = np.flatnonzero(np.diff(kept, prepend=np.int32(last)) != 1)
        steps.append(np.stack([(away + length).astype(np.int32), kept[away]], axis=1))
        length, last, spaced = length + len(kept), kept[-1] if len(kept) else last, spaces[-1]
    return _Folded("".join(parts), np.concatenate(steps), whole)


_folded_document = cached(LRUCache[str, _Folded](_KEPT, lambda folded: len(folded.text)), lock=Lock())(_folded)


def _fold(character: str) -> str:
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold()).translate(_PLAIN)
    return character if " " in folded else folded  # an accent by itself is taken apart into a space and a mark


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _text(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")
