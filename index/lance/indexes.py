"""The engine's indexes of the passages: of their words, and of their vectors."""

from __future__ import annotations

from lancedb import AsyncTable
from lancedb.index import FTS, HnswSq

from index.lance.storage import Storage
from index.machines import installed

FLAT = 4096
"""Passages up to which every vector is compared: that is exact, and reads no more than 6 MB."""
GRAPH = 1 << 17
"""Passages of a graph, about: one core makes one in some minutes, several make several, and a question searches all."""
WORDS = {
    "base_tokenizer": "whitespace", "lower_case": False, "stem": False, "remove_stop_words": False,
    "ascii_folding": False, "max_token_length": 1 << 20, "with_position": False,
}  # fmt: skip


def index(storage: Storage, name: str, table: AsyncTable, rows: int, on: str) -> tuple[AsyncTable, int]:
    """Indexes a table of so many passages; what it is now, and in how many parts each graph's vectors lie.

    `on`: as in `index.machines.machines`; a cluster is asked if there is more than one graph to make.
    """
    if on and rows > GRAPH:
        with installed(on):
            from index.lance.on_ray import index_on_cluster
        partitions = index_on_cluster(on, storage, name, -(-rows // GRAPH))
        return storage.open(name), partitions
    storage.build(table.create_index("terms", config=FTS(**WORDS)))
    partitions = -(-rows // GRAPH) if rows > FLAT else 0
    if partitions:
        storage.build(table.create_index("vector", config=HnswSq(distance_type="l2", num_partitions=partitions)))
    return table, partitions
