import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import index.encoder.load
from index.encoder import export as export_module
from index.encoder.export import export
from index.encoder.identity import Identity, identity, model_folder
from index.encoder.load import encoder_for, encoder_of, export_folder, load_encoder
from index.encoder.onnx import _SLOWER, FACTS, Facts, OnnxEncoder
from index.encoder.protocol import Encoder, WordPiece, known_share, knows, unit, whole_share
from index.encoder.sentence_transformer import SentenceTransformerEncoder
from index.errors import EncoderMissing, IndexCorrupt, IndexIncompatible
from index.exports import CannotExport, ExportUnusable, model_file
from index.settings import DEFAULT_MODEL, threads
from source import UsageError

InChild = Callable[[Callable[[], object]], None]

TEXTS = [
    "The keeper counted the ships.",
    "Ça va très bien, “merci” – 漢字 and 😀 too!",
    "A much longer text. " * 100,
    "x",
    "Корабли шли на север всю ночь.",
    "",
]


@pytest.mark.parametrize(
    ("pieces", "share"),
    [
        ([(0, 4, "Vien"), (4, 6, "##na")], 1.0),
        ([(0, 4, "▁Vien"), (4, 5, "n"), (5, 6, "a")], 4 / 6),
        ([(0, 1, "▁"), (0, 6, "Vienna")], 1.0),
        ([(0, 6, "[UNK]")], 0.0),
        ([], 1.0),
    ],
)
def test_letters_in_longer_pieces_are_known(pieces: list[tuple[int, int, str]], share: float) -> None:
    assert known_share("Vienna", [WordPiece(*piece) for piece in pieces]) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "pieces", "share"),
    [
        ("漢字23", [(0, 1, "漢"), (1, 2, "[UNK]"), (2, 4, "23")], 0.5),  # a Chinese character is a word
        ("23!", [(0, 2, "23"), (2, 3, "!")], 1.0),  # a digit is no letter
        ("A02: x", [(0, 1, "a"), (1, 3, "##02"), (3, 4, ":"), (5, 6, "x")], 1.0),  # what stands alone isn't broken
        ("국어", [(0, 1, "▁"), (0, 1, "국"), (1, 2, "어")], 1.0),  # a Korean syllable is several letters
        ("국어", [(0, 1, "ᄀ"), (0, 1, "##ᅮ"), (0, 1, "##ᆨ"), (1, 2, "어")], 0.25),  # unless it is broken into them
        ("కిం", [(0, 3, "▁కిం")], 1.0),  # so is a letter with its marks
        ("కన", [(0, 1, "▁క"), (1, 2, "న")], 0.0),
    ],
)
def test_what_is_a_letter_depends_on_the_script(text: str, pieces: list[tuple[int, int, str]], share: float) -> None:
    assert known_share(text, [WordPiece(*piece) for piece in pieces]) == share


@pytest.mark.parametrize(
    ("text", "pieces", "share"),
    [
        ("red fish", [(0, 3), (4, 8)], 1.0),
        ("Is it so?", [(0, 2), (3, 5), (6, 8), (8, 9)], 1.0),  # short words are whole
        ("Begrüßung, 23", [(0, 2), (2, 4), (4, 9), (9, 10), (11, 13)], 5 / 9),
        ("Begrüßung", [(0, 5), (5, 9)], 1.0),  # nor are long pieces broken words
        ("漢字 only", [(0, 1), (1, 2), (3, 7)], 1.0),  # no spaces between words
        ("국어 so", [(0, 1), (1, 2), (3, 5)], 1.0),
        ("word", [(0, 1), (0, 4)], 4 / 5),  # SentencePiece's space may be a piece
        ("23", [(0, 2)], 1.0),
        ("", [], 1.0),
    ],
)
def test_how_much_is_in_whole_words(text: str, pieces: list[tuple[int, int]], share: float) -> None:
    assert whole_share(text, np.array(pieces, np.int64).reshape(-1, 2)) == share


