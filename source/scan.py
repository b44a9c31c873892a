"""Scans files, folders and collections, and extracts their Documents, several files at a time."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event

from source.arguments import strings
from source.document import Document
from source.errors import SourceEmpty, SourceError, SourceUnreadable, UnknownFormat
from source.files import (
    BEGINNING,
    Member,
    SourceFile,
    Start,
    files_in,
    member_id,
    name_of,
    not_read,
    readable,
    roots_of,
)
from source.formats.jsonl import JsonlLines
from source.formats.plain import EXTRACTOR
from source.formats.registry import COLLECTION, FORMATS, MAILBOX, PICTURES, format_of
from source.sandbox.collection import Ids, batches
from source.sandbox.pool import ParserPool, Parsers, cores
from source.untrusted_text import isolated
from source.waiting import OnWait, ahead, do_nothing, map_in_pool, submit, threads, wait_for_result

Known = Callable[[bytes], str | None]
"""Maps a fingerprint to the id of the known document that has it, or to None."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A document found by a scan; `document` is None if it is known already.

    `fingerprint`: a 16-byte hash of the file, its path and id, and the extractor with its version.
    """

    id: str
    fingerprint: bytes
    document: Document | None


def extractor_of(suffix: str, ocr: str) -> str:
    """The extractor for files with this ending, with its version and OCR languages."""
    format = format_of(suffix)
    assert format, suffix
    return f"{format.extractor} {ocr if format.ocr else ''}"


def extractors_of(file: SourceFile, ocr: str) -> set[str]:
    """The extractors for a file, or for whatever may be in a container."""
    if file.is_container:
        return {extractor_of(each.suffixes[0], ocr) for each in FORMATS}
    return {EXTRACTOR if file.is_collection else extractor_of(file.path.suffix, ocr)}


def _fingerprint(file: SourceFile, *facts: str) -> bytes:
    """The fingerprint of a document in a file, of which these facts are known."""
    return fingerprint(file.shown_as, *facts, *(file.origin.facts if file.origin else ()))


def _placed(document: Document, file: SourceFile) -> Document:
    """A document with the path and the origin of its file."""
    address, fetched, _ = file.origin.facts if file.origin else ("", "", "")
    return replace(document, path=file.shown_as, address=address, fetched=fetched)


def fingerprint(*facts: str) -> bytes:
    """A 16-byte hash of the facts that determine a document."""
    return hashlib.blake2b("\0".join(facts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def sha256_of(file: SourceFile, stopped: Callable[[], bool]) -> str | None:
    """The SHA-256 of a file in hexadecimal; None if it cannot be read, is too large to be, or `stopped` says so.

    Raises ChapterVerseError as `source.errors.unreadable`.
    """
    buffer = bytearray(_BLOCK)
    digest = hashlib.sha256()
    try:
        with readable(file, _most_bytes(file)), file.path.open("rb", buffering=0) as opened:
            while (size := opened.readinto(buffer)) and not stopped():
                digest.update(memoryview(buffer)[:size])
    except SourceError:
        return None
    return None if stopped() else digest.hexdigest()


UNREAD = "unreadable"
"""Recorded in place of the SHA-256 of a file that could not be read."""
_MAX_BYTES = 1 << 30  # of a file that is read whole
_BLOCK = 1 << 20  # bytes that are hashed between two looks at whether to stop
_AHEAD = 4  # files queued ahead of their turn, per file extracted at a time
_MOST_BYTES_AHEAD = 1 << 26  # of these files, except that one is always queued


@dataclass(slots=True)
class Scan:
    """A scan of source files: hashes them, then extracts their documents.

    `named`: the files that the caller named, which must be readable. `without`: ids of
    documents to leave out. `skipped`: collects the errors of skipped files and folders.
    `unread`: collects the shown paths of files that could not be read this time.
    """

    files: list[SourceFile]
    named: frozenset[Path]
    ocr: str = ""
    without: frozenset[str] = frozenset()
    skipped: list[SourceError] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def origins(self) -> dict[str, list[str]]:
        """Where the files came from that are copies of web pages, by shown path; they must have been hashed."""
        return {file.shown_as: list(file.origin.facts) for file in self.files if file.origin}

    def look(self, on_wait: OnWait = do_nothing) -> dict[str, str]:
        """Hashes every file: the SHA-256 by shown path, or UNREAD for a file that cannot be read."""
        stop = Event()
        with ThreadPoolExecutor(cores(), "files") as pool:
            try:
                hashes = map_in_pool(pool, partial(sha256_of, stopped=stop.is_set), self.files, on_wait)
                for file, sha256 in zip(self.files, hashes, strict=True):
                    file.sha256 = sha256
            finally:
                stop.set()
        return {file.shown_as: file.sha256 or UNREAD for file in self.files}

    def left_out(self) -> list[str]:
        """One sentence for each folder with files of unsupported formats: which, and what to do."""
        return [str(error) for error in self.skipped if isinstance(error, UnknownFormat)]

    def extractors(self) -> list[str]:
        """The extractors that the files need, with their versions."""
        return sorted(set().union(*(extractors_of(file, self.ocr) for file in self.files)))

    def documents(self) -> Iterator[Document]:
        """Every document, in the order of the files. Raises the same errors as `found`."""
        return (each.document for each in self.found() if each.document)

    def found(
        self,
        known: Known = lambda fingerprint: None,
        on_wait: OnWait = do_nothing,
        parsers: Callable[[], Parsers] = ParserPool,
    ) -> Generator[Scanned, None, None]:
        """Every document, in the order of the files. Several files are extracted at a time, and only a few ahead.

        A known document is not extracted again, provided that its file was hashed by
        `look`. The SourceError of a file in `named` is raised; a file from a folder is
        skipped, and its error added to `skipped`. In a collection, the documents before
        an invalid line have been yielded by then. A document whose id another one has is
        left out, and reported once for its file. `parsers`: makes the pool that parses
        files; it is closed with the generator.
        """
        ids = Ids(self.files)
        with closing(parsers()) as pool, threads(pool.concurrency) as free:
            reading = _Reading(pool, free, self.ocr, known, on_wait)
            for file, documents in reading.in_order(self.files):
                try:
                    for each in documents():
                        on_wait()
                        if isinstance(each, SourceError):
                            self._skip_member(file, each)
                        elif each.id not in self.without and ids.claim(each.id, file):
                            yield each
                        del each  # it may be large, and isn't needed while the next is awaited
                except SourceError as error:
                    self._skip(file, error)
                for clash in ids.clashes():
                    self._skip(file, clash)
            if reading.unread:
                self.skipped.append(not_read("Mails and archives", reading.unread))

    def _skip(self, file: SourceFile, error: SourceError) -> None:
        """Adds a file's error to `skipped`, or raises it."""
        error.files = error.files or (file.path,)
        if file.path in self.named:
            raise error
        if isinstance(error, SourceUnreadable):
            sha256_of(file, lambda: False)  # raises the error of the disk or the network, if a parser met one
            self.unread.add(file.shown_as)
        self.skipped.append(error)

    def _skip_member(self, file: SourceFile, error: SourceError) -> None:
        """Adds the error of a document in a container to `skipped`, even if the caller named the file."""
        error.files = error.files or (file.path,)
        self.skipped.append(error)


