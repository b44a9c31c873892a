import sys
from pathlib import Path

import numpy as np
import pytest

from index.errors import IndexCorrupt
from index.folder.arrays import ArrayWriter, Table
from index.folder.checksums import BLOCK, CheckedFile, block_digests

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


def test_an_array_writer_writes_ordinary_npy_files(path: Path, tmp_path: Path) -> None:
    assert (np.load(path) == ROWS).all()
    with ArrayWriter(tmp_path / "numbers.npy", np.float32) as file:
        file.append([1, 2])
        file.append([])
    assert np.load(tmp_path / "numbers.npy").tolist() == [1, 2]
    with ArrayWriter(tmp_path / "none.npy", np.int8, 5):
        pass
    assert np.load(tmp_path / "none.npy").shape == (0, 5)
    assert len(Table(opened(tmp_path / "none.npy", None), 5, np.int8)) == 0


@pytest.mark.parametrize("whole", [True, False])
def test_rows_are_read_as_from_an_array(path: Path, whole: bool) -> None:
    table = Table(opened(path, None if whole else block_digests(path)[0]), 3)
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
    table = Table(opened(path, digests), 3) if position != BLOCK - 1 else None
    if table is None:
        with pytest.raises(IndexCorrupt, match=r"rows\.npy is damaged"):
            Table(opened(path, digests), 3)
        return
    assert (table[:100] == ROWS[:100]).all()
    with pytest.raises(IndexCorrupt, match=r"rows\.npy is damaged\. Run"):
        table[row]
    with pytest.raises(IndexCorrupt, match=r"rows\.npy is damaged\. Run"):
        table[row : row + 1]
    with pytest.raises(IndexCorrupt, match=r"rows\.npy is damaged\. Run"):
        table.take(np.array([3, row]))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is resident")
def test_little_of_a_large_file_stays_resident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def resident() -> int:
        (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssFile"))
        return int(line.split()[1]) << 10

    rows = np.arange(1 << 22, dtype=np.int64).reshape(-1, 8)  # 32 MB
    with ArrayWriter(tmp_path / "rows.npy", np.int64, 8) as file:
        file.append(rows)
    monkeypatch.setattr("index.folder.checksums._HELD", 1 << 20)
    table = Table(opened(tmp_path / "rows.npy", None), 8)
    first = table[0:4096]
    before = resident()
    most = 0
    for start in range(0, len(rows), 512):
        assert (table[start : start + 512] == rows[start : start + 512]).all()
        assert (table.take(np.array([start, 5])) == rows[[start, 5]]).all()
        most = max(most, resident() - before)
    assert most < 16 << 20  # the system counts, and makes pages resident, in steps of its own
    assert (first == rows[:4096]).all()  # views read before stay valid


def test_a_file_of_another_size_or_missing(path: Path) -> None:
    digests, _ = block_digests(path)
    for size in (path.stat().st_size - 1, path.stat().st_size + 1):
        with pytest.raises(IndexCorrupt, match="damaged"):
            CheckedFile(path, size, None)
    with pytest.raises(IndexCorrupt, match="damaged"):
        opened(path, digests[:-1])
    path.unlink()
    with pytest.raises(IndexCorrupt, match="missing"):
        CheckedFile(path, 1, None)


def test_rows_that_do_not_exist_are_refused(path: Path) -> None:
    table = Table(opened(path, None), 3)
    for rows in (-1, len(ROWS), slice(0, len(ROWS) + 1), slice(-1, 1), slice(2, 1), slice(1 << 70, 1 << 71)):
        with pytest.raises(IndexCorrupt, match=r"lacks rows that another file refers to\. Run"):
            table[rows]
    for named in ([-1], [len(ROWS)], [0, 1 << 62]):
        with pytest.raises(IndexCorrupt, match="lacks rows"):
            table.take(np.array(named))
    with pytest.raises(IndexCorrupt, match=r"is shorter than another file says\. Run"):
        opened(path, None).read(0, 1 << 40)


def test_runs_beyond_the_table_are_refused(path: Path) -> None:
    table = Table(opened(path, None), 3)
    first, last = np.array([3, 9]), np.array([5, 10])
    assert (table.take_runs(first, last) == ROWS[[3, 4, 9]]).all()
    for start, end in (([5], [3]), ([0, 0], [len(ROWS), 1]), ([0], [1 << 62])):
        with pytest.raises(IndexCorrupt, match="lacks rows"):
            table.take_runs(np.array(start), np.array(end))


@pytest.mark.parametrize(("columns", "dtype"), [(None, np.int64), (2, np.int64), (3, np.int32), (3, np.float64)])
def test_another_kind_of_array_is_refused(path: Path, columns: int | None, dtype: type) -> None:
    with pytest.raises(IndexCorrupt, match=r"holds another kind of array\. Run"):
        Table(opened(path, None), columns, dtype)