def test_a_long_text_is_judged_by_its_middle(encoder: Encoder) -> None:
    licence = "Permission is hereby granted, free of charge. " * 100
    assert knows(encoder, licence)
    assert not knows(encoder, licence + "Корабли шли на север всю ночь. " * 100 + licence)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Who gave the welcome speech?", True),
        ("Wer hielt die Begrüßungsrede?", True),
        ("¿Quién pronunció el discurso?", True),
        ("Кто выступил с приветственной речью?", False),
        ("من ألقى كلمة الترحيب؟", False),
        ("谁致了欢迎词？", False),
        ("누가 환영사를 했습니까?", False),
        ("2022?", True),
    ],
)
def test_what_the_default_model_knows(
    encoder: Encoder, reference: SentenceTransformerEncoder, text: str, known: bool
) -> None:
    assert knows(encoder, text) is known
    assert encoder.known(text) == pytest.approx(reference.known(text))


@pytest.fixture(scope="module")
def reference() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two narrow layers with random weights, quick to export."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("small")
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertModel(config).save_pretrained(folder / "bert")
    AutoTokenizer.from_pretrained(str(model_folder(DEFAULT_MODEL))).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"), max_seq_length=40)
    prompts = {"query": "ask: ", "document": "text: "}
    SentenceTransformer(modules=[transformer, Pooling(32)], prompts=prompts).save_pretrained(str(folder / "model"))
    return folder / "model"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CHAPTER_VERSE_CACHE", str(tmp_path / "cache"))
    encoder_of.cache_clear()
    yield tmp_path / "cache" / "encoders"
    encoder_of.cache_clear()


def test_the_first_word_after_a_prompt_is_the_texts_own(small: Path, tmp_path: Path, cache: Path) -> None:
    """The pieces of some tokenizers have the space before them, and that is the prompt's."""
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace

    model = shutil.copytree(small, tmp_path / "model")
    words = ["[UNK]", "[PAD]", "▁ask", "▁text", ":", "▁who", "▁spoke", *"▁abcdefghijklmnopqrstuvwxyz"]
    spaced = Tokenizer(Unigram([(word, -len(words) + at) for at, word in enumerate(reversed(words))][::-1], 0))
    spaced.pre_tokenizer = Metaspace()
    spaced.save(str(model / "tokenizer.json"))
    facts = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "pad_token": "[PAD]"}
    (model / "tokenizer_config.json").write_text(json.dumps(facts))
    reference, exported = SentenceTransformerEncoder(str(model)), load_encoder(str(model))
    assert isinstance(exported, OnnxEncoder)
    for encoder in (reference, exported):
        (encoded,) = encoder.encode(["who spoke"], query=True)
        assert encoded.offsets.tolist() == [[0, 3], [3, 9]]


def difference(ours: Encoder, theirs: Encoder, *, query: bool = False) -> float:
    worst = 0.0
    for our, their in zip(ours.encode(TEXTS, query=query), theirs.encode(TEXTS, query=query), strict=True):
        assert (our.offsets == their.offsets).all()
        assert our.tokens.shape == their.tokens.shape
        worst = max(worst, float(np.abs(our.vector - their.vector).max()))
        worst = max(worst, float(np.abs(our.tokens - their.tokens).max(initial=0)))
    return worst


def test_the_reference_is_sentence_transformers(reference: SentenceTransformerEncoder) -> None:
    own = reference.model.encode(TEXTS, normalize_embeddings=True)
    for encoded, vector in zip(reference.encode(TEXTS), own, strict=True):
        assert np.abs(encoded.vector - vector).max() < 1e-5


