"""What is in an index, in lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from index.added import left_out
from index.generations import Generation, generations, size_of
from index.layout import Layout
from index.sizes import size_lines
from index.store import Store


def status_lines(root: Path) -> Iterator[str]:
    """The generation that answers, the others, and what it was made from. Raises a StoreError if there is no index."""
    store = Store(root)
    manifest, made_from = store.manifest, store.sources()
    yield f"index       {root}"
    yield f"generation  {store.generation}, built {manifest.created}"
    yield f"encoder     {manifest.encoder['name']} ({manifest.encoder['sha256'][:12]})"
    for name, count in manifest.counts.items():
        yield f"{name:11} {count:,}"
    yield from size_lines(store, size_of(root))
    for generation in generations(root):
        yield f"{'*' if generation.answers else ' '} {_generation_text(generation)}"
    for path in made_from["files"]:
        yield f"source      {path}"
    for id in left_out(Layout(root)):
        yield f"left out    {id}"
    for sentence in made_from["skipped"]:
        yield f"skipped     {sentence}"
    for id, reasons in made_from["doubts"].items():
        yield f"doubtful    {id}: {'; '.join(reasons)}"


def _generation_text(generation: Generation) -> str:
    manifest = generation.manifest
    if manifest is None:
        return f"{generation.name}    cannot be gone back to: {generation.problem}"
    changes = ", ".join(f"{count:,} {kind}" for kind, count in manifest.changes.items() if count) or "nothing changed"
    since = f" since {manifest.parent}" if manifest.parent else ""
    counts = manifest.counts
    return f"{generation.name}    {manifest.created}  {counts['documents']:,} documents: {changes}{since}"
