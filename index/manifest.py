"""The manifest: what a generation holds, and the SHA-256 of every file of it."""

from __future__ import annotations

import hashlib
import json
import mmap
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from index.arrays import CheckedFile, block_digests, digests_size
from index.errors import REBUILD, IndexCorrupt, IndexIncompatible
from index.layout import FORMAT, GenerationLayout

CHECKED_WHOLE = 1 << 26
"""Bytes up to which an index is checked whole when it is opened: 64 MB, about 50 ms."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts about one generation.

    `encoder`: name, sha256 of the weights, sha256 of its other settings, precision, dimension, max_tokens.
    `languages`: of the documents, for cutting a question's words to their stems.
    `roots`: the files and folders the build was given; none for the shipped documents.
    `sources`: path → fingerprint of each source file, to see what changed.
    `skipped`: a sentence for each file that gave no document. `doubts`: document id →
    why it may not be read as it shows (`source.told`).
    `files`: path inside the generation → {"sha256", "bytes"}.
    """

    format: int
    created: str
    encoder: dict[str, Any]
    extractors: list[str]
    settings: dict[str, Any]
    roots: list[str]
    sources: dict[str, str]
    counts: dict[str, int]
    languages: list[str]
    skipped: list[str]
    doubts: dict[str, list[str]]
    files: dict[str, dict[str, Any]]

    def dump(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode(
            "utf-8", "surrogatepass"
        )  # a root may be any bytes


def load_manifest(layout: GenerationLayout, sha256: str) -> Manifest:
    """The manifest of a generation.

    Raises IndexCorrupt when it is not the one that was committed, and
    IndexIncompatible when another version of the project wrote it.
    """
    try:
        data = layout.manifest.read_bytes()
    except OSError as error:
        raise IndexCorrupt(f"The index has no manifest in {layout.root}; {REBUILD}.") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise IndexCorrupt(f"{layout.manifest} was changed after it was written; {REBUILD}.")
    record = json.loads(data)
    if record.get("format") != FORMAT or set(record) != {each.name for each in fields(Manifest)}:
        raise IndexIncompatible(
            f"The index in {layout.root} has format {record.get('format')}, and this version reads "
            f"format {FORMAT}; {REBUILD}."
        )
    return Manifest(**record)


def fingerprints(layout: GenerationLayout) -> dict[str, dict[str, Any]]:
    """The SHA-256 and size of every file of a generation. Writes the file of block digests."""
    found = {}
    with layout.blocks.open("wb") as blocks:
        for path in layout.files():
            digests, sha256 = block_digests(path)
            blocks.write(digests)
            found[path] = sha256
    found[layout.blocks] = sha256_of(layout.blocks)
    return {
        path.relative_to(layout.root).as_posix(): {"sha256": sha256, "bytes": path.stat().st_size}
        for path, sha256 in found.items()
    }


def check_files(layout: GenerationLayout, manifest: Manifest) -> None:
    """Raises IndexCorrupt, naming the file, unless every file is the one that was committed."""
    for name in manifest.files:
        check_file(layout, manifest, name)


def check_file(layout: GenerationLayout, manifest: Manifest, name: str) -> None:
    """As `check_files` for one of them."""
    path, facts = layout.root / name, manifest.files[name]
    try:
        intact = path.stat().st_size == facts["bytes"] and sha256_of(path) == facts["sha256"]
    except OSError:
        raise IndexCorrupt(f"The index file {path} is missing or cannot be read; {REBUILD}.") from None
    if not intact:
        raise IndexCorrupt(f"The index file {path} is damaged; {REBUILD}.")


def open_files(layout: GenerationLayout, manifest: Manifest) -> dict[str, CheckedFile]:
    """Every file but the block digests, to be read only after it is checked.

    A small index is checked whole, here. In a large one each block is checked
    when it is first read. Raises IndexCorrupt.
    """
    names = [name for name in manifest.files if layout.root / name != layout.blocks]
    sizes = {name: int(manifest.files[name]["bytes"]) for name in names}
    if sum(sizes.values()) <= CHECKED_WHOLE:
        check_files(layout, manifest)
        return {name: CheckedFile(layout.root / name, sizes[name], None) for name in names}
    check_file(layout, manifest, layout.blocks.relative_to(layout.root).as_posix())
    with layout.blocks.open("rb") as blocks:
        return {
            name: CheckedFile(layout.root / name, sizes[name], blocks.read(digests_size(sizes[name]))) for name in names
        }


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, read by memory map so that its pages serve the next reader too."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return hashlib.sha256().hexdigest()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return hashlib.sha256(view).hexdigest()
