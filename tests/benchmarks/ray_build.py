"""A build on this machine beside the same on Ray on the same processors, start-up included; and how fast one can feed.

python tests/benchmarks/ray_build.py [NOTES]   NOTES: documents of about 15 passages each (default: 100)
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from index import Encoded, build, load_encoder
from index.settings import DEFAULT_MODEL

WORDS = Path(__file__).parents[2].joinpath("source/documents/valdai-russia-central-asia.txt").read_text().split()


class Instant:
    """An encoder that gives every text what it gave the first: what is left is splitting and writing."""

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        (self._always,) = encoder.encode([" ".join(WORDS[:100])])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        return (self._always for _ in texts)


def write(folder: Path, notes: int) -> None:
    drawn = random.Random(0)
    folder.mkdir()
    for number in range(notes):
        lines = [" ".join(drawn.choices(WORDS, k=18)).rstrip(".,") + "." for _ in range(60)]
        (folder / f"{number}.txt").write_text("\n\n".join(lines))


def timed(name: str, index: Path, sources: Path, on: str = "") -> None:
    begun = time.perf_counter()
    report = build(index, [sources], on=on)
    took = time.perf_counter() - begun
    print(f"{name}: {report.passages:,} passages in {took:.1f} s, {report.passages / took:.0f} a second", flush=True)


def main(notes: int = 100) -> None:
    encoder = load_encoder(DEFAULT_MODEL)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(folder / "sources", notes)
        timed("this machine", folder / "here", folder / "sources")
        timed("Ray on this machine, start-up included", folder / "ray", folder / "sources", "ray")
        module: Any = sys.modules["index.folder.build"]
        module.load_encoder = lambda name: Instant(encoder)
        timed("encoding taken out", folder / "instant", folder / "sources")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
