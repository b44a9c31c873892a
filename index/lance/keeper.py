"""Reading and writing an index that LanceDB keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from index.address import Engine
from index.build import Approve, build
from index.commit import KEPT
from index.errors import IndexCorrupt, IndexIncompatible, IndexMissing, StoreError
from index.folder_store import FolderStore
from index.generations import Generation as Kept
from index.lance import proof
from index.lance.lease import building
from index.lance.pointer import Current, Generation, Pointer
from index.lance.publish import publish
from index.lance.storage import Storage
from index.lance.store import LanceStore, read_manifest
from index.lance.tables import TABLES
from index.progress import Progress
from index.report import Report
from index.settings import Settings
from source import golden_in

_OURS = re.compile(rf"(?P<tables>\d{{6}}-[0-9a-f]{{8}})-(?:{'|'.join(TABLES)})")
_FORGOTTEN = timedelta(hours=1)  # for a reader that is just about to read an older version of the pointer


class Keeper:
    """Who reads and writes the index at an address."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._storage = Storage(engine)
        self._pointer = Pointer(self._storage)

    def open(self) -> LanceStore:
        """The generation that answers. Raises a StoreError."""
        return LanceStore(self._storage, self._pointer, self._pointer.read())

    def build(
        self, sources: Sequence[str | Path], full: bool, settings: Settings, progress: Progress,
        approve: Approve, required: Set[Path], on: str,
    ) -> Report:  # fmt: skip
        """As `index.build`: made in a folder of this machine, then published, then pointed to.

        What was published before is still there if it fails, or if this process is killed.
        """
        with building(self._engine, self._pointer) as right:
            self._clear(right.current)
            report = build(
                self._engine.staging, sources, full=full, settings=settings, progress=progress, required=required, on=on
            )
            folder = FolderStore(self._engine.staging)
            served = self._served()
            if served and served.manifest.made_from == folder.sha256 and self._is_whole(served):
                return replace(report, generation=served.generation, up_to_date=True)
            approve(served, folder, golden_in(sources))
            generation = self._published(right.current, folder, progress, on)
            right.change(generation.name, (*right.current.kept, generation)[-KEPT:])
            with suppress(StoreError):  # it is published; the next build has another try
                self._clear(right.current)
        return replace(report, generation=generation.name, up_to_date=False)

    def _served(self) -> LanceStore | None:
        try:
            return self.open()
        except (IndexMissing, IndexCorrupt, IndexIncompatible):
            return None

    @staticmethod
    def _is_whole(store: LanceStore) -> bool:
        try:
            return not any(proof.problems(store))
        except IndexCorrupt:
            return False

    def _published(self, current: Current, folder: FolderStore, progress: Progress, on: str) -> Generation:
        name = f"{max((int(each.name) for each in current.kept), default=0) + 1:06d}"
        tables = f"{name}-{token_hex(4)}"  # nobody else writes to these, even if we lose the right to build
        storage = Storage(self._engine, writing=True)
        sha256 = publish(storage, tables, folder, current.generation or None, progress, on)
        generation = Generation(name, tables, sha256)
        proof.compare(LanceStore(self._storage, self._pointer, generation), folder)
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
        """As `index.generations.rollback`."""
        with building(self._engine, self._pointer) as right:
            current = right.current
            earlier = [each for each in current.kept if (each.name == to if to else each.name < current.generation)]
            if not earlier:
                kept = ", ".join(each.name for each in current.kept)
                wanted = f"generation {to}" if to else f"generation before {current.generation}"
                raise IndexMissing(f"There is no {wanted} at {self._engine}, only {kept}; name one with --to.")
            for problem in self._problems(earlier[-1]):
                raise IndexCorrupt(problem)
            right.change(earlier[-1].name, current.kept)
            return earlier[-1].name

    def generations(self) -> list[Kept]:
        """As `index.generations.generations`."""
        answering = self._pointer.read()
        return [self._kept(each, each == answering) for each in self._pointer.row().kept]

    def _kept(self, generation: Generation, answers: bool) -> Kept:
        try:
            return Kept(generation.name, answers, read_manifest(self._storage, generation)[1])
        except (IndexCorrupt, IndexIncompatible) as error:
            return Kept(generation.name, answers, None, str(error))

    def problems(self) -> list[str]:
        """As `index.generations.problems`."""
        self._pointer.read()
        return [problem for each in self._pointer.row().kept for problem in self._problems(each)]

    def _problems(self, generation: Generation) -> Iterable[str]:
        try:
            store = LanceStore(self._storage, self._pointer, generation)
            return list(proof.problems(store))
        except (IndexCorrupt, IndexIncompatible) as error:
            return [str(error)]
