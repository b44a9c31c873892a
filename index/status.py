"""What is in an index, in lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from index.added import left_out
from index.address import address_of, folder_of
from index.folder_store import FolderStore
from index.generations import About, Generation, generations, size_of
from index.layout import Layout
from index.opened import open_store
from index.sizes import size_lines
from source.files import name_of


def status_lines(index: str | Path) -> Iterator[str]:
    """The generation that answers, the others, and what it was made from. Raises a StoreError if there is no index."""
    address = address_of(index)
    store, kept = open_store(index), generations(index)
    made_from = store.sources()
    yield f"index       {name_of(address) if isinstance(address, Path) else address}"
    for generation in kept:
        if generation.name == store.generation and generation.manifest:
            yield from _answering_lines(generation.name, generation.manifest)
    if isinstance(store, FolderStore):
        yield from size_lines(store, size_of(store.root))
    for generation in kept:
        yield f"{'*' if generation.answers else ' '} {_generation_text(generation)}"
    for path in made_from["files"]:
        yield f"source      {path}"
    for id in left_out(Layout(folder_of(index))):
        yield f"left out    {id}"
    for sentence in made_from["skipped"]:
        yield f"skipped     {sentence}"
    for id, reasons in made_from["doubts"].items():
        yield f"doubtful    {id}: {'; '.join(reasons)}"


def _answering_lines(name: str, manifest: About) -> Iterator[str]:
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
