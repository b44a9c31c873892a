"""The engine's indexes of the passages: of their words, and of their vectors."""

from __future__ import annotations

from lancedb import AsyncTable
from lancedb.index import FTS, HnswSq

from index.lance.storage import Storage
from index.machines import installed

FLAT = 4096
"""Passages up to which every vector is compared: that is exact, and reads no more than 6 MB."""
FILE = 1 << 17
"""Rows of a file, and passages of the smallest graphs where there are several."""
_MOST = 1 << 20  # passages of the largest: one core makes it in the better part of an hour
_SEARCHED = 16  # graphs that a question may search before they become larger
WORDS = {
    "base_tokenizer": "whitespace", "lower_case": False, "stem": False, "remove_stop_words": False,
    "ascii_folding": False, "max_token_length": 1 << 20, "with_position": False,
}  # fmt: skip


def graphs(rows: int) -> int:
    """How many graphs so many passages are divided into: each is made by one core, and a question searches all."""
    return -(-rows // min(max(rows // _SEARCHED, FILE), _MOST)) if rows > FLAT else 0


def make_indexes(storage: Storage, name: str, table: AsyncTable, rows: int, on: str) -> tuple[AsyncTable, int]:
    """Indexes a table of so many passages; what it is now, and the graphs in each segment of the vectors' index.

    `on`: as in `index.machines.machines`; a cluster is asked if there is more than one graph to make.
    """
    count = graphs(rows)
    if on and count > 1:
        with installed(on):
            from index.cluster import joined
            from index.lance.on_ray import index_on_cluster
        with joined(on):
            partitions = index_on_cluster(storage, name, count)
        return storage.open(name), partitions
    storage.build(table.create_index("terms", config=FTS(**WORDS)))
    if count:
        storage.build(table.create_index("vector", config=HnswSq(distance_type="l2", num_partitions=count)))
    return table, count
