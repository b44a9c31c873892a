"""The reader: whether a passage answers, and in which words."""

from __future__ import annotations

import math
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qa_fixtures import build_book

from qa.ask.conversation import ContextualQuestion
from qa.ask.reader import ReaderMissing, Reading, read, worth_reading
from qa.ask.reader.load import _english
from qa.ask.reader.reading import averaged
from qa.ask.reader.shipped import ENGLISH, MULTILINGUAL, ShippedReader
from qa.ask.retrieve import Candidate, candidates, make_queries

pytest_plugins = ["qa_fixtures"]

CHOIR = (
    "The choir of Graz was founded by Anna Smith in March 1920. It has forty singers. "
    "In summer they tour Italy by bus, because the trains are too hot."
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who founded the choir of Graz?", "Anna Smith"),
        ("When was the choir founded?", "1920"),
        ("How many singers does the choir have?", "forty"),
        ("Where do they tour in summer?", "Italy"),
        ("Why do they tour by bus?", "the trains are too hot"),
    ],
)
def test_the_words_that_answer(question: str, answer: str) -> None:
    (reading,) = _english().read(question, [CHOIR])
    found = reading.best(0, len(CHOIR))
    assert found
    words = CHOIR[found.span.start : found.span.end]
    assert answer in words and len(words) <= len(answer) + 12
    other = "Onion soup is served with toasted bread and cheese on Sundays."
    (beside,) = _english().read(question, [other])
    assert reading.answers > beside.answers and reading.relevance > beside.relevance


def test_a_passage_is_read_the_same_alone_and_beside_others() -> None:
    reader, texts = _english(), [CHOIR, "Comets have tails.", CHOIR * 2]
    together = reader.read("Who founded the choir?", texts)
    for text, reading in zip(texts, together, strict=True):
        (alone,) = reader.read("Who founded the choir?", [text])
        assert alone.answers == reading.answers
        np.testing.assert_array_equal(alone.starts, reading.starts)


STRANGE = ["", " ", "\x00", "😀", "Кто это?", "谁致了欢迎词？", "\u202eabc\u202c", "a" * 5000, "who " * 2000, "e\u0301"]


@pytest.mark.parametrize("question", STRANGE)
@pytest.mark.parametrize("text", STRANGE)
def test_strange_texts_are_read(question: str, text: str) -> None:
    (reading,) = _english().read(question, [text])
    assert math.isfinite(reading.answers) and math.isfinite(reading.relevance)
    found = reading.best(0, len(text))
    if found is not None:
        assert 0 <= found.span.start < found.span.end <= len(text)
        assert found.likelihood <= 0


@settings(max_examples=60)
@given(st.data())
def test_best_is_the_best_of_all_spans(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    scores = st.lists(st.integers(-50, 0), min_size=count, max_size=count)
    starts, ends = (np.array(data.draw(scores), np.float32) for _ in range(2))
    offsets = np.array([(3 * i, 3 * i + 2) for i in range(count)], np.int64)
    first, last = sorted(data.draw(st.tuples(st.integers(0, 130), st.integers(0, 130))))
    found = Reading(0.0, 0.0, starts, ends, offsets).best(first, last)
    inside = [i for i in range(count) if first <= offsets[i][0] < last]
    spans = [(i, j) for i in inside for j in inside if i <= j < i + 30]
    if not spans:
        assert found is None
        return
    assert found
    assert found.likelihood == max(starts[i] + ends[j] for i, j in spans)
    assert (found.span.start, found.span.end) in {(offsets[i][0], offsets[j][1]) for i, j in spans}


@pytest.mark.parametrize(
    ("shipped", "name"), [(ENGLISH, "reader.onnx"), (ENGLISH, "tokenizer.json"), (MULTILINGUAL, "reader.onnx")]
)
@pytest.mark.parametrize("harm", ["change", "remove"])
def test_a_damaged_file_is_never_parsed(tmp_path: Path, shipped: ShippedReader, name: str, harm: str) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(shipped.folder, folder)
    path = folder / name
    if harm == "change":
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    else:
        path.unlink()
    with pytest.raises(ReaderMissing, match=rf"{name} is missing or damaged. Reinstall the project"):
        replace(shipped, folder=folder).open()


@pytest.mark.parametrize(
    ("question", "text", "reads"),
    [
        ("Who founded the choir?", CHOIR, True),
        ("Wer gründete den Chor?", CHOIR, False),
        ("Chor?", "Der Chor wurde im März von Anna Schmidt gegründet, und er singt nicht nur in der Kirche.", False),
        ("Кто основал хор?", "Хор основала Анна Смит в марте.", False),
    ],
)
def test_only_passages_in_a_language_of_the_reader_are_read(
    tmp_path: Path, question: str, text: str, reads: bool
) -> None:
    book = build_book(tmp_path, {"a.txt": text})
    found = candidates(book.store, make_queries(ContextualQuestion(question), book.encoder))
    readings = read(book.store, ContextualQuestion(question), found)
    assert len(readings) == len(found)
    assert all((reading is not None) is reads for reading in readings)
    assert book.ask(question).confidence > 0


def test_a_follow_up_is_read_alone_and_after_its_context(tmp_path: Path) -> None:
    book = build_book(tmp_path, {"a.txt": f"{CHOIR} The choir of Linz was founded by Max Berger in May 1954."})
    question = ContextualQuestion("And in Linz?", "Who founded the choir of Graz?")
    found = candidates(book.store, make_queries(question, book.encoder))
    (reading,) = read(book.store, question, found)
    readings = [
        read(book.store, ContextualQuestion(text), found)[0] for text in ("And in Linz?", question.searched_for)
    ]
    assert reading and all(readings)
    assert reading.answers == pytest.approx(np.mean([each.answers for each in readings if each]))
    np.testing.assert_allclose(reading.starts, np.mean([each.starts for each in readings if each], axis=0))


def test_the_mean_of_readings_of_unlike_length() -> None:
    long, short = (
        Reading(odds, 0.0, np.arange(n, dtype=np.float32), np.zeros(n, np.float32), np.arange(2 * n).reshape(n, 2))
        for odds, n in ((1.0, 5), (4.0, 3))
    )
    mean = averaged(long, short)
    assert mean.answers == 2.5 and mean.starts.tolist() == [0, 1, 2]
    assert mean.offsets.tolist() == long.offsets[:3].tolist()


def test_several_threads_read_what_one_does() -> None:
    questions = ["Who founded it?", "When?", "How many singers?", "Where do they go?"] * 4
    alone = [_english().read(question, [CHOIR])[0].answers for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda q: _english().read(q, [CHOIR])[0].answers, questions)) == alone


@pytest.mark.parametrize(
    ("scores", "count"),
    [
        ([], 0),
        ([1.0], 1),
        ([1.0, 0.6, 0.5, 0.4, 0.3], 2),  # the first two in any case
        ([1.0, 0.9, 0.8, 0.75, 0.71, 0.6], 5),
        ([1.0] * 20, 8),
    ],
)
def test_which_candidates_are_worth_reading(scores: list[float], count: int) -> None:
    found = [Candidate(row, score, [], np.zeros((0, 2), np.int64)) for row, score in enumerate(scores)]
    assert list(worth_reading(found)) == found[:count]
