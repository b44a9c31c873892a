"""Sources in, a new generation of the index out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.commit import commit, writing
from index.encoders import load_encoder
from index.errors import IndexCorrupt, IndexIncompatible, IndexMissing, StoreError
from index.layout import FORMAT, GenerationLayout, Layout
from index.manifest import Manifest, check_files, fingerprints, load_manifest
from index.models import identity
from index.settings import Settings
from index.store import Store, read_current
from index.writer import Progress, Writer
from source import Reading, extractors, find
from source.errors import SourceEmpty


def ignore(step: str, done: int, total: int) -> None:
    """The progress of someone who does not look."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did.

    `skipped` are sentences about files that gave no document; `doubtful` counts
    the documents that may not be read as they show.
    """

    generation: str
    up_to_date: bool
    documents: int
    passages: int
    skipped: tuple[str, ...]
    doubtful: int

    @classmethod
    def of(cls, generation: str, manifest: Manifest, *, up_to_date: bool) -> Report:
        """What is told of a generation."""
        counts = manifest.counts
        skipped = tuple(manifest.skipped)
        return cls(generation, up_to_date, counts["documents"], counts["passages"], skipped, len(manifest.doubts))

    def __str__(self) -> str:
        state = "is up to date" if self.up_to_date else "is built"
        return (
            f"The index {state}: {self.documents} document{'s' * (self.documents != 1)}, "
            f"{self.passages} passages, generation {self.generation}."
        )


def build(
    root: Path,
    sources: Sequence[str | Path] = (),
    *,
    full: bool = False,
    settings: Settings | None = None,
    progress: Progress = ignore,
) -> Report:
    """Makes the index in `root` answer from `sources` (the shipped documents by default).

    Nothing is done when the sources, the settings and the encoder are those of
    the index that is there, unless `full`. Raises the errors of `source` and
    `index.errors`; the index that was there then goes on to answer.
    """
    settings = settings or Settings.from_environment()
    reading = find(sources, settings.ocr)
    facts: dict[str, Any] = {
        "settings": asdict(settings),
        "roots": [str(root) for root in sources],
        "sources": {file.shown_as: _fingerprint(file.path) for file in reading.files},
        "extractors": extractors(),
        "encoder": asdict(identity(settings.model)),
    }
    if not full and (current := _up_to_date(root, facts)):
        return current
    with writing(root) as layout:
        encoder = load_encoder(settings.model)
        writer = Writer(layout, encoder, settings.passage_tokens)
        content = writer.write(reading.documents(), _size(reading), progress)
        if not content["counts"]["passages"]:
            reasons = " ".join(str(error) for error in reading.skipped[:1])
            raise SourceEmpty(reasons or "The sources hold no text that can be quoted; name others.")
        encoder_facts = {
            **facts["encoder"],
            "precision": encoder.precision,
            "dimension": encoder.dimension,
            "max_tokens": encoder.max_tokens,
        }
        manifest = Manifest(
            format=FORMAT,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            **{**facts, "encoder": encoder_facts},
            **content,
            skipped=[str(error) for error in reading.skipped],
            files=fingerprints(layout),
        )
        name = commit(root, layout, manifest)
    return Report.of(name, manifest, up_to_date=False)


def last_build(root: Path) -> tuple[list[str], str]:
    """What the index in `root` was last made from, and the languages of recognised text; nothing if there is none."""
    try:
        manifest = Store(root).manifest
    except StoreError:
        return [], ""
    return manifest.roots, manifest.settings["ocr"]


def _size(reading: Reading) -> int:
    """The bytes there are to read; a file that cannot be read counts for nothing."""
    size = 0
    for file in reading.files:
        with suppress(OSError):
            size += file.path.stat().st_size
    return size


def _fingerprint(path: Path) -> str:
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return "unreadable"
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def _up_to_date(root: Path, facts: dict[str, Any]) -> Report | None:
    """A report if the index in `root` was made from just these facts and is whole."""
    try:
        name, sha256 = read_current(root)
        layout = GenerationLayout(Layout(root).generations / name)
        manifest = load_manifest(layout, sha256)
        check_files(layout, manifest)
    except (IndexMissing, IndexCorrupt, IndexIncompatible):
        return None
    made_from = {
        "settings": manifest.settings,
        "roots": manifest.roots,
        "sources": manifest.sources,
        "extractors": manifest.extractors,
        "encoder": {key: manifest.encoder[key] for key in facts["encoder"]},
    }
    if made_from != facts:
        return None
    return Report.of(name, manifest, up_to_date=True)
