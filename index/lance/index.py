"""An index that LanceDB keeps, as `index.locate` hands it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from index.errors import IndexCorrupt, IndexIncompatible, IndexMissing, StoreError
from index.folder.build import BuildOptions, approve_all, build
from index.folder.generations import KEPT
from index.folder.store import FolderStore
from index.lance import verify
from index.lance.address import Engine
from index.lance.pointer import Current, Pointer, PublishedGeneration, building
from index.lance.publish import publish
from index.lance.storage import Storage
from index.lance.store import LanceStore, read_manifest
from index.lance.tables import TABLES
from index.progress import Report
from index.store import Generation, open_if_usable
from source import UsageError, golden_in

_OURS = re.compile(rf"(?P<tables>\d{{6}}-[0-9a-f]{{8}})-(?:{'|'.join(TABLES)})")
_FORGOTTEN = timedelta(hours=1)  # for a reader that is just about to read an older version of the pointer


class LanceIndex:
    """The index at an address of LanceDB's, whether or not it has been built."""

    editable = False

    def __init__(self, engine: Engine) -> None:
        self.staging = engine.staging
        self._engine = engine
        self._storage = Storage(engine)
        self._pointer = Pointer(self._storage)

    def __str__(self) -> str:
        return str(self._engine)

    def open(self) -> LanceStore:
        """Opens the current generation. Raises a StoreError."""
        return LanceStore(self._storage, self._pointer, self._pointer.read())

    def build(self, sources: Sequence[str | Path], options: BuildOptions) -> Report:
        """As `index.build`: made in a folder of this machine, then published, then pointed to.

        What was published before is still there if it fails, or if this process is killed.
        """
        with building(self._engine, self._pointer) as lease:
            self._clear(lease.current)
            report = build(self.staging, sources, replace(options, approve=approve_all))
            folder = FolderStore(self.staging)
            served = open_if_usable(self.open)
            if served and served.manifest.made_from == folder.sha256 and self._is_whole(served):
                return replace(report, generation=served.generation, up_to_date=True)
            options.approve(served, folder, golden_in(sources))
            generation = self._published(lease.current, folder, options)
            lease.change(generation.name, (*lease.current.kept, generation)[-KEPT:])
            with suppress(StoreError):  # it is published; the next build has another try
                self._clear(lease.current)
        return replace(report, generation=generation.name, up_to_date=False)

    @staticmethod
    def _is_whole(store: LanceStore) -> bool:
        try:
            return not any(verify.problems(store))
        except IndexCorrupt:
            return False

    def _published(self, current: Current, folder: FolderStore, options: BuildOptions) -> PublishedGeneration:
        name = f"{max((int(each.name) for each in current.kept), default=0) + 1:06d}"
        tables = f"{name}-{token_hex(4)}"  # nobody else writes to these, even if we lose the right to build
        storage = Storage(self._engine, writing=True)
        sha256 = publish(storage, tables, folder, current.generation or None, options.progress, options.on)
        generation = PublishedGeneration(name, tables, sha256)
        verify.compare(LanceStore(self._storage, self._pointer, generation), folder)
        return generation

    def _clear(self, current: Current) -> None:
        """Removes the tables of no generation that is kept: of builds that were killed, and what is forgotten."""
        kept = {each.tables for each in current.kept}
        for name in self._storage.names():
            found = _OURS.fullmatch(name)
            if found and found["tables"] not in kept:
                self._storage.drop(name)
        with suppress(StoreError):  # the right is being renewed just now
            self._storage.build(self._pointer.tidied(_FORGOTTEN))

    def rollback(self, to: str | None = None) -> str:
        """As `Index.rollback`."""
        with building(self._engine, self._pointer) as lease:
            current = lease.current
            earlier = [each for each in current.kept if (each.name == to if to else each.name < current.generation)]
            if not earlier:
                kept = ", ".join(each.name for each in current.kept)
                wanted = f"generation {to}" if to else f"generation before {current.generation}"
                raise IndexMissing(f"There is no {wanted} at {self._engine}, only {kept}; name one with --to.")
            for problem in self._problems(earlier[-1]):
                raise IndexCorrupt(problem)
            lease.change(earlier[-1].name, current.kept)
            return earlier[-1].name

    def generations(self) -> list[Generation]:
        """As `Index.generations`."""
        current = self._pointer.read()
        return [self._kept(each, each == current) for each in self._pointer.row().kept]

    def _kept(self, generation: PublishedGeneration, is_current: bool) -> Generation:
        try:
            return Generation(generation.name, is_current, read_manifest(self._storage, generation)[1])
        except (IndexCorrupt, IndexIncompatible) as error:
            return Generation(generation.name, is_current, None, str(error))

    def prune(self, keep: int = 1) -> int:
        """As `Index.prune`. Raises UsageError."""
        raise UsageError(
            f"{self._engine} keeps its last {KEPT} generations and is not pruned; each build drops older ones."
        )

    def size(self) -> int:
        """As `Index.size`: the files are not on this machine."""
        return 0

    def problems(self) -> list[str]:
        """As `Index.problems`."""
        self._pointer.read()
        return [problem for each in self._pointer.row().kept for problem in self._problems(each)]

    def _problems(self, generation: PublishedGeneration) -> Iterable[str]:
        try:
            store = LanceStore(self._storage, self._pointer, generation)
            return list(verify.problems(store))
        except (IndexCorrupt, IndexIncompatible) as error:
            return [str(error)]
