"""Files, folders and collections in; Documents out."""

from __future__ import annotations

import hashlib
import stat
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from source.collection import read_collection
from source.document import Document
from source.errors import (
    DuplicateId,
    SourceEmpty,
    SourceError,
    SourceUnreadable,
    TooLarge,
    unreadable,
)
from source.files import SourceFile, files_in, name_of
from source.formats import SUFFIXES, format_of
from source.workers import Workers, cores

SHIPPED = Path(__file__).parent / "documents"
"""The folder of the documents that the project ships with."""

_MOST_BYTES = 1 << 30  # of a file that is read whole; a collection is read line by line
_AHEAD = 4  # files for each core that are read before their turn


@dataclass(slots=True)
class Reading:
    """What reading is to give; `skipped` fills up with the files of a folder that gave nothing."""

    files: list[SourceFile]
    named: frozenset[Path]
    ocr: str = ""
    skipped: list[SourceError] = field(default_factory=list)

    def documents(self) -> Iterator[Document]:
        """Every document in the order of the files; several files are read at a time, and not much ahead.

        A file that was named by the caller must be readable: its SourceError
        is raised. One that lay in a folder is skipped and noted in `skipped`; of a
        collection, what comes before the line that is wrong has been given by then.
        Two documents with one id are nobody's fault alone: DuplicateId is raised.
        """
        seen: dict[str, str] = {}
        for file, result in _in_order(self.files, self.ocr):
            try:
                for document in result():
                    _claim(seen, document)
                    yield document
            except SourceError as error:
                if file.path in self.named or isinstance(error, DuplicateId):
                    raise
                self.skipped.append(error)


def _in_order(files: Sequence[SourceFile], ocr: str) -> Iterator[tuple[SourceFile, Callable[[], Iterable[Document]]]]:
    """Each file, and what gives its documents or raises its error."""
    workers = Workers()
    waiting: deque[tuple[SourceFile, Callable[[], Iterable[Document]]]] = deque()
    with ThreadPoolExecutor(cores(), "reader") as pool, closing(workers):
        try:
            for file in files:
                if file.is_collection:  # long, and read as it is asked for
                    waiting.append((file, partial(_collection, file)))
                else:
                    waiting.append((file, partial(_only, pool.submit(_read, file, ocr, workers))))
                if len(waiting) > _AHEAD * cores():
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            pool.shutdown(cancel_futures=True)


def _only(future: Future[Document]) -> list[Document]:
    return [future.result()]


def find(sources: Sequence[str | Path] = (), ocr: str = "") -> Reading:
    """The readable files under `sources` (files or folders; the shipped documents by default).

    Hidden files and folders, and files of other formats, are passed over inside
    a folder. `ocr`: Tesseract's languages ("eng+rus"), to recognise text in
    pictures of pages. Raises SourceMissing, UnknownFormat, SourceEmpty, and
    UsageError or ExtraMissing where text cannot be recognised.
    """
    if ocr:
        from source.pdf import check_languages  # not before it is needed: asking reads no file

        check_languages(ocr)
    roots = [Path(source) for source in sources] or [SHIPPED]
    files = files_in(roots)
    if not files:
        names = ", ".join(str(root) for root in roots)
        raise SourceEmpty(f"No document was found in {names}; put files there that end in {', '.join(SUFFIXES)}.")
    return Reading(files, frozenset(root for root in roots if not root.is_dir()), ocr)


def _claim(seen: dict[str, str], document: Document) -> None:
    if document.id in seen:
        raise DuplicateId(
            f"Two documents have the id {document.id!r}, in {seen[document.id]} and in {document.path}; "
            "rename one, or build from the folder above both."
        )
    seen[document.id] = document.path


def _read(file: SourceFile, ocr: str, workers: Workers) -> Document:
    """The document in a file, with what is doubtful about it."""
    format = format_of(file.path.suffix)
    assert format, file
    facts = {"id": file.id, "title": name_of(Path(file.path.stem)), "path": file.shown_as}
    with _readable(file, _MOST_BYTES):
        if format.apart:
            return workers.read(file.path, ocr=ocr, **facts)
        data = file.path.read_bytes()
        return format.read(data, sha256=hashlib.sha256(data).hexdigest(), **facts)


def _collection(file: SourceFile) -> Iterator[Document]:
    with _readable(file, sys.maxsize):
        yield from read_collection(file.path, file.shown_as)


@contextmanager
def _readable(file: SourceFile, most: int) -> Iterator[None]:
    """Raises a SourceError unless it is an ordinary file of at most so many bytes, and for the system's errors."""
    try:
        status = file.path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise SourceUnreadable(f"{file.shown_as} is not an ordinary file; name one that is.")
        if status.st_size > most:
            raise TooLarge(f"{file.shown_as} has {status.st_size >> 20:,} MB; split it, {most >> 20:,} MB is the most.")
        yield
    except OSError as error:
        raise unreadable(file.shown_as, error) from error
