"""The processes that parse files, seen from outside: each has a time to answer in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock, Timer
from typing import IO, Any, Protocol, TypeVar

import numpy as np

from source import errors
from source.document import Document
from source.document_json import load_document
from source.errors import SourceError, SourceUnreadable, TooLarge

SECONDS = 120.0
"""The time a file may take, and as much again for every `BYTES` of it."""
BYTES = 20_000_000
_RECOGNISING = 30  # times as long for text in pictures
_ROOT = Path(__file__).parents[2]
_T = TypeVar("_T")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Parsers(Protocol):
    """Who parses the files that are read apart. `many`: files at a time; safe to use from as many threads."""

    many: int

    def read(self, file: Path, *, id: str, title: str, path: str, ocr: str = "") -> Document:
        """The document in `file`. Raises a SourceError."""

    def close(self) -> None:
        """Nothing more will be read."""


class ParserPool:
    """Lends out processes that read files; starts one when none is free. Safe to use from several threads."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.many = cores()
        self._seconds = seconds
        self._lending = Lock()
        self._free: list[_Worker] = []
        self._lent: set[_Worker] = set()
        self._closed = False

    def read(self, file: Path, *, id: str, title: str, path: str, ocr: str = "") -> Document:
        """The document in `file`. Raises a SourceError: SourceUnreadable when the process ended, TooLarge when slow."""
        return self._ask(file, {"suffix": file.suffix, "id": id, "title": title, "path": path, "ocr": ocr}, _document)

    def draw(self, file: Path, *, sha256: str, page: int, path: str) -> bytes:
        """A page's picture, a PNG, of the file with this hash. Raises a SourceError."""
        return self._ask(file, {"sha256": sha256, "page": page, "path": path}, _picture)

    def _ask(self, file: Path, request: dict[str, Any], take: Callable[[list[bytes]], _T]) -> _T:
        seconds = self._seconds * (1 + file.stat().st_size / BYTES) * (_RECOGNISING if request.get("ocr") else 1)
        with self._worker() as worker:
            return worker.ask({**request, "file": os.fspath(file.absolute())}, seconds, take)

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        with self._lending:
            if self._closed:
                raise RuntimeError("the workers are closed")
            worker = self._idle() or _Worker()
            self._lent.add(worker)
        try:
            yield worker
        finally:
            with self._lending:
                self._lent.remove(worker)
                if worker.alive and not self._closed:
                    self._free.append(worker)
                else:
                    worker.close()

    def _idle(self) -> _Worker | None:
        """One that has nothing to do; those that were killed meanwhile are no file's fault."""
        while self._free:
            worker = self._free.pop()
            if worker.alive:
                return worker
            worker.close()
        return None

    def close(self) -> None:
        """Ends all processes; who waits for one is told that it ended."""
        with self._lending:
            self._closed = True
            for worker in self._free:
                worker.close()
            for worker in self._lent:  # the thread that has it is at its pipes
                worker.kill()


class _Worker:
    """One process."""

    def __init__(self) -> None:
        # Of the environment only what Python needs: a parser has no use for a password that lies there.
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
        search = os.pathsep.join([os.fspath(_ROOT), *(path for path in sys.path if path)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "source.sandbox.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, cwd=_ROOT,
            env={**keep, "PYTHONPATH": search, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float, take: Callable[[list[bytes]], _T]) -> _T:
        timer = Timer(seconds, self._process.kill)
        timer.start()
        try:
            return take(self._exchange(request))
        except SourceError:
            raise
        except Exception as error:  # a process that was taken over may answer anything
            in_time = timer.is_alive()
            self.close()
            raise _ended(request["path"], self._process.returncode, in_time, seconds) from error
        except BaseException:  # interrupted: what it was asked for would be the next one's answer
            self.close()
            raise
        finally:
            timer.cancel()

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
        self._process.kill()

    def close(self) -> None:
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(OSError):  # it ended with something for it on the way
                pipe.close()


def _document(parts: list[bytes]) -> Document:
    line, corners = parts
    document = load_document(line)
    if not corners:
        return document
    return replace(document, corners=np.frombuffer(corners, np.uint16).reshape(len(document.text), 4))


def _picture(parts: list[bytes]) -> bytes:
    (picture,) = parts
    return picture


def _error(head: dict[str, Any]) -> SourceError:
    kind: type[SourceError] = getattr(errors, head["error"])
    assert issubclass(kind, SourceError)
    return kind(str(head["message"]))


def _exactly(file: IO[bytes], length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise EOFError
    return data


def _ended(path: str, status: int, in_time: bool, seconds: float) -> SourceError:
    if not in_time:
        return TooLarge(f"{path} took longer than {seconds:.0f} seconds to read; leave it out, or split it.")
    # Whether that was the file's fault, or the system's that was short of memory, is not known.
    return SourceUnreadable(
        f"{path} could not be read: its reader ended with status {status}; build again, or save it anew."
    )
