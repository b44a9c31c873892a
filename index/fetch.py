"""Saves copies of web pages among the sources of an index: the bytes as they came, and a record beside each.

A copy is named after its address. The address is asked for again the next time it is
fetched, and its copy is replaced if the page has changed; so the documents keep their ids.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

from index.errors import StoreError
from index.folder.additions import changing, check_not_in_index
from index.folder.filesystem import replace
from index.folder.layout import Layout
from index.locate import PATIENCE, last_build, locate
from source import SUFFIXES, ChapterVerseError, UsageError, document_name, isolated, reason_of, shown_as
from source.errors import NotFetched
from source.files import GOLDEN
from source.web.address import Address, parse_address, without_credentials
from source.web.download import Download, download
from source.web.origin import Origin, origin_of, record_of

_Put = Callable[[Path, str], object]
"""Puts a copy of a file into a folder under a name."""
_Delete = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of an address.

    `address`: after its redirects. `path` and `size` (in bytes) of its copy, unless there is a
    `problem`, which goes on after the address. `kept_from`: when the copy was fetched, if the
    page has not changed since.
    """

    address: str
    path: Path | None = None
    size: int = 0
    kept_from: str = ""
    problem: str = ""

    @property
    def is_new(self) -> bool:
        """Whether a copy was saved."""
        return self.path is not None and not self.kept_from

    def __str__(self) -> str:
        name = isolated(self.address)
        if self.path is None:
            return f"{name} {self.problem}"
        path = isolated(shown_as(self.path))
        if self.kept_from:
            return f"{name} has not changed since {self.kept_from[:10]}: {path}"
        return f"{name} saved as {path} ({self.size:,} bytes)"


def addresses_in(texts: Sequence[str]) -> list[Address]:
    """The addresses, each once. Raises UsageError for what isn't one, without the password that it may have."""
    found: dict[str, Address] = {}
    for text in texts:
        try:
            address = parse_address(text)
        except ValueError as error:
            raise UsageError(
                f"{isolated(without_credentials(text))} {error}. "
                "Copy the address of a page from a browser: https://example.com/page"
            ) from None
        found.setdefault(str(address), address)
    return list(found.values())


class Copies:
    """The copies in a folder: of the documents added to an index, or of another folder."""

    def __init__(self, index: str | Path, into: str | Path | None = None) -> None:
        """Raises UsageError for a folder that can't hold sources."""
        located = locate(index)
        if into is None and not located.editable:
            raise UsageError(f"Nothing can be added to {isolated(located)}. Name a folder of its sources with --into.")
        if into is None and located.last_build() is None:
            raise UsageError(
                f"There is no index in {isolated(located)} to add to. Name a folder with --into, and build from it."
            )
        self._index = index
        self._root = located.staging if into is None else None
        self.folder = Layout(located.staging).added if into is None else Path(into)
        if into is not None:
            check_not_in_index(self.folder)
            if self.folder.exists() and not self.folder.is_dir():
                raise UsageError(f"{isolated(self.folder)} is not a folder. Name another one with --into.")

    @property
    def remedy(self) -> str:
        """How the copies get into the index."""
        if self._root or self._is_source():
            return "Run `python -m index build` to read what is new."
        return f"Name {isolated(self.folder)} as a source of the next build: python -m index build SOURCE …"

    def _is_source(self) -> bool:
        """Whether the index is built from the folder, or from one that it is in."""
        with suppress(StoreError):
            folder = self.folder.resolve()
            roots = (Path(root).resolve() for root in last_build(self._index)[0])
            return any(root in (folder, *folder.parents) for root in roots)
        return False

    def fetch(self, addresses: Iterable[Address]) -> Iterator[Fetched]:
        """Fetches one address after the other; says of each what became of it. Raises the errors of `changing`."""
        for address in addresses:
            with TemporaryDirectory(prefix="chapter-verse-") as folder:
                yield self._fetched(address, Path(folder, "copy"))

    def _fetched(self, address: Address, new: Path) -> Fetched:
        known: dict[str, tuple[Path, Origin]] = {}

        def origin(address: Address) -> Origin | None:
            copy = self._copy_of(address)
            if copy:
                known[str(address)] = copy
            return copy[1] if copy and _sha256(copy[0]) == copy[1].sha256 else None  # or else it was changed

        try:
            with new.open("wb") as file:
                found = download(address, file, origin)
        except NotFetched as error:
            return Fetched(str(address), problem=str(error))
        old, kept = known.get(str(found.address), (None, None))
        if found.origin is None and old and kept:
            return Fetched(str(found.address), old, old.stat().st_size, kept.fetched)
        assert found.origin
        path = self._save(new, found, found.origin, old)
        return Fetched(str(found.address), path, new.stat().st_size)

    def _save(self, new: Path, found: Download, origin: Origin, old: Path | None) -> Path:
        """Saves a copy in place of the old one, which may be of another kind; returns its path."""
        path = self._path_for(found, old)
        record = record_of(new)
        record.write_bytes(origin.dump())
        with self._changing() as (put, delete):
            if old and old != path:
                delete(old)
            put(new, path.name)
            put(record, record_of(path).name)
        return path

    @contextmanager
    def _changing(self) -> Iterator[tuple[_Put, _Delete]]:
        """Begins a change of the folder; yields what puts a file into it, and what deletes one with its record."""
        if self._root:
            with changing(self._root, PATIENCE) as change:
                yield change.add, change.delete
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            yield self._put, _delete
        except OSError as error:
            raise ChapterVerseError(
                f"{isolated(self.folder)} cannot be written to ({reason_of(error)}). Name another folder with --into."
            ) from error

    def _put(self, file: Path, name: str) -> None:
        replace(self.folder / name, lambda new: shutil.copyfile(file, new), beside=self.folder / f".{name}.new")

    def _copy_of(self, address: Address) -> tuple[Path, Origin] | None:
        """The copy of an address, of whatever kind, and the origin in its record; None if there is none."""
        for suffix in SUFFIXES:
            for path in self._paths(address, suffix):
                origin = origin_of(path)
                if origin and origin.address == str(address) and path.is_file():
                    return path, origin
        return None

    def _path_for(self, found: Download, old: Path | None) -> Path:
        """Where to save a copy: in place of the old one, or under a name that no other file has."""
        paths = self._paths(found.address, found.ending)
        return old if old in paths else next((path for path in paths if not path.exists()), paths[-1])

    def _paths(self, address: Address, suffix: str) -> list[Path]:
        """Where a copy of an address may be: under a short name or, if another file has it, under one of its own."""
        names = [f"{stem}{suffix}" for stem in (address.stem, address.stem_of_its_own)]
        return [self.folder / document_name(name) for name in names if name.casefold() != GOLDEN]


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)
    record_of(path).unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal; empty if it can't be read."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
