import sys
from pathlib import Path

import numpy as np
import pytest

from index.arrays import BLOCK, ArrayWriter, CheckedFile, Table, block_digests
from index.errors import IndexCorrupt

ROWS = np.arange(60_000, dtype=np.int64).reshape(-1, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with ArrayWriter(tmp_path / "rows.npy", np.int64, 3) as file:
        for start in range(0, len(ROWS), 7000):
            file.append(ROWS[start : start + 7000])
        assert file.rows == len(ROWS)
    return tmp_path / "rows.npy"


def opened(path: Path, digests: bytes | None) -> CheckedFile:
    return CheckedFile(path, path.stat().st_size, digests)


def test_what_is_written_is_an_ordinary_npy_file(path: Path, tmp_path: Path) -> None:
    assert (np.load(path) == ROWS).all()
    with ArrayWriter(tmp_path / "numbers.npy", np.float32) as file:
        file.append([1, 2])
        file.append([])
    assert np.load(tmp_path / "numbers.npy").tolist() == [1, 2]
    with ArrayWriter(tmp_path / "none.npy", np.int8, 5):
        pass
    assert np.load(tmp_path / "none.npy").shape == (0, 5)
    assert len(Table(opened(tmp_path / "none.npy", None))) == 0


@pytest.mark.parametrize("whole", [True, False])
def test_rows_are_read_as_from_an_array(path: Path, whole: bool) -> None:
    table = Table(opened(path, None if whole else block_digests(path)[0]))
    assert len(table) == len(ROWS)
    assert (table[17] == ROWS[17]).all()
    assert (table[100:9000] == ROWS[100:9000]).all()
    assert (table[:] == ROWS).all()
    rows = np.array([19_999, 0, 5, 5, 12_345])
    assert (table.take(rows) == ROWS[rows]).all()
    assert table.take(rows[:0]).shape == (0, 3)


@pytest.mark.parametrize("position", [BLOCK - 1, BLOCK, 5 * BLOCK + 100, -1])
def test_a_damaged_block_is_noticed_when_it_is_read_and_only_then(path: Path, position: int) -> None:
    digests, _ = block_digests(path)
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    start = len(data) - ROWS.nbytes
    row = (position % len(data) - start) // 24
    table = Table(opened(path, digests)) if position != BLOCK - 1 else None
    if table is None:
        with pytest.raises(IndexCorrupt, match=r"rows\.npy is damaged"):
            Table(opened(path, digests))
        return
    assert (table[:100] == ROWS[:100]).all()
    with pytest.raises(IndexCorrupt, match=r"rows\.npy is damaged; run"):
        table[row]
    with pytest.raises(IndexCorrupt, match=r"rows\.npy is damaged; run"):
        table[row : row + 1]
    with pytest.raises(IndexCorrupt, match=r"rows\.npy is damaged; run"):
        table.take(np.array([3, row]))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is resident")
def test_of_a_large_file_little_stays_resident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def resident() -> int:
        (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssFile"))
        return int(line.split()[1]) << 10

    rows = np.arange(1 << 22, dtype=np.int64).reshape(-1, 8)  # 32 MB
    with ArrayWriter(tmp_path / "rows.npy", np.int64, 8) as file:
        file.append(rows)
    monkeypatch.setattr("index.arrays._HELD", 1 << 20)
    table = Table(opened(tmp_path / "rows.npy", None))
    first = table[0:4096]
    before = resident()
    most = 0
    for start in range(0, len(rows), 512):
        assert (table[start : start + 512] == rows[start : start + 512]).all()
        assert (table.take(np.array([start, 5])) == rows[[start, 5]]).all()
        most = max(most, resident() - before)
    assert most < 16 << 20  # the system counts, and makes resident, in steps of its own
    assert (first == rows[:4096]).all()  # what was read before is as it was


def test_a_file_of_another_size_or_none(path: Path) -> None:
    digests, _ = block_digests(path)
    for size in (path.stat().st_size - 1, path.stat().st_size + 1):
        with pytest.raises(IndexCorrupt, match="damaged"):
            CheckedFile(path, size, None)
    with pytest.raises(IndexCorrupt, match="damaged"):
        opened(path, digests[:-1])
    path.unlink()
    with pytest.raises(IndexCorrupt, match="missing"):
        CheckedFile(path, 1, None)
