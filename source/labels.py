"""What a format calls its paragraphs: the cells of a spreadsheet's row, the time of a subtitle.

>>> labels = Labels.of(["A1:C1", "A2:C2"])
>>> labels[1], len(labels), labels.joined
('A2:C2', 2, 'A1:C1\\nA2:C2\\n')
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from source.forking import lazy_property


class Labels:
    """One label for each paragraph of a document, or none at all; kept as one text, because there may be millions.

    `joined`: the labels, each followed by a line feed.
    """

    def __init__(self, joined: str = "") -> None:
        self.joined = joined

    @classmethod
    def of(cls, labels: Iterable[str]) -> Labels:
        """Collects labels; a line feed in one becomes a space."""
        return cls("".join(label.replace("\n", " ") + "\n" for label in labels))

    def __len__(self) -> int:
        return self.joined.count("\n")

    def __getitem__(self, at: int) -> str:
        start, end = (0 if at == 0 else int(self._ends[at - 1]) + 1), int(self._ends[at])
        return self.joined[start:end]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labels) and self.joined == other.joined

    def __hash__(self) -> int:
        return hash(self.joined)

    def __repr__(self) -> str:
        return f"Labels({self.joined!r})"

    @lazy_property
    def _ends(self) -> NDArray[np.int64]:
        characters = np.frombuffer(self.joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        return np.flatnonzero(characters == ord("\n"))


NO_LABELS = Labels()
