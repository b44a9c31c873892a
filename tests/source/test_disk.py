import shutil
from pathlib import Path

import pytest

from source import lacking


def test_what_is_lacking_is_counted_with_what_is_spared(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    assert lacking(tmp_path, 0, 0) == 0
    much = 1 << 60
    assert abs(lacking(tmp_path, much, 0) - (much - free)) < 1 << 30  # others write meanwhile
    assert lacking(tmp_path, 0, much) > 0


def test_a_small_disk_is_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total, _, free = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("source.disk.SPARED", 10 * total)  # so that this disk is a small one
    assert lacking(tmp_path, total) == pytest.approx(total * 1.1 - free, abs=1 << 30)
