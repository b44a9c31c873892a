"""Finding an index by its address, and the operations on it. Only this module knows a folder from an engine.

DIR                      a local folder
lance://…, lance+s3://…  LanceDB; see `index.lance.address`
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from index.errors import EngineMissing, IndexCorrupt
from index.folder.build import Approve, BuildOptions, approve_all
from index.folder.index import FolderIndex
from index.lance.address import Engine, parse_address
from index.progress import Progress, Report, ignore
from index.record import BuildRecord
from index.settings import Settings
from index.store import Generation, Store, open_if_usable
from source import SHIPPED, UsageError, isolated, paths

PATIENCE = 600.0
"""Seconds that a change of the documents waits for another one, of this process or of another."""


class Index(Protocol):
    """An index, wherever it is stored and whether or not it has been built. Its `str` is its name for users."""

    staging: Path
    """The local folder in which it is built; for an index folder, the folder itself."""
    editable: bool
    """Whether single documents can be added and removed."""

    def open(self) -> Store:
        """Opens the current generation. Raises a StoreError."""

    def build(self, sources: Sequence[str | Path], options: BuildOptions) -> Report:
        """Builds or updates the index from these sources, of which there is at least one; see `build` below."""

    def last_build(self) -> BuildRecord | None:
        """What the index was last built from; None if there is no index, not even a damaged one.

        Comes from the current generation or else from the newest whose record is intact, whatever else is damaged.
        Raises IndexCorrupt if none is, and StoreUnreachable.
        """

    def generations(self) -> list[Generation]:
        """The generations of the index, oldest first. Raises IndexMissing if there is no index."""

    def rollback(self, to: str | None = None) -> str:
        """Makes an earlier generation the current one, by default the previous one; returns its name.

        Everything in it is checked first. Raises IndexMissing if there is no such generation, and IndexCorrupt if it
        is damaged.
        """

    def replace(self, new: Path) -> str:
        """Makes the content of the index in the folder `new` the current generation; returns its name.

        Everything in it is checked first. Raises UsageError if users have added or excluded documents, and for an
        engine; and the errors of opening `new`.
        """

    def prune(self, keep: int = 1) -> int:
        """Keeps the current generation and the newest others, `keep` in all; returns the number of bytes freed.

        Raises UsageError for an engine, whose builds delete old generations themselves.
        """

    def problems(self) -> list[str]:
        """One sentence for each damaged or missing part; empty if the index is intact.

        Reads everything of every generation. Raises IndexMissing if there is no index.
        """

    def size(self) -> int:
        """Total size of all files in bytes; 0 for an engine, whose files aren't measured."""


def locate(index: str | Path) -> Index:
    """The index in a folder or at an address. Raises UsageError and EngineMissing."""
    address = address_of(index)
    if isinstance(address, Path):
        return FolderIndex(address)
    try:
        from index.lance.index import LanceIndex  # LanceDB is an extra
    except ModuleNotFoundError as error:
        raise EngineMissing(
            f"{isolated(address)} needs the package {error.name}, which is not installed. Run `pip install '.[lance]'`."
        ) from None
    return LanceIndex(address)


def address_of(index: str | Path) -> Path | Engine:
    """Parses the address of an index, or makes the path of its folder absolute: the working folder may change.

    Raises UsageError without the text, which may contain a password.
    """
    text = str(index)
    if "\0" in text:
        raise UsageError("The path of an index can't contain a null character.")
    return Path(index).absolute() if isinstance(index, Path) or "://" not in text else parse_address(text)


def folder_of(index: str | Path) -> Path:
    """The local folder in which an index is built."""
    address = address_of(index)
    return address.staging if isinstance(address, Engine) else address


def open_store(index: str | Path) -> Store:
    """Opens the current generation of an index. Raises UsageError and the errors of `index.errors`."""
    return locate(index).open()


def answering(index: str | Path) -> Store | None:
    """Opens the current generation of an index; None if there is no usable one. Raises StoreUnreachable."""
    return open_if_usable(locate(index).open)


def last_build(index: str | Path, sources: Sequence[str | Path] = ()) -> tuple[list[str], str]:
    """The sources and the OCR languages to build an index with: those of its last build.

    A new index is built from the shipped documents, without OCR. `sources`: used instead, if there are any. Raises
    StoreUnreachable, and without `sources` IndexCorrupt if the index is too damaged to say what it was built from.
    """
    named = paths(sources, "sources")
    try:
        record = locate(index).last_build()
    except IndexCorrupt:
        if not named:
            raise
        record = None
    recorded, ocr = (record.roots, record.ocr) if record else ([], "")
    return [str(source) for source in named] or recorded or [str(SHIPPED)], ocr


def build(
    index: str | Path,
    sources: Sequence[str | Path] = (),
    *,
    full: bool = False,
    settings: Settings | None = None,
    progress: Progress = ignore,
    approve: Approve = approve_all,
    required: Set[Path] = frozenset(),
    on: str = "",
    patience: float = 0.0,
) -> Report:
    """Builds or updates an index from `sources` and the documents added to it.

    Without `sources` it is built from those of its last build; a new one, from the shipped documents. Without
    `settings`, the OCR languages come from the last build too, unless there are `sources`.

    Does nothing if sources, settings and encoder are those of the existing index; repairs damaged parts.

    `full`: rebuilds everything. `approve`: may refuse the new generation. `required`: files below the sources that
    must be readable; NotRead names those that aren't. `on`: the machines that parse and encode, "ray" or HOST:PORT of
    a Ray cluster; this one by default. `patience`: the seconds for which it waits for another build of the index.

    Raises the errors of `source` and `index.errors`, and whatever `progress` and `approve` raise; the previous
    generation then stays current.
    """
    named = paths(sources, "sources")
    roots, ocr = (named, "") if named else last_build(index)
    settings = settings or replace(Settings.from_environment(), ocr=ocr)
    options = BuildOptions(full, settings, progress, approve, required, on, patience)
    return locate(index).build(roots, options)
