"""Waiting for the sources to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

from index.folder.additions import sources_of
from index.folder.layout import Layout
from index.locate import folder_of

_SETTLED = 500  # milliseconds without another change
_AT_LAST = 30_000  # milliseconds after which changes that never end are acted upon
_FIRST = 1_000  # milliseconds


def changes(index: str | Path, sources: Sequence[str | Path] = (), stop: Event | None = None) -> Iterator[None]:
    """Yields when the sources have changed: after half a second of quiet, or half a minute of changes without end.

    `index`: its folder may lie among them and is no source, but for the documents that
    were added to it.
    Yields once soon after the beginning too, for what changed before it. Ends when
    `stop` is set, or with an interrupt from the keyboard.
    """
    from watchfiles import watch  # not before it is needed

    layout = Layout(folder_of(index).absolute())
    roots = [root.absolute() for root in sources_of(layout, sources)]
    folders = {root if root.is_dir() else root.parent for root in roots}
    folders |= {layout.root} if layout.root.is_dir() else set()

    def is_ours(change: object, path: str) -> bool:
        if layout.root in (Path(path), *Path(path).parents):
            return any(_is_below(Path(path), root) for root in (layout.added, layout.left_out))
        return any(_is_below(Path(path), root) for root in roots)

    first = True
    for found in watch(
        *folders, watch_filter=is_ours, debounce=_AT_LAST, step=_SETTLED, rust_timeout=_FIRST, yield_on_timeout=True,
        stop_event=stop, raise_interrupt=False, ignore_permission_denied=True,
    ):  # fmt: skip
        if found or first:
            first = False
            yield None


def _is_below(path: Path, root: Path) -> bool:
    """Whether it is what is watched: the file itself, or what is not hidden in the folder."""
    if path == root:
        return True
    return root in path.parents and not any(part.startswith(".") for part in path.relative_to(root).parts)
