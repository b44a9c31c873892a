"""A pool of processes that parse files, each with a time limit.

It is our own code because multiprocessing, concurrent.futures and pebble all
unpickle what a child process sends: a hostile file that hijacks its parser would
run code in the parent, outside the sandbox. Here a child answers in JSON and raw
bytes, which are checked (`source.document_json`).
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, replace
from pathlib import Path
from threading import Lock, Timer
from typing import IO, Any, Protocol, TypeVar

from source import errors
from source.document import Document
from source.document_json import DOCUMENT_PARTS, load_parts
from source.encoding import is_unicode
from source.errors import ChapterVerseError, SourceError, SourceUnreadable, TooLarge, reason_of
from source.files import Member, Start
from source.formats.jsonl import JsonlLines
from source.formats.office.legacy import EXTRACTOR as LEGACY
from source.formats.office.legacy import MODERN
from source.formats.registry import format_of
from source.sandbox.convert import converted
from source.untrusted_text import isolated

SECONDS = 120.0
"""The time limit of a file, plus as much again for every `BYTES` of it."""
BYTES = 20_000_000
_LONGEST_MESSAGE = 2000  # characters
_OCR_FACTOR = 30  # OCR may take this many times as long
_HAS_GROUPS = os.name == "posix"
_ROOT = Path(__file__).parents[2]
_T = TypeVar("_T")


def cores() -> int:
    """The number of CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Parsers(Protocol):
    """The interface of a pool that parses files.

    `concurrency`: how many files it parses at a time. Safe to use from that many threads.
    """

    concurrency: int

    def read(self, file: Path, *, id: str, title: str, path: str, ocr: str = "", charset: str = "") -> Document:
        """Extracts the document in `file`. `charset`: the encoding that its server named. Raises a SourceError."""

    def read_lines(self, file: Path, lines: JsonlLines, path: str) -> tuple[list[Document], SourceError | None]:
        """Extracts the documents in lines of a collection, up to the first line with an error; and that error."""

    def members(self, file: Path, start: Start, path: str) -> tuple[list[Member], list[SourceError], Start | None]:
        """The documents of the batch that starts at `start` in a container, errors, and where the next batch starts."""

    def read_members(
        self, file: Path, start: Start, wanted: Sequence[int], *, id: str, title: str, path: str, ocr: str = ""
    ) -> list[Document | SourceError]:
        """Extracts the documents at these positions in a batch; the error of each that can't be.

        Raises a SourceError.
        """

    def close(self) -> None:
        """Ends the parser processes; no file can be read afterwards."""


