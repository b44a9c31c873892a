"""Changes random bytes of an index and cuts files short; each damage must be detected before use, and repaired.

    python tests/crash/flip.py [--times N] [--scratch DIR]

Each trial flips a bit or cuts a file at a random place of a random file that answering needs.
Opening the index must name the damaged file; every other time the index is opened as a large one,
and reading all of it block by block must name the file. The process must survive, and the next
build must restore the same answers.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
from collection import use_hash_encoder, version_of, write

from index import FolderStore, StoreError, build
from index.locate import locate

VERSION = 5


def needed(root: Path) -> list[Path]:
    """The files that answering reads."""
    store = FolderStore(root)
    folders = [root / "generations" / store.generation, *(segment.layout.root for segment in store.segments)]
    return [root / "CURRENT", *(path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())]


def damage(path: Path, drawn: random.Random) -> str:
    """Flips a bit or cuts off the end; returns which."""
    data = bytearray(path.read_bytes())
    at = drawn.randrange(len(data))
    if drawn.random() < 0.5:
        data[at] ^= 1 << drawn.randrange(8)
        path.write_bytes(data)
        return "flip"
    path.write_bytes(data[:at])
    return "cut"


@contextmanager
def as_a_large_one() -> Iterator[None]:
    """Makes stores check files block by block, as for a large index."""
    with patch("index.folder.segment.CHECKED_WHOLE", 0), patch("index.folder.store.CHECKED_WHOLE", 0):
        yield


def read_all(root: Path) -> None:
    """Reads every file that answering reads. Raises StoreError for a damaged one."""
    store = FolderStore(root)
    rows = np.arange(len(store))
    store.sources(), store.tokens(rows), store.vectors.of(rows), store.lexical.search("keeper north", len(store))
    for row in rows.tolist():
        passage = store.passage(row)
        store.sentences(row), store.document_by_id(passage.document_id), store.places_of(passage.text, 9)


def run(times: int, scratch: Path, seed: int = 0) -> str:
    """Runs `times` trials; returns a sentence about them."""
    use_hash_encoder()
    root, sources, drawn = scratch / "index", scratch / "sources", random.Random(seed)
    for version in (VERSION - 1, VERSION):
        write(sources, version)
        build(root, [sources])
    whole = scratch / "whole"
    shutil.copytree(root, whole)
    found: Counter[str] = Counter()
    for number in range(times):
        path = drawn.choice(needed(root))
        kind = damage(path, drawn)
        if complaint := _complaint(root, large=number % 2 == 1):
            found[f"{kind} found by asking"] += 1
        else:
            assert locate(root).problems(), f"{path}: {kind} was not found"
            found[f"{kind} found by verify alone"] += 1
        assert not complaint or path.parent.name in complaint or path.name in complaint or str(root) in complaint
        build(root, [sources])
        assert version_of(root) == VERSION, path
        shutil.rmtree(root)
        shutil.copytree(whole, root)
    return f"{times} damaged files: {dict(found)}; 0 believed, 0 crashes, every one mended"


def _complaint(root: Path, *, large: bool) -> str:
    try:
        if large:
            with as_a_large_one():
                read_all(root)
        assert version_of(root) == VERSION
    except StoreError as error:
        return str(error)
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--scratch", type=Path, help="where the index is built")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        print(run(arguments.times, Path(scratch)))


if __name__ == "__main__":
    main()
