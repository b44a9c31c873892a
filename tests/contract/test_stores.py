"""The contract of a store, tested on every kind of storage and compared with the folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from kinds import KINDS, address, environment, s3_server
from pdf_fixtures import paragraph, pdf

import qa
from index import IndexMissing, Store, StoreUnreachable, build, listed, matching, open_store
from index.__main__ import main
from index.encoder.protocol import Encoder
from index.locate import locate
from qa.evaluation.golden import AnswersWorse, judge
from qa.web.state import AppState
from source import UsageError

NOTES = [
    "The keeper counted the ships. They went north. Share this page.",
    "Nobody came that night. The harbour was closed on Monday by a storm.",
    "The lamp of the lighthouse was lit by Maria Orlova in 1887. Share this page.",
    "Хранитель считал корабли в старой гавани.",
    "The bridge was opened in 1931. It is 240 metres long.",
]
QUESTIONS = [
    "Who lit the lamp of the lighthouse?",
    "When was the bridge opened?",
    "Why was the harbour closed?",
    "Who counted the ships?",
    "Who wrote Hamlet?",
    "Кто считал корабли?",
    "What do the ships with number 17 carry?",
]
NONE = np.zeros(0, np.int64)


def write(folder: Path) -> None:
    folder.mkdir()
    for number, text in enumerate(NOTES):
        (folder / f"{number}.md").write_text(f"# Note {number}\n\n{text}\n", "utf-8")
    (folder / "empty.md").write_text("# Nothing but a heading\n")
    (folder / "pages.pdf").write_bytes(
        pdf([paragraph(["The captain sold the boat to a friend who", "had asked for it. It had two masts."])])
    )
    cargo = ["bottles", "lamps", "horses", "letters", "stones", "baskets", "books", "candles"]
    with (folder / "cargo.jsonl").open("w") as file:
        for number in range(80):
            text = f"The ships with number {number} carry {cargo[number % 8]} and {cargo[number * 3 % 8]} to the north."
            print(json.dumps({"id": f"cargo-{number}", "text": text}), file=file)


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[str]:
    """An available kind of storage; generations are built in a private folder."""
    from index.encoder.load import export_folder

    cache = tmp_path_factory.mktemp("cache")
    (cache / "encoders").symlink_to(export_folder(encoder.identity).parent)
    with s3_server() if request.param == "s3" else nullcontext(), environment(CHAPTER_VERSE_CACHE=str(cache)):
        yield request.param


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in") / "in"
    write(folder)
    return folder


@pytest.fixture(scope="module")
def folder(sources: Path, encoder: Encoder) -> Store:
    build(sources.parent / "index", [sources])
    return open_store(sources.parent / "index")


@pytest.fixture(scope="module")
def built(kind: str, sources: Path) -> str:
    where = address(kind, sources.parent / kind)
    assert str(build(where, [sources])).startswith("Built: 87 documents")
    return where


@pytest.fixture
def store(built: str) -> Store:
    return open_store(built)  # with empty caches


def rows_of(store: Store) -> list[int]:
    return list(range(len(store)))


def test_a_forked_process_finds_the_same_or_says_why_not(
    store: Store, kind: str, in_child: Callable[[Callable[[], object]], None]
) -> None:
    vector = store.vectors.of(np.array([0]))[0]
    near, best = store.vectors.nearest(vector, 5)[0].tolist(), store.lexical.search("keeper ships", 5).tolist()

    def search() -> None:
        with nullcontext() if kind == "folder" else pytest.raises(StoreUnreachable, match="Load the index only after"):
            assert store.vectors.nearest(vector, 5)[0].tolist() == near
            assert store.lexical.search("keeper ships", 5).tolist() == best

    in_child(search)
    assert store.vectors.nearest(vector, 5)[0].tolist() == near


def test_passages_and_documents_are_those_of_the_folder(store: Store, folder: Store) -> None:
    assert (len(store), store.documents, store.dimension) == (len(folder), 87, folder.dimension)
    assert store.newer() is None and store.generation == "000001"
    store.prefetch(rows_of(store))
    for row in rows_of(store):
        assert store.passage(row) == folder.passage(row)
        assert store.context(row) == folder.context(row)
        assert (store.span(row), store.sentences(row)) == (folder.span(row), folder.sentences(row))
        assert store.document_of(row) == folder.document_of(row)
    assert [store.document(row) for row in range(87)] == [folder.document(row) for row in range(87)]
    assert (store.encoder, store.settings, store.sources()) == (folder.encoder, folder.settings, folder.sources())


def test_documents_are_listed_and_found_by_their_ids(store: Store, folder: Store) -> None:
    assert store.rows.ids() == folder.rows.ids() and len(store.rows) == 87
    assert list(listed(store, range(87))) == list(listed(folder, range(87)))
    assert matching(store, "NOTE 1") == matching(folder, "note  1") != []
    assert store.rows.row("pages.pdf") == folder.rows.row("pages.pdf")
    assert store.document_by_id("2.md") == folder.document_by_id("2.md")
    assert "cargo-7" in store.rows and "cargo" not in store.rows
    assert (
        store.passages_of(["cargo-7", "1.md", "empty.md"]).tolist() == folder.passages_of(["1.md", "cargo-7"]).tolist()
    )
    assert store.passages_of([]).tolist() == []
    for call in (store.rows.row, store.document_by_id, lambda name: store.passages_of([name])):
        with pytest.raises(KeyError, match="none"):
            call("none")


def test_vectors_and_tokens_are_those_of_the_folder(store: Store, folder: Store, encoder: Encoder) -> None:
    rows = np.array([3, 0, 80, 7])
    assert np.array_equal(store.vectors.of(rows), folder.vectors.of(rows))
    ours, theirs = store.tokens(rows), folder.tokens(rows)
    assert all(np.array_equal(*pair) for pair in zip(ours.offsets, theirs.offsets, strict=True))
    assert np.array_equal(ours.vectors, theirs.vectors) and np.array_equal(ours.scales, theirs.scales)
    assert store.vectors.of(NONE).shape == (0, store.dimension)
    for query in encoder.encode(QUESTIONS, query=True):
        for among in (None, np.array([80, 2, 3, 9]), NONE):
            for count in (20, 1000):
                (found, scores), (wanted, expected) = (
                    each.vectors.nearest(query.vector, count, among) for each in (store, folder)
                )
                assert found.tolist() == wanted.tolist() and np.array_equal(scores, expected)


def test_bm25_scores_are_those_of_the_folder(store: Store, folder: Store) -> None:
    rows = np.arange(len(store))
    for question in [*QUESTIONS, "ships ships harbour's ' \" 1931 AND NOT (", "zzz", ""]:
        assert np.array_equal(store.lexical.scores(question, rows), folder.lexical.scores(question, rows))
        for among in (None, np.array([80, 2, 3, 9]), NONE):
            found, wanted = (each.lexical.search(question, 20, among) for each in (store, folder))
            ours, theirs = (np.sort(folder.lexical.scores(question, each)) for each in (found, wanted))
            assert len(ours) == len(theirs)
            assert np.allclose(ours, theirs, rtol=0.05)  # the rows of ties, or nearly ties, may differ
        words = store.lexical.content_words(question)
        assert words == folder.lexical.content_words(question)
        assert np.array_equal(store.lexical.idf(words), folder.lexical.idf(words))
        assert np.array_equal(store.lexical.contains(NOTES[0], words), folder.lexical.contains(NOTES[0], words))
        assert np.array_equal(store.lexical.found_in(words, rows), folder.lexical.found_in(words, rows))


def test_places_and_boxes_are_those_of_the_folder(store: Store, folder: Store) -> None:
    for sentence in ("Share this page.", "Share  this\npage.", "They went north.", ""):
        assert store.places_of(sentence, 20) == folder.places_of(sentence, 20)
    assert len(store.places_of("Share this page.", 20)) == 2 and len(store.places_of("Share this page.", 1)) == 1
    row = store.rows.row("pages.pdf")
    for span in store.sentences(store.passages_in(row)[0]):
        assert store.boxes(row, span) == folder.boxes(row, span) != ()
    assert store.boxes(0, store.span(0)) == ()


def test_answers_are_those_of_the_folder(built: str, folder: Store, encoder: Encoder) -> None:
    book, beside = qa.load(built), qa.Book(folder, encoder)
    for question in QUESTIONS:
        assert book.ask(question) == beside.ask(question)
        assert book.retrieve(question, 10) == beside.retrieve(question, 10)
    history = [QUESTIONS[0]]
    assert book.ask("When did she do it?", history) == beside.ask("When did she do it?", history)
    alone = ["4.md", "pages.pdf"]
    assert book.ask(QUESTIONS[1], documents=alone) == beside.ask(QUESTIONS[1], documents=alone)
    assert book.retrieve(QUESTIONS[1], 10, alone) == beside.retrieve(QUESTIONS[1], 10, alone) != []
    assert book.retrieve(QUESTIONS[1], 10, ["empty.md"]) == []
    assert book.ask(QUESTIONS[1], documents=["empty.md"]) == beside.ask(QUESTIONS[1], documents=["empty.md"])
    with pytest.raises(qa.DocumentMissing, match="none"):
        book.ask(QUESTIONS[1], documents=["none"])


def test_threads_get_the_answers_of_the_folder(built: str, folder: Store, encoder: Encoder) -> None:
    book, beside = qa.load(built), qa.Book(folder, encoder)  # empty caches, so that both make the same requests
    with ThreadPoolExecutor(4) as pool:
        for number, hits in enumerate(pool.map(book.retrieve, QUESTIONS * 3)):
            wanted = beside.retrieve(QUESTIONS[number % len(QUESTIONS)])
            assert [hit.passage for hit in hits] == [hit.passage for hit in wanted]


def test_a_graph_finds_what_exact_search_finds(
    kind: str, sources: Path, folder: Store, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "folder":
        pytest.skip("what FAISS finds is asked elsewhere")
    monkeypatch.setattr("index.lance.search_indexes.FLAT", 16)
    where = address(kind, tmp_path)
    build(where, [sources])
    book, beside = qa.load(where), qa.Book(folder, encoder)
    for question in QUESTIONS:
        assert book.retrieve(question) == beside.retrieve(question)


@pytest.mark.skipif("lance" not in KINDS, reason="lancedb is not installed: pip install '.[lance]'")
@pytest.mark.parametrize(
    ("rows", "count"), [(0, 0), (4096, 0), (4097, 1), (10**6, 8), (1 << 21, 16), (10**7, 16), (10**9, 954)]
)
def test_a_question_searches_few_graphs(rows: int, count: int) -> None:
    from index.lance.search_indexes import graphs

    assert graphs(rows) == count


def test_a_question_takes_few_round_trips(
    kind: str, built: str, folder: Store, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "folder":
        pytest.skip("what is mapped needs none")
    from index.lance.storage import Storage

    calls: list[object] = []
    run = Storage.run

    def counting(storage: Storage, call: Any, *more: Any) -> Any:
        calls.append(call)
        return run(storage, call, *more)

    monkeypatch.setattr(Storage, "run", counting)
    for name, budget in (("ask", 10), ("retrieve", 8)):  # one of them reads the pointer
        book = qa.Book(open_store(built), encoder)
        for most in (budget, 3):  # the second time everything is cached but the two searches
            calls.clear()
            getattr(book, name)(QUESTIONS[0])
            assert 2 <= len(calls) <= most


def test_an_open_book_follows_builds_and_an_edition_does_not_change(kind: str, tmp_path: Path) -> None:
    where, source = address(kind, tmp_path), tmp_path / "bridge.txt"
    source.write_text("The Zorblax bridge was opened in 1931.\n")
    with pytest.raises(IndexMissing, match="python -m index build"):
        open_store(where)
    assert build(where, [source]).generation == "000001"
    assert build(where, [source]).up_to_date
    book = qa.load(where)
    edition = book.now()
    source.write_text("The Zorblax bridge was opened in 1777.\n")
    assert qa.rebuild(where).endswith("generation 000002 (1 changed).")
    after(1.1)
    assert "1931" in edition.ask("When was the Zorblax bridge opened?").quotes[0].text
    assert "1777" in book.ask("When was the Zorblax bridge opened?").quotes[0].text
    assert locate(where).rollback() == "000001"
    after(1.1)
    assert "1931" in book.ask("When was the Zorblax bridge opened?").quotes[0].text
    assert [(each.name, each.is_current) for each in locate(where).generations()] == [
        ("000001", True),
        ("000002", False),
    ]
    with pytest.raises(IndexMissing, match="There is no generation 000009"):
        locate(where).rollback("000009")
    assert locate(where).problems() == []


def test_watched_sources_are_built_when_they_change(kind: str, tmp_path: Path) -> None:
    where, source = address(kind, tmp_path), tmp_path / "bridge.txt"
    source.write_text("The Zorblax bridge was opened in 1931.\n")
    told, stop = Queue[str](), Event()
    watching = Thread(target=qa.watch, args=(where, [source], told.put, stop))
    watching.start()
    try:
        assert "generation 000001" in told.get(timeout=60)
        source.write_text("The Zorblax bridge was opened in 1777.\n")
        assert "generation 000002 (1 changed)" in told.get(timeout=60)
    finally:
        stop.set()
        watching.join(60)
    assert "1777" in open_store(where).document(0).text and not watching.is_alive()


def after(seconds: float) -> None:
    """Reads the pointer only once a second."""
    import time

    time.sleep(seconds)


def test_a_generation_that_answers_worse_is_refused(kind: str, tmp_path: Path) -> None:
    where, sources = address(kind, tmp_path), tmp_path / "in"
    sources.mkdir()
    (sources / "a.txt").write_text("The Zorblax bridge was opened in 1931.\n")
    asked = {"id": "1", "question": "When was the Zorblax bridge opened?", "answers": ["1931"], "answerable": True}
    (sources / "questions.jsonl").write_text(json.dumps({**asked, "gold_passage_ids": ["a.txt"]}) + "\n")
    build(where, [sources], approve=judge)
    (sources / "a.txt").write_text("Comets have tails of dust.\n")
    for _ in range(2):
        with pytest.raises(AnswersWorse):
            build(where, [sources], approve=judge)
        assert open_store(where).generation == "000001"
    assert build(where, [sources]).generation == "000002"


def test_the_commands_take_an_address(kind: str, built: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--index", built]) == 0
    out = capsys.readouterr().out
    assert "generation  000001, built 20" in out and "documents   87\n" in out and "* 000001" in out
    assert main(["documents", "--index", built]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "0.md\tNote 0\t1 passage"
    assert main(["verify", "--index", built]) == 0
    assert main(["prune", "--index", built]) == (0 if kind == "folder" else 2)


def test_the_page_works_on_every_kind_of_index(kind: str, built: str, sources: Path) -> None:
    state = AppState(built, [str(sources)])
    entries, total = state.library.entries(state.book, 0, 3, "note")
    assert [each.id for each in entries] == ["0.md", "1.md", "2.md"] and total == 5
    if kind != "folder":
        with pytest.raises(UsageError, match="Change its sources"):
            state.library.remove(["0.md"])


def test_a_folder_needs_no_engine(sources: Path, folder: Store) -> None:
    code = "import sys, qa; qa.load(sys.argv[1]).ask('Who?'); sys.exit(bool({'lancedb', 'pyarrow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code, str(sources.parent / "index")], timeout=60).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "lance://relative/path", "lance+s3:///path", "lance+s3://bucket", "s3://bucket/path", "lance+s3://k:s@bucket/p",
        "lance:///path?secret=k",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="Invalid index address") as refused:
        open_store(text)
    assert text.partition("//")[2] not in str(refused.value).partition(".")[0] and "k:s" not in str(refused.value)


def test_an_engine_that_is_not_installed_is_named() -> None:
    code = "import sys; sys.modules |= {'lancedb': None, 'pyarrow': None}; from index.__main__ import main; main()"
    command = [sys.executable, "-c", code, "status", "--index", "lance:///tmp/none"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    said = r"lance:///tmp/none needs the package \w+, which is not installed\. Run `pip install '.\[lance\]'`.\n"
    assert re.fullmatch(said, ran.stderr)
