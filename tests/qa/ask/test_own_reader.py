"""A user's own reader: exported as it is, checked whenever it is opened, and refused where it can't be used."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_readers
from hypothesis import given
from hypothesis import strategies as st
from qa_fixtures import build_book

import index.encoder.load
import qa
from index import Encoder, searchable
from index.exports import ExportUnusable
from qa.ask.reader import Reader, ReaderMissing, own_reader
from qa.ask.reader import export as export_module
from qa.ask.reader.exported import FACTS, ReaderFacts, opened
from qa.ask.reader.load import _own
from qa.ask.reader.own import export_folder, open_own, sha256_of
from qa.ask.reader.pairs import PairTokenizer, parsed, without_blanks
from qa.ask.reader.shipped import ENGLISH

pytest_plugins = ["qa_fixtures"]

InChild = Callable[[Callable[[], object]], None]

QUESTION = "Who counted the ships?"
CONTEXT = "The lighthouse\n"
PASSAGE = "It rained.\n\nThe keeper counted 23 ﬁne  ships, and wrote\tthem down. "
KINDS = {each.__name__: each for each in (tiny_readers.bert, tiny_readers.roberta, tiny_readers.xlm_roberta)}
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of each kind."""
    folder = tmp_path_factory.mktemp("models")
    for name, make in KINDS.items():
        make(folder / name)
    return folder


@pytest.fixture(scope="module")
def exports(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with an export of each."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAPTER_VERSE_CACHE", str(cache))
        for name in KINDS:
            open_own(models / name)
    return cache


