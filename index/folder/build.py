"""Sources in, a new generation of the index out: what is unchanged is neither read nor encoded again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from index.encoder.identity import identity
from index.encoder.load import load_encoder
from index.errors import IndexCorrupt, StoreError
from index.folder.additions import left_out, sources_of
from index.folder.commit import commit, writing
from index.folder.files import fingerprints
from index.folder.generation import GenerationRows, write_tables
from index.folder.generations import read_current
from index.folder.ingest import Ingest, KnownDocuments
from index.folder.layout import FORMAT, UNFINISHED, GenerationLayout, Layout
from index.folder.manifest import Manifest
from index.folder.merge import merge, to_merge
from index.folder.previous import Previous, PreviousGeneration
from index.folder.segment import Segment
from index.folder.store import FolderStore
from index.progress import Progress, Report, Step, ignore
from index.ray import Machines, machines
from index.settings import Settings
from index.store import Store, open_if_usable
from index.text.passages import splitter
from source import UNREAD, Scan, golden_in, scan
from source.errors import NotRead, SourceEmpty
from source.waiting import OnWait

Approve = Callable[[Store | None, Store, Sequence[Path]], None]
"""Called with the generation that answers, the one that is to, and the files of golden questions; raises to refuse."""


def approve_all(old: Store | None, new: Store, golden: Sequence[Path]) -> None:
    """The judgement of someone who does not ask."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How an index is to be built; `index.build` explains each."""

    full: bool = False
    settings: Settings = field(default_factory=Settings.from_environment)
    progress: Progress = ignore
    approve: Approve = approve_all
    required: Set[Path] = frozenset()
    on: str = ""


def build(root: Path, sources: Sequence[str | Path], options: BuildOptions) -> Report:
    """As `index.build`, for the index in a folder."""
    settings, progress = options.settings, options.progress
    looking = Step(progress, "looking")
    reading = _reading(root, sources, settings)
    made_from = _made_from(sources, reading, looking.tell)
    wanted = asdict(identity(settings.model))
    with writing(root) as layout:
        there = Previous.of(layout, wanted, looking.tell)
        looking.end()
        if not options.full and not there.damage and there.read and there.read.made_from(made_from, asdict(settings)):
            return _unchanged(layout, there.read)
        encoder = load_encoder(settings.model)
        facts = {**wanted, "precision": encoder.precision, "dimension": encoder.dimension}
        base = Previous() if options.full else there.restricted(facts)
        with machines(options.on, encoder) as team:
            writer, rows = _written(layout, base, reading, team, facts, options)
        record = _record(made_from, reading, writer)
        changes = _changes_since(there.read, rows)
        news = (*base.damage, *changes.values())
        if base.read and base.read.made_from(record, asdict(settings)) and not any(news):
            return _unchanged(layout, base.read)
        progress("sorting", 0, 1)
        written, manifest = _generation(layout, rows, writer.segments, record, facts, settings, changes)
        current = open_if_usable(partial(FolderStore, root))
        options.approve(current, _checked(root, written, manifest), golden_in(sources))
        progress("sorting", 1, 1)
        name = commit(layout, written, manifest, there.broken)
    return _report(name, manifest, record, encoded=writer.texts.new, healed=there.damage)


def _unchanged(layout: Layout, current: PreviousGeneration) -> Report:
    """The report of a build that changes nothing."""
    name, _ = read_current(layout)
    return replace(_report(name, current.manifest, current.sources), up_to_date=True, changes={})


def _report(
    name: str, manifest: Manifest, sources: dict[str, Any], encoded: int = 0, healed: Sequence[str] = ()
) -> Report:
    return Report(
        generation=name,
        up_to_date=False,
        documents=manifest.counts["documents"],
        passages=manifest.counts["passages"],
        changes=manifest.changes,
        encoded=encoded,
        skipped=tuple(sources["skipped"]),
        doubtful=len(sources["doubts"]),
        healed=tuple(healed),
    )


def _reading(root: Path, sources: Sequence[str | Path], settings: Settings) -> Scan:
    layout = Layout(root)
    return scan(sources_of(layout, sources), settings.ocr, leave_out=root, without=left_out(layout))


