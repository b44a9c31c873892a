"""How many bytes an index takes, by what they are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from index.folder_store import FolderStore

_PARTS = {
    "documents.jsonl": "texts", "corners.npy": "boxes", "vectors.npy": "vectors", "vectors.faiss": "vectors",
    "tokens.npy": "tokens", "token_ends.npy": "tokens",
}  # fmt: skip
_WORDS = {"terms.npy", "term_ends.npy", "counts.npy", "count_ends.npy"}


def sizes(store: FolderStore) -> Counter[str]:
    """Bytes of the generation that answers and of its segments, by part."""
    found: Counter[str] = Counter()
    listings = [store.manifest.files, *(segment.manifest.files for segment in store.segments)]
    for name, (_, size) in ((name, facts) for listing in listings for name, facts in listing.items()):
        words = name.startswith("words/") or name in _WORDS
        found["words" if words else _PARTS.get(name, "tables")] += size
    return found


def size_lines(store: FolderStore, whole: int) -> Iterator[str]:
    """A line for each part, with its bytes a passage. `whole`: bytes of the folder, older generations included."""
    passages = len(store)
    for part, size in sizes(store).most_common():
        yield f"  {part:9} {size:>15,} bytes, {size / passages:>10,.1f} a passage"
    total = sizes(store).total()
    yield f"size        {total:,} bytes, {total / passages:,.0f} a passage; {whole:,} with the other generations"
