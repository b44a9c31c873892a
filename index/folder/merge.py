"""Merging segments: small ones are combined, and those that are mostly unused are rewritten.

Segments fall into tiers by their number of live texts (those that the generation
uses); each tier is eight times the one below. When a tier has more than `CROWD`
segments, its smallest are merged, as in Lucene's tiered merge policy. So a text is
copied only a few times in its life, and changing one file doesn't copy the rest.
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
from source import isolated, load_document

CROWD = 16
"""Segments that a tier may have without being merged."""
_TIER = 8
PlaceRows = NDArray[np.int64]


def to_merge(segments: Sequence[Segment], live: NDArray[np.int64], documents: NDArray[np.int64]) -> list[int]:
    """Chooses the segments to merge into one. `live`, `documents`: (segments,) live texts and documents of each."""
    used = [number for number in range(len(segments)) if live[number] or documents[number]]
    tiers: dict[int, list[int]] = defaultdict(list)
    for number in (number for number in used if live[number] <= MOST_TEXTS // 2):
        tiers[int(np.log(max(live[number], 1)) / np.log(_TIER))].append(number)
    chosen = [number for number in used if 2 * live[number] < segments[number].texts]
    for tier in tiers.values():
        if len(tier) > CROWD:
            chosen.extend(tier)
    fitting: list[int] = []
    texts = 0
    for number in sorted(dict.fromkeys(chosen), key=live.__getitem__):
        texts += int(live[number])
        if texts <= MOST_TEXTS or not fitting:
            fitting.append(number)
    return sorted(fitting)


def merge(
    layout: Layout,
    segments: list[Segment],
    numbers: Sequence[int],
    texts: PlaceRows,
    documents: PlaceRows,
    encoder: Mapping[str, Any],
) -> None:
    """Copies the live texts and documents of these segments into a new one, appended to `segments`.

    `texts`: (n, 4) and `documents`: (n, 5), the rows of the live ones, which are updated to the new places.
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
        return writer.add_document([line], None)
    try:
        characters = len(load_document(line).text)
    except ValueError as error:
        raise IndexCorrupt(f"A document in {isolated(segment.layout.root)} can't be parsed. {REBUILD}") from error
    return writer.add_document([line], segment.corners[corner : corner + characters])


def _text(segment: Segment, row: int, first: int, last: int) -> SegmentText:
    counts, ends = segment.counts
    own = counts[int(ends[row]) : int(ends[row + 1])].tolist()
    return SegmentText(
        segment.digests[row],
        segment.vectors[row],
        segment.tokens[first:last],
        {segment.terms[term]: (inside, before) for term, inside, before in own},
    )
