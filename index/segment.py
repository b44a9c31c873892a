"""One segment, opened: documents as they were read, and texts as they were encoded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.arrays import Table, ascends
from index.blocks import CheckedFile
from index.checked import Files, check_files
from index.errors import REBUILD, IndexCorrupt, StoreError
from index.layout import Layout, SegmentLayout
from index.manifest import Manifest, SegmentManifest, load_segment
from index.strings import all_strings
from index.tokens import token_type

CHECKED_WHOLE = 1 << 26
"""Bytes up to which what is opened is checked whole: 64 MB, about 50 ms."""


class Segment:
    """Read access to a segment. Raises IndexCorrupt.

    `documents`: lines of JSON. `corners`: (characters, 4). `vectors`: (texts,
    dimension). `tokens`: (tokens,) of `token_type`. What only a build reads is
    opened when it does.
    """

    def __init__(self, layout: SegmentLayout, manifest: SegmentManifest | None = None, *, whole: bool = False) -> None:
        self.layout = layout
        self.manifest = manifest or load_segment(layout)
        self._files = Files(layout, self.manifest.files, whole=whole)
        self.documents: CheckedFile = self._files.file(layout.documents)
        self.corners: Table = self._files.table(layout.corners, 4, np.uint16)
        self.vectors: Table = self._files.table(layout.vectors, self.dimension, np.float32)
        self.tokens: Table = self._files.table(layout.tokens, dtype=token_type(self.dimension))

    def check(self) -> None:
        """Raises IndexCorrupt unless it has as many texts as it says, each with its tokens and its terms."""
        counts, count_ends = self.counts
        terms = len(self._files.table(self.layout.term_ends)) - 1
        agree = (
            len(self.digests) == len(self.vectors) == self.texts
            and _divides(self.token_ends, self.texts, len(self.tokens))
            and _divides(count_ends, self.texts, len(counts))
            and counts.min(initial=0) >= 0
            and counts[:, 0].max(initial=-1) < terms
        )
        if not agree:
            raise IndexCorrupt(f"The tables of {self.layout.root} contradict each other; {REBUILD}.")

    @property
    def name(self) -> str:
        return self.layout.root.name

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return int(self.manifest.encoder["dimension"])

    @property
    def texts(self) -> int:
        """How many texts it holds."""
        return self.manifest.counts["texts"]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(size for _, size in self.manifest.files.values())

    @cached_property
    def token_ends(self) -> NDArray[np.int64]:
        """(texts + 1,): where each text's tokens start."""
        return self._all(self._files.table(self.layout.token_ends))

    @cached_property
    def digests(self) -> NDArray[np.int64]:
        """(texts, 2): which text it is."""
        return self._all(self._files.table(self.layout.digests, 2))

    @cached_property
    def counts(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """(n, 2): the terms of the texts and how often each has them; (texts + 1,): where each text's start."""
        counts = self._files.table(self.layout.counts, 2, np.int32)
        return self._all(counts), self._all(self._files.table(self.layout.count_ends))

    @cached_property
    def terms(self) -> list[str]:
        """The index terms of all its texts."""
        characters = self._files.table(self.layout.terms, dtype=np.uint8)
        return all_strings(characters, self._files.table(self.layout.term_ends))

    @staticmethod
    def _all(table: Table) -> NDArray:  # type: ignore[type-arg]
        return table[0 : len(table)]


def _divides(ends: NDArray[np.int64], parts: int, rows: int) -> bool:
    """Whether so many parts, one after another, are all the rows."""
    return len(ends) == parts + 1 and ends[0] == 0 and ends[-1] == rows and ascends(ends)


def segment_at(segments: Sequence[Segment], number: int) -> Segment:
    """The segment that a table gives this number. Raises IndexCorrupt."""
    if not 0 <= number < len(segments):
        raise IndexCorrupt(f"The index names a segment {number} that it does not have; {REBUILD}.")
    return segments[number]


def is_intact(layout: SegmentLayout) -> bool:
    """Whether there is such a segment, as it was written."""
    try:
        check_files([(layout, load_segment(layout).files)])
    except StoreError:
        return False
    return True


def open_segments(layout: Layout, manifest: Manifest, open_already: Sequence[Segment]) -> list[Segment]:
    """The segments of a generation; those of `open_already` serve again. Raises IndexCorrupt.

    Small ones are checked whole, large ones as they are read.
    """
    known = {segment.name: segment for segment in open_already}
    fresh = {name: layout.segment(name) for name in manifest.segments if name not in known}
    manifests = {name: load_segment(segment) for name, segment in fresh.items()}
    sizes = {name: sum(size for _, size in each.files.values()) for name, each in manifests.items()}
    whole = sum(sizes.values()) <= CHECKED_WHOLE
    if whole:
        check_files([(fresh[name], each.files) for name, each in manifests.items()])
    known |= {name: Segment(fresh[name], each, whole=whole) for name, each in manifests.items()}
    return [known[name] for name in manifest.segments]
