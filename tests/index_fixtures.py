"""What holds for two indexes that should be the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index import FolderStore
from index.folder.layout import GenerationLayout

# What depends on where things lie, as on how far a build had read when a segment was full; all else is a function of
# the documents.
PLACES = {"documents.npy", "texts.npy", "manifest.json", "blocks.bin"}


def fill_disk(patch: pytest.MonkeyPatch) -> None:
    """Has builds spare more of the disk than there is."""
    patch.setattr("source.disk.SPARED", 1 << 60)
    patch.setattr("source.disk._MOST_SPARED", 2)


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
