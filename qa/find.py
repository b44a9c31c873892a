"""Finds a text in a document, as the "find" box of the page does.

The search ignores case and kinds of white space, and matches ligatures with their
letters, full-width letters with ordinary ones, curly quotation marks with straight
ones, and words that are hyphenated at a line's end. Text and query are folded to one
form, and the offsets of the matches are mapped back to the document.

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

from index import NormalizedText, Offsets, searchable
from source import Document, PerProcess, Span

_KEPT = 8_000_000  # characters of cached folded texts: the next search is often in the same document
_FINDS = 4  # cached results: a document is drawn part by part, each with the matches in it
_AT_ONCE = 1 << 17  # characters folded at a time
_PLAIN = str.maketrans("‘’‚‛ʼ“”„‟«»‐‑‒–—−", '\'\'\'\'\'""""""------')
_JOINS = (("\u0300", "\u036f"), ("\u0653", "\u0655"), ("\u1160", "\u11ff"), ("\u3099", "\u309a"))
"""Ranges of combining marks that make a different letter of the one before them."""


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text folded for searching: `text` is what is searched, `whole` the text it was folded from.

    `steps`: (n, 2) positions in `text` and in `whole` from which on both run in parallel.
    """

    text: str
    steps: NDArray[np.int32]
    whole: NormalizedText

    def origins(self, characters: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions in `whole` that these positions in `text` come from."""
        steps = self.steps[np.searchsorted(self.steps[:, 0], characters, "right") - 1]
        return characters + (steps[:, 1] - steps[:, 0])


def find_in(document: Document, query: str, most: int = 1000) -> list[Span]:
    """The first `most` matches of the query, without overlaps; none for a query of white space.

    Takes linear time, and less for the next query in the same document.
    """
    return list(_matches(document.text, query, most))


@lru_cache(_FINDS)
def _matches(text: str, query: str, most: int) -> tuple[Span, ...]:
    wanted = _folded(query).text.strip(" ")
    if not wanted:
        return ()
    folded = _folded_document()(text)
    found: list[Span] = []
    for start, end in folded.whole.to_original(_occurrences(folded, wanted, most)).tolist():
        if not found or found[-1].end <= start:  # one "ß" must not match "s" twice
            found.append(Span(start, end))
    return tuple(found)


def _occurrences(folded: _Folded, wanted: str, most: int) -> Offsets:
    """The (n, 2) offsets of the matches in `folded.whole`."""
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
    """Whether a mark makes the letter before it a different one: a search for "e" must not match "é"."""
    return any(first <= character <= last for first, last in _JOINS)


class _Table:
    """The folded form of each distinct character of a text, computed once and looked up for every occurrence."""

    def __init__(self, text: str) -> None:
        pieces = (text[start : start + _AT_ONCE] for start in range(0, len(text), _AT_ONCE))
        kinds = _codes("".join(sorted(set[str]().union(*map(set, pieces)))))
        folds = [_fold(chr(code)) for code in kinds]
        self._kind = np.zeros(kinds.max(initial=0) + 1, np.int32)
        self._kind[kinds] = np.arange(len(kinds))
        self._codes = _codes("".join(folds))
        self._lengths = np.array([len(fold) for fold in folds], np.int32)
        self._starts = np.cumsum(self._lengths, dtype=np.int32) - self._lengths  # among the codes

    def fold(self, text: str) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
        """The codes of a folded part of the text, and the position in the part that each comes from."""
        kind = self._kind[_codes(text)]
        lengths = self._lengths[kind]
        origins = np.repeat(np.arange(len(text), dtype=np.int32), lengths)
        first = np.cumsum(lengths, dtype=np.int32) - lengths  # folded position of each character
        return self._codes[(self._starts[kind] - first)[origins] + np.arange(len(origins), dtype=np.int32)], origins


def _folded(text: str) -> _Folded:
    whole = searchable(text)
    table = _Table(whole.text)
    parts: list[str] = []
    steps = [np.zeros((1, 2), np.int32)]
    length, last, spaced = 0, -1, False  # so far: folded length, last position in `whole`, whether it ends in a space
    for start in range(0, len(whole.text), _AT_ONCE):
        codes, origins = table.fold(whole.text[start : start + _AT_ONCE])
        spaces = codes == ord(" ")
        once = ~(spaces & np.append(spaced, spaces[:-1]))  # only the first of a run of white space
        parts.append(_text(codes[once]))
        kept = origins[once] + np.int32(start)
        away = np.flatnonzero(np.diff(kept, prepend=np.int32(last)) != 1)
        steps.append(np.stack([(away + length).astype(np.int32), kept[away]], axis=1))
        length, last, spaced = length + len(kept), kept[-1] if len(kept) else last, spaces[-1]
    return _Folded("".join(parts), np.concatenate(steps), whole)


_folded_document = PerProcess(
    lambda: cached(LRUCache[str, _Folded](_KEPT, lambda folded: len(folded.text)), lock=Lock())(_folded)
)


def _fold(character: str) -> str:
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold()).translate(_PLAIN)
    return character if " " in folded else folded  # a lone accent decomposes into a space and a mark


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _text(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")
