"""Documents that users add to an index or exclude from it, changed in transactions: all of a change or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import IndexUnwritable, StoreError
from index.folder.commit import claim, unwritable
from index.folder.disk import read, replace
from index.folder.layout import Layout
from source import is_unicode, roots_of
from source.files import SourceFile, files_in

_MOST_BYTES = 1 << 26


def sources_of(layout: Layout, sources: Sequence[str | Path]) -> list[Path]:
    """The sources (the shipped documents by default), and the folder of the documents that were added."""
    roots = roots_of(sources)
    added = _folder(layout)
    if added and added.absolute() not in (root.absolute() for root in roots):
        roots.append(added)
    return roots


def added_files(layout: Layout) -> list[SourceFile]:
    """The files that were added. Raises StoreError."""
    added = _folder(layout)
    return files_in([added]) if added else []


def _folder(layout: Layout) -> Path | None:
    """The folder of what was added, if there is one. Raises StoreError if it is, or has, a link."""
    added = layout.added
    for path in chain([added], added.rglob("*")):
        if path.is_symlink():  # who handed on the index would have any file of ours read
            raise StoreError(f"{path} is a link, and what is added to an index is copied into it; delete it.")
    return added if added.is_dir() else None


def left_out(layout: Layout) -> list[str]:
    """The ids of the documents that no build takes, in the order they were removed. Raises StoreError."""
    try:
        ids = json.loads(read(layout.left_out, _MOST_BYTES))
        if isinstance(ids, list) and all(isinstance(id, str) and is_unicode(id) for id in ids):
            return list(dict.fromkeys(ids))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, RecursionError):
        pass
    raise StoreError(f"{layout.left_out} is no list of documents; mend it, or delete it to take all documents again.")


@contextmanager
def changing(root: Path) -> Iterator[Change]:
    """A change to the added files of the index in `root`, and to its list of what is left out.

    They are as they were again if this is left by an exception. Killed in
    between, it leaves each file whole, the old or the new, and the next build
    takes what is there. Raises IndexUnwritable, also when another process is at it.
    """
    try:
        layout = claim(root)
        layout.added.mkdir(exist_ok=True)
        with FileLock(layout.change_lock, timeout=0):
            yield from _undone_if_it_fails(layout)
    except Timeout as error:
        raise IndexUnwritable(
            f"Another process is changing the documents of {root}; wait until it has ended."
        ) from error
    except OSError as error:
        raise unwritable(root, error) from error


def _undone_if_it_fails(layout: Layout) -> Iterator[Change]:
    change = Change(layout)
    shutil.rmtree(layout.changing, ignore_errors=True)  # of one that was killed
    layout.changing.mkdir()
    try:
        yield change
    except BaseException:
        change.undo()
        raise
    finally:
        shutil.rmtree(layout.changing, ignore_errors=True)


class Change:
    """What is changed, and what it was before."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._before: dict[Path, Path | None] = {}
        self._count = 0

    def add(self, file: Path, name: str) -> Path:
        """A copy of `file` among those that were added, in the place of one of that name."""
        path = self._layout.added / name
        self._put(path, lambda new: shutil.copyfile(file, new))
        return path

    def delete(self, path: Path) -> None:
        """Deletes a file that was added."""
        self._keep(path, Path.replace)

    def leave_out(self, ids: Sequence[str]) -> None:
        """Makes these the documents that no build takes."""
        if not ids:
            return self._keep(self._layout.left_out, Path.replace)
        self._put(self._layout.left_out, lambda new: new.write_text(json.dumps(ids), "ascii"))

    def take_back(self, path: Path) -> None:
        """Makes a file what it was before."""
        before = self._before.pop(path)
        if before:
            before.replace(path)
        else:
            path.unlink(missing_ok=True)

    def undo(self) -> None:
        """Makes everything what it was before."""
        for path in list(self._before):
            self.take_back(path)

    def _put(self, path: Path, write: Callable[[Path], object]) -> None:
        self._keep(path, shutil.copy2)
        replace(path, write, beside=self._layout.changing / "new")

    def _keep(self, path: Path, put_away: Callable[[Path, Path], object]) -> None:
        if path in self._before:
            return
        before = self._layout.changing / str(self._count) if path.exists() else None
        self._count += 1
        if before:
            put_away(path, before)
        self._before[path] = before
