import numpy as np
import pytest

from index.encoder import DEFAULT_MODEL, SentenceTransformerEncoder, identity, load_encoder, unit
from index.errors import EncoderMissing

TEXTS = [
    "The keeper counted the ships.",
    "Ça va très bien, “merci” – 漢字 and 😀 too!",
    "A much longer text. " * 30,
    "x",
    "Корабли шли на север всю ночь.",
]


def test_vectors_are_those_of_sentence_transformers(encoder: SentenceTransformerEncoder) -> None:
    encoded = dict(encoder.encode(TEXTS))
    assert sorted(encoded) == list(range(len(TEXTS)))
    own = encoder._model.encode(TEXTS, normalize_embeddings=True)
    for row, vector in enumerate(own):
        assert np.abs(encoded[row].vector - vector).max() < 1e-5
        assert np.linalg.norm(encoded[row].vector) == pytest.approx(1, abs=1e-5)


def test_each_token_has_a_unit_vector_and_its_own_characters(encoder: SentenceTransformerEncoder) -> None:
    for row, encoded in encoder.encode(TEXTS):
        assert encoded.tokens.shape == (len(encoded.offsets), encoder.dimension)
        assert np.allclose(np.linalg.norm(encoded.tokens, axis=1), 1, atol=1e-5)
        assert (encoded.offsets == encoder.pieces([TEXTS[row]])[0]).all()
    words = [TEXTS[0][start:end] for start, end in encoder.pieces([TEXTS[0]])[0]]
    assert words == ["The", "keeper", "counted", "the", "ships", "."]


def test_batches_change_nothing(encoder: SentenceTransformerEncoder) -> None:
    many = dict(encoder.encode(TEXTS * 8))
    assert len(many) == len(TEXTS) * 8
    for row, text in enumerate(TEXTS):
        ((_, alone),) = encoder.encode([text], query=True)
        for copy in range(8):
            assert np.abs(many[row + copy * len(TEXTS)].vector - alone.vector).max() < 1e-5


def test_no_text_and_empty_text(encoder: SentenceTransformerEncoder) -> None:
    assert list(encoder.encode([])) == []
    assert encoder.pieces([]) == []
    ((_, encoded),) = encoder.encode([""])
    assert encoded.tokens.shape == (0, encoder.dimension)
    assert encoder.pieces([""])[0].shape == (0, 2)


def test_the_weights_are_the_published_ones(encoder: SentenceTransformerEncoder) -> None:
    assert identity(DEFAULT_MODEL) == (encoder.name, encoder.sha256)
    assert encoder.sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert (encoder.dimension, encoder.max_tokens) == (384, 254)
    assert load_encoder(DEFAULT_MODEL) is encoder


def test_a_model_that_is_not_here_is_named() -> None:
    with pytest.raises(EncoderMissing, match="nobody/nothing is not on this machine; name a folder"):
        identity("nobody/nothing")


def test_unit_leaves_zero_alone() -> None:
    assert unit(np.array([[3, 4], [0, 0]], np.float32)) == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))