def test_float32_equals_the_reference_and_int8_agrees_with_it(
    encoder: Encoder, reference: SentenceTransformerEncoder
) -> None:
    assert isinstance(encoder, OnnxEncoder)
    assert encoder.precision == "int8"
    exact = OnnxEncoder(export_folder(encoder.identity), encoder.identity, "float32")
    assert difference(exact, reference) < 1e-5
    assert difference(exact, reference, query=True) < 1e-5
    for our, their in zip(encoder.encode(TEXTS), reference.encode(TEXTS), strict=True):
        assert our.vector @ their.vector > 0.97
        assert (our.offsets == their.offsets).all()


def test_the_slow_fused_kernel_is_disabled(encoder: Encoder, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    kernels = {}
    for name, disabled in (("ours", _SLOWER), ("theirs", [])):
        options.optimized_model_filepath = str(tmp_path / name)
        model = export_folder(encoder.identity) / model_file(encoder.precision)
        onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"], disabled_optimizers=disabled)
        kernels[name] = {node.op_type for node in onnx.load(tmp_path / name).graph.node}
    assert "SkipLayerNormalization" in kernels["theirs"]  # otherwise there is no need to disable it any more
    assert "SkipLayerNormalization" not in kernels["ours"]


def test_each_token_has_a_unit_vector_and_its_own_characters(encoder: Encoder) -> None:
    for text, encoded in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        assert encoded.tokens.shape == (len(encoded.offsets), encoder.dimension)
        assert np.allclose(np.linalg.norm(encoded.tokens, axis=1), 1, atol=1e-5)
        assert (encoded.offsets == encoder.pieces([text])[0][: encoder.max_tokens]).all()
    words = [TEXTS[0][start:end] for start, end in encoder.pieces([TEXTS[0]])[0]]
    assert words == ["The", "keeper", "counted", "the", "ships", "."]


def test_vectors_do_not_depend_on_other_texts(encoder: Encoder) -> None:
    many = list(encoder.encode(TEXTS * 8))
    for row, text in enumerate(TEXTS):
        (alone,) = encoder.encode([text], query=True)
        for copy in range(8):
            assert (many[row + copy * len(TEXTS)].vector == alone.vector).all()


def test_texts_are_consumed_lazily(encoder: Encoder) -> None:
    taken = []

    def texts() -> Iterator[str]:
        for number in range(1000):
            taken.append(number)
            yield f"Text {number}."

    first = next(encoder.encode(texts()))
    assert len(taken) < 100
    assert (first.vector == next(encoder.encode(["Text 0."])).vector).all()


def test_no_text_and_empty_text(encoder: Encoder) -> None:
    assert list(encoder.encode([])) == []
    assert encoder.pieces([]) == []
    (encoded,) = encoder.encode([""])
    assert encoded.tokens.shape == (0, encoder.dimension)
    assert encoder.pieces([""])[0].shape == (0, 2)


def test_the_weights_are_the_published_ones(encoder: Encoder) -> None:
    assert identity(DEFAULT_MODEL) == encoder.identity
    assert encoder.identity.sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert (encoder.dimension, encoder.max_tokens) == (384, 254)
    assert load_encoder(DEFAULT_MODEL) is load_encoder(DEFAULT_MODEL)


def test_asking_loads_no_torch(encoder: Encoder) -> None:
    code = f"""
import sys
from index.encoder.load import encoder_of
from index.encoder.identity import Identity
list(encoder_of(Identity({", ".join(map(repr, dataclasses.astuple(encoder.identity)))})).encode(["x"], query=True))
print(*{{"torch", "transformers", "sentence_transformers", "onnx"}} & set(sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.stdout, ran.returncode) == ("\n", 0), ran.stderr


def test_any_model_is_exported_once_with_its_prompts_and_its_length(cache: Path, small: Path) -> None:
    made = load_encoder(str(small))
    assert isinstance(made, OnnxEncoder)
    assert (made.dimension, made.max_tokens) == (32, 38)
    (folder,) = cache.glob("[!.]*")
    exact = OnnxEncoder(folder, made.identity, "float32")
    reference = SentenceTransformerEncoder(str(small))
    assert difference(exact, reference) < 1e-5
    assert difference(exact, reference, query=True) < 1e-5
    as_question, as_text = next(made.encode(["x"], query=True)), next(made.encode(["x"]))
    assert np.abs(as_question.vector - as_text.vector).max() > 1e-3
    written = (folder / FACTS).stat().st_mtime_ns
    encoder_of.cache_clear()
    load_encoder(str(small))
    assert (folder / FACTS).stat().st_mtime_ns == written


@pytest.mark.parametrize("name", [FACTS, "int8.onnx", "tokenizer.json"])
@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_export_is_replaced(cache: Path, small: Path, name: str, damage: bytes | None) -> None:
    expected = next(load_encoder(str(small)).encode(["x"])).vector
    (folder,) = cache.glob("[!.]*")
    data = (folder / name).read_bytes()
    middle = len(data) // 2
    (folder / name).write_bytes(
        data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if damage is None else damage
    )
    with pytest.raises(ExportUnusable):
        OnnxEncoder(folder, identity(str(small)))
    encoder_of.cache_clear()
    again = next(load_encoder(str(small)).encode(["x"])).vector
    assert float(again @ expected) > 0.97
    encoder_of.cache_clear()
    load_encoder(str(small))
    assert Facts.load((folder / FACTS).read_bytes())


def test_two_that_start_at_once_export_once(cache: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, made = SentenceTransformerEncoder(str(small)), 0
    write = export_module._write

    def counting(*arguments: Any) -> None:
        nonlocal made
        made += 1
        write(*arguments)

    monkeypatch.setattr(export_module, "_write", counting)
    (cache / ".unfinished-x" / "encoder").mkdir(parents=True)  # left by a process that was killed
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(export, [reference] * 2, [cache / "encoder"] * 2))
    assert made == 1 and [each.identity for each in found] == [reference.identity] * 2
    assert sorted(path.name for path in cache.iterdir()) == [".lock", "encoder"]


def test_an_older_export_is_removed(cache: Path, small: Path) -> None:
    older = export_folder(identity(str(small)), 1)
    (older / "sub").mkdir(parents=True)
    other = export_folder(dataclasses.replace(identity(str(small)), sha256="0" * 64), 1)
    other.mkdir()
    load_encoder(str(small))
    assert not older.exists() and other.exists()


def test_an_export_of_other_weights_is_refused(cache: Path, small: Path, encoder: Encoder) -> None:
    """Attack: an exported encoder with other weights."""
    load_encoder(str(small))
    (folder,) = cache.glob("[!.]*")
    with pytest.raises(ExportUnusable, match="another model's"):
        OnnxEncoder(folder, encoder.identity)


def test_float32_is_used_where_int8_computes_other_vectors(cache: Path, small: Path) -> None:
    made = load_encoder(str(small))
    (folder,) = cache.glob("[!.]*")
    facts = Facts.load((folder / FACTS).read_bytes())
    shutil.copy(folder / "float32.onnx", folder / "right.onnx")
    forged = dataclasses.replace(facts, precision="int8", probe=[-number for number in facts.probe])
    (folder / FACTS).write_bytes(forged.dump())
    with pytest.raises(ExportUnusable, match="computes other vectors in int8"):
        OnnxEncoder(folder, made.identity)


def test_an_unwritable_cache_only_costs_time(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CHAPTER_VERSE_CACHE", str(tmp_path / "file"))
    encoder_of.cache_clear()
    assert isinstance(load_encoder(str(small)), OnnxEncoder)
    encoder_of.cache_clear()
    assert "cannot be cached in" in caplog.text and "takes longer" in caplog.text


def test_a_model_that_cannot_be_exported_runs_in_sentence_transformers(
    cache: Path, small: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*arguments: Any, **named: Any) -> None:
        raise RuntimeError("no such operator")

    import torch

    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(CannotExport, match="no such operator"):
        export(SentenceTransformerEncoder(str(small)), cache / "x")
    encoder = load_encoder(str(small))
    assert isinstance(encoder, SentenceTransformerEncoder)
    assert len(list(encoder.encode(TEXTS))) == len(TEXTS)
    assert "runs slower, in sentence-transformers" in caplog.text
    assert list(cache.glob("[!.]*")) == []


def test_a_gpu_is_used_to_build(small: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.encoder.sentence_transformer.sees_gpu", lambda: True)
    assert isinstance(load_encoder(str(small)), SentenceTransformerEncoder)


def test_a_model_that_has_changed_is_not_taken_for_the_old_one(cache: Path, small: Path) -> None:
    old = dataclasses.replace(identity(str(small)), sha256="0" * 64)
    with pytest.raises(IndexIncompatible, match=r"was made by .* is now .*\. Run `python -m index build --full`"):
        encoder_of(old)


def test_an_index_may_not_have_just_any_model_loaded(cache: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index from somebody else may come with a model whose files make Python load arbitrary code."""
    wanted = identity(str(small))
    encoder_of.cache_clear()
    with pytest.raises(EncoderMissing, match=r"has not been used on this machine\. Set CHAPTER_VERSE_MODEL"):
        encoder_for(wanted)
    assert not cache.exists()
    with pytest.raises(IndexCorrupt, match="doesn't say which encoder made it"):
        Identity.of({**dataclasses.asdict(wanted), "sha256": "../../../evil"})
    monkeypatch.setenv("CHAPTER_VERSE_MODEL", str(small))
    made = encoder_for(wanted)
    monkeypatch.delenv("CHAPTER_VERSE_MODEL")
    assert encoder_for(dataclasses.replace(wanted, name="elsewhere")).identity.sha256 == made.identity.sha256


def test_other_settings_are_another_model(small: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(small, tmp_path / "other"))
    before = identity(str(other))
    (other / "1_Pooling" / "config.json").write_text("{}")
    after = identity(str(other))
    assert before.sha256 == after.sha256 and before.settings != after.settings


def test_a_missing_model_is_named() -> None:
    with pytest.raises(EncoderMissing, match=r"nobody/nothing is not on this machine\. Name a folder"):
        identity("nobody/nothing")
    with pytest.raises(EncoderMissing):
        index.encoder.load.encoder_of(Identity("nobody/nothing", "0" * 64, "0" * 64))


def test_threads_are_the_cores_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAPTER_VERSE_THREADS", raising=False)
    assert threads() == len(os.sched_getaffinity(0))
    monkeypatch.setenv("CHAPTER_VERSE_THREADS", "3")
    assert threads() == 3
    for wrong in ("0", "-1", "x", "1000", "²"):
        monkeypatch.setenv("CHAPTER_VERSE_THREADS", wrong)
        with pytest.raises(UsageError, match="must be a number from 1 to"):
            threads()


def test_unit_leaves_zero_alone() -> None:
    assert unit(np.array([[3, 4], [0, 0]], np.float32)) == pytest.approx(np.array([[0.6, 0.8], [0, 0]]))


def test_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    """With telemetry on, ONNX Runtime leaves a device id and a database of events in the cache folder."""
    code = "from pathlib import Path; from index.encoder.onnx import open_model; open_model(Path(%r).read_bytes())"
    keep = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    here = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    weights = str(Path(__file__).parents[3] / "qa" / "weights" / "reader.onnx")
    subprocess.run([sys.executable, "-c", code % weights], env={**keep, **here}, check=True, timeout=120)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_reference_encodes_in_a_forked_process(reference: SentenceTransformerEncoder, in_child: InChild) -> None:
    """Torch's and OpenMP's threads, which have encoded before, don't exist there."""
    passages = ["The keeper counted the ships.", "The bridge was opened in 1931."] * 40
    here = [each.vector for each in reference.encode(passages)]

    def encode() -> None:
        there = [each.vector for each in reference.encode(passages)]
        assert np.allclose(there, here, atol=1e-5)

    in_child(encode)
