"""Builds the text and vector indexes of the passages table, with LanceDB here or on a Ray cluster."""

from __future__ import annotations

from typing import Any

from lancedb import AsyncTable
from lancedb.index import FTS, HnswSq

from index.lance.storage import Storage
from index.ray.backend import ray_packages

FLAT = 4096
"""Passages up to which every vector is compared instead: that is exact, and reads at most 6 MB."""
FILE = 1 << 17
"""Rows in a file of a table, and the least passages in a graph if there are several."""
_MOST = 1 << 20  # passages in the largest graph, which takes one core most of an hour
_TRIES = 3  # losing one machine of a cluster fails the indexing on all
_SEARCHED = 16  # graphs that a question may search; beyond that, graphs become larger
WORDS = {
    "base_tokenizer": "whitespace", "lower_case": False, "stem": False, "remove_stop_words": False,
    "ascii_folding": False, "max_token_length": 1 << 20, "with_position": False,
}  # fmt: skip


def graphs(rows: int) -> int:
    """The number of HNSW graphs for `rows` passages; one core builds each, and a question searches all."""
    return -(-rows // min(max(rows // _SEARCHED, FILE), _MOST)) if rows > FLAT else 0


def make_indexes(storage: Storage, name: str, table: AsyncTable, rows: int, on: str) -> tuple[AsyncTable, int]:
    """Builds a table's text and vector indexes; returns the reopened table and the partitions per index segment.

    `on`: as in `index.ray.backend.build_backend`; a cluster is used only if there are several graphs to build.
    """
    count = graphs(rows)
    if on and count > 1:
        with ray_packages(on):
            from index.ray.cluster import connected

            # isort: split
            import lance_ray  # noqa: F401  # imports Ray, whose environment `index.ray.cluster` has set
        with connected(on):
            partitions = _index_on_cluster(storage, name, count)
        return storage.open(name), partitions
    storage.build(table.create_index("terms", config=FTS(**WORDS)))
    if count:
        storage.build(table.create_index("vector", config=HnswSq(distance_type="l2", num_partitions=count)))
    return table, count


def _index_on_cluster(storage: Storage, name: str, graphs: int) -> int:
    """Builds the text index and about `graphs` graphs on the connected cluster; returns the graphs per worker.

    Each worker indexes some of the table's files and writes an index segment. The machines read and write the storage
    themselves, so they need access to it and its keys. The table changes only once all segments are written. Raises
    ClusterUnusable, StoreError.
    """
    import ray
    from lance_ray import create_index, create_scalar_index

    from index.ray.cluster import CPU_SHARE

    workers = min(graphs, int(ray.cluster_resources().get("CPU", 0))) or 1
    partitions = -(-graphs // workers)
    # Fully booked nodes are allowed too, so that the work of a lost node can be repeated on another.
    placement = {"num_cpus": CPU_SHARE, "scheduling_strategy": "SPREAD"}
    options = {"num_workers": workers, "storage_options": storage.options, "ray_remote_args": placement}
    table = storage.uri(name)
    _retried(storage, create_scalar_index, table, column="terms", index_type="INVERTED", **WORDS, **options)
    _retried(storage, create_index, table, "vector", "IVF_HNSW_SQ", metric="l2", num_partitions=partitions, **options)
    return partitions


def _retried(storage: Storage, create: Any, *arguments: Any, **options: Any) -> None:
    """Calls `create`, several times if machines of the cluster are lost. Raises ClusterUnusable, StoreError."""
    from ray.exceptions import RayError

    from index.ray.cluster import unusable

    for remaining in reversed(range(_TRIES)):
        try:
            create(*arguments, **options)
            return
        except Exception as error:
            if not isinstance(error, RayError) and not isinstance(error.__cause__, RayError):
                raise storage.error(str(error)) from None
            if not remaining:
                raise unusable(error, "index") from error