@pytest.fixture
def cache(exports: Path, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of the test's own with these exports, and the encoder's."""
    encoders = index.encoder.load.export_folder(encoder.identity).parent
    monkeypatch.setenv("CHAPTER_VERSE_CACHE", str(shutil.copytree(exports, tmp_path / "cache")))
    (tmp_path / "cache" / "encoders").symlink_to(encoders)
    _own.cache_clear()
    yield tmp_path / "cache" / "readers"
    _own.cache_clear()


def export_of(folder: Path) -> tuple[Path, ReaderFacts]:
    found = export_folder(sha256_of(folder))
    return found, ReaderFacts.load((found / FACTS).read_bytes())


def in_torch(folder: Path, question: str, text: str) -> tuple[Any, np.ndarray[Any, Any]]:
    """How transformers encodes a pair, and (pieces, 2) the start and end scores that it computes."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    model = AutoModelForQuestionAnswering.from_pretrained(str(folder)).eval()
    encoded = tokenizer(question, text, return_offsets_mapping=True)
    with torch.inference_mode():
        out = model(**{name: torch.tensor([encoded[name]]) for name in tokenizer.model_input_names})
    return encoded, np.stack([out.start_logits[0].numpy(), out.end_logits[0].numpy()], axis=1)


@each_kind
def test_it_reads_as_transformers_does(cache: Path, models: Path, kind: str) -> None:
    folder, facts = export_of(models / kind)
    exact = opened(facts.sha256, folder, "float32")
    (reading,) = exact.read(QUESTION, [PASSAGE], [CONTEXT])
    normalized = searchable(CONTEXT + PASSAGE)
    assert len(normalized.text) == len(CONTEXT + PASSAGE) + 1  # a ligature
    encoded, scores = in_torch(models / kind, QUESTION, normalized.text)
    spans = {i: encoded["offset_mapping"][i] for i, part in enumerate(encoded.sequence_ids()) if part == 1}
    own = [i for i, (start, end) in spans.items() if normalized.text[start:end].strip()]
    logits = scores[own]
    for column, ours in enumerate((reading.starts, reading.ends)):
        chances = np.exp(logits[:, column]) / np.exp(logits[:, column]).sum()
        assert np.allclose(np.exp(ours), chances, atol=1e-4)
    words = [normalized.text[start:end] for start, end in (spans[i] for i in own)]
    starts = [spans[i][0] + len(word) - len(word.lstrip()) for i, word in zip(own, words, strict=True)]
    inked = [(start, start + len(word.strip())) for start, word in zip(starts, words, strict=True)]
    assert (reading.offsets == normalized.to_original(np.array(inked)) - len(CONTEXT)).all()
    pairs = [(i, j) for i in range(len(own)) for j in range(i, min(i + 30, len(own)))]
    best = max(logits[i, 0] + logits[j, 1] for i, j in pairs)
    assert reading.answers == pytest.approx(5 * math.tanh((best - scores[0].sum()) / 5), abs=1e-3)
    assert reading.relevance == 0


@each_kind
def test_it_reads_as_much_as_the_model_takes(cache: Path, models: Path, kind: str) -> None:
    _, facts = export_of(models / kind)
    assert facts.max_pieces == tiny_readers.POSITIONS - (0 if kind == "bert" else 2)  # RoBERTa's positions begin at 2
    reader = open_own(models / kind)
    for question in ("", "who " * 500):
        pair = reader._pairs.encode(question, "ships " * 500)
        assert len(reader.scores(question, "ships " * 500)) == pair.ids.size == facts.max_pieces
    special = len(reader._pairs.encode("", "").ids[0])
    assert len(pair.offsets) == facts.max_pieces - facts.max_pieces // 4 - special


@each_kind
@pytest.mark.parametrize("text", ["", " \n ", "\x00", "😀", "谁致了欢迎词？", "\u202eabc\u202c", "a" * 5000, "e\u0301"])
def test_strange_texts_are_read(cache: Path, models: Path, kind: str, text: str) -> None:
    (reading,) = open_own(models / kind).read(text, [text])
    assert abs(reading.answers) <= 5
    found = reading.best(0, len(text))
    if found is not None:
        assert 0 <= found.span.start < found.span.end <= len(text)
        assert text[found.span.start : found.span.end].strip() == text[found.span.start : found.span.end]


def test_the_shipped_readers_input_is_what_it_learnt(models: Path) -> None:
    pairs = PairTokenizer(parsed((ENGLISH.folder / "tokenizer.json").read_bytes()), 512)
    assert not pairs.blanks
    pair = pairs.encode("who " * 200, "ships " * 1000)
    assert pair.ids[0].tolist() == [101, *[2040] * 128, 102, *[3719] * 381, 102]
    assert pair.types[0].tolist() == [0] * 130 + [1] * 382
    assert pair.own == slice(130, 511) and pair.offsets[-1].tolist() == [2280, 2285]


@given(st.text("a \n", max_size=12), st.data())
def test_offsets_without_blanks(text: str, data: st.DataObject) -> None:
    edges = st.integers(0, len(text))
    spans = [sorted(data.draw(st.tuples(edges, edges))) for _ in range(4)]
    for (start, end), (first, last) in zip(spans, without_blanks(text, np.array(spans)).tolist(), strict=True):
        assert start <= first <= last <= end
        assert text[first:last] == text[start:end].strip()


@each_kind
def test_it_is_exported_once(cache: Path, models: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)  # it can't be exported again
    folder, facts = export_of(models / kind)
    assert facts.precision == "int8"
    assert sorted(facts.files) == ["float32.onnx", "int8.onnx", "tokenizer.json"]
    open_own(models / kind)
    shutil.rmtree(folder)
    with pytest.raises(ReaderMissing, match=r"needs transformers.*: run `pip install torch transformers`"):
        open_own(models / kind)


@pytest.mark.parametrize("name", [FACTS, "int8.onnx", "tokenizer.json"])
def test_a_damaged_export_is_never_parsed_and_replaced(cache: Path, models: Path, name: str) -> None:
    folder, facts = export_of(models / "bert")
    expected = opened(facts.sha256, folder).scores(QUESTION, PASSAGE)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ExportUnusable, match="was changed after it was written"):
        opened(facts.sha256, folder)
    shutil.copy(folder / "float32.onnx", folder / "kept")
    if name == "int8.onnx":  # the other form is intact
        exact = opened(facts.sha256, folder, "float32").scores(QUESTION, PASSAGE)
        assert np.array_equal(open_own(models / "bert").scores(QUESTION, PASSAGE), exact)
        (folder / "float32.onnx").unlink()
    assert np.array_equal(open_own(models / "bert").scores(QUESTION, PASSAGE), expected)
    assert not (folder / "kept").exists() and opened(facts.sha256, folder)


def test_a_changed_model_is_exported_again(cache: Path, models: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(models / "bert", tmp_path / "model"))
    before = open_own(folder).scores(QUESTION, PASSAGE)
    assert len(list(cache.glob("[!.]*"))) == len(KINDS)  # it is known by what is in its files
    old = sha256_of(folder)
    tiny_readers.bert(folder, seed=1)
    after = open_own(folder).scores(QUESTION, PASSAGE)
    assert np.abs(after - before).max() > 0.5
    with pytest.raises(ExportUnusable, match="another model's"):
        opened(old, export_folder(sha256_of(folder)))


def test_what_this_processor_computes_otherwise_is_not_used(cache: Path, models: Path) -> None:
    folder, facts = export_of(models / "bert")
    least = int(np.argmin(np.array(facts.probe)[:, 0]))
    other = [[100.0 * (piece == least), end] for piece, (_, end) in enumerate(facts.probe)]
    (folder / FACTS).write_bytes(dataclasses.replace(facts, probe=other).dump())
    with pytest.raises(ExportUnusable, match="computes other scores in int8"):
        opened(facts.sha256, folder, "int8")


