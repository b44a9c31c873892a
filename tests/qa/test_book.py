"""The façade: concurrent use, unusual questions, documents by id, and following new builds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from qa_fixtures import ARTICLE_QUESTIONS, build_book

import qa
from index import FolderStore
from index.__main__ import main as index_main
from source import Span

pytest_plugins = ["qa_fixtures"]

ARTICLE = "valdai-russia-central-asia.txt"
STRANGE = [
    "who\x00 spoke\x00first?",
    "\u202ewho spoke first?\u202c \u200f\u200e",
    "😀 who spoke? 👩‍👩‍👧‍👦 🏳️‍🌈",
    "'; DROP TABLE documents; --",
    '<script>alert("who")</script><img src=x onerror=alert(1)>',
    "${process.exit(1)} {{7*7}} %s %d {0}",
    "e\u0301\u0301\u0301\u0301 a\u0300 who",
    "a" * 2000,
    "who " * 499 + "who",
    "谁致了欢迎词？",
    "кто выступил с приветственной речью?",
    "من ألقى كلمة الترحيب؟",
    "\u3164",  # an invisible letter
    "\x1b[31mwho\x1b[0m\r\n\x07",
    "0",
]


def test_documents_by_their_ids(qa_article: qa.Book) -> None:
    (reference,) = qa_article.documents()
    document = qa_article.document(reference.id)
    assert reference.id == ARTICLE
    assert (document.path, document.sha256) == ("source/documents/" + ARTICLE, reference.sha256)
    assert document.text.encode() == Path("source/documents", ARTICLE).read_bytes()
    with pytest.raises(KeyError):
        qa_article.document("no such document")


def test_documents_come_in_the_order_they_were_read(tmp_path: Path) -> None:
    book = build_book(tmp_path, {name: f"A text about {name}." for name in ("b.txt", "a.md", "c/a.txt")})
    assert [each.id for each in book.documents()] == ["a.md", "b.txt", "c/a.txt"]


@pytest.mark.parametrize("question", STRANGE)
def test_a_strange_question_gets_an_answer(qa_article: qa.Book, question: str) -> None:
    answer = qa_article.ask(question, [question])
    assert answer.question == question
    assert 0 < answer.confidence < 1
    for quote in (*answer.quotes, *answer.nearest):
        assert qa_article.document(quote.document.id).text[quote.span.start : quote.span.end] == quote.text
    assert len(qa_article.retrieve(question)) == 5


@pytest.mark.parametrize("question", ["", "  \n", "?", "…!?", "😀", "\x00", "\u200b\u200f", "—", "€"])
def test_a_question_without_a_word_is_refused(qa_article: qa.Book, question: str) -> None:
    for call in (qa_article.ask, qa_article.retrieve):
        with pytest.raises(qa.UsageError, match="Please "):
            call(question)


def test_lone_surrogates_are_refused(qa_article: qa.Book) -> None:
    for call in (qa_article.ask, qa_article.retrieve):
        with pytest.raises(qa.UsageError, match="isn't valid UTF-8"):
            call("who \udcff spoke?")


@pytest.mark.parametrize("length", [qa.MAX_QUESTION + 1, 100_000])
def test_a_question_that_is_too_long_is_refused(qa_article: qa.Book, length: int) -> None:
    with pytest.raises(qa.UsageError, match=rf"too long \({length:,} characters; the limit is 2,000\)"):
        qa_article.ask("a" * length)


@pytest.mark.parametrize("k", [0, -1, 1001])
def test_k_out_of_range_is_refused(qa_article: qa.Book, k: int) -> None:
    with pytest.raises(qa.UsageError, match=f"k must be between 1 and 1000, not {k}"):
        qa_article.ask("Who spoke?", k=k)
    with pytest.raises(qa.UsageError, match=f"k must be between 1 and 1000, not {k}"):
        qa_article.retrieve("Who spoke?", k)


def test_more_hits_than_there_are_passages(qa_article: qa.Book) -> None:
    assert len(qa_article.retrieve("Who spoke?", 1000)) == len(qa_article.store)


def shown(answer: qa.Answer) -> list[tuple[str, qa.DocumentRef, tuple[Span, ...], float]]:
    """The visible parts of an answer, with scores rounded as they are printed."""
    quotes = (*answer.quotes, *answer.nearest)
    return [(quote.text, quote.document, quote.highlights, round(quote.score, 3)) for quote in quotes]


def folder_store(book: qa.Book | qa.Edition) -> FolderStore:
    assert isinstance(book.store, FolderStore)
    return book.store


def test_eight_threads_get_the_answers_of_one(qa_article: qa.Book) -> None:
    questions = ARTICLE_QUESTIONS[:10]
    alone = [qa_article.ask(question) for question in questions]
    fresh = qa.load(folder_store(qa_article).root)  # with cold caches
    rotations = [questions[n:] + questions[:n] for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for n, answers in enumerate(pool.map(lambda asked: [fresh.ask(question) for question in asked], rotations)):
            for answer, expected in zip(answers, alone[n:] + alone[:n], strict=True):
                # Matrix products may differ in their last bits between threads.
                assert answer.confidence == pytest.approx(expected.confidence, abs=1e-5)
                assert shown(answer) == shown(expected)


def test_an_open_book_follows_builds_but_an_edition_never_changes(tmp_path: Path) -> None:
    book = build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    edition = book.now()
    before = edition.ask("When was the Zorblax bridge opened?")
    assert "1931" in before.quotes[0].text
    (tmp_path / "sources/b.txt").write_text("Comets have tails of dust.")
    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1777."})
    assert edition.ask("When was the Zorblax bridge opened?") == before
    assert "1777" in book.ask("When was the Zorblax bridge opened?").quotes[0].text
    assert book.now() is book.now() is not edition
    kept = {segment.name: segment for segment in folder_store(edition).segments}
    assert all(kept.get(segment.name, segment) is segment for segment in folder_store(book).segments)  # not reopened


@pytest.mark.parametrize("hangs", [False, True])
def test_one_thread_opens_the_next_generation_and_the_others_wait_for_a_moment_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setattr("qa.book._PATIENCE", 0.1 if hangs else 60)
    book = build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    edition = book.now()
    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1777."})
    began, goes_on, reopened = Event(), Event(), FolderStore.reopen

    def slowly(store: FolderStore) -> FolderStore:
        began.set()
        assert goes_on.wait(60)
        return reopened(store)

    monkeypatch.setattr(FolderStore, "reopen", slowly)
    with ThreadPoolExecutor(4) as pool:
        try:
            first = pool.submit(book.now)
            assert began.wait(60)
            others = [pool.submit(book.now) for _ in range(3)]
            if hangs:
                assert [each.result(30) for each in others] == [edition] * 3
                assert "1931" in book.ask("When was the Zorblax bridge opened?").quotes[0].text
        finally:
            goes_on.set()
        opened = first.result(30)
    assert opened is book.now() is not edition
    assert [each.result() for each in others] == [edition if hangs else opened] * 3


def test_a_book_keeps_its_generation_when_the_new_one_cannot_be_opened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book = build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    current = tmp_path / "index" / "CURRENT"
    pointer = current.read_text()
    current.write_text(f"000009 {'0' * 64}\n")
    for _ in range(3):
        assert "1931" in book.ask("When was the Zorblax bridge opened?").quotes[0].text
    assert len(caplog.records) == 1 and "Generation 000001 stays in use" in caplog.text
    current.unlink()
    assert book.generation == "000001"
    current.write_text(pointer)
    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1777."})
    assert "1777" in book.ask("When was the Zorblax bridge opened?").quotes[0].text


def golden(tmp_path: Path, *lines: str) -> None:
    (tmp_path / "sources").mkdir(exist_ok=True)
    (tmp_path / "sources" / "questions.jsonl").write_text("\n".join(lines))


BRIDGE = '{"id": "1", "question": "When was the Zorblax bridge opened?", "answers": ["1931"]}'
HAMLET = '{"id": "2", "question": "Who wrote Hamlet?", "answers": [], "answerable": false}'


def test_a_build_that_answers_golden_questions_worse_is_refused(tmp_path: Path) -> None:
    golden(tmp_path, BRIDGE, HAMLET)
    book = build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    with pytest.raises(qa.AnswersWorse, match=r"answers 1 of 2 .* the old one 2, .* Worse: “When was the .* --force"):
        build_book(tmp_path, {"a.txt": "The Zorblax bridge is long."})
    assert "1931" in book.ask("When was the Zorblax bridge opened?").quotes[0].text
    assert [path.name for path in (tmp_path / "index" / "generations").iterdir()] == ["000001"]
    build_book(tmp_path, {"a.txt": "Long is the Zorblax bridge. The Zorblax bridge was opened in 1931."})
    assert book.generation == "000002"
    golden(tmp_path, "nonsense")
    with pytest.raises(qa.UsageError, match=r"questions\.jsonl, line 1"):
        build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1932."})


def test_the_command_takes_a_worse_build_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    golden(tmp_path, BRIDGE)
    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    (tmp_path / "sources" / "a.txt").write_text("The Zorblax bridge is long.")
    command = ["build", str(tmp_path / "sources"), "--index", str(tmp_path / "index")]
    assert index_main(command) == 1
    assert "Build with --force" in capsys.readouterr().err
    assert index_main(["verify", *command[2:]]) == 0
    assert "1 of 1 golden questions are answered correctly." in capsys.readouterr().out
    assert index_main([*command, "--force"]) == 0
    assert qa.load(tmp_path / "index").generation == "000002"


def test_rebuild_takes_the_sources_of_the_last_time(tmp_path: Path) -> None:
    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    (tmp_path / "sources/b.txt").write_text("Comets have tails of dust.")
    seen: list[str] = []
    sentence = qa.rebuild(tmp_path / "index", progress=lambda step, done, total: seen.append(step))
    assert sentence.startswith("Built: 2 documents, 2 passages")
    assert {"encoding", "sorting"} <= set(seen)


def test_a_document_without_words_is_never_a_dead_end(tmp_path: Path) -> None:
    book = build_book(tmp_path, {"a.txt": "!!! ??? …"})
    answer = book.ask("Who spoke?")
    assert not answer.answered and answer.quotes == ()


def test_a_search_can_be_restricted_to_documents(tmp_path: Path) -> None:
    files = {f"{name}.txt": f"The keeper {name} counted {n} ships." for n, name in enumerate(("Ann", "Bea", "Cat"), 3)}
    book = build_book(tmp_path, {**files, "again.txt": "The keeper Bea counted 4 ships.\n\nThe keeper slept well."})
    question = "How many ships did the keeper count?"
    for id in files:
        answer = book.ask(question, documents=[id])
        assert {quote.document.id for quote in (*answer.quotes, *answer.nearest)} == {id}
        assert [hit.passage.document_id for hit in book.retrieve(question, documents=[id])] == [id]
    both = ["Ann.txt", "Cat.txt"]
    assert {hit.passage.document_id for hit in book.retrieve(question, documents=both)} == set(both)
    everywhere = book.ask("How many ships did Bea count?").quotes[0]
    assert {everywhere.document.id, *(each.document.id for each in everywhere.elsewhere)} == {"Bea.txt", "again.txt"}
    assert book.ask("How many ships did Bea count?", documents=["Bea.txt"]).quotes[0].elsewhere == ()
    for call in (book.ask, book.retrieve):
        with pytest.raises(qa.UsageError, match=r"no document 'none.txt' in the index. Run .* documents"):
            call(question, documents=["Ann.txt", "none.txt"])


def test_ranking_among_all_documents_is_the_ranking(qa_article: qa.Book) -> None:
    for question in ARTICLE_QUESTIONS:
        every = qa_article.retrieve(question, 20)
        named = qa_article.retrieve(question, 20, documents=[ARTICLE])
        assert [hit.passage for hit in every] == [hit.passage for hit in named]
