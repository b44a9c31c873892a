from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.arrays import CheckedFile, Table
from index.encoder import FloatMatrix, unit
from index.vectors import FlatVectors, InvertedVectors, read_index, write_index

COUNT, DIMENSION = 6000, 64


@pytest.fixture(scope="module")
def exact() -> FloatMatrix:
    """Vectors in clusters, as those of texts are."""
    drawn = np.random.default_rng(1)
    centres = drawn.standard_normal((200, DIMENSION))
    return unit((centres[drawn.integers(0, 200, COUNT)] + 0.6 * drawn.standard_normal((COUNT, DIMENSION))).astype("f4"))


@pytest.fixture(scope="module")
def text_of() -> NDArray[np.int64]:
    """Every tenth passage is word for word another one."""
    rows = np.arange(COUNT)
    rows[::10] = rows[::-10]
    return rows


def opened(path: Path) -> CheckedFile:
    return CheckedFile(path, path.stat().st_size, None)


def test_few_vectors_are_all_compared(tmp_path: Path, exact: FloatMatrix, text_of: NDArray[np.int64]) -> None:
    assert not write_index(tmp_path / "index", exact, text_of)
    vectors = FlatVectors(read_index(opened(tmp_path / "index")))
    rows, cosines = vectors.nearest(exact[7], 10)
    expected = exact[text_of] @ exact[7]
    assert cosines.tolist() == pytest.approx(np.sort(expected)[::-1][:10].tolist(), abs=1e-5)
    assert (vectors.of(rows) == exact[text_of[rows]]).all()
    assert len(vectors.nearest(exact[7], 2 * COUNT)[0]) == COUNT


def test_of_many_vectors_nearly_all_of_the_nearest_are_found(
    tmp_path: Path, exact: FloatMatrix, text_of: NDArray[np.int64], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.vectors.EXACT", 1000)
    np.save(tmp_path / "exact.npy", exact)
    assert write_index(tmp_path / "index", exact, text_of)
    table = Table(opened(tmp_path / "exact.npy"))
    vectors = InvertedVectors(read_index(opened(tmp_path / "index")), table, lambda rows: text_of[rows])
    assert vectors._index.nprobe == vectors._index.nlist // 8  # whatever the file says
    drawn = np.random.default_rng(2)
    found = 0
    for row in drawn.integers(0, COUNT, 50):
        query = unit(exact[row] + 0.05 * drawn.standard_normal(DIMENSION).astype("f4"))
        expected = exact[text_of] @ query
        rows, cosines = vectors.nearest(query, 10)
        assert cosines.tolist() == pytest.approx(expected[rows].tolist(), abs=1e-5)  # exact, whatever found them
        assert (np.diff(cosines) <= 0).all()
        # Copies tie: what counts is how near, not which of them.
        found += int((cosines >= np.sort(expected)[::-1][9] - 1e-6).sum())
    assert found / 500 >= 0.95
    rows, cosines = vectors.nearest(exact[0], 100)
    assert len(set(rows.tolist())) == len(rows) == len(cosines)
    assert (vectors.of(rows) == exact[text_of[rows]]).all()
