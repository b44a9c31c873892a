"""Where a build parses and encodes: on this machine, or on a Ray cluster (an optional extra)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from index.encoder.protocol import Encoder
from index.errors import EngineMissing
from source import ParserPool, Parsers, isolated


@dataclass(frozen=True, slots=True)
class Backend:
    """What parses and encodes for a build: the encoder, and a function that starts the file parsers."""

    encoder: Encoder
    parsers: Callable[[], Parsers]


@contextmanager
def build_backend(on: str, encoder: Encoder) -> Iterator[Backend]:
    """The backend of a build, started for it and ended with it.

    `on`: empty for this machine; "ray" or HOST:PORT as in `index.ray.cluster.connected`. `encoder`: this machine's
    encoder. Raises UsageError, EngineMissing, ClusterUnusable.
    """
    if not on:
        yield Backend(encoder, ParserPool)
        return
    with ray_packages(on):
        from index.ray.cluster import connected  # only on demand: it takes a second
        from index.ray.workers import RayEncoder, RayParsers, started_workers
    with connected(on) as disconnects, started_workers(encoder, disconnects) as workers:
        yield Backend(RayEncoder(encoder, workers), lambda: RayParsers(workers))


@contextmanager
def ray_packages(on: str) -> Iterator[None]:
    """A context for importing the packages that a build on a Ray cluster needs. Raises EngineMissing without them."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise EngineMissing(
            f"A build on {isolated(on)} needs the package {error.name}, which is not installed. "
            "Run `pip install '.[ray]'`."
        ) from None
