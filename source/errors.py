"""The error tree. Every message is one sentence that names the remedy.

ChapterVerseError             exit status 1: the thing asked for does not hold
├── UsageError                exit status 2: the call itself is wrong
│   ├── SourceMissing         no file or folder of that name
│   └── DocumentMissing       see `qa.edition`
├── SourceError               a file cannot be taken as a document
│   ├── SourceUnreadable      no permission, a device, an I/O error
│   ├── SourceEmpty           there is no text in it
│   ├── NotText               a binary file, or an encoding nobody recognises
│   ├── UnknownFormat         no reader for this kind of file
│   ├── Damaged               a file that is not what its name says, or is broken
│   ├── Encrypted             a password is needed
│   ├── TooLarge              more than a reader takes: bytes, unpacked bytes, time or memory
│   ├── ExtraMissing          a reader that is not installed
│   ├── BadCollection         a line of a .jsonl file is not what it should be
│   ├── DuplicateId           two documents with one id
│   └── NotRead               files that had to be read were not
├── StoreError                see `index.errors`
├── Cancelled                 see `qa.library`
└── ReaderMissing             see `qa.ask.reader`
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class ChapterVerseError(Exception):
    """Anything a user can mend; `str(error)` is the one sentence to show."""

    exit_status = 1


class UsageError(ChapterVerseError):
    """The call is wrong: an empty question, a source that does not exist."""

    exit_status = 2


class SourceMissing(UsageError):
    """No file or folder of that name."""


class SourceError(ChapterVerseError):
    """A file that cannot be taken as a document. `files`: which, where it is known; two that claim one id."""

    files: tuple[Path, ...] = ()


class SourceUnreadable(SourceError):
    """It could not be read now, and may be another time: nothing is known about what is in it."""


INTERRUPTED = 130
"""The exit status of a command that was ended by Ctrl-C, as shells have it."""


def reason_of(error: OSError) -> str:
    """The system's words for an error, to stand in a sentence of ours."""
    return (error.strerror or str(error)).lower()


def unreadable(shown_as: str, error: OSError) -> SourceUnreadable:
    """The system's error about a file as one of ours."""
    return SourceUnreadable(f"{shown_as} cannot be read ({reason_of(error)}); mend its permissions or leave it out.")


class SourceEmpty(SourceError):
    """The source holds no text at all."""


class NotText(SourceError):
    """Bytes that are no text in any encoding we recognise."""


class UnknownFormat(SourceError):
    """A kind of file that no reader takes."""


class Damaged(SourceError):
    """A file that is not what its name says, or is broken."""


class Encrypted(SourceError):
    """A password is needed to read it."""


class TooLarge(SourceError):
    """More than a reader takes: bytes, unpacked bytes, time or memory."""


class ExtraMissing(SourceError):
    """A reader whose libraries are not installed."""


class BadCollection(SourceError):
    """A line of a `.jsonl` collection that is not `{"id", "title"?, "text"}`."""


class DuplicateId(SourceError):
    """Two documents that claim one id."""


class NotRead(SourceError):
    """Files that had to be read were not; `errors` says why, for each."""

    def __init__(self, errors: Sequence[SourceError]) -> None:
        super().__init__(" ".join(map(str, errors)))
        self.errors = errors
