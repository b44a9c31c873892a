"""Chooses the reader by the languages of question and passages, and opens it once per process."""

from __future__ import annotations

import os
from collections.abc import Set
from functools import lru_cache, partial
from pathlib import Path

from index.settings import is_multilingual
from qa.ask.reader.model import Reader
from qa.ask.reader.shipped import ENGLISH, MULTILINGUAL
from source import PerProcess

_english, _multilingual = PerProcess(ENGLISH.open), PerProcess(MULTILINGUAL.open)


def reader_for(languages: Set[str]) -> Reader | None:
    """The reader for these languages: the user's own, the English one, the multilingual one; None if there is none.

    Raises ReaderMissing.
    """
    if own := own_reader():
        return own
    if languages <= {"en"}:
        return _english()
    return _multilingual() if is_multilingual() and MULTILINGUAL.is_installed() else None


def reader_is_own() -> bool:
    """Whether CHAPTER_VERSE_READER names a reader."""
    return bool(os.environ.get("CHAPTER_VERSE_READER"))


def own_reader() -> Reader | None:
    """The reader in the folder that CHAPTER_VERSE_READER names, if it does. Raises ReaderMissing."""
    folder = os.environ.get("CHAPTER_VERSE_READER")
    return _own(folder)() if folder else None


@lru_cache(maxsize=2)
def _own(folder: str) -> PerProcess[Reader]:
    from qa.ask.reader.own import open_own

    return PerProcess(partial(open_own, Path(folder).absolute()))
