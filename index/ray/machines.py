"""The machines that parse and encode for a build: this one, or those of a Ray cluster (an optional extra)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from index.encoder.protocol import Encoder
from index.errors import EngineMissing
from source import ParserPool, Parsers


@dataclass(frozen=True, slots=True)
class Machines:
    """Where a build runs: the encoder, and a function that starts the file parsers."""

    encoder: Encoder
    parsers: Callable[[], Parsers]


@contextmanager
def build_machines(on: str, encoder: Encoder) -> Iterator[Machines]:
    """The machines of a build, started for it and ended with it.

    `on`: empty for this machine; "ray" or HOST:PORT as in `index.ray.cluster.connected`. `encoder`: this machine's
    encoder. Raises UsageError, EngineMissing, ClusterUnusable.
    """
    if not on:
        yield Machines(encoder, ParserPool)
        return
    with ray_packages(on):
        from index.ray.cluster import connected  # only on demand: it takes a second
        from index.ray.workers import RayEncoder, RayParsers, started_helpers
    with connected(on) as disconnects, started_helpers(encoder, disconnects) as helpers:
        yield Machines(RayEncoder(encoder, helpers), lambda: RayParsers(helpers))


@contextmanager
def ray_packages(on: str) -> Iterator[None]:
    """A context for importing the packages that a build on a Ray cluster needs. Raises EngineMissing without them."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise EngineMissing(
            f"A build on {on} needs the package {error.name}, which is not installed. Run `pip install '.[ray]'`."
        ) from None
