"""Reporting a build: its progress step by step, and the result at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a build.

    `changes`: how many documents were added, changed and removed. `encoded`: how many
    texts were encoded. `skipped`: one sentence for each file that couldn't be read.
    `doubtful`: how many documents may have extraction problems. `healed`: one sentence
    for each damaged part of the previous index that was repaired. `languages`: a sentence
    if the encoder was chosen for the documents' languages, or should be; otherwise empty.
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
    languages: str = ""

    def __str__(self) -> str:
        state = "Up to date" if self.up_to_date else "Built"
        changed = ", ".join(f"{count:,} {kind}" for kind, count in self.changes.items() if count)
        return (
            f"{state}: {counted(self.documents, 'document')}, {counted(self.passages, 'passage')}, "
            f"generation {self.generation}{f' ({changed})' if changed else ''}."
        )


def counted(count: int, noun: str) -> str:
    """A count with its noun.

    >>> counted(1, "document"), counted(2000, "passage")
    ('1 document', '2,000 passages')
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"


Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much is done, and the total; an exception that it raises ends the build.

The steps are "waiting" (for another build), "looking" (scanning the sources), "encoding" (parsing and encoding, in
bytes), "sorting" (writing the generation) and "publishing" (to an engine, in rows).
"""

_BETWEEN = 0.1  # seconds between two calls


def ignore(step: str, done: int, total: int) -> None:
    """A Progress that ignores every update."""


class Step:
    """Reports one step of a build, at most ten times a second; a step shorter than that is not reported."""

    def __init__(self, progress: Progress, name: str, total: int = 1) -> None:
        self._progress, self._name, self._total = progress, name, total
        self._last = self._begun = monotonic()
        self.done = 0

    def report(self) -> None:
        """Reports how much is done, unless the last report was a moment ago."""
        now = monotonic()
        if now - self._last >= _BETWEEN:
            self._last = now
            self._progress(self._name, min(self.done, self._total), self._total)

    def end(self) -> None:
        """Reports the step as complete, if it was reported at all."""
        if self._last > self._begun:
            self._progress(self._name, self._total, self._total)
