import shutil
from pathlib import Path

from source import SPARED, lacking


def test_what_is_lacking_is_counted_with_what_is_spared(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    assert lacking(tmp_path, 0, 0) == 0
    much = 1 << 60
    assert abs(lacking(tmp_path, much, 0) - (much - free)) < 1 << 30  # others write meanwhile
    assert lacking(tmp_path, much) - lacking(tmp_path, much, 0) > SPARED - (1 << 30)
    assert lacking(tmp_path, 0, much) > 0
