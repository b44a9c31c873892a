from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.encoder.protocol import unit
from index.folder.arrays import ArrayWriter, Table
from index.folder.checksums import CheckedFile
from index.folder.layout import Layout
from index.folder.segment import EncodedTexts, SegmentText, SegmentWriter
from index.folder.vectors import StoredVectors, read_index, write_index
from index.tokens import token_type
from index.types import FloatMatrix

COUNT, DIMENSION = 6000, 64  # texts
SEGMENTS = 3


@pytest.fixture(scope="module")
def exact() -> FloatMatrix:
    """Clustered vectors, like those of texts."""
    drawn = np.random.default_rng(1)
    centres = drawn.standard_normal((200, DIMENSION))
    return unit((centres[drawn.integers(0, 200, COUNT)] + 0.6 * drawn.standard_normal((COUNT, DIMENSION))).astype("f4"))


@pytest.fixture(scope="module")
def text_of() -> NDArray[np.int64]:
    """The last tenth of the passages are copies of others."""
    return np.concatenate([np.arange(COUNT), np.arange(0, COUNT, 10)])


def table(path: Path, rows: NDArray[np.int64]) -> Table:
    with ArrayWriter(path, np.int64, rows.shape[1] if rows.ndim > 1 else None) as file:
        file.append(rows)
    return Table(opened(path), rows.shape[1] if rows.ndim > 1 else None)


def opened(path: Path) -> CheckedFile:
    return CheckedFile(path, path.stat().st_size, None)


def stored(folder: Path, exact: FloatMatrix, text_of: NDArray[np.int64]) -> StoredVectors:
    """The vectors spread over several segments."""
    layout = Layout(folder)
    layout.segments.mkdir()
    encoder = {"name": "none", "sha256": "0", "settings": "0", "dimension": exact.shape[1]}
    places = np.zeros((len(exact), 4), np.int64)
    segments = []
    for number in range(SEGMENTS):
        with SegmentWriter(layout.segment(f"unfinished-{number}"), encoder) as writer:
            for row in range(number, len(exact), SEGMENTS):
                digest, tokens = np.array([row, 0]), np.zeros(0, token_type(exact.shape[1]))
                places[row] = number, *writer.add_text(SegmentText(digest, exact[row], tokens, {}))
            segments.append(writer.close(layout.segments))
    texts = EncodedTexts(table(folder / "texts.npy", places), segments)
    write_index(folder / "vectors.faiss", texts)
    passages = np.zeros((len(text_of), 4), np.int64)
    passages[:, 3] = text_of
    ends = np.concatenate([[0], np.cumsum(np.bincount(text_of, minlength=len(exact)))])
    return StoredVectors(
        read_index(opened(folder / "vectors.faiss"), len(texts), texts.dimension),
        texts,
        table(folder / "passages.npy", passages),
        table(folder / "text_passages.npy", np.argsort(text_of, kind="stable")),
        table(folder / "ends.npy", ends),
    )


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory, exact: FloatMatrix, text_of: NDArray[np.int64]) -> StoredVectors:
    return stored(tmp_path_factory.mktemp("vectors"), exact, text_of)


@pytest.mark.parametrize("count", [1, 2, 700])
def test_search_in_few_vectors_is_exact(tmp_path: Path, exact: FloatMatrix, count: int) -> None:
    few = stored(tmp_path, exact[:count], np.arange(count))
    rows, cosines = few.nearest(exact[0], 100)
    expected = exact[:count] @ exact[0]
    assert rows.tolist() == np.argsort(-expected)[:100].tolist()
    assert cosines.tolist() == pytest.approx(np.sort(expected)[::-1][:100].tolist(), abs=1e-5)


def test_copies_of_one_vector_are_all_found(tmp_path: Path, exact: FloatMatrix) -> None:
    same = stored(tmp_path, np.repeat(exact[:1], 1000, axis=0), np.arange(1000))
    assert len(same.nearest(exact[0], 100)[0]) == 100


def test_nearly_all_of_the_nearest_of_many_vectors_are_found(
    vectors: StoredVectors, exact: FloatMatrix, text_of: NDArray[np.int64]
) -> None:
    drawn = np.random.default_rng(2)
    found = 0
    for row in drawn.integers(0, COUNT, 50):
        query = unit(exact[row] + 0.05 * drawn.standard_normal(DIMENSION).astype("f4"))
        expected = exact[text_of] @ query
        rows, cosines = vectors.nearest(query, 10)
        assert cosines.tolist() == pytest.approx(expected[rows].tolist(), abs=1e-5)  # exact, whatever found them
        assert (np.diff(cosines) <= 0).all()
        # Copies tie: compare their cosines, not their rows.
        found += int((cosines >= np.sort(expected)[::-1][9] - 1e-6).sum())
    assert found / 500 >= 0.99
    rows, cosines = vectors.nearest(exact[0], 100)
    assert len(set(rows.tolist())) == len(rows) == len(cosines) == 100
    assert (vectors.of(rows) == exact[text_of[rows]]).all()


def test_a_restricted_search_is_exact(vectors: StoredVectors, exact: FloatMatrix, text_of: NDArray[np.int64]) -> None:
    among = np.arange(5, len(text_of), 7)
    rows, cosines = vectors.nearest(exact[0], 20, among)
    expected = exact[text_of[among]] @ exact[0]
    assert cosines.tolist() == pytest.approx(np.sort(expected)[::-1][:20].tolist(), abs=1e-5)
    assert set(rows) <= set(among)
