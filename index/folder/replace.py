"""Replaces the current generation of an index folder by that of another one, as a build publishes a new one."""

from __future__ import annotations

import shutil
from dataclasses import replace as with_fields
from pathlib import Path

from index.encoder.load import encoder_for
from index.errors import IndexCorrupt, IndexIncompatible, IndexMissing
from index.folder.additions import added_files, left_out
from index.folder.build import changes_since, open_written
from index.folder.checked_files import Listing, check_files
from index.folder.commit import commit, writing
from index.folder.filesystem import opened, require_space
from index.folder.generations import current_name, read_current
from index.folder.layout import UNFINISHED, Folder, GenerationLayout, Layout, SegmentLayout
from index.folder.manifest import Manifest, SegmentManifest, load_manifest, load_segment
from index.folder.previous import PreviousGeneration, read_generation
from index.folder.segment import Segment, is_intact, place
from source import UsageError, isolated, name_of


def replace(root: Path, new: Path) -> str:
    """Makes the content of the index in `new` the current generation of the one in `root`; returns its name.

    Every file is checked. Raises UsageError if they are the same folder, or if users added or excluded documents in
    either; EncoderMissing; and the errors of opening `new` and of writing to `root`.
    """
    source = Layout(new)
    name, sha256 = read_current(source)
    if root.exists() and root.samefile(new):
        raise UsageError(f"{isolated(name_of(new))} can't replace itself. Name another index with --index.")
    manifest = load_manifest(source.generation(name), sha256)
    segments = {name: load_segment(source.segment(name)) for name in manifest.segments}
    check_files([(source.generation(name), manifest.files)])
    check_files([(source.segment(name), each.files) for name, each in segments.items()])
    _refuse_changes_by_users(source, root)
    with writing(root) as layout:
        _refuse_changes_by_users(layout, root)
        copied = {name: _copy_segment(source, name, each, layout) for name, each in segments.items()}
        written = GenerationLayout(layout.generations / f"{UNFINISHED}0")
        _copy(source.generation(name), manifest.files, written)
        return commit(layout, written, _checked(layout, written, manifest, list(copied.values())))


def _refuse_changes_by_users(layout: Layout, root: Path) -> None:
    """Added files and exclusions belong to no generation, so they can't be copied with one or rolled back."""
    if added_files(layout) or left_out(layout):
        raise UsageError(
            f"Users added or excluded documents in {isolated(name_of(layout.root))}, which replacing would lose. "
            f"Run `python -m index build` with all sources and --index {isolated(name_of(root))} instead."
        )


def _copy_segment(source: Layout, name: str, manifest: SegmentManifest, target: Layout) -> Segment:
    """Copies a segment, unless the index has it already: a segment's name is a digest of its content."""
    if not is_intact(target.segment(name)):
        written = SegmentLayout(target.segments / f"{UNFINISHED}0")
        _copy(source.segment(name), manifest.files, written)
        shutil.copyfile(source.segment(name).manifest, written.manifest)
        place(written, target.segment(name))
    segment = Segment(target.segment(name), whole=True)
    segment.check()
    return segment


def _copy(folder: Folder, files: Listing, target: Folder) -> None:
    """Copies the listed files to a new folder, and checks the copies."""
    require_space(target.root.parent, sum(size for _, size in files.values()))
    target.root.mkdir()
    for name in files:
        path = target.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened(folder.root / name) as original, path.open("xb") as copy:
            shutil.copyfileobj(original, copy)
    check_files([(target, files)])


def _checked(layout: Layout, written: GenerationLayout, manifest: Manifest, segments: list[Segment]) -> Manifest:
    """Checks that the copy can be opened and asked; returns its manifest, which says what changes in this index."""
    generation = read_generation(written, manifest, segments)
    encoder_for(open_written(layout.root, written, manifest).encoder)
    return with_fields(manifest, parent=current_name(layout), changes=changes_since(_current(layout), generation))


def _current(layout: Layout) -> PreviousGeneration | None:
    """The tables of the current generation; None if there is none that can be read."""
    try:
        name, sha256 = read_current(layout)
        manifest = load_manifest(layout.generation(name), sha256)
        check_files([(layout.generation(name), manifest.files)])
        return read_generation(layout.generation(name), manifest, [])
    except (IndexMissing, IndexCorrupt, IndexIncompatible):
        return None
