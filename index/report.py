"""What a build did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from index.manifest import Manifest


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

    @classmethod
    def of(
        cls, name: str, manifest: Manifest, sources: dict[str, Any], *, up_to_date: bool = False, encoded: int = 0,
        healed: Sequence[str] = (),
    ) -> Report:  # fmt: skip
        """What is told of a generation."""
        return cls(
            generation=name,
            up_to_date=up_to_date,
            documents=manifest.counts["documents"],
            passages=manifest.counts["passages"],
            changes={} if up_to_date else manifest.changes,
            encoded=encoded,
            skipped=tuple(sources["skipped"]),
            doubtful=len(sources["doubts"]),
            healed=tuple(healed),
        )
