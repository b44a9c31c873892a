"""The text and vector indexes of the passages table, made by LanceDB here or on a Ray cluster."""

from __future__ import annotations

from typing import Any

from lancedb import AsyncTable
from lancedb.index import FTS, HnswSq

from index.lance.storage import Storage
from index.ray import installed

FLAT = 4096
"""Passages up to which every vector is compared: that is exact, and reads no more than 6 MB."""
FILE = 1 << 17
"""Rows of a file, and passages of the smallest graphs where there are several."""
_MOST = 1 << 20  # passages of the largest: one core makes it in the better part of an hour
_TRIES = 3  # a machine of a cluster that is lost while it indexes ends them all
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

    `on`: as in `index.ray.machines`; a cluster is asked if there is more than one graph to make.
    """
    count = graphs(rows)
    if on and count > 1:
        with installed(on):
            import lance_ray  # noqa: F401

            from index.ray.cluster import joined
        with joined(on):
            partitions = _index_on_cluster(storage, name, count)
        return storage.open(name), partitions
    storage.build(table.create_index("terms", config=FTS(**WORDS)))
    if count:
        storage.build(table.create_index("vector", config=HnswSq(distance_type="l2", num_partitions=count)))
    return table, count


def _index_on_cluster(storage: Storage, name: str, graphs: int) -> int:
    """Makes about so many graphs, and the index of the words; how many each worker has made, a segment of its own.

    By the machines of the cluster that was joined, each of some of the table's files. Every machine reads the files
    and writes its parts of the indexes itself: it needs the storage, and its keys. What they have written counts once
    it is all there; until then the table is as it was. Raises ClusterUnusable, StoreError.
    """
    import ray
    from lance_ray import create_index, create_scalar_index

    from index.ray.cluster import LITTLE

    workers = min(graphs, int(ray.cluster_resources().get("CPU", 0))) or 1
    partitions = -(-graphs // workers)
    anywhere = {"num_cpus": LITTLE, "scheduling_strategy": "SPREAD"}  # full ones too: who else does what a lost one did
    told = {"num_workers": workers, "storage_options": storage.options, "ray_remote_args": anywhere}
    table = storage.uri(name)
    _made(storage, create_scalar_index, table, column="terms", index_type="INVERTED", **WORDS, **told)
    _made(storage, create_index, table, "vector", "IVF_HNSW_SQ", metric="l2", num_partitions=partitions, **told)
    return partitions


def _made(storage: Storage, make: Any, *arguments: Any, **options: Any) -> None:
    from ray.exceptions import RayError

    from index.ray.cluster import unusable

    for left in reversed(range(_TRIES)):
        try:
            make(*arguments, **options)
            return
        except Exception as error:
            if not isinstance(error, RayError) and not isinstance(error.__cause__, RayError):
                raise storage.error(str(error)) from None
            if not left:
                raise unusable(error, "index") from error
