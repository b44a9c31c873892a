"""A Ray cluster that a build runs on: joined, and left when the build has ended."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray is imported, or it reports to its makers
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what Ray will do one day, and else warns of

import ray
from ray.exceptions import RayError

from index.errors import ClusterUnusable
from source import UsageError, cores

_ADDRESS = re.compile(r"([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})")
_PATIENCE = 10  # seconds
LITTLE = 0.001
"""Of a processor: what Ray is told that a worker needs which may go where all are taken. One of none goes anywhere."""


@contextmanager
def joined(on: str) -> Iterator[bool]:
    """In it this process belongs to a cluster: the one that it belongs to already, if there is one.

    Yields whether the process leaves it afterwards, which ends all that it has started there.

    `on`: HOST:PORT of a cluster that this machine belongs to, or "ray": the one that
    RAY_ADDRESS names, else one of this machine alone, started for the purpose. Raises UsageError, ClusterUnusable.
    """
    if ray.is_initialized():
        yield False
        return
    _join(on)
    try:
        yield True
    finally:
        ray.shutdown()


def unusable(error: Exception, what: str) -> ClusterUnusable:
    """What is said when a machine of the cluster cannot do something; Ray says why in the last line."""
    reason = str(error).strip().rpartition("\n")[2].strip()
    return ClusterUnusable(
        f"A machine of the Ray cluster cannot {what} ({reason}); install this project and the encoder there, "
        "and build again: what was encoded is kept."
    )


def _join(on: str) -> None:
    address = (os.environ.get("RAY_ADDRESS") or "local") if on == "ray" else on
    found = _ADDRESS.fullmatch(address)
    if address != "local" and not found:
        raise UsageError(f"A build runs on `ray` or on HOST:PORT of a Ray cluster, not on {address!r}.")
    own: dict[str, Any] = {} if found else {"num_cpus": cores(), "include_dashboard": False}
    try:
        if found:  # Ray itself would try for more than a minute
            create_connection((found[1].strip("[]"), int(found[2])), _PATIENCE).close()
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # LanceDB's, of a fork that becomes Ray
            ray.init(address, log_to_driver=False, logging_level="ERROR", **own)
    except (RayError, OSError, OverflowError, RuntimeError, ValueError) as error:
        raise ClusterUnusable(
            f"No Ray cluster answers at {address}, this machine is not one of it, or it wants a "
            "token (RAY_AUTH_MODE=token); start one with `ray start --head`, and join it here with "
            "`ray start --address HOST:PORT`."
        ) from error
