"""Is a generation what it should be: compared with the folder it came from, and read through from end to end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from index.errors import IndexCorrupt
from index.folder.store import FolderStore
from index.lance.rows import bucket_count
from index.lance.store import LanceStore
from index.lance.tables import PARTS, SealedColumn

_COMPARED = 32  # passages
_NEAR = 10


def compare(store: LanceStore, folder: FolderStore) -> None:
    """Raises IndexCorrupt unless a generation that was published has what its folder has, as far as is looked."""
    if differing := next(_differences(store, folder), None):
        raise IndexCorrupt(f"What was published differs from what was built in {differing}; build it again.")


def _differences(store: LanceStore, folder: FolderStore) -> Iterator[str]:
    for part, count in _counts(store).items():
        if store.table(part).count() != count:
            yield f"the number of {part.table}"
    rows = np.unique(np.linspace(0, len(folder) - 1, _COMPARED).astype(np.int64))
    store.prefetch(rows.tolist())
    ours, theirs = store.tokens(rows), folder.tokens(rows)
    if not np.array_equal(ours.vectors, theirs.vectors) or not np.array_equal(ours.scales, theirs.scales):
        yield "token vectors"
    if not np.array_equal(store.vectors.of(rows), folder.vectors.of(rows)):
        yield "vectors"
    for row in rows.tolist():
        passage = folder.passage(row)
        if store.passage(row) != passage or store.sentences(row) != folder.sentences(row):
            yield "passages"
        of = np.array([row])
        if not np.allclose(store.lexical.scores(passage.text, of), folder.lexical.scores(passage.text, of)):
            yield "scores of words"
    yield from _not_found(store, folder, int(rows[len(rows) // 2]))


def _not_found(store: LanceStore, folder: FolderStore, row: int) -> Iterator[str]:
    """What a search does not find that looks for a passage itself."""
    vector = folder.vectors.of(np.array([row]))[0]
    best = folder.vectors.nearest(vector, 1)[1]
    if store.vectors.nearest(vector, _NEAR)[1].max(initial=-1) < best.max(initial=-1) - 1e-5:
        yield "nearest vectors"
    text = folder.passage(row).text
    words = (each.scores(text, each.search(text, _NEAR)).max(initial=0) for each in (store.lexical, folder.lexical))
    if not np.allclose(*words):
        yield "searched words"


def problems(store: LanceStore) -> Iterator[str]:
    """A sentence for each table that is not as it was written; every row is read."""
    for part, count in _counts(store).items():
        try:
            rows = [row for row, _ in store.table(part).all(part)]
        except IndexCorrupt as error:
            yield str(error)
            continue
        if sorted(rows) != list(range(count)):
            yield f"The table {part.table} of generation {store.generation} has {len(rows):,} rows of {count:,}."
    try:
        store.sources()
    except IndexCorrupt as error:
        yield str(error)


def _counts(store: LanceStore) -> dict[SealedColumn, int]:
    """How many rows each part has."""
    counts = store.manifest.counts
    rows = {"passages": counts["passages"], "documents": counts["documents"], "corners": counts["corners"]}
    rows["keys"] = bucket_count(counts["keys"])
    return {part: rows[part.table] for part in PARTS if part.table in rows}
