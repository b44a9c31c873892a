"""Sources in, a new generation of the index out: what is unchanged is neither read nor encoded again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from index.added import left_out, sources_of
from index.address import Engine, address_of
from index.base import Base
from index.changes import changes_since
from index.checked import fingerprints
from index.commit import commit, writing
from index.current import read_current
from index.encoders import load_encoder
from index.errors import IndexCorrupt, StoreError
from index.folder_store import FolderStore
from index.layout import FORMAT, UNFINISHED, GenerationLayout, Layout
from index.machines import Machines, machines
from index.manifest import Manifest
from index.merge import merge, to_merge
from index.models import identity
from index.opened import answering
from index.passages import splitter
from index.progress import Progress, Step, ignore
from index.report import Report
from index.segment import Segment
from index.settings import Settings
from index.store import Store
from index.tables import Rows, write_tables
from index.writer import Known, Writer
from source import UNREAD, Reading, find, golden_in
from source.errors import NotRead, SourceEmpty
from source.waiting import Meanwhile

Approve = Callable[[Store | None, Store, Sequence[Path]], None]
"""Called with the generation that answers, the one that is to, and the files of golden questions; raises to refuse."""


def approve_all(old: Store | None, new: Store, golden: Sequence[Path]) -> None:
    """The judgement of someone who does not ask."""


def build(
    index: str | Path,
    sources: Sequence[str | Path] = (),
    *,
    full: bool = False,
    settings: Settings | None = None,
    progress: Progress = ignore,
    approve: Approve = approve_all,
    required: Set[Path] = frozenset(),
    on: str = "",
) -> Report:
    """Makes an index answer from `sources` (the shipped documents by default) and what was added to it.

    Nothing is done when the sources, the settings and the encoder are those of
    the index that is there; `full` takes nothing over from it. What is damaged
    there is made again. `required`: files below the sources that must be read as
    they are; NotRead names those that cannot be. `on`: the machines that read and
    encode, "ray" or HOST:PORT of a Ray cluster; this one by default. Raises the errors of `source`
    and `index.errors`, and what `progress` raises; the index that was there then
    goes on to answer. `index`: a folder, or an engine's address.
    """
    address = address_of(index)
    make = address.keeper().build if isinstance(address, Engine) else partial(_build, address)
    return make(sources, full, settings or Settings.from_environment(), progress, approve, required, on)


def _build(
    root: Path, sources: Sequence[str | Path], full: bool, settings: Settings, progress: Progress, approve: Approve,
    required: Set[Path], on: str,
) -> Report:  # fmt: skip
    looking = Step(progress, "looking")
    reading = _reading(root, sources, settings)
    made_from = _made_from(sources, reading, looking.tell)
    wanted = asdict(identity(settings.model))
    with writing(root) as layout:
        there = Base.of(layout, wanted, looking.tell)
        looking.end()
        if not full and not there.damage and there.read and there.read.made_from(made_from, asdict(settings)):
            return Report.of(read_current(layout)[0], there.read.manifest, there.read.sources, up_to_date=True)
        encoder = load_encoder(settings.model)
        facts = {**wanted, "precision": encoder.precision, "dimension": encoder.dimension}
        base = Base() if full else there.restricted(facts)
        with machines(on, encoder) as team:
            writer, rows = _written(layout, base, reading, team, facts, settings, progress, required)
        record = _record(made_from, reading, writer)
        changes = changes_since(there.read, rows)
        news = (*base.damage, *changes.values())
        if base.read and base.read.made_from(record, asdict(settings)) and not any(news):
            return Report.of(read_current(layout)[0], base.read.manifest, base.read.sources, up_to_date=True)
        progress("sorting", 0, 1)
        written, manifest = _generation(layout, rows, writer.segments, record, facts, settings, changes)
        approve(answering(root), _checked(root, written, manifest), golden_in(sources))
        progress("sorting", 1, 1)
        name = commit(layout, written, manifest, there.broken)
    return Report.of(name, manifest, record, encoded=writer.texts.new, healed=there.damage)


def _reading(root: Path, sources: Sequence[str | Path], settings: Settings) -> Reading:
    layout = Layout(root)
    return find(sources_of(layout, sources), settings.ocr, leave_out=root, without=left_out(layout))


def _made_from(sources: Sequence[str | Path], reading: Reading, meanwhile: Meanwhile) -> dict[str, Any]:
    """What decides about the documents, as it is recorded. Every file is looked at."""
    return {
        "roots": [str(root) for root in sources],
        "left_out": sorted(reading.without),
        "files": reading.look(meanwhile),
        "readers": reading.readers(),
        "splitter": splitter(),
    }


def _record(made_from: dict[str, Any], reading: Reading, writer: Writer) -> dict[str, Any]:
    """What a generation says of its sources. A file that could not be read is looked at again by the next build."""
    files = {**made_from["files"], **dict.fromkeys(reading.unread, UNREAD)}
    skipped = [str(error) for error in reading.skipped]
    return {**made_from, "files": files, "skipped": skipped, "doubts": writer.rows.doubts}


def _generation(
    layout: Layout, rows: Rows, segments: Sequence[Segment], record: dict[str, Any], encoder: dict[str, Any],
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
    layout: Layout, base: Base, reading: Reading, machines: Machines, facts: dict[str, Any], settings: Settings,
    progress: Progress, required: Set[Path],
) -> tuple[Writer, Rows]:  # fmt: skip
    """The sources' documents in segments, and the rows of the generation that they make."""
    known = Known(base, f"{FORMAT} {settings.passage_tokens} {splitter()}")
    writer = Writer(layout, base, known, machines, facts, settings.passage_tokens)
    writer.write(reading, _size(reading), progress)
    if lost := [error for error in reading.skipped if not required.isdisjoint(error.files)]:
        raise NotRead(lost)
    rows = Rows.of(writer.rows, writer.texts.places())
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


def _size(reading: Reading) -> int:
    """The bytes there are to read; a file that cannot be read counts for nothing."""
    size = 0
    for file in reading.files:
        with suppress(OSError):
            size += file.path.stat().st_size
    return size
