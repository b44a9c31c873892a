"""What can be wrong with an index; each message names the remedy."""

from source.errors import ChapterVerseError

REBUILD = "run `python -m index build` to mend it"
"""The remedy for most of what can be wrong with an index."""


class StoreError(ChapterVerseError):
    """The index folder cannot serve or take what is asked."""


class IndexMissing(StoreError):
    """No index has been built there."""


class IndexCorrupt(StoreError):
    """A file is missing, or its SHA-256 is not the manifest's."""


class IndexIncompatible(StoreError):
    """Another format version, or another encoder's vectors."""


class IndexUnwritable(StoreError):
    """The folder does not take a new index."""


class StoreUnreachable(StoreError):
    """The engine's storage does not answer in time, or not to us; when it does again, so does the index."""


class EngineMissing(StoreError):
    """The package that reads an engine's index, or spreads a build, is not installed."""


class ClusterUnusable(StoreError):
    """No Ray cluster answers, or a machine of it cannot take part."""


class EncoderMissing(StoreError):
    """The model named in the settings cannot be loaded."""
