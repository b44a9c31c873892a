"""Segments: parsed documents and encoded texts, written once and never changed.

`EncodedTexts` reads the texts of a generation from all its segments.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.bm25 import occurrences
from index.errors import REBUILD, IndexCorrupt, IndexIncompatible
from index.folder.arrays import ArrayWriter, Table, all_strings, ascends, write_strings
from index.folder.checked_files import Files, check_files, fingerprints
from index.folder.checksums import CheckedFile
from index.folder.filesystem import publish, remove, require_space
from index.folder.layout import FORMAT, Layout, SegmentLayout
from index.folder.manifest import NAME_LENGTH, Manifest, SegmentManifest, dump, load_segment
from index.tokens import Tokens, token_type, unpack
from index.types import FloatMatrix, Rows
from source import Corners, isolated, lazy_property

CHECKED_WHOLE = 1 << 26
"""Bytes up to which everything is checked when it is opened: 64 MB, about 50 ms."""


class Segment:
    """Opens a segment for reading. Raises IndexCorrupt.

    `documents`: lines of JSON. `corners`: (characters, 4). `vectors`: (texts,
    dimension). `tokens`: (tokens,) of `token_type`. Files that only builds read are
    opened on first use. `whole`: all files have already been checked.
    """

    def __init__(self, layout: SegmentLayout, manifest: SegmentManifest | None = None, *, whole: bool = False) -> None:
        self.layout = layout
        self.manifest = manifest or load_segment(layout)
        self._files = Files(layout, self.manifest.files, whole=whole)
        self._tables: dict[Path, Table] = {}
        self.documents: CheckedFile = self._files.file(layout.documents)
        self.corners: Table = self._files.table(layout.corners, 4, np.uint16)
        self.vectors: Table = self._files.table(layout.vectors, self.dimension, np.float32)
        self.tokens: Table = self._files.table(layout.tokens, dtype=token_type(self.dimension))

    def check(self) -> None:
        """Raises IndexCorrupt unless the tables agree on the number of texts, tokens and terms."""
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
            raise IndexCorrupt(f"The tables in {isolated(self.layout.root)} are inconsistent. {REBUILD}")

    @property
    def name(self) -> str:
        """The name of the segment: the first half of its manifest's SHA-256."""
        return self.layout.root.name

    @property
    def dimension(self) -> int:
        """The dimension of the vectors."""
        return int(self.manifest.encoder["dimension"])

    @property
    def texts(self) -> int:
        """The number of texts."""
        return self.manifest.counts["texts"]

    @property
    def size(self) -> int:
        """Total size of the files in bytes."""
        return sum(size for _, size in self.manifest.files.values())

    @property
    def token_ends(self) -> NDArray[np.int64]:
        """(texts + 1,): where the tokens of each text start, and the end of the last."""
        return self._rows(self.layout.token_ends)

    @property
    def digests(self) -> NDArray[np.int64]:
        """(texts, 2): the 128-bit digest of each text."""
        return self._rows(self.layout.digests, 2)

    @property
    def counts(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """(n, 3): term, and its occurrences in the passage and in its context, for each term of each text.

        (texts + 1,): where the rows of each text start.
        """
        return self._rows(self.layout.counts, 3, np.int32), self._rows(self.layout.count_ends)

    @lazy_property
    def terms(self) -> list[str]:
        """The index terms of all texts, by number."""
        characters = self._files.table(self.layout.terms, dtype=np.uint8)
        return all_strings(characters, self._files.table(self.layout.term_ends))

    def _rows(self, path: Path, columns: int | None = None, dtype: DTypeLike = np.int64) -> NDArray[Any]:
        """All rows of a table that only builds read. Not cached: a view is safe until its file is truncated."""
        if path not in self._tables:
            self._tables[path] = self._files.table(path, columns, dtype)
        return self._tables[path][:]


def _divides(ends: NDArray[np.int64], parts: int, rows: int) -> bool:
    """Whether `ends` divides `rows` rows into `parts` consecutive parts."""
    return len(ends) == parts + 1 and ends[0] == 0 and ends[-1] == rows and ascends(ends)


def segment_at(segments: Sequence[Segment], number: int) -> Segment:
    """The segment with this number. Raises IndexCorrupt if there is none."""
    if not 0 <= number < len(segments):
        raise IndexCorrupt(f"The index refers to a segment {number} that doesn't exist. {REBUILD}")
    return segments[number]


def is_intact(layout: SegmentLayout) -> bool:
    """Whether the segment exists and all its files match their SHA-256."""
    try:
        check_files([(layout, load_segment(layout).files)])
    except (IndexCorrupt, IndexIncompatible):
        return False
    return True


def open_segments(layout: Layout, manifest: Manifest, open_already: Sequence[Segment]) -> list[Segment]:
    """Opens the segments of a generation, reusing those in `open_already`. Raises IndexCorrupt.

    If they are small in all, they are checked whole now, otherwise block by block as they are read.
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


@dataclass(frozen=True, slots=True)
class SegmentText:
    """An encoded text as a segment stores it.

    `digest`: (2,) int64. `vector`: (dimension,) float32. `tokens`: (n,) of `token_type`.
    `counts`: occurrences of each of its terms, in the passage and in its context.
    """

    digest: NDArray[np.int64]
    vector: NDArray[np.float32]
    tokens: NDArray[np.void]
    counts: Mapping[str, tuple[int, int]]


class SegmentWriter:
    """Writes a segment in the temporary folder `layout`; `close` moves it into place."""

    def __init__(self, layout: SegmentLayout, encoder: Mapping[str, Any]) -> None:
        self._layout, self._encoder = layout, dict(encoder)
        self._vocabulary: dict[str, int] = {}
        layout.root.mkdir()
        with ExitStack() as stack:

            def rows(path: Path, dtype: DTypeLike, columns: int | None = None) -> ArrayWriter:
                return stack.enter_context(ArrayWriter(path, dtype, columns))

            self._documents = stack.enter_context(layout.documents.open("wb"))
            self._corners = rows(layout.corners, np.uint16, 4)
            self._vectors = rows(layout.vectors, np.float32, encoder["dimension"])
            self._tokens = rows(layout.tokens, token_type(encoder["dimension"]))
            self._token_ends = rows(layout.token_ends, np.int64)
            self._digests = rows(layout.digests, np.int64, 2)
            self._counts = rows(layout.counts, np.int32, 3)
            self._count_ends = rows(layout.count_ends, np.int64)
            self._token_ends.append([0])
            self._count_ends.append([0])
            self._files = stack.pop_all()

    @property
    def texts(self) -> int:
        """The number of texts written so far."""
        return self._digests.rows

    @property
    def size(self) -> int:
        """Bytes of documents written so far."""
        return self._documents.tell() + 8 * self._corners.rows

    def add_document(self, line: Iterable[bytes], corners: Corners | None) -> tuple[int, int, int]:
        """Writes a document, whose line is given in pieces.

        Returns where its line starts and ends, and its first corner (-1 if it has none).
        """
        start, first = self._documents.tell(), self._corners.rows
        self._documents.writelines(line)
        if corners is not None:
            self._corners.append(corners)
        return start, self._documents.tell(), first if corners is not None else -1

    def add_text(self, text: SegmentText) -> tuple[int, int, int]:
        """Writes a text; returns its row, its first token, and the token after its last."""
        require_space(self._layout.root, text.tokens.nbytes + text.vector.nbytes)
        row, first = self.texts, self._tokens.rows
        self._digests.append(text.digest[None])
        self._vectors.append(text.vector[None])
        self._tokens.append(text.tokens)
        self._token_ends.append([self._tokens.rows])
        terms = [self._vocabulary.setdefault(term, len(self._vocabulary)) for term in text.counts]
        self._counts.append(np.column_stack([terms, list(text.counts.values())]) if terms else [])
        self._count_ends.append([self._counts.rows])
        return row, first, self._tokens.rows

    def close(self, segments: Path) -> Segment:
        """Completes the segment, moves it into the folder `segments`, and opens it."""
        counts = {"texts": self.texts, "tokens": self._tokens.rows}
        write_strings(self._layout.terms, self._layout.term_ends, self._vocabulary)
        self._files.close()
        data = dump(SegmentManifest(FORMAT, self._encoder, counts, fingerprints(self._layout)))
        self._layout.manifest.write_bytes(data)
        layout = SegmentLayout(segments / sha256(data).hexdigest()[:NAME_LENGTH])
        place(self._layout, layout)
        return Segment(layout, whole=True)

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, trace)
        shutil.rmtree(self._layout.root, ignore_errors=True)  # a segment that wasn't closed is useless


def place(written: SegmentLayout, layout: SegmentLayout) -> None:
    """Moves a finished segment into place, unless an identical one is there already."""
    if not is_intact(layout):
        remove(layout.root)
        publish(written, layout.root)


class EncodedTexts:
    """The encoded texts of a generation, across its segments. `places`: `texts.npy`. `segments`: at least one."""

    def __init__(self, places: Table, segments: Sequence[Segment]) -> None:
        self._places, self._segments = places, segments

    def __len__(self) -> int:
        return len(self._places)

    @property
    def dimension(self) -> int:
        """The dimension of the vectors."""
        return self._segments[0].dimension

    def vectors(self, texts: Rows) -> FloatMatrix:
        """(n, dimension): the unit vectors of these texts."""
        places = self._places.take(texts)
        found = np.empty((len(texts), self.dimension), np.float32)
        for number in np.unique(places[:, 0]):
            own = places[:, 0] == number
            found[own] = segment_at(self._segments, int(number)).vectors.take(places[own, 1])
        return found

    def tokens(self, texts: Rows) -> Tokens:
        """The token vectors of these texts."""
        return unpack(self.packed(texts))

    def packed(self, texts: Rows) -> list[NDArray[np.void]]:
        """The tokens of each of these texts, as stored: (n,) of `token_type` each."""
        places = self._places.take(texts).tolist()
        return [segment_at(self._segments, number).tokens[first:last] for number, _, first, last in places]

    def counts(self, texts: Rows) -> Iterator[dict[str, int]]:
        """The terms of each of these texts, with the occurrences that they score for."""
        for number, row, _, _ in self._places.take(texts).tolist():
            counts, ends = segment_at(self._segments, number).counts
            terms = segment_at(self._segments, number).terms
            own = counts[int(ends[row]) : int(ends[row + 1])]
            yield {terms[term]: count for term, count in zip(own[:, 0], occurrences(own[:, 1:]).tolist(), strict=True)}

    def lengths(self, texts: Rows) -> Rows:
        """(n,): the number of terms of each of these texts without its context, repeats included."""
        places = self._places.take(texts)
        lengths = np.zeros(len(texts), np.int64)
        for number in np.unique(places[:, 0]):
            own = places[:, 0] == number
            counts, ends = segment_at(self._segments, number).counts
            sums = np.concatenate([[0], np.cumsum(counts[:, 1], dtype=np.int64)])[ends]
            lengths[own] = np.diff(sums)[places[own, 1]]
        return lengths
