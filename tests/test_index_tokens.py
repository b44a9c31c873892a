import numpy as np

from index.encoder import unit
from index.tokens import TokenVectors, quantise, restore


def test_a_byte_a_dimension_keeps_the_direction() -> None:
    vectors = unit(np.random.default_rng(1).standard_normal((2000, 384)).astype(np.float32))
    quantised = quantise(vectors)
    assert quantised.dtype == np.int8
    assert quantised.shape == vectors.shape
    assert np.abs(quantised).max(axis=1).tolist() == [127] * 2000
    restored = restore(quantised)
    assert np.allclose(np.linalg.norm(restored, axis=1), 1, atol=1e-6)
    assert np.einsum("nd,nd->n", vectors, restored).min() > 1 - 1e-4
    assert np.abs(restored[:200] @ restored[200:400].T - vectors[:200] @ vectors[200:400].T).max() < 0.004


def test_zero_and_none() -> None:
    assert quantise(np.zeros((1, 4), np.float32)).tolist() == [[0, 0, 0, 0]]
    assert restore(quantise(np.zeros((1, 4), np.float32))).tolist() == [[0, 0, 0, 0]]
    assert quantise(np.zeros((0, 4), np.float32)).shape == (0, 4)


def test_each_passage_gets_its_own_tokens() -> None:
    vectors = np.eye(5, dtype=np.int8) * 127
    spans = np.array([[i, i + 1] for i in range(5)], np.int32)
    tokens = TokenVectors(vectors, spans, np.array([0, 2, 2, 5]))
    found, offsets = tokens.of(np.array([2, 0, 1]))
    assert found.argmax(axis=1).tolist() == [2, 3, 4, 0, 1]
    assert [each.tolist() for each in offsets] == [[[2, 3], [3, 4], [4, 5]], [[0, 1], [1, 2]], []]
