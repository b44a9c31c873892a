"""The operations on an index in LanceDB: open, build, publish, roll back, verify. `index.locate` returns it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from secrets import token_hex

from index.errors import IndexCorrupt, IndexIncompatible, StoreError
from index.folder.build import BuildOptions, approve_all, build
from index.folder.generations import KEPT
from index.folder.store import FolderStore
from index.lance import verify
from index.lance.address import Engine
from index.lance.pointer import TABLE, Current, Pointer, PublishedGeneration, building
from index.lance.publish import publish
from index.lance.storage import Storage, TableMissing
from index.lance.store import LanceStore, read_manifest, read_record
from index.lance.tables import TABLES
from index.progress import Report, Step
from index.record import BuildRecord, first_readable, unknown_sources
from index.store import Generation, no_generation, open_if_usable
from source import UsageError, golden_in, isolated

_OURS = re.compile(rf"(?P<tables>\d{{6}}-[0-9a-f]{{8}})-(?:{'|'.join(TABLES)})")
_OLD_VERSIONS = timedelta(hours=1)  # kept for a server that is about to read an older version of the pointer


class LanceIndex:
    """The index at a LanceDB address, whether or not it has been built; see `index.locate.Index`."""

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
        """As `index.build`: builds in a local folder, publishes the tables, then points to them.

        If it fails or the process is killed, the previous generation stays current.
        """
        waiting = Step(options.progress, "waiting")
        with building(self._engine, self._pointer, options.patience, waiting.report) as lease:
            waiting.end()
            if lease.current.kept:  # otherwise the pointer may be lost, and its tables must not be before the build
                self._remove_unused(lease.current)
            report = build(self.staging, sources, replace(options, approve=approve_all))
            folder = FolderStore(self.staging)
            served = open_if_usable(self.open)
            if served and served.manifest.made_from == folder.sha256 and self._is_whole(served):
                return replace(report, generation=served.generation, up_to_date=True)
            options.approve(served, folder, golden_in(sources))
            generation = self._publish(lease.current, folder, options)
            lease.set_current(generation.name, (*lease.current.kept, generation)[-KEPT:])
            with suppress(StoreError):  # it is published; the next build tries again
                self._remove_unused(lease.current)
        return replace(report, generation=generation.name, up_to_date=False)

    def last_build(self) -> BuildRecord | None:
        """As `Index.last_build`."""
        try:
            row = self._pointer.row()
        except TableMissing:
            if not any(name == TABLE or _OURS.fullmatch(name) for name in self._storage.names()):
                return None
            raise unknown_sources(self) from None
        except IndexCorrupt:
            raise unknown_sources(self) from None
        if not row.kept:  # nothing was ever published
            return None
        current = row.published
        kept = [each for each in reversed(row.kept) if each != current]
        return first_readable(
            ((each == current, partial(read_record, self._storage, each)) for each in [current, *kept] if each), self
        )

    @staticmethod
    def _is_whole(store: LanceStore) -> bool:
        try:
            return not any(verify.problems(store))
        except IndexCorrupt:
            return False

    def _publish(self, current: Current, folder: FolderStore, options: BuildOptions) -> PublishedGeneration:
        name = f"{max((int(each.name) for each in current.kept), default=0) + 1:06d}"
        tables = f"{name}-{token_hex(4)}"  # unique, so that nobody else writes to them even if we lose the lease
        storage = Storage(self._engine, writing=True)
        sha256 = publish(storage, tables, folder, current.generation or None, options.progress, options.on)
        generation = PublishedGeneration(name, tables, sha256)
        verify.compare(LanceStore(self._storage, self._pointer, generation), folder)
        return generation

    def _remove_unused(self, current: Current) -> None:
        """Removes the tables of deleted generations and of builds that were killed."""
        kept = {each.tables for each in current.kept}
        for name in self._storage.names():
            found = _OURS.fullmatch(name)
            if found and found["tables"] not in kept:
                self._storage.drop(name)
        with suppress(StoreError):  # the lease may be renewed at this moment
            self._storage.build(self._pointer.clean_up(_OLD_VERSIONS))

    def rollback(self, to: str | None = None) -> str:
        """As `Index.rollback`."""
        self._pointer.read()  # raises IndexMissing, before `building` would create a pointer
        with building(self._engine, self._pointer) as lease:
            current = lease.current
            earlier = [each for each in current.kept if (each.name == to if to else each.name < current.generation)]
            if not earlier:
                raise no_generation(self, to, current.generation, [each.name for each in current.kept])
            for problem in self._problems(earlier[-1]):
                raise IndexCorrupt(problem)
            lease.set_current(earlier[-1].name, current.kept)
            return earlier[-1].name

    def replace(self, new: Path) -> str:
        """As `Index.replace`. Raises UsageError."""
        raise UsageError(f"{self._engine} can't be replaced by a folder. Run `python -m index build` with its sources.")

    def generations(self) -> list[Generation]:
        """As `Index.generations`."""
        current = self._pointer.read()
        return [self._describe(each, each == current) for each in self._pointer.row().kept]

    def _describe(self, generation: PublishedGeneration, is_current: bool) -> Generation:
        try:
            return Generation(generation.name, is_current, read_manifest(self._storage, generation)[1])
        except (IndexCorrupt, IndexIncompatible) as error:
            return Generation(generation.name, is_current, None, str(error))

    def prune(self, keep: int = 1) -> int:
        """As `Index.prune`. Raises UsageError."""
        raise UsageError(
            f"{isolated(self._engine)} can't be pruned. It keeps its last {KEPT} generations, "
            "and each build deletes older ones."
        )

    def size(self) -> int:
        """Always 0: the size of tables isn't measured."""
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
