"""What holds for two indexes that should be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from index import FolderStore
from index.folder.layout import Folder, GenerationLayout, SegmentLayout
from index.folder.manifest import NAME_LENGTH

# What depends on where things lie, as on how far a build had read when a segment was full; all else is a function of
# the documents.
PLACES = {"documents.npy", "texts.npy", "manifest.json", "blocks.bin"}


def fill_disk(patch: pytest.MonkeyPatch) -> None:
    """Has builds spare more of the disk than there is."""
    patch.setattr("source.disk.SPARED", 1 << 60)
    patch.setattr("source.disk._MOST_SPARED", 2)


@contextmanager
def elsewhere(context: AbstractContextManager[object]) -> Iterator[None]:
    """Holds a context in another thread, as another process would: a lock may be taken twice in one thread."""
    held, done = Event(), Event()

    def hold() -> None:
        with context:
            held.set()
            done.wait()

    thread = Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        yield
    finally:
        done.set()
        thread.join()


def same(one: Path, other: Path) -> None:
    """That two indexes answer the same, bit for bit."""
    left, right = FolderStore(one), FolderStore(other)
    roots = [GenerationLayout(store.root / "generations" / store.generation) for store in (left, right)]
    for path in roots[0].files():
        name = path.relative_to(roots[0].root).as_posix()
        if name not in PLACES:
            assert path.read_bytes() == (roots[1].root / name).read_bytes(), name
    assert [left.document(row) for row in range(left.documents)] == [
        right.document(row) for row in range(right.documents)
    ]
    rows = np.arange(len(left))
    assert (left.vectors.of(rows) == right.vectors.of(rows)).all()
    ours, theirs = left.tokens(rows), right.tokens(rows)
    assert (ours.vectors == theirs.vectors).all() and (ours.scales == theirs.scales).all()
    assert all((a == b).all() for a, b in zip(ours.offsets, theirs.offsets, strict=True))
    assert left.manifest.counts == right.manifest.counts and left.manifest.languages == right.manifest.languages


def generation(root: Path) -> GenerationLayout:
    return GenerationLayout(root / "generations" / "000001")


def segment(root: Path) -> SegmentLayout:
    (folder,) = (root / "segments").iterdir()
    return SegmentLayout(folder)


def forge(root: Path, segment_changes: Any = None, **changes: Any) -> None:
    """Changes the manifests of the generation and of its only segment, and updates every hash.

    `changes`: by field. A function is given the old value and returns the new one.
    """
    old = segment(root)
    data = rehashed(old, **(segment_changes or {}))
    old.manifest.write_bytes(data)
    name = hashlib.sha256(data).hexdigest()[:NAME_LENGTH]
    old.root.rename(old.root.with_name(name))
    layout = generation(root)
    data = rehashed(layout, **{"segments": [name], **changes})
    layout.manifest.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    layout.seal.write_text(digest)
    (root / "CURRENT").write_text(f"000001 {digest}\n")


def rehashed(folder: Folder, **changes: object) -> bytes:
    record = json.loads(folder.manifest.read_bytes())
    for name in record["files"]:
        data = (folder.root / name).read_bytes()
        record["files"][name] = hashlib.sha256(data).hexdigest(), len(data)
    for name, change in changes.items():
        record[name] = change(record[name]) if callable(change) else change
    return json.dumps(record).encode()
