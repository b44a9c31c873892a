"""Documents that users add to an index or exclude from it, changed in transactions that are undone if they fail."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from filelock import Timeout

from index.errors import IndexCorrupt, IndexUnwritable, StoreError
from index.folder.commit import claim, locked, unwritable, writing
from index.folder.filesystem import delete, is_there, read, reading, replace, require_space
from index.folder.layout import Layout
from index.folder.record import last_build
from index.json_shape import fits
from source import OnWait, SourceFile, UsageError, do_nothing, files_in, is_index, is_unicode, isolated, name_of
from source.web.origin import record_of

_MOST_BYTES = 1 << 24  # of the list of exclusions
_UNDO = "undo.json"  # what is left to undo: path in the index → name of its backup; null for a new file
# A list of strings and nothing else: of anything else, as many bytes would take a hundred times the memory.
_STRINGS = re.compile(rb'\s*\[\s*+(?:"(?:[^"\\]|\\.)*+"\s*+,?\s*+)*+\]\s*', re.DOTALL)


def sources_of(layout: Layout, sources: Sequence[str | Path]) -> list[Path]:
    """The paths to build from: the sources and the folder of added documents. Raises UsageError and StoreError."""
    roots = [Path(source) for source in sources]
    for root in roots:
        check_not_in_index(root)
    added = _folder(layout)
    if added and added.absolute() not in (root.absolute() for root in roots):
        roots.append(added)
    return roots


def check_not_in_index(source: Path) -> None:
    """Raises UsageError for a source that is an index, this one or another, or a part other than its added files."""
    try:
        path = Path(os.path.realpath(source))
    except ValueError:  # its name has a NUL, so there is no such file
        return
    for folder in (path, *path.parents):
        if is_index(_names_in(folder)):
            if Layout(folder).added in (path, *path.parents):
                return
            what = "is an index" if folder == path else "is part of an index"
            raise UsageError(
                f"{isolated(name_of(source))} {what}, not a source. Name the documents that it was built from."
            )


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:  # a file, or a folder that only lets us through
        return []


def added_files(layout: Layout) -> list[SourceFile]:
    """The files that users added to the index. Raises StoreError."""
    added = _folder(layout)
    return files_in([added]) if added else []


def _folder(layout: Layout) -> Path | None:
    """The folder of added files, if there is one. Raises StoreError if it is a link or contains one."""
    added = layout.added
    if not is_there(added):
        return None
    with reading(added):
        paths = [added, *_below(added)]
        for path in paths:
            if path.is_symlink():  # an index from somebody else could make us read any file on this machine
                raise StoreError(f"{isolated(path)} is a link, but files are added to an index as copies. Delete it.")
        return added if stat.S_ISDIR(added.lstat().st_mode) else None


def _below(folder: Path) -> Iterator[Path]:
    """Everything in a folder and its subfolders. Raises OSError if any of them can't be listed."""
    if folder.is_dir():
        for inside, folders, files in os.walk(folder, onerror=_raise):
            yield from (Path(inside, name) for name in (*folders, *files))


def _raise(error: OSError) -> NoReturn:
    raise error


def left_out(layout: Layout) -> list[str]:
    """The ids of the documents that users excluded from the index, in the order of exclusion. Raises StoreError.

    If the list is damaged, they are those that the last build excluded.
    """
    try:
        data = read(layout.left_out, _MOST_BYTES)
        ids = json.loads(data) if _STRINGS.fullmatch(data) else None
        if isinstance(ids, list) and all(map(is_unicode, ids)):
            return list(dict.fromkeys(ids))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, RecursionError):
        pass
    try:
        record = last_build(layout)
        return record.left_out if record else []
    except IndexCorrupt:
        raise StoreError(
            f"{isolated(layout.left_out)} isn't a list of document ids. "
            "Fix it, or delete it to include all documents again."
        ) from None


