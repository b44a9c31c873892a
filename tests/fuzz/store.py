"""An index whose files were changed by whoever may write them, with their SHA-256 put right or not."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import HashEncoder, version_of, write
from flip import read_all

from fuzz.jsons import mutated_json
from fuzz.mutator import mutated
from index import FolderStore, StoreError, build
from index.folder.checksums import block_digests
from index.folder.generation import GenerationBuilder, GenerationRows, TextIds, write_tables
from index.folder.layout import GenerationLayout, Layout
from index.folder.merge import merge
from index.folder.previous import Previous

VERSION = 5
_HEADERS = [
    b"'descr': '|O'", b"'descr': '<i8'", b"'<f8'", b"'|V1000000'", b"'|S0'", b"(0,)", b"(-1, 2)",
    b"(9999999999, 9)", b"True", b"[('a', '|O')]", b"'shape': (", b"__import__('os')", b"\x93NUMPY\x03\x00",
    b"()", b"'|V0'", b"(1, 0)",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Damage:
    """`content` is put into a file, whose path inside the index `file` matches.

    `sealed`: its SHA-256 is put right everywhere.
    """

    file: str
    content: bytes
    sealed: bool

    @classmethod
    def read(cls, data: bytes) -> Damage:
        head, _, content = data.partition(b"\n")
        file, sealed = json.loads(head)
        return cls(file, content, sealed)

    def __bytes__(self) -> bytes:
        return json.dumps([self.file, self.sealed]).encode() + b"\n" + self.content


class Stored:
    """Opens the index and uses every file of it.

    Damage is a StoreError or makes no difference. Who seals what he has changed can say anything; then opening or
    using it is a StoreError, or gives other answers. The process lives, and runs nothing of it.
    """

    seconds = 5.0

    def __init__(self, name: str, folder: Path | None) -> None:
        scratch = Path(tempfile.mkdtemp())
        self.whole, self._root = scratch / "whole", scratch / "index"
        write(scratch / "sources", VERSION)
        with patch.multiple("index.folder.build", load_encoder=_hashes, identity=lambda name: HashEncoder.identity):
            build(self.whole, [scratch / "sources"])
        self._files = sorted(
            path.relative_to(self.whole).as_posix()
            for path in self.whole.rglob("*")
            if path.is_file() and path.name not in {"lock", "writer", "added"}
        )

    def draw(self, random: Random) -> bytes:
        file = random.choice(self._files)
        data = (self.whole / file).read_bytes()
        return bytes(Damage(_general(file), self._changed(file, data, random), random.random() < 0.7))

    def _changed(self, file: str, data: bytes, random: Random) -> bytes:
        if random.random() < 0.05:
            return (self.whole / random.choice(self._files)).read_bytes()
        if file.endswith(".json") and random.random() < 0.8:
            return mutated_json(json.loads(data), random)
        if file.endswith(".jsonl") and random.random() < 0.6:
            lines = data.splitlines()
            lines[random.randrange(len(lines))] = mutated_json(json.loads(random.choice(lines)), random)
            return b"\n".join(lines) + b"\n"
        if file.endswith(".npy"):
            return _changed_array(data, random)
        return mutated(data, random, [b"\xff" * 8, bytes(8), (1 << 62).to_bytes(8, "little"), b"IxF2", b"ra:1"])

    def check(self, data: bytes) -> None:
        damage = Damage.read(data)
        shutil.rmtree(self._root, ignore_errors=True)
        shutil.copytree(self.whole, self._root)
        path = next(self._root.glob(damage.file))
        path.write_bytes(damage.content)
        if damage.sealed:
            seal(self._root, path)
        try:
            take_over(self._root)
            store = FolderStore(self._root)
            assert len(store) and store.encoder and store.documents
        except StoreError:
            return
        try:
            use(store)
            if not damage.sealed:
                read_all(self._root)
                assert version_of(self._root) == VERSION, "wrong answers"
        except StoreError:
            return


def _hashes(name: str) -> HashEncoder:
    return HashEncoder()


def _general(file: str) -> str:
    """Without the name of the segment or generation, which is another where the same is built again."""
    first, *rest = file.split("/")
    return "/".join([first, "*", *rest[1:]]) if rest else file


def _changed_array(data: bytes, random: Random) -> bytes:
    """The header, or numbers of the array."""
    start = data.index(b"\n") + 1
    head, body = bytearray(data[:start]), bytearray(data[start:])
    if random.random() < 0.4 or len(body) < 8:
        return mutated(bytes(head), random, _HEADERS)[: random.choice((128, 100_000))] + bytes(body)
    for _ in range(random.choice((1, 3, 30))):
        at = random.randrange(len(body) // 8) * 8
        value = random.choice((0, -1, 1, 7, 255, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63), random.randrange(100)))
        body[at : at + 8] = value.to_bytes(8, "little", signed=True)
    return bytes(head + body)


def seal(root: Path, path: Path) -> None:
    """Puts every SHA-256 right that is of this file, and of those that name it."""
    folder = next((each for each in path.parents if (each / "manifest.json").exists()), None)
    if folder is None or not folder.is_relative_to(root):
        return
    manifest = folder / "manifest.json"
    if path != manifest and path.name != "manifest.sha256":
        record = json.loads(manifest.read_bytes())
        name = path.relative_to(folder).as_posix()
        record["files"][name] = [hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size]
        if path.name != "blocks.bin":
            names = [each for each in record["files"] if each != "blocks.bin"]
            blocks = b"".join(block_digests(folder / each)[0] for each in names)
            (folder / "blocks.bin").write_bytes(blocks)
            record["files"]["blocks.bin"] = [hashlib.sha256(blocks).hexdigest(), len(blocks)]
        manifest.write_bytes(json.dumps(record).encode())
    sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest()
    if folder.parent.name == "segments":
        _rename(root, folder, sha256[: len(folder.name)])
    else:
        (folder / "manifest.sha256").write_text(sha256)
        (root / "CURRENT").write_text(f"{folder.name} {sha256}\n")


def _rename(root: Path, segment: Path, name: str) -> None:
    """A segment is called by its manifest's SHA-256, and the generation names it."""
    segment.rename(segment.with_name(name))
    (generation,) = (root / "generations").iterdir()
    manifest = generation / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(segment.name.encode(), name.encode()))
    seal(root, manifest)


