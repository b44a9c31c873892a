"""Normalises text for searching: joins words hyphenated at line ends, and replaces ligatures by their letters.

Documents keep their text unchanged. Only searching and encoding use the normalised text,
and offsets in it are mapped back to the original.

>>> found = searchable("The in-\\nvisible ﬁsh.")
>>> found.text
'The invisible fish.'
>>> found.to_original(np.array([(4, 13), (14, 18)])).tolist()
[[4, 15], [16, 19]]
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.types import Offsets

# A hyphen at a line end inside a word; invisible characters; ligatures, Arabic presentation forms, full-width letters.
# The pattern starts with a character set, because `re` scans for one many times faster than for an alternation.
_CHANGED = re.compile(
    r"[-\u2010\u00ad\u200b\u2060\ufeff\ufb00-\ufb06\ufb13-\ufb17\ufb50-\ufdff\ufe70-\ufefc\uff01-\uff5e]"
    r"(?:(?<=[^\W\d_][^\W\d_][-\u2010\u00ad])\r?\n(?=[^\W\d_])|(?<![-\u2010]))"
)


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A normalised text; `to_original` maps offsets in `text` to offsets in the original."""

    text: str
    _changes: NDArray[np.int64] | None = None
    """(changes, 4): start and end in the original, start and end in `text`, of changes of length; None if none."""

    def to_original(self, offsets: Offsets) -> Offsets:
        """Maps offsets (n, 2) in `text` to offsets in the original."""
        if self._changes is None:
            return offsets
        found = offsets.copy()
        has = offsets[:, 0] < offsets[:, 1]
        found[has, 0] = self._origins(self._changes, offsets[has, 0])[0]
        found[has, 1] = self._origins(self._changes, offsets[has, 1] - 1)[1]
        return found

    @staticmethod
    def _origins(changes: NDArray[np.int64], characters: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """The start and end in the original of each of these characters of `text`."""
        start, end, _, new_end = changes[np.searchsorted(changes[:, 2], characters, "right") - 1].T
        moved = characters - new_end + end
        inside = characters < new_end
        return np.where(inside, start, moved), np.where(inside, end, moved + 1)


def searchable(text: str) -> NormalizedText:
    """Normalises a text; a text without changes is not copied."""
    changes = [change for change in _CHANGED.finditer(text) if _applies(text, change)]
    if not changes:
        return NormalizedText(text)
    parts: list[str] = []
    rows = [(0, 0, 0, 0)]  # offsets before the first change don't move
    at = shift = 0
    for change in changes:
        start, end = change.span()
        new = "" if end - start > 1 else unicodedata.normalize("NFKC", change.group()).strip("\u00ad\u200b\u2060\ufeff")
        parts += [text[at:start], new]
        if len(new) != end - start:
            rows.append((start, end, start + shift, start + shift + len(new)))
            shift += len(new) - (end - start)
        at = end
    return NormalizedText("".join([*parts, text[at:]]), np.array(rows, np.int64))


def _applies(text: str, change: re.Match[str]) -> bool:
    """Whether a change is right: a hyphen before a capital letter is kept ("Serbo-\\nCroatian")."""
    return change.group()[0] not in "-\u2010" or text[change.end()].islower()
