"""What is in an index, in lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from index.folder.additions import left_out
from index.folder.layout import Layout
from index.locate import locate
from index.store import Generation, GenerationFacts, Store


def status_lines(index: str | Path) -> Iterator[str]:
    """The generation that answers, the others, and what it was made from. Raises a StoreError if there is no index."""
    where = locate(index)
    store, kept = where.open(), where.generations()
    made_from = store.sources()
    yield f"index       {where}"
    for generation in kept:
        if generation.name == store.generation and generation.manifest:
            yield from _current_lines(generation.name, generation.manifest)
    yield from _size_lines(store, where.size())
    for generation in kept:
        yield f"{'*' if generation.is_current else ' '} {_generation_text(generation)}"
    for path in made_from["files"]:
        yield f"source      {path}"
    for id in left_out(Layout(where.staging)):
        yield f"left out    {id}"
    for sentence in made_from["skipped"]:
        yield f"skipped     {sentence}"
    for id, reasons in made_from["doubts"].items():
        yield f"doubtful    {id}: {'; '.join(reasons)}"


def _current_lines(name: str, manifest: GenerationFacts) -> Iterator[str]:
    yield f"generation  {name}, built {manifest.created}"
    yield f"encoder     {manifest.encoder['name']} ({manifest.encoder['sha256'][:12]})"
    for what, count in manifest.counts.items():
        yield f"{what:11} {count:,}"


def _generation_text(generation: Generation) -> str:
    manifest = generation.manifest
    if manifest is None:
        return f"{generation.name}    cannot be gone back to: {generation.problem}"
    changes = ", ".join(f"{count:,} {kind}" for kind, count in manifest.changes.items() if count) or "nothing changed"
    since = f" since {manifest.parent}" if manifest.parent else ""
    counts = manifest.counts
    return f"{generation.name}    {manifest.created}  {counts['documents']:,} documents: {changes}{since}"


def _size_lines(store: Store, whole: int) -> Iterator[str]:
    """A line for each part, with its bytes a passage. `whole`: bytes of the index, older generations included."""
    passages, sizes = len(store), store.sizes()
    if not sizes:
        return
    for part, size in sizes.items():
        yield f"  {part:9} {size:>15,} bytes, {size / passages:>10,.1f} a passage"
    total = sum(sizes.values())
    yield f"size        {total:,} bytes, {total / passages:,.0f} a passage; {whole:,} with the other generations"
