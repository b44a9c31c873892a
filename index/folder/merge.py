"""Keeping segments few and full: small ones are put together, and those that are mostly dead are written anew.

Segments are sorted into tiers by how many texts of them live, each tier eight
times the one below; when a tier has more than `CROWD`, its smallest are merged
(as Lucene's tiered merge policy does). So a text is copied a few times in its
life, and a change of one file costs no copy of the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import REBUILD, IndexCorrupt
from index.folder.ingest import MOST_TEXTS
from index.folder.layout import UNFINISHED, Layout
from index.folder.segment import Segment, SegmentText, SegmentWriter
from source.document_json import load_document

CROWD = 16
_TIER = 8
PlaceRows = NDArray[np.int64]


def to_merge(segments: Sequence[Segment], live: NDArray[np.int64], documents: NDArray[np.int64]) -> list[int]:
    """Which segments are to become one. `live`, `documents`: (segments,) how many texts and documents of each live."""
    used = [number for number in range(len(segments)) if live[number] or documents[number]]
    tiers: dict[int, list[int]] = defaultdict(list)
    for number in (number for number in used if live[number] <= MOST_TEXTS // 2):
        tiers[int(np.log(max(live[number], 1)) / np.log(_TIER))].append(number)
    chosen = [number for number in used if 2 * live[number] < segments[number].texts]
    for tier in tiers.values():
        if len(tier) > CROWD:
            chosen.extend(tier)
    taken: list[int] = []
    texts = 0
    for number in sorted(dict.fromkeys(chosen), key=live.__getitem__):
        texts += int(live[number])
        if texts <= MOST_TEXTS or not taken:
            taken.append(number)
    return sorted(taken)


def merge(
    layout: Layout,
    segments: list[Segment],
    numbers: Sequence[int],
    texts: PlaceRows,
    documents: PlaceRows,
    encoder: Mapping[str, Any],
) -> None:
    """Writes the live texts and documents of these segments into one, which comes last; their places are changed.

    `texts`: (n, 4) and `documents`: (n, 5), the places of those that live.
    """
    name = f"{UNFINISHED}{len(segments)}"
    with SegmentWriter(layout.segment(name), encoder) as writer:
        for row in np.flatnonzero(np.isin(documents[:, 0], numbers)).tolist():
            number, start, end, corner, _ = documents[row].tolist()
            documents[row, :4] = len(segments), *_copy_document(writer, segments[number], start, end, corner)
        for row in np.flatnonzero(np.isin(texts[:, 0], numbers)).tolist():
            number, own, first, last = texts[row].tolist()
            texts[row] = len(segments), *writer.add_text(_text(segments[number], own, first, last))
        segments.append(writer.close(layout.segments))


def _copy_document(writer: SegmentWriter, segment: Segment, start: int, end: int, corner: int) -> tuple[int, int, int]:
    line = bytes(segment.documents.read(start, end))
    if corner < 0:
        return writer.add_document(line, None)
    try:
        characters = len(load_document(line).text)
    except ValueError as error:
        raise IndexCorrupt(f"A document in {segment.layout.root} is none; {REBUILD}.") from error
    return writer.add_document(line, segment.corners[corner : corner + characters])


def _text(segment: Segment, row: int, first: int, last: int) -> SegmentText:
    counts, ends = segment.counts
    own = counts[int(ends[row]) : int(ends[row + 1])].tolist()
    return SegmentText(
        segment.digests[row],
        segment.vectors[row],
        segment.tokens[first:last],
        {segment.terms[term]: count for term, count in own},
    )
