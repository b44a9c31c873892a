"""The indexes of a table, made by the machines of a Ray cluster: each of some of its files, which one core indexes.

Every machine reads the files and writes its parts of the indexes itself: it needs the storage, and its keys.
What they have written counts once it is all there; until then the table is as it was.
"""

from __future__ import annotations

from typing import Any

import ray
from lance_ray import create_index, create_scalar_index
from ray.exceptions import RayError

from index.cluster import LITTLE, unusable
from index.lance.indexes import WORDS
from index.lance.storage import Storage

_TRIES = 3  # a machine that is lost while it indexes ends them all
_ANYWHERE = {"num_cpus": LITTLE, "scheduling_strategy": "SPREAD"}  # full ones too: who else does what a lost one did


def index_on_cluster(storage: Storage, name: str, graphs: int) -> int:
    """Makes about so many graphs, and the index of the words; how many each worker has made, a segment of its own.

    By the machines of the cluster that was joined. Raises ClusterUnusable, StoreError.
    """
    workers = min(graphs, int(ray.cluster_resources().get("CPU", 0))) or 1
    partitions = -(-graphs // workers)
    told = {"num_workers": workers, "storage_options": storage.options, "ray_remote_args": _ANYWHERE}
    table = storage.uri(name)
    _made(storage, create_scalar_index, table, column="terms", index_type="INVERTED", **WORDS, **told)
    _made(storage, create_index, table, "vector", "IVF_HNSW_SQ", metric="l2", num_partitions=partitions, **told)
    return partitions


def _made(storage: Storage, make: Any, *arguments: Any, **options: Any) -> None:
    for left in reversed(range(_TRIES)):
        try:
            make(*arguments, **options)
            return
        except Exception as error:
            if not isinstance(error, RayError) and not isinstance(error.__cause__, RayError):
                raise storage.error(str(error)) from None
            if not left:
                raise unusable(error, "index") from error