def take_over(root: Path) -> None:
    """What the next build would have of it, merged and written anew. What is damaged it makes again, and says so."""
    layout = Layout(root)
    base = Previous.of(layout, asdict(HashEncoder.identity))
    numbers = TextIds(base)
    collector = GenerationBuilder(base, numbers)
    for row in np.flatnonzero(base.generation.usable()).tolist() if base.generation else ():
        collector.keep(row)
    collector.flush()
    rows = GenerationRows.of(collector, numbers.places())
    if not len(rows.passages):
        return
    segments = list(base.segments)
    encoder = {**asdict(HashEncoder.identity), "precision": HashEncoder.precision, "dimension": HashEncoder.dimension}
    merge(layout, segments, range(len(segments)), rows.texts, rows.documents, encoder)
    written = GenerationLayout(root / "written")
    written.root.mkdir()
    write_tables(written, rows, rows.use_only(segments))


def use(store: FolderStore) -> None:
    """Asks all of it, as an answer does."""
    rows = np.arange(len(store))[:200]
    words = "keeper north storm document"
    store.lexical.search(words, 5), store.lexical.scores(words, rows), store.lexical.idf(["keeper", "zz"])
    store.lexical.content_words(words), store.lexical.found_in(["keeper", "zz"], rows)
    store.lexical.frequencies([f"keeper{number}" for number in range(100)])  # enough to be looked up together
    (asked,) = HashEncoder().encode(["keeper of the north"])
    store.vectors.nearest(asked.vector, 3)
    store.vectors._index.search(asked.vector[None], 5)
    store.tokens(rows).cosines(asked.tokens)
    for row in range(min(store.documents, 50)):
        document = store.document(row)
        list(store.rows.facts([row]))
        with suppress(KeyError):  # as for any id that is not there
            store.passages_of([document.id])
    for row in rows[:50].tolist():
        passage = store.passage(row)
        store.places_of(passage.text, 5)
        store.context(row)
        store.boxes(store.document_of(row), passage.span)
        for span in store.sentences(row):
            store.document(store.document_of(row)).place(span.start)
    store.rows.ids(), store.sources()
