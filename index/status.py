"""The output of `python -m index status`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.folder.additions import left_out
from index.folder.layout import Layout
from index.locate import locate
from index.progress import counted
from index.store import Generation, GenerationFacts, Store
from source import isolated


def status_lines(index: str | Path) -> Iterator[str]:
    """Describes the current generation, the others, and the sources, line by line. Raises a StoreError."""
    located = locate(index)
    store, generations = located.open(), located.generations()
    sources = store.sources()
    yield f"index       {isolated(located)}"
    for generation in generations:
        if generation.name == store.generation and generation.manifest:
            yield from _current_lines(generation.name, generation.manifest)
    yield from _size_lines(store, located.size())
    for generation in generations:
        yield f"{'*' if generation.is_current else ' '} {_generation_text(generation)}"
    origins = sources.get("origins", {})  # an earlier version did not record them
    for path in sources["files"]:
        yield f"source      {isolated(path)}" + "".join(f" from {isolated(each)}" for each in origins.get(path, [])[:1])
    for id in left_out(Layout(located.staging)):
        yield f"excluded    {isolated(id)}"
    for sentence in sources["skipped"]:
        yield f"skipped     {sentence}"
    for id, reasons in sources["doubts"].items():
        yield f"warnings    {isolated(id)}: {'; '.join(reasons)}"


def status_json(index: str | Path) -> dict[str, Any]:
    """What `status_lines` says, as a JSON object. Raises a StoreError."""
    located = locate(index)
    store, generations = located.open(), located.generations()
    sources = store.sources()
    return {
        "index": str(located),
        "generation": store.generation,
        "generations": [_generation_json(each) for each in generations],
        "sizes": store.sizes(),
        "size": located.size(),
        "sources": list(sources["files"]),
        "excluded": sorted(left_out(Layout(located.staging))),
        "skipped": sources["skipped"],
        "warnings": sources["doubts"],
    }


def _generation_json(generation: Generation) -> dict[str, Any]:
    facts = generation.manifest
    if facts is None:
        return {"name": generation.name, "problem": str(generation.problem)}
    known = {"created": facts.created, "parent": facts.parent, "counts": facts.counts, "changes": facts.changes}
    return {"name": generation.name, **known, "encoder": facts.encoder["name"]}


def _current_lines(name: str, manifest: GenerationFacts) -> Iterator[str]:
    yield f"generation  {name}, built {manifest.created}"
    yield f"encoder     {isolated(manifest.encoder['name'])} ({manifest.encoder['sha256'][:12]})"
    for noun, count in manifest.counts.items():
        yield f"{noun:11} {count:,}"


def _generation_text(generation: Generation) -> str:
    manifest = generation.manifest
    if manifest is None:
        return f"{generation.name}    unusable: {generation.problem}"
    changes = ", ".join(f"{count:,} {kind}" for kind, count in manifest.changes.items() if count) or "nothing changed"
    since = f" since {manifest.parent}" if manifest.parent else ""
    documents = counted(manifest.counts["documents"], "document")
    return f"{generation.name}    {manifest.created}  {documents}, {changes}{since}"


def _size_lines(store: Store, whole: int) -> Iterator[str]:
    """One line for each part with its size, and a total. `whole`: bytes of the index with all its generations."""
    passages, sizes = len(store), store.sizes()
    if not sizes:
        return
    for part, size in sizes.items():
        yield f"  {part:9} {size:>15,} bytes, {size / passages:>10,.1f} per passage"
    total = sum(sizes.values())
    yield f"size        {total:,} bytes, {total / passages:,.0f} per passage, {whole:,} with the other generations"
