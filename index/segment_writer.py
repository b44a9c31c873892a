"""Writing one segment: documents and texts as they come, in a folder that has no name yet."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.arrays import ArrayWriter
from index.checked import fingerprints
from index.disk import publish, remove
from index.layout import FORMAT, SegmentLayout
from index.manifest import NAME_LENGTH, SegmentManifest, dump
from index.segment import Segment, is_intact
from index.strings import write_strings
from index.tokens import token_type
from source import Corners


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text as a segment keeps it.

    `digest`: (2,) int64. `vector`: (dimension,) float32. `tokens`: of `token_type`.
    `counts`: how often it has each of its terms.
    """

    digest: NDArray[np.int64]
    vector: NDArray[np.float32]
    tokens: NDArray[np.void]
    counts: Mapping[str, int]


class SegmentWriter:
    """Writes a segment into `layout`; `close` makes it one."""

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
            self._counts = rows(layout.counts, np.int32, 2)
            self._count_ends = rows(layout.count_ends, np.int64)
            self._token_ends.append([0])
            self._count_ends.append([0])
            self._files = stack.pop_all()

    @property
    def texts(self) -> int:
        """How many texts it holds."""
        return self._digests.rows

    @property
    def size(self) -> int:
        """How large its documents are."""
        return self._documents.tell() + 8 * self._corners.rows

    def add_document(self, line: bytes, corners: Corners | None) -> tuple[int, int, int]:
        """Where the document's line starts and ends, and its first corner; -1 if it has none."""
        start, first = self._documents.tell(), self._corners.rows
        self._documents.write(line)
        if corners is not None:
            self._corners.append(corners)
        return start, self._documents.tell(), first if corners is not None else -1

    def add_text(self, text: EncodedText) -> tuple[int, int, int]:
        """The row of the text, its first token, and the token after its last."""
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
        """The finished segment, in its place among the `segments`."""
        counts = {"texts": self.texts, "tokens": self._tokens.rows}
        write_strings(self._layout.terms, self._layout.term_ends, self._vocabulary)
        self._files.close()
        data = dump(SegmentManifest(FORMAT, self._encoder, counts, fingerprints(self._layout)))
        self._layout.manifest.write_bytes(data)
        layout = SegmentLayout(segments / sha256(data).hexdigest()[:NAME_LENGTH])
        if not is_intact(layout):  # the same texts may have been encoded before
            remove(layout.root)
            publish(self._layout, layout.root)
        return Segment(layout, whole=True)

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, trace)
        shutil.rmtree(self._layout.root, ignore_errors=True)  # what was not closed is of no use