class ParserPool:
    """A pool of parser processes, started on demand and reused. Safe to use from several threads."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.concurrency = cores()
        self._seconds = seconds
        self._lock = Lock()
        self._free: list[_ParserProcess] = []
        self._busy: set[_ParserProcess] = set()
        self._closed = False

    def read(self, file: Path, *, id: str, title: str, path: str, ocr: str = "", charset: str = "") -> Document:
        """Extracts the document in `file`. `charset`: the encoding that its server named.

        Raises a SourceError: SourceUnreadable if the process crashed, TooLarge if it exceeded its time limit.
        """
        facts = {"id": id, "title": title, "path": path, "ocr": ocr, "charset": charset}
        modern = MODERN.get(file.suffix.lower())
        if modern is None:
            return self._ask(file, {"suffix": file.suffix, **facts}, load_parts)
        with converted(file, modern, path, self._time(file.stat().st_size)) as made, file.open("rb") as old:
            document = self._ask(made, {"suffix": modern, **facts}, load_parts)
            sha256 = hashlib.file_digest(old, "sha256").hexdigest()
        return replace(document, sha256=sha256, extractor=f"{LEGACY} {document.extractor}")

    def read_lines(self, file: Path, lines: JsonlLines, path: str) -> tuple[list[Document], SourceError | None]:
        """Extracts the documents in lines of a collection, up to the first line with an error; and that error.

        Raises as `read`.
        """
        return self._ask(file, {**asdict(lines), "path": path}, _documents, len(lines))

    def ids(self, file: Path, lines: JsonlLines, path: str) -> list[str]:
        """The ids of the documents in lines of a collection. Raises a SourceError."""
        return self._ask(file, {**asdict(lines), "path": path, "ids": True}, _ids, len(lines))

    def members(self, file: Path, start: Start, path: str) -> tuple[list[Member], list[SourceError], Start | None]:
        """The documents of the batch that starts at `start` in a container, errors, and where the next batch starts.

        Raises as `read`.
        """
        return self._ask(file, {"from": start, "path": path}, _members)

    def read_members(
        self, file: Path, start: Start, wanted: Sequence[int], *, id: str, title: str, path: str, ocr: str = ""
    ) -> list[Document | SourceError]:
        """Extracts the documents at these positions in a batch; the error of each that can't be. Raises as `read`."""
        facts = {"id": id, "title": title, "path": path, "ocr": ocr}
        return self._ask(file, {"from": start, "wanted": list(wanted), **facts}, _members_read)

    def draw(self, file: Path, *, sha256: str, page: int, path: str) -> bytes:
        """Renders a page of the file with this hash as a PNG. Raises a SourceError."""
        return self._ask(file, {"sha256": sha256, "page": page, "path": path}, _picture)

    def _ask(
        self, file: Path, request: dict[str, Any], decode: Callable[[list[bytes]], _T], size: int | None = None
    ) -> _T:
        """Asks a free process. `size`: the bytes to be read; None for the whole file."""
        size = file.stat().st_size if size is None else size
        seconds = self._time(size) * (_OCR_FACTOR if request.get("ocr") else 1)
        with self._process() as process:
            return process.ask({**request, "file": os.fspath(file.absolute()), "seconds": seconds}, seconds, decode)

    def _time(self, size: int) -> float:
        """The seconds that so many bytes may take."""
        return self._seconds * (1 + size / BYTES)

    @contextmanager
    def _process(self) -> Iterator[_ParserProcess]:
        """A process for one request; afterwards it goes back to the pool if it is still alive."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the parser pool is closed")
            process = self._idle() or _ParserProcess()
            self._busy.add(process)
        try:
            yield process
        finally:
            with self._lock:
                self._busy.remove(process)
                if process.alive and not self._closed:
                    self._free.append(process)
                else:
                    process.close()

    def _idle(self) -> _ParserProcess | None:
        """A free process, or None. Processes that were killed while idle are dropped; no file is to blame for that."""
        while self._free:
            process = self._free.pop()
            if process.alive:
                return process
            process.close()
        return None

    def close(self) -> None:
        """Kills every process; a thread waiting for one gets SourceUnreadable."""
        with self._lock:
            self._closed = True
            for process in self._free:
                process.close()
            for process in self._busy:  # only killed: another thread is reading from its pipes
                process.kill()


class _ParserProcess:
    """A child process that runs `source.sandbox.worker`, and the pipes to it."""

    def __init__(self) -> None:
        # Only the variables that Python needs: a hijacked parser must not see passwords in the environment.
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
        search = os.pathsep.join([os.fspath(_ROOT), *(path for path in sys.path if path)])
        self._ready = False
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "source.sandbox.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, cwd=_ROOT, process_group=0 if _HAS_GROUPS else None,
                env={**keep, "PYTHONPATH": search, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
        except OSError as error:
            raise _not_started(reason_of(error)) from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float, decode: Callable[[list[bytes]], _T]) -> _T:
        """Sends a request and decodes the answer; the process is killed after `seconds`.

        Raises a SourceError; or ChapterVerseError if the process ended before it was ready, for which no file is to
        blame.
        """
        timer = Timer(seconds, self.kill)
        try:
            timer.start()
        except RuntimeError as error:  # the system has no thread left
            raise _not_started(str(error)) from error
        try:
            self._wait_until_ready()
            return decode(self._exchange(request))
        except SourceError:
            raise
        except Exception as error:  # a hijacked process may answer anything
            in_time = timer.is_alive()
            self.close()
            status = self._process.returncode
            if not self._ready:
                raise _not_started(f"its process exited with status {status}") from error
            raise _ended(request["path"], status, in_time, seconds) from error
        except BaseException:  # interrupted: the answer still on its way would be taken for the next one's
            self.close()
            raise
        finally:
            timer.cancel()

    def _wait_until_ready(self) -> None:
        assert self._process.stdout
        self._ready = self._ready or self._process.stdout.readline() == b"\n"
        if not self._ready:
            raise EOFError

    def _exchange(self, request: dict[str, Any]) -> list[bytes]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
        head: dict[str, Any] = json.loads(stdout.readline())
        if "error" in head:
            raise _error(head)
        return [_exactly(stdout, length) for length in head["lengths"]]

    def kill(self) -> None:
        """Kills the process, and the programs that it has started."""
        if not _HAS_GROUPS:
            self._process.kill()
        elif self._process.returncode is None:  # or else its number may have become another's
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(OSError):  # the process died with unread input
                pipe.close()


def _documents(parts: list[bytes]) -> tuple[list[Document], SourceError | None]:
    *parts, error = parts
    head = json.loads(error)
    documents = [load_parts(parts[at : at + DOCUMENT_PARTS]) for at in range(0, len(parts), DOCUMENT_PARTS)]
    return documents, head and _error(head)


def _ids(parts: list[bytes]) -> list[str]:
    ids = json.loads(*parts)
    if not (isinstance(ids, list) and all(isinstance(id, str) for id in ids)):
        raise ValueError("the ids are not strings")
    return ids


def _members(parts: list[bytes]) -> tuple[list[Member], list[SourceError], Start | None]:
    rows, failed, following = json.loads(*parts)
    found = [Member(**row) for row in rows]
    for each in found:
        if not all(isinstance(value, str) and is_unicode(value) for value in astuple(each)) or not format_of(
            each.suffix
        ):
            raise ValueError("the members are not named by strings")
    if following is not None:
        offset, number = following
        following = int(offset), int(number)
    return found, [_error(each) for each in failed], following


def _members_read(parts: list[bytes]) -> list[Document | SourceError]:
    groups = [parts[at : at + DOCUMENT_PARTS] for at in range(0, len(parts), DOCUMENT_PARTS)]
    return [load_parts(group) if any(group[1:]) else _error(json.loads(group[0])) for group in groups]


def _picture(parts: list[bytes]) -> bytes:
    (picture,) = parts
    return picture


def _error(head: dict[str, Any]) -> SourceError:
    kind: type[SourceError] = getattr(errors, head["error"])
    assert issubclass(kind, SourceError)
    return kind(str(head["message"])[:_LONGEST_MESSAGE])


def _exactly(file: IO[bytes], length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise EOFError
    return data


def _not_started(reason: str) -> ChapterVerseError:
    """The error for a parser that could not start. Not a SourceError: skipping files would remove their documents."""
    return ChapterVerseError(
        f"Files cannot be read, because their parser could not be started ({reason}). Allow the program more memory, "
        "processes or open files, and try again."
    )


def _ended(path: str, status: int, in_time: bool, seconds: float) -> SourceError:
    if not in_time:
        return TooLarge(f"{isolated(path)} took longer than {seconds:.0f} seconds to extract. Split it or exclude it.")
    # Either the file crashed the parser, or the system was short of memory; the two look the same.
    return SourceUnreadable(
        f"{isolated(path)} could not be read: its parser exited with status {status}. Build again, or save the "
        "file again."
    )
