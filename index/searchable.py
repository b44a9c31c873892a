"""Text as it is searched: words whole again that a line's end divided, ligatures as letters.

Documents keep their text as it is; only what reads it to find something reads
this, and what it finds is carried back to the text itself.

>>> found = searchable("The in-\\nvisible ﬁsh.")
>>> found.text
'The invisible fish.'
>>> found.back(np.array([(4, 13), (14, 18)])).tolist()
[[4, 15], [16, 19]]
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.encoder import Offsets

# A hyphen at a line's end in a word; what is never seen; ligatures, Arabic letters by their form, full-width letters.
_CHANGED = re.compile(
    r"(?<=[^\W\d_][^\W\d_])[-\u2010\u00ad]\r?\n(?=[^\W\d_])|[\u00ad\u200b\u2060\ufeff]"
    r"|[\ufb00-\ufb06\ufb13-\ufb17\ufb50-\ufdff\ufe70-\ufefc\uff01-\uff5e]"
)


@dataclass(frozen=True, slots=True)
class Searchable:
    """`text` to search in; `back` carries offsets in it to offsets in the original."""

    text: str
    _origins: NDArray[np.int64] | None = None  # (characters, 2): start and end in the original; None if it is the same

    def back(self, offsets: Offsets) -> Offsets:
        """(n, 2) offsets in `text` → in the original."""
        if self._origins is None:
            return offsets
        found = offsets.copy()
        has = offsets[:, 0] < offsets[:, 1]
        found[has, 0] = self._origins[offsets[has, 0], 0]
        found[has, 1] = self._origins[offsets[has, 1] - 1, 1]
        return found


def searchable(text: str) -> Searchable:
    """`text` as it is to be searched; nothing is copied where nothing changes."""
    changes = [change for change in _CHANGED.finditer(text) if _is_due(text, change)]
    if not changes:
        return Searchable(text)
    parts: list[str] = []
    origins: list[NDArray[np.int64]] = []
    at = 0
    for change in changes:
        start, end = change.span()
        new = "" if end - start > 1 else unicodedata.normalize("NFKC", change.group()).strip("\u00ad\u200b\u2060\ufeff")
        parts += [text[at:start], new]
        origins += [_places(at, start), np.full((len(new), 2), (start, end), np.int64)]
        at = end
    return Searchable("".join([*parts, text[at:]]), np.concatenate([*origins, _places(at, len(text))]))


def _is_due(text: str, change: re.Match[str]) -> bool:
    """A name that begins with a capital after the hyphen is two words ("Serbo-\\nCroatian")."""
    return change.group()[0] not in "-\u2010" or text[change.end()].islower()


def _places(start: int, end: int) -> NDArray[np.int64]:
    return np.stack([np.arange(start, end), np.arange(start + 1, end + 1)], axis=1)
