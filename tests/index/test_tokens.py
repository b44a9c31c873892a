import numpy as np
import pytest

from index.encoder.protocol import Encoded, unit
from index.tokens import pack, quantise, unpack


def test_quantising_keeps_the_direction() -> None:
    vectors = unit(np.random.default_rng(1).standard_normal((2000, 384)).astype(np.float32))
    quantised, scales = quantise(vectors)
    assert quantised.dtype == np.int8
    assert quantised.shape == vectors.shape
    assert np.abs(quantised).max(axis=1).tolist() == [127] * 2000
    restored = quantised.astype(np.float32) * scales[:, None]
    assert np.allclose(np.linalg.norm(restored, axis=1), 1, atol=1e-6)
    assert np.einsum("nd,nd->n", vectors, restored).min() > 1 - 1e-4
    assert np.abs(restored[:200] @ restored[200:400].T - vectors[:200] @ vectors[200:400].T).max() < 0.004


def test_zero_vectors_and_no_vectors() -> None:
    assert quantise(np.zeros((1, 4), np.float32))[0].tolist() == [[0, 0, 0, 0]]
    assert np.isfinite(quantise(np.zeros((1, 4), np.float32))[1]).all()
    assert quantise(np.zeros((0, 4), np.float32))[0].shape == (0, 4)


def test_each_passage_gets_its_own_tokens() -> None:
    identity = np.eye(5, dtype=np.float32)
    offsets = np.array([[i, i + 1] for i in range(5)])
    texts = [Encoded(identity[0], identity[rows], offsets[rows]) for rows in ([2, 3, 4], [0, 1], [])]
    found = unpack([pack(text, 0) for text in texts])
    assert found.vectors.argmax(axis=1).tolist() == [2, 3, 4, 0, 1]
    assert [each.tolist() for each in found.offsets] == [[[2, 3], [3, 4], [4, 5]], [[0, 1], [1, 2]], []]
    query = np.array([[1, 0, 0, 0, 0], [0, 0, 0, 0.6, 0.8]], np.float32)
    assert [np.round(each, 6).tolist() for each in found.cosines(query)] == [
        [[0, 0, 0], [0, pytest.approx(0.6), pytest.approx(0.8)]], [[1, 0], [0, 0]], [[], []],
    ]  # fmt: skip


def test_the_tokens_of_the_context_are_left_out() -> None:
    identity = np.eye(5, dtype=np.float32)
    tokens = pack(Encoded(identity[0], identity, np.array([[i, i + 1] for i in range(5)])), 3)
    assert [(token["start"], token["end"]) for token in tokens] == [(0, 1), (1, 2)]
    assert tokens["vector"].argmax(axis=1).tolist() == [3, 4]
