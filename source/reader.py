"""Files, folders and collections in; Documents out."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from source.collection import read_collection
from source.document import Document
from source.encoding import decode
from source.errors import (
    BadCollection,
    DuplicateId,
    SourceEmpty,
    SourceError,
    SourceMissing,
    SourceUnreadable,
    UnknownFormat,
)
from source.markdown import read_markdown
from source.plain import read_plain

SHIPPED = Path(__file__).parent / "documents"
"""The folder of the documents that the project ships with."""

_READERS: dict[str, Callable[..., Document]] = {
    ".txt": read_plain,
    ".text": read_plain,
    ".md": read_markdown,
    ".markdown": read_markdown,
}
_COLLECTION = ".jsonl"
FORMATS = (*_READERS, _COLLECTION)
"""The file name endings that are read."""


@dataclass(slots=True)
class SourceFile:
    """A file to read, and the id its document gets (its path inside the source)."""

    path: Path
    id: str

    @property
    def shown_as(self) -> str:
        """The path as a reader is to see it: below the working folder where it can be."""
        try:
            return _name(self.path.resolve().relative_to(Path.cwd()))
        except (ValueError, RuntimeError, OSError):  # elsewhere; a link that leads to itself
            return _name(self.path)


@dataclass(slots=True)
class Reading:
    """What reading is to give; `skipped` fills up with the files of a folder that gave nothing."""

    files: list[SourceFile]
    named: frozenset[Path]
    skipped: list[SourceError] = field(default_factory=list)

    def documents(self) -> Iterator[Document]:
        """Every document, each file read when its turn comes.

        A file that was named by the caller must be readable: its SourceError
        is raised. One that lay in a folder is skipped and noted in `skipped`.
        """
        seen: dict[str, str] = {}
        for file in self.files:
            try:
                for document in _read(file):
                    _claim(seen, document)
                    yield document
            except (DuplicateId, BadCollection):
                raise
            except SourceError as error:
                if file.path in self.named:
                    raise
                self.skipped.append(error)


def find(sources: Sequence[str | Path] = ()) -> Reading:
    """The readable files under `sources` (files or folders; the shipped documents by default).

    Hidden files and folders, and files of other formats, are passed over inside
    a folder. Raises SourceMissing, UnknownFormat or SourceEmpty.
    """
    roots = [Path(source) for source in sources] or [SHIPPED]
    files: list[SourceFile] = []
    for root in roots:
        if not _exists(root):
            raise SourceMissing(f"There is no source {root}; name a file, a folder or a .jsonl collection that exists.")
        files.extend(_walk(root) if root.is_dir() else [_named(root)])
    if not files:
        names = ", ".join(str(root) for root in roots)
        raise SourceEmpty(f"No document was found in {names}; put files there that end in {', '.join(FORMATS)}.")
    return Reading(files, frozenset(root for root in roots if not root.is_dir()))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long to be one
        return False


def _name(path: Path) -> str:
    """The path in Unicode: a name may be any bytes, and what is no UTF-8 is written `\\xff`."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _named(path: Path) -> SourceFile:
    if path.suffix.lower() not in FORMATS:
        raise UnknownFormat(f"{path} is of no known format; name a file that ends in {', '.join(FORMATS)}.")
    return SourceFile(path, _name(Path(path.name)))


def _walk(root: Path) -> Iterator[SourceFile]:
    # Links to folders are not followed: a link upwards would never end.
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.suffix.lower() in FORMATS:
                yield SourceFile(path, _name(path.relative_to(root)))


def _claim(seen: dict[str, str], document: Document) -> None:
    if document.id in seen:
        raise DuplicateId(
            f"Two documents have the id {document.id!r}, in {seen[document.id]} and in {document.path}; "
            "rename one, or build from the folder above both."
        )
    seen[document.id] = document.path


def _read(file: SourceFile) -> Iterator[Document]:
    suffix = file.path.suffix.lower()
    try:
        if not stat.S_ISREG(file.path.stat().st_mode):
            raise SourceUnreadable(f"{file.shown_as} is not an ordinary file; name one that is.")
        if suffix == _COLLECTION:
            yield from read_collection(file.path, file.shown_as)
            return
        data = file.path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SourceUnreadable(
            f"{file.shown_as} cannot be read ({reason}); mend its permissions or leave it out."
        ) from error
    text = decode(data, file.shown_as)
    if not text.strip():
        raise SourceEmpty(f"{file.shown_as} is empty; put text into it or leave it out.")
    sha256 = hashlib.sha256(data).hexdigest()
    yield _READERS[suffix](text, id=file.id, title=_name(Path(file.path.stem)), path=file.shown_as, sha256=sha256)
