"""Every setting of an index, in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from index.encoder import DEFAULT_MODEL

DEFAULT_INDEX = Path(".chapter-verse/index")
"""The index folder that is used when none is named, below the working folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides how documents become an index; a change of any makes a build start afresh.

    `model`: a sentence-transformers name or folder. `passage_tokens`: word
    pieces a passage is packed up to, the encoder's own limit permitting.
    """

    model: str = DEFAULT_MODEL
    passage_tokens: int = 128

    @classmethod
    def from_environment(cls) -> Settings:
        """The defaults, with CHAPTER_VERSE_MODEL for another encoder."""
        return cls(model=os.environ.get("CHAPTER_VERSE_MODEL") or DEFAULT_MODEL)
