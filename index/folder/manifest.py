"""Manifests: JSON that describes a generation or a segment, with the SHA-256 of each of its files."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from index.errors import REBUILD, IndexCorrupt, IndexIncompatible
from index.folder.checked_files import Listing
from index.folder.filesystem import read
from index.folder.layout import FORMAT, Folder, GenerationLayout, SegmentLayout
from index.json_shape import COUNTS, ENCODER, SETTINGS, fits, text
from source import isolated

NAME_LENGTH = 32
"""Hexadecimal digits in a segment's name: the first half of its manifest's SHA-256."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a generation.

    `encoder`: name, sha256 of the weights, sha256 of its other settings, precision, dimension.
    `languages`: those of the documents, for stemming the words of a question.
    `parent`: the generation that was current before. `changes`: how many documents were
    added, changed and removed since then. `segments`: their names, in the order of their
    numbers. `files`: path inside the generation → (SHA-256, size in bytes).
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
        """Total size of the generation's own files in bytes, without the segments."""
        return sum(size for _, size in self.files.values())


@dataclass(frozen=True, slots=True)
class SegmentManifest:
    """The manifest of a segment; the fields are as in `Manifest`."""

    format: int
    encoder: dict[str, Any]
    counts: dict[str, int]
    files: Listing


_MOST_FILES, _MOST_LANGUAGES = 100, 1000
# Inside the folder, whatever the system: neither absolute, nor with a step up, a drive or a backslash.
_FILE_NAME = re.compile(r"(?:[a-z0-9_]+/)?[a-z0-9_]+\.[a-z0-9]+")
_LANGUAGE = re.compile(r"[a-z]{0,8}")


def _listing(files: object) -> bool:
    """Whether this is a listing of files, with SHA-256 and size, that may all be inside the folder."""
    return (
        isinstance(files, dict)
        and len(files) <= _MOST_FILES
        and all(_FILE_NAME.fullmatch(name) for name in files)
        and fits(list(files.values()), [_facts])
    )


def _facts(facts: object) -> bool:
    return (
        isinstance(facts, list) and [type(fact) for fact in facts] == [str, int] and 0 <= facts[1] < 1 << 62  # bytes
    )


def _languages(languages: object) -> bool:
    return (
        isinstance(languages, list)
        and len(languages) <= _MOST_LANGUAGES
        and all(isinstance(each, str) and _LANGUAGE.fullmatch(each) for each in languages)
    )


def _is_name(name: object) -> bool:
    return isinstance(name, str) and len(name) == NAME_LENGTH and set(name) <= set("0123456789abcdef")


_SHAPES: dict[type, Any] = {
    Manifest: {
        "created": text, "parent": str | None, "encoder": ENCODER, "settings": SETTINGS, "counts": COUNTS,
        "changes": {str: int}, "languages": _languages, "segments": [_is_name], "files": _listing,
    },
    SegmentManifest: {"encoder": ENCODER, "counts": {str: int, "texts": int}, "files": _listing},
}  # fmt: skip
_MOST_DIMENSIONS = 1 << 16
_MOST_BYTES = 1 << 26
_Kind = TypeVar("_Kind", Manifest, SegmentManifest)


def dump(manifest: Manifest | SegmentManifest) -> bytes:
    """Encodes a manifest as JSON."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()


def load_manifest(layout: GenerationLayout, sha256: str) -> Manifest:
    """Loads the manifest of a generation.

    Raises IndexCorrupt if it isn't the one with this SHA-256, and
    IndexIncompatible if another version of the project wrote it.
    """
    manifest = _load(layout, sha256, Manifest)
    if not manifest.segments:
        raise IndexCorrupt(f"{isolated(layout.manifest)} lists no segments. {REBUILD}")
    return manifest


def load_segment(layout: SegmentLayout) -> SegmentManifest:
    """Loads the manifest of a segment; the folder's name is its SHA-256. Raises as `load_manifest`."""
    return _load(layout, layout.root.name, SegmentManifest)


def checked_json(layout: Folder, sha256: str) -> Any:
    """The JSON of the manifest with this SHA-256, whatever its format. Raises IndexCorrupt."""
    if layout.root.is_symlink():  # a build deletes what is in there and not listed
        raise IndexCorrupt(f"{isolated(layout.root)} is a link, which no index has. {REBUILD}")
    try:
        data = read(layout.manifest, _MOST_BYTES)
    except OSError as error:
        raise IndexCorrupt(f"The index has no manifest in {isolated(layout.root)}. {REBUILD}") from error
    if len(sha256) < 32 or not hashlib.sha256(data).hexdigest().startswith(sha256):
        raise IndexCorrupt(f"{isolated(layout.manifest)} was changed after it was written. {REBUILD}")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _invalid(layout) from error


def _invalid(layout: Folder) -> IndexCorrupt:
    return IndexCorrupt(f"{isolated(layout.manifest)} isn't a valid manifest. {REBUILD}")


def _load(layout: Folder, sha256: str, kind: type[_Kind]) -> _Kind:
    record = checked_json(layout, sha256)
    try:
        found = record.get("format")
        if found != FORMAT or set(record) != {each.name for each in fields(kind)}:
            raise IndexIncompatible(
                f"The index in {isolated(layout.root)} has format {found}, "
                f"but this version reads format {FORMAT}. {REBUILD}"
            )
        if not fits(record, _SHAPES[kind]):
            raise TypeError("a field is missing or has another type")
        files = {name: (sha256, size) for name, (sha256, size) in record["files"].items()}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise _invalid(layout) from error
    dimension = record["encoder"]["dimension"]
    if not 0 < dimension < _MOST_DIMENSIONS:
        raise IndexCorrupt(f"{isolated(layout.manifest)} has an invalid vector dimension: {dimension}. {REBUILD}")
    return kind(**{**record, "files": files})
