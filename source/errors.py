"""The error tree. Every message says what is wrong and how to fix it, in one or two short sentences.

ChapterVerseError             exit status 1: the operation failed
├── UsageError                exit status 2: the call itself is wrong
│   ├── SourceMissing         no such file or folder
│   └── DocumentMissing       see `qa.edition`
├── SourceError               a file cannot be used as a document
│   ├── SourceUnreadable      no permission, a device, an I/O error
│   ├── SourceEmpty           the file contains no text
│   ├── NotText               a binary file, or an unknown encoding
│   ├── UnknownFormat         no extractor for this file type
│   ├── Damaged               a broken file, or one whose content doesn't match its extension
│   ├── Encrypted             password-protected or copy-protected
│   ├── TooLarge              over a limit: bytes, unpacked bytes, time or memory
│   ├── ExtraMissing          an optional program that isn't installed
│   ├── BadCollection         an invalid line in a .jsonl file
│   ├── DuplicateId           two documents with the same id
│   └── NotRead               required files could not be read
├── NotFetched                an address that cannot be fetched
├── StoreError                see `index.errors`
├── Cancelled                 see `qa.library`
└── ReaderMissing             see `qa.ask.reader`
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from source.untrusted_text import isolated


class ChapterVerseError(Exception):
    """Base class of every error that a user can fix; `str(error)` is the message to show."""

    exit_status = 1


class UsageError(ChapterVerseError):
    """A wrong call: an empty question, a source that does not exist."""

    exit_status = 2


class SourceMissing(UsageError):
    """No such file or folder."""


class SourceError(ChapterVerseError):
    """A file cannot be used as a document. `files`: the files concerned, if known (two for a duplicate id)."""

    files: tuple[Path, ...] = ()


class SourceUnreadable(SourceError):
    """The file could not be read this time. Another attempt may succeed; nothing is known about its content."""


INTERRUPTED = 130
"""Exit status of a command ended by Ctrl-C, by the shells' convention (128 + SIGINT)."""
CLOSED_PIPE = 141
"""Exit status of a command whose output nobody reads any more (128 + SIGPIPE)."""


def reason_of(error: OSError) -> str:
    """The operating system's description of an error, in lower case for use inside a message."""
    return (error.strerror or str(error)).lower()


EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""The system's errors which say that the process or the machine has run out of something; no file is to blame."""


_OF_THE_FILE = frozenset(
    {
        *(errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG),
        *(errno.EILSEQ, errno.EINVAL, errno.EFBIG, errno.EOVERFLOW, errno.ENXIO, errno.ENODEV, errno.EOPNOTSUPP),
    }
)
"""The system's errors that are about one file: it is gone, may not be read, or is of the wrong kind."""


def unreadable(shown_as: str, error: OSError) -> SourceUnreadable:
    """Turns an operating system error about a file into a SourceUnreadable.

    Raises ChapterVerseError for an error that is not about the file, such as one of the disk or of the network:
    skipping the file would remove its documents from the index.
    """
    name, reason = isolated(shown_as), reason_of(error)
    if error.errno is not None and error.errno not in _OF_THE_FILE:
        raise ChapterVerseError(f"{name} could not be read: {reason}. Fix that and try again.") from error
    return SourceUnreadable(f"{name} cannot be read ({reason}). Fix its permissions or exclude it.")


class SourceEmpty(SourceError):
    """The source contains no text at all."""


class NotText(SourceError):
    """The bytes are not text in any known encoding."""


class UnknownFormat(SourceError):
    """There is no extractor for this type of file."""


class Damaged(SourceError):
    """A broken file, or one whose content doesn't match its extension."""


class Encrypted(SourceError):
    """The file is password-protected or copy-protected."""


class TooLarge(SourceError):
    """Extracting the file would exceed a limit: bytes, unpacked bytes, time or memory."""


class ExtraMissing(SourceError):
    """An optional program or library that is needed isn't installed."""


class NotFetched(ChapterVerseError):
    """An address cannot be fetched. The message goes on after the address: "names a host that is not found. …"."""


class BadCollection(SourceError):
    """A line of a `.jsonl` collection is not `{"id", "title"?, "text"}`."""


class DuplicateId(SourceError):
    """Two documents have the same id."""


class NotRead(SourceError):
    """Required files could not be read; `errors` holds one reason per file."""

    def __init__(self, errors: Sequence[SourceError]) -> None:
        super().__init__(errors)  # and not the message: a copy, in another process too, is made from this
        self.errors = errors

    def __str__(self) -> str:
        return " ".join(map(str, self.errors))