def test_float32_is_the_default_where_int8_differs(cache: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _ = export_of(models / "bert")
    shutil.rmtree(folder)
    monkeypatch.setattr(export_module, "AGREES", 1e-6)
    open_own(models / "bert")
    assert export_of(models / "bert")[1].precision == "float32"


def test_what_cannot_be_exported_is_refused(cache: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def refuse(*arguments: Any, **named: Any) -> None:
        raise RuntimeError("no such operator")

    shutil.rmtree(export_of(models / "bert")[0])
    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(
        ReaderMissing, match=r"cannot be exported to ONNX \(.*no such operator\)\. Choose another model"
    ):
        open_own(models / "bert")
    assert len(list(cache.glob("[!.]*"))) == len(KINDS) - 1


def test_a_cache_that_cannot_be_written_only_costs_time(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CHAPTER_VERSE_CACHE", str(tmp_path / "file"))
    assert isinstance(open_own(models / "bert"), Reader)
    assert "cannot be cached in" in caplog.text


# Folders without a usable reader


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        ReaderMissing, match=r"is not a folder on this machine\. Name a folder with a transformers model"
    ):
        open_own(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_what_is_missing_is_named(models: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(models / "bert", tmp_path / "model"))
    (folder / name).unlink()
    with pytest.raises(ReaderMissing, match=rf"has no {name}\. Save the model and its fast tokenizer there"):
        open_own(folder)


class Mark:
    """A pickle of it creates a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_pickled_weights_are_never_loaded(cache: Path, models: Path, tmp_path: Path) -> None:
    """Attack: a model whose weights run code."""
    folder = Path(shutil.copytree(models / "bert", tmp_path / "model"))
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Mark(tmp_path / "ran")))
    shutil.rmtree(export_of(folder)[0])
    open_own(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ReaderMissing, match=r"has no model\.safetensors.*pickled weights are never loaded"):
        open_own(folder)
    assert not (tmp_path / "ran").exists()


def test_code_in_the_folder_is_never_run(cache: Path, models: Path, tmp_path: Path) -> None:
    """Attack: a model with Python of its own."""
    folder = Path(shutil.copytree(models / "bert", tmp_path / "model"))
    marks = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    for name in ("configuration_own", "modeling_own", "tokenization_own"):
        (folder / f"{name}.py").write_text(marks + "class Own: pass\n")
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "own",
        "auto_map": {"AutoConfig": "configuration_own.Own", "AutoModelForQuestionAnswering": "modeling_own.Own"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings |= {
        "tokenizer_class": "Own",
        "auto_map": {"AutoTokenizer": ["tokenization_own.Own", "tokenization_own.Own"]},
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    with pytest.raises(ReaderMissing, match=r"cannot be loaded \(\w+\)\. Name a folder with a complete"):
        open_own(folder)
    assert not (tmp_path / "ran").exists()


def test_a_model_that_does_not_answer_questions(cache: Path, models: Path, tmp_path: Path) -> None:
    """Transformers would make up the weights that it lacks."""
    from transformers import BertForMaskedLM

    folder = Path(shutil.copytree(models / "bert", tmp_path / "model"))
    BertForMaskedLM.from_pretrained(str(folder)).save_pretrained(folder)
    with pytest.raises(ReaderMissing, match=r"was not trained for .*: it has no .*qa_outputs\.\w+.*\. Name a folder"):
        open_own(folder)


# In use


def test_a_book_is_asked_with_it_in_any_language(
    cache: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Корабли считал смотритель маяка. Всю ночь шёл дождь, и корабли шли на север."
    build_book(tmp_path, {"a.txt": text})
    monkeypatch.setenv("CHAPTER_VERSE_READER", str(models / "xlm_roberta"))
    book = qa.load(tmp_path / "index")
    answer = book.ask("Кто считал корабли?")
    quote = (answer.quotes or answer.nearest)[0]
    assert text[quote.span.start : quote.span.end] == quote.text
    reader = own_reader()
    assert reader
    (reading,) = reader.read(answer.question, [text], [book.store.context(0)])
    found = [reading.best(span.start, span.end) for span in book.store.sentences(0)]
    assert quote.highlights and set(quote.highlights) <= {each.span for each in found if each}
    monkeypatch.delenv("CHAPTER_VERSE_READER")
    assert own_reader() is None


def test_a_wrong_folder_is_said_when_an_index_is_opened(
    cache: Path, qa_article_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAPTER_VERSE_READER", str(tmp_path / "nothing"))
    with pytest.raises(ReaderMissing, match=r"CHAPTER_VERSE_READER names .*nothing"):
        qa.load(qa_article_index)


def answers_of_own() -> float:
    reader = own_reader()
    assert reader
    return reader.read(QUESTION, [PASSAGE, "", CONTEXT])[0].answers


def test_it_reads_in_a_forked_process(
    cache: Path, models: Path, monkeypatch: pytest.MonkeyPatch, in_child: InChild
) -> None:
    monkeypatch.setenv("CHAPTER_VERSE_READER", str(models / "bert"))
    here = answers_of_own()
    in_child(lambda: answers_of_own() == here or 1 / 0)
