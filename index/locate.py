"""Where an index is, and what can be done with it: the one module that tells a folder from an engine.

DIR                      a folder of this machine
lance://…, lance+s3://…  LanceDB; see `index.lance.address`
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path
from typing import Protocol

from index.errors import EngineMissing
from index.folder.build import Approve, BuildOptions, approve_all
from index.folder.index import FolderIndex
from index.lance.address import Engine, parse_address
from index.progress import Progress, Report, ignore
from index.settings import Settings
from index.store import Generation, Store, open_if_usable


class Index(Protocol):
    """An index, wherever it is kept and whether or not it has been built. Its `str` is what users call it."""

    staging: Path
    """The folder of this machine in which it is built; for a folder, the index itself."""
    editable: bool
    """Whether single documents can be added to it and removed."""

    def open(self) -> Store:
        """Opens the current generation. Raises a StoreError."""

    def build(self, sources: Sequence[str | Path], options: BuildOptions) -> Report:
        """As `build` below."""

    def generations(self) -> list[Generation]:
        """The generations that are kept, oldest first. Raises IndexMissing if there is no index."""

    def rollback(self, to: str | None = None) -> str:
        """Makes an earlier generation the current one, by default the one before; returns its name.

        Every file of it is checked first. Raises IndexMissing if there is none to go back to, and IndexCorrupt if
        it is damaged.
        """

    def prune(self, keep: int = 1) -> int:
        """Keeps the current generation and the newest others, `keep` in all; returns the number of bytes freed.

        Raises UsageError for an engine, whose builds delete old generations themselves.
        """

    def problems(self) -> list[str]:
        """A sentence for everything that is not as it was written; empty if the index is intact.

        Everything of every generation is read. Raises IndexMissing if there is no index.
        """

    def size(self) -> int:
        """Bytes of all files; 0 where they are not on this machine."""


def locate(index: str | Path) -> Index:
    """The index in a folder or at an address. Raises UsageError and EngineMissing."""
    address = address_of(index)
    if isinstance(address, Path):
        return FolderIndex(address)
    try:
        from index.lance.index import LanceIndex  # LanceDB is an extra
    except ModuleNotFoundError as error:
        raise EngineMissing(
            f"{address} needs the package {error.name}, which is not installed; run `pip install '.[lance]'`."
        ) from None
    return LanceIndex(address)


def address_of(index: str | Path) -> Path | Engine:
    """What a user names an index by. Raises UsageError, which does not repeat it: it may contain a password."""
    text = str(index)
    return Path(index) if isinstance(index, Path) or "://" not in text else parse_address(text)


def folder_of(index: str | Path) -> Path:
    """The folder of this machine in which an index is built."""
    address = address_of(index)
    return address.staging if isinstance(address, Engine) else address


def open_store(index: str | Path) -> Store:
    """Opens the current generation of an index. Raises UsageError and the errors of `index.errors`."""
    return locate(index).open()


def answering(index: str | Path) -> Store | None:
    """The current generation of an index, or None if it has none that is usable. Raises StoreUnreachable."""
    return open_if_usable(locate(index).open)


def last_build(index: str | Path) -> tuple[list[str], str]:
    """The sources that an index was last built from and its OCR languages; empty if it has not been built."""
    store = answering(index)
    return (store.sources()["roots"], store.settings["ocr"]) if store else ([], "")


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
) -> Report:
    """Builds or updates an index from `sources` (the shipped documents by default) and the documents added to it.

    Nothing is done if the sources, the settings and the encoder are those of the index that is there; `full` builds
    everything anew. Damaged parts are made again. `required`: files below the sources that must be readable; NotRead
    names those that are not. `on`: the machines that read and encode, "ray" or HOST:PORT of a Ray cluster; this one by
    default. Raises the errors of `source` and `index.errors`, and what `progress` raises; the previous generation
    then stays current.
    """
    options = BuildOptions(full, settings or Settings.from_environment(), progress, approve, required, on)
    return locate(index).build(sources, options)
