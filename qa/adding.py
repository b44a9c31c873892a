"""Files on their way into an index: the names they get there, and which of them cannot be taken."""

from __future__ import annotations

from collections.abc import Set
from itertools import count
from pathlib import Path

from index import Change, Layout, added_files, answering, left_out
from source import NotRead, SourceEmpty, SourceError, document_name, numbered, shown_as, unreadable


class Arrivals:
    """The files that a change adds. `refused`: the names of those it does not, each with a sentence that says why."""

    def __init__(self, layout: Layout, change: Change) -> None:
        self._change = change
        self._folder = shown_as(layout.added)
        self._store = answering(layout.root)
        self._own = {file.id for file in added_files(layout) if not file.is_collection}
        self._taken = {id.casefold() for id in left_out(layout)}
        self._given: dict[Path, str] = {}
        self.refused: list[tuple[str, str]] = []

    @property
    def files(self) -> Set[Path]:
        """Those that were added."""
        return self._given.keys()

    def take(self, given: str, file: Path) -> None:
        """Adds a file that is called so where it comes from, or refuses it."""
        try:
            name = self._free(document_name(given))
            _check(file, name)
        except SourceError as error:
            self.refused.append((given, str(error)))
        else:
            self._given[self._change.add(file, name)] = given
            self._taken.add(name.casefold())

    def refuse(self, error: SourceError) -> None:
        """Takes back the files that the error is about. Raises it if there are none."""
        errors = error.errors if isinstance(error, NotRead) else (error,)
        # Of two new ones that claim one id the first may stay.
        blamed = {path: each for each in errors for path in [file for file in each.files if file in self._given][-1:]}
        if not blamed:
            raise error
        for path, each in blamed.items():
            self._change.take_back(path)
            # Who added it knows no folder.
            self.refused.append((self._given.pop(path), str(each).replace(f"{self._folder}/", "")))

    def _free(self, name: str) -> str:
        """The name, or that with a number, which no other document has for an id; an added file gives way."""
        names = (numbered(name, number) for number in count(1))
        return next(name for name in names if not self._is_taken(name))

    def _is_taken(self, name: str) -> bool:
        if name.casefold() in self._taken:
            return True
        return name not in self._own and self._store is not None and name in self._store.rows


def _check(file: Path, name: str) -> None:
    try:
        size = file.stat().st_size
    except OSError as error:
        raise unreadable(name, error) from error
    if not size:
        raise SourceEmpty(f"{name} is empty; put text into it or leave it out.")
