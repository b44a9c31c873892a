"""Files of every format: a document in which all is in order comes of each, or a SourceError."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random

from fuzz.documents import check_document
from fuzz.mutator import WORDS, mutated_pdf, mutated_text, mutated_zip
from fuzz.seeds import TEXTUAL, ZIPPED, seeds
from source import SourceError
from source.files import BEGINNING, Start, member_id
from source.formats.image import picture_pdf
from source.formats.jsonl import records
from source.formats.registry import FORMATS, Format
from source.sandbox.containers import listed, read

_SMALL = 20_000  # bytes
_FACTS = {"id": "a", "title": "a", "path": "a"}


class Reader:
    """Reads files of one kind, as a worker does."""

    seconds = 2.0

    def __init__(self, kind: str, folder: Path | None) -> None:
        self._kind = kind
        self._seeds = seeds(kind, folder)
        self._format = next(each for each in FORMATS if each.module.rpartition(".")[2] == kind)

    def draw(self, random: Random) -> bytes:
        return drawn(self._kind, self._seeds, random)

    def check(self, data: bytes) -> None:
        check_file(self._format, data)


class Picture(Reader):
    """Decodes pictures, without recognising their text, which takes a second each."""

    def check(self, data: bytes) -> None:
        with suppress(SourceError, MemoryError):
            assert picture_pdf(data, "a").startswith(b"%PDF")


def drawn(kind: str, files: list[bytes], random: Random) -> bytes:
    """A changed file; nine in ten times a small one, if it is read as a whole, and every other one of the last."""
    likely = files[-4:] if random.random() < 0.5 else files
    whole = kind in TEXTUAL or random.random() < 0.1
    data = random.choice(likely if whole else [each for each in likely if len(each) < _SMALL] or files[-1:])
    if kind in ZIPPED:
        return mutated_zip(data, random, files)
    if kind == "pdf":
        return mutated_pdf(data, random, files)
    return mutated_text(data, random, WORDS.get(kind, ()), files)


def check_file(format: Format, data: bytes) -> None:
    """Reads a file."""
    try:
        document = format.read(data, sha256="0", **_FACTS)
    except SourceError:
        return
    except (RecursionError, MemoryError):  # of these a worker makes a SourceError
        return
    check_document(document, Random(len(data)))


class Container:
    """Reads mailboxes and archives, as a worker does: lists what is in a batch, then reads it."""

    seconds = 4.0

    def __init__(self, kind: str, folder: Path | None) -> None:
        self._kind = kind
        self._seeds = seeds(kind, folder)
        self._file = Path(tempfile.mkdtemp(), f"a.{kind}")

    def draw(self, random: Random) -> bytes:
        return drawn(self._kind, self._seeds, random)

    def check(self, data: bytes) -> None:
        self._file.write_bytes(data)
        with suppress(SourceError, RecursionError, MemoryError):
            start: Start | None = BEGINNING
            while start is not None:
                members, _, following = listed(self._file, start, "a")
                found = read(self._file, start, range(len(members)), id="a", title="a", path="a", ocr="")
                assert following is None or following > start, "the next batch is not further on"
                for member, each in zip(members, found, strict=True):
                    if isinstance(each, SourceError | RecursionError | MemoryError):
                        continue
                    if isinstance(each, Exception):
                        raise each
                    assert (each.id, each.sha256) == (member_id("a", member.name), member.sha256)
                    check_document(each, Random(len(data)))
                start = following


class Collection:
    """Reads `.jsonl` collections, line by line."""

    seconds = 2.0

    def __init__(self, kind: str, folder: Path | None) -> None:
        self._seeds = seeds("jsonl", folder)
        self._file = Path(tempfile.mkdtemp(), "a.jsonl")

    def draw(self, random: Random) -> bytes:
        return drawn("jsonl", self._seeds, random)

    def check(self, data: bytes) -> None:
        self._file.write_bytes(data)
        try:
            for record in records(self._file, "a.jsonl"):
                check_document(record.document(), Random(len(data)))
        except SourceError:
            pass
