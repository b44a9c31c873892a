"""The space on a disk, some of which is always left to other programs."""

from __future__ import annotations

import shutil
from pathlib import Path

SPARED = 1 << 28
"""Bytes of a disk that uploads and builds leave free: 256 MB."""


def lacking(folder: Path, size: int, spared: int | None = None) -> int:
    """How many bytes more would have to be free for `size` bytes in `folder`; 0 if there is enough space.

    `spared`: bytes that must stay free, `SPARED` by default.
    """
    disk = shutil.disk_usage(folder)
    if not disk.total:  # a file system that doesn't know
        return 0
    return max(size + (SPARED if spared is None else spared) - disk.free, 0)
