"""Verifies a published generation: compares samples with the folder it came from, or reads all of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from index.errors import IndexCorrupt
from index.folder.store import FolderStore
from index.lance.keys import bucket_count
from index.lance.store import LanceStore
from index.lance.tables import PARTS, SealedColumn

_COMPARED = 32  # passages
_NEAR = 10


def compare(store: LanceStore, folder: FolderStore) -> None:
    """Compares samples of a published generation with its folder. Raises IndexCorrupt if they differ."""
    if difference := next(_differences(store, folder), None):
        raise IndexCorrupt(f"The published index differs from the one that was built ({difference}). Build it again.")


def _differences(store: LanceStore, folder: FolderStore) -> Iterator[str]:
    for part, count in _counts(store).items():
        if store.table(part).count() != count:
            yield f"the number of {part.table}"
    rows = np.unique(np.linspace(0, len(folder) - 1, _COMPARED).astype(np.int64))
    store.prefetch(rows.tolist())
    found, expected = store.tokens(rows), folder.tokens(rows)
    if not np.array_equal(found.vectors, expected.vectors) or not np.array_equal(found.scales, expected.scales):
        yield "token vectors"
    if not np.array_equal(store.vectors.of(rows), folder.vectors.of(rows)):
        yield "vectors"
    for row in rows.tolist():
        passage = folder.passage(row)
        if store.passage(row) != passage or store.sentences(row) != folder.sentences(row):
            yield "passages"
        only = np.array([row])
        if not np.allclose(store.lexical.scores(passage.text, only), folder.lexical.scores(passage.text, only)):
            yield "BM25 scores"
    yield from _not_found(store, folder, int(rows[len(rows) // 2]))


def _not_found(store: LanceStore, folder: FolderStore, row: int) -> Iterator[str]:
    """Searches for a passage by its own vector and text; names what isn't found as in the folder."""
    vector = folder.vectors.of(np.array([row]))[0]
    cosine = folder.vectors.nearest(vector, 1)[1].max(initial=-1)
    if store.vectors.nearest(vector, _NEAR)[1].max(initial=-1) < cosine - 1e-5:
        yield "nearest vectors"
    text = folder.passage(row).text
    best = (each.scores(text, each.search(text, _NEAR)).max(initial=0) for each in (store.lexical, folder.lexical))
    if not np.allclose(*best):
        yield "BM25 search"


def problems(store: LanceStore) -> Iterator[str]:
    """Reads every row; yields one sentence for each damaged table."""
    for part, count in _counts(store).items():
        try:
            rows = [row for row, _ in store.table(part).all(part)]
        except IndexCorrupt as error:
            yield str(error)
            continue
        if sorted(rows) != list(range(count)):
            yield f"The table {part.table} of generation {store.generation} has {len(rows):,} of {count:,} rows."
    try:
        store.sources()
    except IndexCorrupt as error:
        yield str(error)


def _counts(store: LanceStore) -> dict[SealedColumn, int]:
    """The number of rows of each sealed column."""
    counts = store.manifest.counts
    rows = {"passages": counts["passages"], "documents": counts["documents"], "corners": counts["corners"]}
    rows["keys"] = bucket_count(counts["keys"])
    return {part: rows[part.table] for part in PARTS if part.table in rows}
