"""Files, folders and collections in; Documents out."""

from __future__ import annotations

import hashlib
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from source.document import Document
from source.errors import DuplicateId, SourceEmpty, SourceError, SourceUnreadable
from source.files import SourceFile, files_in, name_of, readable, roots_of
from source.formats.jsonl import records
from source.formats.plain import EXTRACTOR
from source.formats.registry import SUFFIXES, format_of
from source.sandbox.pool import ParserPool, Parsers, cores
from source.waiting import OnWait, nothing, result, results

Known = Callable[[bytes], str | None]
"""From a document's fingerprint to the id of the document that is known by it, or None."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A document among the sources; `document` is None where it is known already.

    `fingerprint`: 16 bytes for what it was read from, as what, and by which reader.
    """

    id: str
    fingerprint: bytes
    document: Document | None


def reader_of(file: SourceFile, ocr: str) -> str:
    """What reads a file, with its version; for each line of a collection too."""
    if file.is_collection:
        return EXTRACTOR
    format = format_of(file.path.suffix)
    assert format, file
    return f"{format.extractor} {ocr if format.ocr else ''}"


def fingerprint(*facts: str) -> bytes:
    """16 bytes for what a document is read from."""
    return hashlib.blake2b("\0".join(facts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def sha256_of(path: Path) -> str | None:
    """The SHA-256 of a file; None if it cannot be read."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


UNREAD = "unreadable"
"""What stands in the place of a SHA-256 where a file could not be read."""
_MOST_BYTES = 1 << 30  # of a file that is read whole; a collection is read line by line
_AHEAD = 4  # times as many files as are read at once are read before their turn


@dataclass(slots=True)
class Scan:
    """What reading is to give; `skipped` fills up with what was wrong with files and folders.

    `without`: the ids of documents that are not to be given. `unread`: the paths, as
    readers see them, of files that could not be read now, and may be another time.
    """

    files: list[SourceFile]
    named: frozenset[Path]
    ocr: str = ""
    without: frozenset[str] = frozenset()
    skipped: list[SourceError] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def look(self, meanwhile: OnWait = nothing) -> dict[str, str]:
        """The SHA-256 of every file, by the path that readers see. What cannot be read counts as UNREAD."""
        with ThreadPoolExecutor(cores(), "files") as pool:
            found = results(pool, sha256_of, (file.path for file in self.files), meanwhile)
            for file, sha256 in zip(self.files, found, strict=True):
                file.sha256 = sha256
        return {file.shown_as: file.sha256 or UNREAD for file in self.files}

    def readers(self) -> list[str]:
        """The readers that the files need, with their versions."""
        return sorted({reader_of(file, self.ocr) for file in self.files})

    def documents(self) -> Iterator[Document]:
        """Every document in the order of the files. Raises as `found`."""
        return (each.document for each in self.found() if each.document)

    def found(
        self,
        known: Known = lambda fingerprint: None,
        meanwhile: OnWait = nothing,
        workers: Callable[[], Parsers] = ParserPool,
    ) -> Generator[Scanned, None, None]:
        """Every document in the order of the files; several files are read at a time, and not much ahead.

        What is known is not read, if the file was looked at. A file that was
        named by the caller must be readable: its SourceError is raised. One that
        lay in a folder is skipped and noted in `skipped`; of a collection, what
        comes before the line that is wrong has been given by then. Two documents
        with one id are nobody's fault alone: DuplicateId is raised. `workers`:
        who parses files, closed when this is.
        """
        seen: dict[str, SourceFile] = {}
        for file, documents in _in_order(self.files, self.ocr, known, meanwhile, workers()):
            try:
                for each in documents():
                    meanwhile()
                    if each.id not in self.without:
                        _claim(seen, each.id, file)
                        yield each
            except SourceError as error:
                error.files = error.files or (file.path,)
                if file.path in self.named or isinstance(error, DuplicateId):
                    raise
                self.skipped.append(error)
                if isinstance(error, SourceUnreadable):
                    self.unread.add(file.shown_as)


_Documents = Callable[[], Iterable[Scanned]]


def _in_order(
    files: Sequence[SourceFile], ocr: str, known: Known, meanwhile: OnWait, workers: Parsers
) -> Iterator[tuple[SourceFile, _Documents]]:
    """Each file, and what gives its documents or raises its error."""
    pool = ThreadPoolExecutor(workers.many, "files")
    waiting: deque[tuple[SourceFile, _Documents]] = deque()
    try:
        for file in files:
            if file.is_collection:  # long, and read as it is asked for
                waiting.append((file, partial(_collection, file, known)))
            elif each := _known(file, ocr, known):
                waiting.append((file, partial(list, [each])))
            else:
                waiting.append((file, partial(_only, pool.submit(_read, file, ocr, workers), meanwhile)))
            if len(waiting) > _AHEAD * workers.many:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        workers.close()
        pool.shutdown(wait=False, cancel_futures=True)  # what a thread still reads, nobody waits for


def _only(future: Future[Scanned], meanwhile: OnWait) -> list[Scanned]:
    return [result(future, meanwhile)]


def _known(file: SourceFile, ocr: str, known: Known) -> Scanned | None:
    """The document of a file if what it would be read to is known."""
    if file.sha256 is None:
        return None
    key = fingerprint(file.shown_as, file.id, file.sha256, reader_of(file, ocr))
    return Scanned(file.id, key, None) if known(key) == file.id else None


def scan(
    sources: Sequence[str | Path] = (), ocr: str = "", leave_out: Path | None = None, without: Iterable[str] = ()
) -> Scan:
    """The readable files under `sources` (files or folders; the shipped documents by default).

    Hidden files and folders, and files of other formats, are passed over inside
    a folder. `ocr`: Tesseract's languages ("eng+rus"), to recognise text in
    pictures of pages. `leave_out`: a folder that is passed over. `without`: the ids of documents that are.
    Raises SourceMissing, UnknownFormat, SourceEmpty, and UsageError or ExtraMissing where text cannot be recognised.
    """
    if ocr:
        from source.formats.pdf import check_languages  # not before it is needed: asking reads no file

        check_languages(ocr)
    roots = roots_of(sources)
    left_out = frozenset(without)
    skipped: list[SourceError] = []
    found = files_in(roots, leave_out, skipped.append)
    files = [file for file in found if file.is_collection or file.id not in left_out]
    if not files:
        for error in skipped:
            raise error
        names = ", ".join(str(root) for root in roots)
        raise SourceEmpty(f"No document was found in {names}; put files there that end in {', '.join(SUFFIXES)}.")
    named = frozenset(root for root in roots if not root.is_dir())
    return Scan(files, named, ocr, left_out, skipped)


def _claim(seen: dict[str, SourceFile], id: str, file: SourceFile) -> None:
    if id in seen:
        error = DuplicateId(
            f"Two documents have the id {id!r}, both in {file.shown_as}; give each line one of its own."
            if seen[id] is file
            else f"Two documents have the id {id!r}, in {seen[id].shown_as} and in {file.shown_as}; "
            "rename one, or build from the folder above both."
        )
        error.files = (seen[id].path, file.path)
        raise error
    seen[id] = file


def _read(file: SourceFile, ocr: str, workers: Parsers) -> Scanned:
    """The document in a file, with what is doubtful about it."""
    format = format_of(file.path.suffix)
    assert format, file
    facts = {"id": file.id, "title": name_of(Path(file.path.stem)), "path": file.shown_as}
    with readable(file, _MOST_BYTES):
        if format.apart:
            document = workers.read(file.path, ocr=ocr, **facts)
            # A parser that was taken over may not speak for another document.
            document = replace(document, id=file.id, path=file.shown_as)
        else:
            data = file.path.read_bytes()
            document = format.read(data, sha256=hashlib.sha256(data).hexdigest(), **facts)
    return Scanned(file.id, fingerprint(file.shown_as, file.id, document.sha256, reader_of(file, ocr)), document)


def _collection(file: SourceFile, known: Known) -> Iterator[Scanned]:
    reader = reader_of(file, "")
    with readable(file, sys.maxsize):
        for record in records(file.path, file.shown_as):
            key = fingerprint(file.shown_as, record.sha256, reader)
            if id := known(key):
                yield Scanned(id, key, None)
            else:
                document = record.document()
                yield Scanned(document.id, key, document)