def _made_from(sources: Sequence[str | Path], reading: Scan, meanwhile: OnWait) -> dict[str, Any]:
    """What decides about the documents, as it is recorded. Every file is looked at."""
    return {
        "roots": [str(root) for root in sources],
        "left_out": sorted(reading.without),
        "files": reading.look(meanwhile),
        "readers": reading.extractors(),
        "splitter": splitter(),
    }


def _record(made_from: dict[str, Any], reading: Scan, writer: Ingest) -> dict[str, Any]:
    """What a generation says of its sources. A file that could not be read is looked at again by the next build."""
    files = {**made_from["files"], **dict.fromkeys(reading.unread, UNREAD)}
    skipped = [str(error) for error in reading.skipped]
    return {**made_from, "files": files, "skipped": skipped, "doubts": writer.rows.doubts}


def _generation(
    layout: Layout, rows: GenerationRows, segments: Sequence[Segment], record: dict[str, Any], encoder: dict[str, Any],
    settings: Settings, changes: dict[str, int],
) -> tuple[GenerationLayout, Manifest]:  # fmt: skip
    """Writes a generation, which is not committed yet."""
    written = GenerationLayout(layout.generations / f"{UNFINISHED}0")
    written.root.mkdir()
    used = rows.use_only(segments)
    write_tables(written, rows, used)
    written.sources.write_bytes(json.dumps(record).encode())
    parent = None
    with suppress(StoreError):
        parent = read_current(layout)[0]
    manifest = Manifest(
        format=FORMAT,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        parent=parent,
        encoder=encoder,
        settings=asdict(settings),
        counts=rows.counts(),
        changes=changes,
        languages=list(rows.languages),
        segments=[segment.name for segment in used],
        files=fingerprints(written),
    )
    return written, manifest


def _written(
    layout: Layout, base: Previous, reading: Scan, machines: Machines, facts: dict[str, Any], options: BuildOptions
) -> tuple[Ingest, GenerationRows]:
    """The sources' documents in segments, and the rows of the generation that they make."""
    passage_tokens = options.settings.passage_tokens
    known = KnownDocuments(base, f"{FORMAT} {passage_tokens} {splitter()}")
    writer = Ingest(layout, base, known, machines, facts, passage_tokens)
    writer.write(reading, _size(reading), options.progress)
    if lost := [error for error in reading.skipped if not options.required.isdisjoint(error.files)]:
        raise NotRead(lost)
    rows = GenerationRows.of(writer.rows, writer.texts.places())
    if not len(rows.passages):
        reasons = " ".join(str(error) for error in reading.skipped[:1])
        raise SourceEmpty(reasons or "The sources hold no text that can be quoted; name others.")
    if numbers := to_merge(writer.segments, *rows.live(len(writer.segments))):
        merge(layout, writer.segments, numbers, rows.texts, rows.documents, facts)
    return writer, rows


def _checked(root: Path, written: GenerationLayout, manifest: Manifest) -> FolderStore:
    """The generation that was written, opened. Raises IndexCorrupt if it is not what it should be."""
    store = FolderStore.of(root, written, manifest, whole=True)
    counts = {"documents": store.documents, "passages": len(store), "texts": len(store.vectors)}
    if any(manifest.counts[name] != count for name, count in counts.items()):
        raise IndexCorrupt(f"The new index holds {counts} where {manifest.counts} were written; build it again.")
    return store


def _size(reading: Scan) -> int:
    """The bytes there are to read; a file that cannot be read counts for nothing."""
    size = 0
    for file in reading.files:
        with suppress(OSError):
            size += file.path.stat().st_size
    return size


def _changes_since(read: PreviousGeneration | None, rows: GenerationRows) -> dict[str, int]:
    """How many documents were added, changed and removed since the generation that was read."""
    old = dict(zip(read.ids, map(bytes, read.fingerprints), strict=True)) if read else {}
    new = dict(zip(rows.ids, map(bytes, rows.fingerprints), strict=True))
    return {
        "added": len(new.keys() - old.keys()),
        "changed": sum(old[id] != fingerprint for id, fingerprint in new.items() if id in old),
        "removed": len(old.keys() - new.keys()),
    }
