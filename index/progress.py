"""The progress of a build, and the report at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did.

    `changes`: how many documents were added, changed and removed. `encoded`: how many
    texts were encoded for it. `skipped`: sentences about files that gave no document.
    `doubtful`: how many documents may not be read as they show. `healed`: sentences
    about what was damaged in the index that was there, and is made again.
    """

    generation: str
    up_to_date: bool
    documents: int
    passages: int
    changes: dict[str, int]
    encoded: int
    skipped: tuple[str, ...]
    doubtful: int
    healed: tuple[str, ...]

    def __str__(self) -> str:
        state = "is up to date" if self.up_to_date else "is built"
        changed = ", ".join(f"{count:,} {kind}" for kind, count in self.changes.items() if count)
        return (
            f"The index {state}: {self.documents:,} document{'s' * (self.documents != 1)}, "
            f"{self.passages:,} passages, generation {self.generation}{f' ({changed})' if changed else ''}."
        )


Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is; what it raises ends the build."""

_BETWEEN = 0.1  # seconds


def ignore(step: str, done: int, total: int) -> None:
    """The progress of someone who does not look."""


class Step:
    """A step of a build, told ten times a second; one that takes less than a tenth of one is not told."""

    def __init__(self, progress: Progress, name: str, total: int = 1) -> None:
        self._progress, self._name, self._total = progress, name, total
        self._last = self._begun = monotonic()
        self.done = 0

    def tell(self) -> None:
        """Says how much is done, unless it was said just now."""
        now = monotonic()
        if now - self._last >= _BETWEEN:
            self._last = now
            self._progress(self._name, min(self.done, self._total), self._total)

    def end(self) -> None:
        """Says that all is done, if anything was said."""
        if self._last > self._begun:
            self._progress(self._name, self._total, self._total)
