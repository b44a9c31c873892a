"""The errors of `index`; every message names the remedy.

StoreError
├── IndexMissing
├── IndexCorrupt
├── IndexIncompatible
├── IndexUnwritable
├── StoreUnreachable
├── EngineMissing
├── ClusterUnusable
└── EncoderMissing
"""

from source import ChapterVerseError

REBUILD = "Run `python -m index build --index DIR` to repair it."
"""The remedy for a damaged index: the sentence that ends most messages."""


class StoreError(ChapterVerseError):
    """An index can't be read, written or built."""


class IndexMissing(StoreError):
    """There is no index, or no such generation of it."""


class IndexCorrupt(StoreError):
    """A file of the index is missing, damaged or inconsistent with the others."""


class IndexIncompatible(StoreError):
    """The index has another format version or another encoder's vectors."""


class IndexUnwritable(StoreError):
    """The index can't be written to, for example because another build is running."""


class StoreUnreachable(StoreError):
    """The index can't be read at the moment; it works again once it can.

    The storage of an engine doesn't answer in time or denies access, or the system can't read a file: too many files
    are open, the disk reports an error, or a permission is missing.
    """


class EngineMissing(StoreError):
    """A package for an engine or a Ray cluster isn't installed."""


class ClusterUnusable(StoreError):
    """No Ray cluster answers, or one of its machines can't take part in the build."""


class EncoderMissing(StoreError):
    """The encoder model can't be loaded."""
