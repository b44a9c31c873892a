"""The space on a disk, some of which is always left to other programs."""

from __future__ import annotations

import shutil
from pathlib import Path

SPARED = 1 << 28
"""Bytes of a disk that uploads and builds leave free: 256 MB."""
_MOST_SPARED = 0.1  # of a small disk


def lacking(folder: Path, size: int, spared: int | None = None) -> int:
    """How many bytes more would have to be free for `size` bytes in `folder`; 0 if there is enough space.

    `spared`: bytes that must stay free; by default `SPARED`, or a tenth of a small disk.
    """
    disk = shutil.disk_usage(folder)
    if not disk.total:  # a file system that doesn't know
        return 0
    if spared is None:
        spared = min(SPARED, int(disk.total * _MOST_SPARED))
    return max(size + spared - disk.free, 0)
