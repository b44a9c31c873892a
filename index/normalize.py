"""Text as it is searched: words whole again that a line's end divided, ligatures as letters.

Documents keep their text as it is; only what reads it to find something reads
this, and what it finds is carried back to the text itself.

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

# A hyphen at a line's end in a word; what is never seen; ligatures, Arabic letters by their form, full-width letters.
# It begins with a set: a text is looked through for one many times as fast as for a choice.
_CHANGED = re.compile(
    r"[-\u2010\u00ad\u200b\u2060\ufeff\ufb00-\ufb06\ufb13-\ufb17\ufb50-\ufdff\ufe70-\ufefc\uff01-\uff5e]"
    r"(?:(?<=[^\W\d_][^\W\d_][-\u2010\u00ad])\r?\n(?=[^\W\d_])|(?<![-\u2010]))"
)


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """`text` to search in; `to_original` carries offsets in it to offsets in the original."""

    text: str
    _changes: NDArray[np.int64] | None = None
    """(changes, 4): start and end in the original, start and end in `text`, where lengths differ; None: nowhere."""

    def to_original(self, offsets: Offsets) -> Offsets:
        """(n, 2) offsets in `text` → in the original."""
        if self._changes is None:
            return offsets
        found = offsets.copy()
        has = offsets[:, 0] < offsets[:, 1]
        found[has, 0] = self._origins(self._changes, offsets[has, 0])[0]
        found[has, 1] = self._origins(self._changes, offsets[has, 1] - 1)[1]
        return found

    @staticmethod
    def _origins(changes: NDArray[np.int64], characters: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """Where what became each of these characters of `text` starts and ends."""
        start, end, _, new_end = changes[np.searchsorted(changes[:, 2], characters, "right") - 1].T
        moved = characters - new_end + end
        inside = characters < new_end
        return np.where(inside, start, moved), np.where(inside, end, moved + 1)


def searchable(text: str) -> NormalizedText:
    """`text` as it is to be searched; nothing is copied where nothing changes."""
    changes = [change for change in _CHANGED.finditer(text) if _is_due(text, change)]
    if not changes:
        return NormalizedText(text)
    parts: list[str] = []
    rows = [(0, 0, 0, 0)]  # what comes before the first change is where it was
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


def _is_due(text: str, change: re.Match[str]) -> bool:
    """A name that begins with a capital after the hyphen is two words ("Serbo-\\nCroatian")."""
    return change.group()[0] not in "-\u2010" or text[change.end()].islower()
