"""Connecting to the Ray cluster that a build runs on, and disconnecting when the build ends."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray is imported; otherwise it sends usage statistics
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's future default; avoids a warning

import ray
from ray.exceptions import RayError

from index.errors import ClusterUnusable
from source import UsageError, cores, isolated

_ADDRESS = re.compile(r"([A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})")
_PATIENCE = 10  # seconds
CPU_SHARE = 0.001
"""CPU share requested for a worker that may run on a fully booked node; with 0, Ray would place it on any node."""


@contextmanager
def connected(on: str) -> Iterator[bool]:
    """Connects this process to a Ray cluster, unless it is connected to one already.

    Yields whether it disconnects at the end, which ends everything it has started there.

    `on`: HOST:PORT of a cluster that this machine belongs to; or "ray": the cluster in RAY_ADDRESS, or else a cluster
    of this machine alone, started for the build. Raises UsageError, ClusterUnusable.
    """
    if ray.is_initialized():
        yield False
        return
    _connect(on)
    try:
        yield True
    finally:
        ray.shutdown()


def unusable(error: Exception, what: str) -> ClusterUnusable:
    """The error for a machine of the cluster that cannot do `what`; the last line of Ray's message is the reason."""
    reason = str(error).strip().rpartition("\n")[2].strip()
    return ClusterUnusable(
        f"A machine of the Ray cluster cannot {what} ({reason}). Install this project and the encoder there "
        "and build again. Texts encoded so far are kept."
    )


def _connect(on: str) -> None:
    address = (os.environ.get("RAY_ADDRESS") or "local") if on == "ray" else on
    found = _ADDRESS.fullmatch(address)
    if address != "local" and not found:
        raise UsageError(f"A build runs on `ray` or on HOST:PORT of a Ray cluster, not on {isolated(repr(address))}.")
    own: dict[str, Any] = {} if found else {"num_cpus": cores(), "include_dashboard": False}
    try:
        if found:  # fail fast: Ray itself would try for more than a minute
            create_connection((found[1].strip("[]"), int(found[2])), _PATIENCE).close()
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # LanceDB's, about Ray's fork
            ray.init(address, log_to_driver=False, logging_level="ERROR", **own)
    except (RayError, OSError, OverflowError, RuntimeError, ValueError) as error:
        raise ClusterUnusable(
            f"No Ray cluster answers at {isolated(address)}, or this machine doesn't belong to it, or it requires "
            "a token (RAY_AUTH_MODE=token). Start a cluster with `ray start --head` and join it on this machine with "
            "`ray start --address HOST:PORT`."
        ) from error
