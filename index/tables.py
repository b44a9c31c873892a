"""Writing the files of a generation, when all its rows are known.

Everything here is a function of the documents in their order: it does not matter
which of them were kept, and in which segments they lie.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from index.arrays import ArrayWriter, Table, runs
from index.blocks import CheckedFile
from index.collector import Collector
from index.layout import DOCUMENT_COLUMNS, PASSAGE_COLUMNS, TEXT_COLUMNS, GenerationLayout
from index.postings import PostingsWriter
from index.repeats import write_repeats
from index.segment import Segment
from index.strings import key, write_strings
from index.texts import Texts
from index.vectors import write_index
from index.words import stopwords

_CHUNK = 1 << 13  # passages


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a generation, as `index.layout` names them."""

    ids: Sequence[str]
    languages: Sequence[str]
    documents: NDArray[np.int64]
    fingerprints: NDArray[np.int64]
    sentences: NDArray[np.int64]
    keys: NDArray[np.int64]
    passages: NDArray[np.int64]
    texts: NDArray[np.int64]

    @classmethod
    def of(cls, collected: Collector, places: NDArray[np.int64]) -> Rows:
        """What was collected, with its texts numbered as they come first. `places`: (n, 4), where each text is."""
        passages = np.array(collected.passages, np.int64).reshape(-1, PASSAGE_COLUMNS)
        passages[:, 3], texts = _renumbered(passages[:, 3])
        documents = np.array(collected.documents, np.int64).reshape(-1, DOCUMENT_COLUMNS)
        languages = sorted(collected.languages)
        rank = np.array([languages.index(language) for language in collected.languages], np.int64)
        documents[:, 4] = rank[documents[:, 4]]
        return cls(
            ids=collected.ids,
            languages=languages,
            documents=documents,
            fingerprints=np.array(collected.fingerprints, np.int64).reshape(-1, 2),
            sentences=np.array(collected.sentences, np.int64).reshape(-1, 2),
            keys=np.array(collected.keys, np.int64),
            passages=passages,
            texts=places[texts],
        )

    def counts(self) -> dict[str, int]:
        """How much there is of everything."""
        return {
            "documents": len(self.documents),
            "passages": len(self.passages),
            "sentences": len(self.sentences),
            "texts": len(self.texts),
            "tokens": int((self.texts[:, 3] - self.texts[:, 2]).sum()),
        }

    def live(self, segments: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(segments,) twice: how many texts and documents of each segment there are."""
        return (
            np.bincount(self.texts[:, 0], minlength=segments),
            np.bincount(self.documents[:, 0], minlength=segments),
        )

    def use_only(self, segments: Sequence[Segment]) -> list[Segment]:
        """The segments that are referred to, by whose numbers the rows now go."""
        texts, documents = self.live(len(segments))
        used = (texts > 0) | (documents > 0)
        number = np.cumsum(used) - 1
        self.texts[:, 0] = number[self.texts[:, 0]]
        self.documents[:, 0] = number[self.documents[:, 0]]
        return [segment for segment, is_used in zip(segments, used, strict=True) if is_used]


def _renumbered(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers from 0 in the order in which each comes first, and what each was."""
    known, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse], known[order]


def write_tables(layout: GenerationLayout, rows: Rows, segments: Sequence[Segment]) -> None:
    """Writes every file but the manifest, the block digests and what is known of the sources."""
    tables: Mapping[Path, NDArray[np.int64]] = {
        layout.documents: rows.documents,
        layout.fingerprints: rows.fingerprints,
        layout.sentences: rows.sentences,
        layout.sentence_keys: rows.keys,
        layout.passages: rows.passages,
        layout.texts: rows.texts,
        layout.text_passages: np.argsort(rows.passages[:, 3], kind="stable"),
        layout.text_passage_ends: _ends(np.bincount(rows.passages[:, 3], minlength=len(rows.texts))),
    }
    for path, table in tables.items():
        _write(path, table)
    write_repeats(layout.repeats, rows.keys)
    order = sorted(range(len(rows.ids)), key=lambda row: key(rows.ids[row]))
    write_strings(layout.ids, layout.id_ends, (rows.ids[row] for row in order))
    _write(layout.id_rows, np.array(order, np.int64))
    write_index(
        layout.vectors,
        Texts(Table(CheckedFile(layout.texts, layout.texts.stat().st_size, None), TEXT_COLUMNS), segments),
    )
    layout.words.root.mkdir()
    with TemporaryFile(dir=layout.root) as spool:
        postings = PostingsWriter(spool)
        _add_counts(postings, rows, segments)
        postings.finish(layout.words)
    layout.words.stopwords.write_text(json.dumps(stopwords(rows.languages)), "utf-8")


def _write(path: Path, rows: NDArray[np.int64]) -> None:
    with ArrayWriter(path, np.int64, rows.shape[1] if rows.ndim > 1 else None) as file:
        file.append(rows)


def _ends(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)])


def _add_counts(postings: PostingsWriter, rows: Rows, segments: Sequence[Segment]) -> None:
    """Gives the writer the terms of each passage, from where they were counted once."""
    numbers = [postings.numbers(segment.terms) for segment in segments]
    for start in range(0, len(rows.passages), _CHUNK):
        texts = rows.texts[rows.passages[start : start + _CHUNK, 3]]
        first, last = np.zeros((2, len(texts)), np.int64)
        for number, segment in enumerate(segments):
            own = texts[:, 0] == number
            ends = segment.counts[1]
            first[own], last[own] = ends[texts[own, 1]], ends[texts[own, 1] + 1]
        ends = _ends(last - first)
        terms, counts = np.empty((2, int(ends[-1])), np.int32)
        for number, segment in enumerate(segments):
            own = np.flatnonzero(texts[:, 0] == number)
            here, there = runs(ends[own], (last - first)[own]), runs(first[own], (last - first)[own])
            found = segment.counts[0][there]
            terms[here], counts[here] = numbers[number][found[:, 0]], found[:, 1]
        postings.add(terms, counts, ends)
