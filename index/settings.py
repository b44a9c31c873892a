"""Every setting of an index, in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from source import UsageError, cores

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
"""The encoder that the project installs."""
_MOST_THREADS = 256
DEFAULT_INDEX = Path(".chapter-verse/index")
"""The index folder that is used when none is named, below the working folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides how documents become an index; a change of any makes a build start afresh.

    `model`: a sentence-transformers name or folder. `passage_tokens`: word
    pieces a passage is packed up to, the encoder's own limit permitting. `ocr`:
    Tesseract's languages, to recognise the text in pictures of pages; none if empty.
    """

    model: str = DEFAULT_MODEL
    passage_tokens: int = 128
    ocr: str = ""

    def __post_init__(self) -> None:
        if self.passage_tokens < 1:
            raise UsageError(f"A passage of {self.passage_tokens} word pieces holds no word; set at least 1.")

    @classmethod
    def from_environment(cls) -> Settings:
        """The defaults, with CHAPTER_VERSE_MODEL for another encoder."""
        return cls(model=os.environ.get("CHAPTER_VERSE_MODEL") or DEFAULT_MODEL)


def threads() -> int:
    """How many texts are encoded at once: CHAPTER_VERSE_THREADS, or the cores this process may use.

    Raises UsageError if the variable is no such number.
    """
    wanted = os.environ.get("CHAPTER_VERSE_THREADS")
    if not wanted:
        return cores()
    if not wanted.isdecimal() or not 1 <= int(wanted) <= _MOST_THREADS:
        raise UsageError(f"CHAPTER_VERSE_THREADS is {wanted!r}; set it to a number from 1 to {_MOST_THREADS}.")
    return int(wanted)


def cache_folder() -> Path:
    """Where exported encoders are kept: CHAPTER_VERSE_CACHE, or the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("CHAPTER_VERSE_CACHE") or user_cache_path("chapter-verse"))
