"""The documents of a generation, by their rows and by their ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from index.arrays import Table
from index.errors import REBUILD, IndexCorrupt
from index.segment import Segment, segment_at
from index.strings import Strings
from source.document import Document
from source.document_json import DocumentFacts, load_document, load_facts


class DocumentRows:
    """Rows count from 0, in the order of the sources."""

    def __init__(self, segments: Sequence[Segment], rows: Table, ids: Strings, id_rows: Table) -> None:
        if not len(rows) == len(ids) == len(id_rows):
            raise IndexCorrupt(f"The index has {len(rows)} documents and {len(ids)} ids of them; {REBUILD}.")
        self._segments = segments
        self._rows = rows
        self._ids, self._id_rows = ids, id_rows

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, id: str) -> int:
        """The row of the document with this id. Raises KeyError."""
        found = self._ids.find(id)
        if found is None:
            raise KeyError(id)
        return int(self._id_rows[found])

    def __contains__(self, id: str) -> bool:
        return self._ids.find(id) is not None

    def ids(self) -> list[str]:
        """The id of every document, by row."""
        ids = self._ids.all()
        return [ids[at] for at in np.argsort(self._id_rows[0 : len(self)]).tolist()]

    def document(self, row: int) -> Document:
        """The document in a row. Raises IndexCorrupt if there is none in its line."""
        try:
            return load_document(self.line(row))
        except ValueError as error:
            raise self._none(row) from error

    def facts(self, rows: Iterable[int]) -> Iterator[DocumentFacts]:
        """What is known of the documents in these rows; their texts are not parsed. Raises as `document`."""
        return map(self._facts, rows)

    def _facts(self, row: int) -> DocumentFacts:
        try:
            return load_facts(self.line(row))
        except ValueError as error:
            raise self._none(row) from error

    def first_corner(self, row: int) -> tuple[int, int]:
        """The segment that has the corners of a document, and the first of them; -1 if it has none."""
        number, _, _, first, _ = map(int, self._rows[row])
        return number, first

    def line(self, row: int) -> bytes:
        """What `dump_document` made of a document."""
        number, start, end, _, _ = map(int, self._rows[row])
        return bytes(segment_at(self._segments, number).documents.read(start, end))

    @staticmethod
    def _none(row: int) -> IndexCorrupt:
        return IndexCorrupt(f"The index has no document in row {row}; {REBUILD}.")
