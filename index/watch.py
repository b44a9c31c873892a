"""Watching the sources of an index for changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from index.folder.additions import sources_of
from index.folder.layout import Layout
from index.locate import folder_of, last_build

_QUIET = 500  # milliseconds without another change
_LONGEST = 30_000  # milliseconds of continuous changes
_FIRST = 1_000  # milliseconds until the first yield


def changes(index: str | Path, sources: Sequence[str | Path] = (), stop: Event | None = None) -> Iterator[None]:
    """Yields whenever the sources have changed, after half a second of quiet or half a minute of continuous changes.

    Also yields once at the start, for changes before it. `index`: its folder may be inside a source folder; in it,
    only added documents and the exclusion list are watched. `sources`: by default those of the index's last build.
    Ends when `stop` is set or at a keyboard interrupt. Raises as `last_build`.
    """
    from watchfiles import watch  # only on demand

    layout = Layout(folder_of(index))
    roots = [root.absolute() for root in sources_of(layout, last_build(index, sources)[0])]
    folders = {root if root.is_dir() else root.parent for root in roots}
    folders |= {layout.root} if layout.root.is_dir() else set()

    def is_watched(change: object, path: str) -> bool:
        if layout.root in (Path(path), *Path(path).parents):
            return any(_is_below(Path(path), root) for root in (layout.added, layout.left_out))
        return any(_is_below(Path(path), root) for root in roots)

    first = True
    for found in watch(
        *folders, watch_filter=is_watched, debounce=_LONGEST, step=_QUIET, rust_timeout=_FIRST, yield_on_timeout=True,
        stop_event=stop, raise_interrupt=False, ignore_permission_denied=True,
    ):  # fmt: skip
        if found or first:
            first = False
            yield None


def _is_below(path: Path, root: Path) -> bool:
    """Whether `path` is `root` itself, or inside it and not hidden."""
    if path == root:
        return True
    return root in path.parents and not any(part.startswith(".") for part in path.relative_to(root).parts)
