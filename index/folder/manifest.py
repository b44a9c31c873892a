"""Manifests: what a generation or a segment holds, and the SHA-256 of every file of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import PurePosixPath
from typing import Any, TypeVar

from index.errors import REBUILD, IndexCorrupt, IndexIncompatible
from index.folder.disk import read
from index.folder.files import Listing
from index.folder.layout import FORMAT, Folder, GenerationLayout, SegmentLayout
from index.schema import COUNTS, ENCODER, SETTINGS, fits

NAME_LENGTH = 32
"""Hexadecimal digits of a segment's name: half of its manifest's SHA-256."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts about one generation.

    `encoder`: name, sha256 of the weights, sha256 of its other settings, precision, dimension, max_tokens.
    `languages`: of the documents, for cutting a question's words to their stems.
    `parent`: the generation that answered before it. `changes`: how many documents were
    added, changed and removed since then. `segments`: their names, in the order of their
    numbers. `files`: path inside the generation → SHA-256, bytes.
    """

    format: int
    created: str
    parent: str | None
    encoder: dict[str, Any]
    settings: dict[str, Any]
    counts: dict[str, int]
    changes: dict[str, int]
    languages: list[str]
    segments: list[str]
    files: Listing

    @property
    def size(self) -> int:
        """Bytes of the generation's own files."""
        return sum(size for _, size in self.files.values())


@dataclass(frozen=True, slots=True)
class SegmentManifest:
    """Facts about one segment: the encoder's, and how much it holds; `files` as a generation's."""

    format: int
    encoder: dict[str, Any]
    counts: dict[str, int]
    files: Listing


_SHAPES: dict[type, Any] = {
    Manifest: {
        "created": str, "parent": str | None, "encoder": ENCODER, "settings": SETTINGS, "counts": COUNTS,
        "changes": {str: int}, "languages": [str], "segments": [str],
    },
    SegmentManifest: {"encoder": ENCODER, "counts": {str: int, "texts": int}},
}  # fmt: skip
_MOST_DIMENSIONS = 1 << 16
_MOST_BYTES = 1 << 26
_Kind = TypeVar("_Kind", Manifest, SegmentManifest)


def dump(manifest: Manifest | SegmentManifest) -> bytes:
    """A manifest as JSON."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()


def load_manifest(layout: GenerationLayout, sha256: str) -> Manifest:
    """The manifest of a generation.

    Raises IndexCorrupt when it is not the one that was committed, and
    IndexIncompatible when another version of the project wrote it.
    """
    manifest = _load(layout, sha256, Manifest)
    if not manifest.segments or not all(_is_name(name) for name in manifest.segments):
        raise IndexCorrupt(f"{layout.manifest} names no segment, or one that cannot be one; {REBUILD}.")
    return manifest


def load_segment(layout: SegmentLayout) -> SegmentManifest:
    """The manifest of a segment, whose folder is called by its SHA-256. Raises as `load_manifest`."""
    return _load(layout, layout.root.name, SegmentManifest)


def _load(layout: Folder, sha256: str, kind: type[_Kind]) -> _Kind:
    try:
        data = read(layout.manifest, _MOST_BYTES)
    except OSError as error:
        raise IndexCorrupt(f"The index has no manifest in {layout.root}; {REBUILD}.") from error
    if len(sha256) < 32 or not hashlib.sha256(data).hexdigest().startswith(sha256):
        raise IndexCorrupt(f"{layout.manifest} was changed after it was written; {REBUILD}.")
    try:
        record = json.loads(data)
        made = record.get("format")
        if made != FORMAT or set(record) != {each.name for each in fields(kind)}:
            raise IndexIncompatible(
                f"The index in {layout.root} has format {made}, and this version reads format {FORMAT}; {REBUILD}."
            )
        if not fits(record, _SHAPES[kind]):
            raise TypeError("a field that is missing, or of another type")
        files = {str(name): (str(sha256), int(size)) for name, (sha256, size) in record["files"].items()}
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise IndexCorrupt(f"{layout.manifest} is no manifest; {REBUILD}.") from error
    dimension = record["encoder"]["dimension"]
    if not 0 < dimension < _MOST_DIMENSIONS:
        raise IndexCorrupt(f"{layout.manifest} does not say how many numbers a vector has; {REBUILD}.")
    if any(".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute() for name in files):
        raise IndexCorrupt(f"{layout.manifest} names a file outside the index; {REBUILD}.")
    return kind(**{**record, "files": files})


def _is_name(name: object) -> bool:
    return isinstance(name, str) and len(name) == NAME_LENGTH and set(name) <= set("0123456789abcdef")