@contextmanager
def changing(root: Path, patience: float = 0.0, on_wait: OnWait = do_nothing) -> Iterator[Change]:
    """Begins a change of the added files and the exclusion list of the index in `root`.

    An exception undoes the whole change. If the process is killed, each file is
    complete, in its old or its new version, and the next build uses what it finds.
    Waits `patience` seconds for another process that is making a change, and as long for
    a build, so that nothing is changed before it can be built. No other build begins until
    the change has been built or undone. Raises IndexUnwritable, also if they don't end.
    """
    try:
        layout = claim(root)
        layout.added.mkdir(exist_ok=True)
        with locked(layout.change_lock, patience, on_wait), writing(root, patience, on_wait):
            yield from _transaction(layout)
    except Timeout as error:
        raise IndexUnwritable(
            f"Another process is changing the documents of {isolated(root)}. Wait for it to finish."
        ) from error
    except OSError as error:
        raise unwritable(root, error) from error


def _transaction(layout: Layout) -> Iterator[Change]:
    _finish_undo(layout)
    delete(layout.changing)  # left by a process that was killed
    layout.changing.mkdir()
    change = Change(layout)
    try:
        yield change
    except BaseException:
        change.undo()  # if that fails, the backups stay
        delete(layout.changing)
        raise
    delete(layout.changing)


def _finish_undo(layout: Layout) -> None:
    """Puts back the files that `Change.undo` could not. Raises OSError if that fails again.

    The index may come from somebody else, so only files that a change may change are touched.
    """
    try:
        left = json.loads(read(layout.changing / _UNDO, _MOST_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError, RecursionError):
        left = None
    if not fits(left, {str: _backup_name}) or not all(_may_change(layout, path) for path in left):
        raise IndexUnwritable(
            f"{isolated(layout.changing)} holds files of a change that was not undone. Move it elsewhere."
        )
    for path, backup in left.items():
        if backup is None:
            (layout.root / path).unlink(missing_ok=True)
        elif is_there(layout.changing / backup):  # it isn't if this was interrupted
            (layout.changing / backup).replace(layout.root / path)


def _backup_name(name: object) -> bool:
    return name is None or (isinstance(name, str) and name.isdecimal())


def _may_change(layout: Layout, path: str) -> bool:
    """Whether a path in an index is that of an added file, or of the list of exclusions."""
    target = layout.root / path
    is_added = target.parent == layout.added and target.name != ".." and "\0" not in path
    return is_added or target == layout.left_out


class Change:
    """A change of the added files and the exclusion list, with a backup of each changed file."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._backups: dict[Path, Path | None] = {}  # None: the file is new
        self._count = 0

    def add(self, file: Path, name: str) -> Path:
        """Copies `file` into the added files, replacing one of that name; returns the copy's path."""
        path = self._layout.added / name
        require_space(self._layout.added, file.stat().st_size)
        self._replace(path, lambda new: shutil.copyfile(file, new))
        return path

    def delete(self, path: Path) -> None:
        """Deletes an added file, with the record of where it came from."""
        self._back_up(path, Path.replace)
        self._back_up(record_of(path), Path.replace)

    def leave_out(self, ids: Sequence[str]) -> None:
        """Replaces the list of excluded documents."""
        if not ids:
            return self._back_up(self._layout.left_out, Path.replace)
        self._replace(self._layout.left_out, lambda new: new.write_text(json.dumps(ids), "ascii"))

    def take_back(self, path: Path) -> None:
        """Undoes the change of one file."""
        backup = self._backups[path]
        if backup:
            backup.replace(path)
        else:
            path.unlink(missing_ok=True)
        del self._backups[path]

    def undo(self) -> None:
        """Undoes the whole change. If a file can't be put back now, raises OSError, and the next change does it."""
        failed: OSError | None = None
        for path in list(self._backups):
            try:
                self.take_back(path)
            except OSError as error:
                failed = error
        if failed:
            left = {
                path.relative_to(self._layout.root).as_posix(): backup and backup.name
                for path, backup in self._backups.items()
            }
            (self._layout.changing / _UNDO).write_text(json.dumps(left), "ascii")
            raise failed

    def _replace(self, path: Path, write: Callable[[Path], object]) -> None:
        self._back_up(path, shutil.copy2)
        replace(path, write, beside=self._layout.changing / "new")

    def _back_up(self, path: Path, copy_or_move: Callable[[Path, Path], object]) -> None:
        if path in self._backups:
            return
        backup = self._layout.changing / str(self._count) if path.exists() else None
        self._count += 1
        if backup:
            copy_or_move(path, backup)
        self._backups[path] = backup