_Load = Callable[[], Iterable[Scanned | SourceError]]


@dataclass(frozen=True, slots=True)
class _Contained:
    """A member of a container: its position in its batch, and what it is known by."""

    at: int
    member: Member
    id: str
    key: bytes


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads the files of a scan in parser processes: several at a time, and only a few ahead of their turn."""

    parsers: Parsers
    threads: ThreadPoolExecutor
    ocr: str
    known: Known
    on_wait: OnWait
    unread: Counter[str] = field(default_factory=Counter)  # pictures in mails and archives, by their endings

    def in_order(self, files: Iterable[SourceFile]) -> Iterator[tuple[SourceFile, _Load]]:
        """Each file, and a function that returns its documents or raises its error."""
        started = (((file, load), size) for file in files for load, size in [self._start(file)])
        return ahead(started, self._most, _MOST_BYTES_AHEAD)

    @property
    def _most(self) -> int:
        return _AHEAD * self.parsers.concurrency

    def _start(self, file: SourceFile) -> tuple[_Load, int]:
        """Starts to read a file. Also returns the bytes being read: none yet of a collection, which may be long."""
        if file.recorded and file.sha256 is None:
            file.sha256 = sha256_of(file, lambda: False)  # says whether the record is about these bytes
        if file.is_collection:
            return partial(self._container if file.is_container else self._collection, file), 0
        if scanned := _known(file, self.ocr, self.known):
            return partial(list, [scanned]), 0
        reading = submit(self.threads, _read, file, self.ocr, self.parsers)
        return partial(self._only, reading), _size(file)

    def _only(self, reading: Future[Scanned]) -> list[Scanned]:
        return [wait_for_result(reading, self.on_wait)]

    def _collection(self, file: SourceFile) -> Iterator[Scanned | SourceError]:
        def known(sha256: str) -> Scanned | None:
            key = _fingerprint(file, sha256, EXTRACTOR)
            known_as = self.known(key)
            return None if known_as is None else Scanned(known_as, key, None)

        with readable(file, _most_bytes(file)):
            started = (self._start_batch(file, each) for each in batches(file.path, file.shown_as, known, self.on_wait))
            for load in ahead(started, self._most, _MOST_BYTES_AHEAD):
                yield from load()

    def _container(self, file: SourceFile) -> Iterator[Scanned | SourceError]:
        """The documents in a container; the error of one that cannot be read stands in its place."""
        held: list[SourceError] | None = []  # until a document is found: without any, the first is the file's own
        with readable(file, _most_bytes(file)):
            for load in ahead(self._start_members(file), self._most, _MOST_BYTES_AHEAD):
                for each in load():
                    if isinstance(each, SourceError) and held is not None:
                        held.append(each)
                        continue
                    yield from held or ()
                    held = None
                    yield each
        if held is not None:
            raise next(iter(held), SourceEmpty(f"{isolated(file.shown_as)} contains no document that can be read."))

    def _start_members(self, file: SourceFile) -> Iterator[tuple[_Load, int]]:
        """Starts to read the members of each batch that aren't known."""
        start: Start | None = BEGINNING
        while start is not None:
            listing = submit(self.threads, self.parsers.members, file.path, start, file.shown_as)
            members, errors, following = wait_for_result(listing, self.on_wait)
            read = [(at, each) for at, each in enumerate(members) if self.ocr or each.suffix not in PICTURES]
            self.unread.update(each.suffix for each in members if not self.ocr and each.suffix in PICTURES)
            found = [_found(file, at, each, self.ocr) for at, each in read]
            wanted = [each.at for each in found if self.known(each.key) != each.id]
            reading = submit(self.threads, self._read_members, file, start, wanted) if wanted else None
            yield partial(self._members, file, found, wanted, reading, errors), 0
            start = following

    def _read_members(self, file: SourceFile, start: Start, wanted: Sequence[int]) -> Sequence[Document | SourceError]:
        facts = {"id": file.id, "title": name_of(Path(file.path.stem)), "path": file.shown_as, "ocr": self.ocr}
        return self.parsers.read_members(file.path, start, wanted, **facts)

    def _members(
        self, file: SourceFile, found: Sequence[_Contained], wanted: Sequence[int],
        reading: Future[Sequence[Document | SourceError]] | None, errors: Sequence[SourceError],
    ) -> Iterator[Scanned | SourceError]:  # fmt: skip
        documents = wait_for_result(reading, self.on_wait) if reading else ()
        read = dict(zip(wanted, documents, strict=True))
        yield from errors
        for each in found:
            document = read.pop(each.at, None)
            if isinstance(document, Document):
                # A hijacked parser must not be able to replace another document.
                document = _placed(replace(document, id=each.id, sha256=each.member.sha256), file)
            yield document if isinstance(document, SourceError) else Scanned(each.id, each.key, document)

    def _start_batch(self, file: SourceFile, batch: JsonlLines | Scanned) -> tuple[_Load, int]:
        """Starts to read lines of a collection, if they aren't known; and returns the bytes being read."""
        if isinstance(batch, Scanned):
            return partial(list, [batch]), 0
        reading = submit(self.threads, self.parsers.read_lines, file.path, batch, file.shown_as)
        return partial(self._lines, file, reading), len(batch)

    def _lines(self, file: SourceFile, reading: Future[tuple[list[Document], SourceError | None]]) -> Iterator[Scanned]:
        documents, error = wait_for_result(reading, self.on_wait)
        for document in documents:
            key = _fingerprint(file, document.sha256, EXTRACTOR)
            yield Scanned(document.id, key, _placed(document, file))
        if error:
            raise error


