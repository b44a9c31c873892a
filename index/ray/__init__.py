"""The machines that read and encode for a build: this one, or those of a Ray cluster, which is an extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from index.encoder.protocol import Encoder
from index.errors import EngineMissing
from source import ParserPool, Parsers


@dataclass(frozen=True, slots=True)
class Machines:
    """Who encodes, and how to have those who parse files."""

    encoder: Encoder
    workers: Callable[[], Parsers]


@contextmanager
def machines(on: str, encoder: Encoder) -> Iterator[Machines]:
    """`on`: empty for this machine; "ray" or HOST:PORT as in `index.ray.cluster.joined`.

    `encoder`: this machine's. All that is started is ended. Raises UsageError, EngineMissing, ClusterUnusable.
    """
    if not on:
        yield Machines(encoder, ParserPool)
        return
    with installed(on):
        from index.ray.cluster import joined  # not before it is asked for: it takes a second
        from index.ray.workers import RayEncoder, RayParsers, helpers
    with joined(on) as leaves, helpers(encoder, leaves) as team:
        yield Machines(RayEncoder(encoder, team), lambda: RayParsers(team))


@contextmanager
def installed(on: str) -> Iterator[None]:
    """In it is imported what a build on a Ray cluster needs. Raises EngineMissing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise EngineMissing(
            f"A build on {on} needs the package {error.name}, which is not installed; run `pip install '.[ray]'`."
        ) from None
