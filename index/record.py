"""What an index was last built from: the record that each of its generations keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from index.errors import REBUILD, IndexCorrupt, IndexIncompatible
from index.json_shape import fits, optional
from source import from_here, isolated


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """What a generation was built from.

    `roots`: the sources, as `from_here` names them; empty for the shipped documents. `ocr`: the OCR languages.
    `left_out`: the ids of the excluded documents.
    """

    roots: list[str]
    ocr: str
    left_out: list[str]


def record_from(settings: object, sources: object) -> BuildRecord:
    """The record in the settings and the sources of a generation of any format. Raises IndexCorrupt."""
    # Nothing else is checked: another version of the format may have other fields.
    lists = {"roots": [str], "absolute_roots": optional([str]), "left_out": optional([str])}
    if fits(settings, {"ocr": str}) and fits(sources, lists):
        assert isinstance(settings, dict) and isinstance(sources, dict)
        roots: list[str] = sources["roots"]
        absolute: list[str] = sources.get("absolute_roots", roots)  # earlier versions recorded no absolute paths
        if len(roots) == len(absolute):
            return BuildRecord(from_here(roots, absolute), settings["ocr"], sources.get("left_out", []))
    raise IndexCorrupt(f"The index's record of its sources is invalid. {REBUILD}")


def first_readable(records: Iterable[tuple[bool, Callable[[], BuildRecord]]], index: object) -> BuildRecord:
    """The first record that is intact. `records`: for each, whether it is the current one, and how to read it.

    Raises IndexCorrupt if there is none. The record of an older generation that was built from the shipped documents
    doesn't count: they must never replace the documents of a user.
    """
    for is_current, read in records:
        with suppress(IndexCorrupt, IndexIncompatible):
            record = read()
            if record.roots or is_current:
                return record
    raise unknown_sources(index)


def unknown_sources(index: object) -> IndexCorrupt:
    """The error for an index that is so damaged that nobody knows what it was built from."""
    return IndexCorrupt(
        f"The index in {isolated(index)} is damaged, and what it was built from cannot be read any more. "
        f"Name its sources: `python -m index build SOURCE … --index {isolated(index)}`."
    )