def _most_bytes(file: SourceFile) -> int:
    """The size in bytes that a file may have; what is read a piece at a time may have any."""
    return sys.maxsize if file.path.suffix.lower() in (COLLECTION, MAILBOX) else _MAX_BYTES


def _found(file: SourceFile, at: int, member: Member, ocr: str) -> _Contained:
    id = member_id(file.id, member.name)
    return _Contained(at, member, id, _fingerprint(file, id, member.sha256, extractor_of(member.suffix, ocr)))


def _size(file: SourceFile) -> int:
    """The size of a file in bytes; 0 if it is gone, which is noticed when it is read."""
    with suppress(OSError):
        return file.path.stat().st_size
    return 0


def _known(file: SourceFile, ocr: str, known: Known) -> Scanned | None:
    """The known document of a file; None if it must be extracted."""
    if file.sha256 is None:
        return None
    key = _fingerprint(file, file.id, file.sha256, extractor_of(file.path.suffix, ocr))
    return Scanned(file.id, key, None) if known(key) == file.id else None


def scan(
    sources: Sequence[str | Path] = (), ocr: str = "", leave_out: Path | None = None, without: Collection[str] = ()
) -> Scan:
    """Prepares the scan of `sources` (files or folders; by default the shipped documents).

    Inside a folder, hidden files and folders and folders that are an index are skipped;
    files of unsupported formats are, too, and reported together. `ocr`: Tesseract's
    languages ("eng+rus"), to recognise text in pictures and in images of pages. `leave_out`: a folder to
    skip. `without`: ids of documents to leave out.
    Raises SourceMissing, UnknownFormat, SourceEmpty, and UsageError or ExtraMissing if OCR isn't available.
    """
    if ocr:
        from source.formats.pdf import check_languages  # imported late: asking questions parses no file

        check_languages(ocr)
    roots = roots_of(sources)
    excluded = frozenset(strings(without, "without"))
    skipped: list[SourceError] = []
    all_files = files_in(roots, leave_out, skipped.append, pictures=bool(ocr))
    files = [file for file in all_files if file.is_collection or file.id not in excluded]
    if not files:
        left_out = [str(error) for error in skipped if isinstance(error, UnknownFormat)]
        for error in skipped:
            if not isinstance(error, UnknownFormat):
                raise error
        raise SourceEmpty(" ".join([f"No readable documents found in {' or '.join(map(isolated, roots))}.", *left_out]))
    named = frozenset(root for root in roots if not root.is_dir())
    return Scan(files, named, ocr, excluded, skipped)


def _read(file: SourceFile, ocr: str, parsers: Parsers) -> Scanned:
    """Extracts the document in a file, in a parser process."""
    facts = {"id": file.id, "title": name_of(Path(file.path.stem)), "path": file.shown_as}
    with readable(file, _most_bytes(file)):
        document = parsers.read(file.path, ocr=ocr, charset=file.origin.charset if file.origin else "", **facts)
    file = replace(file, sha256=document.sha256)  # it may have changed since it was hashed
    # A hijacked parser must not be able to replace another document.
    document = _placed(replace(document, id=file.id), file)
    key = _fingerprint(file, file.id, document.sha256, extractor_of(file.path.suffix, ocr))
    return Scanned(file.id, key, document)
