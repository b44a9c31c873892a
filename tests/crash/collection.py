"""A collection with several versions, an encoder without weights, and the check that an index must always pass."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index import open_store
from index.encoder.identity import Identity
from index.encoder.protocol import Encoded, unit
from index.types import Offsets

FILES = 12
DIMENSION = 8


class HashEncoder:
    """An encoder whose vectors are a cheap function of the text."""

    identity, precision, dimension, max_tokens = Identity("hash", "0", "0"), "float32", DIMENSION, 64

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        return [np.array([(i, i + 1) for i, char in enumerate(text) if not char.isspace()], np.int64) for text in texts]

    def known(self, text: str) -> float:
        return 1.0

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        for text in texts:
            seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
            drawn = np.random.default_rng(seed)
            (offsets,) = self.pieces([text])
            vector = unit(drawn.standard_normal(DIMENSION).astype(np.float32))
            yield Encoded(vector, unit(drawn.standard_normal((len(offsets), DIMENSION)).astype(np.float32)), offsets)


def use_hash_encoder() -> None:
    """Makes all builds of this process use it."""
    module: Any = sys.modules["index.folder.build"]
    module.load_encoder = lambda name: HashEncoder()
    module.identity = lambda name: HashEncoder.identity


def texts_of(version: int) -> dict[str, str]:
    """The files of the collection's `version`; each adds, changes and removes some files of the one before."""
    files = {}
    for number in range(FILES):
        drawn = random.Random(f"{number} {(version + number) // 4}")
        if drawn.random() < 0.85:
            words = " ".join(drawn.choice(["ship", "keeper", "harbour", "north", "storm", "lamp"]) for _ in range(6))
            files[f"{number}.txt"] = f"Document {number} of version {version // 4}: {words}. " * 3
    files["version.txt"] = f"This is version {version}."
    return files


def write(folder: Path, version: int) -> None:
    """Writes that version into the folder."""
    folder.mkdir(exist_ok=True)
    files = texts_of(version)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        if not (folder / name).exists() or (folder / name).read_text() != text:
            (folder / name).write_text(text)


def version_of(index: str | Path) -> int:
    """The version that the index holds; checks that it holds exactly that and that every hash agrees."""
    store = open_store(index)
    found = {document.id: document.text for document in map(store.document, range(store.documents))}
    version = int(found["version.txt"].rstrip(".").rpartition(" ")[2])
    assert found == texts_of(version), f"a mixture: {sorted(found)}"
    for row in range(len(store)):
        passage = store.passage(row)
        assert passage.text == found[passage.document_id][passage.span.start : passage.span.end]
    (asked,) = HashEncoder().encode([store.passage(0).text])
    rows, _ = store.vectors.nearest(asked.vector, 3)
    assert len(rows) == min(3, len(store))
    holding = [row for row in range(len(store)) if "keeper" in store.passage(row).text]
    assert sorted(store.lexical.search("keeper", len(store)).tolist()) == holding
    return version


def debris(root: Path) -> list[Path]:
    """The unfinished folders that a build has left behind."""
    return [path for path in root.rglob("*") if path.name.startswith("unfinished-") or path.name.endswith(".new")]
