"""Chooses the reader, and opens it once per process: the shipped one, or the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from qa.ask.reader.model import Reader
from qa.ask.reader.shipped import ENGLISH
from source import PerProcess


@dataclass(frozen=True, slots=True)
class ReaderChoice:
    """A reader that may not be open yet. `languages`: those it is asked in; None: all."""

    open: Callable[[], Reader]
    languages: frozenset[str] | None


SHIPPED = ReaderChoice(PerProcess(ENGLISH.open), ENGLISH.languages)


def chosen() -> ReaderChoice:
    """The reader in the folder that CHAPTER_VERSE_READER names, or else the shipped one."""
    folder = os.environ.get("CHAPTER_VERSE_READER")
    return _own(folder) if folder else SHIPPED


def reader_is_own() -> bool:
    """Whether CHAPTER_VERSE_READER names a reader."""
    return chosen() is not SHIPPED


def open_reader() -> Reader:
    """The reader, opened once per process. Raises ReaderMissing."""
    return chosen().open()


@lru_cache(maxsize=2)
def _own(folder: str) -> ReaderChoice:
    from qa.ask.reader.own import open_own

    return ReaderChoice(PerProcess(partial(open_own, Path(folder).absolute())), None)
