"""Taking a folder as an index's own, before anything in it is written or removed."""

from __future__ import annotations

import stat
from pathlib import Path

from index.errors import IndexUnwritable
from index.layout import Layout

_OURS = Layout.names()


def claim(root: Path) -> Layout:
    """The folder of an index that is to be written to, made if it is not there.

    It must hold an index, or nothing but what one begins with; hidden files
    aside. No name of ours may be a link, for what lies behind one is somebody
    else's, or a pipe, which would keep us waiting.
    Raises IndexUnwritable, and OSError.
    """
    layout = Layout(root)
    root.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    if layout.current.name not in there and there - _OURS:
        raise IndexUnwritable(f"{root} holds other files and no index; name an empty folder or a new one with --index.")
    for name in there & _OURS:
        if stat.S_IFMT((root / name).lstat().st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            raise IndexUnwritable(f"{root / name} is a link or no file, as no index has; name another with --index.")
    return layout
